//! The file format of Countersign (docs/format.md) in code: the trusted part, made to be read in an evening.
//!
//! It does no I/O, asks nobody the time and draws no randomness: bytes, the clock and the RNG are arguments.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`mod@file`] | the carrier: `*.request` / `*.response` text, forgiving reader, strict writer (section 5) |
//! | [`token`] | one signed token taken apart, strictly (section 2) |
//! | [`request`], [`response`] | what a device asks and what a vendor answers: claims, signing (sections 3, 4) |
//! | [`release`] | the files of a release with their hashes (section 4) |
//! | [`checkpoint`] | how far a portal's audit log went (section 4) |
//! | [`delegation`], [`revocations`] | limited signing keys, and those that no longer count (section 4) |
//! | [`approval`] | a second key approves of one grant (section 4) |
//! | [`rotation`] | one root key hands over to the next (section 4) |
//! | [`trust`] | who may sign: roots and their line, chain, scope, revocation; signing as such a key |
//! | [`install`] | the ordered checks before a machine stores a response (section 7) |
//! | `unsigned` | what is to be signed, on its way to a signer elsewhere |
//! | [`trial`] | ids of trials that nobody stores; work before an answer (section 8) |
//! | [`fingerprint`], [`license_key`] | machine binding; license keys and their proofs (section 4) |
//! | [`key`], `pem` | Ed25519 keys, one strict verify function; PKCS#8 key files (feature `pem`) |
//! | [`error`], [`ids`] | stable error codes with advice; ids, hashes, thumbprints, product ids |
#![forbid(unsafe_code)]

pub mod approval;
mod base64url;
pub mod checkpoint;
mod claims;
pub mod delegation;
pub mod error;
pub mod file;
pub mod fingerprint;
pub mod ids;
pub mod install;
pub mod json;
pub mod key;
pub mod license_key;
#[cfg(feature = "pem")]
pub mod pem;
pub mod release;
pub mod request;
pub mod response;
pub mod revocations;
pub mod rotation;
pub mod token;
pub mod trial;
pub mod trust;
mod unsigned;

pub use error::{Code, Error, Result};
pub use ids::{Hash, Id, LicenseId, ProductId, Thumbprint};
pub use key::{PublicKey, SigningKey};
pub use token::{Expect, TokenType};

/// Seconds since 1970-01-01T00:00:00Z, from 0 to [`MAX_TIME`].
pub type UnixSeconds = u64;

/// The greatest time a token can carry: 2^53-1, the greatest integer that every JSON implementation reads exactly.
pub const MAX_TIME: UnixSeconds = (1 << 53) - 1;
