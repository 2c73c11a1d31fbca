//! License keys: 25 Crockford base32 characters, the id derived from one, and the proof that a request carries
//! instead of the key (docs/format.md, section 4).

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::ids::{Hash, Id, LicenseId, Thumbprint};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 25;

/// A license key in normal form, with a right check character. Debug output hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct LicenseKey(Zeroizing<String>);

/// Why typed text is no license key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LicenseKeyError {
    /// Too short or too long, after blanks and dashes are taken out.
    #[error("a license key has 25 letters and digits, this has {0}")]
    Length(usize),
    /// A character that no license key has.
    #[error("a license key has no {0:?} in it")]
    Character(char),
    /// The check character does not fit: a typing mistake.
    #[error("this license key has a typing mistake in it")]
    Check,
}

impl LicenseKey {
    /// A fresh key: 24 random characters (120 bits) and a check character.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut random = [0; LENGTH - 1];
        rng.fill_bytes(&mut random);
        let mut key: String =
            random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        key.push(check_character(&key));
        Self(Zeroizing::new(key))
    }

    /// The key without dashes.
    pub fn normal(&self) -> &str {
        &self.0
    }

    /// The key as it is shown: five groups of five.
    pub fn grouped(&self) -> String {
        let groups: Vec<&str> = (0..LENGTH).step_by(5).map(|i| &self.0[i..i + 5]).collect();
        groups.join("-")
    }

    /// The public id of the license.
    pub fn id(&self) -> LicenseId {
        let digest = Sha256::new_with_prefix(b"countersign/license-id/v1\0")
            .chain_update(self.normal())
            .finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        LicenseId::from(half)
    }

    /// The proof that a request of device `jkt` with id `jti` carries.
    pub fn proof(&self, jkt: &Thumbprint, jti: &Id) -> Hash {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.normal().as_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(format!("countersign/license-proof/v1\0{jkt}\0{jti}").as_bytes());
        Hash::from(<[u8; 32]>::from(mac.finalize().into_bytes()))
    }

    /// Whether `proof` was made with this key, in constant time.
    pub fn proves(&self, proof: &Hash, jkt: &Thumbprint, jti: &Id) -> bool {
        self.proof(jkt, jti).as_bytes().ct_eq(proof.as_bytes()).into()
    }
}

impl fmt::Debug for LicenseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LicenseKey({}-…)", &self.0[..5])
    }
}

impl FromStr for LicenseKey {
    type Err = LicenseKeyError;

    /// Reads a key as people type it: case, blanks and dashes do not matter, `O` is `0`, `I` and `L` are `1`.
    fn from_str(typed: &str) -> Result<Self, LicenseKeyError> {
        let kept = typed.chars().filter(|c| *c != '-' && !c.is_whitespace());
        let normal: Zeroizing<String> =
            Zeroizing::new(kept.map(normal_character).collect::<Result<_, _>>()?);
        if normal.len() != LENGTH {
            return Err(LicenseKeyError::Length(normal.len()));
        }
        if !normal.ends_with(check_character(&normal[..LENGTH - 1])) {
            return Err(LicenseKeyError::Check);
        }
        Ok(Self(normal))
    }
}

fn normal_character(typed: char) -> Result<char, LicenseKeyError> {
    let normal = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let known = u8::try_from(normal).is_ok_and(|byte| ALPHABET.contains(&byte));
    if known { Ok(normal) } else { Err(LicenseKeyError::Character(typed)) }
}

/// The first 5 bits of SHA-256 over the 24 characters.
fn check_character(body: &str) -> char {
    char::from(ALPHABET[usize::from(Sha256::digest(body)[0] >> 3)])
}
