//! What can be in the way of moving data. Which state things are in, each variant says; what to do, whoever runs it.

use crate::error::StoreError;

/// Why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The source is no database of a portal.
    #[error("there is no portal in {0}")]
    NoSource(String),
    /// The source has another schema than this program.
    #[error("the source has migration {found} and this program {known}")]
    SourceSchema {
        /// The newest migration in the source.
        found: i64,
        /// The newest that this program has.
        known: i64,
    },
    /// The source's data went to another place before.
    #[error("the source's data was moved to {0}")]
    SourceMoved(String),
    /// The source is the target of another move that did not end.
    #[error("data is on its way into the source, or was: it is not whole")]
    SourceNotWhole,
    /// There is something in the target.
    #[error("the target is not empty: it has {count} tables, such as {one}")]
    TargetNotEmpty {
        /// How many tables.
        count: usize,
        /// The name of one.
        one: String,
    },
    /// Both are the same.
    #[error("source and target are the same database")]
    Same,
    /// The source was never moved.
    #[error("the source is not marked as moved")]
    NotMoved,
    /// The schemas of both differ in a table or column.
    #[error("the table {0} is not the same in source and target")]
    Schema(String),
    /// The source failed.
    #[error("the source failed: {0}")]
    Source(StoreError),
    /// The target failed.
    #[error("the target failed: {0}")]
    Target(StoreError),
    /// What was written is not what was read.
    #[error("the table {table} came out otherwise: {wanted} rows were read and {found} are there")]
    Differs {
        /// The table.
        table: String,
        /// Rows that were read.
        wanted: u64,
        /// Rows that there are.
        found: u64,
    },
    /// Rows refer to rows that are not there.
    #[error("rows of the table {0} name others that are not there: the source's data is damaged")]
    Dangling(String),
    /// The target's answer to the commit was lost: it may be whole. The source takes no writes.
    #[error("whether the target has everything is not known: {0}")]
    InDoubt(StoreError),
}

/// Says of a failure which side it is of.
pub(super) trait At<T> {
    fn source(self) -> Result<T, MoveError>;
    fn target(self) -> Result<T, MoveError>;
}

impl<T> At<T> for Result<T, StoreError> {
    fn source(self) -> Result<T, MoveError> {
        self.map_err(MoveError::Source)
    }

    fn target(self) -> Result<T, MoveError> {
        self.map_err(MoveError::Target)
    }
}
