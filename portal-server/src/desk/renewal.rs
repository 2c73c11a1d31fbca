//! Renewing a machine without a new request: when a license was extended, a fresh response for the same machine, which
//! answers its latest request once more.

use countersign_core::Id;
use countersign_core::response::{Answer as Said, Granted, RequestRef, Response};
use countersign_store::{
    Activation, ActivationState, Answer, License, LicenseStatus, Renewal, Renewed, User,
};

use super::activation::{grant, not_older};
use super::change::{Change, changes};
use super::release::visible;
use super::{Answered, Refusal, from_stored, sign};
use crate::app::App;
use crate::signing::Evidence;

/// A license that keeps changing under a renewal is a fault, not load.
const TRIES: usize = 16;

/// What a fresh response would be worth to a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freshness {
    /// The response that it got last says all that the license says, and can still be installed.
    Current,
    /// It says all, but can be installed no longer.
    Late,
    /// A fresh one would change this.
    Older(Vec<Change>),
    /// There is no response that could be compared.
    Unknown,
}

/// The response that a machine got last, the same bytes. One that cannot be verified is none: the portal's keys are others
/// now, or somebody changed the database.
///
/// # Errors
/// When the database fails.
pub async fn latest(app: &App, machine: &Activation) -> Result<Option<Answered>, Refusal> {
    let Some((_, hash)) = machine.request else { return Ok(None) };
    let stored = app.store().latest_response(machine).await?;
    Ok(stored.and_then(|answer| from_stored(app, answer, hash).ok()))
}

/// Compares the response that a machine got last with the license as it is.
///
/// # Errors
/// When the database fails.
pub async fn freshness(
    app: &App,
    license: &License,
    machine: &Activation,
) -> Result<Freshness, Refusal> {
    let latest = latest(app, machine).await?;
    let granted = grant(license, &machine.fingerprint, app.now(), &*app.settings().await?);
    Ok(compared(latest.as_ref(), &granted, app.now()))
}

pub(super) fn compared(latest: Option<&Answered>, granted: &Granted, now: u64) -> Freshness {
    let Some(before) = latest.and_then(|answered| answered.response.granted()) else {
        return Freshness::Unknown;
    };
    let changes = changes(before, granted);
    match changes.is_empty() {
        false => Freshness::Older(changes),
        true if before.import_by > now => Freshness::Current,
        true => Freshness::Late,
    }
}

/// A fresh response for a machine that holds a seat; the one that it got last while that one says all that the license says
/// and can still be installed. Its `request_hash` is that of the request, whose own answer may be another file.
///
/// # Errors
/// Everything that speaks against it; a stranger's activation is unknown.
pub async fn renew(app: &App, user: &User, activation: &Id) -> Result<Answered, Refusal> {
    for _ in 0..TRIES {
        let machine = visible(app, user, activation).await?;
        let license = renewable(app, &machine).await?;
        let (id, hash) = machine.request.ok_or(Refusal::RenewalUnavailable)?;
        let now = not_older(app, machine.granted_at);
        let granted = grant(&license, &machine.fingerprint, now, &*app.settings().await?);
        let earlier = latest(app, &machine).await?;
        if let Some(earlier) = &earlier
            && compared(Some(earlier), &granted, now) == Freshness::Current
        {
            return Ok(earlier.clone());
        }
        let (expires_at, import_by) = (granted.grant.expires_at, granted.import_by);
        let response = Response {
            issuer: app.vendor().to_owned(),
            product: license.product.clone(),
            id: machine.id,
            issued_at: now,
            request: RequestRef { id, hash },
            device: machine.device_key,
            answer: Said::Activation(granted),
        };
        let earlier = Evidence::Earlier(earlier.as_ref().map(|answered| answered.token.as_str()));
        let token = sign(app, earlier, &response).await?;
        let renewal = Renewal {
            terms: license,
            activation: machine.id,
            request_hash: hash,
            response: token.clone(),
            expires_at,
            import_by,
            by: user.id,
            now,
        };
        match app.store().renew(renewal).await? {
            Renewed::Done => {
                let device_name = machine.device_name;
                return Ok(Answered { token, response, device_name, request_hash: hash });
            }
            // Somebody else asked at the same moment.
            Renewed::Repeated(stored) => {
                let (token, created_at) = (stored.token, stored.issued_at);
                let device_name = machine.device_name;
                return from_stored(app, Answer { token, device_name, created_at }, hash);
            }
            Renewed::NoAccess => return Err(Refusal::UnknownActivation),
            Renewed::Stale => {}
        }
    }
    Err(Refusal::Store(countersign_store::StoreError::Commit(
        "the license keeps changing".to_owned(),
    )))
}

/// The license of a machine that can be renewed now.
async fn renewable(app: &App, machine: &Activation) -> Result<License, Refusal> {
    let license = app.store().license(&machine.license).await?.ok_or(Refusal::UnknownLicense)?;
    match license.status {
        LicenseStatus::Active => {}
        LicenseStatus::Suspended => return Err(Refusal::Suspended),
        LicenseStatus::Revoked => return Err(Refusal::Revoked),
    }
    if let Some(end) = license.expires_at.filter(|_| license.expired(app.now())) {
        return Err(Refusal::Expired(end));
    }
    match machine.state {
        ActivationState::Active => Ok(license),
        ActivationState::Replaced => Err(Refusal::Superseded),
        _ => Err(Refusal::HoldsNoSeat),
    }
}
