//! Renewing a machine without a new request: when a license was extended, a fresh response for the same machine, which
//! answers its latest request once more.

use countersign_core::Id;
use countersign_core::response::{Answer as Said, RequestRef, Response};
use countersign_store::{
    Activation, ActivationState, Answer, License, LicenseStatus, Renewal, Renewed, User,
};

use super::activation::grant;
use super::release::visible;
use super::{Answered, Refusal, from_stored, sign};
use crate::app::App;

/// A license that keeps changing under a renewal is a fault, not load.
const TRIES: usize = 16;

/// A fresh response for a machine that holds a seat: the same as before while the license is the same and it can still be
/// installed. Its `request_hash` is that of the request, whose own answer is another file.
///
/// # Errors
/// Everything that speaks against it; a stranger's activation is unknown.
pub async fn renew(app: &App, user: &User, activation: &Id) -> Result<Answered, Refusal> {
    for _ in 0..TRIES {
        let machine = visible(app, user, activation).await?;
        let license = renewable(app, &machine).await?;
        let (id, hash) = machine.request.ok_or(Refusal::RenewalUnavailable)?;
        let now = app.now();
        if let Some(stored) = app.store().renewal(&machine, license.revision, now).await? {
            return again(app, &machine, stored.token, stored.issued_at);
        }
        let granted = grant(&license, &machine.fingerprint, now, &*app.settings().await?);
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
        let token = sign(app, &response)?;
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
            Renewed::Repeated(stored) => {
                return again(app, &machine, stored.token, stored.issued_at);
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

fn again(
    app: &App,
    machine: &Activation,
    token: String,
    created_at: u64,
) -> Result<Answered, Refusal> {
    let (_, hash) = machine.request.ok_or(Refusal::RenewalUnavailable)?;
    let answer = Answer { token, device_name: machine.device_name.clone(), created_at };
    from_stored(app, answer, hash)
}
