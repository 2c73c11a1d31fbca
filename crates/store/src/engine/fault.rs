//! What an engine says when it does not do what it was asked, in kinds that both have.

use crate::disk_trouble::DiskTrouble;

/// A failure of the database, with the engine's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct Fault {
    /// Of which kind.
    pub kind: FaultKind,
    /// What the engine said.
    pub words: String,
}

/// What failed, as far as it matters for what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// A uniqueness, reference or check constraint refused the write.
    Constraint,
    /// Somebody else's transaction came between: the same may succeed when it is run again.
    Conflict,
    /// The connection is gone, the server is starting or ending, or it takes no writes now.
    Lost,
    /// No connection or lock became free in time.
    Busy,
    /// The data was moved into another database, or is on its way into this one: no portal works with it here.
    Moved,
    /// The disk is full, or takes no writes.
    Disk(DiskTrouble),
    /// Everything else: a damaged file, a wrong statement.
    Other,
}

impl FaultKind {
    /// Whether the same may succeed when it is tried again.
    pub(super) fn is_passing(self) -> bool {
        matches!(self, Self::Conflict | Self::Lost)
    }
}

impl Fault {
    pub(super) fn new(kind: FaultKind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into() }
    }
}

impl From<&rusqlite::Error> for Fault {
    fn from(error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let kind = match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => FaultKind::Constraint,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => FaultKind::Busy,
            Some(ErrorCode::DiskFull) => FaultKind::Disk(DiskTrouble::Full),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                FaultKind::Disk(DiskTrouble::ReadOnly)
            }
            Some(ErrorCode::SystemIoFailure) => FaultKind::Disk(DiskTrouble::Failing),
            _ => FaultKind::Other,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<&tokio_postgres::Error> for Fault {
    fn from(error: &tokio_postgres::Error) -> Self {
        let Some(database) = error.as_db_error() else {
            let kind = if is_of_a_value(error) { FaultKind::Other } else { FaultKind::Lost };
            return Self::new(kind, chain(error));
        };
        // Classes of PostgreSQL's documentation, appendix A.
        let code = database.code().code();
        let kind = match (code.get(..2).unwrap_or_default(), code) {
            ("40", _) => FaultKind::Conflict,
            ("23", _) => FaultKind::Constraint,
            // No write while it recovers or is no leader; all connections taken; ended by the operator,
            // or by the server because nothing was asked for long.
            ("08" | "57", _) | (_, "25006" | "25P03" | "53300") => FaultKind::Lost,
            (_, "55P03") => FaultKind::Busy,
            // Every commit leaves a note there, until the data is moved away.
            (_, "42P01") if database.message().contains("commit_note") => {
                let words =
                    "its data was moved into another database: nothing is written here any more";
                return Self::new(FaultKind::Moved, words);
            }
            (_, "53100") => FaultKind::Disk(DiskTrouble::Full),
            ("58", _) => FaultKind::Disk(DiskTrouble::Failing),
            _ => FaultKind::Other,
        };
        Self::new(kind, format!("{} ({code})", database.message()))
    }
}

/// A value could not be written or read: nothing is wrong with the connection.
fn is_of_a_value(error: &tokio_postgres::Error) -> bool {
    let words = error.to_string();
    ["serializing parameter", "deserializing column", "invalid column"]
        .iter()
        .any(|beginning| words.contains(beginning))
        || words.contains("parameters but got")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(further) = source {
        words.push_str(": ");
        words.push_str(&further.to_string());
        source = further.source();
    }
    words
}
