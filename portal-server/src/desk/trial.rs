//! Answering a trial request.

use countersign_core::fingerprint::Fingerprint;
use countersign_core::request::{Device, VerifiedRequest};
use countersign_core::response::{Answer, Binding, Grant, Granted};
use countersign_core::{Id, UnixSeconds, trial};
use countersign_store::{
    Product, StartTrial, Throttle, TrialEnd, TrialLimits, TrialPlan, TrialStarted, UsedTrial,
};

use super::{Answered, Door, Refusal, from_stored, product, respond, sign};
use crate::app::App;
use crate::language::Language;
use crate::mail::Mail;
use crate::settings::Settings;
use crate::signing::Evidence;

/// A trial response is installed within two weeks, or asked for again.
pub(super) const IMPORT_SECONDS: u64 = 14 * DAY;
const DAY: u64 = 86_400;
/// New requests of one machine. People try again; ten a day are enough to find out that a machine has had its trial.
const PER_MACHINE: Throttle =
    Throttle { free: 10, first_wait: 600, longest_wait: DAY, forget_after: DAY };
/// A product that keeps changing under a request is a fault, not load.
pub(super) const TRIES: usize = 16;

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
    // Nobody is asked to work for nothing.
    let product = product(app, &request.claims().product).await?;
    wanted(app, request, &product, device).await?;
    check_work(app, request, door, ask.work.as_deref()).await?;
    for _ in 0..TRIES {
        if let Some(answered) = answer_once(app, request, device, door, ask).await? {
            return Ok(answered);
        }
    }
    Err(Refusal::Store(countersign_store::StoreError::Commit(
        "the product keeps changing".to_owned(),
    )))
}

/// `None`: the product or the machine's trial changed in between.
async fn answer_once(
    app: &App,
    request: &VerifiedRequest,
    device: &Device,
    door: &Door,
    ask: &TrialAsk,
) -> Result<Option<Answered>, Refusal> {
    let product = product(app, &request.claims().product).await?;
    let (now, settings) = (app.now(), app.settings().await?);
    let wanted = wanted(app, request, &product, device).await?;
    if app.keys().signing.is_counted() && wanted.is_new {
        before_signing(app, settings.trials_per_day).await?;
    }
    let granted =
        grant(&product, &device.fingerprint, wanted.expires_at, ask.import_seconds, now, &settings);
    let response = respond(app, request, wanted.id, now, Answer::Trial(granted));
    let token = sign(app, Evidence::Request(request.token()), &response).await?;
    let start = StartTrial {
        terms: product,
        trial: wanted.id,
        device_key: request.device_key().thumbprint(),
        device: device.clone(),
        request_id: request.claims().id,
        request_hash: request.hash(),
        response: token.clone(),
        expires_at: wanted.expires_at,
        limits: limits(&settings),
        by_user: door.user.as_ref().map(|user| user.id),
        now,
    };
    match app.store().start_trial(start).await? {
        TrialStarted::Done => {
            let device_name = device.name.clone();
            Ok(Some(Answered { token, response, device_name, request_hash: request.hash() }))
        }
        TrialStarted::Repeated(answer) => from_stored(app, answer, request.hash()).map(Some),
        TrialStarted::Stale => Ok(None),
        TrialStarted::AlreadyUsed(had) => Err(used(&had)),
        TrialStarted::TooOften(until) => Err(Refusal::TrialTooOften(until.saturating_sub(now))),
        TrialStarted::CapReached => {
            app.mailroom().wake();
            Err(Refusal::TrialCapReached(DAY - now % DAY))
        }
    }
}

fn limits(settings: &Settings) -> TrialLimits {
    TrialLimits {
        per_day: settings.trials_per_day,
        per_machine: Some(PER_MACHINE),
        notice: Some(|user, per_day, now| {
            Mail::TrialCap { user, per_day }.job(Language::ENGLISH, now)
        }),
    }
}

/// The trial that is to be signed.
struct Wanted {
    id: Id,
    expires_at: UnixSeconds,
    /// Not one that was extended, once more.
    is_new: bool,
}

/// What the machine gets, as far as it can be told before it is stored.
async fn wanted(
    app: &App,
    request: &VerifiedRequest,
    product: &Product,
    device: &Device,
) -> Result<Wanted, Refusal> {
    let (key, now) = (request.device_key().thumbprint(), app.now());
    match app.store().trial_plan(product, &key, device, now).await? {
        TrialPlan::Again(trial) => {
            Ok(Wanted { id: trial.id, expires_at: trial.expires_at, is_new: false })
        }
        // Where every signature counts in somebody else's journal, what would be refused is not signed at all. Elsewhere the
        // store refuses it, which counts how often a machine asks.
        TrialPlan::Used(had) if app.keys().signing.is_counted() => Err(used(&had)),
        TrialPlan::Start(_) | TrialPlan::Used(_) => {
            Ok(Wanted { id: app.random_id(), expires_at: end(product, now)?, is_new: true })
        }
    }
}

/// The first one over the cap is signed: storing it is what tells the vendor's admins.
async fn before_signing(app: &App, per_day: Option<u64>) -> Result<(), Refusal> {
    let now = app.now();
    let started = app.store().trials_of_full_day(now).await?;
    match (started, per_day) {
        (Some(started), Some(most)) if started >= most => {
            Err(Refusal::TrialCapReached(DAY - now % DAY))
        }
        _ => Ok(()),
    }
}

/// What a trial with this end gives to this machine.
pub(super) fn grant(
    product: &Product,
    machine: &Fingerprint,
    expires_at: UnixSeconds,
    import_seconds: Option<u64>,
    now: UnixSeconds,
    settings: &Settings,
) -> Granted {
    let import_seconds = settings.response_validity(import_seconds.unwrap_or(IMPORT_SECONDS));
    Granted {
        import_by: expires_at.min(now + import_seconds),
        binding: Binding { strategy: product.trial.strategy, fingerprint: machine.clone() },
        grant: Grant {
            expires_at: Some(expires_at),
            renew_by: None,
            entitlements: product.trial.entitlements.clone(),
            license: None,
            metadata: std::collections::BTreeMap::new(),
        },
    }
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
pub(super) fn end(product: &Product, now: UnixSeconds) -> Result<UnixSeconds, Refusal> {
    match product.trial.end_from(now) {
        _ if product.archived => Err(Refusal::NoTrial),
        TrialEnd::NoTrials => Err(Refusal::NoTrial),
        TrialEnd::Over(at) => Err(Refusal::TrialsOver(at)),
        TrialEnd::At(end) => Ok(end),
    }
}

pub(super) fn used(had: &UsedTrial) -> Refusal {
    let trial = &had.trial;
    Refusal::TrialAlreadyUsed { from: trial.created_at, until: trial.expires_at, next: had.next }
}
