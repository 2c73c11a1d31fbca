//! One signer at a time, and file names that last.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Result};

/// How long another signer may hold the lock: it does so for one group of responses at a time.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// Holds the lock of a file until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Waits for its turn, but not for ever.
    pub(crate) fn take(file: &File, path: &Path) -> Result<Self> {
        let held = |e| Error::io("locked", path, e);
        let file = file.try_clone().map_err(held)?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) if waited < PATIENCE => {
                    std::thread::sleep(PAUSE);
                    waited += PAUSE;
                }
                Err(TryLockError::WouldBlock) => {
                    let why = "another program has been holding it for a minute";
                    return Err(held(io::Error::new(io::ErrorKind::TimedOut, why)));
                }
                // A file system without locks serves one process at a time as well.
                Err(TryLockError::Error(e)) if e.kind() != io::ErrorKind::Unsupported => {
                    return Err(held(e));
                }
                _ => return Ok(Self(file)),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// The name of a file that was just made is on disk as well.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
