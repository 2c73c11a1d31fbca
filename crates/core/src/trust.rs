//! Who may sign a response or a release: the roots a program is configured with, and keys they delegate to
//! (docs/format.md, sections 4 and 7). And the other side of it: signing as such a key.

use serde_json::{Map, Value, json};

use crate::claims;
use crate::delegation::Delegation;
use crate::error::{Code, Error, Result};
use crate::ids::Thumbprint;
use crate::key::{PublicKey, SigningKey};
use crate::release::Release;
use crate::response::Response;
use crate::revocations::Revocations;
use crate::token::{self, Expect, Header, TokenType, Unverified};

/// The root public keys that a verifier is configured with.
#[derive(Debug, Clone)]
pub struct Roots(Vec<(Thumbprint, PublicKey)>);

impl Roots {
    /// Trusts these keys and what they delegate.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self(keys.into_iter().map(|key| (key.thumbprint(), key)).collect())
    }

    /// The keys' thumbprints.
    pub fn thumbprints(&self) -> impl Iterator<Item = &Thumbprint> {
        self.0.iter().map(|(kid, _)| kid)
    }

    fn find(&self, kid: &Thumbprint) -> Option<&PublicKey> {
        self.0.iter().find(|(root, _)| root == kid).map(|(_, key)| key)
    }

    /// Verifies a response: signature, chain, scope, and the revocation list that it carries.
    ///
    /// # Errors
    /// The codes of docs/format.md, section 2, and [`Code::UntrustedKey`] to [`Code::RevokedKey`].
    pub fn verify_response(&self, token: &str, expect: Expect) -> Result<VerifiedResponse> {
        let unverified = Unverified::decode(token)?;
        Expect::Response.check(unverified.token_type())?;
        expect.check(unverified.token_type())?;
        let signed = self.verify_signature(&unverified, "the response is signed by")?;
        let response = Response::from_payload(unverified.token_type(), &signed.payload)?;
        if let Some(delegation) = &signed.delegation {
            delegation.covers(&response)?;
        }
        signed.verified(self, response)
    }

    /// Verifies the checksum list of a release: signature, chain, scope, and the revocation list that it carries.
    ///
    /// # Errors
    /// As [`Roots::verify_response`].
    pub fn verify_release(&self, token: &str) -> Result<VerifiedRelease> {
        let unverified = Unverified::decode(token)?;
        Expect::Type(TokenType::Release).check(unverified.token_type())?;
        let signed = self.verify_signature(&unverified, "the release is signed by")?;
        let release = Release::from_payload(&signed.payload)?;
        if let Some(delegation) = &signed.delegation {
            delegation.covers_release(&release)?;
        }
        signed.verified(self, release)
    }

    /// Verifies a delegation on its own.
    ///
    /// # Errors
    /// [`Code::UntrustedKey`] when no root signed it; otherwise as it decodes.
    pub fn verify_delegation(&self, token: &str) -> Result<Delegation> {
        let unverified = Unverified::decode(token)?;
        Expect::Type(TokenType::SigningKey).check(unverified.token_type())?;
        let kid = unverified.signer();
        let root = self.find(&kid).ok_or_else(|| untrusted("the delegation is signed by", &kid))?;
        Delegation::verify(&unverified, root)
    }

    /// Verifies a revocation list on its own.
    ///
    /// # Errors
    /// [`Code::UntrustedKey`] when no root signed it; otherwise as it decodes.
    pub fn verify_revocations(&self, token: &str) -> Result<Revocations> {
        let unverified = Unverified::decode(token)?;
        Expect::Type(TokenType::Revocations).check(unverified.token_type())?;
        let kid = unverified.signer();
        let root =
            self.find(&kid).ok_or_else(|| untrusted("the revocation list is signed by", &kid))?;
        Revocations::verify(&unverified, root)
    }

    /// The payload of what a root or a key with a chain signed. The scope is not looked at yet.
    fn verify_signature(&self, unverified: &Unverified<'_>, what: &str) -> Result<Signed> {
        let Header::Vendor { kid, chain, revocations } = unverified.header() else {
            unreachable!("the header of a response or release names the vendor's key")
        };
        let delegation = match (self.find(kid), chain) {
            (Some(_), _) => None,
            (None, Some(chain)) => Some(self.verify_chain(chain, kid)?),
            (None, None) => return Err(untrusted(what, kid)),
        };
        let key = delegation.as_ref().map(|d| &d.key).or_else(|| self.find(kid));
        let payload = unverified.verify(key.ok_or_else(|| untrusted(what, kid))?)?;
        Ok(Signed { payload, signer: *kid, delegation, revocations: revocations.clone() })
    }

    /// The delegation inside a token. Whatever is wrong with it is a bad chain, but that no root signed it.
    fn verify_chain(&self, chain: &str, kid: &Thumbprint) -> Result<Delegation> {
        let delegation = self.verify_delegation(chain).map_err(|e| match e.code() {
            Code::UntrustedKey => e,
            _ => Error::new(
                Code::BadChain,
                format!("the delegation of the signing key is invalid: {e}"),
            ),
        })?;
        if delegation.key.thumbprint() != *kid {
            return Err(Error::new(
                Code::BadChain,
                "the delegation is for another key than the one that signed",
            ));
        }
        Ok(delegation)
    }
}

fn untrusted(what: &str, kid: &Thumbprint) -> Error {
    Error::new(
        Code::UntrustedKey,
        format!("{what} the key {kid}, which is none of the trusted root keys"),
    )
}

pub(crate) fn revoked(kid: &Thumbprint) -> Error {
    Error::new(Code::RevokedKey, format!("the signing key {kid} was revoked by the vendor"))
}

/// What a root or a key with a chain signed.
struct Signed {
    payload: Map<String, Value>,
    signer: Thumbprint,
    delegation: Option<Delegation>,
    revocations: Option<String>,
}

impl Signed {
    /// `claims` of the payload, unless the revocation list that came along names the signer.
    fn verified<T>(self, roots: &Roots, claims: T) -> Result<Verified<T>> {
        let list = self.revocations.as_deref().map(|list| roots.verify_revocations(list));
        let revocations = list.transpose()?;
        if revocations.as_ref().is_some_and(|list| list.names(&self.signer)) {
            return Err(revoked(&self.signer));
        }
        Ok(Verified { claims, signer: self.signer, delegation: self.delegation, revocations })
    }
}

/// Claims whose signature, chain and scope were verified.
#[derive(Debug, Clone)]
pub struct Verified<T> {
    claims: T,
    signer: Thumbprint,
    delegation: Option<Delegation>,
    revocations: Option<Revocations>,
}

/// A verified response.
pub type VerifiedResponse = Verified<Response>;

/// A verified checksum list of a release.
pub type VerifiedRelease = Verified<Release>;

impl<T> Verified<T> {
    /// The claims.
    pub fn claims(&self) -> &T {
        &self.claims
    }

    /// The key that signed it.
    pub fn signer(&self) -> &Thumbprint {
        &self.signer
    }

    /// The delegation of that key, unless it is a root.
    pub fn delegation(&self) -> Option<&Delegation> {
        self.delegation.as_ref()
    }

    /// The revocation list that it carried.
    pub fn revocations(&self) -> Option<&Revocations> {
        self.revocations.as_ref()
    }
}

/// A key that signs responses and releases: a root, or a delegated key with the delegation that goes into each of them.
#[derive(Debug, Clone)]
pub struct Signer {
    key: SigningKey,
    kid: Thumbprint,
    chain: Option<(String, Delegation)>,
    revocations: Option<String>,
}

impl Signer {
    /// Signs as a root.
    pub fn root(key: SigningKey) -> Self {
        Self { kid: key.public_key().thumbprint(), key, chain: None, revocations: None }
    }

    /// Signs as a delegated key. `chain` must be for this key and signed by one of `roots`.
    ///
    /// # Errors
    /// As a verifier would refuse the chain.
    pub fn delegated(key: SigningKey, chain: String, roots: &Roots) -> Result<Self> {
        let kid = key.public_key().thumbprint();
        let delegation = roots.verify_chain(&chain, &kid)?;
        Ok(Self { kid, key, chain: Some((chain, delegation)), revocations: None })
    }

    /// Puts a revocation list into every response from now on.
    #[must_use]
    pub fn with_revocations(mut self, list: Option<String>) -> Self {
        self.revocations = list;
        self
    }

    /// The key's thumbprint.
    pub fn kid(&self) -> &Thumbprint {
        &self.kid
    }

    /// The delegation, unless this is a root.
    pub fn delegation(&self) -> Option<&Delegation> {
        self.chain.as_ref().map(|(_, delegation)| delegation)
    }

    /// Signs a response: the bare token.
    ///
    /// # Errors
    /// [`Code::OutOfScope`] when the delegation does not cover it, [`Code::TooLong`] when it says too much for a token: every
    /// verifier would refuse it.
    pub fn sign(&self, response: &Response) -> Result<String> {
        if let Some(delegation) = self.delegation() {
            delegation.covers(response)?;
        }
        self.token(response.token_type(), &response.payload())
    }

    /// Signs the checksum list of a release: the bare token.
    ///
    /// # Errors
    /// [`Code::OutOfScope`] when the delegation does not cover it, [`Code::BadClaim`] when the files are too many or one is
    /// named twice, [`Code::TooLong`] when a long revocation list leaves no room: every verifier would refuse it.
    pub fn sign_release(&self, release: &Release) -> Result<String> {
        release.check_files()?;
        if let Some(delegation) = self.delegation() {
            delegation.covers_release(release)?;
        }
        self.token(TokenType::Release, &release.payload())
    }

    fn token(&self, token_type: TokenType, payload: &Value) -> Result<String> {
        let token = token::sign(&self.header(token_type), payload, &self.key);
        token::check_length(&token)?;
        Ok(token)
    }

    fn header(&self, token_type: TokenType) -> Value {
        claims::object([
            ("alg", Some(json!("EdDSA"))),
            ("typ", Some(json!(token_type.as_str()))),
            ("kid", Some(json!(self.kid.to_string()))),
            ("chain", self.chain.as_ref().map(|(token, _)| json!(token))),
            ("revocations", self.revocations.as_ref().map(|token| json!(token))),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Id;
    use crate::delegation::{Products, Scope, ScopeType};
    use crate::file;
    use crate::ids::Hash;
    use crate::release::{ListedFile, MOST_FILES};

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    fn release(files: usize) -> Release {
        let listed = |number: usize| ListedFile {
            name: format!("{number:0>96}").parse().unwrap(),
            size: crate::MAX_TIME,
            sha256: Hash::of([number.to_le_bytes()[0]]),
        };
        Release {
            issuer: "A vendor with a name that is rather long".to_owned(),
            product: "p".repeat(64).parse().unwrap(),
            id: Id::from([7; 16]),
            issued_at: 1_000,
            version: "9".repeat(64).parse().unwrap(),
            channel: "c".repeat(32).parse().unwrap(),
            files: (0..files).map(listed).collect(),
        }
    }

    fn delegated(types: &[ScopeType]) -> Signer {
        let delegation = Delegation {
            id: Id::from([1; 16]),
            issued_at: 1,
            issuer: "A vendor with a name that is rather long".to_owned(),
            holder: "the portal".to_owned(),
            not_before: 1_000,
            not_after: 1_001,
            key: key(2).public_key(),
            scope: Scope { types: types.to_vec(), products: Products::All, max_days: Some(1) },
        };
        let roots = Roots::new([key(1).public_key()]);
        Signer::delegated(key(2), delegation.sign(&key(1)), &roots).unwrap()
    }

    #[test]
    fn the_longest_list_with_a_chain_fits_into_a_token_and_a_file() {
        let (roots, release) = (Roots::new([key(1).public_key()]), release(MOST_FILES));
        let token = delegated(&ScopeType::ALL).sign_release(&release).unwrap();
        let text = file::checksum_file(&token, &release);
        let verified = roots.verify_release(&file::read(text.as_bytes()).unwrap()).unwrap();
        assert_eq!(*verified.claims(), release);
        assert_eq!(verified.signer(), &key(2).public_key().thumbprint());
    }

    #[test]
    fn what_a_verifier_would_refuse_is_not_signed() {
        let code = |result: Result<String>| result.unwrap_err().code();
        let signer = delegated(&[ScopeType::Activation, ScopeType::Trial]);
        assert_eq!(code(signer.sign_release(&release(1))), Code::OutOfScope);
        let signer = delegated(&ScopeType::ALL);
        for count in [0, MOST_FILES + 1] {
            assert_eq!(code(signer.sign_release(&release(count))), Code::BadClaim, "{count}");
        }
        let late = Release { issued_at: 1_001, ..release(1) };
        assert_eq!(code(signer.sign_release(&late)), Code::OutOfScope);
        let mut twice = release(2);
        twice.files[0].name = "A.exe".parse().unwrap();
        twice.files[1].name = "a.exe".parse().unwrap();
        assert_eq!(code(signer.sign_release(&twice)), Code::BadClaim);
    }
}
