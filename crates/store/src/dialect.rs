//! What differs between the engines, each with its reason. Everything else is one SQL text for both.

/// Take the write lock at once: a transaction that reads first and upgrades later can fail after its work is done.
pub(crate) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// Reads of one question see one state of the data.
pub(crate) const BEGIN_READ: &str = "BEGIN DEFERRED";

/// WAL: readers and the writer do not wait for each other. FULL: a commit is on disk when it returns; what was
/// answered survives a power cut. A large cache, because random ids touch random pages; checkpoints seldom enough
/// that a page written often is copied once.
pub(crate) const WRITER_SETUP: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000; \
    PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY;";

/// Readers cannot write, even by mistake.
pub(crate) const READER_SETUP: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -16384;";

/// SQLite's own check of the whole file; the rows are complaints, or one row `ok`.
pub(crate) const INTEGRITY: &str = "PRAGMA integrity_check";

/// SQLite types no columns unless told (STRICT); the other engine always does and has no such word.
pub(crate) const MIGRATION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration \
    (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT";

/// Numbered migrations: number and name are the same for every engine, the text differs in types and STRICT.
/// Only added to, never changed; a newer one keeps what programs of the version before read and write.
pub(crate) const MIGRATIONS: &[(i64, &str, &str)] =
    &[(1, "start", include_str!("migrations/0001_start.sql"))];
