//! The log as files: the chain as lines, a table, a checkpoint. A piece at a time, in flat memory.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use countersign_core::file;
use countersign_store::{AuditEntry, AuditQuery};
use futures_util::stream;

use super::{ErrorPage, ask};
use crate::access::Visitor;
use crate::app::App;
use crate::audit::{self, Export};
use crate::bundle::csv::Table;
use crate::download;
use crate::pages::paging::Asked;
use crate::release::up_to;

/// Rows of one piece of a table.
const AT_ONCE: u32 = 500;

const OF_ENTRIES: [&str; 7] =
    ["audit-row", "when", "what", "to-what", "audit-detail", "by-whom", "organization"];

/// `/admin/audit.jsonl`: all of the chain, to be verified elsewhere.
pub(crate) async fn export(
    State(app): State<App>,
    visitor: Visitor,
) -> Result<Response, ErrorPage> {
    visitor.user()?;
    audit::seal_all(&app).await?;
    let export = Export::begin(&app, None).await?;
    let lines = stream::try_unfold(export, |mut export| async {
        let piece = export.next().await.inspect_err(cut_off)?;
        Ok::<_, countersign_store::StoreError>(piece.map(|piece| (piece, export)))
    });
    let name = format!("audit-{}.jsonl", up_to::day(app.now()));
    Ok(download::attachment_of("application/x-ndjson", &name, Body::from_stream(lines)))
}

/// `/admin/audit.csv`: what the page shows, all pages of it, for a spreadsheet.
pub(crate) async fn table(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let query = AuditQuery { before: None, ..ask::query(&app, &asked, AT_ONCE).await? };
    let headings = OF_ENTRIES.map(|key| visitor.language.t(key));
    let name = format!("audit-{}.csv", up_to::day(app.now()));
    let rows = stream::try_unfold(Some((query, Some(headings))), move |state| {
        let app = app.clone();
        async move {
            let Some((mut query, headings)) = state else { return Ok(None) };
            let found = app.store().audit_page(&query).await.inspect_err(cut_off)?;
            query.before = found.next;
            let piece = piece(headings, &found.items)?;
            Ok::<_, anyhow::Error>(Some((piece, query.before.map(|_| (query, None)))))
        }
    });
    Ok(download::attachment_of("text/csv; charset=utf-8", &name, Body::from_stream(rows)))
}

fn cut_off(error: &countersign_store::StoreError) {
    tracing::error!(%error, "an export of the audit log was cut off");
}

fn piece(
    headings: Option<[String; OF_ENTRIES.len()]>,
    entries: &[AuditEntry],
) -> csv::Result<Vec<u8>> {
    let mut table = match headings {
        Some(headings) => Table::new(headings)?,
        None => Table::continued(),
    };
    for entry in entries {
        table.row([
            &entry.seq.to_string(),
            &file::date(entry.at),
            &entry.action,
            &entry.subject,
            &entry.detail,
            &entry.actor,
            entry.organization.as_deref().unwrap_or_default(),
        ])?;
    }
    table.finish()
}

/// `/admin/audit/checkpoints/{n}`
pub(crate) async fn checkpoint_file(
    State(app): State<App>,
    visitor: Visitor,
    Path(n): Path<String>,
) -> Result<Response, ErrorPage> {
    visitor.user()?;
    let n = n.parse().map_err(|_| ErrorPage::not_found())?;
    let found = app.store().audit_checkpoint(n).await?.ok_or_else(ErrorPage::not_found)?;
    let log = audit::log(&app).await?.id;
    Ok(download::attachment(&audit::file_name(log, n), audit::carrier(app.vendor(), log, &found)))
}
