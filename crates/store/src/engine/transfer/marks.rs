//! Marks on a database: rows of the table of migrations. Under numbers that no program has, so that every program refuses such a
//! database as too new for it; those that know the marks say more.

use crate::engine::fault::{Fault, FaultKind};
use crate::engine::migrations::NOTE;
use crate::engine::{Connection, dialect, find, list, run};
use crate::error::Result;

const MARKS: &str = "SELECT number, name FROM schema_migration WHERE number >= 1000000";
const UNMARK: &str = "DELETE FROM schema_migration WHERE number >= 1000000";
const ARRIVED: &str = "SELECT name FROM schema_migration WHERE number = 0";
const FORGET_ARRIVED: &str = "DELETE FROM schema_migration WHERE number = 0";

/// Marks have numbers from here on, migrations never.
pub(crate) const FIRST_MARK: i64 = 1_000_000;
/// The data went elsewhere.
const GONE: i64 = 1_000_001;
/// Data is on its way here.
const ARRIVING: i64 = 1_000_002;
/// By which move the data came. Programs take no notice of this number.
const CAME: i64 = 0;

/// A mark with the id of the move, and the place at its other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mark {
    Gone(Other),
    Arriving(Other),
}

/// The other end of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Other {
    pub(crate) id: String,
    pub(crate) place: String,
}

impl Other {
    fn text(&self) -> String {
        format!("{} {}", self.id, self.place)
    }

    fn of(text: &str) -> Self {
        let (id, place) = text.split_once(' ').unwrap_or((text, "another place"));
        Self { id: id.to_owned(), place: place.to_owned() }
    }
}

/// The mark of a database that has the table of migrations.
pub(crate) fn mark(c: &Connection) -> Result<Option<Mark>> {
    let marks = list(c, MARKS, [], |row| Ok((row.take::<i64>()?, row.take::<String>()?)))?;
    Ok(marks.into_iter().find_map(|(number, text)| match number {
        GONE => Some(Mark::Gone(Other::of(&text))),
        ARRIVING => Some(Mark::Arriving(Other::of(&text))),
        _ => None,
    }))
}

/// Refuses a marked database.
pub(crate) fn refuse_marked(c: &Connection) -> Result<()> {
    let words = match mark(c)? {
        None => return Ok(()),
        Some(Mark::Gone(to)) => format!(
            "its data was moved to {}: start every portal with that as its --database. Nothing is written here any more \
             (docs/operations/moving.md says how to come back)",
            to.place
        ),
        Some(Mark::Arriving(from)) => format!(
            "data is being moved here from {}, or that was cut off: it is not whole. Wait for countersign-portal migrate-data, or \
             run it again",
            from.place
        ),
    };
    Err(Fault::new(FaultKind::Moved, words).into())
}

pub(super) fn set(c: &Connection, mark: &Mark, now: i64) -> Result<()> {
    run(c, UNMARK, [])?;
    let (number, other) = match mark {
        Mark::Gone(other) => (GONE, other),
        Mark::Arriving(other) => (ARRIVING, other),
    };
    run(c, NOTE, (number, other.text(), now))?;
    Ok(())
}

pub(super) fn unset(c: &Connection) -> Result<()> {
    run(c, UNMARK, []).map(drop)
}

/// Notes by which move the data came.
pub(super) fn set_arrived(c: &Connection, id: &str, now: i64) -> Result<()> {
    run(c, FORGET_ARRIVED, [])?;
    run(c, NOTE, (CAME, id, now)).map(drop)
}

pub(super) fn arrived(c: &Connection) -> Result<Option<String>> {
    find(c, ARRIVED, [], |row| row.take())
}

/// Whether there is a table of migrations at all.
pub(super) fn has_table(c: &Connection) -> Result<bool> {
    let sql = match c {
        Connection::Sqlite(_) => dialect::IS_MADE_SQLITE,
        Connection::Postgres(_) => dialect::IS_MADE,
    };
    Ok(find(c, sql, [], |_| Ok(()))?.is_some())
}
