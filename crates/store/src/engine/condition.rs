//! What a database is, before it is opened as a store.

use super::connection::{Connection, find, list};
use super::database::Database;
use super::readers::Engine;
use super::transfer::marks::refuse_marked;
use super::{dialect, migrations};
use crate::error::Result;

const MIGRATION: &str = "SELECT number FROM schema_migration ORDER BY number DESC LIMIT 1";

/// What a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The newest migration in it.
    pub migration: i64,
    /// The newest that this program has.
    pub known: i64,
    /// What the embedded engine finds wrong with its file: empty when nothing is, and for a server.
    pub wrong: Vec<String>,
}

/// What the database is. It is only read.
///
/// # Errors
/// When it cannot be reached or read as a database of this program.
pub fn condition(database: &Database) -> Result<Condition> {
    let c = Engine::of(database)?.looker()?;
    refuse_marked(&c)?;
    let migration = find(&c, MIGRATION, [], |row| row.take())?.unwrap_or(0);
    let mut wrong = Vec::new();
    if let Connection::Sqlite(_) = c {
        wrong = list(&c, dialect::QUICK_CHECK, [], |row| row.take::<String>())?;
        wrong.retain(|line| line != "ok");
    }
    Ok(Condition { migration, known: migrations::newest(), wrong })
}

impl Database {
    /// Whether somebody has made it: the file is there, or the server's database has tables of this program.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn exists(&self) -> Result<bool> {
        match self {
            Self::Sqlite(path) => Ok(path.exists()),
            Self::Postgres(_) => {
                let c = Engine::of(self)?.looker()?;
                Ok(find(&c, dialect::IS_MADE, [], |_| Ok(()))?.is_some())
            }
        }
    }
}
