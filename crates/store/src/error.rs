//! What can go wrong with the database itself. Refusals of a verb are values of that verb.

/// The result of every verb.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The database did not do what it was asked. Nothing of the write that got this is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process holds the database for longer than the busy timeout.
    #[error("the database is held by another program: {0}")]
    Busy(String),
    /// The disk is full.
    #[error("the disk of the database is full: {0}")]
    Full(String),
    /// The file or the disk failed, or may not be opened.
    #[error("the database file could not be read or written: {0}")]
    Io(String),
    /// The file is damaged, or is no database.
    #[error("the database file is damaged or not a database: {0}")]
    Corrupt(String),
    /// A uniqueness, reference or check rule of the schema refused the write.
    #[error("the database refused a row that breaks its rules: {0}")]
    Constraint(String),
    /// Anything else that the engine reports.
    #[error("the database failed: {0}")]
    Engine(String),
    /// The database was written by a newer program.
    #[error(
        "the database has schema {found} and this program knows {known}: it was written by a newer version"
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
    /// A statement that concerns one row concerned another number of rows.
    #[error("{found} rows instead of one: {statement}")]
    Rows {
        /// How many there were.
        found: usize,
        /// The SQL text.
        statement: &'static str,
    },
    /// The caller asked for what no caller may ask; a defect of the program.
    #[error("wrong use of the store: {0}")]
    Misuse(&'static str),
    /// The command ended in a panic; a defect of the program.
    #[error("the store abandoned a command that panicked")]
    Abandoned,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}
