//! What to take home from a result: all responses as one zip, and the table for a spreadsheet.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum_extra::extract::Form;
use countersign_core::{Hash, UnixSeconds, file};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;

use super::result::outcome;
use super::why::Why;
use super::{AT_ONCE, batch, kind_key, license_door, public_door, staff};
use crate::access::Visitor;
use crate::app::App;
use crate::bundle::csv::Table;
use crate::bundle::read::{MOST_FILES, shown_name};
use crate::bundle::write;
use crate::desk::{self, Answered, Door};
use crate::download;
use crate::language::Language;
use crate::pages::ErrorPage;

/// What a result was about: the hash of each request that was answered, and each request itself that was not.
#[derive(Deserialize)]
pub(crate) struct Rows {
    #[serde(default)]
    row: Vec<String>,
    #[serde(default)]
    name: Vec<String>,
    #[serde(default)]
    left: Vec<String>,
    #[serde(default)]
    license_key: String,
    /// The id of a large batch, in the place of all that.
    #[serde(default)]
    batch: String,
}

impl Rows {
    /// As they were sent, or as they are kept.
    async fn resolved(self, app: &App, visitor: &Visitor) -> Result<Self, ErrorPage> {
        if !self.batch.is_empty() {
            let results = batch::results(app, visitor, &self.batch).await?;
            let (row, name) =
                results.items.iter().map(|item| (item.row(), item.name.clone())).unzip();
            let (left, license_key) = (results.left.clone(), results.license_key.clone());
            return Ok(Self { row, name, left, license_key, batch: String::new() });
        }
        if self.row.is_empty() || self.row.len() > MOST_FILES || self.left.len() > MOST_FILES {
            return Err(ErrorPage::upload("error-upload-none"));
        }
        Ok(self)
    }
}

/// `/activate/responses.zip`: the hash of a request is known to who has the request, as for a single response.
pub(crate) async fn zip(
    State(app): State<App>,
    visitor: Visitor,
    Form(rows): Form<Rows>,
) -> Result<Response, ErrorPage> {
    let rows = rows.resolved(&app, &visitor).await?;
    let hashes: Vec<Hash> = rows.row.iter().filter_map(|row| row.parse().ok()).collect();
    let found = hashes.into_iter().map(|hash| find(app.clone(), hash));
    let found: Vec<Option<Answered>> = stream::iter(found).buffered(AT_ONCE).try_collect().await?;
    let answered: Vec<Answered> = found.into_iter().flatten().collect();
    if answered.is_empty() {
        return Err(ErrorPage::not_found());
    }
    let pack = move || write::zip_of_responses(&answered);
    let packed = tokio::task::spawn_blocking(pack).await;
    let zip = packed.map_err(|error| ErrorPage::internal(&error))?;
    let zip = zip.map_err(|error| ErrorPage::internal(&error))?;
    Ok(download::attachment_of("application/zip", "responses.zip", zip))
}

/// `/activate/table.csv`
pub(crate) async fn table(
    State(app): State<App>,
    visitor: Visitor,
    Form(rows): Form<Rows>,
) -> Result<Response, ErrorPage> {
    let rows = rows.resolved(&app, &visitor).await?;
    let door = public_door(&app, &visitor, &rows.license_key).await?;
    csv(&app, rows, door, visitor.language).await
}

/// `/admin/activations/table.csv`
pub(crate) async fn table_for_staff(
    State(app): State<App>,
    visitor: Visitor,
    Form(rows): Form<Rows>,
) -> Result<Response, ErrorPage> {
    let rows = rows.resolved(&app, &visitor).await?;
    let door = staff::door(&app, &visitor, &rows.license_key).await?;
    csv(&app, rows, door, visitor.language).await
}

/// `/licenses/{id}/table.csv`
pub(crate) async fn table_for_license(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(rows): Form<Rows>,
) -> Result<Response, ErrorPage> {
    let door = license_door(&app, &visitor, &id).await?;
    let rows = rows.resolved(&app, &visitor).await?;
    csv(&app, rows, door, visitor.language).await
}

const HEADINGS: [&str; 10] = [
    "file",
    "machine",
    "kind",
    "outcome",
    "detail",
    "advice",
    "code-heading",
    "runs-until",
    "import-by",
    "response-file",
];

/// A line of the table: as many cells as there are headings.
type Line = [String; HEADINGS.len()];

async fn csv(app: &App, rows: Rows, door: Door, language: Language) -> Result<Response, ErrorPage> {
    let door = Arc::new(door);
    let names =
        rows.name.iter().map(|name| shown_name(name)).chain(std::iter::repeat(String::new()));
    let lines: Vec<_> = rows
        .row
        .into_iter()
        .zip(names)
        .map(|(row, name)| line(app.clone(), row, name, Arc::clone(&door), language))
        .collect();
    let lines: Vec<Line> = stream::iter(lines).buffered(AT_ONCE).try_collect().await?;
    let left = rows.left.iter().map(|name| left_line(shown_name(name), language));
    let failed = |error| ErrorPage::internal(&error);
    let mut table = Table::new(HEADINGS.map(|key| language.t(key))).map_err(failed)?;
    for line in lines.into_iter().chain(left) {
        table.row(line).map_err(failed)?;
    }
    let text = table.finish().map_err(failed)?;
    Ok(download::attachment_of("text/csv; charset=utf-8", "activations.csv", text))
}

async fn line(
    app: App,
    row: String,
    name: String,
    door: Arc<Door>,
    language: Language,
) -> Result<Line, ErrorPage> {
    if let Ok(hash) = row.parse::<Hash>() {
        let answered = find(app, hash).await?.ok_or_else(ErrorPage::not_found)?;
        return Ok(answered_line(name, &answered, language));
    }
    let mut line = left_line(name, language);
    let (_, request) = match desk::understand(row.as_bytes()) {
        Ok(understood) => understood,
        Err(refusal) => return Ok(refused(line, &(&refusal).into(), language)),
    };
    line[1] = request.claims().device_name().map(str::to_owned).unwrap_or_default();
    line[2] = language.t(&kind_key(request.claims().token_type()));
    // Nothing is done here: why it was not done is asked again.
    Ok(match desk::preview(&app, &request, &door).await.map(|preview| preview.outcome) {
        Ok(Ok(_)) => line,
        Ok(Err(refusal)) | Err(refusal) => refused(line, &(&refusal).into(), language),
    })
}

fn answered_line(name: String, answered: &Answered, language: Language) -> Line {
    let response = &answered.response;
    let granted = response.granted();
    let mut line = Line::default();
    line[0] = name;
    line[1] = answered.device_name.clone().unwrap_or_default();
    line[2] = language.t(&format!("kind-{}", request_kind(response.token_type().as_str())));
    line[3] = language.t("outcome-done");
    line[4] = outcome(answered, language);
    line[7] = granted.and_then(|granted| granted.grant.expires_at).map(utc).unwrap_or_default();
    line[8] = granted.map(|granted| utc(granted.import_by)).unwrap_or_default();
    line[9] = answered.file_name();
    line
}

/// The kind of request that a kind of response answers.
fn request_kind(response: &str) -> String {
    response.trim_end_matches("+jwt").replace("-response", "-request")
}

fn left_line(name: String, language: Language) -> Line {
    let mut line = Line::default();
    line[0] = name;
    line[3] = language.t("outcome-left");
    line
}

fn refused(mut line: Line, why: &Why, language: Language) -> Line {
    line[3] = language.t("outcome-refused");
    line[4] = why.in_one_line(&language);
    line[5] = language.say(&why.advice);
    line[6] = why.code.clone();
    line
}

/// As spreadsheets sort it: `2026-11-23 10:00`, UTC.
fn utc(time: UnixSeconds) -> String {
    file::date(time)
}

async fn find(app: App, hash: Hash) -> Result<Option<Answered>, ErrorPage> {
    desk::again(&app, &hash).await.map_err(|refusal| ErrorPage::internal(&refusal))
}
