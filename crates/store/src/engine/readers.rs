//! Connections for reading, handed out one at a time.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::connection::Connection;
use super::database::Database;
use super::fault::{Fault, FaultKind};
use super::postgres::Server;
use super::sqlite;
use crate::error::{Result, StoreError};

/// How long a query waits for a connection before it is refused.
const WAIT: Duration = Duration::from_secs(5);
/// How often a query is begun again on a new connection, where the one it had was lost.
const AGAIN: usize = 2;

/// Opens connections to the one database.
#[derive(Clone)]
pub(crate) enum Engine {
    Sqlite(PathBuf),
    Postgres(Arc<Server>),
}

impl Engine {
    pub(crate) fn of(database: &Database) -> Result<Self> {
        Ok(match database {
            Database::Sqlite(path) => Self::Sqlite(path.clone()),
            Database::Postgres(address) => Self::Postgres(Arc::new(Server::new(address)?)),
        })
    }

    pub(crate) fn is_embedded(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    pub(super) fn writer(&self) -> Result<Connection> {
        match self {
            Self::Sqlite(path) => sqlite::writer(path),
            Self::Postgres(server) => server.connect().map(Connection::Postgres),
        }
    }

    /// The same for a thread that is its own and no runtime's.
    pub(super) fn writer_here(&self) -> Result<Connection> {
        match self {
            Self::Sqlite(_) => self.writer(),
            Self::Postgres(server) => server.connect_here().map(Connection::Postgres),
        }
    }

    /// A connection for looking at what is there, which changes nothing: not even how the file is kept.
    pub(super) fn looker(&self) -> Result<Connection> {
        match self {
            Self::Sqlite(path) => sqlite::looker(path),
            Self::Postgres(_) => self.writer(),
        }
    }

    fn reader(&self) -> Result<Connection> {
        match self {
            Self::Sqlite(path) => sqlite::reader(path),
            Self::Postgres(_) => self.writer(),
        }
    }
}

/// The pool. Reads are point look-ups and short lists, on the embedded engine of microseconds: they run where they are asked
/// for instead of on a pool of threads. Where they wait for a server, the caller's runtime is told that this thread waits.
pub(crate) struct Readers {
    engine: Engine,
    idle: Mutex<Idle>,
    returned: Condvar,
}

struct Idle {
    connections: Vec<Connection>,
    /// How many more may be opened.
    unopened: usize,
}

impl Readers {
    pub(super) fn open(engine: Engine, count: usize) -> Result<Self> {
        let mut idle = Idle { connections: Vec::new(), unopened: count.max(1) };
        if engine.is_embedded() {
            let opened = (0..idle.unopened).map(|_| engine.reader());
            idle = Idle { connections: opened.collect::<Result<_>>()?, unopened: 0 };
        }
        Ok(Self { engine, idle: Mutex::new(idle), returned: Condvar::new() })
    }

    /// Runs a query. What several statements of it read is of one moment.
    pub(crate) fn run<T>(&self, query: impl Fn(&Connection) -> Result<T>) -> Result<T> {
        let waits = !self.engine.is_embedded() && may_hand_over();
        if waits { tokio::task::block_in_place(|| self.with(query)) } else { self.with(query) }
    }

    fn with<T>(&self, query: impl Fn(&Connection) -> Result<T>) -> Result<T> {
        let mut left = if self.engine.is_embedded() { 0 } else { AGAIN };
        loop {
            let connection = match self.take()? {
                Some(connection) => Ok(connection),
                None => self.engine.reader(),
            };
            let (connection, result) = match connection {
                Ok(connection) => {
                    let result = in_snapshot(&connection, &query);
                    (Some(connection), result)
                }
                Err(error) => (None, Err(error)),
            };
            self.give_back(connection.filter(|c| !c.is_lost()));
            if matches!(&result, Err(StoreError::Database(f)) if f.kind == FaultKind::Lost) {
                self.forget_idle();
            }
            match result {
                Err(StoreError::Database(f)) if left > 0 && f.kind.is_passing() => left -= 1,
                result => return result,
            }
        }
    }

    /// A connection, or the right to open one.
    fn take(&self) -> Result<Option<Connection>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = idle.connections.pop() {
                return Ok(Some(connection));
            }
            if idle.unopened > 0 {
                idle.unopened -= 1;
                return Ok(None);
            }
            let waited = self.returned.wait_timeout(idle, WAIT);
            let timed_out;
            (idle, timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
            if timed_out.timed_out() {
                let words = "all connections for reading are in use";
                return Err(Fault::new(FaultKind::Busy, words).into());
            }
        }
    }

    /// When a server restarts, all connections are lost at once: those that wait are not tried one after the other.
    fn forget_idle(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.engine.is_embedded() {
            idle.unopened += idle.connections.len();
            idle.connections.clear();
        }
    }

    fn give_back(&self, connection: Option<Connection>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match connection {
            Some(connection) => idle.connections.push(connection),
            None => idle.unopened += 1,
        }
        drop(idle);
        self.returned.notify_one();
    }
}

/// Whether the runtime can be told that this thread is going to wait.
fn may_hand_over() -> bool {
    tokio::runtime::Handle::try_current()
        .is_ok_and(|h| h.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread)
}

fn in_snapshot<T>(connection: &Connection, query: &impl Fn(&Connection) -> Result<T>) -> Result<T> {
    connection.begin_reading()?;
    let result = query(connection);
    let ended = connection.end_reading();
    result.and_then(|value| ended.map(|()| value))
}
