//! A trial that was extended: a fresh response for its machine, which answers its latest request once more.

use countersign_core::Id;
use countersign_core::response::{Answer as Said, RequestRef, Response};
use countersign_store::{
    BeyondLimits, ExtendTrial, RenewTrial, Trial, TrialExtended, TrialRenewed, User,
};

use super::renewal::{Freshness, compared};
use super::trial::{TRIES, grant};
use super::{Answered, Refusal, from_stored, product, sign};
use crate::app::App;
use crate::signing::Evidence;

/// A longer trial for one machine, as somebody asks for it.
#[derive(Debug, Clone, Copy)]
pub struct Extension {
    /// Which trial.
    pub trial: Id,
    /// Its end as they saw it.
    pub seen_end: u64,
    /// By how many days.
    pub days: u64,
    /// Whether the vendor's limits are meant to be passed.
    pub beyond: BeyondLimits,
}

/// Extends a trial; the trial as it is then. `actor` is who does it in the audit log: the user, or a token of theirs.
///
/// # Errors
/// Everything that speaks against it; nothing is changed then.
pub async fn extend_trial(
    app: &App,
    user: &User,
    actor: &str,
    wanted: Extension,
) -> Result<Trial, Refusal> {
    let Extension { trial, seen_end, days, beyond } = wanted;
    let limits = app.settings().await?.extension_limits();
    let (by, actor, now) = (user.id, actor.to_owned(), app.now());
    let extend = ExtendTrial { trial, seen_end, days, limits, beyond, by, actor, now };
    match app.store().extend_trial(extend).await? {
        TrialExtended::Done(trial) => Ok(*trial),
        TrialExtended::Unknown => Err(Refusal::UnknownTrial),
        TrialExtended::Changed(trial) => Err(Refusal::TrialChanged(trial.expires_at)),
        TrialExtended::Superseded => Err(Refusal::TrialSuperseded),
        TrialExtended::Beyond { days_left } => Err(Refusal::ExtensionLimit(days_left)),
    }
}

/// The response that a trial's machine got last, the same bytes. One that cannot be verified is none.
///
/// # Errors
/// When the database fails.
pub async fn latest_of_trial(app: &App, trial: &Trial) -> Result<Option<Answered>, Refusal> {
    let Some((_, hash)) = trial.request else { return Ok(None) };
    let stored = app.store().latest_trial_response(trial).await?;
    Ok(stored.and_then(|answer| from_stored(app, answer, hash).ok()))
}

/// Compares the response that a trial's machine got last with the trial as it is.
///
/// # Errors
/// When the database fails, or the product is gone.
pub async fn freshness_of_trial(app: &App, trial: &Trial) -> Result<Freshness, Refusal> {
    let latest = latest_of_trial(app, trial).await?;
    let product = product(app, &trial.product).await?;
    let (machine, settings) = (machine(trial, latest.as_ref()), app.settings().await?);
    let granted = grant(&product, machine, trial.expires_at, None, app.now(), &settings);
    Ok(compared(latest.as_ref(), &granted, app.now()))
}

/// A fresh response for a machine whose trial runs; the one that it got last while that one says the same and can still be
/// installed. `actor` is who does it in the audit log: the user, or a token of theirs.
///
/// # Errors
/// Everything that speaks against it.
pub async fn renew_trial(
    app: &App,
    user: &User,
    actor: &str,
    id: &Id,
) -> Result<Answered, Refusal> {
    for _ in 0..TRIES {
        let trial = app.store().trial(id).await?.ok_or(Refusal::UnknownTrial)?;
        if !trial.is_running(app.now()) {
            return Err(Refusal::TrialEnded(trial.expires_at));
        }
        let earlier = latest_of_trial(app, &trial).await?;
        let (request, hash) = trial.request.ok_or(Refusal::TrialNeedsRequest)?;
        let terms = product(app, &trial.product).await?;
        let (now, settings) = (app.now(), app.settings().await?);
        let machine = machine(&trial, earlier.as_ref());
        let granted = grant(&terms, machine, trial.expires_at, None, now, &settings);
        if let Some(earlier) = &earlier
            && compared(Some(earlier), &granted, now) == Freshness::Current
        {
            return Ok(earlier.clone());
        }
        // A machine takes nothing that was signed before what it has.
        let issued_at = earlier.as_ref().map_or(now, |e| now.max(e.response.issued_at + 1));
        let response = Response {
            issuer: app.vendor().to_owned(),
            product: trial.product.clone(),
            id: trial.id,
            issued_at,
            request: RequestRef { id: request, hash },
            device: trial.device_key,
            answer: Said::Trial(granted),
        };
        let evidence = Evidence::Earlier(earlier.as_ref().map(|answered| answered.token.as_str()));
        let token = sign(app, evidence, &response).await?;
        let device_name = trial.device_name.clone();
        let renew = RenewTrial {
            terms,
            trial,
            request_hash: hash,
            response: token.clone(),
            issued_at,
            by: user.id,
            actor: actor.to_owned(),
            now,
        };
        match app.store().renew_trial(renew).await? {
            TrialRenewed::Done => {
                return Ok(Answered { token, response, device_name, request_hash: hash });
            }
            TrialRenewed::Unknown => return Err(Refusal::UnknownTrial),
            TrialRenewed::Stale => {}
        }
    }
    Err(Refusal::Store(countersign_store::StoreError::Commit(
        "the trial keeps changing".to_owned(),
    )))
}

/// The machine as its last response is bound to it: its parts may have changed a little since the trial began.
fn machine<'a>(
    trial: &'a Trial,
    latest: Option<&'a Answered>,
) -> &'a countersign_core::fingerprint::Fingerprint {
    let granted = latest.and_then(|answered| answered.response.granted());
    granted.map_or(&trial.fingerprint, |granted| &granted.binding.fingerprint)
}
