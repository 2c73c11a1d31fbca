//! `audit-checkpoint+jwt`: how far a portal's audit log went, and the hash of its last line then (docs/format.md, section 4).

use serde_json::{Map, Value, json};

use crate::UnixSeconds;
use crate::claims::Claims;
use crate::error::Result;
use crate::ids::{Hash, Id};

/// A checkpoint's claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The vendor's name (`iss`).
    pub issuer: String,
    /// When it was signed (`iat`).
    pub issued_at: UnixSeconds,
    /// The log's own id.
    pub log: Id,
    /// The number of the last entry; 0 before the first.
    pub n: u64,
    /// SHA-256 of that entry's line, without its newline.
    pub hash: Hash,
}

impl Checkpoint {
    /// Which entry of which log it names, as one value: two checkpoints of one place that say different things show that the
    /// log was another one in between.
    pub fn place(&self) -> Hash {
        Hash::of(format!("audit-checkpoint:{}:{}", self.log, self.n))
    }

    pub(crate) fn from_payload(payload: &Map<String, Value>) -> Result<Self> {
        let claims = Claims::of_payload(payload);
        Ok(Self {
            issuer: claims.string("iss")?.to_owned(),
            issued_at: claims.time("iat")?,
            log: claims.parsed("log")?,
            n: claims.integer("n")?,
            hash: claims.parsed("hash")?,
        })
    }

    pub(crate) fn payload(&self) -> Value {
        json!({
            "iss": self.issuer, "iat": self.issued_at, "log": self.log.to_string(), "n": self.n,
            "hash": self.hash.to_string(),
        })
    }
}
