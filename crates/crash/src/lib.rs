//! Points at which a process ends at once, as if it were killed there: at every write. In a build with the feature `failpoints`
//! the variable `COUNTERSIGN_CRASH_AT` names one, and with `#7` behind it its seventh passage. Without the feature a
//! point is nothing, and a number is what it is.
//!
//! A seam of our own and not a crate for fail points: all that is asked for is an end, and that the tests know all points.
#![forbid(unsafe_code)]

/// Where a process may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A transaction that writes has begun; nothing is written.
    Begun,
    /// A statement has changed something.
    Written,
    /// Everything is written; the commit is not asked for.
    Committing,
    /// The commit is done; nobody was told.
    Committed,
    /// The first one of a group was told; the others were not.
    Told,
    /// Pages of SQLite's log are about to be copied into the file.
    LogCopying,
    /// Pages of SQLite's log are in the file, which may not be on the disk.
    LogCopied,
    /// The file is on the disk with them.
    LogSynced,
    /// A commit has begun SQLite's log anew.
    LogBegunAnew,
    /// A migration is done, in a transaction that goes on.
    Migrated,
    /// All migrations are done and not committed.
    MigrationsCommitting,
    /// All migrations are committed.
    MigrationsCommitted,
    /// The first keys are written, in a folder that is not theirs yet; over a server their root is.
    FirstKeysWritten,
    /// The first keys are in their folder; over a server the database has them.
    FirstKeysMoved,
    /// A file of the keys folder is written beside its place.
    KeyFileWritten,
    /// A file of the keys folder is at its place.
    KeyFileMoved,
    /// A change of several key files is written and not decided.
    KeyChangeWritten,
    /// A change of several key files is decided; no file has moved.
    KeyChangeDecided,
    /// One file of a decided change has moved.
    KeyChangeMoving,
    /// A release file is copied and not at its place.
    ReleaseFileWritten,
    /// A release file is at its place, and no row knows of it.
    ReleaseFileMoved,
    /// Rows of the audit log are about to be chained.
    Sealing,
    /// Rows of the audit log are chained.
    Sealed,
    /// A checkpoint of the audit log has an empty file.
    CheckpointFileMade,
    /// A checkpoint of the audit log is written into its file.
    CheckpointFileWritten,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::Begun,
        Self::Written,
        Self::Committing,
        Self::Committed,
        Self::Told,
        Self::LogCopying,
        Self::LogCopied,
        Self::LogSynced,
        Self::LogBegunAnew,
        Self::Migrated,
        Self::MigrationsCommitting,
        Self::MigrationsCommitted,
        Self::FirstKeysWritten,
        Self::FirstKeysMoved,
        Self::KeyFileWritten,
        Self::KeyFileMoved,
        Self::KeyChangeWritten,
        Self::KeyChangeDecided,
        Self::KeyChangeMoving,
        Self::ReleaseFileWritten,
        Self::ReleaseFileMoved,
        Self::Sealing,
        Self::Sealed,
        Self::CheckpointFileMade,
        Self::CheckpointFileWritten,
    ];

    /// As the variable names it.
    pub fn name(self) -> String {
        format!("{self:?}")
    }
}

/// A number that a test may have smaller, by a variable, for what happens seldom to happen often: `usual` without the feature or
/// the variable.
pub fn number(variable: &str, usual: u32) -> u32 {
    if !cfg!(feature = "failpoints") {
        return usual;
    }
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Ends the process here, if it is to end here.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn passes(_: Point) {}

/// Ends the process here, if it is to end here.
#[cfg(feature = "failpoints")]
pub fn passes(point: Point) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: OnceLock<Option<(String, AtomicU64)>> = OnceLock::new();
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("COUNTERSIGN_CRASH_AT").ok()?;
        let (name, passage) = text.split_once('#').unwrap_or((&text, "1"));
        Some((name.to_owned(), AtomicU64::new(passage.parse().ok()?)))
    });
    let Some((name, left)) = wanted else { return };
    if *name == point.name() && left.fetch_sub(1, Ordering::SeqCst) == 1 {
        // No destructor, no buffer that is flushed, no lock that is given back but by the system.
        std::process::abort();
    }
}
