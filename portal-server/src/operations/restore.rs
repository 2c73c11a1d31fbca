//! `countersign-portal restore`: a backup in the place of a portal's data. Everything is verified before anything is touched,
//! and what was there is kept aside, whole.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use countersign_store::{Database, InUse, condition, in_use};
use serde_json::{Value, json};

use super::backup::beside;
use super::files::{self, Told as _};
use super::{Manifest, manifest, pack};
use crate::config::Config;
use crate::config::DATABASE;
use crate::keys::{self, passphrase};
use crate::vault;

/// What to bring back.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: countersign-portal restore --from /mnt/backup/2026-11-26.zip --data ./portal-data --overwrite"
)]
pub struct Arguments {
    /// The backup: a folder, or a .zip.
    #[arg(long, value_name = "PATH")]
    pub from: PathBuf,
    /// There is a portal in the data folder: put the backup in its place. What was there is kept beside it.
    #[arg(long)]
    pub overwrite: bool,
}

/// What a folder could not be, where it does not get its name.
const PUT: &str = "put in place";

/// Restores; what was done, for people and programs.
///
/// # Errors
/// With what is in the way. The data folder is as it was then, unless the error says otherwise.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Value> {
    let data = &config.data;
    check_place(data, arguments)?;
    let staged = beside(data, "restoring")?;
    let done = stage(arguments, &staged).and_then(|manifest| {
        let kept = put_in_place(config, &staged)?;
        Ok((manifest, kept))
    });
    let _ = fs::remove_dir_all(&staged);
    let (manifest, aside) =
        done.with_context(|| format!("nothing was restored, {} is as it was", data.display()))?;
    let missing = missing(data);
    Ok(json!({
        "restored": data, "made_at": manifest.made_at, "program": manifest.program,
        "migration": manifest.migration, "files": manifest.files.len(), "kept_aside": aside,
        "missing": missing,
        "next": "start the portal. Machines that were activated after the backup was made are counted again when they come back; \
                 compare the release files: countersign-portal check",
    }))
}

fn check_place(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let is_empty =
        fs::read_dir(data).map_or(!data.exists(), |mut entries| entries.next().is_none());
    if is_empty {
        return Ok(());
    }
    ensure!(
        arguments.overwrite,
        "{} holds data, and nothing was touched: with --overwrite the backup takes its place, and what is there is kept beside it",
        data.display()
    );
    let database = data.join(DATABASE);
    if database.exists() && matches!(in_use(&database), Ok(InUse::Yes)) {
        bail!(
            "a portal runs on {}, or another program has its database open. Nothing was touched: stop it first",
            data.display()
        );
    }
    Ok(())
}

/// The backup beside the data folder, verified.
fn stage(arguments: &Arguments, staged: &Path) -> anyhow::Result<Manifest> {
    let from = &arguments.from;
    ensure!(from.exists(), "there is no {}", from.display());
    ensure!(
        !staged.exists(),
        "{} is there already: delete it, if no other restore runs",
        staged.display()
    );
    if from.is_dir() {
        // Verified where it lies, before anything is written; and again as it was copied.
        Manifest::read(from)?.verify(from)?;
        for name in files::below(from)? {
            let to = staged.join(&name);
            if let Some(parent) = to.parent() {
                keys::private_folder(parent)?;
            }
            files::copy(&from.join(&name), &to)?;
        }
    } else {
        pack::unpack(from, staged)?;
    }
    let manifest = Manifest::read(staged)?;
    manifest.verify(staged)?;
    let found = condition(&Database::Sqlite(staged.join(DATABASE)))
        .context("the database in the backup cannot be read")?;
    if found.migration > found.known {
        bail!(
            "the backup's database has migration {} and this program knows {}: it was made by version {}, which is newer. \
             Restore it with that version or a later one",
            found.migration,
            found.known,
            manifest.program
        );
    }
    ensure!(
        found.wrong.is_empty(),
        "the database in the backup is damaged: {}",
        found.wrong.join("; ")
    );
    fs::remove_file(staged.join(manifest::NAME))?;
    Ok(manifest)
}

/// Where what was there lies now.
fn put_in_place(config: &Config, staged: &Path) -> anyhow::Result<Option<PathBuf>> {
    let data = &config.data;
    if !data.exists() {
        files::rename(staged, data, PUT)?;
        return Ok(None);
    }
    keep_what_the_backup_lacks(data, staged)?;
    if fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_none()) {
        fs::remove_dir(data).told(|| format!("{} cannot be replaced", data.display()))?;
        files::rename(staged, data, PUT)?;
        return Ok(None);
    }
    let aside = free_name(data, config.clock.now());
    fs::rename(data, &aside).told(|| {
        format!(
            "{} cannot be moved aside. If it is a mount point, restore into a new folder and move its content by hand",
            data.display()
        )
    })?;
    if let Err(error) = files::rename(staged, data, PUT) {
        // Back to where it was.
        fs::rename(&aside, data)
            .with_context(|| format!("the data lies in {} now", aside.display()))?;
        return Err(error);
    }
    Ok(Some(aside))
}

fn free_name(data: &Path, now: u64) -> PathBuf {
    let name = data.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let named = |n: u64| data.with_file_name(format!("{name}.before-restore-{n}"));
    (now..).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(now))
}

/// Secrets and release files that were left out of the backup stay those of the data that it replaces. They are copied: what is
/// kept aside stays whole.
fn keep_what_the_backup_lacks(data: &Path, staged: &Path) -> anyhow::Result<()> {
    let secret = vault::place(staged);
    let pairs = [
        (data.join(passphrase::FILE), staged.join(passphrase::FILE)),
        (vault::place(data), secret),
    ];
    for (from, to) in pairs {
        if files::is_regular(&from) && !to.exists() {
            if let Some(parent) = to.parent() {
                keys::private_folder(parent)?;
            }
            files::copy(&from, &to)?;
        }
    }
    let releases = data.join("releases");
    if releases.is_dir() && !staged.join("releases").exists() {
        keys::private_folder(&staged.join("releases"))?;
        for name in files::below(&releases)? {
            if name.contains('/') {
                continue;
            }
            let (from, to) = (releases.join(&name), staged.join("releases").join(&name));
            // Contents never change: the same one under both names is as good as a copy, and costs nothing.
            if fs::hard_link(&from, &to).is_err() {
                files::copy(&from, &to)?;
            }
        }
    }
    Ok(())
}

/// What a portal needs that neither the backup nor the data before it had.
fn missing(data: &Path) -> Vec<String> {
    let signs_here = keys::keys_folder(data).join("signing.pem").exists();
    let needed = [
        (
            data.join(passphrase::FILE),
            signs_here,
            "the passphrase of the signing key, unless it is given in another way",
        ),
        (
            vault::place(data),
            true,
            "the key of second factors and of the secrets of webhooks and single sign-on",
        ),
    ];
    let gone = needed.into_iter().filter(|(path, is_needed, _)| *is_needed && !path.exists());
    gone.map(|(path, _, what)| {
        format!("{}: {what}. Put it back from where it is kept", path.display())
    })
    .collect()
}
