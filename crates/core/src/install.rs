//! The checks before a machine stores a response, in their order (docs/format.md, section 7). Nothing is stored here.

use crate::UnixSeconds;
use crate::error::{Code, Error, Result};
use crate::fingerprint::Fingerprint;
use crate::ids::{Hash, Id, ProductId, Thumbprint};
use crate::token::Expect;
use crate::trust::{self, Roots, VerifiedResponse};

/// What a machine knows about itself when a response arrives.
pub trait Machine {
    /// The vendor's root keys.
    fn roots(&self) -> &Roots;
    /// The product.
    fn product(&self) -> &ProductId;
    /// Thumbprint of this device's key.
    fn device(&self) -> Thumbprint;
    /// The machine as it looks now; `None` if not one component could be read.
    fn fingerprint(&self) -> Option<&Fingerprint>;
    /// The hash of the request with this id, if this device made it, answered or not.
    fn request_hash(&self, id: &Id) -> Option<Hash>;
    /// Whether a revocation list seen earlier names this key.
    fn is_revoked(&self, kid: &Thumbprint) -> bool;
    /// Whether this activation was given up here.
    fn is_deactivated(&self, activation: &Id) -> bool;
    /// Signing time (`iat`) of the grant that is installed for this activation or trial.
    fn installed_at(&self, id: &Id) -> Option<UnixSeconds>;
}

/// Verifies a response token and everything that must hold before it is stored on `machine` at `now`.
///
/// # Errors
/// One code per check; see docs/format.md, section 7.
pub fn check(
    machine: &impl Machine,
    token: &str,
    expect: Expect,
    now: UnixSeconds,
) -> Result<VerifiedResponse> {
    let verified = machine.roots().verify_response(token, expect)?;
    if machine.is_revoked(verified.signer()) {
        return Err(trust::revoked(verified.signer()));
    }
    let response = verified.claims();
    if response.product != *machine.product() {
        let fact =
            format!("this is for the product {}, not {}", response.product, machine.product());
        return Err(Error::new(Code::WrongProduct, fact));
    }
    if response.device != machine.device() {
        return Err(Error::new(
            Code::WrongDevice,
            "this was made for another installation or another machine",
        ));
    }
    if let Some(granted) = response.granted() {
        check_machine(&granted.binding, machine.fingerprint())?;
    }
    if machine.request_hash(&response.request.id) != Some(response.request.hash) {
        let fact =
            format!("this answers the request {}, which was not made here", response.request.id);
        return Err(Error::new(Code::UnknownRequest, fact));
    }
    let Some(granted) = response.granted() else { return Ok(verified) };
    if now >= granted.import_by {
        return Err(Error::new(Code::ImportExpired, "the time to install this file has passed"));
    }
    if machine.is_deactivated(&response.id) {
        return Err(Error::new(
            Code::Deactivated,
            format!("the activation {} was given up here", response.id),
        ));
    }
    if machine.installed_at(&response.id).is_some_and(|installed| response.issued_at < installed) {
        return Err(Error::new(
            Code::Superseded,
            "a newer grant for the same activation is installed",
        ));
    }
    Ok(verified)
}

/// Whether the machine as it looks `now` is the one that a grant is bound to.
///
/// # Errors
/// [`Code::WrongMachine`], with the names of the components that changed.
pub fn check_machine(binding: &crate::response::Binding, now: Option<&Fingerprint>) -> Result<()> {
    let Some(now) = now else {
        return Err(Error::new(
            Code::WrongMachine,
            "not one component of this machine could be read",
        ));
    };
    let comparison = binding.strategy.compare(&binding.fingerprint, now);
    if comparison.matches {
        return Ok(());
    }
    let same = comparison.total - comparison.changed.len();
    let fact = format!(
        "{same} of {} components are those of the machine that asked, {} are needed; changed: {}",
        comparison.total,
        comparison.needed,
        comparison.changed.join(", "),
    );
    Err(Error::new(Code::WrongMachine, fact))
}
