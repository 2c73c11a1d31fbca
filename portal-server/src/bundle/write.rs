//! Writing a zip of responses: names that no file system stumbles over and no two of which are the same, in an order and
//! with times that do not depend on when it is asked for, so the same responses give the same bytes.

use std::collections::HashSet;
use std::io::{Cursor, Write as _};

use countersign_core::UnixSeconds;
use countersign_core::file::safe_name;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::desk::Answered;

/// A file to be put into a zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name without an extension; anybody may have chosen it.
    pub stem: String,
    /// Its extension, without the dot.
    pub extension: &'static str,
    /// What tells files of the same name apart, so that their order stays.
    pub key: String,
    /// What is in it.
    pub content: String,
    /// When it was made.
    pub time: UnixSeconds,
}

impl Entry {
    /// The response file of an answer.
    pub fn response(answered: &Answered) -> Self {
        let name = answered.device_name.as_deref().unwrap_or(answered.response.product.as_str());
        Self {
            stem: name.to_owned(),
            extension: "response",
            key: answered.request_hash.to_string(),
            content: answered.file(),
            time: answered.response.issued_at,
        }
    }
}

/// A zip of the response files. Each answer stands in it once, however often it was asked for.
///
/// # Errors
/// When a name or a size does not fit into the format: never, for what the desk answers.
pub fn zip_of_responses<'a>(
    answered: impl IntoIterator<Item = &'a Answered>,
) -> ZipResult<Vec<u8>> {
    zip_of(answered.into_iter().map(Entry::response).collect())
}

/// A zip of these files, in the order of their names.
///
/// # Errors
/// As [`zip_of_responses`].
pub fn zip_of(mut entries: Vec<Entry>) -> ZipResult<Vec<u8>> {
    entries.sort_by(|a, b| (&a.stem, &a.key).cmp(&(&b.stem, &b.key)));
    entries.dedup();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut names = Names::default();
    for entry in &entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .unix_permissions(0o644)
            .last_modified_time(dos_time(entry.time));
        zip.start_file(names.unique(&entry.stem, entry.extension), options)?;
        zip.write_all(entry.content.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

/// The names given so far, without regard to case: so do Windows and macOS.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    /// `lab.response`, then `lab-2.response`, …
    fn unique(&mut self, stem: &str, extension: &str) -> String {
        let safe = safe_name(stem);
        let mut name = format!("{safe}.{extension}");
        let mut number = 2_u64;
        while !self.0.insert(name.to_lowercase()) {
            name = format!("{safe}-{number}.{extension}");
            number += 1;
        }
        name
    }
}

/// A time as zips know it: from 1980 to 2107, in UTC, to two seconds.
fn dos_time(time: UnixSeconds) -> DateTime {
    let known = i64::try_from(time).ok();
    let known = known.and_then(|t| time::OffsetDateTime::from_unix_timestamp(t).ok());
    let dos = known.and_then(|t| {
        let (day, hour, minute, second) = (t.day(), t.hour(), t.minute(), t.second());
        let year = u16::try_from(t.year()).ok()?;
        DateTime::from_date_and_time(year, u8::from(t.month()), day, hour, minute, second).ok()
    });
    dos.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn entry(stem: &str, key: &str) -> Entry {
        let (content, time) = (format!("content of {key}"), 1_790_000_000);
        Entry { stem: stem.into(), extension: "response", key: key.into(), content, time }
    }

    fn names(zip: &[u8]) -> Vec<String> {
        let archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        archive.file_names().map(|name| name.unwrap().into_owned()).collect()
    }

    #[test]
    fn machines_of_one_name_get_names_of_their_own() {
        let stems = ["lab", "LAB", "lab-2", "lab", "../lab", "", "nul", "Ä/../ß"];
        let entries = stems.iter().enumerate().map(|(n, stem)| entry(stem, &n.to_string()));
        let names = names(&zip_of(entries.collect()).unwrap());
        assert_eq!(names.len(), stems.len());
        let lower: HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(lower.len(), stems.len(), "{names:?}");
        for name in names {
            assert!(name.ends_with(".response") && !name.starts_with('.'), "{name}");
            assert!(!name.contains(['/', '\\', ':']), "{name}");
        }
    }

    #[test]
    fn the_same_responses_give_the_same_bytes_in_whatever_order_they_are_asked_for() {
        let entries = [entry("b", "1"), entry("a", "2"), entry("a", "1")];
        let mut turned = entries.to_vec();
        turned.reverse();
        turned.push(entry("b", "1"));
        let zip = zip_of(entries.to_vec()).unwrap();
        assert_eq!(zip, zip_of(turned).unwrap());
        assert_eq!(names(&zip), ["a.response", "a-2.response", "b.response"]);
        let mut archive = zip::ZipArchive::new(Cursor::new(&zip)).unwrap();
        let mut file = archive.by_index(0).unwrap();
        assert_eq!(file.last_modified().unwrap().to_string(), "2026-09-21 14:13:20");
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "content of 1");
    }

    #[test]
    fn times_that_zips_do_not_know_do_no_harm() {
        for time in [0, 1, 4_500_000_000, u64::MAX] {
            zip_of(vec![Entry { time, ..entry("a", "1") }]).unwrap();
        }
        assert!(names(&zip_of(vec![]).unwrap()).is_empty());
    }
}
