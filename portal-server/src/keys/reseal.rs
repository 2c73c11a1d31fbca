//! The same keys under another passphrase: in the folder, and in the database where several nodes have them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use countersign_store::{Resealed, Store};
use serde_json::{Value, json};

use super::command::{locked, of_all_nodes, open_store};
use super::folder::{NEXT, SIGNING};
use super::passphrase::{FILE, Passphrase};
use super::{Folder, Papers, change, keys_folder, shared};
use crate::clock::Entropy;
use crate::config::Config;
use crate::vault;

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
    let both = Both { old: &old, new: &new, entropy };
    let locked = locked(&path)?;
    let of_all = of_all_nodes(config, store.as_ref()).await?;
    let folder = of_all.as_ref().map_or_else(|| Folder::read(&path), |(_, f)| Ok(f.clone()))?;
    let files = both.files(&folder)?;
    let (with, secrets) = (folder.with(&files), both.secrets(store.as_ref()).await?);
    if let Some(store) = &store {
        let entry = (!files.is_empty()).then(|| {
            Papers::read(&folder)
                .map(|papers| format!("key:{}", papers.delegation.key.thumbprint()))
        });
        let resealed = Resealed {
            known: of_all.as_ref().map(|(known, _)| *known),
            files: with.files().clone(),
            secrets,
            entry: entry.transpose()?.map(|subject| ("keys.passphrase", subject, String::new())),
        };
        if of_all.is_some() {
            shared::never_in_clear(&with)?;
        }
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
    let next = match is_kept {
        true => {
            "a portal that runs on this folder uses it within seconds; give it to the other nodes, and to your backup"
        }
        false => {
            "give it to this portal and to all other nodes where they had the old one, and to your backup; until then they \
                  go on with the keys that they have in memory"
        }
    };
    Ok(json!({
        "resealed": names,
        "written": is_kept.then(|| kept.display().to_string()),
        "next": next,
    }))
}

/// Both passphrases.
struct Both<'a> {
    old: &'a Passphrase,
    new: &'a Passphrase,
    entropy: &'a dyn Entropy,
}

impl Both<'_> {
    /// The private keys that are not under the new one yet, under it.
    fn files(&self, folder: &Folder) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
        let mut files = BTreeMap::new();
        for name in [SIGNING, NEXT].into_iter().filter(|name| folder.has(name)) {
            let text = folder.text(name)?;
            if countersign_core::pem::is_encrypted(text) && self.new.open(text).is_ok() {
                continue;
            }
            let key = self.old.open(text).with_context(|| {
                format!(
                    "{name} is opened neither by the passphrase in {} nor by the one in {}: nothing was changed",
                    self.old.from(),
                    self.new.from()
                )
            })?;
            files.insert(name.to_owned(), self.new.seal(&key, self.entropy)?.as_bytes().to_vec());
        }
        Ok(files)
    }

    /// The keys of secrets that lie in the database under the old one, under the new one.
    async fn secrets(&self, store: Option<&Store>) -> anyhow::Result<BTreeMap<String, String>> {
        let mut secrets = BTreeMap::new();
        let Some(store) = store else { return Ok(secrets) };
        for (fingerprint, sealed) in store.vault_keys().await? {
            let of = vault::name_of(&fingerprint);
            if let Some(bytes) = self.old.unwrapped(&of, &sealed)? {
                secrets.insert(fingerprint, self.new.wrap(&of, &bytes, self.entropy)?);
            }
        }
        Ok(secrets)
    }
}
