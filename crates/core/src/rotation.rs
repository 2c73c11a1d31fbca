//! `root-key+jwt`: a root names its successor, and the successor vouches for its predecessor (docs/format.md, section 4).

use serde_json::json;

use crate::claims::{self, Claims};
use crate::error::{Code, Error, Result};
use crate::ids::{Id, Thumbprint};
use crate::key::{PublicKey, SigningKey};
use crate::token::{self, Expect, Header, TokenType, Unverified};
use crate::{UnixSeconds, base64url};

/// The claims of a rotation, both roots included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// Its id (`jti`).
    pub id: Id,
    /// When both roots signed it (`iat`).
    pub issued_at: UnixSeconds,
    /// The vendor's name (`iss`).
    pub issuer: String,
    /// The number of the new root; the first root of a vendor has 0, so it is 1 or more.
    pub seq: u64,
    /// The time from which the old root signs nothing more.
    pub until: UnixSeconds,
    /// The root that names its successor (`jwk` of the header).
    pub old: PublicKey,
    /// The successor (`cnf.jwk`).
    pub new: PublicKey,
}

impl Rotation {
    /// Signs it with both roots: the bare token.
    ///
    /// # Errors
    /// [`Code::BadSignature`] when these are not the keys that it names, [`Code::BadClaim`] when `seq` is 0 or the two are one.
    pub fn sign(&self, old: &SigningKey, new: &SigningKey) -> Result<String> {
        self.check()?;
        if old.public_key() != self.old || new.public_key() != self.new {
            let fact = "the rotation is to be signed by other keys than it names";
            return Err(Error::new(Code::BadSignature, fact));
        }
        let jwk = |key: &PublicKey| json!({"kty": "OKP", "crv": "Ed25519", "x": key.to_string()});
        let header =
            json!({"alg": "EdDSA", "typ": TokenType::RootKey.as_str(), "jwk": jwk(&self.old)});
        let proof = base64url::encode(new.sign(self.proven().as_bytes()));
        let payload = claims::object([
            ("jti", Some(self.id.to_string().into())),
            ("iat", Some(self.issued_at.into())),
            ("iss", Some(self.issuer.as_str().into())),
            ("seq", Some(self.seq.into())),
            ("until", Some(self.until.into())),
            ("cnf", Some(json!({"jwk": jwk(&self.new)}))),
            ("proof", Some(proof.into())),
        ]);
        Ok(token::sign(&header, &payload, old))
    }

    /// Verifies both signatures. Whether either root is trusted is another question ([`crate::trust::Roots::learn`]).
    ///
    /// # Errors
    /// The codes of docs/format.md, section 2.
    pub fn verify(token: &str) -> Result<Self> {
        let (rotation, proof) = Self::read(token)?;
        if !rotation.new.verifies(rotation.proven().as_bytes(), &proof) {
            let fact = "the new root key has not vouched for this rotation";
            return Err(Error::new(Code::BadSignature, fact));
        }
        Ok(rotation)
    }

    /// Verifies the old root's signature alone: for what was verified before, where the old root is trusted by itself.
    pub(crate) fn verify_again(token: &str) -> Result<Self> {
        Self::read(token).map(|(rotation, _)| rotation)
    }

    fn read(token: &str) -> Result<(Self, [u8; 64])> {
        let unverified = Unverified::decode(token)?;
        Expect::Type(TokenType::RootKey).check(unverified.token_type())?;
        let Header::OldRoot(old) = unverified.header().clone() else {
            unreachable!("the header of a rotation carries the old root")
        };
        let payload = unverified.verify(&old)?;
        let claims = Claims::of_payload(&payload);
        let rotation = Self {
            id: claims.parsed("jti")?,
            issued_at: claims.time("iat")?,
            issuer: claims.string("iss")?.to_owned(),
            seq: claims.ordinal("seq")?,
            until: claims.time("until")?,
            old,
            new: claims.confirmed_key()?,
        };
        let proof = base64url::decode_array::<64>(claims.string("proof")?)
            .ok_or_else(|| claims.wrong("proof", "86 characters of base64url"))?;
        rotation.check()?;
        Ok((rotation, proof))
    }

    /// Thumbprint of the old root.
    pub fn old_kid(&self) -> Thumbprint {
        self.old.thumbprint()
    }

    /// Thumbprint of the new root.
    pub fn new_kid(&self) -> Thumbprint {
        self.new.thumbprint()
    }

    fn check(&self) -> Result<()> {
        let fact = match (self.seq, self.old == self.new) {
            (0, _) => "the claim seq must be a whole number from 1 to 2^53-1",
            (_, true) => "the claim cnf.jwk must be another key than the one that signed",
            _ => return Ok(()),
        };
        Err(Error::new(Code::BadClaim, fact))
    }

    /// What the new root signs. The times are in it: who has the old root alone can neither shorten nor re-date it.
    fn proven(&self) -> String {
        let (old, new) = (self.old_kid(), self.new_kid());
        let Self { seq, issued_at, until, .. } = self;
        format!("countersign/root-key/v1:{old}:{new}:{seq}:{issued_at}:{until}")
    }
}
