//! The engines under the store: the embedded one and PostgreSQL, under one [`Connection`]. Nothing outside this folder
//! knows which of them runs; the SQL of the verbs is written once for both.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `cell`, `params`, `columns` | one value, the values of a statement, the values of a row |
//! | `connection` | a statement run, one row, all rows: on either engine |
//! | `pipeline` | what was sent to a server and is not answered yet |
//! | `sqlite`, `postgres` | what is one engine's own: opening, errors, statements kept |
//! | `address`, `tls` | where a server is, and how it is known to be the one that is meant |
//! | `transaction` | its beginning and end on either engine, and how a commit is found again whose answer was lost |
//! | `writer`, `group` | writes queue up and are committed together |
//! | `wal` | the embedded engine's log, and how its pages come into the file |
//! | `readers` | connections for reading, handed out one at a time |
//! | `condition`, `backup` | what a database is before it is opened; copies of the embedded one while it is in use |
//! | `server` | how a server is set, and its schemas put aside: for operators |
//! | `transfer` | all of it moved into another database |
//! | `dialect`, `migrations` | what differs between the engines, each with its reason; the schema |

mod address;
pub(crate) mod backup;
pub(crate) mod cell;
pub(crate) mod columns;
pub(crate) mod condition;
pub(crate) mod connection;
pub(crate) mod database;
pub(crate) mod dialect;
pub(crate) mod fault;
mod group;
mod migrations;
mod options;
pub(crate) mod params;
mod pipeline;
mod postgres;
pub(crate) mod readers;
pub(crate) mod server;
mod sqlite;
#[cfg(test)]
mod tests;
mod tls;
mod transaction;
pub(crate) mod transfer;
mod wal;
pub(crate) mod writer;

use crate::error::Result;

pub(crate) use connection::{Connection, ask, find, first, list, put, run};
pub use database::Database;
pub use fault::Fault;
pub use options::Options;

/// Opens the database, brings its schema up to date and starts the writers.
pub(crate) fn start(
    database: &Database,
    options: Options,
    now: i64,
) -> Result<(writer::Writer, readers::Readers)> {
    let engine = readers::Engine::of(database)?;
    let first = engine.writer()?;
    migrations::apply(&first, now)?;
    first.forget_old_notes()?;
    let writer = writer::Writer::start(&engine, first, options)?;
    Ok((writer, readers::Readers::open(engine, options.readers)?))
}

/// The number of the newest migration that this program has.
pub fn newest_migration() -> i64 {
    migrations::newest()
}
