//! `/licenses`: mine and those of my organization; one license with its machines.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use countersign_core::LicenseId;
use countersign_store::{
    Activation, License, LicenseStatus, MetadataEntry, Role, User, Validity, Viewer,
};

use super::{ErrorPage, Frame, of, page, when};
use crate::access::Visitor;
use crate::app::App;

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
    pub(crate) fn new(license: &License, product: String, now: u64) -> Self {
        let (status, status_words) = match license.status {
            LicenseStatus::Active if license.expired(now) => {
                ("ended", format!("ended {}", when(license.expires_at)))
            }
            LicenseStatus::Active => ("active", "active".to_owned()),
            LicenseStatus::Suspended => ("suspended", "suspended by the vendor".to_owned()),
            LicenseStatus::Revoked => ("revoked", "revoked by the vendor".to_owned()),
        };
        let validity = match (license.validity, license.expires_at) {
            (Validity::FromFirstActivation(length), None) => {
                format!("{} days from the first activation", length / 86_400)
            }
            (_, Some(end)) => format!("until {}", when(Some(end))),
            (_, None) => "perpetual".to_owned(),
        };
        Self {
            id: license.id.to_string(),
            product,
            plan: license.plan.clone().unwrap_or_default(),
            holder: license.holder.clone().unwrap_or_default(),
            masked_key: masked(&license.key.grouped()),
            key: license.key.grouped(),
            status,
            status_words,
            activations: of(license.live_activations, license.allowed_activations),
            deactivations: of(license.total_deactivations, license.allowed_deactivations),
            validity,
            created: when(Some(license.created_at)),
        }
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
    pub(crate) since: String,
    pub(crate) runs_until: String,
    pub(crate) import_by: String,
}

impl MachineView {
    pub(crate) fn new(activation: &Activation) -> Self {
        Self {
            name: activation.device_name.clone().unwrap_or_else(|| activation.id.to_string()),
            platform: activation.platform.clone().unwrap_or_default(),
            app_version: activation.app_version.clone().unwrap_or_default(),
            state: activation.state.as_str(),
            since: when(Some(activation.created_at)),
            runs_until: activation
                .expires_at
                .map_or("without an end".to_owned(), |end| when(Some(end))),
            import_by: when(Some(activation.import_by)),
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
    let licenses = app.store().licenses_of(&user, MOST).await?;
    let licenses = views(&app, &licenses).await?;
    Ok(page(&ListPage { frame: Frame::new(&app, Some(&user)), licenses }))
}

pub(crate) async fn views(app: &App, licenses: &[License]) -> Result<Vec<LicenseView>, ErrorPage> {
    let products = app.store().products().await?;
    let name = |l: &License| {
        products
            .iter()
            .find(|p| p.id == l.product)
            .map_or(l.product.to_string(), |p| p.name.clone())
    };
    Ok(licenses.iter().map(|l| LicenseView::new(l, name(l), app.now())).collect())
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
    let entitlements =
        license.entitlements.iter().map(|(name, v)| (name.clone(), entitlement_words(v))).collect();
    let view = views(&app, std::slice::from_ref(&license)).await?.swap_remove(0);
    let machines = machines.iter().map(MachineView::new).collect();
    Ok(page(&LicensePage {
        frame: Frame::new(&app, Some(&user)),
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

pub(crate) fn entitlement_words(value: &countersign_core::response::Entitlement) -> String {
    use countersign_core::response::Entitlement;
    match value {
        Entitlement::On => "included".to_owned(),
        Entitlement::Integer(number) => number.to_string(),
        Entitlement::Text(text) => text.clone(),
    }
}

/// The license, if this user may see it. Somebody else's does not exist.
pub(crate) async fn license_of(app: &App, user: &User, id: &str) -> Result<License, ErrorPage> {
    let id: LicenseId = id.parse().map_err(|_| ErrorPage::not_found())?;
    let license = app.store().license(&id).await?;
    license.filter(|license| license.is_of(user)).ok_or_else(ErrorPage::not_found)
}
