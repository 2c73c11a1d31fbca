//! What one key proposes and another approves: verified as the response will be, before anybody signs it.

use super::verified::Signed;
use super::{Roots, Use};
use crate::approval::Proposal;
use crate::delegation::Delegation;
use crate::error::{Code, Error, Result};
use crate::ids::Thumbprint;
use crate::json;
use crate::request::VerifiedRequest;
use crate::response::Response;
use crate::token::{Expect, TokenType, Unverified};

/// A proposal that the key which is to sign the response was found to have signed.
#[derive(Debug, Clone)]
pub struct Proposed {
    pub(super) proposal: Proposal,
    pub(super) signer: Thumbprint,
    root: Thumbprint,
    delegation: Option<Delegation>,
    response: Response,
    request: VerifiedRequest,
}

impl Proposed {
    /// The proposal.
    pub fn proposal(&self) -> &Proposal {
        &self.proposal
    }

    /// The key that proposes it, and is to sign the response.
    pub fn signer(&self) -> &Thumbprint {
        &self.signer
    }

    /// The root that it hangs on.
    pub fn root(&self) -> &Thumbprint {
        &self.root
    }

    /// The delegation of that key, unless it is a root.
    pub fn delegation(&self) -> Option<&Delegation> {
        self.delegation.as_ref()
    }

    /// What would be signed.
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// The request that it would answer.
    pub fn request(&self) -> &VerifiedRequest {
        &self.request
    }
}

impl Roots {
    /// Verifies a proposal: signature and chain; that what it proposes lies within the delegation, given an approval; and that
    /// it answers the request that it carries.
    ///
    /// # Errors
    /// As [`Roots::verify_response`]; [`Code::BadClaim`] when it does not answer its request.
    pub fn verify_proposal(&self, token: &str) -> Result<Proposed> {
        let unverified = Unverified::decode(token)?;
        Expect::Type(TokenType::Proposal).check(unverified.token_type())?;
        let signed = self.verify_signature(&unverified, "the proposal is signed by", Use::New)?;
        let proposal = Proposal::from_payload(&signed.payload)?;
        let payload = json::parse_object("proposed payload", &proposal.payload)?;
        let signed = Signed { payload, ..signed };
        let response = Response::from_payload(proposal.token_type, &signed.payload)?;
        signed.claim_of(&response)?;
        if let Some(delegation) = &signed.delegation {
            delegation.covers(&response)?;
        }
        self.check_time(&signed.root, response.issued_at)?;
        let request = VerifiedRequest::verify(&proposal.request, Expect::Request)?;
        check_answers(&request, &response)?;
        let Signed { signer, root, delegation, .. } = signed;
        Ok(Proposed { proposal, signer, root, delegation, response, request })
    }
}

/// Whoever approves sees the request: what is proposed must be for that machine and no other.
fn check_answers(request: &VerifiedRequest, response: &Response) -> Result<()> {
    let asked = request.claims();
    let bound = response.granted().map(|granted| &granted.binding.fingerprint);
    let fits = response.request.hash == request.hash()
        && response.request.id == asked.id
        && response.product == asked.product
        && response.device == request.device_key().thumbprint()
        && bound == asked.device().map(|device| &device.fingerprint);
    if fits {
        return Ok(());
    }
    let fact = "what is proposed does not answer the request that came along";
    Err(Error::new(Code::BadClaim, fact))
}
