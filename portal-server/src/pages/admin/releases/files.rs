//! Files of a draft: whole with a form, or in pieces by the page's script, which shows how far it is and goes on where it was
//! cut off. The answers to the script are JSON.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use axum::{Form, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_core::{Hash, Id};
use countersign_store::{PieceTaken, ReleaseChange, Upload};
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use serde_json::json;
use tokio_util::io::StreamReader;

use super::show::{back, find};
use super::{ErrorPage, actor, done, refusal};
use crate::access::Visitor;
use crate::app::App;
use crate::language::Say;
use crate::release::pieces::{self, PIECE};
use crate::release::upload::{self, LARGEST, Label, NotAdded};

/// RFC 9530: the hash of the body, by which a piece that came otherwise is noticed.
const CONTENT_DIGEST: &str = "content-digest";

/// A route that takes a whole file: as it comes, and never all of it in memory.
pub(crate) fn whole(methods: MethodRouter<App>) -> MethodRouter<App> {
    methods.layer(DefaultBodyLimit::disable())
}

/// A route that takes a piece.
pub(crate) fn piece(methods: MethodRouter<App>) -> MethodRouter<App> {
    methods.layer(DefaultBodyLimit::max(PIECE))
}

/// One whole file, from a browser without a script. The platform comes before it in the form.
pub(crate) async fn add(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    mut form: Multipart,
) -> Result<Response, ErrorPage> {
    let (admin, release) = (visitor.user()?, find(&app, &id).await?);
    let broken = |_| ErrorPage::upload("error-upload-broken");
    let mut platform = String::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("platform") => platform = field.text().await.map_err(broken)?,
            Some("file") => {
                let name = field.file_name().unwrap_or_default().to_owned();
                let label = Label::new(release.id, &name, &platform).map_err(said)?;
                let by = actor(&admin);
                upload::check(&app, &label, &by).await.map_err(said)?;
                let mut source = StreamReader::new(field.map_err(std::io::Error::other));
                upload::store(&app, label, &mut source, LARGEST, &by).await.map_err(said)?;
                return Ok(back(release.id, "files"));
            }
            _ => {}
        }
    }
    Err(ErrorPage::bad_input("release-file-none"))
}

/// Takes a file out of a draft, and deletes it.
pub(crate) async fn remove(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, ErrorPage> {
    let (admin, release) = (visitor.user()?, find(&app, &id).await?);
    let file: Id = file.parse().map_err(|_| ErrorPage::not_found())?;
    let found = app.store().release_file(file).await?;
    let found = found.filter(|(file, _)| file.release == release.id);
    let (file, _) = found.ok_or_else(ErrorPage::not_found)?;
    done(app.store().remove_release_file(file.id, &actor(&admin), app.now()).await?)?;
    if let Err(error) = app.releases().delete(&file.storage_key).await {
        tracing::warn!(%error, "the content of a removed release file could not be deleted");
    }
    Ok(back(release.id, "files"))
}

#[derive(Deserialize)]
pub(crate) struct BeginForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    platform: String,
    #[serde(default)]
    size: u64,
}

/// Begins to take a file in pieces, or tells how far it is.
pub(crate) async fn begin(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<BeginForm>,
) -> Result<Response, ErrorPage> {
    let (admin, release) = (visitor.user()?, find(&app, &id).await?);
    let label = Label::new(release.id, &form.name, &form.platform).map_err(said)?;
    let upload = pieces::begin(&app, label, form.size, &actor(&admin)).await.map_err(said)?;
    Ok(state(&upload, upload.received))
}

/// How far it is.
pub(crate) async fn how_far(
    State(app): State<App>,
    Path((id, upload)): Path<(String, String)>,
) -> Result<Response, ErrorPage> {
    let upload = find_upload(&app, &id, &upload).await?;
    Ok(state(&upload, upload.received))
}

#[derive(Deserialize)]
pub(crate) struct Start {
    #[serde(default)]
    start: u64,
}

/// The next piece.
pub(crate) async fn take(
    State(app): State<App>,
    Path((id, upload)): Path<(String, String)>,
    Query(Start { start }): Query<Start>,
    headers: HeaderMap,
    content: Bytes,
) -> Result<Response, ErrorPage> {
    let upload = find_upload(&app, &id, &upload).await?;
    let said_hash = digest(&headers)?;
    match pieces::take(&app, &upload, start, content, said_hash).await.map_err(said)? {
        PieceTaken::Done(received) | PieceTaken::NotNext(received) => Ok(state(&upload, received)),
        PieceTaken::NotFound => Err(ErrorPage::not_found()),
    }
}

/// Puts the pieces together.
pub(crate) async fn finish(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, upload)): Path<(String, String)>,
) -> Result<Response, ErrorPage> {
    let (admin, upload) = (visitor.user()?, find_upload(&app, &id, &upload).await?);
    let received = upload.received;
    let done = pieces::finish(&app, upload.clone(), actor(&admin)).await.map_err(said)?;
    Ok(match done {
        Some(file) => Json(json!({
            "file": file.id.to_string(),
            "sha256": file.sha256.hex(),
        }))
        .into_response(),
        None => state(&upload, received),
    })
}

/// Gives it up, and deletes what arrived.
pub(crate) async fn discard(
    State(app): State<App>,
    Path((id, upload)): Path<(String, String)>,
) -> Result<Response, ErrorPage> {
    let upload = find_upload(&app, &id, &upload).await?;
    pieces::forget(&app, upload.id).await.map_err(said)?;
    Ok(back(upload.release, "files"))
}

async fn find_upload(app: &App, release: &str, upload: &str) -> Result<Upload, ErrorPage> {
    let release = find(app, release).await?;
    let upload: Id = upload.parse().map_err(|_| ErrorPage::not_found())?;
    let found = app.store().upload(upload).await?;
    found.filter(|upload| upload.release == release.id).ok_or_else(ErrorPage::not_found)
}

fn state(upload: &Upload, received: u64) -> Response {
    let body = json!({
        "upload": upload.id.to_string(),
        "received": received,
        "size": upload.size,
        "piece": PIECE,
    });
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// The SHA-256 that was sent along, if one was: `sha-256=:BASE64:`.
fn digest(headers: &HeaderMap) -> Result<Option<Hash>, ErrorPage> {
    let Some(value) = headers.get(CONTENT_DIGEST) else { return Ok(None) };
    let read = || {
        let text = value.to_str().ok()?.strip_prefix("sha-256=:")?.strip_suffix(':')?;
        Some(Hash::from(<[u8; 32]>::try_from(STANDARD.decode(text).ok()?).ok()?))
    };
    read().map(Some).ok_or_else(|| ErrorPage::bad_input("error-form-incomplete"))
}

/// Why a file was not taken, in words.
fn said(refused: NotAdded) -> ErrorPage {
    let say = match refused {
        NotAdded::Refused(ReleaseChange::NotFound) => return ErrorPage::not_found(),
        NotAdded::Refused(change) => refusal(change),
        NotAdded::Name { name } => Say::new("release-file-name").with("name", name),
        NotAdded::Platform => Say::new("release-platform-unfit"),
        NotAdded::Empty => Say::new("release-file-empty"),
        NotAdded::TooLarge => Say::new("release-file-large").with("most", LARGEST >> 30),
        NotAdded::Broken => Say::new("release-piece-broken"),
        NotAdded::Elsewhere { kept, here } => {
            Say::new("release-elsewhere").with("kept", kept).with("here", here)
        }
        NotAdded::Failed(error) => {
            tracing::error!(error = %format!("{error:#}"), "a release file could not be stored");
            return ErrorPage::not_stored();
        }
    };
    ErrorPage::bad_input(say)
}
