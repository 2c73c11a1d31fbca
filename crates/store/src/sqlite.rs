//! The embedded engine: one writer with group commit, readers from a pool. The seam for a second engine is here:
//! nothing outside this file opens a connection or begins a transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use crate::disk_trouble::DiskTrouble;
use crate::error::{Result, StoreError};
use crate::{dialect, migrations};

const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";
const SAVEPOINT: &str = "SAVEPOINT command";
const ROLLBACK_TO: &str = "ROLLBACK TO command";
const RELEASE: &str = "RELEASE command";

/// How the embedded engine runs.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The most writes in one commit; 1 turns group commit off.
    pub group_commit_max: usize,
    /// Connections for reading.
    pub readers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { group_commit_max: 256, readers: 4 }
    }
}

/// A write that waits for its turn, and for the commit.
trait Command: Send {
    /// Runs it; whether what it did is to be kept. It may be asked again, after what it did has been undone. Without a
    /// connection (no transaction could begin) it only prepares to answer.
    fn run(&mut self, connection: Option<&Connection>) -> Keep;

    /// Tells the asker, once it is known whether the commit succeeded.
    fn answer(self: Box<Self>, committed: std::result::Result<(), NotCommitted>);
}

/// Why a transaction was not committed, for each of those who shared it: the engine's error is nobody's alone.
#[derive(Debug, Clone)]
struct NotCommitted {
    disk: Option<DiskTrouble>,
    words: String,
}

impl NotCommitted {
    fn of(error: &rusqlite::Error) -> Self {
        Self { disk: DiskTrouble::of(error), words: error.to_string() }
    }
}

impl From<NotCommitted> for StoreError {
    fn from(NotCommitted { disk, words }: NotCommitted) -> Self {
        match disk {
            Some(trouble) => Self::Disk(trouble, words),
            None => Self::Commit(words),
        }
    }
}

/// What becomes of the changes of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    All,
    /// It failed.
    Nothing,
}

struct Queued<T, C> {
    command: C,
    result: Result<T>,
    sender: oneshot::Sender<Result<T>>,
}

impl<T: Send, C: Fn(&Connection) -> Result<T> + Send> Command for Queued<T, C> {
    fn run(&mut self, connection: Option<&Connection>) -> Keep {
        // A fault in one command must not end the writer: it is undone like any other error.
        let run =
            AssertUnwindSafe(|| connection.map_or(Err(StoreError::Closed), |c| (self.command)(c)));
        self.result = catch_unwind(run)
            .unwrap_or_else(|_| Err(StoreError::Commit("the command panicked".to_owned())));
        if self.result.is_ok() { Keep::All } else { Keep::Nothing }
    }

    fn answer(self: Box<Self>, committed: std::result::Result<(), NotCommitted>) {
        // The asker may be gone; what was done stays done.
        let _ = self.sender.send(committed.map_err(StoreError::from).and(self.result));
    }
}

/// The one writer: commands queue up, many are committed in one transaction, each is answered after the commit.
pub(crate) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Box<dyn Command>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(crate) fn start(path: &Path, options: Options, now: i64) -> Result<Self> {
        let mut connection =
            open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        connection.execute_batch(dialect::WRITER_SETUP)?;
        migrations::apply(&mut connection, now)?;
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_loop(&connection, &receiver, options.group_commit_max.max(1)))
            .map_err(|e| StoreError::Commit(e.to_string()))?;
        Ok(Self { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    /// Runs `command` in a transaction that it shares with others. An error undoes what it did; its neighbours do not
    /// notice. It is run again when a neighbour's error has undone its group: it decides by nothing but the database.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        command: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        let result = Err(StoreError::Closed);
        self.send(Box::new(Queued { command, result, sender }))?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }

    fn send(&self, command: Box<dyn Command>) -> Result<()> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = queue.as_ref().ok_or(StoreError::Closed)?;
        sender.send(command).map_err(|_| StoreError::Closed)
    }

    /// Commits what is queued and ends the thread. Later writes are refused.
    pub(crate) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn write_loop(connection: &Connection, receiver: &mpsc::Receiver<Box<dyn Command>>, most: usize) {
    while let Ok(first) = receiver.recv() {
        let mut group = vec![first];
        let committed = commit_group(connection, receiver, most, &mut group);
        if committed.is_err() {
            undo(connection);
        }
        let committed = committed.map_err(|e| NotCommitted::of(&e));
        for command in group {
            command.answer(committed.clone());
        }
    }
    // Who cannot do it now (another process is reading) leaves it to the next start.
    let _ = connection.query_row(dialect::CLOSING, [], |_| Ok(()));
}

/// Everything that is queued now, up to `most`, goes into one transaction. While its commit waits for the disk the
/// next group queues up: the busier it gets, the larger the groups. Waiting for further company was tried (100 and 400
/// microseconds) and did not pay.
fn commit_group(
    connection: &Connection,
    receiver: &mpsc::Receiver<Box<dyn Command>>,
    most: usize,
    group: &mut Vec<Box<dyn Command>>,
) -> rusqlite::Result<()> {
    if let Err(error) = begin(connection) {
        for command in group {
            command.run(None);
        }
        return Err(error);
    }
    let (mut next, mut kept) = (0, Keep::All);
    while let Some(command) = group.get_mut(next).filter(|_| kept == Keep::All) {
        kept = command.run(Some(connection));
        next += 1;
        if group.len() < most {
            group.extend(receiver.try_recv());
        }
    }
    if kept == Keep::Nothing {
        run_apart(connection, group)?;
    }
    connection.prepare_cached(COMMIT)?.execute([])?;
    Ok(())
}

/// The same once more in a new transaction, each in a savepoint of its own, so that who fails undoes nothing of its
/// neighbours. Few commands fail, and savepoints take a tenth of the writer's time: the first try goes without.
fn run_apart(connection: &Connection, group: &mut [Box<dyn Command>]) -> rusqlite::Result<()> {
    undo(connection);
    let begun = begin(connection);
    for command in group {
        if begun.is_ok() {
            run_in_savepoint(connection, command.as_mut())?;
        } else {
            command.run(None);
        }
    }
    begun
}

fn run_in_savepoint(connection: &Connection, command: &mut dyn Command) -> rusqlite::Result<()> {
    connection.prepare_cached(SAVEPOINT)?.execute([])?;
    if command.run(Some(connection)) == Keep::Nothing {
        connection.prepare_cached(ROLLBACK_TO)?.execute([])?;
    }
    connection.prepare_cached(RELEASE)?.execute([])?;
    Ok(())
}

fn begin(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached(dialect::BEGIN)?.execute([]).map(drop)
}

/// Some errors, such as a full disk, have ended the transaction themselves.
fn undo(connection: &Connection) {
    if !connection.is_autocommit() {
        let _ = connection.execute_batch(ROLLBACK);
    }
}

/// Connections for reading, handed out one at a time. Reads are point look-ups and short lists of microseconds, so they
/// run where they are asked for instead of on a pool of threads.
pub(crate) struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Readers {
    pub(crate) fn open(path: &Path, options: Options) -> Result<Self> {
        let connect = |_| -> Result<Connection> {
            let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection.execute_batch(dialect::READER_SETUP)?;
            Ok(connection)
        };
        let idle = (0..options.readers.max(1)).map(connect).collect::<Result<Vec<_>>>()?;
        Ok(Self { idle: Mutex::new(idle), returned: Condvar::new() })
    }

    pub(crate) fn run<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = loop {
            match idle.pop() {
                Some(connection) => break connection,
                None => idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(idle);
        let result = in_snapshot(&connection, query);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        self.returned.notify_one();
        result
    }
}

/// What a query reads with several statements is of one moment, and the file is locked once for all of them.
fn in_snapshot<T>(
    connection: &Connection,
    query: impl FnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    connection.prepare_cached(dialect::BEGIN_READING)?.execute([])?;
    let result = query(connection);
    let ended = connection.prepare_cached(COMMIT).and_then(|mut commit| commit.execute([]));
    result.and_then(|value| ended.map(|_| value).map_err(StoreError::from))
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(256);
    // A plan is made once, and not anew for other values: without this, SQLite looks at values where an index is partial.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}
