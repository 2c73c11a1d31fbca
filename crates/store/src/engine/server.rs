//! A server as its operator sees it: how it is set, who is connected, and a database's schema put aside.

use super::Connection;
use super::columns::Columns;
use super::database::Database;
use super::readers::Engine;
use super::transfer::schema;
use super::{dialect, find};
use crate::error::{Result, StoreError};

/// What a server is, and how it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// Its version as a number: 150018 is 15.18.
    pub version: u64,
    /// Its version in words.
    pub version_name: String,
    /// How the database keeps text.
    pub encoding: String,
    /// Whether it follows another server, which leads.
    pub is_standby: bool,
    /// Whether transactions are to write nothing.
    pub is_read_only: bool,
    /// What a commit waits for, where a connection does not say otherwise; the store's do.
    pub synchronous_commit: String,
    /// Whether it waits for its disk.
    pub fsync: bool,
    /// Whether a page that was half written can be put right.
    pub full_page_writes: bool,
    /// So many connections it takes at once,
    pub max_connections: u64,
    /// and has now.
    pub connections: u64,
    /// How many of them, but for the asker's, are to this database.
    pub others_here: u64,
    /// Its clock, in milliseconds since 1970.
    pub clock: u64,
    /// Whether the way to it is encrypted.
    pub is_encrypted: bool,
    /// Whether it is on this machine.
    pub is_local: bool,
    /// Which standbys a commit waits for, in its own words.
    pub synchronous_standbys: String,
    /// How many standbys follow it,
    pub standbys: u64,
    /// and how many of them hold up commits.
    pub synchronous: u64,
}

/// What the server is; none: the database is a file.
///
/// # Errors
/// When it cannot be reached.
pub fn server_facts(database: &Database) -> Result<Option<ServerFacts>> {
    let c = Engine::of(database)?.looker()?;
    if let Connection::Sqlite(_) = c {
        return Ok(None);
    }
    find(&c, dialect::SERVER_FACTS, [], |row| {
        Ok(ServerFacts {
            version: row.take()?,
            version_name: row.take()?,
            encoding: row.take()?,
            is_standby: row.take()?,
            is_read_only: row.take()?,
            synchronous_commit: row.take()?,
            fsync: row.take()?,
            full_page_writes: row.take()?,
            max_connections: row.take()?,
            connections: row.take()?,
            others_here: row.take()?,
            clock: row.take()?,
            is_encrypted: row.take()?,
            is_local: row.take()?,
            synchronous_standbys: row.take()?,
            standbys: row.take()?,
            synchronous: row.take()?,
        })
    })
}

/// The names of the tables in a database that there is, whosever they are.
///
/// # Errors
/// When it cannot be reached.
pub fn table_names(database: &Database) -> Result<Vec<String>> {
    let c = Engine::of(database)?.looker()?;
    Ok(schema::all_tables(&c)?.into_iter().map(|table| table.name).collect())
}

/// Gives the schema that a server's database has its tables in another name, and makes an empty one in its place.
///
/// # Errors
/// When the user may not, or the server cannot be reached: nothing is changed then.
pub fn set_schema_aside(database: &Database, name: &str) -> Result<()> {
    change(database, dialect::SET_ASIDE, name)
}

/// Puts what was set aside in its place again; what is there is deleted.
///
/// # Errors
/// As [`set_schema_aside`].
pub fn bring_schema_back(database: &Database, name: &str) -> Result<()> {
    change(database, dialect::BRING_BACK, name)
}

/// Deletes a schema that was set aside and has nothing in it.
///
/// # Errors
/// As [`set_schema_aside`]; and when something is in it.
pub fn drop_empty_schema(database: &Database, name: &str) -> Result<()> {
    change(database, dialect::DROP_ASIDE, name)
}

/// What is to be done is said by the server itself, which knows how names are written.
fn change(database: &Database, sql: &str, name: &str) -> Result<()> {
    let c = Engine::of(database)?.writer()?;
    let statements = |row: &mut Columns<'_>| Ok([row.take::<String>()?, row.take()?].join("; "));
    let text = find(&c, sql, [name], statements)?;
    c.batch(&text.ok_or(StoreError::Malformed("schema"))?)
}
