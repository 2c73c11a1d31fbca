//! What a request would do, in words, before anything is used up.

use countersign_core::request::{Ask, Device, VerifiedRequest};
use countersign_core::response::Granted;
use countersign_core::{LicenseId, TokenType, UnixSeconds};
use countersign_store::{
    Activation, ActivationRefusal, Deactivated, GroupAccess, License, Seat, TrialPlan,
};

use super::{Door, Refusal, activation, deactivation, product, recognise, trial};
use crate::app::App;
use crate::language::{Language, Say};

/// What the portal understood of a request.
#[derive(Debug)]
pub struct Preview {
    /// What was brought.
    pub kind: TokenType,
    /// The machine's name, if it says one.
    pub machine: Option<String>,
    /// Its platform.
    pub platform: Option<String>,
    /// The product's name.
    pub product: String,
    /// When the request was made, by the machine's clock.
    pub made_at: UnixSeconds,
    /// What would happen, or what speaks against it.
    pub outcome: Result<Outcome, Refusal>,
}

impl Preview {
    /// The message that names its kind.
    pub fn kind_key(&self) -> String {
        format!("kind-{}", self.kind.as_str().trim_end_matches("+jwt"))
    }
}

/// What would happen.
#[derive(Debug)]
pub struct Outcome {
    /// What it is.
    pub effect: Effect,
    /// The license's seats after it.
    pub seats: Option<SeatUse>,
    /// The machine is one whose seat was released because it was lost.
    pub released: Option<SeatReleased>,
    /// What the machine would be granted, or was.
    pub terms: Option<Terms>,
}

/// What is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Under which license; a trial has none.
    pub license: Option<LicenseId>,
    /// Its plan.
    pub plan: Option<String>,
    /// Who holds it.
    pub holder: Option<String>,
    /// When the grant ends, if ever.
    pub expires_at: Option<UnixSeconds>,
    /// Until when the response can be installed.
    pub import_by: UnixSeconds,
}

impl Terms {
    fn of(granted: &Granted) -> Self {
        let license = granted.grant.license.as_ref();
        Self {
            license: license.map(|license| license.id),
            plan: license.and_then(|license| license.plan.clone()),
            holder: license.and_then(|license| license.holder.clone()),
            expires_at: granted.grant.expires_at,
            import_by: granted.import_by,
        }
    }
}

/// A seat that was released without proof, of a machine that is here again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatReleased {
    /// When.
    pub at: UnixSeconds,
    /// By whom; `None` also when the asker may not see the license.
    pub by: Option<String>,
}

impl SeatReleased {
    /// "This machine's seat was released on … by …", and what follows from that for `effect`.
    pub fn words(&self, effect: &Effect, language: &Language) -> String {
        let stem = match effect {
            Effect::ReceiptOnly => "released-receipt",
            _ => "released-new-seat",
        };
        let date = language.date_time(self.at);
        match &self.by {
            Some(by) => language.t2(&format!("{stem}-by"), "date", date, "by", by.as_str()),
            None => language.t1(stem, "date", date),
        }
    }
}

/// What answering a request would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: the same response again.
    Again,
    /// The machine gets this seat; its grant ends then, or never.
    Activate(SeatKind, Option<UnixSeconds>),
    /// A trial starts and ends then.
    StartTrial(UnixSeconds),
    /// The trial that runs was extended until then.
    LongerTrial(UnixSeconds),
    /// The seat becomes free.
    FreeSeat,
    /// The seat is free already, given up or released before: there is a receipt and no further seat.
    ReceiptOnly,
}

/// Which seat a machine would get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatKind {
    /// A further one.
    New,
    /// Its own, renewed.
    Renewal,
    /// Its own, which it had given up.
    Kept,
    /// Its own, after a reinstallation.
    Reinstall,
    /// Its own, of which the portal did not know: its data was restored from an older copy.
    Recognised,
}

impl Outcome {
    /// The effect as a sentence.
    pub fn words(&self, language: &Language) -> String {
        let until = |end: Option<UnixSeconds>| match end {
            Some(end) => language.t1("until", "end", language.date_time(end)),
            None => language.t("without-end"),
        };
        let words = match self.effect {
            Effect::Again => language.t("effect-again"),
            Effect::FreeSeat => language.t("effect-free-seat"),
            Effect::ReceiptOnly => language.t("effect-receipt-only"),
            Effect::StartTrial(end) => language.t1("effect-trial", "until", until(Some(end))),
            Effect::LongerTrial(end) => {
                language.t1("effect-trial-longer", "until", until(Some(end)))
            }
            Effect::Activate(seat, end) => {
                let key = match seat {
                    SeatKind::New => "effect-new",
                    SeatKind::Renewal => "effect-renewal",
                    SeatKind::Kept => "effect-kept",
                    SeatKind::Reinstall => "effect-reinstall",
                    SeatKind::Recognised => "effect-recognised",
                };
                language.t1(key, "until", until(end))
            }
        };
        match &self.released {
            Some(released) => format!("{} {words}", released.words(&self.effect, language)),
            None => words,
        }
    }
}

/// Seats in use after it, and how many there are.
#[derive(Debug, Clone, Copy)]
pub struct SeatUse {
    /// In use after it.
    pub used: u64,
    /// How many there are; `None`: any number.
    pub allowed: Option<u64>,
}

impl SeatUse {
    /// The seats that these groups may take together, if that is limited.
    fn of_groups(groups: &[GroupAccess], more: u64) -> Option<Self> {
        let caps = groups.iter().map(|group| group.cap).collect::<Option<Vec<_>>>()?;
        let live: u64 = groups.iter().map(|group| group.live).sum();
        let allowed = caps.iter().sum();
        (!groups.is_empty()).then_some(Self { used: live + more, allowed: Some(allowed) })
    }

    fn left(&self) -> u64 {
        self.allowed.map_or(u64::MAX, |allowed| allowed.saturating_sub(self.used))
    }

    /// "2 of 5 seats in use after this, 3 left".
    pub fn words(&self) -> Say {
        let say = Say::new("seats-after").with("used", self.used);
        match self.allowed {
            Some(allowed) => {
                say.with("allowed", allowed).with("left", allowed.saturating_sub(self.used))
            }
            None => Say::new("seats-after-any").with("used", self.used),
        }
    }
}

/// Looks at a request without answering it. What would refuse it is part of the preview.
///
/// # Errors
/// Only when the database fails.
pub async fn preview(
    app: &App,
    request: &VerifiedRequest,
    door: &Door,
) -> Result<Preview, Refusal> {
    let claims = request.claims();
    let product = app.store().product(&claims.product).await?;
    let mut machine = claims.device_name().map(str::to_owned);
    let outcome = match super::again(app, &request.hash()).await? {
        Some(answered) => {
            let terms = answered.response.granted().map(Terms::of);
            Ok(Outcome { effect: Effect::Again, seats: None, released: None, terms })
        }
        None => match &claims.ask {
            Ask::Activation { device, license } => {
                match activation::license_for(
                    app,
                    request,
                    license.as_ref(),
                    door,
                    activation::Read::Now,
                )
                .await
                {
                    Ok(license) => plan_activation(app, request, device, &license, door).await,
                    Err(refusal) => Err(refusal),
                }
            }
            Ask::Trial { device } => plan_trial(app, request, device, door).await,
            Ask::Deactivation { activation, .. } => {
                let key = request.device_key().thumbprint();
                let (outcome, known) = app.store().deactivation_plan(activation, &key).await?;
                match (outcome, known) {
                    (Deactivated::Done, Some(known)) => {
                        // Only the device itself is told the name that it had.
                        machine = machine.or(known.device_name.clone());
                        plan_deactivation(app, &known, door).await
                    }
                    (Deactivated::Unknown, _)
                        if recognise::would_recognise(app, request, None).await? =>
                    {
                        let effect = Effect::FreeSeat;
                        Ok(Outcome { effect, seats: None, released: None, terms: None })
                    }
                    (refused, _) => Err(deactivation::refusal(&refused)),
                }
            }
        },
    };
    if let Err(refusal) = &outcome {
        // Whoever sees what would be refused does not send it.
        app.refusals().count(request.hash(), refusal.code(), app.now());
    }
    Ok(Preview {
        kind: claims.token_type(),
        machine,
        platform: claims.device().and_then(|d| d.platform.clone()),
        product: product.map_or_else(|| claims.product.to_string(), |p| p.name),
        made_at: claims.issued_at,
        outcome,
    })
}

async fn plan_deactivation(app: &App, known: &Activation, door: &Door) -> Result<Outcome, Refusal> {
    let license = app.store().license(&known.license).await?;
    let freed = u64::from(known.state.holds_seat());
    let effect = if freed > 0 { Effect::FreeSeat } else { Effect::ReceiptOnly };
    let seats = license.as_ref().map(|license| SeatUse {
        used: license.seats_in_use().saturating_sub(freed),
        allowed: license.allowed_activations,
    });
    let released = match license {
        Some(license) => released(app, known, &license, door).await?,
        None => None,
    };
    Ok(Outcome { effect, seats, released, terms: None })
}

/// How the seat of this activation was released, if it was: by whom, for people who may see the license.
async fn released(
    app: &App,
    known: &Activation,
    license: &License,
    door: &Door,
) -> Result<Option<SeatReleased>, Refusal> {
    let (Some(release), Some(at)) = (&known.release, known.ended_at) else { return Ok(None) };
    let may_see = activation::may_see(app, license, door).await?;
    Ok(Some(SeatReleased { at, by: release.by_name.clone().filter(|_| may_see) }))
}

async fn plan_activation(
    app: &App,
    request: &VerifiedRequest,
    device: &Device,
    license: &License,
    door: &Door,
) -> Result<Outcome, Refusal> {
    let (key, now) = (request.device_key().thumbprint(), app.now());
    let (machine, groups) =
        (&device.fingerprint, activation::groups_of(app, &license.id, door).await?);
    let ids = activation::ids(&groups);
    let seat = app.store().activation_plan(&license.id, &key, machine, &ids, now).await?;
    let is_recognised = recognise::would_recognise(app, request, Some(license.id)).await?;
    let (kind, more) = match seat {
        // A grant of its own makes up for a seat that is not free.
        Ok(_)
        | Err(
            ActivationRefusal::SeatsUsedUp { .. }
            | ActivationRefusal::GroupSeatsUsedUp { .. }
            | ActivationRefusal::ReinstallsUsedUp { .. },
        ) if is_recognised => (SeatKind::Recognised, 1),
        Ok(Seat::New) => (SeatKind::New, 1),
        Ok(Seat::Renewal(_)) => (SeatKind::Renewal, 0),
        Ok(Seat::Kept(_)) => (SeatKind::Kept, 0),
        Ok(Seat::Reinstall(_)) => (SeatKind::Reinstall, 0),
        Err(refusal) => return Err(activation::refused(app, refusal, license, door).await?),
    };
    let of_license =
        SeatUse { used: license.seats_in_use() + more, allowed: license.allowed_activations };
    // Whoever takes a group's seats is told of those, where they end first.
    let seats = match SeatUse::of_groups(&groups, more) {
        Some(of_groups) if of_groups.left() < of_license.left() => of_groups,
        _ => of_license,
    };
    let granted = activation::grant(license, machine, now, &*app.settings().await?);
    let effect = Effect::Activate(kind, granted.grant.expires_at);
    let former = match kind {
        SeatKind::New => app.store().released_before(&license.id, &key, machine).await?,
        _ => None,
    };
    let released = match former {
        Some(former) => released(app, &former, license, door).await?,
        None => None,
    };
    let terms = Some(Terms::of(&granted));
    Ok(Outcome { effect, seats: Some(seats), released, terms })
}

async fn plan_trial(
    app: &App,
    request: &VerifiedRequest,
    device: &Device,
    door: &Door,
) -> Result<Outcome, Refusal> {
    let product = product(app, &request.claims().product).await?;
    let (settings, now) = (app.settings().await?, app.now());
    let key = request.device_key().thumbprint();
    let plan = app.store().trial_plan(&product, &key, device, now).await?;
    let (end, effect) = match &plan {
        TrialPlan::Again(trial) => (trial.expires_at, Effect::LongerTrial(trial.expires_at)),
        TrialPlan::Start(_) | TrialPlan::Used(_) => {
            let end = trial::end(&product, now)?;
            (end, Effect::StartTrial(end))
        }
    };
    trial::check_work(app, request, door, None).await?;
    if let TrialPlan::Used(had) = &plan {
        return Err(trial::used(had));
    }
    let granted = trial::grant(&product, &device.fingerprint, end, None, now, &settings);
    Ok(Outcome { effect, seats: None, released: None, terms: Some(Terms::of(&granted)) })
}
