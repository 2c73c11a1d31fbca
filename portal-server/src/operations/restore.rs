//! `countersign-portal restore`: a backup in the place of a portal's data. Everything is verified before anything is touched,
//! and what was there is kept aside, whole.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use countersign_store::{
    Database, InUse, ServerFacts, bring_schema_back, condition, drop_empty_schema, in_use,
    newest_migration, server_facts, set_schema_aside, table_names,
};
use serde_json::{Value, json};

use super::backup::beside;
use super::files::{self, Told as _};
use super::tools::Tools;
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
    check_place(config, arguments)?;
    let staged = beside(data, "restoring")?;
    let done = stage(config, arguments, &staged).and_then(|manifest| {
        let schema = bring_to_server(config, &staged)?;
        let kept = put_in_place(config, &staged).or_else(|error| {
            schema
                .iter()
                .try_for_each(|schema| bring_schema_back(&config.database, &schema.name))?;
            Err(error)
        })?;
        Ok((manifest, kept, schema))
    });
    let _ = fs::remove_dir_all(&staged);
    let (manifest, aside, schema) =
        done.with_context(|| format!("nothing was restored, {} is as it was", place(config)))?;
    let kept_schema = schema.map(|schema| schema.end(&config.database)).transpose()?.flatten();
    let missing = missing(data);
    Ok(json!({
        "restored": place(config), "made_at": manifest.made_at, "program": manifest.program,
        "migration": manifest.migration, "files": manifest.files.len(), "kept_aside": aside,
        "schema_kept_aside": kept_schema, "missing": missing,
        "next": "start the portal. Machines that were activated after the backup was made are counted again when they come back; \
                 compare the release files: countersign-portal check",
    }))
}

/// What is restored, in words.
fn place(config: &Config) -> String {
    match &config.database {
        Database::Sqlite(_) => config.data.display().to_string(),
        server => format!("{} with {server}", config.data.display()),
    }
}

/// What a server's database had before, under its new name.
struct Aside {
    name: String,
    tables: usize,
}

impl Aside {
    /// What was empty goes; what is kept stays, by its name.
    fn end(self, database: &Database) -> anyhow::Result<Option<String>> {
        if self.tables > 0 {
            return Ok(Some(self.name));
        }
        drop_empty_schema(database, &self.name).with_context(|| {
            format!("it is restored; the empty schema {} could not be deleted", self.name)
        })?;
        Ok(None)
    }
}

/// Brings the copy into the server's database, whose schema is put aside first: all of it is there afterwards, or what was before.
fn bring_to_server(config: &Config, staged: &Path) -> anyhow::Result<Option<Aside>> {
    let Database::Postgres(_) = &config.database else { return Ok(None) };
    let (database, dump) = (&config.database, staged.join(manifest::DUMP));
    let tools = Tools::of(database)?;
    let tables = table_names(database)?.len();
    let name = format!("before_restore_{}", config.clock.now());
    set_schema_aside(database, &name).with_context(|| {
        format!("the tables in {database} cannot be put aside: the user has to own the database and its schema")
    })?;
    let restored = tools.restore(&dump).and_then(|()| {
        let found = condition(database).context("what was restored is no portal's database")?;
        ensure!(found.migration <= found.known, "the backup's database is newer than this program");
        Ok(())
    });
    if let Err(error) = restored {
        bring_schema_back(database, &name)
            .with_context(|| format!("{error:#}. What was there lies in the schema {name}"))?;
        return Err(error);
    }
    fs::remove_file(&dump)?;
    Ok(Some(Aside { name, tables }))
}

fn check_place(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let data = &config.data;
    check_server(config, arguments)?;
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

fn check_server(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let database = &config.database;
    let Some(facts) = facts_of_server(database)? else { return Ok(()) };
    let tables = table_names(database)?.len();
    ensure!(
        tables == 0 || arguments.overwrite,
        "{database} holds {tables} tables, and nothing was touched: with --overwrite the backup takes their place, and they are kept in \
         a schema of another name"
    );
    ensure!(
        tables == 0 || facts.others_here == 0,
        "{} others are connected to {database}: portals, or people. Nothing was touched: stop them first",
        facts.others_here
    );
    Ok(())
}

fn facts_of_server(database: &Database) -> anyhow::Result<Option<ServerFacts>> {
    match database {
        Database::Sqlite(_) => Ok(None),
        server => server_facts(server)
            .with_context(|| format!("{server} does not answer: nothing was touched")),
    }
}

/// The backup beside the data folder, verified.
fn stage(config: &Config, arguments: &Arguments, staged: &Path) -> anyhow::Result<Manifest> {
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
    check_data(config, &manifest, staged)?;
    fs::remove_file(staged.join(manifest::NAME))?;
    Ok(manifest)
}

/// Whether the database in the backup is of the kind that is wanted, readable and known to this program.
fn check_data(config: &Config, manifest: &Manifest, staged: &Path) -> anyhow::Result<()> {
    let (migration, known) = match (&config.database, manifest.database.as_str()) {
        (Database::Sqlite(_), manifest::EMBEDDED) => {
            let found = condition(&Database::Sqlite(staged.join(DATABASE)))
                .context("the database in the backup cannot be read")?;
            ensure!(
                found.wrong.is_empty(),
                "the database in the backup is damaged: {}",
                found.wrong.join("; ")
            );
            (found.migration, found.known)
        }
        (Database::Postgres(_), manifest::SERVER) => {
            Tools::of(&config.database)?
                .read(&staged.join(manifest::DUMP))
                .context("the database in the backup cannot be read")?;
            (manifest.migration, newest_migration())
        }
        (Database::Sqlite(_), _) => bail!(
            "the backup is of a server's database: name an empty one with --database (or COUNTERSIGN_DATABASE)"
        ),
        (Database::Postgres(_), _) => bail!(
            "the backup is of an embedded database: restore it into a folder, without --database, and move it to the server then: \
             countersign-portal migrate-data"
        ),
    };
    ensure!(
        migration <= known,
        "the backup's database has migration {migration} and this program knows {known}: it was made by version {}, which is newer. \
         Restore it with that version or a later one",
        manifest.program
    );
    Ok(())
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
