//! What people really bring, and names that attackers choose. The bombs are in `tests/bombs.rs`, where memory is counted.

use std::io::Write as _;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn unpacked(name: &str, bytes: Vec<u8>) -> Vec<(String, Result<Vec<u8>, Unread>)> {
    let mut unpacker = Unpacker::default();
    unpacker.add(name, bytes).unwrap();
    unpacker.finish().into_iter().map(|file| (file.name, file.content)).collect()
}

fn ok(name: &str, content: &[u8]) -> (String, Result<Vec<u8>, Unread>) {
    (name.to_owned(), Ok(content.to_vec()))
}

fn unread(name: &str, why: Unread) -> (String, Result<Vec<u8>, Unread>) {
    (name.to_owned(), Err(why))
}

#[test]
fn a_file_is_itself_and_a_zip_is_its_files_without_those_of_the_desktop() {
    assert_eq!(unpacked("C:\\Users\\jane\\lab.request", b"x".to_vec()), [ok("lab.request", b"x")]);
    let mut made = ZipWriter::new(Cursor::new(Vec::new()));
    made.add_directory("batch", SimpleFileOptions::default()).unwrap();
    for name in [
        "batch/a.request",
        "__MACOSX/batch/._a.request",
        "batch/.DS_Store",
        "b.request",
        "._b.request",
    ] {
        made.start_file(name, SimpleFileOptions::default()).unwrap();
        made.write_all(name.as_bytes()).unwrap();
    }
    let made = made.finish().unwrap().into_inner();
    let files = unpacked("batch.zip", made);
    assert_eq!(files, [ok("a.request", b"batch/a.request"), ok("b.request", b"b.request")]);
}

#[test]
fn what_is_no_zip_of_files_is_said_by_name_and_spoils_nothing_else() {
    let inner = zip(&[("a.request", b"a")]);
    let large = vec![b'x'; MAX_FILE + 1];
    let outer = zip(&[
        ("good.request", b"good"),
        ("inner.zip", &inner),
        ("in.request", &inner),
        ("large", &large),
    ]);
    let files = unpacked("outer.zip", outer);
    let expected = [
        ok("good.request", b"good"),
        unread("inner.zip", Unread::NestedZip),
        unread("in.request", Unread::NestedZip),
        unread("large", Unread::TooLarge),
    ];
    assert_eq!(files, expected);
    assert_eq!(unpacked("e.zip", zip(&[])), [unread("e.zip", Unread::EmptyZip)]);
    assert_eq!(
        unpacked("a.7z", b"7z\xBC\xAF\x27\x1C..".to_vec()),
        [unread("a.7z", Unread::OtherArchive)]
    );
    let mut whole = zip(&[("a.request", b"a"), ("b.request", b"b")]);
    whole.truncate(whole.len() - 30);
    assert_eq!(unpacked("cut.zip", whole), [unread("cut.zip", Unread::DamagedZip)]);
}

#[test]
fn two_files_of_one_name_are_not_taken_for_one() {
    let mut made = zip(&[("a.request", b"first"), ("b.request", b"second")]);
    while let Some(at) = made.windows(9).position(|w| w == b"b.request") {
        made[at] = b'a';
    }
    assert_eq!(unpacked("a.zip", made), [unread("a.zip", Unread::SameNames)]);
}

#[test]
fn a_changed_byte_is_noticed() {
    let mut made =
        zip(&[("a.request", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), ("b.request", b"b")]);
    let crc = 14;
    made[crc] ^= 1; // in the local header: the directory's decides
    let directory = made.windows(4).position(|w| w == DIRECTORY_HEADER).unwrap();
    made[directory + 16] ^= 1;
    let files = unpacked("a.zip", made);
    assert_eq!(files, [unread("a.request", Unread::DamagedZip), ok("b.request", b"b")]);
}

#[test]
fn encrypted_entries_are_refused_by_name() {
    let mut made = zip(&[("a.request", b"a"), ("b.request", b"b")]);
    let directory = made.windows(4).position(|w| w == DIRECTORY_HEADER).unwrap();
    (made[6], made[directory + 8]) = (made[6] | 1, made[directory + 8] | 1);
    let files = unpacked("a.zip", made);
    assert_eq!(files, [unread("a.request", Unread::Encrypted), ok("b.request", b"b")]);
}

#[test]
fn a_way_to_compress_that_is_not_known_is_said() {
    let mut made = zip(&[("a.request", b"a")]);
    let directory = made.windows(4).position(|w| w == DIRECTORY_HEADER).unwrap();
    (made[8], made[directory + 10]) = (93, 93);
    assert_eq!(unpacked("a.zip", made), [unread("a.request", Unread::Compression)]);
}

#[test]
fn attack_names_that_leave_the_folder_are_text_without_a_path() {
    let own = [
        "../../etc/passwd",
        "..\\..\\windows\\win.ini",
        "/etc/passwd",
        "C:\\boot.ini",
        "a/../../b",
        "..",
        "../",
        "....//....//x",
        "%2e%2e%2fpasswd",
        "a\0b",
        "\u{202E}tseuqer.exe",
        "a\r\nSet-Cookie: x",
        "\\\\server\\share\\x",
        "",
        ".",
        "~/x",
    ];
    let mut names: Vec<String> = own.iter().map(ToString::to_string).collect();
    match std::env::var("COUNTERSIGN_CORPORA") {
        Ok(folder) => {
            let path = std::path::Path::new(&folder).join("path-traversal.txt");
            let text = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let before = names.len();
            names.extend(String::from_utf8_lossy(&text).lines().map(str::to_owned));
            assert!(names.len() > before + 100, "the corpus is empty");
        }
        Err(_) => {
            eprintln!(
                "COUNTERSIGN_CORPORA is not set: the corpus of path traversals was not tried"
            );
        }
    }
    for name in &names {
        let shown = shown_name(name);
        assert!(
            !shown.contains(['/', '\\']) && shown != ".." && shown != ".",
            "{name:?}: {shown:?}"
        );
        assert!(!shown.chars().any(|c| c.is_control() || c == '\u{202E}'), "{name:?}: {shown:?}");
        assert!(shown.chars().count() <= LONGEST_NAME, "{name:?}");
    }
    // Through real zips too; names that are no names of files are skipped as folders are.
    for names in names.chunks(500) {
        let mut made = ZipWriter::new(Cursor::new(Vec::new()));
        let mut written = std::collections::HashSet::new();
        for name in names.iter().filter(|name| written.insert(name.as_str())) {
            if made.start_file(name.as_str(), SimpleFileOptions::default()).is_ok() {
                made.write_all(b"x").unwrap();
            }
        }
        let mut unpacker = Unpacker::default();
        unpacker.add("names.zip", made.finish().unwrap().into_inner()).unwrap();
        let files = unpacker.finish();
        assert!(!files.is_empty());
        for file in files {
            assert!(!file.name.contains(['/', '\\', '\0']), "{:?}", file.name);
        }
    }
}
