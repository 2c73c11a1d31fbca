//! Releasing the seat of a lost machine, for people who may: the vendor's admins without limits, everybody else within the vendor's.

use countersign_core::Id;
use countersign_store::{Activation, Release, ReleaseOutcome, ReleasePolicy, User};

use super::Refusal;
use crate::app::App;

/// A seat that a person wants to release.
#[derive(Debug, Clone)]
pub struct Releasing {
    /// Who.
    pub user: User,
    /// The activation of the lost machine.
    pub activation: Id,
    /// Why, in their words; the store keeps 200 characters.
    pub reason: String,
}

/// The machine whose seat [`release`] would free now. Nothing is stored.
///
/// # Errors
/// What speaks against it; a stranger's activation is unknown.
pub async fn release_preview(app: &App, releasing: &Releasing) -> Result<Activation, Refusal> {
    let (activation, release) = prepared(app, releasing).await?;
    done(app.store().release_plan(&release).await?).map(|()| activation)
}

/// Frees the seat without proof.
///
/// # Errors
/// What speaks against it; nothing is changed then. A stranger's activation is unknown.
pub async fn release(app: &App, releasing: &Releasing) -> Result<Activation, Refusal> {
    let (activation, release) = prepared(app, releasing).await?;
    done(app.store().release_seat(release).await?).map(|()| activation)
}

async fn prepared(app: &App, releasing: &Releasing) -> Result<(Activation, Release), Refusal> {
    let Releasing { user, activation, reason } = releasing;
    let activation = visible(app, user, activation).await?;
    let settings = app.settings().await?;
    let policy = ReleasePolicy {
        per_year: settings.releases_per_year,
        cool_down: settings.release_cool_down_seconds,
    };
    let release = Release {
        license: activation.license,
        activation: activation.id,
        by: user.id,
        reason: reason.clone(),
        policy,
        now: app.now(),
    };
    Ok((activation, release))
}

/// The activation, if it is of a license that the user has access to. Other people's do not exist.
pub(super) async fn visible(app: &App, user: &User, id: &Id) -> Result<Activation, Refusal> {
    let activation = app.store().activation(id).await?.ok_or(Refusal::UnknownActivation)?;
    let access = app.store().access_to(user, &activation.license).await?;
    access.map(|_| activation).ok_or(Refusal::UnknownActivation)
}

fn done(outcome: ReleaseOutcome) -> Result<(), Refusal> {
    match outcome {
        ReleaseOutcome::Done => Ok(()),
        ReleaseOutcome::Unknown => Err(Refusal::UnknownActivation),
        // For the vendor alone who asks through a door that proposes nothing.
        ReleaseOutcome::NotTheirs | ReleaseOutcome::NeedsSecondPerson => {
            Err(Refusal::ReleaseNotYours)
        }
        ReleaseOutcome::HoldsNoSeat(_) => Err(Refusal::HoldsNoSeat),
        ReleaseOutcome::QuotaUsedUp { allowed, again_at } => {
            Err(Refusal::ReleasesUsedUp { allowed, again_at })
        }
        ReleaseOutcome::DayUsedUp { allowed, again_at } => {
            Err(Refusal::ReleasesOfDayUsedUp { allowed, again_at })
        }
        ReleaseOutcome::TooSoon { again_at } => Err(Refusal::ReleaseTooSoon(again_at)),
    }
}
