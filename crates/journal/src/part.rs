//! A part of a journal on its way elsewhere: its first line, and entries that follow one another from any number on.

use countersign_core::Hash;
use countersign_core::trust::VerifiedResponse;
use serde_json::Value;

use crate::line::{self, Entry, LONGEST, Opening};
use crate::verify;

/// The most entries of a part.
pub const MOST_ENTRIES: usize = 1_000;
/// The most bytes of a part.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;

/// A part that hangs together.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// The first line of the journal.
    pub opening: Opening,
    /// What the first line says it holds, in a word; empty where it says nothing.
    pub form: String,
    /// SHA-256 of the first line.
    pub hash: Hash,
    /// Entries with the SHA-256 of their lines: each follows from the one before it. What the first one follows from is for
    /// whoever knows the rest of the journal to say.
    pub entries: Vec<(Entry<'a>, Hash)>,
}

impl<'a> Part<'a> {
    /// Reads lines, each ended by a newline.
    ///
    /// # Errors
    /// What is wrong, with its line from 1.
    pub fn read(bytes: &'a [u8]) -> Result<Self, String> {
        if bytes.len() > MOST_BYTES {
            return Err(format!("it has more than {MOST_BYTES} bytes"));
        }
        let body = bytes.strip_suffix(b"\n").ok_or("its last line was not written whole")?;
        let mut lines = body.split(|byte| *byte == b'\n').zip(1_u64..);
        let (first, _) = lines.next().ok_or("it is empty")?;
        let at = |line: u64| move |why: String| format!("line {line}: {why}");
        check_length(first).map_err(at(1))?;
        let opening = line::read_opening(first).map_err(at(1))?;
        let raw: Option<Value> = serde_json::from_slice(first).ok();
        let form = raw.as_ref().and_then(|raw| raw.get("form")?.as_str());
        let form = form.unwrap_or_default().chars().take(32).collect();
        let mut part = Self { opening, form, hash: Hash::of(first), entries: Vec::new() };
        for (line, number) in lines {
            part.take_in(line).map_err(at(number))?;
        }
        Ok(part)
    }

    fn take_in(&mut self, line: &'a [u8]) -> Result<(), String> {
        check_length(line)?;
        if self.entries.len() == MOST_ENTRIES {
            return Err(format!("it has more than {MOST_ENTRIES} entries"));
        }
        let entry = line::read_entry(line)?;
        let follows = match self.entries.last() {
            Some((last, hash)) => last.n.checked_add(1) == Some(entry.n) && entry.prev == *hash,
            None => entry.n > 0,
        };
        if !follows {
            return Err("it does not follow from the line before it".to_owned());
        }
        self.entries.push((entry, Hash::of(line)));
        Ok(())
    }

    /// What of an entry its response contradicts, if anything.
    pub fn contradiction(
        &self,
        entry: &Entry<'_>,
        response: &VerifiedResponse,
    ) -> Option<&'static str> {
        verify::untrue(entry, response, Some(&self.opening))
    }
}

fn check_length(line: &[u8]) -> Result<(), String> {
    match line.len() > LONGEST {
        true => Err("it is longer than any line may be".to_owned()),
        false => Ok(()),
    }
}
