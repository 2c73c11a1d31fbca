//! The keys folder as bytes: what a running portal compares, and what a change is tried on before it is made.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use countersign_core::file;

/// The portal's private key.
pub(crate) const SIGNING: &str = "signing.pem";
/// The root's delegation to it.
pub(crate) const CHAIN: &str = "signing.chain";
/// The root's public key.
pub(crate) const ROOT: &str = "root.pub";
/// The private key that follows, once a root delegates to it.
pub(crate) const NEXT: &str = "next.pem";
/// Its public half.
pub(crate) const NEXT_PUBLIC: &str = "next.pub";
/// The newest revocation list.
pub(crate) const REVOCATIONS: &str = "revocations.response";
/// A change that is decided: its files are moved to their places, also after a crash.
pub(crate) const INCOMING: &str = "incoming";

const NAMED: [&str; 6] = [SIGNING, CHAIN, ROOT, NEXT, NEXT_PUBLIC, REVOCATIONS];

/// The files of the folder that decide what is signed, and with what.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Folder {
    files: BTreeMap<String, Vec<u8>>,
}

impl std::fmt::Debug for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.files.keys()).finish()
    }
}

impl Folder {
    /// Of files that lie elsewhere. What is no file of the folder is left out.
    pub(crate) fn of(files: BTreeMap<String, Vec<u8>>) -> Self {
        let known = |name: &String| NAMED.contains(&name.as_str()) || is_rotation(name);
        Self { files: files.into_iter().filter(|(name, _)| known(name)).collect() }
    }

    /// Its files.
    pub(crate) fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// What lies there now. A folder that is not there is an empty one.
    ///
    /// # Errors
    /// When a file cannot be read, is too large, or a change is under way.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        let entries = match fs::read_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            entries => entries.with_context(|| cannot_be_read(path))?,
        };
        for entry in entries {
            let name = entry.with_context(|| cannot_be_read(path))?.file_name();
            let Some(name) = name.to_str() else { continue };
            if name == INCOMING {
                bail!("a change of {} is under way", path.display());
            }
            if NAMED.contains(&name) || is_rotation(name) {
                files.insert(name.to_owned(), bytes_of(&path.join(name))?);
            }
        }
        Ok(Self { files })
    }

    /// Whether there is such a file.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// A file as text.
    ///
    /// # Errors
    /// When it is not there, or no text.
    pub(crate) fn text(&self, name: &str) -> anyhow::Result<&str> {
        let bytes = self.files.get(name).with_context(|| format!("{name} is missing"))?;
        std::str::from_utf8(bytes).with_context(|| format!("{name} is no text"))
    }

    /// The token in a file; `None` when there is no such file.
    ///
    /// # Errors
    /// When it holds none.
    pub(crate) fn token(&self, name: &str) -> anyhow::Result<Option<String>> {
        let Some(bytes) = self.files.get(name) else { return Ok(None) };
        file::read(bytes).map(Some).with_context(|| name.to_owned())
    }

    /// The names of the private keys that are there.
    pub(crate) fn private_keys(&self) -> impl Iterator<Item = &'static str> + '_ {
        [SIGNING, NEXT].into_iter().filter(|name| self.has(name))
    }

    /// The names of the files with root rotations.
    pub(crate) fn rotations(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).filter(|name| is_rotation(name))
    }

    /// The folder as it will be with these files in it.
    pub(crate) fn with(&self, files: &BTreeMap<String, Vec<u8>>) -> Self {
        let mut folder = self.clone();
        folder.files.extend(files.clone());
        if folder.files.get(SIGNING) == folder.files.get(NEXT) {
            folder.files.remove(NEXT);
            folder.files.remove(NEXT_PUBLIC);
        }
        folder
    }

    /// The bytes of a file.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }
}

fn is_rotation(name: &str) -> bool {
    let is_plain = |name: &str| !name.contains(['/', '\\', '\0']);
    name.starts_with("rotation-") && name.ends_with(".response") && is_plain(name)
}

fn bytes_of(path: &Path) -> anyhow::Result<Vec<u8>> {
    let most = file::MAX_FILE as u64;
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .with_context(|| cannot_be_read(path))?;
    if bytes.len() as u64 > most {
        bail!("{} has more than the {most} bytes that such a file may have", path.display());
    }
    Ok(bytes)
}

fn cannot_be_read(path: &Path) -> String {
    format!("{} cannot be read", path.display())
}
