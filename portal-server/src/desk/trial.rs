//! Answering a trial request.

use countersign_core::request::{Device, VerifiedRequest};
use countersign_core::response::{Answer, Binding, Grant, Granted};
use countersign_core::{UnixSeconds, trial};
use countersign_store::{Product, StartTrial, Throttle, Trial, TrialLimits, TrialStarted};

use super::{Answered, Door, Refusal, from_stored, product, respond, sign};
use crate::app::App;
use crate::language::Language;
use crate::mail::Mail;
use crate::settings::Settings;
use crate::signing::Evidence;

/// A trial response is installed within two weeks, or asked for again.
const IMPORT_SECONDS: u64 = 14 * DAY;
const DAY: u64 = 86_400;
/// New requests of one machine. People try again; ten a day are enough to find out that a machine has had its trial.
const PER_MACHINE: Throttle =
    Throttle { free: 10, first_wait: 600, longest_wait: DAY, forget_after: DAY };

/// What comes along beside a trial request.
#[derive(Debug, Clone, Default)]
pub struct TrialAsk {
    /// The nonce that proves work.
    pub work: Option<String>,
    /// Seconds within which the response is to be installed; the vendor's cap holds. `None`: two weeks.
    pub import_seconds: Option<u64>,
}

pub(super) async fn answer(
    app: &App,
    request: &VerifiedRequest,
    device: &Device,
    door: &Door,
    ask: &TrialAsk,
) -> Result<Answered, Refusal> {
    let product = product(app, &request.claims().product).await?;
    let (now, id) = (app.now(), app.random_id());
    let expires_at = end(&product, now)?;
    check_work(app, request, door, ask.work.as_deref()).await?;
    let settings = app.settings().await?;
    if app.keys().signing.is_counted() {
        before_signing(app, request, &product, device, settings.trials_per_day).await?;
    }
    let granted = grant(&product, device, ask, now, &settings)?;
    let response = respond(app, request, id, now, Answer::Trial(granted));
    let token = sign(app, Evidence::Request(request.token()), &response).await?;
    let start = StartTrial {
        trial: id,
        product: product.id,
        strategy: product.trial_strategy,
        device_key: request.device_key().thumbprint(),
        device: device.clone(),
        request_hash: request.hash(),
        response: token.clone(),
        expires_at,
        limits: TrialLimits {
            per_day: settings.trials_per_day,
            per_machine: Some(PER_MACHINE),
            notice: Some(|user, per_day, now| {
                Mail::TrialCap { user, per_day }.job(Language::ENGLISH, now)
            }),
        },
        by_user: door.user.as_ref().map(|user| user.id),
        now,
    };
    match app.store().start_trial(start).await? {
        TrialStarted::Done => {
            let device_name = device.name.clone();
            Ok(Answered { token, response, device_name, request_hash: request.hash() })
        }
        TrialStarted::Repeated(answer) => from_stored(app, answer, request.hash()),
        TrialStarted::AlreadyUsed(trial) => Err(used(&trial)),
        TrialStarted::TooOften(until) => Err(Refusal::TrialTooOften(until.saturating_sub(now))),
        TrialStarted::CapReached => {
            app.mailroom().wake();
            Err(Refusal::TrialCapReached(DAY - now % DAY))
        }
    }
}

/// Where every signature counts in somebody else's journal, what would be refused is not signed at all.
async fn before_signing(
    app: &App,
    request: &VerifiedRequest,
    product: &Product,
    device: &Device,
    per_day: Option<u64>,
) -> Result<(), Refusal> {
    let (key, machine) = (request.device_key().thumbprint(), &device.fingerprint);
    let strategy = product.trial_strategy;
    if let Some(had) = app.store().trial_of(&product.id, strategy, &key, machine).await? {
        return Err(used(&had));
    }
    // The first one over the cap is signed: storing it is what tells the vendor's admins.
    let now = app.now();
    let started = app.store().trials_of_full_day(now).await?;
    match (started, per_day) {
        (Some(started), Some(most)) if started >= most => {
            Err(Refusal::TrialCapReached(DAY - now % DAY))
        }
        _ => Ok(()),
    }
}

/// What a trial that starts now gives to this machine.
pub(super) fn grant(
    product: &Product,
    device: &Device,
    ask: &TrialAsk,
    now: UnixSeconds,
    settings: &Settings,
) -> Result<Granted, Refusal> {
    let expires_at = end(product, now)?;
    let import_seconds = settings.response_validity(ask.import_seconds.unwrap_or(IMPORT_SECONDS));
    Ok(Granted {
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
    })
}

/// Whoever is not logged in has done the work that the vendor asks for.
pub(super) async fn check_work(
    app: &App,
    request: &VerifiedRequest,
    door: &Door,
    nonce: Option<&str>,
) -> Result<(), Refusal> {
    let bits = app.settings().await?.trial_work_bits;
    let done = || nonce.is_some_and(|nonce| trial::is_work(&request.hash(), nonce, bits));
    if bits == 0 || door.user.is_some() || done() {
        Ok(())
    } else {
        Err(Refusal::WorkRequired(bits))
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
