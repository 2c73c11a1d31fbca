//! The second key: whether an approval is there where one is needed, and whether one that is there is right.

use super::verified::Signed;
use super::{Roots, Use};
use crate::UnixSeconds;
use crate::approval::Approval;
use crate::delegation::Delegation;
use crate::error::{Code, Error, Result};
use crate::ids::{Hash, Thumbprint};
use crate::response::Response;
use crate::token::{Expect, Header, TokenType, Unverified};

/// An approval that a root, or a key that may approve, was found to have signed.
#[derive(Debug, Clone)]
pub struct Approved {
    approval: Approval,
    approver: Thumbprint,
    root: Thumbprint,
    delegation: Option<Delegation>,
}

impl Approved {
    /// The approval.
    pub fn approval(&self) -> &Approval {
        &self.approval
    }

    /// The key that signed it.
    pub fn approver(&self) -> &Thumbprint {
        &self.approver
    }

    /// The root that it hangs on.
    pub fn root(&self) -> &Thumbprint {
        &self.root
    }

    /// The delegation of that key, unless it is a root.
    pub fn delegation(&self) -> Option<&Delegation> {
        self.delegation.as_ref()
    }

    pub(super) fn signed_time(&self) -> UnixSeconds {
        self.delegation.as_ref().map_or(0, |d| d.issued_at).max(self.approval.issued_at)
    }

    /// Refuses an approval of something else, or by the key that signed what is approved.
    pub(super) fn check_fits(
        &self,
        token_type: TokenType,
        payload: &[u8],
        response: &Response,
        signer: &Thumbprint,
    ) -> Result<()> {
        if self.approver == *signer {
            return Err(wrong(
                "it is by the key that signed the grant: another key has to approve",
            ));
        }
        if self.approval.token_type != token_type || self.approval.payload != Hash::of(payload) {
            return Err(wrong("it is of something else than this grant"));
        }
        match &self.delegation {
            Some(d) => d
                .covers_approval(&response.product, self.approval.issued_at)
                .map_err(|error| wrong(&error.to_string())),
            None => Ok(()),
        }
    }
}

impl Roots {
    /// Verifies an approval on its own: signature, chain, that its key may approve, and the time. What it is of, and so the
    /// product, is not looked at.
    ///
    /// # Errors
    /// As it decodes; [`Code::UntrustedKey`], [`Code::RetiredKey`], [`Code::BadChain`], [`Code::OutOfScope`].
    pub fn verify_approval(&self, token: &str) -> Result<Approved> {
        self.read_approval(token, Use::New)
    }

    fn read_approval(&self, token: &str, new: Use) -> Result<Approved> {
        let unverified = Unverified::decode(token)?;
        Expect::Type(TokenType::Approval).check(unverified.token_type())?;
        let signed = self.verify_signature(&unverified, "the approval is signed by", new)?;
        let approval = Approval::from_payload(&signed.payload)?;
        signed.claim()?;
        if let Some(delegation) = &signed.delegation {
            delegation.allows_approval(approval.issued_at)?;
        }
        if new == Use::New {
            self.check_time(&signed.root, approval.issued_at)?;
        }
        let Signed { signer, root, delegation, .. } = signed;
        Ok(Approved { approval, approver: signer, root, delegation })
    }

    /// The approval that a response carries, which must be right; one that is needed must be there.
    pub(super) fn approval_of(
        &self,
        unverified: &Unverified<'_>,
        signed: &Signed,
        response: &Response,
        new: Use,
    ) -> Result<Option<Approved>> {
        let Header::Vendor { approval: Some(token), .. } = unverified.header() else {
            return match &signed.delegation {
                Some(delegation) if delegation.needs_approval(response) => Err(missing(delegation)),
                _ => Ok(None),
            };
        };
        let approved = self.read_approval(token, new).map_err(|error| match error.code() {
            Code::UntrustedKey | Code::RetiredKey => error,
            _ => wrong(&error.to_string()),
        })?;
        let payload = unverified.payload_bytes();
        approved.check_fits(unverified.token_type(), payload, response, &signed.signer)?;
        Ok(Some(approved))
    }
}

/// The error that a grant which needs an approval has none.
pub(super) fn missing(delegation: &Delegation) -> Error {
    let fact = format!(
        "the key of {:?} may not grant more than {} days without the approval of a second key, and none came along",
        delegation.holder,
        delegation.scope.max_days.unwrap_or_default()
    );
    Error::new(Code::ApprovalMissing, fact)
}

fn wrong(fact: &str) -> Error {
    Error::new(Code::ApprovalWrong, format!("the approval is not valid: {fact}"))
}
