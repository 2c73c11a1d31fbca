//! The seam between the nouns and an engine. The nouns see [`Db`] (statements with parameters, rows with columns),
//! [`Writer`] and [`Readers`]; only the files below here name a driver. A second engine brings the same five names.
//!
//! A write command is a function of the database that can be run again: an engine that refuses one of two concurrent
//! transactions retries it. Nothing outside the database may change in it.

mod sqlite;
mod writer;

#[cfg(test)]
pub(crate) use sqlite::migrated;
pub(crate) use sqlite::{Db, Readers, Row};
pub(crate) use writer::Writer;

/// What becomes of the changes of a write command that has an answer.
pub(crate) enum Write<T> {
    /// They are committed.
    Keep(T),
    /// They are undone: the answer is a refusal that was found after something had been changed.
    Undo(T),
}

impl<T> Write<T> {
    pub(crate) fn keeps(&self) -> bool {
        matches!(self, Self::Keep(_))
    }

    pub(crate) fn into_answer(self) -> T {
        match self {
            Self::Keep(answer) | Self::Undo(answer) => answer,
        }
    }
}

/// How the embedded engine runs.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The most writes in one commit; 1 gives every write a commit of its own.
    pub group_commit_max: usize,
    /// Connections for point look-ups. No look-up waits when there are as many as threads of the runtime.
    pub readers: usize,
    /// Threads, each with a connection, for lists and searches.
    pub listers: usize,
    /// Milliseconds to wait for another process (the admin command line) that holds the database.
    pub busy_timeout_ms: u64,
}

impl Default for Options {
    /// 256 writes in a commit, a reader for each core and at least 4, 2 listers, 10 seconds.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { group_commit_max: 256, readers: cores.max(4), listers: 2, busy_timeout_ms: 10_000 }
    }
}
