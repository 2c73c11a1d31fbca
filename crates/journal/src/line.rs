//! One line of a journal: the opening, or an entry.

use std::borrow::Cow;

use countersign_core::token::Unverified;
use countersign_core::{Hash, Id, Thumbprint, TokenType, UnixSeconds};
use serde::{Deserialize, Serialize};

/// What a journal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// One answer for each request: that of a support desk.
    #[default]
    Requests,
    /// Every signature in its order, a request as often as it was answered, and releases: that of a signer process.
    Signatures,
}

impl Form {
    /// The version of the lines: programs that know the first form alone say that they do not know the second.
    pub fn version(self) -> u32 {
        match self {
            Self::Requests => 1,
            Self::Signatures => 2,
        }
    }

    fn is_first(&self) -> bool {
        *self == Self::Requests
    }
}

/// The longest line, in bytes: more than a response and everything around it can be.
pub const LONGEST: usize = 32_768;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The journal's own id.
    pub journal: Id,
    /// [`Form::version`].
    pub v: u32,
    /// What it holds; not written for the first form.
    #[serde(default, skip_serializing_if = "Form::is_first")]
    pub form: Form,
    /// The key that signs what stands in it.
    pub kid: Thumbprint,
    /// When it was begun.
    pub made: UnixSeconds,
    /// Nothing stands before it: empty.
    pub prev: String,
}

/// Every further line: a response that was signed, or the approval of somebody else's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<'a> {
    /// 1, 2, 3, …
    pub n: u64,
    /// When it was signed.
    pub at: UnixSeconds,
    /// SHA-256 of the bytes of the line before it, without its newline.
    pub prev: Hash,
    /// SHA-256 of the request token that it answers; of an approval, that of the payload which it approves; of its id, where it
    /// is a release, and of the place where it is a checkpoint of an audit log: both answer nobody.
    pub request: Hash,
    /// The response, approval or release: the bare token.
    #[serde(borrow)]
    pub response: Cow<'a, str>,
    /// SHA-256 of the delegation token that a grant was signed under; not in receipts, nor where a root signed. How many
    /// entries have it is the count of the grants under that delegation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<Hash>,
}

impl Entry<'_> {
    /// Whether it says of itself that it approves what another key grants.
    pub fn is_approval(&self) -> bool {
        Unverified::decode(&self.response).is_ok_and(|t| t.token_type() == TokenType::Approval)
    }
}

/// Where a journal ends. Kept elsewhere it proves that nothing was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of the last entry; 0 before the first.
    pub count: u64,
    /// SHA-256 of the last line, without its newline.
    pub hash: Hash,
}

/// Appends `value` as a line.
pub(crate) fn write(buffer: &mut Vec<u8>, value: &impl Serialize) -> Head {
    let start = buffer.len();
    serde_json::to_writer(&mut *buffer, value).expect("numbers and strings are always JSON");
    let head = Head { count: 0, hash: Hash::of(&buffer[start..]) };
    buffer.push(b'\n');
    head
}

/// An opening of a version that is known.
pub(crate) fn read_opening(line: &[u8]) -> Result<Opening, String> {
    let opening: Opening =
        serde_json::from_slice(line).map_err(|_| "it opens no journal that is known".to_owned())?;
    if opening.v != opening.form.version() {
        return Err(format!(
            "it is of version {}, and this program knows the versions 1 and 2",
            opening.v
        ));
    }
    Ok(opening)
}

/// An entry.
pub(crate) fn read_entry(line: &[u8]) -> Result<Entry<'_>, String> {
    serde_json::from_slice(line).map_err(|_| "it is no entry of a journal".to_owned())
}
