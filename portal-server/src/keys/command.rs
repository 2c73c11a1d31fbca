//! `countersign-portal keys`: the portal's keys by command line, also while the portal runs.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use countersign_core::{PublicKey, SigningKey, UnixSeconds, file, pem};
use countersign_store::{Database, Store};
use serde_json::{Value, json};

use super::folder::{NEXT, NEXT_PUBLIC, SIGNING};
use super::install::{Brought, Entry, Less, judge};
use super::papers::next_public;
use super::reseal::reseal;
use super::{Folder, Papers, change, keys_folder, load, passphrase_of, shared};
use crate::clock::Rng;
use crate::config::Config;

/// What a folder has on which a signer has run.
const SIGNERS_MARK: &str = "signer.lock";

/// What to do with the keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Verify a delegation, a revocation list and root rotations, and put them into the keys folder; all or none of them.
    #[command(
        after_help = "Example: countersign-portal keys install signing.chain --data portal-data\n    \
        A running portal uses them within seconds. What is no newer than what is there, or not signed by the root, is refused."
    )]
    Install {
        /// The files, whatever their names are.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// A smaller scope, an earlier end or a list that names fewer keys is meant.
        #[arg(long)]
        less: bool,
    },
    /// Make the key that follows the present one, and write its public half for the holder of the root.
    #[command(after_help = "Example: countersign-portal keys new --data portal-data\n    \
        Carry next.pub to the root, delegate to it, and install the delegation: the portal then signs with the new key.\n    \
        What the old one signed stays valid.")]
    New,
    /// Encrypt the same keys with another passphrase, in the folder and in the database that several nodes have.
    #[command(
        after_help = "Example: countersign-portal keys passphrase new-passphrase.txt --data portal-data\n    \
        Nothing has to be stopped. The first line of the file counts. Backups of before need the old one: keep both as long.\n    \
        Where somebody may have had the old one and the files, have a new key: countersign-portal keys new."
    )]
    Passphrase {
        /// A file with the new passphrase.
        #[arg(value_name = "FILE")]
        new: PathBuf,
    },
    /// Show the keys and what the root signed for them.
    #[command(after_help = "Example: countersign-portal keys show --data portal-data --json")]
    Show,
}

/// Runs a command on the data folder of `config`; what to print.
///
/// # Errors
/// When it is refused or fails: nothing was changed then.
pub async fn run(config: &Config, command: KeysCommand) -> anyhow::Result<Value> {
    match command {
        KeysCommand::Install { files, less } => {
            let less = if less { Less::Meant } else { Less::AMistake };
            install(config, &files, less).await
        }
        KeysCommand::New => new(config).await,
        KeysCommand::Passphrase { new } => reseal(config, &new).await,
        KeysCommand::Show => show(config),
    }
}

async fn install(config: &Config, files: &[PathBuf], less: Less) -> anyhow::Result<Value> {
    let (path, now) = (keys_folder(&config.data), config.clock.now());
    let brought = files.iter().map(|path| brought(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let store = open_store(config)?;
    let locked = locked(&path)?;
    let of_all = of_all_nodes(config, store.as_ref()).await?;
    let folder = of_all.as_ref().map_or_else(|| Folder::read(&path), |(_, f)| Ok(f.clone()))?;
    let plan = judge(&folder, brought, less, now)?;
    // Without the passphrase the public halves have to do: the running portal opens the key before it uses it.
    if let Some(passphrase) = config.key_passphrase.find(&config.data)? {
        match of_all {
            Some(_) => shared::whole(&plan.folder, &passphrase)?,
            None => load(&plan.folder, &passphrase)?,
        };
    }
    let papers = Papers::read(&plan.folder)?;
    note(store.as_ref(), of_all, &plan.folder, plan.entries, now).await?;
    change::commit(&locked, &path, &plan.files)?;
    if let Some(store) = store {
        store.close();
    }
    let names: Vec<&String> = plan.files.keys().collect();
    let mut said = described(&papers, &plan.folder);
    said["written"] = json!(names);
    Ok(said)
}

fn brought(path: &Path) -> anyhow::Result<Brought> {
    let most = file::MAX_FILE as u64;
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .with_context(|| format!("{} cannot be read: nothing was changed", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Brought { name, bytes })
}

pub(super) fn locked(path: &Path) -> anyhow::Result<change::Locked> {
    let Some(locked) = change::lock(path)? else {
        bail!(
            "the keys are being changed by somebody else: nothing was changed. Try again in a moment"
        );
    };
    change::finish(&locked, path)?;
    Ok(locked)
}

async fn new(config: &Config) -> anyhow::Result<Value> {
    let path = keys_folder(&config.data);
    let store = open_store(config)?;
    let locked = locked(&path)?;
    let of_all = of_all_nodes(config, store.as_ref()).await?;
    let folder = of_all.as_ref().map_or_else(|| Folder::read(&path), |(_, f)| Ok(f.clone()))?;
    if folder.has(NEXT) {
        bail!(
            "there is a next key already, {}: nothing was changed. Delegate to it, or move it and {NEXT_PUBLIC} away",
            path.join(NEXT).display()
        );
    }
    let entropy = config.entropy.as_ref();
    let passphrase = passphrase_of(&folder, &config.data, entropy, &config.key_passphrase)?;
    // With the passphrase of the present key, or the portal could not open the next one.
    passphrase.open(folder.text(SIGNING)?).with_context(|| {
        format!(
            "{SIGNING} is not opened by the passphrase in {}: nothing was changed",
            passphrase.from()
        )
    })?;
    let key = SigningKey::generate(&mut Rng(entropy));
    let public = key.public_key();
    let files = BTreeMap::from([
        (NEXT.to_owned(), passphrase.seal(&key, entropy)?.as_bytes().to_vec()),
        (NEXT_PUBLIC.to_owned(), pem::write_public(&public).into_bytes()),
    ]);
    let entry = ("keys.new", format!("key:{}", public.thumbprint()), String::new());
    let (with, now) = (folder.with(&files), config.clock.now());
    note(store.as_ref(), of_all, &with, vec![entry], now).await?;
    change::commit(&locked, &path, &files)?;
    if let Some(store) = store {
        store.close();
    }
    Ok(json!({
        "next_key": public.thumbprint().to_string(),
        "next_x": public.to_string(),
        "written": path.join(NEXT_PUBLIC).display().to_string(),
    }))
}

fn show(config: &Config) -> anyhow::Result<Value> {
    let folder = Folder::read(&keys_folder(&config.data))?;
    Ok(described(&Papers::read(&folder)?, &folder))
}

fn described(papers: &Papers, folder: &Folder) -> Value {
    let delegation = &papers.delegation;
    let x = |key: Option<PublicKey>| key.map(|key| key.to_string());
    json!({
        "signing_key": delegation.key.thumbprint().to_string(),
        "signing_x": delegation.key.to_string(),
        "holder": delegation.holder,
        "types": delegation.scope_json()["types"],
        "products": delegation.scope_json()["products"],
        "max_days": delegation.scope.max_days,
        "serial": delegation.serial,
        "from": format!("{} UTC", file::date(delegation.not_before)),
        "until": format!("{} UTC", file::date(papers.until())),
        "root": papers.root.to_string(),
        "rotations": papers.trust.rotations().count(),
        "revocation_list": papers.list.as_ref().map(|list| list.seq),
        "next_x": x(next_public(folder)),
    })
}

/// The keys that all nodes have, with the revision; `None` where there is one node, or none has given them yet.
pub(super) async fn of_all_nodes(
    config: &Config,
    store: Option<&Store>,
) -> anyhow::Result<Option<(i64, Folder)>> {
    let (Database::Postgres(_), Some(store)) = (&config.database, store) else { return Ok(None) };
    let there = store.key_files().await?;
    Ok((there.revision > 0).then(|| (there.revision, Folder::of(there.files))))
}

/// Notes a change before it is made; all nodes get it in the same step.
async fn note(
    store: Option<&Store>,
    of_all: Option<(i64, Folder)>,
    folder: &Folder,
    entries: Vec<Entry>,
    now: UnixSeconds,
) -> anyhow::Result<()> {
    let Some(store) = store else { return Ok(()) };
    let Some((known, _)) = of_all else {
        return Ok(store.note_key_change(entries, "command-line", now).await?);
    };
    shared::never_in_clear(folder)?;
    let files = folder.files().clone();
    let given = store.change_key_files(known, files, entries, "command-line", now).await?;
    given
        .map(drop)
        .context("a node has just changed the keys: nothing was changed. Try again in a moment")
}

/// Where changes are noted; `None` in the folder of a signer, which has no audit log.
pub(super) fn open_store(config: &Config) -> anyhow::Result<Option<Store>> {
    let database = &config.database;
    let out_of_reach = || format!("the database {database} cannot be opened");
    if !database.exists().with_context(out_of_reach)? {
        if config.data.join(SIGNERS_MARK).exists() {
            return Ok(None);
        }
        bail!("there is no portal in {}: nothing was changed. Check --data", config.data.display());
    }
    let store = Store::connect(database, config.store, config.clock.now());
    store.map(Some).with_context(out_of_reach)
}
