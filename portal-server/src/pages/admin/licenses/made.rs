//! `/admin/licenses/made/{token}`: the keys of licenses that were just made, to be taken along. They are kept for an hour; each
//! key stands on its license's page as well.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::access::Visitor;
use crate::app::App;
use crate::bundle::csv::Table;
use crate::download;
use crate::licensing::kept::{self, Kept, What};
use crate::licensing::table::run::MadeLicense;
use crate::pages::{ErrorPage, Frame, page};
use std::sync::Arc;

/// Keys that the page shows; the file has all.
const SHOWN: usize = 100;
const HEADINGS: [&str; 5] = ["license-key", "license", "product", "plan", "holder"];

#[derive(Template)]
#[template(path = "admin/licenses_made.html")]
struct MadePage {
    frame: Frame,
    file: String,
    count: usize,
    licenses: Vec<MadeLicense>,
}

async fn found(app: &App, visitor: &Visitor, token: &str) -> Result<Arc<Kept>, ErrorPage> {
    kept::find(app, visitor.user()?.id, token).await?.ok_or_else(ErrorPage::kept_gone)
}

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    let kept = found(&app, &visitor, &token).await?;
    let What::Made(made) = &kept.what else { return Err(ErrorPage::kept_gone()) };
    Ok(page(&MadePage {
        frame: Frame::new(&app, &visitor),
        file: format!("/admin/licenses/made/{token}/keys.csv"),
        count: made.len(),
        licenses: made.iter().take(SHOWN).cloned().collect(),
    }))
}

/// All of them as a table.
pub(crate) async fn table(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    let kept = found(&app, &visitor, &token).await?;
    let What::Made(made) = &kept.what else { return Err(ErrorPage::kept_gone()) };
    let language = visitor.language;
    let broken = |error: csv::Error| ErrorPage::internal(&error);
    let mut table = Table::new(HEADINGS.map(|key| language.t(key))).map_err(broken)?;
    for license in made {
        let (key, id) = (license.key.grouped(), license.id.to_string());
        let row = [&key, &id, &license.product, &license.plan, &license.holder];
        table.row(row).map_err(broken)?;
    }
    let bytes = table.finish().map_err(broken)?;
    Ok(download::attachment_of("text/csv; charset=utf-8", "license-keys.csv", bytes))
}
