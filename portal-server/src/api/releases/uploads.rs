//! `/api/v1/releases/{id}/uploads`: files of a draft, in pieces. What arrived stays arrived: whoever was cut off asks how far it is
//! and goes on there.

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_core::{Hash, Id};
use countersign_store::{PieceTaken, ReleaseChange, Upload};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::list::Listed;
use super::super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::super::types::{AnId, Time};
use super::super::webhooks::Deleted;
use super::{File, Shown as Release, done, shown};
use crate::app::App;
use crate::desk::Refusal;
use crate::problem::Problem;
use crate::release::pieces::{self, PIECE};
use crate::release::upload::{Label, NotAdded};

/// A file on its way.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Upload")]
pub(crate) struct Shown {
    /// Its id.
    id: AnId,
    /// To which draft.
    release: AnId,
    /// The name that it is saved under.
    name: String,
    /// For which platform, in the vendor's words; may be empty.
    platform: String,
    /// All of its bytes.
    size: u64,
    /// How many of them are there: where the next piece begins.
    received: u64,
    /// The most bytes of a piece.
    piece: usize,
    /// When it was begun. One that nobody goes on with is forgotten after seven days.
    created_at: Time,
}

impl Shown {
    fn of(upload: Upload, received: u64) -> Self {
        Self {
            id: AnId(upload.id),
            release: AnId(upload.release),
            name: upload.name.to_string(),
            platform: upload.platform,
            size: upload.size,
            received,
            piece: PIECE,
            created_at: Time(upload.created_at),
        }
    }
}

impl From<Upload> for Shown {
    fn from(upload: Upload) -> Self {
        let received = upload.received;
        Self::of(upload, received)
    }
}

/// `GET`
pub(crate) fn list() -> Operation {
    let run = async |call: Call<ById>| {
        let (store, id) = (call.app().store(), call.path.id::<Id>()?);
        store.release(id).await.map_err(Refusal::Store)?.ok_or_else(Problem::not_found)?;
        let all = store.uploads(id).await.map_err(Refusal::Store)?;
        let items: Vec<Shown> = all.into_iter().map(Shown::from).collect();
        Ok(Answer::shown(Listed { items, next: None }))
    };
    Described::get("listUploads", "List the files on their way to a draft")
        .more("All of them, at most 50; the oldest first.")
        .refuses(&[(404, "not-found")])
        .run(run)
}

/// A file to be uploaded.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUpload {
    /// The name that it is saved under: letters, digits and `. _ + -`.
    #[schemars(length(min = 1, max = 128))]
    name: String,
    /// For which platform, in your words.
    #[serde(default)]
    #[schemars(length(max = 64))]
    platform: String,
    /// All of its bytes, at most 64 GiB.
    #[schemars(range(min = 1, max = 68_719_476_736_u64))]
    size: u64,
}

/// `POST`
pub(crate) fn begin() -> Operation {
    Described::post("beginUpload", "Begin to send a file, or go on")
        .more("One of the same name and size that waits in this draft goes on: received says where. So no key is needed.")
        .keyless()
        .refuses(&[(404, "not-found"), (409, "conflict"), (422, "unfit-value")])
        .example(|| json!({"name": "acme-cad-2.1.0.msi", "platform": "Windows x86_64", "size": 9}))
        .run(begun)
}

async fn begun(call: Call<ById, Nothing, NewUpload>) -> Result<Answer<Shown>, Problem> {
    let (app, id, body) = (call.app(), call.path.id::<Id>()?, &call.body);
    let label = Label::new(id, &body.name, &body.platform)?;
    let upload = pieces::begin(app, label, body.size, &call.actor()).await?;
    Ok(Answer::shown(upload.into()))
}

/// An upload in a path.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct OfRelease {
    /// The id of the release.
    id: String,
    /// The id of the upload.
    upload: String,
}

impl OfRelease {
    async fn find(&self, app: &App) -> Result<Upload, Problem> {
        let ids = self.id.parse::<Id>().ok().zip(self.upload.parse::<Id>().ok());
        let (release, upload) = ids.ok_or_else(Problem::not_found)?;
        let found = app.store().upload(upload).await.map_err(Refusal::Store)?;
        found.filter(|upload| upload.release == release).ok_or_else(Problem::not_found)
    }
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call<OfRelease>| {
        Ok(Answer::shown(Shown::from(call.path.find(call.app()).await?)))
    };
    Described::get("getUpload", "Show how far a file is").refuses(&[(404, "not-found")]).run(run)
}

/// Where a piece begins.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Start {
    /// At which byte of the file: what received says.
    #[schemars(range(max = 68_719_476_736_u64))]
    start: u64,
}

/// `POST`
pub(crate) fn take() -> Operation {
    Described::post("sendPiece", "Send the next piece of a file")
        .more(
            "At most 8 MiB. A piece that is not the next one is not taken, and received says where to go on: after a connection that broke \
             send the same again, or ask first.",
        )
        .keyless()
        .headers(&[(
            "Content-Digest",
            "The SHA-256 of the piece (RFC 9530): one that came otherwise is refused.",
            "^sha-256=:[A-Za-z0-9+/]{43}=:$",
        )])
        .refuses(&[(404, "not-found"), (422, "unfit-value")])
        .run_bytes(&["application/octet-stream"], PIECE, taken)
}

async fn taken(call: Call<OfRelease, Start, Bytes>) -> Result<Answer<Shown>, Problem> {
    let upload = call.path.find(call.app()).await?;
    let (start, said) = (call.query.start, digest(&call)?);
    match pieces::take(call.app(), &upload, start, call.body.clone(), said).await? {
        PieceTaken::Done(received) | PieceTaken::NotNext(received) => {
            Ok(Answer::shown(Shown::of(upload, received)))
        }
        PieceTaken::NotFound => Err(Problem::not_found()),
    }
}

/// The SHA-256 that was sent along, if one was: `sha-256=:BASE64:`.
fn digest<P, Q, B>(call: &Call<P, Q, B>) -> Result<Option<Hash>, Problem> {
    let Some(value) = call.header("content-digest") else { return Ok(None) };
    let read = || {
        let text = value.to_str().ok()?.strip_prefix("sha-256=:")?.strip_suffix(':')?;
        Some(Hash::from(<[u8; 32]>::try_from(STANDARD.decode(text).ok()?).ok()?))
    };
    read().map(Some).ok_or_else(|| Problem::unfit("api-digest-unfit"))
}

/// `POST`
pub(crate) fn finish() -> Operation {
    Described::post("finishUpload", "Put the pieces of a file together")
        .more("It goes on when the connection breaks meanwhile; with a key, who asks again gets the same answer. The file is in the draft then.")
        .refuses(&[(404, "not-found"), (409, "conflict"), (422, "unfit-value")])
        .example(|| json!({}))
        .run(finished)
}

async fn finished(call: Call<OfRelease, Nothing, Nothing>) -> Result<Answer<File>, Problem> {
    let upload = call.path.find(call.app()).await?;
    let (received, size) = (upload.received, upload.size);
    let writing = call.writing(&format!("/api/v1/releases/{}", upload.release));
    match pieces::finish(&writing, upload, call.actor()).await? {
        Some(file) => Ok(Answer::shown(file.into())),
        None if received < size => Err(Problem::conflict("api-upload-incomplete")),
        None => Err(Problem::conflict("api-upload-being-finished")),
    }
}

/// `POST`
pub(crate) fn discard() -> Operation {
    let run = async |call: Call<OfRelease, Nothing, Nothing>| {
        let upload = call.path.find(call.app()).await?;
        pieces::forget(call.app(), upload.id).await?;
        Ok(Answer::shown(Deleted { deleted: AnId(upload.id) }))
    };
    Described::post("discardUpload", "Give an upload up")
        .more("What arrived of it is deleted.")
        .keyless()
        .refuses(&[(404, "not-found")])
        .example(|| json!({}))
        .run(run)
}

/// A file in a path.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct FileOfRelease {
    /// The id of the release.
    id: String,
    /// The id of the file.
    file: String,
}

/// `POST`
pub(crate) fn remove_file() -> Operation {
    Described::post("removeReleaseFile", "Take a file out of a draft, and delete it")
        .refuses(&[(404, "not-found"), (409, "conflict")])
        .example(|| json!({}))
        .run(file_removed)
}

async fn file_removed(
    call: Call<FileOfRelease, Nothing, Nothing>,
) -> Result<Answer<Release>, Problem> {
    let ids = call.path.id.parse::<Id>().ok().zip(call.path.file.parse::<Id>().ok());
    let (release, file) = ids.ok_or_else(Problem::not_found)?;
    let app = call.app();
    let found = app.store().release_file(file).await.map_err(Refusal::Store)?;
    let found = found.filter(|(file, _)| file.release == release);
    let (file, _) = found.ok_or_else(Problem::not_found)?;
    let writing = call.writing(&format!("/api/v1/releases/{release}"));
    let removed = writing.store().remove_release_file(file.id, &call.actor(), app.now()).await;
    done(removed.map_err(Refusal::Store)?)?;
    if let Err(error) = app.releases().delete(&file.storage_key).await {
        tracing::warn!(%error, "the content of a removed release file could not be deleted");
    }
    shown(app, release).await.map(Answer::shown)
}

impl From<NotAdded> for Problem {
    fn from(refused: NotAdded) -> Self {
        match refused {
            NotAdded::Refused(ReleaseChange::NotFound) => Self::not_found(),
            NotAdded::Refused(change) => match done(change) {
                Ok(()) => Self::conflict("release-already"),
                Err(problem) => problem,
            },
            NotAdded::Broken => Self::broken_piece(),
            NotAdded::Failed(error) => Self::failed(error),
            NotAdded::Elsewhere { .. } => Self::conflict("api-release-elsewhere"),
            NotAdded::Name { .. } | NotAdded::Platform | NotAdded::Empty | NotAdded::TooLarge => {
                Self::unfit_words(&refused)
            }
        }
    }
}
