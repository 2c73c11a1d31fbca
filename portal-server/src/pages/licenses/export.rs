//! Lists to take along: tables for spreadsheets, ends for calendars. The same search and filters as on the page.

use axum::extract::{Path, State};
use axum::response::Response;
use countersign_core::file;
use countersign_store::{ActivationQuery, License, LicenseQuery, LicenseStatus};

use super::machines::{self, MachineView, People};
use super::{LicenseView, license_and_access, license_of, list, views};
use crate::access::Visitor;
use crate::app::App;
use crate::bundle::calendar::{self, End};
use crate::bundle::csv::Table;
use crate::download;
use crate::language::Language;
use crate::pages::ErrorPage;
use crate::pages::paging::Asked;

/// The most rows of a table and events of a calendar.
const MOST_ROWS: usize = 10_000;
/// Rows that are read at once.
const AT_ONCE: usize = 100;

const OF_LICENSES: [&str; 14] = [
    "license",
    "product",
    "plan",
    "holder",
    "license-key",
    "activations-used",
    "activations-allowed",
    "activations-total",
    "deactivations-used",
    "deactivations-allowed",
    "validity",
    "ends",
    "status",
    "created",
];
const OF_MACHINES: [&str; 10] = [
    "machine",
    "state",
    "platform",
    "app-version",
    "since",
    "by-whom",
    "runs-until",
    "install-before",
    "ended-at",
    "activation-id",
];

/// `/licenses.csv`
pub(crate) async fn table(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let language = visitor.language;
    let query = list::query(&asked, &visitor.user()?, app.now());
    let (licenses, is_cut) = all_licenses(&app, query).await?;
    let mut rows = Vec::with_capacity(licenses.len());
    for (license, view) in licenses.iter().zip(views(&app, &licenses, language).await?) {
        rows.push(license_row(license, view));
    }
    csv("licenses.csv", OF_LICENSES, rows, is_cut, language)
}

/// Numbers stay bare and times sort, whatever the language.
fn license_row(license: &License, view: LicenseView) -> [String; OF_LICENSES.len()] {
    let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
    [
        view.id,
        view.product,
        view.plan,
        view.holder,
        view.masked_key,
        license.seats_in_use().to_string(),
        number(license.allowed_activations),
        license.total_activations.to_string(),
        license.given_up().to_string(),
        number(license.allowed_deactivations),
        view.validity,
        license.expires_at.map(file::date).unwrap_or_default(),
        view.status_words,
        file::date(license.created_at),
    ]
}

/// `/licenses/{id}/machines.csv`
pub(crate) async fn machines_table(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let (user, language) = (visitor.user()?, visitor.language);
    let (license, _) = license_and_access(&app, &user, &id).await?;
    let query = machines::query(&asked, &license);
    let mut query = ActivationQuery { most: AT_ONCE, after: None, ..query };
    let mut people = People::new(&app, &license, &user, language);
    let mut rows = Vec::new();
    loop {
        let page = app.store().activation_page(&query).await?;
        for activation in &page.items {
            let view = MachineView::with_names(activation, &mut people).await?;
            let end = activation.expires_at.map(file::date).unwrap_or_default();
            let times = [activation.created_at, activation.import_by].map(file::date);
            let [since, import_by] = times;
            let ended = activation.ended_at.map(file::date).unwrap_or_default();
            let MachineView { id, name, platform, app_version, state_words, by, .. } = view;
            rows.push([
                name,
                state_words,
                platform,
                app_version,
                since,
                by,
                end,
                import_by,
                ended,
                id,
            ]);
        }
        query.after = page.next;
        if query.after.is_none() || rows.len() >= MOST_ROWS {
            break;
        }
        tokio::task::yield_now().await;
    }
    csv("machines.csv", OF_MACHINES, rows, query.after.is_some(), language)
}

/// A table that says so at its end if it does not hold all.
fn csv<const N: usize>(
    name: &str,
    headings: [&str; N],
    rows: Vec<[String; N]>,
    is_cut: bool,
    language: Language,
) -> Result<Response, ErrorPage> {
    let failed = |error| ErrorPage::internal(&error);
    let mut table = Table::new(headings.map(|key| language.t(key))).map_err(failed)?;
    for row in rows {
        table.row(row).map_err(failed)?;
    }
    if is_cut {
        let mut row = [const { String::new() }; N];
        if let Some(cell) = row.first_mut() {
            *cell = language.t1("table-cut", "count", MOST_ROWS);
        }
        table.row(row).map_err(failed)?;
    }
    let text = table.finish().map_err(failed)?;
    Ok(download::attachment_of("text/csv; charset=utf-8", name, text))
}

/// `/licenses.ics`
pub(crate) async fn calendar(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let query = list::query(&asked, &visitor.user()?, app.now());
    let (licenses, _) = all_licenses(&app, query).await?;
    ends(&app, &licenses, visitor.language).await
}

/// `/licenses/{id}/end.ics`
pub(crate) async fn calendar_of_one(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let license = license_of(&app, &visitor.user()?, &id).await?;
    if license.expires_at.is_none() {
        return Err(ErrorPage::not_found());
    }
    ends(&app, &[license], visitor.language).await
}

async fn ends(app: &App, licenses: &[License], language: Language) -> Result<Response, ErrorPage> {
    let base = app.base_url();
    let views = views(app, licenses, language).await?;
    let end = |(license, view): (&License, LicenseView)| {
        let counts = license.status != LicenseStatus::Revoked;
        let at = license.expires_at.filter(|_| counts)?;
        let mut lines = vec![view.plan, view.holder, view.masked_key];
        lines.retain(|line| !line.is_empty());
        Some(End {
            uid: format!("license-{}", view.id),
            at,
            summary: language.t1("calendar-summary", "product", &view.product),
            description: lines.join("\n"),
            url: (!base.is_empty()).then(|| format!("{base}/licenses/{}", view.id)),
        })
    };
    let ends: Vec<End> = licenses.iter().zip(views).filter_map(end).collect();
    let host = base.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', ':']).next().filter(|host| !host.is_empty());
    let text = calendar::calendar(app.vendor(), host.unwrap_or("portal"), &ends, app.now());
    Ok(download::attachment_of("text/calendar; charset=utf-8", "licenses.ics", text))
}

/// All that the query finds, up to the bound, and whether there are more.
async fn all_licenses(app: &App, query: LicenseQuery) -> Result<(Vec<License>, bool), ErrorPage> {
    let mut query = LicenseQuery { most: AT_ONCE, after: None, ..query };
    let mut licenses = Vec::new();
    loop {
        let found = app.store().license_page(&query).await?;
        licenses.extend(found.page.items);
        query.after = found.page.next;
        let is_cut = found.too_many || query.after.is_some();
        if query.after.is_none() || licenses.len() >= MOST_ROWS {
            return Ok((licenses, is_cut));
        }
        tokio::task::yield_now().await;
    }
}
