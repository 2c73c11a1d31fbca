//! What differs between the engines, each with its reason. Everything else is one SQL text for both.

/// Take the write lock at once: a transaction that reads first and upgrades later can fail after its work is done.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// A transaction that reads takes no lock before its first statement.
pub(crate) const BEGIN_READING: &str = "BEGIN DEFERRED";

/// WAL: readers and the writer do not wait for each other. FULL: a commit is on disk when it returns; what was answered
/// survives a power cut. A large cache, because random ids touch random pages. What a savepoint needs to be undone is kept in
/// memory: it is never needed after a crash.
pub(crate) const WRITER_SETUP: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16000;";

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
