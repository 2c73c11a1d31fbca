//! What comes out of a verification: claims, and who vouches for them.

use serde_json::{Map, Value};

use super::approval::Approved;
use super::claim::{self, Claim};
use super::{Roots, revoked};
use crate::UnixSeconds;
use crate::checkpoint::Checkpoint;
use crate::delegation::Delegation;
use crate::error::Result;
use crate::ids::{Hash, Thumbprint};
use crate::release::Release;
use crate::response::Response;
use crate::revocations::VerifiedRevocations;

/// What a root or a key with a chain signed.
pub(super) struct Signed {
    pub(super) payload: Map<String, Value>,
    pub(super) signer: Thumbprint,
    pub(super) root: Thumbprint,
    pub(super) delegation: Option<Delegation>,
    pub(super) chain: Option<Hash>,
    pub(super) revocations: Option<String>,
    pub(super) approval: Option<Approved>,
}

impl Signed {
    /// The claim that says under which delegation this was signed.
    pub(super) fn claim(&self) -> Result<Option<Claim>> {
        claim::check(&self.payload, self.delegation.as_ref(), self.chain.as_ref(), false)
    }

    /// The same of a response, with the number of a grant: one that needs an approval has none.
    pub(super) fn claim_of(&self, response: &Response) -> Result<Option<Claim>> {
        let delegation = self.delegation.as_ref();
        let is_approved = delegation.is_some_and(|d| d.needs_approval(response));
        let is_counted = response.granted().is_some() && !is_approved;
        claim::check(&self.payload, delegation, self.chain.as_ref(), is_counted)
    }

    /// `claims` of the payload, unless the revocation list that came along names the signer or its root.
    pub(super) fn verified<T>(
        self,
        roots: Roots,
        claims: T,
        claim: Option<Claim>,
        issued_at: UnixSeconds,
    ) -> Result<Verified<T>> {
        let list = self.revocations.as_deref().map(|list| roots.verify_revocations(list));
        let revocations = list.transpose()?;
        let count = claim.and_then(|claim| claim.count);
        let Self { signer, root, delegation, approval, .. } = self;
        let verified = Verified {
            claims,
            signer,
            root,
            delegation,
            revocations,
            roots,
            count,
            issued_at,
            approval,
        };
        if let Some(list) = verified.revocations()
            && let Some(kid) = verified.revoked_by(|kid, serial| list.list.names(kid, serial))
        {
            return Err(revoked(&kid));
        }
        Ok(verified)
    }
}

/// Claims whose signature, chain and scope were verified.
#[derive(Debug, Clone)]
pub struct Verified<T> {
    claims: T,
    signer: Thumbprint,
    root: Thumbprint,
    delegation: Option<Delegation>,
    revocations: Option<VerifiedRevocations>,
    roots: Roots,
    count: Option<u64>,
    issued_at: UnixSeconds,
    approval: Option<Approved>,
}

/// A verified response.
pub type VerifiedResponse = Verified<Response>;

/// A verified checksum list of a release.
pub type VerifiedRelease = Verified<Release>;

/// A verified checkpoint of an audit log.
pub type VerifiedCheckpoint = Verified<Checkpoint>;

impl<T> Verified<T> {
    /// The claims.
    pub fn claims(&self) -> &T {
        &self.claims
    }

    /// The key that signed it.
    pub fn signer(&self) -> &Thumbprint {
        &self.signer
    }

    /// The root that it hangs on: the signer itself, or the one that delegated to it.
    pub fn root(&self) -> &Thumbprint {
        &self.root
    }

    /// The delegation of that key, unless it is a root.
    pub fn delegation(&self) -> Option<&Delegation> {
        self.delegation.as_ref()
    }

    /// The number of this grant under its delegation, where it says one.
    pub fn count(&self) -> Option<u64> {
        self.count
    }

    /// The approval of a second key that it carried.
    pub fn approval(&self) -> Option<&Approved> {
        self.approval.as_ref()
    }

    /// The revocation list that it carried.
    pub fn revocations(&self) -> Option<&VerifiedRevocations> {
        self.revocations.as_ref()
    }

    /// The roots as known now, with the rotations that it carried.
    pub fn roots(&self) -> &Roots {
        &self.roots
    }

    /// The highest time in it that the vendor signed. What a key for trials alone signs does not count: its clock is that of
    /// whoever opened the page.
    pub fn signed_time(&self) -> UnixSeconds {
        let is_page = self.delegation.as_ref().is_some_and(Delegation::is_trial_only);
        let own = (!is_page).then_some(self.issued_at);
        let delegation = self.delegation.as_ref().map(|d| d.issued_at);
        let list = self.revocations.as_ref().map(|l| l.list.issued_at);
        let rotation = self.roots.rotations().map(|rotation| rotation.issued_at).max();
        let approval = self.approval.as_ref().map(Approved::signed_time);
        [own, delegation, list, rotation, approval].into_iter().flatten().max().unwrap_or(0)
    }

    /// The key that `names` revokes: the signer's, under its delegation's serial, or its root's; or those of the approver.
    pub fn revoked_by(
        &self,
        names: impl Fn(&Thumbprint, Option<u64>) -> bool,
    ) -> Option<Thumbprint> {
        let serial = |delegation: Option<&Delegation>| delegation.and_then(|d| d.serial);
        let own = [(self.signer, serial(self.delegation())), (self.root, None)];
        let second = self.approval.as_ref().map(|approved| {
            [(*approved.approver(), serial(approved.delegation())), (*approved.root(), None)]
        });
        let mut keys = own.into_iter().chain(second.into_iter().flatten());
        keys.find(|(kid, serial)| names(kid, *serial)).map(|(kid, _)| kid)
    }
}
