//! `/downloads/{product}/{release}`: what is new, and the files.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use countersign_core::Id;
use countersign_store::{ProductRelease, ReleaseFile, ReleaseStatus};

use super::words::{refusal, size};
use super::{ErrorPage, Frame, page, product_of, terms_to_run};
use crate::access::Visitor;
use crate::app::App;
use crate::language::Language;
use crate::release::download::checksum_name;
use crate::release::notes;

/// A file to be downloaded.
struct FileView {
    href: String,
    name: String,
    platform: String,
    size: String,
    sha256: String,
}

#[derive(Template)]
#[template(path = "release.html")]
struct ReleasePage {
    frame: Frame,
    product: String,
    product_href: String,
    version: String,
    channel: String,
    published: String,
    /// Sanitized HTML.
    notes: String,
    refusal: Option<String>,
    files: Vec<FileView>,
    checksums: Option<(String, String)>,
}

/// One release. What may not be run is shown with the reason, and without its files.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path((product, id)): Path<(String, String)>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let (product, terms) = product_of(&app, &user, &product).await?;
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    let found = app.store().release(id).await?;
    let is_shown = |release: &ProductRelease| {
        release.product == product.id && release.status == ReleaseStatus::Published
    };
    let release = found.filter(is_shown).ok_or_else(ErrorPage::not_found)?;
    let terms = match terms_to_run(&app, &user, &release).await? {
        // To everybody whom it was not given to there is no such release.
        Some(own) if own.is_empty() => return Err(ErrorPage::not_found()),
        Some(own) => own,
        None => terms,
    };
    let refusal = refusal(&release, &terms.iter().collect::<Vec<_>>(), visitor.language);
    let files = match refusal {
        None => app.store().release_files(release.id).await?,
        Some(_) => Vec::new(),
    };
    let has_checksums = refusal.is_none() && release.checksums.is_some();
    let checksums = has_checksums
        .then(|| (format!("/releases/{}/checksums", release.id), checksum_name(&release)));
    Ok(page(&ReleasePage {
        frame: Frame::new(&app, &visitor),
        product_href: format!("/downloads/{}", product.id),
        product: product.name,
        version: release.version.to_string(),
        channel: release.channel.to_string(),
        published: visitor.language.when(release.published_at),
        notes: notes::html(&release.notes),
        refusal,
        files: files.iter().map(|file| FileView::new(file, visitor.language)).collect(),
        checksums,
    }))
}

impl FileView {
    fn new(file: &ReleaseFile, language: Language) -> Self {
        Self {
            href: format!("/releases/{}", file.id),
            name: file.name.to_string(),
            platform: file.platform.clone(),
            size: size(file.size, language),
            sha256: file.sha256.hex(),
        }
    }
}
