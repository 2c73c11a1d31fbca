//! Why a journal cannot be used: the fact, and what to do next.

use std::io;
use std::path::PathBuf;

use countersign_core::Thumbprint;

/// The result of everything that reads or writes a journal.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a journal cannot be used. After every error the file is what it was before.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system does not let it be read or written.
    #[error("the journal {path} could not be {did}: {source}")]
    Io {
        /// What was tried: "read", "written", …
        did: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not what it has to be.
    #[error("line {line} of the journal {path} is wrong: {why}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// It is the journal of another key.
    #[error("the journal {path} is that of the key {found}, not of {wanted}")]
    OtherKey {
        /// The file.
        path: PathBuf,
        /// The journal's key.
        found: Thumbprint,
        /// The key that signs.
        wanted: Thumbprint,
    },
    /// It holds something else: one answer for each request, or every signature.
    #[error("the journal {path} is of another form than the program that signs writes")]
    OtherForm {
        /// The file.
        path: PathBuf,
    },
    /// Another file lies in its place, or it became shorter, while it was in use.
    #[error("the journal {path} was replaced or cut while it was in use")]
    Replaced {
        /// The file.
        path: PathBuf,
    },
}

impl Error {
    pub(crate) fn io(did: &'static str, path: &std::path::Path, source: io::Error) -> Self {
        Self::Io { did, path: path.to_owned(), source }
    }

    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "journal-io",
            Self::Broken { .. } => "journal-broken",
            Self::OtherKey { .. } => "journal-other-key",
            Self::OtherForm { .. } => "journal-other-form",
            Self::Replaced { .. } => "journal-replaced",
        }
    }

    /// What state things are in now, and what to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    "Nothing more was signed: a response that is not in the journal is not handed out. Do it as a user who may \
                     write there, or keep the journal elsewhere with --journal."
                }
                io::ErrorKind::TimedOut => {
                    "Nothing more was signed. Wait until the other program is done, or end it, and do it again."
                }
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge => {
                    "Nothing more was signed, and the journal is as it was. Free some space on that disk and do it again."
                }
                _ => "Nothing more was signed. Put this right and do it again.",
            },
            Self::Broken { .. } => {
                "Nothing was signed on top of it. See what is wrong with it: countersign journal verify. Bring it back from a \
                 copy, or keep it as evidence and begin another with --journal; tell whoever keeps the root key."
            }
            Self::OtherKey { .. } => {
                "Nothing was signed. Each key has a journal of its own: name this key's with --journal."
            }
            Self::OtherForm { .. } => {
                "Nothing was signed. The journal of countersign sign and that of a signer process are two files: name another."
            }
            Self::Replaced { .. } => {
                "Nothing more was signed. Bring the right file back to its place, and do it again."
            }
        }
    }
}
