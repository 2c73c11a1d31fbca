//! The checks before a machine stores what a vendor signed, in their order (docs/format.md, section 7). Nothing is stored here.

use crate::UnixSeconds;
use crate::error::{Code, Error, Result};
use crate::fingerprint::Fingerprint;
use crate::ids::{Hash, Id, ProductId, Thumbprint};
use crate::response::{Answer, Response};
use crate::revocations::VerifiedRevocations;
use crate::token::Expect;
use crate::trust::{self, Roots, VerifiedResponse};

/// What a machine knows about itself when a response arrives.
pub trait Machine {
    /// The vendor's root keys, with the rotations that were learned.
    fn roots(&self) -> &Roots;
    /// The product.
    fn product(&self) -> &ProductId;
    /// Thumbprint of this device's key.
    fn device(&self) -> Thumbprint;
    /// The machine as it looks now; `None` if not one component could be read.
    fn fingerprint(&self) -> Option<&Fingerprint>;
    /// The request with this id, if this device made it, answered or not.
    fn request(&self, id: &Id) -> Option<AskedHere>;
    /// Whether a revocation list seen earlier revokes what this key signed under a delegation with this serial. `roots` are
    /// those known with the response: lists of a root do not count for one that came after it ([`Roots::may_revoke`]).
    fn is_revoked(&self, roots: &Roots, kid: &Thumbprint, serial: Option<u64>) -> bool;
    /// Whether this activation was given up here.
    fn is_deactivated(&self, activation: &Id) -> bool;
    /// Signing time (`iat`) of the grant that is installed for this activation or trial.
    fn installed_at(&self, id: &Id) -> Option<UnixSeconds>;
    /// The highest time that anything signed by the vendor has brought here; at least the build date of the app.
    fn signed(&self) -> UnixSeconds;
    /// How many seconds a clock may be wrong without a word.
    fn tolerance(&self) -> u64;
}

/// A request that was made on a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedHere {
    /// SHA-256 of its token.
    pub hash: Hash,
    /// When, by the device's clock.
    pub made_at: UnixSeconds,
    /// Whether it can bring a time reset: none was installed since it was made.
    pub may_reset: bool,
}

/// A response that passed every check.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The response.
    pub verified: VerifiedResponse,
    /// What somebody should know all the same.
    pub warnings: Vec<Warning>,
}

/// Something about the time that does not stop an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// Signed before the request was made, by this clock, which then was ahead.
    SignedBeforeRequest {
        /// By how many seconds.
        by: u64,
    },
    /// Signed at a time that this clock has not come to: it is behind.
    ClockBehind {
        /// By how many seconds.
        by: u64,
    },
}

impl Warning {
    /// A stable word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::SignedBeforeRequest { .. } => "signed-before-request",
            Self::ClockBehind { .. } => "clock-behind",
        }
    }

    /// What is so, in a sentence without a full stop.
    pub fn fact(self) -> String {
        match self {
            Self::SignedBeforeRequest { by } => format!(
                "this was signed {} before the request was made by this machine's clock, which was ahead",
                span(by)
            ),
            Self::ClockBehind { by } => {
                format!("this machine's clock is {} behind the time of signing", span(by))
            }
        }
    }

    /// What to do next.
    pub fn advice(self) -> &'static str {
        "Nothing needs to be done for this file. Look at this machine's date and time."
    }
}

/// Seconds for people.
fn span(seconds: u64) -> String {
    match seconds {
        s if s >= 2 * 86_400 => format!("{} days", s / 86_400),
        s if s >= 2 * 3_600 => format!("{} hours", s / 3_600),
        s => format!("{} minutes", s.div_ceil(60)),
    }
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
) -> Result<Accepted> {
    let verified = machine.roots().verify_response(token, expect)?;
    let names = |kid: &Thumbprint, serial| machine.is_revoked(verified.roots(), kid, serial);
    if let Some(kid) = verified.revoked_by(names) {
        return Err(trust::revoked(&kid));
    }
    let response = verified.claims();
    check_recipient(machine, response)?;
    let asked = check_request(machine, response)?;
    let warnings = check_time(machine, &verified, &asked, now)?;
    if let Some(granted) = response.granted() {
        if now >= granted.import_by {
            let fact = "the time to install this file has passed";
            return Err(Error::new(Code::ImportExpired, fact));
        }
        check_grant(machine, response)?;
    }
    Ok(Accepted { verified, warnings })
}

/// Verifies a revocation list that arrived alone.
///
/// # Errors
/// As [`Roots::verify_revocations`]; [`Code::RetiredKey`] also when its root has been replaced since, by a time that is
/// known to have come.
pub fn check_revocations(machine: &impl Machine, token: &str) -> Result<VerifiedRevocations> {
    let verified = machine.roots().verify_revocations(token)?;
    check_root(machine.roots(), &verified.root, machine.signed())?;
    Ok(verified)
}

/// Verifies a root rotation that arrived alone: the roots as known with it.
///
/// # Errors
/// As [`Roots::learn`].
pub fn check_rotation(machine: &impl Machine, token: &str) -> Result<Roots> {
    let mut roots = machine.roots().clone();
    roots.learn(&[token])?;
    Ok(roots)
}

/// That it is for this product, this device and this machine.
fn check_recipient(machine: &impl Machine, response: &Response) -> Result<()> {
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
    match response.granted() {
        Some(granted) => check_machine(&granted.binding, machine.fingerprint()),
        None => Ok(()),
    }
}

fn check_request(machine: &impl Machine, response: &Response) -> Result<AskedHere> {
    let asked = machine.request(&response.request.id);
    let asked = asked.filter(|asked| asked.hash == response.request.hash).ok_or_else(|| {
        let fact =
            format!("this answers the request {}, which was not made here", response.request.id);
        Error::new(Code::UnknownRequest, fact)
    })?;
    if response.answer == Answer::TimeReset && !asked.may_reset {
        let fact =
            "a time reset was installed since that request was made: each brings one at most";
        return Err(Error::new(Code::Superseded, fact));
    }
    Ok(asked)
}

/// The table of section 7: signing time, delegation, request and clock against each other.
fn check_time(
    machine: &impl Machine,
    verified: &VerifiedResponse,
    asked: &AskedHere,
    now: UnixSeconds,
) -> Result<Vec<Warning>> {
    let signed = machine.signed().max(verified.signed_time());
    check_root(verified.roots(), verified.root(), signed)?;
    let is_reset = verified.claims().answer == Answer::TimeReset;
    let approval = verified.approval();
    if let Some(approval) = approval {
        check_root(verified.roots(), approval.root(), signed)?;
    }
    let second = approval.and_then(|approval| approval.delegation());
    for delegation in verified.delegation().into_iter().chain(second) {
        let (ended, holder) = (delegation.not_after, &delegation.holder);
        if ended <= signed {
            let fact = format!(
                "the right of the key of {holder:?} to sign had ended before a time that is known to have come"
            );
            return Err(Error::new(Code::EndedKey, fact));
        }
        // A clock that was ahead is what a time reset is for.
        if !is_reset && asked.made_at >= ended.saturating_add(machine.tolerance()) {
            let fact = format!(
                "when the request was made, by this machine's clock, the right of the key of {holder:?} to sign had ended"
            );
            return Err(Error::new(Code::BackDated, fact));
        }
    }
    if is_reset {
        return Ok(Vec::new());
    }
    let at = verified.claims().issued_at;
    let beyond = |later: UnixSeconds, earlier: UnixSeconds| {
        later.checked_sub(earlier).filter(|by| *by > machine.tolerance())
    };
    let before = beyond(asked.made_at, at).map(|by| Warning::SignedBeforeRequest { by });
    let behind = beyond(at, now).map(|by| Warning::ClockBehind { by });
    Ok([before, behind].into_iter().flatten().collect())
}

/// What hangs on a root that has been replaced is not new any more once its end is known to have come.
fn check_root(roots: &Roots, root: &Thumbprint, signed: UnixSeconds) -> Result<()> {
    match roots.until(root) {
        Some(until) if signed >= until => Err(trust::retired(root)),
        _ => Ok(()),
    }
}

fn check_grant(machine: &impl Machine, response: &Response) -> Result<()> {
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
    Ok(())
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
