//! Who may sign a response or a release: the roots a program is configured with, those that they handed over to, and keys
//! that a root delegates to (docs/format.md, sections 4 and 7). And the other side of it: signing as such a key.

mod approval;
mod claim;
mod line;
mod proposal;
mod signer;
mod verified;

use std::borrow::Cow;

use crate::UnixSeconds;
use crate::checkpoint::Checkpoint;
use crate::delegation::Delegation;
use crate::error::{Code, Error, Result};
use crate::ids::{Hash, Thumbprint};
use crate::key::PublicKey;
use crate::release::Release;
use crate::response::Response;
use crate::revocations::{Revocations, VerifiedRevocations};
use crate::rotation::Rotation;
use crate::token::{Expect, Header, TokenType, Unverified};

pub use approval::Approved;
use line::{Line, Link};
pub use proposal::Proposed;
pub use signer::Signer;
use verified::Signed;
pub use verified::{Verified, VerifiedCheckpoint, VerifiedRelease, VerifiedResponse};

/// The root public keys that a verifier is configured with, and what rotations have told it of their line since.
#[derive(Debug, Clone)]
pub struct Roots {
    configured: Vec<(Thumbprint, PublicKey)>,
    line: Line,
}

/// Whether what is verified is new here. What was installed runs on when its root is replaced later.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    New,
    Installed,
}

impl Roots {
    /// Trusts these keys, what they delegate, and the roots that they hand over to.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        let configured = keys.into_iter().map(|key| (key.thumbprint(), key)).collect();
        Self { configured, line: Line::default() }
    }

    /// The configured keys' thumbprints.
    pub fn thumbprints(&self) -> impl Iterator<Item = &Thumbprint> {
        self.configured.iter().map(|(kid, _)| kid)
    }

    /// The rotations learned, oldest first.
    pub fn rotations(&self) -> impl Iterator<Item = &Rotation> {
        self.line.links().map(|link| &link.rotation)
    }

    /// The same as tokens: what a machine remembers.
    pub fn rotation_tokens(&self) -> impl Iterator<Item = &str> {
        self.line.links().map(|link| link.token.as_str())
    }

    /// Whether this root is configured or learned.
    pub fn trusts(&self, kid: &Thumbprint) -> bool {
        self.find(kid).is_some()
    }

    /// The time from which this root signs nothing more; `None` while no successor is known.
    pub fn until(&self, kid: &Thumbprint) -> Option<UnixSeconds> {
        self.line.until(kid)
    }

    /// Learns rotations that follow one another: those after a trusted root and, for old files, those before one.
    ///
    /// # Errors
    /// [`Code::BadSignature`], [`Code::UntrustedKey`] (no trusted root on the way, or another root is known in that place),
    /// [`Code::BadChain`] (a gap, or other numbers than those known), [`Code::RetiredKey`]. Nothing was learned then.
    pub fn learn<T: AsRef<str>>(&mut self, tokens: &[T]) -> Result<()> {
        if tokens.iter().all(|token| self.line.knows(token.as_ref())) {
            return Ok(());
        }
        self.take(tokens.iter().map(|t| Link::verify(t.as_ref())).collect::<Result<Vec<_>>>()?)
    }

    fn take(&mut self, piece: Vec<Link>) -> Result<()> {
        let configured = &self.configured;
        self.line.learn(piece, |kid| configured.iter().any(|(root, _)| root == kid))
    }

    /// Learns what was learned before, in any order; what hangs on no configured root any more is left out. It costs a check
    /// at every start, so after a root that is trusted the new one is not asked once more whether it takes part.
    pub fn learn_again<T: AsRef<str>>(&mut self, tokens: &[T]) {
        let mut rest: Vec<&str> = tokens.iter().map(AsRef::as_ref).collect();
        let mut before = rest.len() + 1;
        while rest.len() < before {
            before = rest.len();
            rest.retain(|token| self.learn_one_again(token).is_err());
        }
    }

    fn learn_one_again(&mut self, token: &str) -> Result<()> {
        let link = Link::verify_again(token, |kid| self.trusts(kid))?;
        self.take(vec![link])
    }

    /// Whether a response says that it hangs on a root that is trusted here, and its approval, if it has one, too, before
    /// anything in it is verified.
    pub fn know_root_of(&self, token: &str) -> bool {
        Unverified::decode(token).is_ok_and(|unverified| self.know_roots(&unverified))
    }

    fn know_roots(&self, unverified: &Unverified<'_>) -> bool {
        let known = hangs_on(unverified).is_some_and(|root| self.trusts(&root));
        let approval = match unverified.header() {
            Header::Vendor { approval: Some(approval), .. } => approval,
            _ => return known,
        };
        let second = Unverified::decode(approval).ok().and_then(|approval| hangs_on(&approval));
        known && second.is_some_and(|root| self.trusts(&root))
    }

    fn with<'a>(&'a self, rotations: &[String]) -> Result<Cow<'a, Self>> {
        if rotations.is_empty() {
            return Ok(Cow::Borrowed(self));
        }
        let mut roots = self.clone();
        roots.learn(rotations)?;
        Ok(Cow::Owned(roots))
    }

    fn find(&self, kid: &Thumbprint) -> Option<&PublicKey> {
        let configured = self.configured.iter().find(|(root, _)| root == kid).map(|(_, key)| key);
        configured.or_else(|| self.line.find(kid))
    }

    fn root(&self, kid: &Thumbprint, what: &str) -> Result<&PublicKey> {
        self.find(kid).ok_or_else(|| untrusted(what, kid))
    }

    /// Verifies a response: rotations that it carries, signature, chain, scope, approval, and the revocation list that it
    /// carries.
    ///
    /// # Errors
    /// The codes of docs/format.md, section 2, and [`Code::UntrustedKey`] to [`Code::RetiredKey`].
    pub fn verify_response(&self, token: &str, expect: Expect) -> Result<VerifiedResponse> {
        let unverified = decode_response(token, expect)?;
        let roots = self.with(rotations_of(&unverified))?;
        let mut signed =
            roots.verify_signature(&unverified, "the response is signed by", Use::New)?;
        let response = Response::from_payload(unverified.token_type(), &signed.payload)?;
        let claim = signed.claim_of(&response)?;
        if let Some(delegation) = &signed.delegation {
            delegation.covers(&response)?;
        }
        signed.approval = roots.approval_of(&unverified, &signed, &response, Use::New)?;
        roots.check_time(&signed.root, response.issued_at)?;
        let issued_at = response.issued_at;
        signed.verified(roots.into_owned(), response, claim, issued_at)
    }

    /// Verifies a response that was installed before: as [`Roots::verify_response`], but a root that has been replaced since
    /// counts, and the revocation list that was taken in then is not looked at again.
    ///
    /// # Errors
    /// As [`Roots::verify_response`].
    pub fn verify_installed(&self, token: &str) -> Result<VerifiedResponse> {
        let unverified = decode_response(token, Expect::Response)?;
        // The rotations in it cost two signatures each: they are needed only where its root is not known without them.
        let roots = if self.know_roots(&unverified) {
            Cow::Borrowed(self)
        } else {
            self.with(rotations_of(&unverified))?
        };
        let mut signed =
            roots.verify_signature(&unverified, "the response is signed by", Use::Installed)?;
        let response = Response::from_payload(unverified.token_type(), &signed.payload)?;
        let claim = signed.claim_of(&response)?;
        if let Some(delegation) = &signed.delegation {
            delegation.covers(&response)?;
        }
        signed.approval = roots.approval_of(&unverified, &signed, &response, Use::Installed)?;
        signed.revocations = None;
        let issued_at = response.issued_at;
        signed.verified(roots.into_owned(), response, claim, issued_at)
    }

    /// Verifies the checksum list of a release, in the same way as a response.
    ///
    /// # Errors
    /// As [`Roots::verify_response`].
    pub fn verify_release(&self, token: &str) -> Result<VerifiedRelease> {
        let unverified = Unverified::decode(token)?;
        Expect::Type(TokenType::Release).check(unverified.token_type())?;
        let roots = self.with(rotations_of(&unverified))?;
        let signed = roots.verify_signature(&unverified, "the release is signed by", Use::New)?;
        let release = Release::from_payload(&signed.payload)?;
        let claim = signed.claim()?;
        if let Some(delegation) = &signed.delegation {
            delegation.covers_release(&release)?;
        }
        roots.check_time(&signed.root, release.issued_at)?;
        let issued_at = release.issued_at;
        signed.verified(roots.into_owned(), release, claim, issued_at)
    }

    /// Verifies a checkpoint of an audit log, in the same way as a response.
    ///
    /// # Errors
    /// As [`Roots::verify_response`].
    pub fn verify_checkpoint(&self, token: &str) -> Result<VerifiedCheckpoint> {
        let unverified = Unverified::decode(token)?;
        Expect::Type(TokenType::AuditCheckpoint).check(unverified.token_type())?;
        let roots = self.with(rotations_of(&unverified))?;
        let signed =
            roots.verify_signature(&unverified, "the checkpoint is signed by", Use::New)?;
        let checkpoint = Checkpoint::from_payload(&signed.payload)?;
        let claim = signed.claim()?;
        if let Some(delegation) = &signed.delegation {
            delegation.covers_checkpoint(&checkpoint)?;
        }
        roots.check_time(&signed.root, checkpoint.issued_at)?;
        let issued_at = checkpoint.issued_at;
        signed.verified(roots.into_owned(), checkpoint, claim, issued_at)
    }

    /// Verifies a delegation on its own.
    ///
    /// # Errors
    /// [`Code::UntrustedKey`] when no root signed it, [`Code::RetiredKey`] when one did that had been replaced by then;
    /// otherwise as it decodes.
    pub fn verify_delegation(&self, token: &str) -> Result<Delegation> {
        self.read_delegation(token, Use::New).map(|(delegation, _)| delegation)
    }

    /// Verifies a revocation list on its own. Entries that name a root after the one that signed it are left out: a root
    /// that has been replaced cannot revoke the one that replaced it.
    ///
    /// # Errors
    /// As [`Roots::verify_delegation`].
    pub fn verify_revocations(&self, token: &str) -> Result<VerifiedRevocations> {
        let unverified = Unverified::decode(token)?;
        Expect::Type(TokenType::Revocations).check(unverified.token_type())?;
        let root = unverified.signer();
        let key = self.root(&root, "the revocation list is signed by")?;
        let mut list = Revocations::verify(&unverified, key)?;
        self.check_time(&root, list.issued_at)?;
        list.revoked.retain(|entry| self.may_revoke(&root, &entry.kid));
        Ok(VerifiedRevocations { list, root })
    }

    /// Whether lists of `root` count for `kid`: those of a root do not for the roots that came after it.
    pub fn may_revoke(&self, root: &Thumbprint, kid: &Thumbprint) -> bool {
        !self.line.is_after(kid, root)
    }

    fn read_delegation(&self, token: &str, what: Use) -> Result<(Delegation, Thumbprint)> {
        let unverified = Unverified::decode(token)?;
        Expect::Type(TokenType::SigningKey).check(unverified.token_type())?;
        let root = unverified.signer();
        let key = self.root(&root, "the delegation is signed by")?;
        let delegation = Delegation::verify(&unverified, key)?;
        if what == Use::New {
            self.check_time(&root, delegation.issued_at)?;
        }
        Ok((delegation, root))
    }

    /// The payload of what a root or a key with a chain signed. The scope is not looked at yet.
    fn verify_signature(
        &self,
        unverified: &Unverified<'_>,
        what: &str,
        new: Use,
    ) -> Result<Signed> {
        let Header::Vendor { kid, chain, revocations, .. } = unverified.header() else {
            unreachable!("the header of what a delegated key can sign names the vendor's key")
        };
        let chained = match (self.find(kid), chain) {
            (Some(_), _) => None,
            (None, Some(chain)) => Some(self.verify_chain(chain, kid, new)?),
            (None, None) => return Err(untrusted(what, kid)),
        };
        let key = match &chained {
            Some((delegation, _)) => &delegation.key,
            None => self.root(kid, what)?,
        };
        let payload = unverified.verify(key)?;
        let (delegation, root) = chained.map_or((None, *kid), |(d, root)| (Some(d), root));
        Ok(Signed {
            payload,
            signer: *kid,
            root,
            delegation,
            chain: chain.as_ref().map(Hash::of),
            revocations: revocations.clone(),
            approval: None,
        })
    }

    /// The delegation inside a token. Whatever is wrong with it is a bad chain, but that no root, or one that had been
    /// replaced, signed it.
    fn verify_chain(
        &self,
        chain: &str,
        kid: &Thumbprint,
        new: Use,
    ) -> Result<(Delegation, Thumbprint)> {
        let (delegation, root) = self.read_delegation(chain, new).map_err(|e| match e.code() {
            Code::UntrustedKey | Code::RetiredKey => e,
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
        Ok((delegation, root))
    }

    /// Refuses what hangs on `root` and was signed when that had been replaced.
    fn check_time(&self, root: &Thumbprint, signed: UnixSeconds) -> Result<()> {
        match self.until(root) {
            Some(until) if signed >= until => Err(retired(root)),
            _ => Ok(()),
        }
    }
}

fn decode_response(token: &str, expect: Expect) -> Result<Unverified<'_>> {
    let unverified = Unverified::decode(token)?;
    Expect::Response.check(unverified.token_type())?;
    expect.check(unverified.token_type())?;
    Ok(unverified)
}

fn rotations_of<'a>(unverified: &'a Unverified<'_>) -> &'a [String] {
    match unverified.header() {
        Header::Vendor { rotations, .. } => rotations,
        _ => &[],
    }
}

/// The root that a response says it hangs on.
fn hangs_on(unverified: &Unverified<'_>) -> Option<Thumbprint> {
    match unverified.header() {
        Header::Vendor { chain: Some(chain), .. } => Some(Unverified::decode(chain).ok()?.signer()),
        _ => Some(unverified.signer()),
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

pub(crate) fn retired(kid: &Thumbprint) -> Error {
    let fact = format!("it hangs on the root key {kid}, which the vendor has replaced by another");
    Error::new(Code::RetiredKey, fact)
}

#[cfg(test)]
mod tests;
