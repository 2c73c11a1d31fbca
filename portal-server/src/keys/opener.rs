//! What opens the private keys, in a process that goes on when they get another passphrase.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use super::passphrase::{Passphrase, Sources};

/// The passphrase, and where another one would be.
pub(crate) struct Opener {
    passphrase: RwLock<Passphrase>,
    data: PathBuf,
    sources: Sources,
}

impl Opener {
    pub(crate) fn new(passphrase: Passphrase, data: &Path, sources: &Sources) -> Self {
        let passphrase = RwLock::new(passphrase);
        Self { passphrase, data: data.to_owned(), sources: sources.clone() }
    }

    /// The one that opened them last.
    pub(super) fn passphrase(&self) -> Passphrase {
        self.passphrase.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens with the one that did before. Where that fails they may have got another one since (`keys passphrase`): the one that is
    /// to be found in its place now is tried, and kept if it is the right one.
    ///
    /// # Errors
    /// That of the one before.
    pub(crate) fn open<T>(
        &self,
        opens: impl Fn(&Passphrase) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let present = self.passphrase();
        opens(&present).or_else(|error| match self.sources.find(&self.data) {
            Ok(Some(found)) if !found.is_same(&present) => {
                let opened = opens(&found).map_err(|_| error)?;
                *self.passphrase.write().unwrap_or_else(PoisonError::into_inner) = found;
                Ok(opened)
            }
            _ => Err(error),
        })
    }
}
