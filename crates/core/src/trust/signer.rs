//! Signing: as a root, or as a delegated key within its scope. What a verifier would refuse is not signed.

use serde_json::{Value, json};

use super::Roots;
use super::claim::Claim;
use crate::checkpoint::Checkpoint;
use crate::claims;
use crate::delegation::Delegation;
use crate::error::{Code, Error, Result};
use crate::ids::{Hash, Thumbprint};
use crate::key::SigningKey;
use crate::release::Release;
use crate::response::Response;
use crate::token::{self, MOST_ROTATIONS, TokenType};

/// A key that signs responses, releases and checkpoints: a root, or a delegated key with the delegation that goes into each of them.
#[derive(Debug, Clone)]
pub struct Signer {
    key: SigningKey,
    kid: Thumbprint,
    chain: Option<Chain>,
    revocations: Option<String>,
    rotations: Vec<String>,
}

#[derive(Debug, Clone)]
struct Chain {
    token: String,
    hash: Hash,
    delegation: Delegation,
}

/// The number of a grant, where its delegation counts them.
#[derive(Clone, Copy)]
enum Count {
    /// What is signed is no grant, or its key is not limited to a number of them.
    Without,
    Number(u64),
}

impl Signer {
    /// Signs as a root.
    pub fn root(key: SigningKey) -> Self {
        Self::new(key, None)
    }

    /// Signs as a delegated key. `chain` must be for this key and signed by one of `roots`.
    ///
    /// # Errors
    /// As a verifier would refuse the chain.
    pub fn delegated(key: SigningKey, chain: String, roots: &Roots) -> Result<Self> {
        let kid = key.public_key().thumbprint();
        let (delegation, _) = roots.verify_chain(&chain, &kid, super::Use::New)?;
        let hash = Hash::of(&chain);
        Ok(Self::new(key, Some(Chain { token: chain, hash, delegation })))
    }

    fn new(key: SigningKey, chain: Option<Chain>) -> Self {
        let kid = key.public_key().thumbprint();
        Self { kid, key, chain, revocations: None, rotations: Vec::new() }
    }

    /// Puts a revocation list into everything that is signed from now on.
    #[must_use]
    pub fn with_revocations(mut self, list: Option<String>) -> Self {
        self.revocations = list;
        self
    }

    /// Puts root rotations, oldest first, into everything that is signed from now on: the newest 16 of them. Programs older
    /// than rotations refuse what carries one.
    #[must_use]
    pub fn with_rotations(mut self, mut tokens: Vec<String>) -> Self {
        self.rotations = tokens.split_off(tokens.len().saturating_sub(MOST_ROTATIONS));
        self
    }

    /// The key's thumbprint.
    pub fn kid(&self) -> &Thumbprint {
        &self.kid
    }

    /// The delegation, unless this is a root.
    pub fn delegation(&self) -> Option<&Delegation> {
        self.chain.as_ref().map(|chain| &chain.delegation)
    }

    /// Signs a response: the bare token. Where the delegation counts grants, grants take [`Signer::sign_counted`].
    ///
    /// # Errors
    /// [`Code::OutOfScope`] when the delegation does not cover it, [`Code::BadClaim`] when it counts grants and this is one,
    /// [`Code::TooLong`] when it says too much for a token: every verifier would refuse it.
    pub fn sign(&self, response: &Response) -> Result<String> {
        self.sign_with(response, Count::Without)
    }

    /// Signs a response, which, if it is a grant and the delegation counts them, is number `count` under it, from 1. The
    /// caller keeps the count: no number may be used twice, and one that was not used is no harm.
    ///
    /// # Errors
    /// As [`Signer::sign`]; [`Code::OutOfScope`] also when `count` is over the limit.
    pub fn sign_counted(&self, response: &Response, count: u64) -> Result<String> {
        self.sign_with(response, Count::Number(count))
    }

    /// Whether grants take [`Signer::sign_counted`], and how many there may be.
    pub fn max_grants(&self) -> Option<u64> {
        self.delegation().and_then(|delegation| delegation.scope.max_grants)
    }

    fn sign_with(&self, response: &Response, count: Count) -> Result<String> {
        if let Some(delegation) = self.delegation() {
            delegation.covers(response)?;
        }
        let is_counted = response.granted().is_some() && self.max_grants().is_some();
        let count = match count {
            _ if !is_counted => None,
            Count::Number(count) if count > 0 => Some(count),
            _ => {
                let fact = "the grants of this key are numbered from 1, and this one has no number";
                return Err(Error::new(Code::BadClaim, fact));
            }
        };
        self.token(response.token_type(), response.payload(), count)
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
        self.token(TokenType::Release, release.payload(), None)
    }

    /// Signs a checkpoint of an audit log: the bare token.
    ///
    /// # Errors
    /// [`Code::OutOfScope`] when the delegation does not cover it, [`Code::TooLong`] when a long revocation list leaves no room.
    pub fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<String> {
        if let Some(delegation) = self.delegation() {
            delegation.covers_checkpoint(checkpoint)?;
        }
        self.token(TokenType::AuditCheckpoint, checkpoint.payload(), None)
    }

    fn token(&self, kind: TokenType, mut payload: Value, count: Option<u64>) -> Result<String> {
        if let Some(chain) = self.chain.as_ref().filter(|chain| chain.delegation.serial.is_some()) {
            if let Some(count) = count {
                chain.delegation.covers_count(count)?;
            }
            payload["delegation"] = Claim { hash: chain.hash, count }.to_json();
        }
        let token = token::sign(&self.header(kind), &payload, &self.key);
        token::check_length(&token)?;
        Ok(token)
    }

    fn header(&self, token_type: TokenType) -> Value {
        claims::object([
            ("alg", Some(json!("EdDSA"))),
            ("typ", Some(json!(token_type.as_str()))),
            ("kid", Some(json!(self.kid.to_string()))),
            ("chain", self.chain.as_ref().map(|chain| json!(chain.token))),
            ("revocations", self.revocations.as_ref().map(|token| json!(token))),
            ("rotations", (!self.rotations.is_empty()).then(|| json!(self.rotations))),
        ])
    }
}
