//! The same keys under another passphrase: in the folder, and in the database where several nodes have them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use countersign_core::{UnixSeconds, pem};
use countersign_store::Resealed;
use serde_json::{Value, json};

use super::command::{locked, of_all_nodes, open_store};
use super::passphrase::{FILE, Passphrase};
use super::watch::not_backwards;
use super::{Folder, Papers, change, keys_folder, shared};
use crate::clock::Entropy;
use crate::config::Config;
use crate::vault;

/// What is to be done next, where the new passphrase is in the place of the old one.
const FOLLOWED: &str = "a portal that runs on this folder uses it within seconds; give it to the other nodes; backups of before are \
     opened by the old one";
/// The same where somebody else keeps it.
const TO_BE_GIVEN: &str = "give it to this portal and to all other nodes where they had the old one: until then they go on with the \
     keys that they have in memory; backups of before are opened by the old one";

/// Encrypts the keys with the passphrase in the file `new` instead of the one that they have. Where it was cut off it is finished
/// when it is run again.
///
/// # Errors
/// When a passphrase is missing, or opens nothing: nothing was changed then.
pub(super) async fn reseal(config: &Config, new: &Path) -> anyhow::Result<Value> {
    let (path, now, entropy) =
        (keys_folder(&config.data), config.clock.now(), config.entropy.as_ref());
    let new = Passphrase::of_file(new)?;
    let store = open_store(config)?;
    let old = config.key_passphrase.find(&config.data)?.with_context(|| {
        format!(
            "the passphrase that the keys have now is missing: {} is not there, and none is given. Nothing was changed",
            config.data.join(FILE).display()
        )
    })?;
    if old.is_same(&new) {
        bail!(
            "the keys have the passphrase in {} already, by {}: nothing was changed",
            new.from(),
            old.from()
        );
    }
    let locked = locked(&path)?;
    let of_all = of_all_nodes(config, store.as_ref()).await?;
    let local = Folder::read(&path)?;
    let folder = match &of_all {
        Some((_, theirs)) => {
            is_of_this_portal(&local, theirs, now)?;
            theirs
        }
        None => &local,
    };
    let files = files_of(folder, &old, &new, entropy)?;
    let with = folder.with(&files);
    let secrets = match &store {
        Some(store) => vault::resealed(store, &old, &new, entropy).await?,
        None => BTreeMap::new(),
    };
    shared::whole(&with, &new).context("nothing was changed")?;
    if let Some(store) = &store {
        let is_done = files.is_empty() && secrets.is_empty();
        let key = Papers::read(folder)?.delegation.key.thumbprint();
        let entry = ("keys.passphrase", format!("key:{key}"), String::new());
        let resealed = Resealed {
            known: of_all.as_ref().map(|(known, _)| *known),
            files: with.files().clone(),
            secrets,
            entry: (!is_done).then_some(entry),
        };
        if !store.reseal_keys(resealed, "command-line", now).await? {
            bail!("a node has just changed the keys: nothing was changed. Try again in a moment");
        }
    }
    match of_all {
        Some(_) => change::commit_exactly(&locked, &path, &with)?,
        None => change::commit(&locked, &path, &files)?,
    }
    // The last: until now the old one is of use, for running this once more.
    let kept = config.data.join(FILE);
    let is_kept = old.from() == kept.display().to_string();
    if is_kept {
        new.keep(&kept)?;
    }
    if let Some(store) = store {
        store.close();
    }
    let names: Vec<&String> = files.keys().collect();
    let next = if is_kept { FOLLOWED } else { TO_BE_GIVEN };
    Ok(json!({
        "resealed": names,
        "written": is_kept.then(|| kept.display().to_string()),
        "next": next,
    }))
}

/// Whoever can write into the database shall not have their keys encrypted by this.
fn is_of_this_portal(local: &Folder, theirs: &Folder, now: UnixSeconds) -> anyhow::Result<()> {
    let check = || -> anyhow::Result<()> {
        shared::never_in_clear(theirs)?;
        let (mine, theirs) = (Papers::read(local)?, Papers::read(theirs)?);
        if mine.root != theirs.root {
            bail!("they stand under another root than those in the folder here");
        }
        not_backwards(&mine, &theirs, now)
    };
    check().context(
        "the keys in the database are not taken: nothing was changed. Run this on a node that has run with them",
    )
}

/// The private keys that are not under the new passphrase yet, under it.
fn files_of(
    folder: &Folder,
    old: &Passphrase,
    new: &Passphrase,
    entropy: &dyn Entropy,
) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for name in folder.private_keys() {
        let text = folder.text(name)?;
        if pem::is_encrypted(text) && new.open(text).is_ok() {
            continue;
        }
        let key = old.open(text).with_context(|| {
            format!(
                "{name} is opened neither by the passphrase in {} nor by the one in {}: nothing was changed",
                old.from(),
                new.from()
            )
        })?;
        files.insert(name.to_owned(), new.seal(&key, entropy)?.as_bytes().to_vec());
    }
    Ok(files)
}
