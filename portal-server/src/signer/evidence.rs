//! Whether a response was asked for. The portal is not believed: a machine's own request speaks, or what was signed before.

use countersign_core::Expect;
use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::response::{Answer, RequestRef, Response};

use super::wire::{Declined, Shown, code};
use crate::keys::Papers;

/// Refuses a response that the evidence does not ask for.
///
/// # Errors
/// With what does not fit.
pub fn check(shown: &Shown, response: &Response, papers: &Papers) -> Result<(), Declined> {
    match shown {
        Shown::Request(token) => by_request(token, response),
        Shown::Earlier(token) => by_earlier(token, response, papers),
    }
}

fn by_request(token: &str, response: &Response) -> Result<(), Declined> {
    let request = VerifiedRequest::verify(token, Expect::Request)?;
    let claims = request.claims();
    let named = RequestRef { id: claims.id, hash: request.hash() };
    same(response.request == named, "it names another request")?;
    same(response.product == claims.product, "it is for another product than the request")?;
    let device = request.device_key().thumbprint();
    same(response.device == device, "it is for another device than the request")?;
    match (&claims.ask, &response.answer) {
        (Ask::Activation { device, license }, Answer::Activation(granted)) => {
            let same_machine = granted.binding.fingerprint == device.fingerprint;
            same(same_machine, "it is bound to another machine than the request describes")?;
            let given = granted.grant.license.as_ref().map(|license| license.id);
            let named = license.as_ref().map(|proof| proof.id);
            same(given.is_some(), "it names no license")?;
            same(named.is_none() || given == named, "it is under another license than the request")
        }
        (Ask::Trial { device }, Answer::Trial(granted)) => {
            let same_machine = granted.binding.fingerprint == device.fingerprint;
            same(same_machine, "it is bound to another machine than the request describes")?;
            same(granted.grant.license.is_none(), "a trial is under no license")
        }
        (Ask::Deactivation { activation: given_up, .. }, Answer::Deactivation { activation }) => {
            same(given_up == activation, "it is the receipt of another activation")
        }
        _ => same(false, "it is of another kind than the request"),
    }
}

/// A renewal: what the machine got before says who it is.
fn by_earlier(token: &str, response: &Response, papers: &Papers) -> Result<(), Declined> {
    // A root that has been replaced since counts, as it does on the machine.
    let verified = papers.trust.verify_installed(token)?;
    let before = verified.claims();
    if let Some(list) = &papers.list {
        // What a stolen key signed is no evidence; what a retired one signed is.
        let mut stolen = list.revoked.iter().filter(|entry| entry.compromised);
        let is_stolen = stolen.any(|entry| {
            verified.revoked_by(|kid, serial| entry.applies_to(kid, serial)).is_some()
        });
        same(!is_stolen, "the earlier response was signed by a key that is known to be stolen")?;
    }
    let (old, new) = match (&before.answer, &response.answer) {
        (Answer::Activation(old), Answer::Activation(new))
        | (Answer::Trial(old), Answer::Trial(new)) => (old, new),
        _ => {
            return same(
                false,
                "an activation is renewed by an activation, and a trial by a trial",
            );
        }
    };
    same(response.request == before.request, "it names another request than the earlier one")?;
    same(response.product == before.product, "it is for another product than the earlier one")?;
    same(response.device == before.device, "it is for another device than the earlier one")?;
    same(response.id == before.id, "it is another activation or trial than the earlier one")?;
    let same_machine = new.binding.fingerprint == old.binding.fingerprint;
    same(same_machine, "it is bound to another machine than the earlier one")?;
    let license = |granted: &countersign_core::response::Granted| {
        granted.grant.license.as_ref().map(|license| license.id)
    };
    same(license(new) == license(old), "it is under another license than the earlier one")?;
    same(response.issued_at >= before.issued_at, "the earlier one was signed after it")
}

fn same(is_same: bool, fact: &str) -> Result<(), Declined> {
    if is_same { Ok(()) } else { Err(Declined::new(code::NOT_ASKED_FOR, fact)) }
}
