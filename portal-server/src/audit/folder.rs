//! A folder that checkpoints are written to: on a device that is written once, say, or one that is copied elsewhere. A file
//! that is there is never written again.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use countersign_crash::{Point, passes};
use countersign_store::Result;

use super::checkpoint::{carrier, file_name};
use super::log;
use crate::app::App;

/// How many checkpoints are looked for after a start: what is older was written then, or the folder is a new one.
const LOOK_BACK: u32 = 100;

/// The entry whose checkpoint was written last, by this process.
#[derive(Debug, Default)]
pub(super) struct Written(Option<u64>);

/// Whether files can be made there. It is not made itself: where a device is not mounted, its place is on another one.
///
/// # Errors
/// With what is in the way.
pub fn check_writable(folder: &Path) -> anyhow::Result<()> {
    if !folder.is_dir() {
        bail!("there is no folder {}: make it, or mount what belongs there", folder.display());
    }
    Ok(())
}

/// Writes the checkpoints that are not there yet. The outer result is the database's, the inner one the folder's.
pub(super) async fn catch_up(
    app: &App,
    folder: &Path,
    written: &mut Written,
) -> Result<anyhow::Result<()>> {
    let newest = app.store().audit_checkpoints(None, 1).await?.pop();
    let Some(newest) = newest.filter(|newest| written.0 != Some(newest.n)) else {
        return Ok(Ok(()));
    };
    let log = log(app).await?;
    let mut missing = app.store().audit_checkpoints(None, LOOK_BACK).await?;
    missing.retain(|checkpoint| written.0.is_none_or(|written| checkpoint.n > written));
    for checkpoint in missing.iter().rev() {
        let path = folder.join(file_name(log.id, checkpoint.n));
        let text = carrier(app.vendor(), log.id, checkpoint);
        if let Err(error) = write(&path, &text) {
            return Ok(Err(error));
        }
    }
    written.0 = Some(newest.n);
    Ok(Ok(()))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => fill(file, path, text),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let there = std::fs::read(path);
            let there = there.with_context(|| format!("{} cannot be read", path.display()))?;
            if there == text.as_bytes() {
                return Ok(());
            }
            // A process that ended while it wrote leaves the beginning of what is due, or nothing. That is no other checkpoint.
            if !text.as_bytes().starts_with(&there) {
                bail!(
                    "{} is there, and is not what this portal signed for that entry: it was changed, or the database was \
                     set back. Compare: countersign-portal audit check --checkpoint {}",
                    path.display(),
                    path.display()
                );
            }
            OpenOptions::new().write(true).open(path).and_then(|file| fill(file, path, text))
        }
        Err(error) => Err(error),
    };
    written.with_context(|| format!("{} cannot be written", path.display()))
}

fn fill(mut file: File, path: &Path, text: &str) -> io::Result<()> {
    passes(Point::CheckpointFileMade);
    file.write_all(text.as_bytes())?;
    passes(Point::CheckpointFileWritten);
    file.sync_all()?;
    sync_folder(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
