//! The files of the keys folder as all nodes have them. Private keys are in it only as they are encrypted; who opens them is the
//! portal's matter.

use std::collections::BTreeMap;

use countersign_core::UnixSeconds;

use crate::engine::Connection;
use crate::error::Result;
use crate::row::seconds;
use crate::{Store, audit, find, list, run, setting};

const REVISION: &str = "SELECT revision FROM key_set WHERE id = 1";
const FILES: &str = "SELECT name, content FROM key_file ORDER BY name";
const BEGIN: &str = "INSERT INTO key_set (id, revision, changed_at) VALUES (1, 1, ?1)";
const GO_ON: &str =
    "UPDATE key_set SET revision = revision + 1, changed_at = ?2 WHERE id = 1 AND revision = ?1";
const FORGET: &str = "DELETE FROM key_file";
const INSERT: &str = "INSERT INTO key_file (name, content) VALUES (?1, ?2)";
const VAULT_KEY: &str = "SELECT sealed FROM vault_key WHERE fingerprint = ?1";
const KEEP_VAULT_KEY: &str =
    "INSERT INTO vault_key (fingerprint, sealed) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

const VAULT_KEYS: &str = "SELECT fingerprint, sealed FROM vault_key ORDER BY fingerprint";
const RESEAL_VAULT_KEY: &str =
    "UPDATE vault_key SET sealed = ?3 WHERE fingerprint = ?1 AND sealed = ?2";

/// The same keys under another passphrase.
#[derive(Clone)]
pub struct Resealed {
    /// The revision of the files that all nodes have, which these follow; `None`: they have none, or there is one node.
    pub known: Option<i64>,
    /// The files of all nodes.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Keys of secrets by their fingerprints: as they lie there encrypted, and anew.
    pub secrets: BTreeMap<String, (String, String)>,
    /// Action, subject and detail of what is noted of it; `None`: it was noted before.
    pub entry: Option<(&'static str, String, String)>,
}

impl std::fmt::Debug for Resealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resealed({:?}, {:?})", self.known, self.files.keys())
    }
}

/// The files of all nodes.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyFiles {
    /// How often they were changed; 0: there are none yet.
    pub revision: i64,
    /// Contents by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl std::fmt::Debug for KeyFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyFiles({}, {:?})", self.revision, self.files.keys())
    }
}

impl Store {
    /// The files, of one moment.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn key_files(&self) -> Result<KeyFiles> {
        self.read(|c| {
            let files = list(c, FILES, [], |row| Ok((row.text()?, row.take()?)))?;
            Ok(KeyFiles { revision: revision(c)?, files: files.into_iter().collect() })
        })
    }

    /// How often they were changed; 0: there are none yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn key_revision(&self) -> Result<i64> {
        self.read(revision)
    }

    /// Puts these in the place of those of revision `known`, and notes action, subject and detail of each change; the new revision.
    /// `None`: somebody else changed them since. Nothing is changed then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_key_files(
        &self,
        known: i64,
        files: BTreeMap<String, Vec<u8>>,
        entries: Vec<(&'static str, String, String)>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<Option<i64>> {
        let actor = actor.to_owned();
        self.write(move |c| {
            if revision(c)? != known {
                return Ok(None);
            }
            replace(c, known, &files, now)?;
            for (action, subject, detail) in &entries {
                audit::record(c, now, &actor, action, subject, detail)?;
            }
            Ok(Some(known + 1))
        })
        .await
    }

    /// Puts keys that are encrypted with another passphrase in the place of what they were; whether it was done. Somebody else may
    /// have changed the files since: nothing is changed then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reseal_keys(
        &self,
        resealed: Resealed,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let Resealed { known, files, secrets, entry } = &resealed;
            if let Some(known) = *known {
                if revision(c)? != known {
                    return Ok(false);
                }
                replace(c, known, files, now)?;
            }
            for (fingerprint, (before, anew)) in secrets {
                run(c, RESEAL_VAULT_KEY, (fingerprint, before, anew))?;
            }
            if let Some((action, subject, detail)) = entry {
                audit::record(c, now, &actor, action, subject, detail)?;
            }
            Ok(true)
        })
        .await
    }

    /// All keys of secrets, encrypted, by their fingerprints.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn vault_keys(&self) -> Result<Vec<(String, String)>> {
        self.read(|c| list(c, VAULT_KEYS, [], |row| Ok((row.text()?, row.text()?))))
    }

    /// The encrypted key of secrets with this fingerprint.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn vault_key(&self, fingerprint: &str) -> Result<Option<String>> {
        self.read(|c| find(c, VAULT_KEY, [fingerprint], |row| row.text()))
    }

    /// Keeps a key of secrets, encrypted, that is in use already. One that is there stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_vault_key(&self, fingerprint: String, sealed: String) -> Result<()> {
        self.write(move |c| run(c, KEEP_VAULT_KEY, (&fingerprint, &sealed)).map(drop)).await
    }

    /// Makes a key of secrets the one in use, with its encrypted form where nodes share it; the fingerprint of the one in use, which
    /// is another one where somebody else was first. `name` is the setting that has it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_vault_key(
        &self,
        name: &'static str,
        fingerprint: String,
        sealed: Option<String>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<String> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let in_use = setting::first(c, name, &fingerprint, &actor, now)?;
            if let (true, Some(sealed)) = (in_use == fingerprint, &sealed) {
                run(c, KEEP_VAULT_KEY, (&fingerprint, sealed))?;
            }
            Ok(in_use)
        })
        .await
    }
}

fn replace(
    c: &Connection,
    known: i64,
    files: &BTreeMap<String, Vec<u8>>,
    now: UnixSeconds,
) -> Result<()> {
    match known {
        0 => run(c, BEGIN, [seconds(now)])?,
        known => run(c, GO_ON, (known, seconds(now)))?,
    };
    run(c, FORGET, [])?;
    for (name, content) in files {
        run(c, INSERT, (name, content))?;
    }
    Ok(())
}

fn revision(c: &Connection) -> Result<i64> {
    Ok(find(c, REVISION, [], |row| row.take())?.unwrap_or(0))
}
