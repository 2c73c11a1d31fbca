//! Ed25519 keys and the one verify function of the project.

use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use std::fmt;
use std::str::FromStr;

use crate::base64url;
use crate::ids::Thumbprint;

/// A public key that decodes to a point of the curve and is not of small order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The bytes are no usable Ed25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 public key (32 bytes, 43 characters of base64url)")]
pub struct BadPublicKey;

impl PublicKey {
    /// The key from its 32 bytes (RFC 8032, 5.1.2).
    ///
    /// # Errors
    /// When the bytes name no point of the curve. Small-order keys pass here and fail in [`verify`], so that a forged
    /// token is refused for its signature.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BadPublicKey> {
        VerifyingKey::from_bytes(bytes).map(Self).map_err(|_| BadPublicKey)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The key's thumbprint (RFC 7638 with SHA-256; RFC 8037, appendix A.3).
    pub fn thumbprint(&self) -> Thumbprint {
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{self}"}}"#);
        Thumbprint::from(<[u8; 32]>::from(Sha256::digest(jwk)))
    }

    /// Whether `signature` (64 bytes, or it is refused) is a strict Ed25519 signature of `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for PublicKey {
    /// The `x` of its JWK: 43 characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(self.as_bytes()))
    }
}

impl FromStr for PublicKey {
    type Err = BadPublicKey;

    fn from_str(x: &str) -> Result<Self, BadPublicKey> {
        Self::from_bytes(&base64url::decode_array(x).ok_or(BadPublicKey)?)
    }
}

/// Strict Ed25519 verification over raw bytes, as every implementation must agree on it: canonical S, no small-order
/// key or R (docs/format.md, appendix).
pub fn verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    <[u8; 32]>::try_from(public_key)
        .ok()
        .and_then(|bytes| PublicKey::from_bytes(&bytes).ok())
        .is_some_and(|key| key.verifies(message, signature))
}

/// A private key. The seed is wiped from memory when it is dropped, and never printed.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A fresh key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        Self::from_seed(&seed)
    }

    /// The key from its 32-byte seed (RFC 8032, 5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The 32-byte seed: the secret itself.
    pub fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public_key().thumbprint())
    }
}
