//! Adding a file to a draft: stored whole and hashed on the way, then known to the database, or neither.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use countersign_core::Id;
use countersign_core::release::FileName;
use countersign_store::{ReleaseChange, ReleaseFile, ReleaseStatus};

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

/// Stores the file and adds it.
///
/// # Errors
/// With what is in the way. Nothing is added then, and what was stored of it is deleted.
pub async fn add(app: &App, new: NewFile, actor: &str) -> anyhow::Result<ReleaseFile> {
    let name = match new.name {
        Some(name) => name,
        None => own_name(&new.path)?,
    };
    check_name(&name)?;
    check_platform(&new.platform)?;
    check_draft(app, new.release).await?;
    check_place(app, actor).await?;
    let shown = new.path.display();
    let mut source = tokio::fs::File::open(&new.path)
        .await
        .with_context(|| format!("{shown} cannot be opened"))?;
    let metadata = source.metadata().await.with_context(|| format!("{shown} cannot be read"))?;
    if metadata.is_dir() {
        bail!("{shown} is a folder: pack it into one file");
    }
    let storage_key = app.random_id().to_string();
    let stored = app.releases().put(&storage_key, &mut source, metadata.len()).await;
    let stored = stored.with_context(|| shown.to_string())?;
    let file = ReleaseFile {
        id: app.random_id(),
        release: new.release,
        name,
        platform: new.platform,
        size: stored.size,
        sha256: stored.sha256,
        storage_key: storage_key.clone(),
        created_at: app.now(),
    };
    let added = note(app, &file, actor).await;
    if added.is_err() {
        // Best effort: what nobody knows of is never handed out.
        let _ = app.releases().delete(&storage_key).await;
    }
    added.map(|()| file)
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

async fn note(app: &App, file: &ReleaseFile, actor: &str) -> anyhow::Result<()> {
    if file.size == 0 {
        bail!("the file is empty");
    }
    match app.store().add_release_file(file.clone(), actor, app.now()).await? {
        ReleaseChange::Done => Ok(()),
        refused => bail!("{}", refusal(refused)),
    }
}

/// Told before gigabytes are copied; the database decides again afterwards.
async fn check_draft(app: &App, release: Id) -> anyhow::Result<()> {
    match app.store().release(release).await? {
        Some(found) if found.status == ReleaseStatus::Draft => Ok(()),
        Some(_) => bail!("{}", refusal(ReleaseChange::NotDraft)),
        None => bail!("{}", refusal(ReleaseChange::NotFound)),
    }
}

/// Files of one portal in two places would be found by no one portal.
async fn check_place(app: &App, actor: &str) -> anyhow::Result<()> {
    if let Some(place) = kept_elsewhere(app).await? {
        bail!(
            "the files of this portal lie in {place}, and this command was started with {}. Give --release-store as the \
             portal has it; after copying all files, say so with: admin release check --moved",
            app.releases().name()
        );
    }
    if app.store().setting(PLACE).await?.is_none() {
        keep_here(app, actor).await?;
    }
    Ok(())
}

fn own_name(path: &std::path::Path) -> anyhow::Result<FileName> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.parse().with_context(|| format!("{}: give another name with --name", path.display()))
}

/// Names that mean a device on Windows, with any ending.
fn check_name(name: &FileName) -> anyhow::Result<()> {
    if countersign_core::file::is_reserved(name.as_str()) {
        bail!("{name} is the name of a device on Windows: give another name with --name");
    }
    Ok(())
}

fn check_platform(platform: &str) -> anyhow::Result<()> {
    if platform.chars().count() > LONGEST_PLATFORM || platform.chars().any(char::is_control) {
        bail!("a platform has at most {LONGEST_PLATFORM} characters, and no control characters");
    }
    Ok(())
}
