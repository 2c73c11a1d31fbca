//! Numbered migrations: the same numbers and names for every engine. Only added to, never changed.

use countersign_crash::{Point, passes};

use super::connection::{Connection, list, run};
use super::dialect;
use super::transaction::{COMMIT, ROLLBACK};
use super::transfer::marks::{FIRST_MARK, refuse_marked};
use crate::error::{Result, StoreError};
use crate::{activation, fingerprint, user_term};

/// What a migration does beyond its SQL.
type Then = Option<fn(&Connection) -> Result<()>>;

const MIGRATIONS: &[(i64, &str, &str, Then)] = &[
    (1, "start", include_str!("migrations/0001_start.sql"), None),
    (2, "accounts", include_str!("migrations/0002_accounts.sql"), None),
    (3, "licenses", include_str!("migrations/0003_licenses.sql"), None),
    (4, "releases", include_str!("migrations/0004_releases.sql"), None),
    (5, "receipts", include_str!("migrations/0005_receipts.sql"), None),
    (6, "narrow", include_str!("migrations/0006_narrow.sql"), Some(fingerprint::take_over)),
    (7, "throttle", include_str!("migrations/0007_throttle.sql"), None),
    (8, "trial days", include_str!("migrations/0008_trial_days.sql"), None),
    (9, "api token", include_str!("migrations/0009_api_token.sql"), None),
    (10, "journals", include_str!("migrations/0010_journals.sql"), Some(activation::note_ended)),
    (11, "audit chain", include_str!("migrations/0011_audit_chain.sql"), None),
    (12, "key notices", include_str!("migrations/0012_key_notices.sql"), None),
    (14, "proposal", include_str!("migrations/0014_proposal.sql"), None),
    (15, "imports", include_str!("migrations/0015_imports.sql"), None),
    (16, "pictures", include_str!("migrations/0016_pictures.sql"), None),
    (17, "roles", include_str!("migrations/0017_roles.sql"), None),
    (18, "trials", include_str!("migrations/0018_trials.sql"), None),
    (19, "plans", include_str!("migrations/0019_plans.sql"), Some(user_term::take_over)),
    (20, "api", include_str!("migrations/0020_api.sql"), None),
    (21, "webhooks", include_str!("migrations/0021_webhooks.sql"), None),
    (22, "domain", include_str!("migrations/0022_domain.sql"), None),
    (23, "single sign-on", include_str!("migrations/0023_single_sign_on.sql"), None),
    (24, "overview", include_str!("migrations/0024_overview.sql"), None),
    (25, "release pages", include_str!("migrations/0025_release_pages.sql"), None),
    (28, "session factor", include_str!("migrations/0028_session_factor.sql"), None),
    (29, "nodes", include_str!("migrations/0029_nodes.sql"), None),
    (30, "answer activation", include_str!("migrations/0030_answer_activation.sql"), None),
    (31, "places", include_str!("migrations/0031_places.sql"), Some(fingerprint::gather)),
    (32, "token window", include_str!("migrations/0032_token_window.sql"), None),
];

const APPLIED: &str = "SELECT number FROM schema_migration ORDER BY number";
pub(super) const NOTE: &str =
    "INSERT INTO schema_migration (number, name, applied_at) VALUES (?1, ?2, ?3)";

/// Brings the database to this program's schema, in one transaction: two programs starting at once do it once.
pub(super) fn apply(connection: &Connection, now: i64) -> Result<()> {
    begin(connection)?;
    let applied = apply_in(connection, now);
    passes(Point::MigrationsCommitting);
    let ended = connection.batch(if applied.is_ok() { COMMIT } else { ROLLBACK });
    passes(Point::MigrationsCommitted);
    applied.and(ended)
}

pub(super) fn begin(connection: &Connection) -> Result<()> {
    match connection {
        Connection::Sqlite(_) => {
            connection.batch(dialect::BEGIN)?;
            connection.batch(dialect::MIGRATION_TABLE)
        }
        Connection::Postgres(_) => {
            connection.batch(dialect::BEGIN_POSTGRES)?;
            connection.batch(&dialect::migration_setup())
        }
    }
}

pub(super) fn apply_in(connection: &Connection, now: i64) -> Result<()> {
    refuse_marked(connection)?;
    // By number and not by the greatest one: programs were built whose list had gaps.
    let applied = applied(connection)?;
    let known = MIGRATIONS.last().map_or(0, |(number, ..)| *number);
    let found = applied.last().copied().unwrap_or(0);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, name, sql, then) in
        MIGRATIONS.iter().filter(|(number, ..)| !applied.contains(number))
    {
        match connection {
            Connection::Sqlite(_) => connection.batch(sql)?,
            Connection::Postgres(_) => connection.batch(&dialect::migration_for_postgres(sql))?,
        }
        if let Some(then) = then {
            then(connection)?;
        }
        run(connection, NOTE, (number, *name, now))?;
        passes(Point::Migrated);
    }
    Ok(())
}

/// The numbers of the migrations that a database has, beside what marks it ([`super::transfer`]).
pub(super) fn applied(connection: &Connection) -> Result<Vec<i64>> {
    let mut numbers: Vec<i64> = list(connection, APPLIED, [], |row| row.take())?;
    numbers.retain(|number| (1..FIRST_MARK).contains(number));
    Ok(numbers)
}

/// Whether these are all that this program has, and no others.
pub(super) fn is_up_to_date(applied: &[i64]) -> bool {
    applied.iter().eq(MIGRATIONS.iter().map(|(number, ..)| number))
}

/// The number of the newest migration that this program has.
pub(crate) fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |(number, ..)| *number)
}
