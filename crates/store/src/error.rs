//! What can go wrong with the database itself. Refusals of a verb are values of that verb.

use crate::engine::fault::{Fault, FaultKind};

/// The result of every verb.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file, disk, server or lock failed, or the database is damaged.
    #[error("the database failed: {0}")]
    Database(#[from] Fault),
    /// The transaction that carried this write could not be committed: nothing of it is stored.
    #[error("the database could not commit: {0}")]
    Commit(String),
    /// The database was written by a newer program.
    #[error(
        "the database has migration {found}, this program knows {known}: it was written by a newer version"
    )]
    Newer {
        /// The newest migration in the database.
        found: i64,
        /// The newest that this program has.
        known: i64,
    },
    /// A stored value is not of the form that it was written in.
    #[error("the database holds a malformed {0}")]
    Malformed(&'static str),
    /// The two-person rule holds it back: it has to be proposed. Nothing is stored.
    #[error("this needs a second admin's approval: propose it on the vendor's pages")]
    NeedsSecondPerson,
    /// What was asked with this key was done already ([`crate::Store::once`]). Nothing is stored.
    #[error("what was asked with this key was done before")]
    DoneBefore,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether a uniqueness, reference or check constraint refused the write.
    pub fn is_constraint(&self) -> bool {
        self.kind() == Some(FaultKind::Constraint)
    }

    /// Of which kind the database's failure is.
    pub fn kind(&self) -> Option<FaultKind> {
        match self {
            Self::Database(fault) => Some(fault.kind),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Fault::from(&error))
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(Fault::from(&error))
    }
}
