//! `/licenses`: mine and those of my organization; one license with its machines. Every page asks the store through what the
//! person has access to a license; somebody else's license, machine or file does not exist.

mod export;
mod list;
mod machine;
mod machines;
mod release;
mod renewal;
mod show;

use countersign_core::{LicenseId, UnixSeconds};
use countersign_store::{Access, License, LicenseStatus, User, Validity};

pub(crate) use self::export::{calendar, calendar_of_one, machines_table, table};
pub(crate) use self::list::{list, query};
pub(crate) use self::machine::{receipt, response, show as machine};
pub(crate) use self::machines::{MachineView, machine_name};
pub(crate) use self::release::{confirm as release_form, release};
pub(crate) use self::renewal::{all as renew_all, renew};
pub(crate) use self::show::show;
use super::ErrorPage;
use crate::app::App;
use crate::desk::Refusal;
use crate::language::{Language, Say};

const DAY: u64 = 86_400;
/// A license that ends within so many days is said to end soon.
const SOON: u32 = 30;

/// A license in words.
pub(crate) struct LicenseView {
    pub(crate) id: String,
    pub(crate) product: String,
    pub(crate) product_id: String,
    pub(crate) plan: String,
    pub(crate) holder: String,
    pub(crate) key: String,
    /// The last group only: enough to tell licenses apart, useless over a shoulder.
    pub(crate) masked_key: String,
    /// The same, shorter.
    pub(crate) key_end: String,
    pub(crate) status: &'static str,
    pub(crate) status_words: String,
    pub(crate) activations: String,
    /// Seats in use, and how many there are, for a bar.
    pub(crate) live: u64,
    pub(crate) allowed: Option<u64>,
    /// Machines beyond what is allowed that hold a seat.
    pub(crate) over: u64,
    pub(crate) deactivations: String,
    pub(crate) validity: String,
    pub(crate) created: String,
}

impl LicenseView {
    pub(crate) fn new(license: &License, product: String, now: u64, language: Language) -> Self {
        let validity = match (license.validity, license.expires_at) {
            (Validity::FromFirstActivation(length), None) => {
                language.t1("validity-from-first", "days", length / DAY)
            }
            (_, Some(end)) => language.t1("until", "end", language.date_time(end)),
            (_, None) => language.t("perpetual"),
        };
        let standing = Standing::of(license, now);
        Self {
            id: license.id.to_string(),
            product,
            product_id: license.product.to_string(),
            plan: license.plan.clone().unwrap_or_default(),
            holder: license.holder.clone().unwrap_or_default(),
            masked_key: masked(&license.key.grouped()),
            key_end: short(&license.key.grouped()),
            key: license.key.grouped(),
            status: standing.class(),
            status_words: language.say(&standing.words(license, now, language)),
            activations: language.of(license.seats_in_use(), license.allowed_activations),
            live: license.seats_in_use(),
            allowed: license.allowed_activations,
            deactivations: language.of(license.given_up(), license.allowed_deactivations),
            over: license.over_activations,
            validity,
            created: language.date_time(license.created_at),
        }
    }

    /// Whether a further machine finds no seat.
    pub(crate) fn is_full(&self) -> bool {
        self.allowed.is_some_and(|allowed| self.live >= allowed)
    }
}

/// What a license is worth now, as people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Active,
    EndsSoon(UnixSeconds),
    Ended(UnixSeconds),
    Suspended,
    Revoked,
}

impl Standing {
    fn of(license: &License, now: UnixSeconds) -> Self {
        match (license.status, license.expires_at) {
            (LicenseStatus::Suspended, _) => Self::Suspended,
            (LicenseStatus::Revoked, _) => Self::Revoked,
            (LicenseStatus::Active, Some(end)) if end <= now => Self::Ended(end),
            (LicenseStatus::Active, Some(end)) if end <= now + u64::from(SOON) * DAY => {
                Self::EndsSoon(end)
            }
            (LicenseStatus::Active, _) => Self::Active,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::EndsSoon(_) => "ending",
            Self::Ended(_) => "ended",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }

    fn words(self, license: &License, now: UnixSeconds, language: Language) -> Say {
        match self {
            Self::EndsSoon(end) => {
                Say::new("status-ends-in").with("days", end.saturating_sub(now).div_ceil(DAY))
            }
            Self::Ended(end) => Say::new("status-ended").with("end", language.date_time(end)),
            _ => Say::new(status_key(&license.status)),
        }
    }

    /// The reason, and what follows from it.
    fn reason(self, license: &License, language: Language) -> String {
        let is_full = license.allowed_activations.is_some_and(|a| license.live_activations >= a);
        let is_over = license.over_activations > 0;
        match self {
            Self::Active | Self::EndsSoon(_) if is_over => {
                language.t1("reason-over", "count", license.over_activations)
            }
            Self::Active | Self::EndsSoon(_) if is_full => language.t("reason-full"),
            Self::Active => language.t("reason-active"),
            Self::EndsSoon(end) => language.t1("reason-ending", "end", language.date_time(end)),
            Self::Ended(end) => language.t1("reason-ended", "end", language.date_time(end)),
            Self::Suspended => language.t("reason-suspended"),
            Self::Revoked => language.t("reason-revoked"),
        }
    }
}

/// The message that names a status.
pub(crate) fn status_key(status: &LicenseStatus) -> &'static str {
    match status {
        LicenseStatus::Active => "status-active",
        LicenseStatus::Suspended => "status-suspended-by-vendor",
        LicenseStatus::Revoked => "status-revoked-by-vendor",
    }
}

fn masked(key: &str) -> String {
    format!("•••••-•••••-•••••-{}", short(key))
}

fn short(key: &str) -> String {
    let last = key.rsplit('-').next().unwrap_or_default();
    format!("•••••-{last}")
}

pub(crate) async fn views(
    app: &App,
    licenses: &[License],
    language: Language,
) -> Result<Vec<LicenseView>, ErrorPage> {
    let products = app.store().products().await?;
    let name = |l: &License| {
        products
            .iter()
            .find(|p| p.id == l.product)
            .map_or(l.product.to_string(), |p| p.name.clone())
    };
    Ok(licenses.iter().map(|l| LicenseView::new(l, name(l), app.now(), language)).collect())
}

/// The license in words.
async fn view(app: &App, license: &License, language: Language) -> Result<LicenseView, ErrorPage> {
    let mut views = views(app, std::slice::from_ref(license), language).await?;
    views.pop().ok_or_else(ErrorPage::not_found)
}

/// The license, if this user may see it. Somebody else's does not exist.
pub(crate) async fn license_of(app: &App, user: &User, id: &str) -> Result<License, ErrorPage> {
    Ok(license_and_access(app, user, id).await?.0)
}

/// The license, if this user may bring requests for it and take what its machines get.
pub(crate) async fn license_to_act_on(
    app: &App,
    user: &User,
    id: &str,
) -> Result<License, ErrorPage> {
    let (license, access) = license_and_access(app, user, id).await?;
    if access.acts() { Ok(license) } else { Err(ErrorPage::forbidden()) }
}

/// The license, and through what this user may see it.
async fn license_and_access(
    app: &App,
    user: &User,
    id: &str,
) -> Result<(License, Access), ErrorPage> {
    let id: LicenseId = id.parse().map_err(|_| ErrorPage::not_found())?;
    let access = app.store().access_to(user, &id).await?.ok_or_else(ErrorPage::not_found)?;
    let license = app.store().license(&id).await?.ok_or_else(ErrorPage::not_found)?;
    Ok((license, access))
}

/// The name of an owner who is not in the license's organization, and therefore sees nothing of it: for those who can do
/// something about it.
pub(crate) async fn owner_outside(
    app: &App,
    license: &License,
) -> Result<Option<String>, ErrorPage> {
    let (Some(owner), Some(organization)) = (license.owner, license.organization) else {
        return Ok(None);
    };
    let owner = app.store().user(owner).await?;
    let outside = |user: &User| !user.role.is_staff() && user.organization != Some(organization);
    Ok(owner.filter(outside).map(|user| user.shown_name().to_owned()))
}

/// What is no refusal but a fault has a page of its own, and what is not there is not found.
fn to_be_said(refusal: Refusal) -> Result<Refusal, ErrorPage> {
    match refusal {
        Refusal::Store(_) | Refusal::Signing(_) | Refusal::SignerDeclined(_) => {
            Err(ErrorPage::internal(&refusal))
        }
        Refusal::UnknownActivation | Refusal::UnknownLicense | Refusal::NotYours => {
            Err(ErrorPage::not_found())
        }
        refusal => Ok(refusal),
    }
}
