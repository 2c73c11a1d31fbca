//! Writes queue up, many are committed in one transaction, each is answered after the commit.
//!
//! The embedded engine has one writer, so commands run one after the other. On PostgreSQL every node has several, and there are
//! several nodes: what may not run at the same time is kept apart by locks of the database ([`Scope`]).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::connection::Connection;
use super::fault::Fault;
use super::group;
use super::options::Options;
use super::readers::Engine;
use super::wal::Log;
use crate::error::{Result, StoreError};

/// What a command looks at and changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope<'a> {
    /// Anything: it runs alone, on whichever node.
    Everything,
    /// Nothing that a command without these keys decides by: a license with its activations, a request, a session, a throttle.
    /// Commands with a key in common run one after the other.
    Keys(&'a [&'a str]),
}

/// A lock of the database: a number that stands for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lock {
    Everything,
    Key(i64),
}

impl Scope<'_> {
    fn locks(self) -> Vec<Lock> {
        // The same on every node and in every version of the program: not Rust's own hash.
        let lock = |key: &&str| {
            let [a, b, c, d, e, f, g, h, ..] = *countersign_core::Hash::of(key).as_bytes();
            Lock::Key(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
        };
        match self {
            Self::Everything => vec![Lock::Everything],
            Self::Keys(keys) => keys.iter().map(lock).collect(),
        }
    }
}

/// A write that waits for its turn, and for the commit.
pub(super) trait Command: Send {
    fn locks(&self) -> &[Lock];

    /// Runs it. It may be asked again, after what it did has been undone.
    fn run(&mut self, connection: &Connection) -> Ran;

    /// What it did failed after it had run.
    fn refuse(&mut self, fault: Fault);

    /// Tells the asker, once it is known whether the commit succeeded.
    fn answer(self: Box<Self>, committed: Result<()>);
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ran {
    /// What it changed is to be kept.
    Kept,
    /// It failed: what it changed is to be undone.
    Failed,
    /// The transaction is gone, and not by its fault: it is to be run again.
    Again(Fault),
}

struct Queued<T, C> {
    locks: Vec<Lock>,
    command: C,
    result: Result<T>,
    sender: oneshot::Sender<Result<T>>,
}

impl<T: Send, C: Fn(&Connection) -> Result<T> + Send> Command for Queued<T, C> {
    fn locks(&self) -> &[Lock] {
        &self.locks
    }

    fn run(&mut self, connection: &Connection) -> Ran {
        // A fault in one command must not end the writer: it is undone like any other error.
        let run = AssertUnwindSafe(|| (self.command)(connection));
        self.result = catch_unwind(run)
            .unwrap_or_else(|_| Err(StoreError::Commit("the command panicked".to_owned())));
        match &self.result {
            Ok(_) => Ran::Kept,
            Err(StoreError::Database(fault)) if fault.kind.is_passing() => {
                Ran::Again(fault.clone())
            }
            Err(_) => Ran::Failed,
        }
    }

    fn refuse(&mut self, fault: Fault) {
        self.result = Err(StoreError::Database(fault));
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        // The asker may be gone; what was done stays done.
        let _ = self.sender.send(committed.and(self.result));
    }
}

/// The writers, each with a thread, a connection and a queue.
pub(crate) struct Writer {
    lanes: Vec<Lane>,
}

struct Lane {
    queue: Mutex<Option<mpsc::Sender<Box<dyn Command>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// `first` is the connection that has brought the schema up to date. On a server each lane opens one that lives on its thread.
    pub(super) fn start(engine: &Engine, first: Connection, options: Options) -> Result<Self> {
        let mut first = Some(first).filter(|_| engine.is_embedded());
        let count = if engine.is_embedded() { 1 } else { options.writers.max(1) };
        let lanes = (0..count).map(|_| Lane::start(engine, first.take(), options));
        Ok(Self { lanes: lanes.collect::<Result<_>>()? })
    }

    /// Runs `command` in a transaction that it shares with others. An error undoes what it did; its neighbours do not
    /// notice. It is run again when a neighbour's error has undone its group: it decides by nothing but the database.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        scope: Scope<'_>,
        command: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        let (result, locks) = (Err(StoreError::Closed), scope.locks());
        self.lane(locks.first()).send(Box::new(Queued { locks, command, result, sender }))?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }

    /// Commands of one first key take one lane: there they share transactions instead of waiting for each other. What runs alone
    /// has a lane of its own where there is more than one.
    fn lane(&self, first: Option<&Lock>) -> &Lane {
        let keyed = self.lanes.len() - 1;
        let at = match first {
            Some(Lock::Key(number)) if keyed > 0 => {
                1 + usize::try_from(number.unsigned_abs() % keyed as u64).unwrap_or(0)
            }
            _ => 0,
        };
        &self.lanes[at]
    }

    /// Commits what is queued and ends the threads. Later writes are refused.
    pub(crate) fn close(&self) {
        for lane in &self.lanes {
            lane.close();
        }
    }
}

impl Lane {
    fn start(
        engine: &Engine,
        mut connection: Option<Connection>,
        options: Options,
    ) -> Result<Self> {
        let log = match (engine, &mut connection) {
            (Engine::Sqlite(path), Some(Connection::Sqlite(writer))) => {
                Some(Log::of(path, writer, options.log_pages)?)
            }
            _ => None,
        };
        let most = options.group_commit_max.max(1);
        let (sender, receiver) = mpsc::channel();
        let engine = engine.clone();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || group::write_loop(&engine, connection, log, &receiver, most))
            .map_err(|e| StoreError::Commit(e.to_string()))?;
        Ok(Self { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    fn send(&self, command: Box<dyn Command>) -> Result<()> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = queue.as_ref().ok_or(StoreError::Closed)?;
        sender.send(command).map_err(|_| StoreError::Closed)
    }

    fn close(&self) {
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
