//! Numbered migrations: the same numbers and names for every engine. Only added to, never changed.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{Result, StoreError};

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "start", include_str!("migrations/0001_start.sql")),
    (2, "accounts", include_str!("migrations/0002_accounts.sql")),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration \
    (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT";

/// Brings the database to this program's schema, in one transaction: two programs starting at once do it once.
pub(crate) fn apply(connection: &mut Connection, now: i64) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLE)?;
    let found: i64 = transaction.query_row(
        "SELECT COALESCE(MAX(number), 0) FROM schema_migration",
        [],
        |row| row.get(0),
    )?;
    let known = MIGRATIONS.last().map_or(0, |(number, ..)| *number);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, name, sql) in MIGRATIONS.iter().filter(|(number, ..)| *number > found) {
        transaction.execute_batch(sql)?;
        transaction.execute(
            "INSERT INTO schema_migration (number, name, applied_at) VALUES (?1, ?2, ?3)",
            (number, name, now),
        )?;
    }
    Ok(transaction.commit()?)
}
