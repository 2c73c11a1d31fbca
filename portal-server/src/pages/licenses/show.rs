//! `/licenses/{id}`: everything about one license, its machines, and where to bring requests.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use countersign_core::response::Entitlement;
use countersign_store::{Access, License, MetadataEntry, Validity, Viewer};

use super::machine::news;
use super::machines::{self, MachineView, People};
use super::renewal::MOST_MACHINES;
use super::{LicenseView, Standing, license_and_access, owner_outside, view};
use crate::access::Visitor;
use crate::app::App;
use crate::language::Language;
use crate::pages::paging::{Asked, Pages};
use crate::pages::{ErrorPage, Frame, page};

#[derive(Template)]
#[template(path = "license.html")]
struct LicensePage {
    frame: Frame,
    license: LicenseView,
    reason: String,
    /// Not for those who cannot do anything about it.
    owner_outside: Option<String>,
    starts: String,
    total: String,
    /// Seats released without proof; not for those who may release none.
    releases: Option<Releases>,
    entitlements: Vec<(String, String)>,
    metadata: Vec<(String, String)>,
    maintenance_until: Option<String>,
    highest_version: Option<String>,
    manages: bool,
    acts: bool,
    /// Whether they pass it from one of their customers to another.
    assigns: bool,
    runs_its_organization: bool,
    has_end: bool,
    has_live: bool,
    /// How many machines a zip holds, if there are more.
    zip_is_cut: Option<u64>,
    machines: Vec<MachineView>,
    asked: Asked,
    pages: Pages,
}

impl LicensePage {
    fn is(&self, field: &str, value: &str) -> bool {
        self.asked.text(field) == value
    }

    fn is_filtered(&self) -> bool {
        !self.is("q", "") || !self.is("state", "")
    }

    fn states(&self) -> Vec<(&'static str, String)> {
        machines::states()
    }

    /// Whether a machine that is shown has an older response.
    fn has_news(&self) -> bool {
        self.machines.iter().any(|machine| !machine.news.is_empty())
    }

    fn file(&self) -> String {
        self.asked.link(&format!("/licenses/{}/machines.csv", self.license.id), &machines::FIELDS)
    }
}

/// Seats that were released without proof, in words.
struct Releases {
    used: String,
    ever: String,
    again: Option<String>,
}

/// One license.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let (user, language) = (visitor.user()?, visitor.language);
    let (license, access) = license_and_access(&app, &user, &id).await?;
    let found = app.store().activation_page(&machines::query(&asked, &license)).await?;
    let mut people = People::new(&app, &license, &user, language);
    let mut machines = Vec::with_capacity(found.items.len());
    for activation in &found.items {
        let news = news(&app, &license, activation, language).await?;
        machines
            .push(MachineView { news, ..MachineView::with_names(activation, &mut people).await? });
    }
    let terms = app.store().release_terms_of(&license.id).await?;
    let limits = terms.map(|terms| terms.limits).unwrap_or_default();
    let path = format!("/licenses/{}", license.id);
    Ok(page(&LicensePage {
        frame: Frame::new(&app, &visitor),
        license: view(&app, &license, language).await?,
        reason: Standing::of(&license, app.now()).reason(&license, language),
        owner_outside: match access {
            Access::Owner | Access::Groups(_) => None,
            _ => owner_outside(&app, &license).await?,
        },
        starts: starts(&license, language),
        total: language.number(license.total_activations),
        releases: if access.manages() { releases(&app, &license, language).await? } else { None },
        entitlements: entitlements(&license, language),
        metadata: visible_metadata(&license, &access),
        maintenance_until: limits.maintenance_until.map(|until| language.date(until)),
        highest_version: limits.highest_version.map(|version| version.to_string()),
        manages: access.manages(),
        acts: access.acts(),
        assigns: app.store().resells(&user, &license.id).await?,
        runs_its_organization: access == Access::OrganizationAdmin,
        has_end: license.expires_at.is_some(),
        has_live: license.seats_in_use() > 0,
        zip_is_cut: Some(MOST_MACHINES).filter(|most| license.seats_in_use() > *most),
        machines,
        pages: asked.pages(&path, &machines::FIELDS, found.next.as_ref()),
        asked,
    }))
}

/// What the validity began or begins with.
fn starts(license: &License, language: Language) -> String {
    let on = |key: &str, at: u64| language.t1(key, "date", language.date_time(at));
    match (license.validity, license.first_activated_at) {
        (Validity::Perpetual, _) => language.t("starts-perpetual"),
        (Validity::Fixed(_), _) => language.t("starts-fixed"),
        (Validity::FromCreation(_), _) => on("starts-creation", license.created_at),
        (Validity::FromFirstActivation(_), Some(at)) => on("starts-first", at),
        (Validity::FromFirstActivation(_), None) => language.t("starts-not-yet"),
    }
}

async fn releases(
    app: &App,
    license: &License,
    language: Language,
) -> Result<Option<Releases>, ErrorPage> {
    let settings = app.settings().await?;
    if settings.releases_per_year == 0 && license.total_releases == 0 {
        return Ok(None);
    }
    let (used, latest) = app.store().releases_within_year(&license.id, app.now()).await?;
    let again = latest.map(|at| at + settings.release_cool_down_seconds);
    let again = again.filter(|at| *at > app.now() && used < settings.releases_per_year);
    Ok(Some(Releases {
        used: language.of(used, Some(settings.releases_per_year)),
        ever: language.number(license.total_releases),
        again: again.map(|at| language.date_time(at)),
    }))
}

fn entitlements(license: &License, language: Language) -> Vec<(String, String)> {
    let words = |value: &Entitlement| match value {
        Entitlement::On => language.t("included"),
        Entitlement::Integer(number) => number.to_string(),
        Entitlement::Text(text) => text.clone(),
    };
    license.entitlements.iter().map(|(name, value)| (name.clone(), words(value))).collect()
}

/// The metadata that this person may see.
fn visible_metadata(license: &License, access: &Access) -> Vec<(String, String)> {
    let may_see = |entry: &MetadataEntry| match access {
        access if access.is_vendors() => true,
        Access::OrganizationAdmin => {
            entry.is_for(Viewer::User) || entry.is_for(Viewer::Organization)
        }
        // What the organization's admin sees, and what is for resellers.
        Access::Reseller => [Viewer::User, Viewer::Organization, Viewer::Reseller]
            .into_iter()
            .any(|viewer| entry.is_for(viewer)),
        _ => entry.is_for(Viewer::User),
    };
    let seen = license.metadata.iter().filter(|(_, entry)| may_see(entry));
    seen.map(|(name, entry)| (name.clone(), entry.value.clone())).collect()
}
