//! Who may sign a response: the roots a program is configured with, and keys they delegate to
//! (docs/format.md, sections 4 and 7). And the other side of it: signing as such a key.

use serde_json::json;

use crate::claims;
use crate::delegation::Delegation;
use crate::error::{Code, Error, Result};
use crate::ids::Thumbprint;
use crate::key::{PublicKey, SigningKey};
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
        let Header::Vendor { kid, chain, revocations } = unverified.header() else {
            unreachable!("the header of a response names the vendor's key")
        };
        let delegation = match (self.find(kid), chain) {
            (Some(_), _) => None,
            (None, Some(chain)) => Some(self.verify_chain(chain, kid)?),
            (None, None) => return Err(untrusted("the response is signed by", kid)),
        };
        let key = delegation.as_ref().map(|d| &d.key).or_else(|| self.find(kid));
        let key = key.ok_or_else(|| untrusted("the response is signed by", kid))?;
        let payload = unverified.verify(key)?;
        let response = Response::from_payload(unverified.token_type(), &payload)?;
        if let Some(delegation) = &delegation {
            delegation.covers(&response)?;
        }
        let revocations =
            revocations.as_deref().map(|list| self.verify_revocations(list)).transpose()?;
        if revocations.as_ref().is_some_and(|list| list.names(kid)) {
            return Err(revoked(kid));
        }
        Ok(VerifiedResponse { response, signer: *kid, delegation, revocations })
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

    /// The delegation inside a response. Whatever is wrong with it is a bad chain, but that no root signed it.
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

/// A response whose signature, chain and scope were verified.
#[derive(Debug, Clone)]
pub struct VerifiedResponse {
    response: Response,
    signer: Thumbprint,
    delegation: Option<Delegation>,
    revocations: Option<Revocations>,
}

impl VerifiedResponse {
    /// The claims.
    pub fn claims(&self) -> &Response {
        &self.response
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

/// A key that signs responses: a root, or a delegated key with the delegation that goes into each response.
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
        let header = claims::object([
            ("alg", Some(json!("EdDSA"))),
            ("typ", Some(json!(response.token_type().as_str()))),
            ("kid", Some(json!(self.kid.to_string()))),
            ("chain", self.chain.as_ref().map(|(token, _)| json!(token))),
            ("revocations", self.revocations.as_ref().map(|token| json!(token))),
        ]);
        let token = token::sign(&header, &response.payload(), &self.key);
        token::check_length(&token)?;
        Ok(token)
    }
}
