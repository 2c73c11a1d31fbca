//! The signer's folder, laid out as a portal's is: `keys` with key, chain, list and rotations, `key-passphrase`; and `journals`.
//! It is looked at again while the signer runs.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context as _, bail};
use countersign_core::trust::Signer;
use countersign_core::{Hash, Thumbprint};
use tokio::sync::watch;

use super::until;
use crate::clock::{Clock, Entropy};
use crate::keys::opener::Opener;
use crate::keys::passphrase::Sources;
use crate::keys::{Folder as Files, Papers, held};
use crate::signing::Public;

/// How often the folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What the signer signs with.
#[derive(Debug)]
pub struct Held {
    /// The key with all that goes into what it signs.
    pub signer: Signer,
    /// What the root has signed for it.
    pub papers: Papers,
    /// The key's thumbprint.
    pub kid: Thumbprint,
    /// SHA-256 of the delegation.
    pub chain: Hash,
    /// Tells it from what is held after a change.
    pub state: Hash,
}

/// The folder, and what is held of it now.
pub struct Folder {
    data: PathBuf,
    clock: Arc<dyn Clock>,
    opener: Opener,
    held: RwLock<Arc<Held>>,
    /// What the first that was held was read from.
    first: Files,
    _lock: File,
}

impl Held {
    fn new(held: held::Held) -> (Self, Files) {
        let held::Held { signer, papers, files } = held;
        let (kid, chain) = (*signer.kid(), Hash::of(&papers.chain));
        let state = Public::of(&papers).hash();
        (Self { signer, papers, kid, chain, state }, files)
    }
}

impl Folder {
    /// Opens it: no other signer may have it open.
    ///
    /// # Errors
    /// When another signer has, or the files are unreadable or do not fit each other.
    pub fn open(
        data: &Path,
        sources: &Sources,
        clock: Arc<dyn Clock>,
        entropy: &dyn Entropy,
    ) -> anyhow::Result<Self> {
        let lock = lock(data)?;
        let (opened, passphrase) = held::open(data, clock.now(), entropy, sources)?;
        let (held, first) = Held::new(opened);
        let held = RwLock::new(Arc::new(held));
        let opener = Opener::new(passphrase, data, sources);
        Ok(Self { data: data.to_owned(), clock, opener, held, first, _lock: lock })
    }

    /// What is held now.
    pub fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The folder of the journals.
    pub fn journals(&self) -> PathBuf {
        self.data.join("journals")
    }

    /// Takes over what is changed in the folder, until `stopped`. What cannot be read, does not fit or goes backwards is said
    /// once, and what was held goes on.
    pub async fn watch(&self, mut stopped: watch::Receiver<bool>) {
        let mut taken = self.first.clone();
        let (mut before, mut trouble) = (None, None);
        loop {
            tokio::select! {
                () = until(&mut stopped) => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let looked = self.look(&mut taken, &mut before);
            let now = looked.err().map(|error| format!("{error:#}"));
            if now != trouble {
                if let Some(why) = &now {
                    tracing::error!(
                        "the files in {} are not used: {why}. What was held goes on",
                        self.data.display()
                    );
                }
                trouble = now;
            }
        }
    }

    /// What was found twice is not being copied any more.
    fn look(&self, taken: &mut Files, before: &mut Option<Files>) -> anyhow::Result<()> {
        let Some(files) = held::look(&self.data)? else { return Ok(()) };
        if files == *taken {
            *before = None;
            return Ok(());
        }
        if before.as_ref() != Some(&files) {
            *before = Some(files);
            return Ok(());
        }
        let loaded =
            self.opener.open(|passphrase| held::load(&self.data, files.clone(), passphrase))?;
        let (held, files) = Held::new(loaded);
        let present = self.held();
        crate::keys::watch::not_backwards(&present.papers, &held.papers, self.clock.now())?;
        *taken = files;
        if held.state != present.state {
            tracing::warn!(kid = %held.kid, until = held.papers.until(), "other keys are used now");
            *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(held);
        }
        Ok(())
    }
}

/// One signer for a folder: two would write two journals of one key.
fn lock(data: &Path) -> anyhow::Result<File> {
    let path = data.join("signer.lock");
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    let file =
        options.open(&path).with_context(|| format!("{} cannot be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another signer runs on {}: nothing was changed. End it first", data.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context(path.display().to_string()),
    }
}
