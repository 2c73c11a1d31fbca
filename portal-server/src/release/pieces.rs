//! A file that is sent in pieces: what arrived stays arrived, so whoever was cut off goes on, and sees how far they are. Each
//! piece lies under a random key until all are there and are put together. Two copies of a file are the price for pieces that
//! any process may take, in a folder as in a bucket.

use std::io;

use axum::body::Bytes;
use countersign_core::{Hash, Id};
use countersign_store::{NewUpload, Piece, PieceTaken, ReleaseFile, Upload, UploadBegun};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio_util::io::StreamReader;

use super::upload::{self, LARGEST, Label, NotAdded};
use crate::app::App;

/// Bytes of a piece, but for the last one of a file.
pub(crate) const PIECE: usize = 8 << 20;
/// How long somebody may take to put the pieces together, in seconds: what a killed process leaves is taken up then.
const FINISHES_WITHIN: u64 = 1800;
/// How long an upload that nobody goes on with is kept, in seconds.
const KEPT: u64 = 7 * 86_400;
/// Old uploads that are swept away when another one begins.
const SWEPT: u32 = 20;

/// Begins an upload, or finds the one that was begun.
pub(crate) async fn begin(
    app: &App,
    label: Label,
    size: u64,
    actor: &str,
) -> Result<Upload, NotAdded> {
    upload::check(app, &label, actor).await?;
    match size {
        0 => return Err(NotAdded::Empty),
        size if size > LARGEST => return Err(NotAdded::TooLarge),
        _ => {}
    }
    sweep(app).await?;
    let Label { release, name, platform } = label;
    let new = NewUpload { id: app.random_id(), release, name, platform, size };
    match app.store().begin_upload(new, app.now()).await? {
        UploadBegun::Goes(upload) => Ok(upload),
        UploadBegun::Refused(refused) => Err(NotAdded::Refused(refused)),
    }
}

/// Takes the piece that begins at `start`. `said` is the hash that was sent along.
pub(crate) async fn take(
    app: &App,
    upload: &Upload,
    start: u64,
    content: Bytes,
    said: Option<Hash>,
) -> Result<PieceTaken, NotAdded> {
    if said.is_some_and(|said| said != Hash::of(&content)) {
        return Err(NotAdded::Broken);
    }
    let size = content.len() as u64;
    // The database decides; this spares the place what it would refuse.
    if start != upload.received || size == 0 || upload.size - upload.received < size {
        return Ok(PieceTaken::NotNext(upload.received));
    }
    let storage_key = app.random_id().to_string();
    app.releases().put(&storage_key, &mut &*content, size).await?;
    let piece = Piece { start, size, storage_key: storage_key.clone() };
    let taken = app.store().take_piece(upload.id, piece, app.now()).await;
    if !matches!(taken, Ok(PieceTaken::Done(_))) {
        let _ = app.releases().delete(&storage_key).await;
    }
    Ok(taken?)
}

/// Puts the pieces together and adds the file; `None` when some are missing or somebody is at it. It goes on when whoever
/// asked has left.
pub(crate) async fn finish(
    app: &App,
    upload: Upload,
    actor: String,
) -> Result<Option<ReleaseFile>, NotAdded> {
    let (now, beside) = (app.now(), app.beside());
    if !beside.store().claim_upload(upload.id, now + FINISHES_WITHIN, now).await? {
        return Ok(None);
    }
    let app = app.clone();
    let work = tokio::spawn(async move {
        let added = put_together(&app, &upload, &actor).await;
        match added {
            Ok(_) => forget(&beside, upload.id).await?,
            Err(_) => beside.store().leave_upload(upload.id).await?,
        }
        added.map(Some)
    });
    work.await.map_err(|error| NotAdded::Failed(error.into()))?
}

/// Deletes what arrived.
pub(crate) async fn forget(app: &App, upload: Id) -> Result<(), NotAdded> {
    for piece in app.store().forget_upload(upload).await? {
        // Best effort: nobody is ever handed a piece.
        if let Err(error) = app.releases().delete(&piece.storage_key).await {
            tracing::warn!(%error, "a piece of an upload could not be deleted");
        }
    }
    Ok(())
}

async fn put_together(app: &App, upload: &Upload, actor: &str) -> Result<ReleaseFile, NotAdded> {
    let pieces = app.store().pieces(upload.id).await?;
    let storage = app.releases().clone();
    let content = move |piece: Piece| {
        let storage = storage.clone();
        async move {
            let body = storage.get(&piece.storage_key, 0..piece.size, piece.size).await;
            let body = body.map_err(io::Error::other)?;
            Ok::<_, io::Error>(body.into_data_stream().map_err(io::Error::other))
        }
    };
    let mut source = StreamReader::new(stream::iter(pieces).then(content).try_flatten().boxed());
    let label = Label {
        release: upload.release,
        name: upload.name.clone(),
        platform: upload.platform.clone(),
    };
    upload::store(app, label, &mut source, upload.size, actor).await
}

async fn sweep(app: &App) -> Result<(), NotAdded> {
    let since = app.now().saturating_sub(KEPT);
    for stale in app.store().stale_uploads(since, SWEPT).await? {
        forget(app, stale.id).await?;
    }
    Ok(())
}
