//! The embedded engine: connections, statements, rows, readers.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use countersign_core::UnixSeconds;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, params_from_iter};
use tokio::sync::oneshot;

use super::Options;
use crate::dialect;
use crate::error::{Result, StoreError};
use crate::migrations;
use crate::row::{Columns, Param};

/// A connection as the nouns see it. Every statement is prepared once and kept.
pub(crate) struct Db<'c> {
    connection: &'c Connection,
}

impl<'c> Db<'c> {
    pub(crate) fn of(connection: &'c Connection) -> Self {
        Self { connection }
    }

    /// One row or none.
    pub(crate) fn find<T>(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
        map: impl FnOnce(&mut Columns<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(params))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let found = map(&mut Columns::of(Row(row)))?;
        match rows.next()? {
            None => Ok(Some(found)),
            Some(_) => Err(StoreError::Rows { found: 2, statement: sql }),
        }
    }

    /// Exactly one row.
    pub(crate) fn one<T>(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
        map: impl FnOnce(&mut Columns<'_>) -> Result<T>,
    ) -> Result<T> {
        self.find(sql, params, map)?.ok_or(StoreError::Rows { found: 0, statement: sql })
    }

    /// All rows.
    pub(crate) fn list<T>(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
        mut map: impl FnMut(&mut Columns<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(params))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(map(&mut Columns::of(Row(row)))?);
        }
        Ok(found)
    }

    /// The number of rows that were changed.
    pub(crate) fn run(&self, sql: &'static str, params: &[Param<'_>]) -> Result<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(params_from_iter(params))?)
    }

    /// Changes exactly one row.
    pub(crate) fn run_one(&self, sql: &'static str, params: &[Param<'_>]) -> Result<()> {
        match self.run(sql, params)? {
            1 => Ok(()),
            found => Err(StoreError::Rows { found, statement: sql }),
        }
    }

    /// Several statements without parameters or rows.
    pub(crate) fn batch(&self, sql: &str) -> Result<()> {
        Ok(self.connection.execute_batch(sql)?)
    }

    /// Reads that see one state of the data.
    pub(crate) fn snapshot<T>(&self, read: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        self.run(dialect::BEGIN_READ, &[])?;
        let answer = read(self);
        self.run("ROLLBACK", &[])?;
        answer
    }

    pub(super) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    #[cfg(test)]
    pub(crate) fn prepare(&self, sql: &str) -> Result<()> {
        Ok(self.connection.prepare(sql).map(|_| ())?)
    }
}

/// One row of an answer.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a>(&'a rusqlite::Row<'a>);

impl<'a> Row<'a> {
    pub(crate) fn text(&self, column: usize) -> Result<Option<&'a str>> {
        match self.0.get_ref(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(bytes) => {
                std::str::from_utf8(bytes).map(Some).map_err(|_| StoreError::Malformed("text"))
            }
            _ => Err(StoreError::Malformed("text")),
        }
    }

    pub(crate) fn integer(&self, column: usize) -> Result<Option<i64>> {
        match self.0.get_ref(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(value) => Ok(Some(value)),
            _ => Err(StoreError::Malformed("integer")),
        }
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(text),
            Some(ErrorCode::DiskFull) => Self::Full(text),
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly,
            ) => Self::Io(text),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(text),
            Some(ErrorCode::ConstraintViolation) => Self::Constraint(text),
            _ => Self::Engine(text),
        }
    }
}

/// Opens the file for writing, creating it as needed, and brings its schema to this program's.
pub(crate) fn migrated(path: &Path, now: UnixSeconds) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = connect(path, flags, Options::default())?;
    migrate(&connection, now)?;
    Ok(connection)
}

pub(super) fn writing(path: &Path, options: Options, now: UnixSeconds) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = connect(path, flags, options)?;
    migrate(&connection, now)?;
    Ok(connection)
}

fn migrate(connection: &Connection, now: UnixSeconds) -> Result<()> {
    connection.execute_batch(dialect::WRITER_SETUP)?;
    let db = Db::of(connection);
    db.run(dialect::BEGIN_WRITE, &[])?;
    let applied = migrations::apply(&db, migrations::all(), now);
    db.batch(if applied.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    applied
}

fn connect(path: &Path, flags: OpenFlags, options: Options) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_millis(options.busy_timeout_ms))?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn reading(path: &Path, options: Options) -> Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, options)?;
    connection.execute_batch(dialect::READER_SETUP)?;
    Ok(connection)
}

/// Connections for reading, in two sorts. Point look-ups take microseconds and run where they are asked for: handing
/// them to another thread would cost more than they do. Lists and searches may take milliseconds and would hold up
/// everything else on that thread of the runtime: they go to threads of their own. Neither needs a runtime's help,
/// so that a command line can use the store with the smallest one.
pub(crate) struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
    listers: Mutex<Option<mpsc::Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

type Job = Box<dyn FnOnce(&Db<'_>) + Send>;

impl Readers {
    pub(crate) fn open(path: &Path, options: Options) -> Result<Self> {
        let idle = (0..options.readers.max(1)).map(|_| reading(path, options));
        let idle = Mutex::new(idle.collect::<Result<_>>()?);
        let (sender, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let lister = |_| lister(path.to_owned(), options, Arc::clone(&receiver));
        let threads = (0..options.listers.max(1)).map(lister).collect::<Result<_>>()?;
        Ok(Self {
            idle,
            returned: Condvar::new(),
            listers: Mutex::new(Some(sender)),
            threads: Mutex::new(threads),
        })
    }

    /// A point look-up, here and now.
    pub(crate) fn look_up<T>(&self, query: impl FnOnce(&Db<'_>) -> Result<T>) -> Result<T> {
        query(&Db::of(&self.borrow()))
    }

    /// A list or search, on a thread of its own, in one state of the data.
    pub(crate) async fn list<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Db<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            // The asker may be gone.
            let _ = sender.send(db.snapshot(query));
        });
        lock(&self.listers).as_ref().ok_or(StoreError::Closed)?.send(job).map_err(|_| StoreError::Closed)?;
        receiver.await.map_err(|_| StoreError::Abandoned)?
    }

    fn borrow(&self) -> Borrowed<'_> {
        let mut idle = lock(&self.idle);
        loop {
            match idle.pop() {
                Some(connection) => return Borrowed { from: self, connection: Some(connection) },
                None => idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        drop(lock(&self.listers).take());
        for thread in lock(&self.threads).drain(..) {
            let _ = thread.join();
        }
    }
}

fn lister(
    path: PathBuf,
    options: Options,
    jobs: Arc<Mutex<mpsc::Receiver<Job>>>,
) -> Result<JoinHandle<()>> {
    let connection = reading(&path, options)?;
    super::writer::spawn("store-lister", move || {
        let db = Db::of(&connection);
        loop {
            let Ok(job) = lock(&jobs).recv() else { return };
            // A panic loses its answer (the asker is told) and leaves at most an open snapshot.
            let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(&db)));
            if ran.is_err() && db.in_transaction() {
                let _ = db.batch("ROLLBACK");
            }
        }
    })
}

/// A connection that goes back to the pool, also when the query panics.
struct Borrowed<'r> {
    from: &'r Readers,
    connection: Option<Connection>,
}

impl Deref for Borrowed<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("taken out in drop only")
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        lock(&self.from.idle).extend(self.connection.take());
        self.from.returned.notify_one();
    }
}

/// What these locks guard is whole at every moment, so a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
