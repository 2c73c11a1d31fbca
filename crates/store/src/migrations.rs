//! Bringing a database to this program's schema, and refusing one that a newer program wrote.

use countersign_core::UnixSeconds;

use crate::backend::Db;
use crate::dialect::{MIGRATION_TABLE, MIGRATIONS};
use crate::error::{Result, StoreError};
use crate::row::params;
use crate::statements::statements;

statements! {
    NEWEST = "SELECT COALESCE(MAX(number), 0) FROM schema_migration";
    INSERT = "INSERT INTO schema_migration (number, name, applied_at) VALUES (?1, ?2, ?3)";
}

/// Applies what is missing. The caller's transaction makes it all or nothing, and once when two programs start.
pub(crate) fn apply(db: &Db<'_>, migrations: &[(i64, &str, &str)], now: UnixSeconds) -> Result<()> {
    db.batch(MIGRATION_TABLE)?;
    let found: i64 = db.one(NEWEST, params![], |row| row.integer())?;
    let known = migrations.last().map_or(0, |(number, ..)| *number);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, name, sql) in migrations.iter().filter(|(number, ..)| *number > found) {
        db.batch(sql)?;
        db.run(INSERT, params![*number, *name, now])?;
    }
    Ok(())
}

/// The migrations of this program.
pub(crate) fn all() -> &'static [(i64, &'static str, &'static str)] {
    MIGRATIONS
}
