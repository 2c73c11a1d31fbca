//! Reading what was brought: any number of files and zips of them, within bounds that hold whatever a zip says about
//! itself. What is counted is what was inflated.

use std::io::{Cursor, Read};

use countersign_core::file::MAX_FILE;
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use super::unread::{TooMuch, Unread};

/// The most files in one upload, those in zips among them.
pub const MOST_FILES: usize = 1_000;
/// The most that one upload may come to, inflated, in bytes.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The most entries that a zip may list: a Mac lists each file twice, and folders are listed too.
const MOST_LISTED: usize = 3 * MOST_FILES;
/// How many times its own size a zip may inflate to: requests are text that hardly shrinks.
const MOST_RATIO: usize = 100;
/// What a zip may inflate to whatever its size, in bytes.
const FREE: usize = MAX_FILE;

/// The first bytes of an entry, and of a zip without any.
const LOCAL_HEADER: &[u8] = b"PK\x03\x04";
const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
const DIRECTORY_HEADER: &[u8] = b"PK\x01\x02";

/// One file as it was brought.
#[derive(Debug)]
pub struct Brought {
    /// Its name without folders: text to be shown, nothing else.
    pub name: String,
    /// What is in it, or why it was not read.
    pub content: Result<Vec<u8>, Unread>,
}

/// Takes files and zips in, one after the other.
#[derive(Debug, Default)]
pub struct Unpacker {
    files: Vec<Brought>,
    bytes: usize,
}

impl Unpacker {
    /// Takes a file, or the files of a zip.
    ///
    /// # Errors
    /// When all of it is more than an upload may be; the rest need not be looked at then.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), TooMuch> {
        let name = shown_name(name);
        match Kind::of(&bytes) {
            Kind::Zip => self.unpack(&name, &bytes),
            Kind::OtherArchive => self.push(name, Err(Unread::OtherArchive)),
            Kind::File => {
                self.count(bytes.len())?;
                self.push(name, Ok(bytes))
            }
        }
    }

    /// What was brought, in its order.
    pub fn finish(self) -> Vec<Brought> {
        self.files
    }

    fn push(&mut self, name: String, content: Result<Vec<u8>, Unread>) -> Result<(), TooMuch> {
        if self.files.len() == MOST_FILES {
            return Err(TooMuch::Files);
        }
        self.files.push(Brought { name, content });
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<(), TooMuch> {
        self.bytes += bytes;
        if self.bytes > MOST_BYTES { Err(TooMuch::Bytes) } else { Ok(()) }
    }

    fn unpack(&mut self, zip: &str, bytes: &[u8]) -> Result<(), TooMuch> {
        // Before the directory is read: each of its entries takes many times its size in memory.
        if listed(bytes).nth(MOST_LISTED).is_some() {
            return Err(TooMuch::Files);
        }
        let mut archive = match open(bytes) {
            Ok(archive) => archive,
            Err(unread) => return self.push(zip.to_owned(), Err(unread)),
        };
        let (before, most) = (self.bytes, FREE.saturating_add(bytes.len() * MOST_RATIO));
        let mut files = 0;
        for index in 0..archive.len() {
            let Some(name) = name_of(&archive, index) else { continue };
            files += 1;
            let (inflated, content) = inflate(&mut archive, index, &name);
            self.count(inflated)?;
            if self.bytes - before > most {
                return Err(TooMuch::Ratio { zip: zip.to_owned() });
            }
            self.push(name, content)?;
        }
        match files {
            0 => self.push(zip.to_owned(), Err(Unread::EmptyZip)),
            _ => Ok(()),
        }
    }
}

enum Kind {
    Zip,
    OtherArchive,
    File,
}

impl Kind {
    fn of(bytes: &[u8]) -> Self {
        let others: [&[u8]; 4] =
            [b"7z\xBC\xAF\x27\x1C", b"Rar!\x1A\x07", b"\x1F\x8B", b"\xFD7zXZ\0"];
        if bytes.starts_with(LOCAL_HEADER) || bytes.starts_with(END_OF_DIRECTORY) {
            Self::Zip
        } else if others.iter().any(|magic| bytes.starts_with(magic)) {
            Self::OtherArchive
        } else {
            Self::File
        }
    }
}

/// Where the entries of a directory begin; more places than there are entries, never fewer.
fn listed(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.windows(DIRECTORY_HEADER.len()).filter(|bytes| *bytes == DIRECTORY_HEADER)
}

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// The zip, if its directory tells one story: no entry lies over another, none hides behind another of the same name.
fn open(bytes: &[u8]) -> Result<Archive<'_>, Unread> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unread::DamagedZip)?;
    let overlapping = archive.has_overlapping_entries().map_err(|_| Unread::DamagedZip)?;
    if archive.has_duplicate_names() {
        return Err(Unread::SameNames);
    }
    if overlapping { Err(Unread::DamagedZip) } else { Ok(archive) }
}

/// An entry's name, if it is a file that somebody meant to bring.
fn name_of(archive: &Archive<'_>, index: usize) -> Option<String> {
    let entry = archive.by_index_data(index).ok()?;
    let raw = entry.name_raw();
    let name =
        entry.name().map_or_else(|_| String::from_utf8_lossy(raw).into_owned(), |n| n.into());
    let is_folder = name.ends_with(['/', '\\']);
    let of_a_mac = name.split(['/', '\\']).any(|part| part == "__MACOSX" || part.starts_with("._"));
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let of_a_desktop = matches!(last, ".DS_Store" | "Thumbs.db" | "desktop.ini");
    (!is_folder && !of_a_mac && !of_a_desktop).then(|| shown_name(&name))
}

/// Inflates an entry, no further than a request can be long, and says how much came out.
fn inflate(
    archive: &mut Archive<'_>,
    index: usize,
    name: &str,
) -> (usize, Result<Vec<u8>, Unread>) {
    let entry = match readable(archive, index).and_then(|()| opened(archive, index)) {
        Ok(entry) => entry,
        Err(unread) => return (0, Err(unread)),
    };
    let mut content = Vec::new();
    let read = entry.take(MAX_FILE as u64 + 1).read_to_end(&mut content);
    let inflated = content.len();
    let content = match read {
        _ if is_zip(name, &content) => Err(Unread::NestedZip),
        _ if inflated > MAX_FILE => Err(Unread::TooLarge),
        Err(_) => Err(Unread::DamagedZip),
        Ok(_) => {
            content.shrink_to_fit();
            Ok(content)
        }
    };
    (inflated, content)
}

fn is_zip(name: &str, content: &[u8]) -> bool {
    matches!(Kind::of(content), Kind::Zip) || name.to_ascii_lowercase().ends_with(".zip")
}

/// Whether an entry is one that anybody's own zip program makes.
fn readable(archive: &Archive<'_>, index: usize) -> Result<(), Unread> {
    let entry = archive.by_index_data(index).map_err(|_| Unread::DamagedZip)?;
    match entry.compression() {
        _ if entry.encrypted() => Err(Unread::Encrypted),
        CompressionMethod::Stored | CompressionMethod::Deflated => Ok(()),
        _ => Err(Unread::Compression),
    }
}

fn opened<'a, 'b>(
    archive: &'a mut Archive<'b>,
    index: usize,
) -> Result<ZipFile<'a, Cursor<&'b [u8]>>, Unread> {
    archive.by_index(index).map_err(|_| Unread::DamagedZip)
}

/// The longest name that is shown, in characters.
const LONGEST_NAME: usize = 80;

/// The last part of a path, without what could make it look like something else: control characters and those that turn
/// the direction of writing.
pub fn shown_name(path: &str) -> String {
    let mut parts = path.split(['/', '\\']).map(str::trim);
    let last = parts.rfind(|part| !matches!(*part, "" | "." | "..")).unwrap_or_default();
    let turns = |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}');
    let shown = |c: char| if c.is_control() || turns(c) { '\u{FFFD}' } else { c };
    last.chars().take(LONGEST_NAME).map(shown).collect()
}

#[cfg(test)]
#[path = "read/tests.rs"]
mod tests;
