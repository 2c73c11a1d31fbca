//! `/admin/licenses/import`: licenses from a table. What is brought is looked at, shown with everything that is wrong with it, and
//! imported when that is confirmed: all of it, once.

use std::sync::Arc;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use countersign_core::Hash;

use crate::access::Visitor;
use crate::app::App;
use crate::bundle::csv::Table as CsvTable;
use crate::download;
use crate::language::{Language, Say};
use crate::licensing::kept::{self, Table, What};
use crate::licensing::table::run::{
    self, AT_A_TIME, Ended, Looked, MOST_BYTES, MadeLicense, Whole, import, made_of,
};
use crate::licensing::table::{Column, Fault};
use crate::pages::admin::actor;
use crate::pages::{ErrorPage, Frame, page};

/// Licenses that the dry run shows.
const SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "admin/license_import.html")]
struct FormPage {
    frame: Frame,
    columns: Vec<&'static str>,
    kilobytes: usize,
    rows: u64,
}

#[derive(Template)]
#[template(path = "admin/license_import_review.html")]
struct ReviewPage {
    frame: Frame,
    name: String,
    token: String,
    looked: Looked,
    faults: Vec<FaultView>,
    licenses: Vec<MadeLicense>,
}

struct FaultView {
    line: u64,
    column: &'static str,
    what: String,
}

impl ReviewPage {
    fn is_good(&self) -> bool {
        self.looked.fault_count == 0
    }

    fn more_faults(&self) -> u64 {
        self.looked.fault_count - self.faults.len() as u64
    }

    fn more_licenses(&self) -> u64 {
        self.looked.licenses.saturating_sub(self.licenses.len() as u64)
    }
}

/// The route that takes the table.
pub(crate) fn upload(methods: MethodRouter<App>) -> MethodRouter<App> {
    methods.layer(DefaultBodyLimit::max(MOST_BYTES))
}

pub(crate) async fn form(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    Ok(page(&FormPage {
        frame: Frame::new(&app, &visitor),
        columns: Column::ALL.map(Column::name).to_vec(),
        kilobytes: MOST_BYTES / 1024,
        rows: AT_A_TIME.rows,
    }))
}

/// A table with all columns and one row, to begin with.
pub(crate) async fn template() -> Result<Response, ErrorPage> {
    let broken = |error: csv::Error| ErrorPage::internal(&error);
    let mut table = CsvTable::new(Column::ALL.map(Column::name)).map_err(broken)?;
    table.row(Column::ALL.map(Column::example)).map_err(broken)?;
    let bytes = table.finish().map_err(broken)?;
    Ok(download::attachment_of("text/csv; charset=utf-8", "licenses-template.csv", bytes))
}

/// Looks at a table. Nothing is changed.
pub(crate) async fn look_at(
    State(app): State<App>,
    visitor: Visitor,
    form: Multipart,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let (name, bytes) = read(form).await?;
    let table = look(&app, name, &bytes).await?;
    let token = kept::keep(&app, admin.id, What::Table(table)).await?;
    review(&app, &visitor, token).await
}

async fn look(app: &App, name: String, bytes: &[u8]) -> Result<Table, ErrorPage> {
    let whole = run::look(app, bytes).await.map_err(|error| ErrorPage::internal(&error))?;
    let Whole { looked, licenses, lines } = whole;
    Ok(Table { name, looked, licenses: Arc::new(licenses), lines })
}

async fn read(mut form: Multipart) -> Result<(String, Vec<u8>), ErrorPage> {
    let broken = |_| ErrorPage::upload(too_large());
    let mut found = None;
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let is_file = field.name() == Some("file");
        let name: String = field.file_name().unwrap_or_default().chars().take(100).collect();
        let bytes = field.bytes().await.map_err(broken)?;
        if is_file && found.is_none() && !(bytes.is_empty() && name.is_empty()) {
            found = Some((name, bytes.to_vec()));
        }
    }
    found.ok_or_else(|| ErrorPage::bad_input("table-no-file"))
}

fn too_large() -> Say {
    Say::new("table-too-large").with("most", MOST_BYTES / 1024)
}

/// What was found, once more.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    review(&app, &visitor, token).await
}

async fn review(app: &App, visitor: &Visitor, token: String) -> Result<Response, ErrorPage> {
    let kept = kept::find(app, visitor.user()?.id, &token).await?;
    let kept = kept.ok_or_else(ErrorPage::kept_gone)?;
    let table = match &kept.what {
        What::Table(table) => table,
        What::Made(_) => return Ok(to_made(&token)),
    };
    Ok(page(&ReviewPage {
        frame: Frame::new(app, visitor),
        name: table.name.clone(),
        faults: table.looked.faults.iter().map(|fault| view(fault, visitor.language)).collect(),
        licenses: table
            .licenses
            .iter()
            .take(SHOWN)
            .flat_map(|row| made_of(std::slice::from_ref(row)))
            .take(SHOWN)
            .collect(),
        looked: table.looked.clone(),
        token,
    }))
}

fn view(fault: &Fault, language: Language) -> FaultView {
    FaultView {
        line: fault.line,
        column: fault.column.map(Column::name).unwrap_or_default(),
        what: language.say(&fault.what),
    }
}

fn to_made(token: &str) -> Response {
    Redirect::to(&format!("/admin/licenses/made/{token}")).into_response()
}

/// Imports what was looked at. Once more, it shows what came of it.
pub(crate) async fn confirm(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let kept = kept::find(&app, admin.id, &token).await?.ok_or_else(ErrorPage::kept_gone)?;
    let table = match &kept.what {
        What::Table(table) => table,
        What::Made(_) => return Ok(to_made(&token)),
    };
    if table.looked.fault_count > 0 || table.licenses.is_empty() {
        return Err(ErrorPage::bad_input("table-has-faults"));
    }
    // The token is known to one admin, and its hash names this one dry run in the database.
    let list = Hash::of(format!("countersign/license-table-page/v1 {token}"));
    let licenses = Arc::clone(&table.licenses);
    match import(&app, list, Arc::clone(&licenses), &actor(&admin)).await? {
        // Who confirmed at the same moment gets the same keys.
        Ended::Done | Ended::Before => {
            kept::put(&app, admin.id, &token, What::Made(made_of(&licenses))).await?;
            Ok(to_made(&token))
        }
        Ended::Refused { row, why } => {
            let line = table.lines.get(row).copied().unwrap_or_default();
            let why = visitor.language.say(&why);
            let say = Say::new("table-changed").with("line", line.to_string()).with("why", why);
            Err(ErrorPage::bad_input(say))
        }
    }
}
