//! What a failed write says about the disk, for whoever has to see to it.

use crate::engine::fault::FaultKind;
use crate::error::StoreError;

/// What is wrong with the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskTrouble {
    /// It is full, or a limit for the size of files is reached.
    Full,
    /// Nothing may be written to it.
    ReadOnly,
    /// It fails in another way.
    Failing,
}

impl DiskTrouble {
    /// In words, without a full stop.
    pub fn words(self) -> &'static str {
        match self {
            Self::Full => "the disk is full: make room; nothing has to be started anew",
            Self::ReadOnly => {
                "the disk takes no writes: it is mounted read-only, or the rights on the data folder changed"
            }
            Self::Failing => "writing to the disk fails: look at the system's log",
        }
    }
}

impl StoreError {
    /// What of the disk is in the way, if that is what it is.
    pub fn disk_trouble(&self) -> Option<DiskTrouble> {
        match self.kind()? {
            FaultKind::Disk(trouble) => Some(trouble),
            _ => None,
        }
    }
}
