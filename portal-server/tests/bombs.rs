//! Zip bombs, made here: each is refused, and what it took is counted in bytes of memory, not in time.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::io::{Cursor, Write as _};
use std::sync::{Mutex, PoisonError};

use countersign_portal::bundle::read::{Brought, MOST_BYTES, MOST_FILES, Unpacker};
use countersign_portal::bundle::unread::{TooMuch, Unread};
use peak_alloc::PeakAlloc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;
/// Memory is counted for the whole program: one bomb at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

const MIB: usize = 1024 * 1024;
const KIB: usize = 1024;

/// Unpacks it with at most `most` bytes of memory besides the zip itself.
#[track_caller]
fn unpack(zip: Vec<u8>, most: usize) -> Result<Vec<Brought>, TooMuch> {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let mut unpacker = Unpacker::default();
    let taken = unpacker.add("bomb.zip", zip);
    let taken = taken.map(|()| unpacker.finish());
    let peak = MEMORY.peak_usage() - before;
    assert!(peak <= most, "{peak} bytes of memory, at most {most} are right");
    taken
}

fn zip_of(entries: impl IntoIterator<Item = (String, usize)>) -> Vec<u8> {
    let zeros = vec![0; MIB];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, mut size) in entries {
        zip.start_file(name, options).unwrap();
        while size > 0 {
            size -= zip.write(&zeros[..size.min(MIB)]).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

fn places(zip: &[u8], magic: &[u8]) -> Vec<usize> {
    (0..zip.len()).filter(|at| zip[*at..].starts_with(magic)).collect()
}

fn only(files: Result<Vec<Brought>, TooMuch>) -> Result<Vec<u8>, Unread> {
    let mut files = files.unwrap();
    assert_eq!(files.len(), 1);
    files.remove(0).content
}

#[test]
fn attack_one_entry_of_a_quarter_gigabyte() {
    let bomb = zip_of([("lab.request".to_owned(), 256 * MIB)]);
    assert!(bomb.len() < MIB, "{}", bomb.len());
    assert_eq!(only(unpack(bomb, 512 * KIB)), Err(Unread::TooLarge));
}

#[test]
fn attack_many_entries_of_high_ratio() {
    let bomb = zip_of((0..900).map(|n| (format!("{n}.request"), 64 * KIB)));
    let zip = "bomb.zip".to_owned();
    let (size, most) = (bomb.len(), 100 * bomb.len() + 2 * MIB);
    assert!(900 * 64 * KIB > 100 * size);
    assert_eq!(unpack(bomb, most).unwrap_err(), TooMuch::Ratio { zip });
}

#[test]
fn attack_entries_each_allowed_and_too_much_together() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for n in 0..=MOST_BYTES / (64 * KIB) {
        zip.start_file(format!("{n}.request"), stored).unwrap();
        zip.write_all(&vec![b'a'; 64 * KIB]).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert_eq!(unpack(bomb, MOST_BYTES + 2 * MIB).unwrap_err(), TooMuch::Bytes);
}

#[test]
fn attack_many_entries_of_nothing() {
    for count in [MOST_FILES + 1, 3 * MOST_FILES, 60_000] {
        let bomb = zip_of((0..count).map(|n| (format!("{n}.request"), 0)));
        assert_eq!(unpack(bomb, 4 * MIB).unwrap_err(), TooMuch::Files, "{count}");
    }
    let most = zip_of((0..MOST_FILES).map(|n| (format!("{n}.request"), 1)));
    assert_eq!(unpack(most, 4 * MIB).unwrap().len(), MOST_FILES);
}

#[test]
fn attack_a_directory_that_is_all_there_is() {
    // 16 MiB of directory: 360,000 entries that all name the same bytes. Read naively it takes hundreds of megabytes.
    let one = zip_of([(String::new(), 1)]);
    let (from, to) = (places(&one, b"PK\x01\x02")[0], places(&one, b"PK\x05\x06")[0]);
    let mut bomb = one[..from].to_vec();
    while bomb.len() < MOST_BYTES {
        bomb.extend(&one[from..to]);
    }
    bomb.extend(&one[to..]);
    let end = bomb.len() - 22;
    for at in [8, 10] {
        bomb[end + at..end + at + 2].copy_from_slice(&u16::MAX.to_le_bytes());
    }
    let size = u32::try_from(end - from).unwrap();
    bomb[end + 12..end + 16].copy_from_slice(&size.to_le_bytes());
    assert_eq!(unpack(bomb, 64 * KIB).unwrap_err(), TooMuch::Files);
}

#[test]
fn attack_sizes_that_lie() {
    let honest = zip_of([("lab.request".to_owned(), 64 * MIB)]);
    let directory = places(&honest, b"PK\x01\x02")[0];
    for size in [0_u32, 10, 64 * 1024, u32::MAX - 1] {
        let mut bomb = honest.clone();
        bomb[22..26].copy_from_slice(&size.to_le_bytes());
        bomb[directory + 24..directory + 28].copy_from_slice(&size.to_le_bytes());
        let content = only(unpack(bomb, 512 * KIB));
        assert!(
            matches!(content, Err(Unread::TooLarge | Unread::DamagedZip)),
            "{size}: {content:?}"
        );
    }
    // A number of entries that lies: fewer are read, none hides; more is damage.
    for count in [0_u16, 2, u16::MAX] {
        let mut bomb = honest.clone();
        let end = bomb.len() - 22;
        for at in [8, 10] {
            bomb[end + at..end + at + 2].copy_from_slice(&count.to_le_bytes());
        }
        let content = only(unpack(bomb, 512 * KIB));
        assert!(content.is_err(), "{count}: {content:?}");
    }
}

#[test]
fn attack_entries_that_lie_over_one_another() {
    // As in "A better zip bomb": many entries of a directory that share one compressed kernel.
    let one = zip_of([("0.request".to_owned(), 64 * KIB)]);
    let (from, to) = (places(&one, b"PK\x01\x02")[0], places(&one, b"PK\x05\x06")[0]);
    let mut bomb = one[..from].to_vec();
    for n in 0..900_u32 {
        let mut entry = one[from..to].to_vec();
        let name = format!("{n:09}");
        entry[46..46 + 9].copy_from_slice(name.as_bytes());
        bomb.extend(entry);
    }
    let size = u32::try_from(bomb.len() - from).unwrap();
    bomb.extend(&one[to..]);
    let end = bomb.len() - 22;
    for at in [8, 10] {
        bomb[end + at..end + at + 2].copy_from_slice(&900_u16.to_le_bytes());
    }
    bomb[end + 12..end + 16].copy_from_slice(&size.to_le_bytes());
    assert_eq!(only(unpack(bomb, 2 * MIB)), Err(Unread::DamagedZip));
}

#[test]
fn attack_zips_in_zips_as_a_quine_has_them() {
    // However deep it goes, the second level is not opened.
    let mut zip = zip_of([("lab.request".to_owned(), 1)]);
    for depth in 0..50 {
        let mut outer = ZipWriter::new(Cursor::new(Vec::new()));
        let name = if depth % 2 == 0 { "r.zip" } else { "r.request" };
        outer.start_file(name, SimpleFileOptions::default()).unwrap();
        outer.write_all(&zip).unwrap();
        zip = outer.finish().unwrap().into_inner();
    }
    assert_eq!(only(unpack(zip, 512 * KIB)), Err(Unread::NestedZip));
}
