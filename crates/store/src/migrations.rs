//! Numbered migrations: the same numbers and names for every engine. Only added to, never changed.

use rusqlite::{Connection, TransactionBehavior};

use crate::dialect;
use crate::error::{Result, StoreError};

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "start", include_str!("migrations/0001_start.sql")),
    (2, "accounts", include_str!("migrations/0002_accounts.sql")),
    (3, "licenses", include_str!("migrations/0003_licenses.sql")),
    (4, "releases", include_str!("migrations/0004_releases.sql")),
    (5, "receipts", include_str!("migrations/0005_receipts.sql")),
    (7, "throttle", include_str!("migrations/0007_throttle.sql")),
];

const APPLIED: &str = "SELECT number FROM schema_migration ORDER BY number";
const NOTE: &str = "INSERT INTO schema_migration (number, name, applied_at) VALUES (?1, ?2, ?3)";

/// Brings the database to this program's schema, in one transaction: two programs starting at once do it once.
pub(crate) fn apply(connection: &mut Connection, now: i64) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(dialect::MIGRATION_TABLE)?;
    // By number and not by the greatest one: programs were built whose list had gaps.
    let applied: Vec<i64> = {
        let mut statement = transaction.prepare(APPLIED)?;
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
    };
    let known = MIGRATIONS.last().map_or(0, |(number, ..)| *number);
    let found = applied.last().copied().unwrap_or(0);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, name, sql) in MIGRATIONS.iter().filter(|(number, ..)| !applied.contains(number)) {
        transaction.execute_batch(sql)?;
        transaction.execute(NOTE, (number, name, now))?;
    }
    Ok(transaction.commit()?)
}
