//! Answering a trial request.

use countersign_core::request::{Device, VerifiedRequest};
use countersign_core::response::{Answer, Binding, Grant, Granted};
use countersign_store::{Product, StartTrial, Trial, TrialLimits, TrialStarted};

use super::{Answered, Refusal, from_stored, product, respond, sign};
use crate::app::App;

/// A trial response is installed within two weeks, or asked for again.
const IMPORT_SECONDS: u64 = 14 * 86_400;
const DAY: u64 = 86_400;

pub(super) async fn answer(
    app: &App,
    request: &VerifiedRequest,
    device: &Device,
) -> Result<Answered, Refusal> {
    let product = product(app, &request.claims().product).await?;
    let (now, id) = (app.now(), app.random_id());
    let expires_at = end(&product, now)?;
    let import_seconds = app.settings().await?.response_validity(IMPORT_SECONDS);
    let granted = Granted {
        import_by: expires_at.min(now + import_seconds),
        binding: Binding {
            strategy: product.trial_strategy,
            fingerprint: device.fingerprint.clone(),
        },
        grant: Grant {
            expires_at: Some(expires_at),
            renew_by: None,
            entitlements: product.trial_entitlements.clone(),
            license: None,
            metadata: std::collections::BTreeMap::new(),
        },
    };
    let response = respond(app, request, id, now, Answer::Trial(granted));
    let token = sign(app, &response)?;
    let start = StartTrial {
        trial: id,
        product: product.id,
        strategy: product.trial_strategy,
        device_key: request.device_key().thumbprint(),
        device: device.clone(),
        request_hash: request.hash(),
        response: token.clone(),
        expires_at,
        limits: TrialLimits::default(),
        now,
    };
    match app.store().start_trial(start).await? {
        TrialStarted::Done => {
            let device_name = device.name.clone();
            Ok(Answered { token, response, device_name, request_hash: request.hash() })
        }
        TrialStarted::Repeated(answer) => from_stored(app, answer, request.hash()),
        TrialStarted::AlreadyUsed(trial) => Err(used(&trial)),
        // No limits were set.
        TrialStarted::TooOften(_) | TrialStarted::CapReached => Err(Refusal::NoTrial),
    }
}

/// When a trial that starts now ends. An archived product gives none any more.
pub(super) fn end(product: &Product, now: u64) -> Result<u64, Refusal> {
    let days = product.trial_days.filter(|_| !product.archived);
    Ok(now + days.ok_or(Refusal::NoTrial)? * DAY)
}

pub(super) fn used(trial: &Trial) -> Refusal {
    Refusal::TrialAlreadyUsed { from: trial.created_at, until: trial.expires_at }
}
