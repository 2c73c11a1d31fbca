//! What a backup says of itself. It is verified before anything is believed: what is listed is there and is what was written,
//! and nothing else is there.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use anyhow::{Context as _, bail, ensure};
use countersign_core::UnixSeconds;
use serde::{Deserialize, Serialize};

use super::files;

/// The manifest's name in a backup.
pub(super) const NAME: &str = "manifest.json";
/// The form that this program writes, and reads.
const FORM: u32 = 1;
/// A manifest is a line for each file.
const LONGEST: u64 = 64 * 1024 * 1024;

/// The kind of an embedded database, and of a server's.
pub(super) const EMBEDDED: &str = "sqlite";
pub(super) const SERVER: &str = "postgresql";
/// What a server's database is called in a backup.
pub(super) const DUMP: &str = "countersign.dump";

/// A backup's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its form.
    pub countersign_backup: u32,
    /// When the copy of the database was made.
    pub made_at: UnixSeconds,
    /// The version of the program that made it.
    pub program: String,
    /// The kind of the database.
    pub database: String,
    /// The newest migration in it.
    pub migration: i64,
    /// What is in it.
    pub files: Vec<Packed>,
    /// What belongs to a portal and is not in it, in words.
    pub not_included: Vec<String>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Its name with `/`, below the backup.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of its content, in base64url.
    pub sha256: String,
}

impl Manifest {
    /// An empty one of this program.
    pub(super) fn new(made_at: UnixSeconds, database: &str, migration: i64) -> Self {
        Self {
            countersign_backup: FORM,
            made_at,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            database: database.to_owned(),
            migration,
            files: Vec::new(),
            not_included: Vec::new(),
        }
    }

    /// Reads the manifest of the backup in `folder`.
    ///
    /// # Errors
    /// When there is none, or it is not one that this program understands.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(NAME);
        let named =
            || format!("{} is no backup of a portal: {NAME} cannot be read", folder.display());
        let size = std::fs::metadata(&path).with_context(named)?.len();
        ensure!(size <= LONGEST, "{} is too large for a manifest", path.display());
        let text = std::fs::read_to_string(&path).with_context(named)?;
        let manifest: Self = serde_json::from_str(&text).with_context(named)?;
        if manifest.countersign_backup > FORM {
            bail!(
                "the backup has form {} and was made by version {}, which is newer than this program: restore it with that \
                 version",
                manifest.countersign_backup,
                manifest.program
            );
        }
        Ok(manifest)
    }

    /// Compares the backup in `folder` with the list.
    ///
    /// # Errors
    /// With the first file that is missing, too many, or not what was written.
    pub(super) fn verify(&self, folder: &Path) -> anyhow::Result<()> {
        let mut listed = BTreeSet::from([NAME.to_owned()]);
        for file in &self.files {
            ensure!(
                is_plain(&file.name),
                "the manifest names {:?}, which is no file of a backup",
                file.name
            );
            let path = folder.join(&file.name);
            let whole = files::is_regular(&path);
            ensure!(whole, "{} is missing from the backup: it is not whole", file.name);
            let (size, sha256) = files::digest(&path)?;
            ensure!(
                (size, &sha256) == (file.size, &file.sha256),
                "{} is not what was written into the backup: it is damaged, or was changed",
                file.name
            );
            ensure!(listed.insert(file.name.clone()), "the manifest names {} twice", file.name);
        }
        for name in files::below(folder)? {
            ensure!(listed.contains(&name), "{name} is in the backup and not in its manifest");
        }
        Ok(())
    }
}

/// Whether a name stays below the folder that it is joined to.
fn is_plain(name: &str) -> bool {
    let path = Path::new(name);
    !name.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_a_manifest_that_names_a_file_outside_of_the_backup_is_refused() {
        for name in ["../secret", "/etc/passwd", "a/../../b", "", "./a/.."] {
            assert!(!is_plain(name), "{name}");
        }
        assert!(is_plain("keys/signing.pem"));
    }
}
