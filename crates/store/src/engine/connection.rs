//! A connection of either engine, and the statements that run on it.

use countersign_crash::{Point, passes};

use super::cell::Cell;
use super::columns::{Columns, Row};
use super::dialect;
use super::params::Params;
use super::postgres::Postgres;
use crate::error::Result;

/// A connection in a transaction. Commands and queries are given one.
pub(crate) enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(Postgres),
}

/// One row or none, from a statement that is kept.
pub(crate) fn find<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    map: impl FnOnce(&mut Columns<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut map = Some(map);
    let mut once = |columns: &mut Columns<'_>| map.take().map(|map| map(columns)).transpose();
    Ok(connection.rows(sql, &params, 1, &mut once)?.into_iter().flatten().next())
}

/// All rows, from a statement that is kept.
pub(crate) fn list<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut map: impl FnMut(&mut Columns<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    connection.rows(sql, &params, usize::MAX, &mut map)
}

/// The first rows, from a statement that is kept, without running it to its end where the engine can stop.
pub(crate) fn first<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    most: usize,
    mut map: impl FnMut(&mut Columns<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    connection.rows(sql, &params, most, &mut map)
}

/// Runs a statement that is kept; the number of rows it changed.
pub(crate) fn run(connection: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    connection.execute(sql, &params)
}

/// Runs a statement of which nobody asks how many rows it changed. On a server it is on its way then: where it fails, whatever is
/// waited for next fails, the commit at the latest, and nothing of the transaction is stored. How many rows it changed would be
/// known after the commit: what has to hold is held by the schema.
pub(crate) fn put(connection: &Connection, sql: &str, params: impl Params) -> Result<()> {
    if let Connection::Postgres(connection) = connection {
        let mut cells = Vec::new();
        params.cells(&mut cells);
        connection.send(sql, &cells)?;
        passes(Point::Written);
        return Ok(());
    }
    connection.execute(sql, &params).map(drop)
}

/// Says what [`find`] or [`list`] is going to be asked, with the same values: on a server several such questions take one round trip.
/// What is changed in between makes it forgotten.
pub(crate) fn ask(connection: &Connection, sql: &str, params: impl Params) -> Result<()> {
    match connection {
        Connection::Sqlite(_) => Ok(()),
        Connection::Postgres(connection) => {
            let mut cells = Vec::new();
            params.cells(&mut cells);
            connection.ask(sql, &cells)
        }
    }
}

impl Connection {
    /// Whether [`ask`] does anything: where it does not, its values need not be computed.
    pub(crate) fn asks_ahead(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    fn rows<T>(
        &self,
        sql: &str,
        params: &impl Params,
        most: usize,
        map: &mut impl FnMut(&mut Columns<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut cells = Vec::new();
        params.cells(&mut cells);
        let mut found = Vec::new();
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                bind(&mut statement, &cells)?;
                let mut rows = statement.raw_query();
                while found.len() < most
                    && let Some(row) = rows.next()?
                {
                    found.push(map(&mut Columns::of(Row::Sqlite(row)))?);
                }
            }
            Self::Postgres(connection) => {
                for row in connection.query(sql, &cells)?.iter().take(most) {
                    found.push(map(&mut Columns::of(Row::Postgres(row)))?);
                }
            }
        }
        Ok(found)
    }

    fn execute(&self, sql: &str, params: &impl Params) -> Result<usize> {
        let mut cells = Vec::new();
        params.cells(&mut cells);
        let changed = match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                bind(&mut statement, &cells)?;
                statement.raw_execute()?
            }
            Self::Postgres(connection) => connection.execute(sql, &cells)?,
        };
        passes(Point::Written);
        Ok(changed)
    }

    /// What the engine finds wrong with its own files.
    pub(crate) fn check(&self) -> Result<Vec<String>> {
        match self {
            Self::Sqlite(_) => {
                let mut found = list(self, dialect::INTEGRITY, [], |row| row.take::<String>())?;
                found.retain(|line| line != "ok");
                Ok(found)
            }
            // A server's files are its operator's to check (pg_amcheck).
            Self::Postgres(_) => Ok(Vec::new()),
        }
    }

    /// Statements without parameters and answers.
    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Self::Postgres(connection) => connection.batch(sql),
        }
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, cells: &[Cell<'_>]) -> Result<()> {
    // As rusqlite's own binding does: a forgotten value is not NULL.
    let wanted = statement.parameter_count();
    if wanted != cells.len() {
        return Err(rusqlite::Error::InvalidParameterCount(cells.len(), wanted).into());
    }
    for (at, cell) in cells.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, cell)?;
    }
    Ok(())
}
