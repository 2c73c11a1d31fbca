//! The beginning and the end of transactions, on either engine.

use super::connection::{Connection, find, run};
use super::fault::{Fault, FaultKind};
use super::postgres::Postgres;
use super::transfer::marks::refuse_marked;
use super::writer::Lock;
use super::{dialect, sqlite};
use crate::error::{Result, StoreError};

pub(super) const COMMIT: &str = "COMMIT";
pub(super) const ROLLBACK: &str = "ROLLBACK";
const SAVE: &str = "SAVEPOINT command";
const UNDO: &str = "ROLLBACK TO command";
const RELEASE: &str = "RELEASE command";

/// After so many commits a connection's old notes are deleted.
const NOTES: i64 = 1024;

/// What a transaction on PostgreSQL leaves behind with its commit: where the answer to a commit is lost with the connection,
/// the note says whether it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) connection: String,
    pub(super) number: i64,
}

impl Connection {
    /// Begins a transaction that writes, under these locks (in their order, without repetition).
    pub(super) fn begin(&self, locks: &[Lock]) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                connection.prepare_cached(dialect::BEGIN)?.execute([])?;
                // Another process may have moved the data since. On a server the note of the commit finds its table gone.
                refuse_marked(self)?;
            }
            Self::Postgres(connection) => connection.begin_ahead(dialect::begin_with(locks)),
        }
        Ok(())
    }

    /// Begins one that reads: what several statements find is of one moment.
    pub(super) fn begin_reading(&self) -> Result<()> {
        match self {
            // The file is locked once for all of them.
            Self::Sqlite(connection) => {
                connection.prepare_cached(dialect::BEGIN_READING)?.execute([])?;
            }
            Self::Postgres(connection) => {
                connection.begin_ahead(dialect::BEGIN_READING_POSTGRES.to_owned());
            }
        }
        Ok(())
    }

    pub(super) fn end_reading(&self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                connection.prepare_cached(COMMIT)?.execute([])?;
            }
            // Nobody waits for it.
            Self::Postgres(connection) if !connection.forget_ahead() => {
                connection.send_behind(COMMIT);
            }
            Self::Postgres(_) => {}
        }
        Ok(())
    }

    /// Makes it durable. With the error comes the note by which the commit is found, if it may have happened.
    pub(super) fn commit(&self) -> std::result::Result<(), (StoreError, Option<Note>)> {
        match self {
            Self::Sqlite(connection) => {
                let commit = connection.prepare_cached(COMMIT).and_then(|mut c| c.execute([]));
                commit.map(drop).map_err(|e| (e.into(), None))
            }
            // Nothing was asked in it.
            Self::Postgres(connection) if connection.forget_ahead() => Ok(()),
            Self::Postgres(connection) => commit_noted(self, connection),
        }
    }

    /// Some errors, such as a full disk or a lost connection, have ended the transaction themselves.
    pub(super) fn roll_back(&self) {
        match self {
            Self::Sqlite(connection) if connection.is_autocommit() => {}
            Self::Postgres(connection) if connection.forget_ahead() => {}
            // Where it fails, the next statement fails, too.
            _ => drop(self.batch(ROLLBACK)),
        }
    }

    pub(super) fn save(&self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                connection.prepare_cached(SAVE)?.execute([])?;
            }
            Self::Postgres(connection) => connection.send_ahead(SAVE.to_owned()),
        }
        Ok(())
    }

    pub(super) fn keep(&self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                connection.prepare_cached(RELEASE)?.execute([])?;
            }
            Self::Postgres(connection) => connection.send_ahead(RELEASE.to_owned()),
        }
        Ok(())
    }

    /// Waits for what was sent without waiting.
    pub(super) fn settle(&self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => connection.settle(),
        }
    }

    /// Undoes what was done since it was saved.
    pub(super) fn drop_saved(&self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                connection.prepare_cached(UNDO)?.execute([])?;
                connection.prepare_cached(RELEASE)?.execute([])?;
                Ok(())
            }
            Self::Postgres(connection) => {
                // It has failed: whatever else of it was sent did, too.
                let _ = connection.settle();
                self.batch(UNDO)?;
                self.batch(RELEASE)
            }
        }
    }

    /// Whether the transaction with this note was committed.
    pub(super) fn is_noted(&self, note: &Note) -> Result<bool> {
        let of = (&note.connection, note.number);
        Ok(find(self, dialect::NOTED, of, |_| Ok(()))?.is_some())
    }

    /// Notes of nodes that ended without deleting theirs.
    pub(super) fn forget_old_notes(&self) -> Result<()> {
        if let Self::Postgres(_) = self {
            run(self, dialect::FORGET_OLD_NOTES, [])?;
        }
        Ok(())
    }

    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Postgres(connection) if connection.is_lost())
    }

    pub(super) fn close(&self) {
        match self {
            Self::Sqlite(connection) => sqlite::fold_together(connection),
            Self::Postgres(connection) => {
                let _ = run(self, dialect::FORGET_NOTES, (connection.name(), i64::MAX));
            }
        }
    }
}

/// The note is the transaction's last statement and goes with the commit. Where something before it has failed unseen, it fails as
/// well: PostgreSQL answers the commit of a failed transaction with a quiet rollback.
fn commit_noted(
    connection: &Connection,
    postgres: &Postgres,
) -> std::result::Result<(), (StoreError, Option<Note>)> {
    let note = Note { connection: postgres.name().to_owned(), number: postgres.next_note() };
    postgres.take_warned();
    let noted = postgres.execute_and(dialect::NOTE, &note, COMMIT);
    noted.map_err(|e| {
        let unknown = matches!(&e, StoreError::Database(f) if f.kind == FaultKind::Lost);
        (e, unknown.then(|| note.clone()))
    })?;
    if postgres.take_warned() {
        // PostgreSQL says so when somebody cancels a commit that waits for its standby, and answers that it was committed: it is on one
        // disk alone, and a failover would lose it.
        let words = "the commit came with a warning: the standby may not have it";
        return Err((Fault::new(FaultKind::Lost, words).into(), Some(note)));
    }
    if note.number % NOTES == 0 {
        // Of no consequence where it fails: they are deleted by their age, too.
        let _ = run(connection, dialect::FORGET_NOTES, (&note.connection, note.number));
    }
    Ok(())
}
