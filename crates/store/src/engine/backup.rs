//! Copies of the embedded database, made while it is in use, and what a copy is worth.
//!
//! SQLite's online backup takes the whole file within one read: in WAL mode writers go on meanwhile, and what the copy holds is
//! of one moment. A copy in steps would begin anew with each write of another process.

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::condition::{Condition, condition};
use super::{Database, dialect};
use crate::error::{Result, StoreError};

/// All pages at once.
const WHOLE: std::ffi::c_int = -1;

/// Whether another program has a database open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InUse {
    /// Another connection is open.
    Yes,
    /// None is; everything is in the one file now.
    No,
}

/// Copies the database at `from`, which may be in use, into the new file `to`, and looks at the copy.
///
/// # Errors
/// When either file fails; what was written of `to` is the caller's to delete.
pub fn copy_database(from: &Path, to: &Path) -> Result<Condition> {
    let source = connect(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut copy = connect(to, flags)?;
        let backup = Backup::new(&source, &mut copy)?;
        loop {
            match backup.step(WHOLE)? {
                StepResult::Done => break,
                _ => std::thread::sleep(std::time::Duration::from_millis(50)),
            }
        }
        drop(backup);
        copy.query_row(dialect::ONE_FILE, [], |_| Ok(()))?;
    }
    condition(&Database::Sqlite(to.to_owned()))
}

/// Whether somebody else has the database open. Nobody may begin to while it is replaced.
///
/// # Errors
/// When it cannot be opened at all.
pub fn in_use(path: &Path) -> Result<InUse> {
    let c = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    c.busy_timeout(std::time::Duration::from_millis(500))?;
    // Only a connection that is alone can leave WAL mode.
    match c.query_row(dialect::ONE_FILE, [], |row| row.get::<_, String>(0)) {
        Ok(mode) if mode == "delete" => Ok(InUse::No),
        Ok(_) => Ok(InUse::Yes),
        Err(rusqlite::Error::SqliteFailure(code, _)) if code.code == ErrorCode::DatabaseBusy => {
            Ok(InUse::Yes)
        }
        Err(error) => Err(StoreError::from(error)),
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let c = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    c.busy_timeout(std::time::Duration::from_secs(10))?;
    Ok(c)
}
