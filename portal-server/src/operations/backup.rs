//! `countersign-portal backup`: a copy of a portal while it runs. It is made beside its place and gets its name when it is
//! whole, verified and on disk.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use countersign_store::{Database, DiskTrouble, StoreError, condition, copy_database};
use serde_json::{Value, json};

use super::files::{self, Told as _};
use super::manifest::{self, Manifest, Packed};
use super::pack;
use super::tools::Tools;
use crate::config::Config;
use crate::config::DATABASE;
use crate::keys::{self, passphrase};
use crate::release::Place;
use crate::vault;

/// How an operator copies a server by hand. No address: that has the password in it.
const OWN_TOOLS: &str = "a PostgreSQL server is copied by its own tools, also while the portal runs: pg_dump --format=custom \
    --file=countersign.dump \"$DATABASE_URL\", and pg_restore --clean --if-exists brings it back. Copy the folders keys and \
    releases of the data folder with it";

const KEYS: &str = "keys";
const RELEASES: &str = "releases";

/// What to copy, and where to.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: countersign-portal backup --data ./portal-data --to /mnt/backup/2026-11-26.zip"
)]
pub struct Arguments {
    /// The backup: a folder, or one file if it ends in .zip. What is there is never replaced.
    #[arg(long, value_name = "PATH")]
    pub to: PathBuf,
    /// Leave the files of releases out: they are copied in another way.
    #[arg(long)]
    pub without_releases: bool,
    /// Put the passphrase of the signing key and the key of the stored secrets in, too. Whoever has such a backup can sign: keep it
    /// as safe as the portal itself. Otherwise keep those two files elsewhere, once.
    #[arg(long)]
    pub with_secrets: bool,
}

/// Makes the backup; what was made, for people and programs.
///
/// # Errors
/// When it could not be made whole: then there is nothing under its name.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Value> {
    let to = &arguments.to;
    ensure!(
        !to.exists(),
        "{} is there already and is not replaced: choose another name",
        to.display()
    );
    let partial = beside(to, "partial")?;
    let made = make(config, arguments, &partial).and_then(|manifest| {
        let size = finish(&partial, to)?;
        Ok((manifest, size))
    });
    // Whatever came of it, nothing half-done stays.
    let _ = fs::remove_dir_all(&partial);
    let (manifest, size) = made.context("no backup was made")?;
    Ok(json!({
        "backup": to, "made_at": manifest.made_at, "program": manifest.program,
        "migration": manifest.migration, "files": manifest.files.len(), "bytes": size,
        "not_included": manifest.not_included,
    }))
}

/// A name of this process's own beside a path, on the same disk.
pub(super) fn beside(path: &Path, what: &str) -> anyhow::Result<PathBuf> {
    let name = path.file_name().with_context(|| format!("{} has no name", path.display()))?;
    let name = format!("{}.{what}-{}", name.to_string_lossy(), std::process::id());
    Ok(path.with_file_name(name))
}

fn make(config: &Config, arguments: &Arguments, folder: &Path) -> anyhow::Result<Manifest> {
    ensure!(
        !folder.exists(),
        "{} is there already: delete it, if no backup runs",
        folder.display()
    );
    fs::create_dir(folder).told(|| format!("{} cannot be made", folder.display()))?;
    keys::private_folder(folder)?;
    let mut manifest = copy_data(config, folder)?;
    copy_keys(config, arguments, folder, &mut manifest)?;
    copy_releases(config, arguments, folder, &mut manifest)?;
    manifest.not_included.extend(
        [
            "root-key-carry-away: a root's private key belongs in no backup of the portal",
            "outbox: mail that was written into files",
            "the environment, command line and unit files that the portal is started with",
        ]
        .map(str::to_owned),
    );
    let text = serde_json::to_string_pretty(&manifest)?;
    keys::write_private_file(&folder.join(manifest::NAME), &format!("{text}\n"))?;
    files::sync_folder(folder)?;
    Ok(manifest)
}

/// The database as of one moment, and what it is.
fn copy_data(config: &Config, folder: &Path) -> anyhow::Result<Manifest> {
    let made_at = config.clock.now();
    let (kind, name, migration) = match &config.database {
        Database::Sqlite(database) => {
            let found = copy_database(database, &folder.join(DATABASE))
                .map_err(|error| told(error, &config.data))?;
            ensure!(found.wrong.is_empty(), "the database is damaged: {}", found.wrong.join("; "));
            (manifest::EMBEDDED, DATABASE, found.migration)
        }
        server => {
            let found = condition(server).with_context(|| format!("{server} cannot be read"))?;
            Tools::of(server)
                .and_then(|tools| tools.dump(&folder.join(manifest::DUMP)))
                .with_context(|| format!("nothing was copied. {OWN_TOOLS}"))?;
            (manifest::SERVER, manifest::DUMP, found.migration)
        }
    };
    let mut manifest = Manifest::new(made_at, kind, migration);
    let copy = folder.join(name);
    own_alone(&copy)?;
    fs::File::open(&copy)
        .and_then(|file| file.sync_all())
        .told(|| "the copy cannot be synced".to_owned())?;
    let (size, sha256) = files::digest(&copy)?;
    manifest.files.push(Packed { name: name.to_owned(), size, sha256 });
    Ok(manifest)
}

/// The copy may not be read by more people than the database.
fn own_alone(path: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

fn told(error: StoreError, data: &Path) -> anyhow::Error {
    let advice = match error.disk_trouble() {
        Some(DiskTrouble::Full | DiskTrouble::Failing) => {
            ": the disk that the backup goes to is full, or fails. Make room, or take another disk, and run this again"
        }
        Some(DiskTrouble::ReadOnly) => {
            ": run this as the user that the portal runs as, and choose a place that this user can write to"
        }
        None => "",
    };
    let context = format!("the database in {} could not be copied{advice}", data.display());
    anyhow::Error::new(error).context(context)
}

fn copy_keys(
    config: &Config,
    arguments: &Arguments,
    folder: &Path,
    manifest: &mut Manifest,
) -> anyhow::Result<()> {
    let data = &config.data;
    let from = keys::keys_folder(data);
    let secret = vault::place(data);
    if from.is_dir() {
        // A folder in between of two states is not copied.
        keys::Folder::read(&from).context("the keys were not copied: try again in a moment")?;
        keys::private_folder(&folder.join(KEYS))?;
        for name in plain_files(&from)? {
            if from.join(&name) != secret {
                take(&from, &folder.join(KEYS), &name, &format!("{KEYS}/{name}"), manifest)?;
            }
        }
    }
    let secrets = [
        (
            data.join(passphrase::FILE),
            passphrase::FILE.to_owned(),
            "without it the signing key in the backup cannot be opened",
        ),
        (
            secret,
            format!("{KEYS}/two-factor.key"),
            "without it second factors, and secrets of webhooks and single sign-on, cannot be read",
        ),
    ];
    for (path, name, why) in secrets {
        if path.exists() && arguments.with_secrets {
            let (size, sha256) = files::copy(&path, &folder.join(&name))?;
            manifest.files.push(Packed { name, size, sha256 });
        } else if path.exists() {
            manifest.not_included.push(format!("{name}: {why}; keep it elsewhere"));
        }
    }
    if config.signer.is_some() {
        manifest
            .not_included
            .push("the signer's folder: it has the signing key and the journal".to_owned());
    }
    Ok(())
}

fn copy_releases(
    config: &Config,
    arguments: &Arguments,
    folder: &Path,
    manifest: &mut Manifest,
) -> anyhow::Result<()> {
    let left_out = |manifest: &mut Manifest, why: String| {
        manifest.not_included.push(format!("the files of releases: {why}"));
    };
    match &config.releases {
        Place::Bucket(_) => left_out(manifest, format!("they lie in {}", config.releases.name())),
        Place::Folder(from) if arguments.without_releases => {
            left_out(manifest, format!("left out as asked; they lie in {}", from.display()));
        }
        Place::Folder(from) if from.is_dir() => {
            let to = folder.join(RELEASES);
            keys::private_folder(&to)?;
            for name in plain_files(from)? {
                // An upload that is under way is called otherwise until it is whole.
                if !name.contains('#') && from.join(&name).exists() {
                    take(from, &to, &name, &format!("{RELEASES}/{name}"), manifest)?;
                }
            }
            files::sync_folder(&to)?;
        }
        Place::Folder(_) => {}
    }
    Ok(())
}

fn take(
    from: &Path,
    to: &Path,
    name: &str,
    listed: &str,
    manifest: &mut Manifest,
) -> anyhow::Result<()> {
    let (size, sha256) = files::copy(&from.join(name), &to.join(name))?;
    manifest.files.push(Packed { name: listed.to_owned(), size, sha256 });
    Ok(())
}

/// The files of a folder that are whole, sorted.
fn plain_files(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = files::below(folder)?;
    names.retain(|name| {
        !name.contains('/') && !name.ends_with(".partial") && files::is_regular(&folder.join(name))
    });
    Ok(names)
}

/// Gives what is whole its name; the bytes that it takes.
fn finish(partial: &Path, to: &Path) -> anyhow::Result<u64> {
    let size = files::below(partial)?
        .iter()
        .filter_map(|name| fs::metadata(partial.join(name)).ok())
        .map(|found| found.len())
        .sum();
    let whole = match pack::is_file(to) {
        true => {
            let packed = beside(to, "packing")?;
            let written = pack::pack(partial, &packed);
            if let Err(error) = written {
                let _ = fs::remove_file(&packed);
                return Err(error);
            }
            packed
        }
        false => partial.to_owned(),
    };
    ensure!(!to.exists(), "{} appeared meanwhile and is not replaced", to.display());
    files::rename(&whole, to, "given its name")?;
    Ok(size)
}
