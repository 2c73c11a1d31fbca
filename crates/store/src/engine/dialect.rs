//! What differs between the engines, each with its reason. Everything else is one SQL text for both.

use super::writer::Lock;

/// Take the write lock at once: a transaction that reads first and upgrades later can fail after its work is done.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// A transaction that reads takes no lock before its first statement.
pub(crate) const BEGIN_READING: &str = "BEGIN DEFERRED";

/// WAL: readers and the writer do not wait for each other. FULL: a commit is on disk when it returns; what was answered
/// survives a power cut. A large cache, because random ids touch random pages. What a savepoint needs to be undone is kept in
/// memory: it is never needed after a crash. The log's pages are copied by SQLite where no store is opened: while a schema is made
/// or data is moved in.
pub(crate) const WRITER_SETUP: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16000;";

/// As the writer: the log is on disk before its pages are copied, and the file before the log begins anew.
pub(crate) const COPIER_SETUP: &str = "PRAGMA synchronous = FULL; PRAGMA schema_version;";

/// At the end everything goes into the one file, which is then all that a backup needs.
pub(crate) const CLOSING: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// Readers cannot write, even by mistake. They read through the system's own cache of the file, without a copy: lists go from
/// an index to rows all over a large file.
pub(crate) const READER_SETUP: &str =
    "PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA mmap_size = 17179869184;";

/// SQLite's own check of the whole file.
pub(crate) const INTEGRITY: &str = "PRAGMA integrity_check";

/// A file that is looked at by others than the portal, in less time than the whole check takes.
pub(crate) const QUICK_CHECK: &str = "PRAGMA quick_check(20)";

/// A copy has no log of its own beside it: one file, readable from a folder that nothing can be written to.
pub(crate) const ONE_FILE: &str = "PRAGMA journal_mode = DELETE";

/// STRICT: SQLite checks the types of columns only where it is told to. The other tables say the same in their migrations.
pub(crate) const MIGRATION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration \
    (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT";

/// As BEGIN on the embedded engine, which has one writer, but beside other writers of this and other nodes. Locks are taken
/// before anything is read, so that every command finds what the one before it left, and decides by that. They go with the
/// transaction, however it ends. READ COMMITTED: each statement sees what is committed when it begins, that is after the locks.
pub(super) fn begin_with(locks: &[Lock]) -> String {
    if locks.contains(&Lock::Everything) {
        return format!("{BEGIN_WRITING}; {}", lock(LOCK_ALONE, EVERYTHING));
    }
    let number = |lock: &Lock| match lock {
        Lock::Key(number) => Some(number.to_string()),
        Lock::Everything => None,
    };
    let numbers: Vec<String> = locks.iter().filter_map(number).collect();
    let shared = lock(LOCK_SHARED, EVERYTHING);
    let numbers = format!("'{{{}}}'", numbers.join(","));
    format!("{BEGIN_WRITING}; {shared}; {}", LOCK_EACH.replace("?1", &numbers))
}

const BEGIN_WRITING: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// The number becomes part of the text: it is sent with others, and such take no parameters.
fn lock(sql: &str, number: i64) -> String {
    sql.replace("?1", &number.to_string())
}

/// In one statement, because each is parsed by itself; row by row, so in their order.
const LOCK_EACH: &str =
    "SELECT pg_advisory_xact_lock(number) FROM unnest(CAST(?1 AS BIGINT[])) AS number";
const LOCK_ALONE: &str = "SELECT pg_advisory_xact_lock(?1)";
const LOCK_SHARED: &str = "SELECT pg_advisory_xact_lock_shared(?1)";

/// Nothing is locked by it.
pub(crate) const BEGIN_POSTGRES: &str = "BEGIN";

/// The lock that all writes share and that some have alone: "counters", as a number that no key is likely to have.
const EVERYTHING: i64 = 0x636f_756e_7465_7273;
/// The lock under which the schema is changed.
const MIGRATING: i64 = 0x6d69_6772_6174_6500;

/// A moment: a query's statements find the same.
pub(crate) const BEGIN_READING_POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A commit is on disk, and on the synchronous standby where there is one, when it returns. Plans are made once per statement, as
/// on the embedded engine, and through an index wherever there is one: for values that it does not know yet the planner guesses
/// that filters leave nearly nothing of a table, and would rather read and sort all of it than the first hundred in their order. A
/// statement has one processor, as there are other statements. A node that dies or is cut off holds no lock for long. The last
/// statement names the connection.
pub(super) const CONNECTION_SETUP: &str = "SELECT set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') IN ('off', 'local'); \
    SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off; \
    SET max_parallel_workers_per_gather = 0; SET jit = off; SET client_min_messages = warning; \
    SET idle_in_transaction_session_timeout = '15s'; SET lock_timeout = '30s'; SET tcp_keepalives_idle = 5; \
    SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; SELECT gen_random_uuid()::text";

/// What a transaction leaves for whoever finds its connection gone.
pub(super) const NOTE: &str = "INSERT INTO commit_note (connection, number, noted_at) \
    VALUES (?1, ?2, CAST(extract(epoch FROM now()) AS BIGINT))";
pub(super) const NOTED: &str = "SELECT 1 FROM commit_note WHERE connection = ?1 AND number = ?2";
pub(super) const FORGET_NOTES: &str =
    "DELETE FROM commit_note WHERE connection = ?1 AND number < ?2";
pub(super) const FORGET_OLD_NOTES: &str =
    "DELETE FROM commit_note WHERE noted_at < CAST(extract(epoch FROM now()) AS BIGINT) - 86400";

/// Whether this program's tables are where unqualified names are looked for.
pub(super) const IS_MADE: &str = "SELECT 1 WHERE to_regclass('schema_migration') IS NOT NULL";

pub(super) const IS_MADE_SQLITE: &str =
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'";

/// Every column of every table, with its place in the primary key, or less than 0.
pub(super) const COLUMNS_SQLITE: &str = "SELECT t.name, c.name, c.pk - 1 \
    FROM sqlite_schema t, pragma_table_info(t.name) c \
    WHERE t.type = 'table' AND SUBSTR(t.name, 1, 7) <> 'sqlite_' ORDER BY t.name, c.cid";
pub(super) const COLUMNS_POSTGRES: &str = "SELECT CAST(t.relname AS TEXT), CAST(c.attname AS TEXT), \
    COALESCE(array_position(CAST(k.indkey AS SMALLINT[]), c.attnum), -1) \
    FROM pg_class t JOIN pg_namespace s ON s.oid = t.relnamespace AND s.nspname = current_schema() \
    JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped \
    LEFT JOIN pg_index k ON k.indrelid = t.oid AND k.indisprimary \
    WHERE t.relkind IN ('r', 'p') ORDER BY CAST(t.relname AS TEXT) COLLATE \"C\", c.attnum";

/// While data is moved, each side is silent as long as the other one takes.
pub(super) const NO_LIMITS: &str = "SET idle_in_transaction_session_timeout = 0";

/// Whoever moves data out keeps every writer out, on all nodes; and finds what was committed before: the moment begins afterwards.
pub(super) fn lock_for_session() -> String {
    lock(LOCK_FOR_SESSION, EVERYTHING)
}

const LOCK_FOR_SESSION: &str = "SELECT pg_advisory_lock(?1)";
pub(super) const BEGIN_MOVING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";

/// The embedded engine looks at references for each row, or where it is told to for all; no-op inside a transaction.
pub(super) const UNREFERENCED: &str = "PRAGMA foreign_keys = OFF";
pub(super) const DANGLING: &str = "PRAGMA foreign_key_check";

/// A server checks them all at once when they are made: how each is taken away, and made again.
pub(super) const REFERENCES: &str = "SELECT CAST(t.relname AS TEXT), \
    format('ALTER TABLE %I DROP CONSTRAINT %I', t.relname, r.conname), \
    format('ALTER TABLE %I ADD CONSTRAINT %I %s', t.relname, r.conname, pg_get_constraintdef(r.oid)) \
    FROM pg_constraint r JOIN pg_class t ON t.oid = r.conrelid \
    JOIN pg_namespace s ON s.oid = t.relnamespace AND s.nspname = current_schema() \
    WHERE r.contype = 'f' ORDER BY 1, 2";

/// Numbers that a server counts by itself go on after the highest one that was brought; on the embedded engine they do anyway.
pub(super) const COUNTERS: &str = "SELECT format('SELECT setval(pg_get_serial_sequence(%L, %L), GREATEST(MAX(%I), 1)) FROM %I \
    HAVING COUNT(*) > 0', t.relname, c.attname, c.attname, t.relname) \
    FROM pg_class t JOIN pg_namespace s ON s.oid = t.relnamespace AND s.nspname = current_schema() \
    JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND c.attidentity <> ''";

/// No commit can leave its note after that: nothing is written any more, by any node.
pub(super) const DROP_NOTES: &str = "DROP TABLE IF EXISTS commit_note";

/// All that a move has made before its transaction.
pub(super) const DROP_MIGRATIONS: &str =
    "DROP TABLE IF EXISTS schema_migration; DROP TABLE IF EXISTS commit_note";

/// What a server is, in the order of `ServerFacts`.
pub(super) const SERVER_FACTS: &str = "SELECT CAST(current_setting('server_version_num') AS BIGINT), \
    current_setting('server_version'), current_setting('server_encoding'), \
    CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END, \
    CASE WHEN current_setting('default_transaction_read_only') = 'on' THEN 1 ELSE 0 END, \
    (SELECT s.reset_val FROM pg_settings s WHERE s.name = 'synchronous_commit'), \
    CASE WHEN current_setting('fsync') = 'on' THEN 1 ELSE 0 END, \
    CASE WHEN current_setting('full_page_writes') = 'on' THEN 1 ELSE 0 END, \
    CAST(current_setting('max_connections') AS BIGINT), \
    (SELECT COUNT(*) FROM pg_stat_activity a WHERE a.backend_type = 'client backend'), \
    (SELECT COUNT(*) FROM pg_stat_activity a WHERE a.backend_type = 'client backend' \
    AND a.datname = current_database() AND a.pid <> pg_backend_pid()), \
    CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT), \
    CASE WHEN EXISTS (SELECT 1 FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid() AND s.ssl) THEN 1 ELSE 0 END, \
    CASE WHEN inet_server_addr() IS NULL OR inet_server_addr() <<= inet '127.0.0.0/8' \
    OR inet_server_addr() = inet '::1' THEN 1 ELSE 0 END, \
    current_setting('synchronous_standby_names'), (SELECT COUNT(*) FROM pg_stat_replication), \
    (SELECT COUNT(*) FROM pg_stat_replication r WHERE r.sync_state IN ('sync', 'quorum'))";

/// A schema under another name, with an empty one in its place; and back: two statements each, which are sent as one transaction.
pub(super) const SET_ASIDE: &str = "SELECT format('ALTER SCHEMA %I RENAME TO %I', current_schema(), CAST(?1 AS TEXT)), \
    format('CREATE SCHEMA %I', current_schema())";
pub(super) const BRING_BACK: &str = "SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', current_schema()), \
    format('ALTER SCHEMA %I RENAME TO %I', CAST(?1 AS TEXT), current_schema())";
pub(super) const DROP_ASIDE: &str = "SELECT format('DROP SCHEMA %I', CAST(?1 AS TEXT)), 'SELECT 1'";

/// Two nodes that start at once change the schema once; the table that only this engine needs.
pub(super) fn migration_setup() -> String {
    format!("{}; {MIGRATION_TABLES}", lock(LOCK_ALONE, MIGRATING))
}

const MIGRATION_TABLES: &str = "CREATE TABLE IF NOT EXISTS schema_migration \
    (number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL); \
    CREATE TABLE IF NOT EXISTS commit_note (connection TEXT NOT NULL, number BIGINT NOT NULL, \
    noted_at BIGINT NOT NULL, PRIMARY KEY (connection, number))";

/// A migration, as PostgreSQL takes it. INTEGER has 64 bits on the embedded engine, and as a primary key it counts by itself. Text is
/// ordered and compared by its bytes on both. STRICT and WITHOUT ROWID are how it always is. Words were split with recursion when
/// nothing but files existed: there are none on a server that would have to be.
pub(super) fn migration_for_postgres(sql: &str) -> String {
    let changed = [
        (" STRICT, WITHOUT ROWID;", ";"),
        (" STRICT;", ";"),
        ("INTEGER PRIMARY KEY", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"),
        ("INTEGER", "BIGINT"),
        ("BLOB", "BYTEA"),
        (" TEXT", " TEXT COLLATE \"C\""),
    ];
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let plain = lines.collect::<Vec<_>>().join("\n");
    let statements = plain.split(';').filter(|sql| !sql.trim_start().starts_with("WITH RECURSIVE"));
    let kept = statements.collect::<Vec<_>>().join(";");
    changed.iter().fold(kept, |sql, (from, to)| sql.replace(from, to))
}

/// Parameters are `?1` there and `$1` here. No statement has a question mark in a text of its own.
pub(super) fn for_postgres(sql: &str) -> String {
    sql.replace('?', "$")
}
