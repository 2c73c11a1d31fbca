//! Zip bombs and pictures that are bombs, most of them made here: each is refused, and what it took is counted in bytes of memory, not in time.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::io::{Cursor, Write as _};
use std::sync::{Mutex, PoisonError};

use countersign_portal::bundle::qr::{self, NoCode};
use countersign_portal::bundle::read::{Brought, MOST_BYTES, MOST_FILES, Unpacker};
use countersign_portal::bundle::unread::{TooMuch, Unread};
use countersign_portal::look::picture::{self, Unusable};
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

/// Reads a picture that is to be refused, with at most `most` bytes of memory.
#[track_caller]
fn refused(picture: &[u8], most: usize) -> Unusable {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let read = picture::logo(picture);
    let peak = MEMORY.peak_usage() - before;
    assert!(peak <= most, "{peak} bytes of memory, at most {most} are right");
    read.unwrap_err()
}

/// A chunk of a PNG file.
fn chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let crc = !remainder(kind, content);
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length, kind, content, &crc.to_be_bytes()].concat()
}

fn remainder(kind: &[u8], content: &[u8]) -> u32 {
    kind.iter().chain(content).fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

/// The beginning of a PNG file with so many pixels.
fn head(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header)].concat()
}

/// Zeros as zlib packs them, as a stream of its own.
fn packed_zeros(size: usize) -> Vec<u8> {
    let png = {
        let zeros = image::GrayImage::new(8192, u32::try_from(size / 8192).unwrap());
        let mut bytes = Cursor::new(Vec::new());
        zeros.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let (mut at, mut packed) = (8, Vec::new());
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        if &png[at + 4..at + 8] == b"IDAT" {
            packed.extend_from_slice(&png[at + 8..at + 8 + length]);
        }
        at += 12 + length;
    }
    packed
}

#[test]
fn attack_a_picture_of_four_gigabytes_in_five_kilobytes() {
    let corpora = std::env::var_os("COUNTERSIGN_CORPORA").map(std::path::PathBuf::from);
    let Some(bomb) = corpora.and_then(|folder| std::fs::read(folder.join("pixel-bomb.jpg")).ok())
    else {
        eprintln!(
            "COUNTERSIGN_CORPORA names no folder with pixel-bomb.jpg: only our own are tried"
        );
        return;
    };
    let refused = refused(&bomb, MIB);
    assert!(matches!(refused, Unusable::Size { width, .. } if width > 60_000), "{refused:?}");
}

#[test]
fn attack_pictures_that_say_they_are_huge() {
    let png = [head(50_000, 50_000), chunk(b"IDAT", &packed_zeros(64 * MIB))].concat();
    assert_eq!(refused(&png, MIB), Unusable::Size { width: 50_000, height: 50_000 });
    let largest = head(u32::MAX, u32::MAX);
    assert!(matches!(refused(&largest, MIB), Unusable::Size { .. }));
    // A lossless WebP says its size in its first bits: both sides less one, in 14 bits each.
    let bits = 16_382_u32 | (16_382 << 14);
    let body = [&[0x2f][..], &bits.to_le_bytes(), &[0; 27]].concat();
    let length = u32::try_from(body.len()).unwrap();
    let riff = length + 12;
    let webp = [&b"RIFF"[..], &riff.to_le_bytes(), b"WEBPVP8L", &length.to_le_bytes(), &body];
    assert_eq!(refused(&webp.concat(), MIB), Unusable::Size { width: 16_383, height: 16_383 });
    // A JPEG head with the largest size that there is.
    let frame = [0xff, 0xc0, 0, 11, 8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0];
    let jpeg = [&[0xff, 0xd8][..], &frame, &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0, 0xff, 0xd9]];
    assert_eq!(refused(&jpeg.concat(), MIB), Unusable::Size { width: 65_535, height: 65_535 });
}

#[test]
fn attack_photographs_of_codes_that_say_they_are_huge_or_deep() {
    let head = |width: u32, height: u32, bits: u8, kind: u8| {
        let size = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[bits, kind, 0, 0, 0]];
        let start = [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &size.concat())].concat();
        [start, chunk(b"IDAT", &packed_zeros(64 * MIB))].concat()
    };
    // Too many pixels, a side too long, and pixels that are few enough but take too much each.
    for (width, height, bits, kind) in
        [(5000, 4000, 8, 2), (8193, 8, 8, 2), (4000, 4000, 16, 2), (3000, 3000, 16, 6)]
    {
        let picture = head(width, height, bits, kind);
        let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let read = qr::read(&picture);
        let peak = MEMORY.peak_usage() - before;
        assert_eq!(read, Err(NoCode::Picture(Unusable::Size { width, height })));
        assert!(peak <= MIB, "{peak}");
    }
}

#[test]
fn attack_a_profile_or_comment_of_a_picture_that_inflates_without_end() {
    let bomb = packed_zeros(256 * MIB);
    assert!(bomb.len() < 2 * MIB, "{}", bomb.len());
    for (kind, before) in
        [(b"iCCP", &b"x\0\0"[..]), (b"zTXt", b"x\0\0"), (b"iTXt", b"x\0\x01\0\0\0")]
    {
        let content = [before, &bomb].concat();
        let png = [head(64, 64), chunk(kind, &content), chunk(b"IDAT", b""), chunk(b"IEND", b"")];
        assert_eq!(refused(&png.concat(), 16 * MIB), Unusable::Damaged);
    }
}

#[test]
fn attack_pixels_that_inflate_to_more_than_the_picture_has() {
    let png = [head(64, 64), chunk(b"IDAT", &packed_zeros(256 * MIB)), chunk(b"IEND", b"")];
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    // Whether it is read as far as the picture goes is the decoder's business; what it takes is ours.
    let _ = picture::logo(&png.concat());
    let peak = MEMORY.peak_usage() - before;
    assert!(peak <= 8 * MIB, "{peak}");
}
