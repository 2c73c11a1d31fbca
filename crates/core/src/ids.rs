//! Ids, hashes, thumbprints and product ids: small values that look alike as text and must not be mixed up.

use std::fmt;
use std::str::FromStr;

use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use crate::base64url;

/// The text is not of the form that the type demands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(&'static str);

impl Malformed {
    pub(crate) const FINGERPRINT: Self =
        Self("a fingerprint has 1 to 16 components, each named by 1 to 32 of a-z 0-9 -");
    pub(crate) const STRATEGY: Self = Self("a fingerprint strategy is exact, fuzzy or loose");
    pub(crate) const SCOPE_TYPE: Self = Self(
        "a type of a scope is activation, deactivation, trial, release, time-reset or audit-checkpoint",
    );

    pub(crate) const fn new(says: &'static str) -> Self {
        Self(says)
    }
}

macro_rules! bytes_as_base64url {
    ($name:ident, $len:literal, $chars:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; $len]);

        impl $name {
            /// The raw bytes.
            pub fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl From<[u8; $len]> for $name {
            fn from(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&base64url::encode(self.0))
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                base64url::decode_array(text).map(Self).ok_or(Malformed(concat!(
                    "not ",
                    $chars,
                    " characters of base64url"
                )))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

bytes_as_base64url!(
    Id,
    16,
    "22",
    "The id of a request, activation, trial or receipt (`jti`): 16 random bytes, 22 characters as text."
);
bytes_as_base64url!(
    LicenseId,
    16,
    "22",
    "The public id of a license, derived from its key: 22 characters as text."
);
bytes_as_base64url!(Hash, 32, "43", "A SHA-256 or HMAC-SHA-256 value: 43 characters as text.");
bytes_as_base64url!(
    Thumbprint,
    32,
    "43",
    "The RFC 7638 thumbprint of an Ed25519 public key (`jkt`, `kid`): 43 characters as text."
);
bytes_as_base64url!(
    ComponentHash,
    16,
    "22",
    "The keyed hash of one fingerprint component: 22 characters as text."
);

impl Id {
    /// A fresh id.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// A fresh id that begins with `now`, so that what is made at about the same time lies together in an index: 48 bits of
    /// milliseconds, as in a UUID of version 7 (RFC 9562, section 5.7), and 80 random ones. For what carries its time anyway.
    pub fn at(now: crate::UnixSeconds, rng: &mut impl CryptoRng) -> Self {
        let mut id = Self::random(rng);
        let [_, _, time @ ..] = now.saturating_mul(1_000).to_be_bytes();
        id.0[..time.len()].copy_from_slice(&time);
        id
    }
}

impl Hash {
    /// SHA-256 of `bytes`.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The value as 64 lower-case hex digits, as `sha256sum` prints it.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A product id: 1 to 64 of `a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProductId(String);

impl ProductId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProductId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Malformed("a product id is 1 to 64 of the characters a-z 0-9 . _ -"))
        }
    }
}

impl fmt::Display for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
