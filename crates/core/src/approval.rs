//! `approval+jwt` and `proposal+jwt`: a second key approves of exactly one grant (docs/format.md, section 4).

use serde_json::{Map, Value, json};

use crate::UnixSeconds;
use crate::base64url;
use crate::claims::Claims;
use crate::error::Result;
use crate::ids::{Hash, Id};
use crate::token::TokenType;

/// An approval's claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its id (`jti`).
    pub id: Id,
    /// When it was signed (`iat`).
    pub issued_at: UnixSeconds,
    /// The vendor's name (`iss`).
    pub issuer: String,
    /// The type of what is approved (`approves.typ`).
    pub token_type: TokenType,
    /// SHA-256 of its payload (`approves.hash`).
    pub payload: Hash,
}

impl Approval {
    pub(crate) fn from_payload(payload: &Map<String, Value>) -> Result<Self> {
        let claims = Claims::of_payload(payload);
        let approves = claims.object("approves")?;
        Ok(Self {
            id: claims.parsed("jti")?,
            issued_at: claims.time("iat")?,
            issuer: claims.string("iss")?.to_owned(),
            token_type: grant_type(&approves)?,
            payload: approves.parsed("hash")?,
        })
    }

    pub(crate) fn payload(&self) -> Value {
        json!({
            "jti": self.id.to_string(), "iat": self.issued_at, "iss": self.issuer,
            "approves": {"typ": self.token_type.as_str(), "hash": self.payload.to_string()},
        })
    }
}

/// A proposal's claims: what is to be signed once another key approves of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its id (`jti`).
    pub id: Id,
    /// When it was signed (`iat`).
    pub issued_at: UnixSeconds,
    /// The vendor's name (`iss`).
    pub issuer: String,
    /// The request token that is to be answered.
    pub request: String,
    /// The type of the response.
    pub token_type: TokenType,
    /// The payload of the response, to the byte.
    pub payload: Vec<u8>,
}

impl Proposal {
    pub(crate) fn from_payload(payload: &Map<String, Value>) -> Result<Self> {
        let claims = Claims::of_payload(payload);
        let response = claims.object("response")?;
        let bytes = base64url::decode(response.string("payload")?)
            .ok_or_else(|| response.wrong("payload", "base64url without padding"))?;
        Ok(Self {
            id: claims.parsed("jti")?,
            issued_at: claims.time("iat")?,
            issuer: claims.string("iss")?.to_owned(),
            request: claims.string("request")?.to_owned(),
            token_type: grant_type(&response)?,
            payload: bytes,
        })
    }

    pub(crate) fn payload(&self) -> Value {
        json!({
            "jti": self.id.to_string(), "iat": self.issued_at, "iss": self.issuer, "request": self.request,
            "response": {"typ": self.token_type.as_str(), "payload": base64url::encode(&self.payload)},
        })
    }
}

/// Only grants are approved.
fn grant_type(claims: &Claims<'_>) -> Result<TokenType> {
    let found: Option<TokenType> = claims.string("typ")?.parse().ok();
    found
        .filter(|kind| kind.is_grant())
        .ok_or_else(|| claims.wrong("typ", "activation-response+jwt or trial-response+jwt"))
}
