//! `/admin/audit`: what happened, all of it, with the state of the chain and its checkpoints.

mod ask;
mod files;
mod lines;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_store::StoredCheckpoint;

use super::ErrorPage;
use crate::access::Visitor;
use crate::app::App;
use crate::audit;
use crate::language::Say;
use crate::pages::paging::{Asked, Pages};
use crate::pages::{Frame, page};

pub(crate) use files::{checkpoint_file, export, table};
pub(crate) use lines::{LogLine, Named, Names, lines};

/// Entries on one page.
const PAGE: u32 = 50;
/// Checkpoints that are shown.
const CHECKPOINTS: u32 = 10;
const PATH: &str = "/admin/audit";

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct AuditPage {
    frame: Frame,
    asked: Asked,
    lines: Vec<LogLine>,
    pages: Pages,
    /// Fewer were found than fit, and further back there may be more.
    goes_on: bool,
    log: String,
    chained: String,
    waiting: u64,
    checkpoints: Vec<StoredCheckpoint>,
    troubles: Vec<String>,
}

impl AuditPage {
    fn is_filtered(&self) -> bool {
        ask::FIELDS.iter().any(|field| !self.asked.text(field).is_empty())
    }

    fn file(&self, path: &str) -> String {
        self.asked.link(path, &ask::FIELDS)
    }

    fn number(&self, number: &u64) -> String {
        self.frame.language.number(*number)
    }
}

/// A page of the log.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let store = app.store();
    let found = ask::look(&app, ask::query(&app, &asked, PAGE).await?).await?;
    let next = found.next.and_then(ask::cursor);
    let head = store.audit_head().await?;
    Ok(page(&AuditPage {
        frame: Frame::new(&app, &visitor),
        lines: lines(&app, visitor.language, &found.items).await?,
        pages: asked.pages(PATH, &ask::FIELDS, next.as_ref()),
        goes_on: found.next.is_some() && found.items.len() < PAGE as usize,
        log: audit::log(&app).await?.id.to_string(),
        chained: visitor.language.number(head.map_or(0, |head| head.n)),
        waiting: store.count_unchained_audit().await?,
        checkpoints: store.audit_checkpoints(None, CHECKPOINTS).await?,
        troubles: app.audit_troubles().all(),
        asked,
    }))
}

/// Signs where the log ends now.
pub(crate) async fn checkpoint(
    State(app): State<App>,
    visitor: Visitor,
) -> Result<Response, ErrorPage> {
    visitor.user()?;
    audit::make_checkpoint(&app).await.map_err(|error| {
        ErrorPage::bad_input(Say::new("audit-no-checkpoint").with("detail", format!("{error:#}")))
    })?;
    Ok(Redirect::to("/admin/audit#checkpoints").into_response())
}
