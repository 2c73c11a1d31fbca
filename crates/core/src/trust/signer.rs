//! Signing: as a root, or as a delegated key within its scope. What a verifier would refuse is not signed.

use serde_json::{Value, json};

use super::approval::missing;
use super::claim::Claim;
use super::{Proposed, Roots};
use crate::UnixSeconds;
use crate::approval::{Approval, Proposal};
use crate::checkpoint::Checkpoint;
use crate::claims;
use crate::delegation::Delegation;
use crate::error::{Code, Error, Result};
use crate::ids::{Hash, Id, Thumbprint};
use crate::key::SigningKey;
use crate::release::Release;
use crate::response::Response;
use crate::token::{self, Expect, MOST_ROTATIONS, TokenType};

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
    /// [`Code::OutOfScope`] when the delegation does not cover it, [`Code::ApprovalMissing`] when a second key has to approve of
    /// it ([`Signer::propose`]), [`Code::BadClaim`] when it counts grants and this is one, [`Code::TooLong`] when it says too much for a token: every verifier would refuse it.
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

    /// Whether the delegation lets this key give long grants with the approval of a second key only.
    pub fn asks_for_approvals(&self) -> bool {
        self.delegation().is_some_and(|delegation| delegation.scope.approved.is_some())
    }

    /// Whether a response that the delegation covers must be approved by a second key.
    pub fn needs_approval(&self, response: &Response) -> bool {
        self.delegation().is_some_and(|delegation| delegation.needs_approval(response))
    }

    fn sign_with(&self, response: &Response, count: Count) -> Result<String> {
        if let Some(delegation) = self.delegation() {
            delegation.covers(response)?;
            if delegation.needs_approval(response) {
                return Err(missing(delegation));
            }
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

    /// Proposes a grant to a second key: the bare token. It holds the payload to be signed, and the request token that it
    /// answers.
    ///
    /// # Errors
    /// [`Code::OutOfScope`] when the delegation does not cover it, approved or not; [`Code::TooLong`].
    pub fn propose(&self, response: &Response, request: &str, id: Id) -> Result<String> {
        if let Some(delegation) = self.delegation() {
            delegation.covers(response)?;
        }
        let payload = self.named(response.payload(), None)?;
        let proposal = Proposal {
            id,
            issued_at: response.issued_at,
            issuer: response.issuer.clone(),
            request: request.to_owned(),
            token_type: response.token_type(),
            payload: payload.to_string().into_bytes(),
        };
        let header = self.header_between(TokenType::Proposal);
        checked(token::sign(&header, &proposal.payload(), &self.key))
    }

    /// Approves what another key proposes: the bare token.
    ///
    /// # Errors
    /// [`Code::ApprovalWrong`] when this key itself proposes it, [`Code::OutOfScope`] when the delegation does not let it
    /// approve, for this product, at this time.
    pub fn approve(
        &self,
        proposed: &Proposed,
        issuer: &str,
        at: UnixSeconds,
        id: Id,
    ) -> Result<String> {
        if self.kid == proposed.signer {
            let fact = "this key proposes the grant itself: another key has to approve of it";
            return Err(Error::new(Code::ApprovalWrong, fact));
        }
        if let Some(delegation) = self.delegation() {
            delegation.covers_approval(&proposed.response().product, at)?;
        }
        let approval = Approval {
            id,
            issued_at: at,
            issuer: issuer.to_owned(),
            token_type: proposed.proposal.token_type,
            payload: Hash::of(&proposed.proposal.payload),
        };
        let payload = self.named(approval.payload(), None)?;
        checked(token::sign(&self.header_between(TokenType::Approval), &payload, &self.key))
    }

    /// Signs what this key proposed, as it was proposed, with the approval of another key. Nobody gets what `roots` would
    /// refuse.
    ///
    /// # Errors
    /// [`Code::ApprovalWrong`] when the approval is of something else or by a key that may not; otherwise as
    /// [`Roots::verify_response`].
    pub fn sign_approved(
        &self,
        proposed: &Proposed,
        approval: &str,
        roots: &Roots,
    ) -> Result<String> {
        if self.kid != proposed.signer {
            let fact = "the proposal is by another key, which has to sign it itself";
            return Err(Error::new(Code::ApprovalWrong, fact));
        }
        let mut header = self.header(proposed.proposal.token_type);
        header["approval"] = approval.into();
        let token = token::sign_bytes(&header, &proposed.proposal.payload, &self.key);
        roots.verify_response(&token, Expect::Response)?;
        Ok(token)
    }

    fn token(&self, kind: TokenType, payload: Value, count: Option<u64>) -> Result<String> {
        checked(token::sign(&self.header(kind), &self.named(payload, count)?, &self.key))
    }

    /// The payload with the claim that names the delegation, where that has a serial.
    fn named(&self, mut payload: Value, count: Option<u64>) -> Result<Value> {
        if let Some(chain) = self.chain.as_ref().filter(|chain| chain.delegation.serial.is_some()) {
            if let Some(count) = count {
                chain.delegation.covers_count(count)?;
            }
            payload["delegation"] = Claim { hash: chain.hash, count }.to_json();
        }
        Ok(payload)
    }

    fn header(&self, token_type: TokenType) -> Value {
        let mut header = self.header_between(token_type);
        if let Some(list) = &self.revocations {
            header["revocations"] = list.as_str().into();
        }
        if !self.rotations.is_empty() {
            header["rotations"] = json!(self.rotations);
        }
        header
    }

    /// The header of what goes between two who sign: who it is, and who vouches for that.
    fn header_between(&self, token_type: TokenType) -> Value {
        claims::object([
            ("alg", Some(json!("EdDSA"))),
            ("typ", Some(json!(token_type.as_str()))),
            ("kid", Some(json!(self.kid.to_string()))),
            ("chain", self.chain.as_ref().map(|chain| json!(chain.token))),
        ])
    }
}

fn checked(token: String) -> Result<String> {
    token::check_length(&token)?;
    Ok(token)
}
