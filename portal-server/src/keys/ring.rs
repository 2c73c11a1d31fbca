//! The keys in use. Whoever signs takes them once per operation; they may be others the next time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use anyhow::Context as _;
use countersign_core::{PublicKey, UnixSeconds, pem};

use super::opener::Opener;
use super::papers::next_public;
use super::passphrase::{Passphrase, Sources};
use super::{Folder, Keys, Start, change, folder, keys_folder, load, open_folder};
use crate::clock::Entropy;

/// The keys in use, and what they were read from.
pub(crate) struct Ring {
    path: PathBuf,
    /// What opens them; `None` where a signer has the key, and the folder has none.
    opener: Option<Opener>,
    keys: RwLock<Arc<Keys>>,
    /// The files that the keys in use were read from.
    taken: Mutex<Folder>,
    /// Why the files that are there now were not taken.
    trouble: Mutex<Option<String>>,
    /// Which change of the keys that all nodes have these are; `None`: this is the only node.
    revision: Mutex<Option<i64>>,
}

impl Ring {
    /// Loads the keys; makes them when there are none.
    ///
    /// # Errors
    /// See [`super::load_or_create`].
    pub(crate) fn open(
        data: &Path,
        vendor: &str,
        now: UnixSeconds,
        entropy: &dyn Entropy,
        start: Start,
        sources: &Sources,
    ) -> anyhow::Result<Self> {
        let path = keys_folder(data);
        let (mut folder, passphrase) = open_folder(data, vendor, now, entropy, start, sources)?;
        let keys = load(&folder, &passphrase)
            .with_context(|| format!("the files in {} cannot be used", path.display()))?;
        if keys.papers.is_for_next(&folder) {
            folder = adopt_next(&path, &folder)?;
        }
        Ok(Self {
            path,
            opener: Some(Opener::new(passphrase, data, sources)),
            keys: RwLock::new(Arc::new(keys)),
            taken: Mutex::new(folder),
            trouble: Mutex::new(None),
            revision: Mutex::new(None),
        })
    }

    /// The keys that a signer has.
    #[cfg(unix)]
    pub(crate) fn at_signer(data: &Path, keys: Keys) -> Self {
        Self {
            path: keys_folder(data),
            opener: None,
            keys: RwLock::new(Arc::new(keys)),
            taken: Mutex::default(),
            trouble: Mutex::new(None),
            revision: Mutex::new(None),
        }
    }

    /// The same, as all nodes have them.
    pub(super) fn shared(self, revision: i64) -> Self {
        self.is_of_revision(revision);
        self
    }

    /// Which change of the keys that all nodes have these are; `None`: this is the only node.
    pub(crate) fn revision(&self) -> Option<i64> {
        *guard(&self.revision)
    }

    /// Notes that they are those of this change.
    pub(super) fn is_of_revision(&self, revision: i64) {
        *guard(&self.revision) = Some(revision);
    }

    /// What opens the private keys; `None` where a signer has them.
    pub(crate) fn passphrase(&self) -> Option<Passphrase> {
        self.opener.as_ref().map(Opener::passphrase)
    }

    /// The files that the keys in use were read from.
    pub(super) fn taken(&self) -> Folder {
        guard(&self.taken).clone()
    }

    /// The folder with its private keys encrypted, where somebody put one there in clear.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) fn sealed(&self, folder: &Folder, entropy: &dyn Entropy) -> anyhow::Result<Folder> {
        let passphrase = self.passphrase().context("the key is at a signer")?;
        let mut files = std::collections::BTreeMap::new();
        for name in folder.private_keys() {
            if !pem::is_encrypted(folder.text(name)?) {
                let key = pem::read_private(folder.text(name)?, None).context(name)?;
                let sealed = passphrase.seal(&key, entropy)?.as_bytes().to_vec();
                files.insert(name.to_owned(), sealed);
            }
        }
        Ok(folder.with(&files))
    }

    /// Whether the key lies in the folder here, and not at a signer.
    pub(crate) fn is_here(&self) -> bool {
        self.opener.is_some()
    }

    /// The keys in use.
    pub(crate) fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where they lie.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Why the files that lie there now are not in use, if so.
    pub(crate) fn trouble(&self) -> Option<String> {
        guard(&self.trouble).clone()
    }

    /// The public half of the key that is to follow, once a root delegates to it.
    pub(crate) fn next(&self) -> Option<PublicKey> {
        next_public(&guard(&self.taken))
    }

    /// Whether the keys in use were read from these files.
    pub(super) fn is_of(&self, folder: &Folder) -> bool {
        *guard(&self.taken) == *folder
    }

    /// The keys of these files, opened with the passphrase of those in use or the one that is in its place by now.
    ///
    /// # Errors
    /// When they do not fit each other.
    pub(super) fn load(&self, folder: &Folder) -> anyhow::Result<Keys> {
        self.opens(|passphrase| load(folder, passphrase))
    }

    /// What is opened so, see `Opener::open`.
    pub(super) fn opens<T>(
        &self,
        opens: impl Fn(&Passphrase) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.opener.as_ref().context("the key is at a signer")?.open(opens)
    }

    /// Uses these keys from now on; the ones before.
    pub(super) fn take(&self, keys: Keys, folder: Folder) -> Arc<Keys> {
        let mut slot = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        *guard(&self.taken) = folder;
        *guard(&self.trouble) = None;
        std::mem::replace(&mut *slot, Arc::new(keys))
    }

    /// Notes why the files that are there are not used; whether that is new.
    pub(super) fn complain(&self, trouble: Option<String>) -> bool {
        let mut noted = guard(&self.trouble);
        let is_new = *noted != trouble;
        *noted = trouble;
        is_new
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next key becomes the present one: its delegation was put there by hand.
pub(super) fn adopt_next(path: &Path, before: &Folder) -> anyhow::Result<Folder> {
    let Some(locked) = change::lock(path)? else { return Ok(before.clone()) };
    change::finish(&locked, path)?;
    // As it is by now: it may have got another passphrase since it was read.
    let present = Folder::read(path)?;
    let Some(next) = present.bytes(folder::NEXT) else { return Ok(present) };
    let files = [(folder::SIGNING.to_owned(), next.to_vec())].into();
    change::commit(&locked, path, &files)?;
    Ok(present.with(&files))
}
