//! One line of a log: the opening, or an entry. What is hashed is the line as it is written here.

use std::borrow::Cow;

use countersign_core::{Hash, Id, UnixSeconds};
use serde::{Deserialize, Serialize};

/// The version of the form.
pub const VERSION: u32 = 1;

/// The longest line, in bytes: more than anything that a portal writes down.
pub const LONGEST: usize = 1 << 20;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The log's own id.
    pub log: Id,
    /// [`VERSION`].
    pub v: u32,
    /// When it was begun.
    pub made: UnixSeconds,
    /// Nothing stands before it: empty.
    pub prev: String,
}

/// Every further line: something that happened. Unknown members are refused: they would be part of the hash and of nothing
/// that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry<'a> {
    /// 1, 2, 3, …
    pub n: u64,
    /// The number of its row in the portal.
    pub seq: i64,
    /// When it happened.
    pub at: UnixSeconds,
    /// SHA-256 of the bytes of the line before it, without its newline.
    pub prev: Hash,
    /// Who: `user:<id>`, `device:<jkt>` or a program.
    #[serde(borrow)]
    pub actor: Cow<'a, str>,
    /// What, e.g. `activation.create`.
    #[serde(borrow)]
    pub action: Cow<'a, str>,
    /// To what, e.g. an activation id.
    #[serde(borrow)]
    pub subject: Cow<'a, str>,
    /// Further words.
    #[serde(borrow)]
    pub detail: Cow<'a, str>,
    /// The organization that may read it, too.
    #[serde(borrow)]
    pub organization: Option<Cow<'a, str>>,
}

/// Where a log ends, or ended once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of the last entry; 0 before the first.
    pub n: u64,
    /// SHA-256 of the last line, without its newline.
    pub hash: Hash,
}

impl Opening {
    /// The first line of a log.
    pub fn new(log: Id, made: UnixSeconds) -> Self {
        Self { log, v: VERSION, made, prev: String::new() }
    }

    /// The line without its newline, and where the log ends with it.
    pub fn line(&self) -> (String, Head) {
        let line = text(self);
        let head = Head { n: 0, hash: Hash::of(&line) };
        (line, head)
    }
}

impl Entry<'_> {
    /// The line without its newline, and where the log ends with it.
    pub fn line(&self) -> (String, Head) {
        let line = text(self);
        let head = Head { n: self.n, hash: Hash::of(&line) };
        (line, head)
    }
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("numbers and strings are always JSON")
}

/// An opening of a version that is known.
pub(crate) fn read_opening(line: &[u8]) -> Result<Opening, String> {
    let opening: Opening =
        serde_json::from_slice(line).map_err(|_| "it opens no audit log".to_owned())?;
    if opening.v != VERSION {
        let fact = format!("it is of version {}, and this program knows {VERSION}", opening.v);
        return Err(fact);
    }
    Ok(opening)
}

/// An entry.
pub(crate) fn read_entry(line: &[u8]) -> Result<Entry<'_>, String> {
    serde_json::from_slice(line).map_err(|_| "it is no entry of an audit log".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_the_format_says_letter_by_letter() {
        let opening = Opening::new(Id::from([1; 16]), 1_790_000_000);
        let (line, head) = opening.line();
        assert_eq!(line, r#"{"log":"AQEBAQEBAQEBAQEBAQEBAQ","v":1,"made":1790000000,"prev":""}"#);
        let entry = Entry {
            n: 1,
            seq: 7,
            at: 1_790_000_001,
            prev: head.hash,
            actor: "portal".into(),
            action: "x.y".into(),
            subject: "a\"b\\c\u{7f}é\u{2028}".into(),
            detail: "\n\t\u{1}/".into(),
            organization: None,
        };
        let text = entry.line().0;
        let prev = head.hash;
        let wanted = format!(
            "{{\"n\":1,\"seq\":7,\"at\":1790000001,\"prev\":\"{prev}\",\"actor\":\"portal\",\"action\":\"x.y\",\
             \"subject\":\"a\\\"b\\\\c\u{7f}é\u{2028}\",\"detail\":\"\\n\\t\\u0001/\",\"organization\":null}}"
        );
        assert_eq!(text, wanted);
        assert_eq!(read_entry(text.as_bytes()).unwrap(), entry);
        assert!(read_entry(text.replace("\"n\":1", "\"x\":1,\"n\":1").as_bytes()).is_err());
    }
}
