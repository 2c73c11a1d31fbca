//! `/licenses`: mine and those of my organization; one license with its machines.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use countersign_core::LicenseId;
use countersign_core::response::Entitlement;
use countersign_store::{
    Activation, License, LicenseQuery, LicenseScope, LicenseStatus, MetadataEntry, Role, User,
    Validity, Viewer,
};

use super::{ErrorPage, Frame, page};
use crate::access::Visitor;
use crate::app::App;
use crate::language::Language;

/// A license in words.
pub(crate) struct LicenseView {
    pub(crate) id: String,
    pub(crate) product: String,
    pub(crate) plan: String,
    pub(crate) holder: String,
    pub(crate) key: String,
    /// The last group only: enough to tell licenses apart, useless over a shoulder.
    pub(crate) masked_key: String,
    pub(crate) status: &'static str,
    pub(crate) status_words: String,
    pub(crate) activations: String,
    pub(crate) deactivations: String,
    pub(crate) validity: String,
    pub(crate) created: String,
}

impl LicenseView {
    pub(crate) fn new(license: &License, product: String, now: u64, language: Language) -> Self {
        let ended = license.status == LicenseStatus::Active && license.expired(now);
        let status_words = if ended {
            language.t1("status-ended", "end", language.when(license.expires_at))
        } else {
            language.t(status_key(&license.status))
        };
        let validity = match (license.validity, license.expires_at) {
            (Validity::FromFirstActivation(length), None) => {
                language.t1("validity-from-first", "days", length / 86_400)
            }
            (_, Some(end)) => language.t1("until", "end", language.date_time(end)),
            (_, None) => language.t("perpetual"),
        };
        Self {
            id: license.id.to_string(),
            product,
            plan: license.plan.clone().unwrap_or_default(),
            holder: license.holder.clone().unwrap_or_default(),
            masked_key: masked(&license.key.grouped()),
            key: license.key.grouped(),
            status: if ended { "ended" } else { license.status.as_str() },
            status_words,
            activations: language.of(license.live_activations, license.allowed_activations),
            deactivations: language.of(license.total_deactivations, license.allowed_deactivations),
            validity,
            created: language.date_time(license.created_at),
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
    let last = key.rsplit('-').next().unwrap_or_default();
    format!("•••••-•••••-•••••-•••••-{last}")
}

/// A machine in words.
pub(crate) struct MachineView {
    pub(crate) name: String,
    pub(crate) platform: String,
    pub(crate) app_version: String,
    pub(crate) state: &'static str,
    pub(crate) state_words: String,
    pub(crate) since: String,
    pub(crate) runs_until: String,
    pub(crate) import_by: String,
}

impl MachineView {
    pub(crate) fn new(activation: &Activation, language: Language) -> Self {
        let state = activation.state.as_str();
        Self {
            name: activation.device_name.clone().unwrap_or_else(|| activation.id.to_string()),
            platform: activation.platform.clone().unwrap_or_default(),
            app_version: activation.app_version.clone().unwrap_or_default(),
            state,
            state_words: language.t(&format!("state-{state}")),
            since: language.date_time(activation.created_at),
            runs_until: match activation.expires_at {
                Some(end) => language.date_time(end),
                None => language.t("without-end"),
            },
            import_by: language.date_time(activation.import_by),
        }
    }
}

const MOST: u32 = 500;

#[derive(Template)]
#[template(path = "licenses.html")]
struct ListPage {
    frame: Frame,
    licenses: Vec<LicenseView>,
}

/// The list.
pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let scope = LicenseScope::vendor(&user).or(LicenseScope::organization(&user));
    let scope = scope.unwrap_or_else(|| LicenseScope::user(&user));
    let query = LicenseQuery { most: 100, ..LicenseQuery::of(scope, app.now()) };
    let licenses = app.store().license_page(&query).await?.page.items;
    let licenses = views(&app, &licenses, visitor.language).await?;
    Ok(page(&ListPage { frame: Frame::new(&app, &visitor), licenses }))
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

#[derive(Template)]
#[template(path = "license.html")]
struct LicensePage {
    frame: Frame,
    license: LicenseView,
    machines: Vec<MachineView>,
    entitlements: Vec<(String, String)>,
    metadata: Vec<(String, String)>,
}

/// One license.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let license = license_of(&app, &user, &id).await?;
    let machines = app.store().activations(&license.id, MOST).await?;
    let language = visitor.language;
    let words =
        |(name, value): (&String, &Entitlement)| (name.clone(), entitlement_words(value, language));
    let entitlements = license.entitlements.iter().map(words).collect();
    let view = views(&app, std::slice::from_ref(&license), language).await?.swap_remove(0);
    let machines = machines.iter().map(|a| MachineView::new(a, language)).collect();
    Ok(page(&LicensePage {
        frame: Frame::new(&app, &visitor),
        license: view,
        machines,
        entitlements,
        metadata: visible_metadata(&license, &user),
    }))
}

/// The metadata that this person may see.
fn visible_metadata(license: &License, user: &User) -> Vec<(String, String)> {
    let may_see = |entry: &MetadataEntry| user.role == Role::Admin || entry.is_for(Viewer::User);
    let seen = license.metadata.iter().filter(|(_, entry)| may_see(entry));
    seen.map(|(name, entry)| (name.clone(), entry.value.clone())).collect()
}

fn entitlement_words(value: &Entitlement, language: Language) -> String {
    match value {
        Entitlement::On => language.t("included"),
        Entitlement::Integer(number) => number.to_string(),
        Entitlement::Text(text) => text.clone(),
    }
}

/// The license, if this user may see it. Somebody else's does not exist.
pub(crate) async fn license_of(app: &App, user: &User, id: &str) -> Result<License, ErrorPage> {
    let id: LicenseId = id.parse().map_err(|_| ErrorPage::not_found())?;
    app.store().access_to(user, &id).await?.ok_or_else(ErrorPage::not_found)?;
    app.store().license(&id).await?.ok_or_else(ErrorPage::not_found)
}
