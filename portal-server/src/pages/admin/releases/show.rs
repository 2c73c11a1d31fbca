//! `/admin/releases/{id}`: one release with its files, and what can be done with it.

use askama::Template;
use axum::Form;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::MethodRouter;
use countersign_core::{Id, file};
use countersign_store::{
    LicenseStatus, ProductRelease, ReleaseFile, ReleaseStatus, Upload, Visibility,
};
use serde::Deserialize;

use super::{ErrorPage, Frame, actor, done, status_key};
use crate::access::Visitor;
use crate::app::App;
use crate::language::{Language, Say};
use crate::pages::downloads::size;
use crate::pages::page;
use crate::release::given::{self, Unknown};
use crate::release::notes;
use crate::release::publish::{self, Checksums};

/// What stands around a checksum file in a form.
const FORM_BYTES: usize = 16 * 1024;

#[derive(Template)]
#[template(path = "admin/release.html")]
struct ShowPage {
    frame: Frame,
    id: String,
    product: String,
    product_name: String,
    version: String,
    channel: String,
    status: ReleaseStatus,
    status_words: String,
    private: bool,
    created: String,
    published: String,
    /// Whether the checksums are signed.
    signed: bool,
    /// As it is written.
    markdown: String,
    /// As customers see it.
    notes: String,
    files: Vec<FileView>,
    uploads: Vec<UploadView>,
    given: Vec<GivenView>,
    /// Whether it was published before, so that it comes back as it was.
    comes_back: bool,
}

impl ShowPage {
    fn is_draft(&self) -> bool {
        self.status == ReleaseStatus::Draft
    }

    fn is_published(&self) -> bool {
        self.status == ReleaseStatus::Published
    }
}

struct FileView {
    id: String,
    name: String,
    platform: String,
    size: String,
    sha256: String,
}

/// A file on its way.
struct UploadView {
    id: String,
    name: String,
    percent: u64,
    begun: String,
}

/// A license that a private release is for.
struct GivenView {
    id: String,
    holder: String,
    suspended: bool,
}

/// The release.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let release = find(&app, &id).await?;
    let language = visitor.language;
    let product = app.store().product(&release.product).await?;
    let files = app.store().release_files(release.id).await?;
    let uploads = app.store().uploads(release.id).await?;
    Ok(page(&ShowPage {
        frame: Frame::new(&app, &visitor),
        product: release.product.to_string(),
        product_name: product.map_or_else(|| release.product.to_string(), |product| product.name),
        version: release.version.to_string(),
        channel: release.channel.to_string(),
        status: release.status,
        status_words: language.t(&status_key(release.status)),
        private: release.visibility == Visibility::Private,
        created: language.date_time(release.created_at),
        published: language.when(release.published_at),
        signed: release.checksums.is_some(),
        notes: notes::html(&release.notes),
        files: files.iter().map(|file| FileView::new(file, language)).collect(),
        uploads: uploads.iter().map(|upload| UploadView::new(upload, language)).collect(),
        given: given_to(&app, &release).await?,
        comes_back: release.published_at.is_some(),
        markdown: release.notes,
        id,
    }))
}

impl FileView {
    fn new(file: &ReleaseFile, language: Language) -> Self {
        Self {
            id: file.id.to_string(),
            name: file.name.to_string(),
            platform: file.platform.clone(),
            size: size(file.size, language),
            sha256: file.sha256.hex(),
        }
    }
}

impl UploadView {
    fn new(upload: &Upload, language: Language) -> Self {
        Self {
            id: upload.id.to_string(),
            name: upload.name.to_string(),
            percent: upload.received * 100 / upload.size.max(1),
            begun: language.date_time(upload.created_at),
        }
    }
}

async fn given_to(app: &App, release: &ProductRelease) -> Result<Vec<GivenView>, ErrorPage> {
    let mut given = Vec::new();
    for id in app.store().licenses_of_release(release.id).await? {
        if let Some(license) = app.store().license(&id).await? {
            given.push(GivenView {
                id: id.to_string(),
                holder: license.holder.unwrap_or_default(),
                suspended: license.status != LicenseStatus::Active,
            });
        }
    }
    Ok(given)
}

/// The release of an address.
pub(super) async fn find(app: &App, id: &str) -> Result<ProductRelease, ErrorPage> {
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    app.store().release(id).await?.ok_or_else(ErrorPage::not_found)
}

/// Back to the release, at this place of its page.
pub(super) fn back(release: Id, place: &str) -> Response {
    Redirect::to(&format!("/admin/releases/{release}#{place}")).into_response()
}

#[derive(Deserialize)]
pub(crate) struct NotesForm {
    #[serde(default)]
    notes: String,
}

/// Replaces the notes, of a published release as well.
pub(crate) async fn save_notes(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<NotesForm>,
) -> Result<Response, ErrorPage> {
    let (admin, release) = (visitor.user()?, find(&app, &id).await?);
    let notes = form.notes.replace("\r\n", "\n");
    let by = actor(&admin);
    done(app.store().set_release_notes(release.id, notes, &by, app.now()).await?)?;
    Ok(back(release.id, "notes"))
}

/// A route that takes a checksum file.
pub(crate) fn with_checksums(methods: MethodRouter<App>) -> MethodRouter<App> {
    methods.layer(DefaultBodyLimit::max(file::MAX_FILE + FORM_BYTES))
}

/// Signs the checksums, or takes those of a file, and publishes.
pub(crate) async fn publish(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    form: Multipart,
) -> Result<Response, ErrorPage> {
    let (admin, release) = (visitor.user()?, find(&app, &id).await?);
    let checksums = checksums(form).await?;
    let published = publish::publish(&app, release.id, &checksums, &actor(&admin)).await;
    published.map_err(|error| {
        ErrorPage::bad_input(Say::new("input-detail").with("detail", format!("{error:#}")))
    })?;
    Ok(back(release.id, "state"))
}

/// Who signs, as the form says it.
async fn checksums(mut form: Multipart) -> Result<Checksums, ErrorPage> {
    let broken = |_| ErrorPage::upload("error-upload-broken");
    let (mut by, mut brought) = (String::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("checksums") => by = field.text().await.map_err(broken)?,
            Some("file") => brought = field.bytes().await.map_err(broken)?.to_vec(),
            _ => {}
        }
    }
    match by.as_str() {
        "portal" => Ok(Checksums::Portal),
        "unsigned" => Ok(Checksums::Unsigned),
        "file" if !brought.is_empty() => Ok(Checksums::File(brought)),
        "file" => Err(ErrorPage::bad_input("release-checksums-none")),
        _ => Err(ErrorPage::bad_input("error-form-incomplete")),
    }
}

/// Takes it away from customers.
pub(crate) async fn archive(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (admin, release) = (visitor.user()?, find(&app, &id).await?);
    done(app.store().archive_release(release.id, &actor(&admin), app.now()).await?)?;
    Ok(back(release.id, "state"))
}

#[derive(Deserialize)]
pub(crate) struct VisibilityForm {
    #[serde(default)]
    visibility: String,
    /// One a line.
    #[serde(default)]
    licenses: String,
}

/// Who sees it.
pub(crate) async fn set_visibility(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<VisibilityForm>,
) -> Result<Response, ErrorPage> {
    let (admin, release) = (visitor.user()?, find(&app, &id).await?);
    let visibility: Visibility =
        form.visibility.parse().map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?;
    let licenses = match visibility {
        Visibility::Customers => Vec::new(),
        Visibility::Private => given::named(&app, &release, &form.licenses).await.map_err(said)?,
    };
    let (store, by) = (app.store(), actor(&admin));
    done(store.set_release_visibility(release.id, visibility, licenses, &by, app.now()).await?)?;
    Ok(back(release.id, "visibility"))
}

fn said(unknown: Unknown) -> ErrorPage {
    match unknown {
        Unknown::Line(line) => {
            ErrorPage::bad_input(Say::new("release-license-unknown").with("line", line))
        }
        Unknown::TooMany => ErrorPage::bad_input("release-given-too-many"),
        Unknown::Store(error) => ErrorPage::store(error),
    }
}
