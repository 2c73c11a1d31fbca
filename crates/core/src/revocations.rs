//! `revocations+jwt`: signing keys that no longer count (docs/format.md, section 4).

use serde_json::{Value, json};

use crate::UnixSeconds;
use crate::claims::Claims;
use crate::error::Result;
use crate::ids::{Id, Thumbprint};
use crate::key::{PublicKey, SigningKey};
use crate::token::{self, TokenType, Unverified};

/// A revocation list's claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocations {
    /// Its id (`jti`).
    pub id: Id,
    /// When the root signed it (`iat`).
    pub issued_at: UnixSeconds,
    /// The vendor's name (`iss`).
    pub issuer: String,
    /// A list with a higher number replaces one with a lower.
    pub seq: u64,
    /// The keys.
    pub revoked: Vec<RevokedKey>,
}

/// A signing key that no longer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedKey {
    /// Thumbprint of the key.
    pub kid: Thumbprint,
    /// Whether somebody else may have it, rather than that it was retired.
    pub compromised: bool,
}

impl Revocations {
    /// Whether the list names `kid`.
    pub fn names(&self, kid: &Thumbprint) -> bool {
        self.revoked.iter().any(|key| key.kid == *kid)
    }

    /// Signs the list with a root key: the bare token.
    pub fn sign(&self, root: &SigningKey) -> String {
        let kid = root.public_key().thumbprint().to_string();
        let header = json!({"alg": "EdDSA", "typ": TokenType::Revocations.as_str(), "kid": kid});
        let revoked: Vec<Value> = self.revoked.iter().copied().map(RevokedKey::to_json).collect();
        let payload = json!({
            "jti": self.id.to_string(), "iat": self.issued_at, "iss": self.issuer, "seq": self.seq,
            "revoked": revoked,
        });
        token::sign(&header, &payload, root)
    }

    /// Reads a list that `root` must have signed.
    pub(crate) fn verify(unverified: &Unverified<'_>, root: &PublicKey) -> Result<Self> {
        let payload = unverified.verify(root)?;
        let claims = Claims::of_payload(&payload);
        let revoked = claims.objects("revoked")?;
        Ok(Self {
            id: claims.parsed("jti")?,
            issued_at: claims.time("iat")?,
            issuer: claims.string("iss")?.to_owned(),
            seq: claims.integer("seq")?,
            revoked: revoked.iter().map(RevokedKey::from_claims).collect::<Result<_>>()?,
        })
    }
}

impl RevokedKey {
    fn from_claims(claims: &Claims<'_>) -> Result<Self> {
        Ok(Self { kid: claims.parsed("kid")?, compromised: claims.boolean("compromised")? })
    }

    fn to_json(self) -> Value {
        json!({"kid": self.kid.to_string(), "compromised": self.compromised})
    }
}
