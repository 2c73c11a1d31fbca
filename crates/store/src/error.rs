//! What can go wrong with the database itself. Refusals of a verb are values of that verb.

use crate::disk_trouble::DiskTrouble;

/// The result of every verb.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file, disk or lock failed, or the database is damaged.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The transaction that carried this write could not be committed: nothing of it is stored.
    #[error("the database could not commit: {0}")]
    Commit(String),
    /// The same, because of the disk.
    #[error("the database could not commit: {1}")]
    Disk(DiskTrouble, String),
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
        matches!(self, Self::Database(rusqlite::Error::SqliteFailure(code, _))
            if code.code == rusqlite::ErrorCode::ConstraintViolation)
    }
}
