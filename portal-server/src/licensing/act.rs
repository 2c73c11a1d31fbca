//! Acts on one license. Each says what it would do before it is done, and is about the license as it was read then.

use countersign_core::{Id, MAX_TIME, UnixSeconds};
use countersign_store::{
    Act, License, LicenseChange, LicenseStatus, NewJob, Organization, User, Validity,
};

use super::Trouble;
use crate::admin::LARGEST;
use crate::app::App;
use crate::approval;
use crate::language::{Language, Say};
use crate::mail::Notice;

const DAY: u64 = 86_400;

/// What came of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acted {
    /// It is done.
    Done,
    /// It waits for a second admin.
    Proposed,
}

/// A later end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extension {
    /// So many days after its end; of one that has ended, from now.
    Days(u64),
    /// To this time.
    Until(UnixSeconds),
}

/// The end that a license would have.
///
/// # Errors
/// When it has no end, or it would not be a later one.
pub(crate) fn extended(
    license: &License,
    by: Extension,
    now: UnixSeconds,
) -> Result<UnixSeconds, Trouble> {
    let Some(end) = license.expires_at else {
        return Err(Trouble::refused(match license.validity {
            Validity::FromFirstActivation(_) => "extend-not-begun",
            _ => "extend-perpetual",
        }));
    };
    let wanted = match by {
        Extension::Days(days) => end.max(now).saturating_add(days.saturating_mul(DAY)),
        Extension::Until(until) => until,
    };
    if wanted > MAX_TIME.min(now.saturating_add(LARGEST * DAY)) {
        Err(Trouble::refused("extend-too-far"))
    } else if wanted <= end || wanted <= now {
        Err(Trouble::refused("extend-not-later"))
    } else {
        Ok(wanted)
    }
}

/// Sets a later end, or proposes it where a second person is needed.
///
/// # Errors
/// When it cannot be: nothing was changed then.
pub(crate) async fn extend(
    app: &App,
    by: &User,
    language: Language,
    license: &License,
    extension: Extension,
) -> Result<Acted, Trouble> {
    let end = extended(license, extension, app.now())?;
    let longer = License { expires_at: Some(end), ..license.clone() };
    match app.store().change_license(longer, &actor(by), app.now()).await? {
        LicenseChange::NeedsSecondPerson => {
            let (license, revision) = (license.id, license.revision);
            let act = Act::ExtendLicense { license, revision, expires_at: end };
            approval::ask(app, by, act, language).await?;
            Ok(Acted::Proposed)
        }
        change => changed(change).map(|()| Acted::Done),
    }
}

/// Suspends, reinstates or revokes it.
///
/// # Errors
/// When somebody changed it meanwhile.
pub(crate) async fn set_status(
    app: &App,
    by: &User,
    license: &License,
    status: LicenseStatus,
) -> Result<(), Trouble> {
    let other = License { status, ..license.clone() };
    let change = app.store().change_license(other, &actor(by), app.now()).await?;
    changed(change)
}

/// Sets how many machines and deactivations it allows; `None`: any number.
///
/// # Errors
/// When more are in use, with how many must go first.
pub(crate) async fn set_limits(
    app: &App,
    by: &User,
    license: &License,
    activations: Option<u64>,
    deactivations: Option<u64>,
) -> Result<(), Trouble> {
    let other = License {
        allowed_activations: activations,
        allowed_deactivations: deactivations,
        ..license.clone()
    };
    check_limits(&other)?;
    let change = app.store().change_license(other, &actor(by), app.now()).await?;
    changed(change)
}

/// Whether it allows what is in use.
///
/// # Errors
/// With how many must go first.
pub(crate) fn check_limits(license: &License) -> Result<(), Trouble> {
    let over = |limit: Option<u64>, used: u64| limit.map_or(0, |limit| used.saturating_sub(limit));
    let machines = over(license.allowed_activations, license.live_activations);
    if machines > 0 {
        let say = Say::new("limits-below-machines").with("live", license.live_activations);
        return Err(Trouble::Refused(say.with("count", machines)));
    }
    if over(license.allowed_deactivations, license.total_deactivations) > 0 {
        let say = Say::new("limits-below-deactivations");
        return Err(Trouble::Refused(say.with("count", license.total_deactivations)));
    }
    Ok(())
}

/// Gives it to another owner or organization, or to nobody. Who had it and who gets it hear of it by mail.
///
/// # Errors
/// When somebody changed it meanwhile, or the owner may not log in.
pub(crate) async fn transfer(
    app: &App,
    by: &User,
    language: Language,
    license: &License,
    owner: Option<&User>,
    organization: Option<&Organization>,
) -> Result<(), Trouble> {
    let (new, now) = (owner.map(|user| user.id), app.now());
    let other = License {
        owner: new,
        organization: organization.map(|organization| organization.id),
        ..license.clone()
    };
    let mails = mails_of_transfer(license.owner, new, language, now);
    let change = app.store().change_license_and_tell(other, mails, &actor(by), now).await?;
    app.mailroom().wake();
    changed(change)
}

/// The mails to who had a license and to who gets it, in their own languages where they chose one.
pub(crate) fn mails_of_transfer(
    from: Option<Id>,
    to: Option<Id>,
    language: Language,
    now: UnixSeconds,
) -> Vec<NewJob> {
    if from == to {
        return Vec::new();
    }
    let told = [(from, Notice::LicenseTaken), (to, Notice::LicenseGiven)];
    let job = |(user, notice): (Option<Id>, Notice)| Some(notice.job(user?, language, now));
    told.into_iter().filter_map(job).collect()
}

/// Whether an owner would see a license of this organization.
pub(crate) fn is_outside(owner: Option<&User>, organization: Option<&Organization>) -> bool {
    let (Some(owner), Some(organization)) = (owner, organization) else { return false };
    !owner.role.is_staff() && owner.organization != Some(organization.id)
}

/// What came of a change, in words if it was refused.
///
/// # Errors
/// When it was.
pub(crate) fn changed(change: LicenseChange) -> Result<(), Trouble> {
    Err(match change {
        LicenseChange::Done => return Ok(()),
        LicenseChange::Stale => Trouble::refused("license-stale"),
        LicenseChange::NeedsSecondPerson => Trouble::Held,
        LicenseChange::BelowUse { live, deactivations } => {
            let say = Say::new("license-below-use").with("live", live);
            Trouble::Refused(say.with("deactivations", deactivations))
        }
    })
}

fn actor(user: &User) -> String {
    format!("user:{}", user.id)
}
