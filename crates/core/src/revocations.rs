//! `revocations+jwt`: signing keys that no longer count (docs/format.md, section 4).

use serde_json::{Value, json};

use crate::UnixSeconds;
use crate::claims::{self, Claims};
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
    /// Only what was signed under a delegation with a lower serial, or with none; `None`: whatever it signed.
    pub below: Option<u64>,
}

/// A list that a root was found to have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRevocations {
    /// The list.
    pub list: Revocations,
    /// Thumbprint of that root.
    pub root: Thumbprint,
}

impl std::ops::Deref for VerifiedRevocations {
    type Target = Revocations;

    fn deref(&self) -> &Revocations {
        &self.list
    }
}

impl Revocations {
    /// Whether the list revokes what `kid` signed under a delegation with this serial.
    pub fn names(&self, kid: &Thumbprint, serial: Option<u64>) -> bool {
        self.revoked.iter().any(|key| key.applies_to(kid, serial))
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
    /// Whether it revokes what `kid` signed under a delegation with this serial.
    pub fn applies_to(&self, kid: &Thumbprint, serial: Option<u64>) -> bool {
        let older = match (self.below, serial) {
            (Some(below), Some(serial)) => serial < below,
            _ => true,
        };
        self.kid == *kid && older
    }

    fn from_claims(claims: &Claims<'_>) -> Result<Self> {
        Ok(Self {
            kid: claims.parsed("kid")?,
            compromised: claims.boolean("compromised")?,
            below: claims.optional("below", Claims::integer)?,
        })
    }

    fn to_json(self) -> Value {
        claims::object([
            ("kid", Some(self.kid.to_string().into())),
            ("compromised", Some(self.compromised.into())),
            ("below", self.below.map(Value::from)),
        ])
    }
}
