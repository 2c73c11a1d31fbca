//! Opening the embedded engine's file.

use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;

use super::connection::Connection;
use super::dialect;
use crate::error::Result;

/// How long is waited for a lock of another process.
const PATIENCE: Duration = Duration::from_secs(10);

/// The connection that writes; makes the file where there is none.
pub(super) fn writer(path: &Path) -> Result<Connection> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.execute_batch(dialect::WRITER_SETUP)?;
    Ok(Connection::Sqlite(connection))
}

/// A connection that reads.
pub(super) fn reader(path: &Path) -> Result<Connection> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.execute_batch(dialect::READER_SETUP)?;
    Ok(Connection::Sqlite(connection))
}

/// A connection that copies pages of the log into the file.
pub(super) fn copier(path: &Path) -> Result<rusqlite::Connection> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch(dialect::COPIER_SETUP)?;
    Ok(connection)
}

/// A connection that only looks.
pub(super) fn looker(path: &Path) -> Result<Connection> {
    Ok(Connection::Sqlite(open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?))
}

/// Everything goes into the one file. Who cannot do it now (another process is reading) leaves it to the next start.
pub(super) fn fold_together(connection: &rusqlite::Connection) {
    // The lock for writing is held while it waits for who reads: other processes shall not wait long for both.
    with_patience(connection, Duration::from_millis(200), || {
        let _ = connection.query_row(dialect::CLOSING, [], |_| Ok(()));
    });
}

/// Waits no longer than this for locks.
pub(super) fn with_patience(
    connection: &rusqlite::Connection,
    patience: Duration,
    work: impl FnOnce(),
) {
    let _ = connection.busy_timeout(patience);
    work();
    let _ = connection.busy_timeout(PATIENCE);
}

fn open(path: &Path, flags: OpenFlags) -> Result<rusqlite::Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(256);
    // A plan is made once, and not anew for other values: without this, SQLite looks at values where an index is partial.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}
