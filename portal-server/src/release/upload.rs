//! Adding a file to a draft: stored whole and hashed on the way, then known to the database, or neither.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use countersign_core::release::FileName;
use countersign_core::{Id, file};
use countersign_crash::{Point, passes};
use countersign_store::{FaultKind, ReleaseChange, ReleaseFile, ReleaseStatus, StoreError};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::publish::refusal;
use crate::app::App;

/// The setting that says where the files lie.
const PLACE: &str = "release_store";
const LONGEST_PLATFORM: usize = 64;

/// A file to be added.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// To which draft.
    pub release: Id,
    /// Where it is read from.
    pub path: PathBuf,
    /// What it is called; `None`: as it is there.
    pub name: Option<FileName>,
    /// For which platform.
    pub platform: String,
}

/// Why a file was not added.
#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    /// The database refuses it.
    #[error("{}", refusal(*.0))]
    Refused(ReleaseChange),
    /// No file is called so.
    #[error(
        "{name:?} is no name for a file: it has 1 to 128 letters, digits and . _ + -, and is no device of Windows. {ADVICE}"
    )]
    Name {
        /// What it was to be called.
        name: String,
    },
    /// The platform does not fit.
    #[error("a platform has at most {LONGEST_PLATFORM} characters, and no control characters")]
    Platform,
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is larger than any release.
    #[error("the file is larger than {} GiB", LARGEST >> 30)]
    TooLarge,
    /// A piece is not what was sent.
    #[error("a piece of the file came otherwise than it was sent: send it again")]
    Broken,
    /// The files of this portal lie elsewhere than this program looks for them.
    #[error(
        "the files of this portal lie in {kept}, and this command was started with {here}. Give --release-store as the \
         portal has it; after copying all files, say so with: admin release check --moved"
    )]
    Elsewhere {
        /// Where they lie.
        kept: String,
        /// Where this program looks.
        here: String,
    },
    /// The source, the place or the database failed.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl From<StoreError> for NotAdded {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

const ADVICE: &str = "Give another one with --name";

/// The largest file, in bytes.
pub const LARGEST: u64 = 64 << 30;

/// What is known of a file before its content.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) release: Id,
    pub(crate) name: FileName,
    pub(crate) platform: String,
}

impl Label {
    /// Checked as far as they can be without the content.
    pub(crate) fn new(release: Id, name: &str, platform: &str) -> Result<Self, NotAdded> {
        let unfit = || NotAdded::Name { name: name.chars().take(200).collect() };
        let file: FileName = name.parse().map_err(|_| unfit())?;
        if file::is_reserved(file.as_str()) {
            return Err(unfit());
        }
        let platform = platform.trim();
        if platform.chars().count() > LONGEST_PLATFORM || platform.chars().any(char::is_control) {
            return Err(NotAdded::Platform);
        }
        Ok(Self { release, name: file, platform: platform.to_owned() })
    }
}

/// Stores the file and adds it.
///
/// # Errors
/// With what is in the way. Nothing is added then, and what was stored of it is deleted.
pub async fn add(app: &App, new: NewFile, actor: &str) -> anyhow::Result<ReleaseFile> {
    let shown = new.path.display();
    let own = || new.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = new.name.as_ref().map_or_else(own, FileName::as_str);
    let label = Label::new(new.release, name, &new.platform)?;
    check(app, &label, actor).await?;
    let mut source = tokio::fs::File::open(&new.path)
        .await
        .with_context(|| format!("{shown} cannot be opened"))?;
    let metadata = source.metadata().await.with_context(|| format!("{shown} cannot be read"))?;
    if metadata.is_dir() {
        bail!("{shown} is a folder: pack it into one file");
    }
    let stored = store(app, label, &mut source, metadata.len(), actor).await;
    stored.map_err(|error| match error {
        NotAdded::Failed(error) => error.context(shown.to_string()),
        other => other.into(),
    })
}

/// Told before gigabytes are copied; the database decides again afterwards.
pub(crate) async fn check(app: &App, label: &Label, actor: &str) -> Result<(), NotAdded> {
    let refused = match app.store().release(label.release).await? {
        Some(found) if found.status == ReleaseStatus::Draft => None,
        Some(_) => Some(ReleaseChange::NotDraft),
        None => Some(ReleaseChange::NotFound),
    };
    match refused {
        Some(refused) => Err(NotAdded::Refused(refused)),
        None => check_place(app, actor).await,
    }
}

/// Stores all of `source`, and adds it. `expected` bytes are a hint.
pub(crate) async fn store(
    app: &App,
    label: Label,
    source: &mut (impl AsyncRead + Unpin),
    expected: u64,
    actor: &str,
) -> Result<ReleaseFile, NotAdded> {
    let storage_key = app.random_id().to_string();
    // One byte more than fits is enough to refuse it.
    let mut source = source.take(LARGEST + 1);
    let stored = app.releases().put(&storage_key, &mut source, expected).await?;
    passes(Point::ReleaseFileMoved);
    let file = ReleaseFile {
        id: app.random_id(),
        release: label.release,
        name: label.name,
        platform: label.platform,
        size: stored.size,
        sha256: stored.sha256,
        storage_key: storage_key.clone(),
        created_at: app.now(),
    };
    let added = note(app, &file, actor).await;
    if added.as_ref().is_err_and(is_certain) {
        // Best effort: what nobody knows of is never handed out.
        let _ = app.releases().delete(&storage_key).await;
    }
    added.map(|()| file)
}

/// Whether nobody knows of the file. Where a connection was lost with the commit, its row may be there: the file stays.
fn is_certain(error: &NotAdded) -> bool {
    let NotAdded::Failed(error) = error else { return true };
    let store = error.downcast_ref::<StoreError>();
    store.is_none_or(|error| error.kind() != Some(FaultKind::Lost))
}

/// From now on files lie where this portal was started with.
///
/// # Errors
/// When the database fails.
pub async fn keep_here(app: &App, actor: &str) -> anyhow::Result<()> {
    let here = BTreeMap::from([(PLACE.to_owned(), app.releases().name().to_owned())]);
    Ok(app.store().set_settings(here, actor, app.now()).await?)
}

/// Where files lie, if that is not where this portal looks for them.
///
/// # Errors
/// When the database fails.
pub async fn kept_elsewhere(app: &App) -> anyhow::Result<Option<String>> {
    let kept = app.store().setting(PLACE).await?;
    Ok(kept.filter(|place| place != app.releases().name()))
}

async fn note(app: &App, file: &ReleaseFile, actor: &str) -> Result<(), NotAdded> {
    match file.size {
        0 => return Err(NotAdded::Empty),
        size if size > LARGEST => return Err(NotAdded::TooLarge),
        _ => {}
    }
    match app.store().add_release_file(file.clone(), actor, app.now()).await? {
        ReleaseChange::Done => Ok(()),
        refused => Err(NotAdded::Refused(refused)),
    }
}

/// Files of one portal in two places would be found by no one portal.
async fn check_place(app: &App, actor: &str) -> Result<(), NotAdded> {
    if let Some(kept) = kept_elsewhere(app).await? {
        return Err(NotAdded::Elsewhere { kept, here: app.releases().name().to_owned() });
    }
    if app.store().setting(PLACE).await?.is_none() {
        keep_here(app, actor).await?;
    }
    Ok(())
}
