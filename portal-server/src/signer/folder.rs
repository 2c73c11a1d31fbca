//! The signer's folder: key, chain, list, rotations, and the journals. It is looked at again while the signer runs.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use countersign_core::trust::Signer;
use countersign_core::{Hash, pem};
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::until;
use crate::keys::passphrase::{self, Sources};
use crate::signing::{Known, Public};

/// How often the folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What the signer signs with.
#[derive(Debug)]
pub struct Held {
    /// The key with all that goes into what it signs.
    pub signer: Signer,
    /// What everybody may know of it.
    pub known: Known,
    /// SHA-256 of the delegation.
    pub chain: Hash,
    /// Tells it from what is held after a change.
    pub state: Hash,
}

/// The folder, and what is held of it now.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    passphrase: Sources,
    held: RwLock<Arc<Held>>,
    /// What was seen before it was loaded.
    seen: Seen,
    _lock: File,
}

/// Name, length and time of each file that counts.
type Seen = Vec<(PathBuf, u64, Option<SystemTime>)>;

impl Folder {
    /// Opens it: no other signer may have it open.
    ///
    /// # Errors
    /// When another signer has, or the files are unreadable or do not fit each other.
    pub fn open(path: &Path, passphrase: Sources) -> anyhow::Result<Self> {
        let lock = lock(path)?;
        let seen = look(path);
        let held = RwLock::new(Arc::new(load(path, &passphrase)?));
        Ok(Self { path: path.to_owned(), passphrase, held, seen, _lock: lock })
    }

    /// What is held now.
    pub fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The folder of the journals.
    pub fn journals(&self) -> PathBuf {
        self.path.join("journals")
    }

    /// Takes over what is changed in the folder, until `stopped`. What cannot be read or does not fit is said once, and what
    /// was held goes on.
    pub async fn watch(&self, mut stopped: watch::Receiver<bool>) {
        let mut seen = self.seen.clone();
        loop {
            tokio::select! {
                () = until(&mut stopped) => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let now = look(&self.path);
            if now == seen {
                continue;
            }
            seen = now;
            match load(&self.path, &self.passphrase) {
                Ok(held) => self.take(held),
                Err(error) => tracing::error!(
                    error = format!("{error:#}"),
                    "the folder of keys has changed and is not taken over: what was held goes on"
                ),
            }
        }
    }

    fn take(&self, held: Held) {
        if held.state == self.held().state {
            return;
        }
        tracing::info!(kid = %held.known.kid, until = held.known.delegation.not_after, "keys taken over");
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(held);
    }
}

fn load(folder: &Path, passphrase: &Sources) -> anyhow::Result<Held> {
    let known = Public::read(folder)?.verify().with_context(|| folder.display().to_string())?;
    let path = folder.join("signing.pem");
    let text =
        fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let text = Zeroizing::new(text);
    let key = match passphrase.find(folder)? {
        Some(passphrase) => passphrase.open(&text),
        None => pem::read_private(&text, None),
    };
    let key = key.with_context(|| path.display().to_string())?;
    let public = &known.public;
    let signer = Signer::delegated(key, public.chain.clone(), &known.trust)
        .with_context(|| format!("signing.chain does not fit {}", path.display()))?
        .with_rotations(public.rotations.clone())
        .with_revocations(public.revocations.clone());
    let (chain, state) = (Hash::of(&public.chain), public.hash());
    Ok(Held { signer, known, chain, state })
}

/// One signer for a folder: two would write two journals of one key.
fn lock(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join("signer.lock");
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    let file =
        options.open(&path).with_context(|| format!("{} cannot be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another signer runs on {}: nothing was changed. End it first, or let the portal use it",
            folder.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).context(path.display().to_string()),
    }
}

fn look(folder: &Path) -> Seen {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let counts = |path: &Path| {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        matches!(ending, "pem" | "chain" | "pub" | "response") || path.ends_with(passphrase::FILE)
    };
    let mut seen: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| counts(path))
        .filter_map(|path| {
            let about = fs::metadata(&path).ok()?;
            let time = about.modified().ok();
            Some((path, about.len(), time))
        })
        .collect();
    seen.sort();
    seen
}
