//! A journal as it lies here, and how far the portal knows it.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use countersign_core::Hash;
use countersign_journal::part::{MOST_BYTES, MOST_ENTRIES};
use countersign_journal::{Head, Line, Lines, Opening, verify};
use serde_json::Value;

use super::super::args::Push;
use crate::fail::Failure;
use crate::portal::Portal;

pub(super) struct Gathered {
    pub(super) path: PathBuf,
    pub(super) opening: Opening,
    /// The first line, and its hash.
    first: Vec<u8>,
    pub(super) id: Hash,
    pub(super) head: Head,
}

/// How the portal's copy stands to the file.
pub(super) struct Standing {
    /// The entry to go on with.
    pub(super) from: u64,
    /// How many entries the portal knew.
    pub(super) known: u64,
    /// What is odd about it.
    pub(super) odd: Option<Odd>,
}

pub(super) enum Odd {
    /// The portal knows more: an older copy, or one whose end was cut off.
    Shorter,
    /// The portal has another entry where one is here.
    Forked,
}

impl Standing {
    pub(super) fn is_odd(&self) -> bool {
        self.odd.is_some()
    }
}

/// Reads a journal and checks that it is whole: what is wrong is not pushed.
pub(super) fn gather(path: &Path, options: &Push) -> Result<Gathered, Failure> {
    let roots = super::super::roots(path, &options.signer)?;
    let read = verify(super::super::open(path)?, roots.as_ref(), None, |_, _| ());
    let verified = read.with_context(|| format!("{} cannot be read", path.display()))?;
    let (Some(opening), Some(head), None) =
        (verified.opening, verified.head, verified.findings.first())
    else {
        let finding = verified.findings.first().map(|finding| finding.fact.clone());
        let finding = finding.unwrap_or_else(|| "there is no journal in it".to_owned());
        return Err(Failure::refused(
            "journal-broken",
            format!("{} is not whole: {finding}", path.display()),
            "Nothing of it was pushed. See all of it: countersign journal verify. Keep it as evidence, and tell whoever keeps \
             the root key.",
        ));
    };
    let mut first = Vec::new();
    let mut lines = Lines::new(super::super::open(path)?, 0);
    lines.next(&mut first).with_context(|| format!("{} cannot be read", path.display()))?;
    let id = Hash::of(&first);
    Ok(Gathered { path: path.to_owned(), opening, first, id, head })
}

impl Gathered {
    /// Compares the file with what the portal knows.
    pub(super) fn standing(&self, portal: &Portal) -> Result<Standing, Failure> {
        let there = portal.get(&format!("/api/v1/journals/{}?n={}", self.id, self.head.count))?;
        let known = there["count"].as_u64().unwrap_or(0);
        let text = |name: &str| there[name].as_str().and_then(|hash| hash.parse::<Hash>().ok());
        let forked = Standing { from: 1, known, odd: Some(Odd::Forked) };
        if known > self.head.count {
            let is_older = text("hash_at") == Some(self.head.hash);
            let from = self.head.count + 1;
            return Ok(match is_older {
                true => Standing { from, known, odd: Some(Odd::Shorter) },
                false => forked,
            });
        }
        match self.hash_at(known)? == text("head") {
            true => {
                // One of two versions that the portal has: whoever pushes either is told.
                let odd = there["forked"].as_bool().unwrap_or(false).then_some(Odd::Forked);
                Ok(Standing { from: known + 1, known, odd })
            }
            false => Ok(forked),
        }
    }

    /// The hash of an entry's line here; that of the first line for 0.
    fn hash_at(&self, n: u64) -> Result<Option<Hash>, Failure> {
        let mut lines = self.lines(0)?;
        let mut buffer = Vec::new();
        for _ in 0..=n {
            if self.next(&mut lines, &mut buffer)?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(Hash::of(&buffer)))
    }

    /// The entries from number `from` on, in parts as the portal takes them.
    pub(super) fn parts(&self, from: u64) -> Result<Parts, Failure> {
        let mut lines = self.lines(0)?;
        let mut buffer = Vec::new();
        for _ in 0..from {
            self.next(&mut lines, &mut buffer)?;
        }
        Ok(Parts { lines, waiting: None, left: (self.head.count + 1).saturating_sub(from) })
    }

    fn lines(&self, offset: u64) -> Result<Lines<File>, Failure> {
        let mut file = super::super::open(&self.path)?;
        file.seek(SeekFrom::Start(offset)).with_context(|| self.path.display().to_string())?;
        Ok(Lines::new(file, offset))
    }

    fn next(&self, lines: &mut Lines<File>, buffer: &mut Vec<u8>) -> Result<Option<()>, Failure> {
        let line = lines.next(buffer);
        let line = line.with_context(|| format!("{} cannot be read", self.path.display()))?;
        Ok(matches!(line, Some(Line::Whole { .. })).then_some(()))
    }
}

/// Parts of a journal, one after the other.
pub(super) struct Parts {
    lines: Lines<File>,
    /// A line that did not fit into the part before.
    waiting: Option<Vec<u8>>,
    left: u64,
}

impl Parts {
    /// The next part and how many entries it has.
    pub(super) fn next(&mut self, of: &Gathered) -> Result<Option<(Vec<u8>, u64)>, Failure> {
        let mut body = of.first.clone();
        body.push(b'\n');
        let (mut entries, mut buffer) = (0, Vec::new());
        while self.left > 0 && entries < MOST_ENTRIES {
            let line = match self.waiting.take() {
                Some(line) => line,
                None => match of.next(&mut self.lines, &mut buffer)? {
                    Some(()) => buffer.clone(),
                    None => break,
                },
            };
            if body.len() + line.len() + 1 > MOST_BYTES {
                self.waiting = Some(line);
                break;
            }
            body.extend_from_slice(&line);
            body.push(b'\n');
            entries += 1;
            self.left -= 1;
        }
        Ok((entries > 0).then_some((body, entries as u64)))
    }
}

/// What the portal says of itself in numbers.
pub(super) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}
