//! What portal and signer say to each other: JSON messages, each after its length in four bytes, the high one first.
//!
//! A connection carries one question and its answer at a time; whoever wants more at once opens more connections.

use std::io;
use std::time::Duration;

use countersign_core::Hash;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::signing::Public;

/// The version of the messages.
pub const VERSION: u32 = 1;

/// The longest message in bytes: a request, a response and their quotes are well below it.
pub const LONGEST: usize = 96 * 1024;

/// A question.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ask {
    /// [`VERSION`].
    pub v: u32,
    /// What is wanted.
    #[serde(flatten)]
    pub what: What,
}

/// What is wanted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum What {
    /// What the signer signs with.
    State,
    /// A response, with what shows that it was asked for.
    Sign {
        /// A token.
        evidence: Shown,
        /// The response as `Response::to_unsigned` writes it.
        response: Value,
    },
    /// The checksum list of a release.
    SignRelease {
        /// The list as `Release::to_unsigned` writes it.
        release: Value,
    },
    /// A checkpoint of the portal's audit log.
    SignCheckpoint {
        /// As `Checkpoint::to_unsigned` writes it.
        checkpoint: Value,
    },
}

/// What shows that a response was asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// The request that it answers.
    Request(String),
    /// The response that the machine got before.
    Earlier(String),
}

/// An answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reply {
    /// [`VERSION`].
    pub v: u32,
    /// Of what the signer signs with: when it changes, there is another [`What::State`]. `None` where nothing was read.
    pub state: Option<Hash>,
    /// What is answered.
    #[serde(flatten)]
    pub said: Said,
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "kebab-case")]
pub enum Said {
    /// What the signer signs with, and where its journal ends.
    State {
        /// Root, chain, rotations, list.
        public: Public,
        /// The number of the journal's last entry.
        count: u64,
        /// The hash of its last line.
        head: Hash,
    },
    /// It was signed, and stands in the journal.
    Signed {
        /// The bare token.
        token: String,
    },
    /// It was not signed.
    Declined(Declined),
}

/// Why something was not signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declined {
    /// Stable: of the format, of the journal, or one of [`code`].
    pub code: String,
    /// In words, without a full stop.
    pub fact: String,
    /// Seconds after which it may be signed, where it is only too early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// The signer's own codes.
pub mod code {
    /// The message is not one that is read.
    pub const BAD_MESSAGE: &str = "bad-message";
    /// What is to be signed was not asked for in this way.
    pub const NOT_ASKED_FOR: &str = "not-asked-for";
    /// The time of signing is not now.
    pub const OTHER_TIME: &str = "other-time";
    /// More than the signer's operator allows.
    pub const NOT_ALLOWED: &str = "not-allowed";
    /// The signer is ending.
    pub const ENDING: &str = "ending";
    /// Too much within a time.
    pub const TOO_MUCH: &str = "too-much";
}

impl Declined {
    /// With one of the codes in [`code`].
    pub fn new(code: &str, fact: impl Into<String>) -> Self {
        Self { code: code.to_owned(), fact: fact.into(), retry_after: None }
    }
}

impl From<countersign_core::Error> for Declined {
    fn from(error: countersign_core::Error) -> Self {
        Self::new(error.code().as_str(), error.to_string())
    }
}

impl From<&countersign_journal::Error> for Declined {
    fn from(error: &countersign_journal::Error) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

/// Reads a message. It may begin at any time within `idle`; begun, it has to be whole within `whole`. `None`: the other side
/// has closed the connection between two messages.
///
/// # Errors
/// When the connection fails, ends within a message or is too slow; `InvalidData` where the message is too long or is not
/// one.
pub async fn read<T: DeserializeOwned>(
    stream: &mut (impl AsyncRead + Unpin),
    idle: Duration,
    whole: Duration,
) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    let first = tokio::time::timeout(idle, stream.read(&mut length[..1])).await??;
    if first == 0 {
        return Ok(None);
    }
    let bytes = tokio::time::timeout(whole, async {
        stream.read_exact(&mut length[1..]).await?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > LONGEST {
            let why = format!("a message has at most {LONGEST} bytes, and this one {length}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes).await?;
        Ok(bytes)
    });
    let bytes = bytes.await??;
    let message = serde_json::from_slice(&bytes);
    message.map(Some).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))
}

/// Writes a message.
///
/// # Errors
/// When the connection fails or does not take it within `whole`; `InvalidInput` where the message is too long.
pub async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
    whole: Duration,
) -> io::Result<()> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message)?;
    let length = bytes.len() - 4;
    let fits = u32::try_from(length).ok().filter(|_| length <= LONGEST);
    let fits = fits.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it is too long"))?;
    bytes[..4].copy_from_slice(&fits.to_be_bytes());
    tokio::time::timeout(whole, stream.write_all(&bytes)).await?
}
