//! What a request would do, in words, before anything is used up.

use countersign_core::request::{Ask, Device, VerifiedRequest};
use countersign_core::{TokenType, UnixSeconds, file};
use countersign_store::{Deactivated, License, Seat};

use super::{Door, Refusal, activation, deactivation, product, trial};
use crate::app::App;

/// What the portal understood of a request.
#[derive(Debug)]
pub struct Preview {
    /// What was brought.
    pub kind: TokenType,
    /// The machine's name.
    pub machine: String,
    /// Its platform.
    pub platform: Option<String>,
    /// The product's name.
    pub product: String,
    /// When the request was made, by the machine's clock.
    pub made_at: UnixSeconds,
    /// What would happen, or what speaks against it.
    pub outcome: Result<Outcome, Refusal>,
}

/// What would happen.
#[derive(Debug)]
pub struct Outcome {
    /// In a sentence.
    pub words: String,
    /// The license's seats after it.
    pub seats: Option<SeatUse>,
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
    /// "2 of 5 seats in use after this, 3 left".
    pub fn words(&self) -> String {
        match self.allowed {
            Some(allowed) => {
                let left = allowed.saturating_sub(self.used);
                format!("{} of {allowed} seats in use after this, {left} left", self.used)
            }
            None => format!("{} seats in use after this, any number allowed", self.used),
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
        Some(_) => Ok(Outcome {
            words: "This file was answered before: you get the same response again. Nothing is used up.".to_owned(),
            seats: None,
        }),
        None => match &claims.ask {
            Ask::Activation { device, license } => {
                match activation::license_for(app, request, license.as_ref(), door, activation::Read::Now).await {
                    Ok(license) => plan_activation(app, request, device, &license, door).await,
                    Err(refusal) => Err(refusal),
                }
            }
            Ask::Trial { device } => plan_trial(app, request, device).await,
            Ask::Deactivation { activation, .. } => {
                let key = request.device_key().thumbprint();
                let (outcome, known) = app.store().deactivation_plan(activation, &key).await?;
                machine = machine.or_else(|| known.as_ref().and_then(|a| a.device_name.clone()));
                match (outcome, known) {
                    (Deactivated::Done, Some(known)) => {
                        let license = app.store().license(&known.license).await?;
                        Ok(Outcome {
                            words: "The machine has given its activation up. Its seat becomes free.".to_owned(),
                            seats: license.map(|l| SeatUse {
                                used: l.live_activations.saturating_sub(1),
                                allowed: l.allowed_activations,
                            }),
                        })
                    }
                    (refused, _) => Err(deactivation::refusal(&refused)),
                }
            }
        },
    };
    Ok(Preview {
        kind: claims.token_type(),
        machine: machine.unwrap_or_else(|| "a machine without a name".to_owned()),
        platform: claims.device().and_then(|d| d.platform.clone()),
        product: product.map_or_else(|| claims.product.to_string(), |p| p.name),
        made_at: claims.issued_at,
        outcome,
    })
}

async fn plan_activation(
    app: &App,
    request: &VerifiedRequest,
    device: &Device,
    license: &License,
    door: &Door,
) -> Result<Outcome, Refusal> {
    let (key, now) = (request.device_key().thumbprint(), app.now());
    let seat = app.store().activation_plan(&license.id, &key, &device.fingerprint, now).await?;
    let seat = match seat {
        Ok(seat) => seat,
        Err(refusal) => return Err(activation::refused(app, refusal, license, door).await?),
    };
    let until = license
        .grant_end(now)
        .map_or("without an end".to_owned(), |end| format!("until {} UTC", file::date(end)));
    let (words, more) = match seat {
        Seat::New => (format!("The machine will be activated {until}."), 1),
        Seat::Renewal(_) => {
            (format!("The machine is active: this renews it, {until}. No further seat is used."), 0)
        }
        Seat::Kept(_) => {
            (format!("The machine still has its seat: it is activated again, {until}."), 0)
        }
        Seat::Reinstall(_) => (
            format!(
                "A reinstalled machine: it takes over its own seat, {until}. No further seat is used."
            ),
            0,
        ),
    };
    let seats =
        SeatUse { used: license.live_activations + more, allowed: license.allowed_activations };
    Ok(Outcome { words, seats: Some(seats) })
}

async fn plan_trial(
    app: &App,
    request: &VerifiedRequest,
    device: &Device,
) -> Result<Outcome, Refusal> {
    let product = product(app, &request.claims().product).await?;
    let end = trial::end(&product, app.now())?;
    let key = request.device_key().thumbprint();
    let used = app
        .store()
        .trial_of(&product.id, product.trial_strategy, &key, &device.fingerprint)
        .await?;
    if let Some(used) = used {
        return Err(trial::used(&used));
    }
    Ok(Outcome {
        words: format!("A trial will start, until {} UTC.", file::date(end)),
        seats: None,
    })
}
