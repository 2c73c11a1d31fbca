//! The one writer of this process, with group commit: commands queue up, many are committed in one transaction, each
//! is answered after the commit. Another process may write too; `BEGIN IMMEDIATE` takes turns with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, mpsc};
use std::thread::JoinHandle;

use countersign_core::UnixSeconds;
use tokio::sync::oneshot;

use super::sqlite::{self, Db, lock};
use super::{Options, Write};
use crate::dialect;
use crate::error::{Result, StoreError};

/// A command that has run: whether its changes stay, and how its asker learns what became of the commit.
struct Done {
    keep: bool,
    answer: Box<dyn FnOnce(Result<()>) + Send>,
}

/// Runs on the connection; without one (no transaction could begin) it only prepares to answer. `None` after a panic.
type Command = Box<dyn FnOnce(Option<&Db<'_>>) -> Option<Done> + Send>;

/// The queue of the writer thread. It is as long as there are callers waiting: the caller bounds them.
pub(crate) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Command>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(crate) fn start(path: &Path, options: Options, now: UnixSeconds) -> Result<Self> {
        let connection = sqlite::writing(path, options, now)?;
        let (sender, receiver) = mpsc::channel();
        let most = options.group_commit_max.max(1);
        let thread =
            spawn("store-writer", move || write_loop(&Db::of(&connection), &receiver, most))?;
        Ok(Self { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    /// Runs `command` in a savepoint of its own. An error or [`Write::Undo`] undoes what it did; its neighbours do
    /// not notice. Once queued it is carried out, also when the caller stops waiting.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        command: impl Fn(&Db<'_>) -> Result<Write<T>> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        self.send(Box::new(move |db| {
            let run = || db.map_or(Err(StoreError::Closed), &command);
            let result = catch_unwind(AssertUnwindSafe(run)).ok()?;
            let keep = result.as_ref().is_ok_and(Write::keeps);
            let answer = Box::new(move |committed: Result<()>| {
                let _ = sender.send(committed.and(result).map(Write::into_answer));
            });
            Some(Done { keep, answer })
        }))?;
        receiver.await.map_err(|_| StoreError::Abandoned)?
    }

    fn send(&self, command: Command) -> Result<()> {
        let queue = lock(&self.queue);
        let sender = queue.as_ref().ok_or(StoreError::Closed)?;
        sender.send(command).map_err(|_| StoreError::Closed)
    }

    /// Commits what is queued and ends the thread. Later writes are refused.
    pub(crate) fn close(&self) {
        drop(lock(&self.queue).take());
        if let Some(thread) = lock(&self.thread).take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

pub(super) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn(run).map_err(|e| StoreError::Engine(format!("no thread {name}: {e}")))
}

fn write_loop(db: &Db<'_>, queue: &mpsc::Receiver<Command>, most: usize) {
    while let Ok(first) = queue.recv() {
        let mut done = Vec::new();
        let committed = commit_group(db, first, queue, most, &mut done);
        if committed.is_err() && db.in_transaction() {
            let _ = db.batch("ROLLBACK");
        }
        for Done { answer, .. } in done {
            answer(committed.clone());
        }
    }
}

/// Everything that is queued now, up to `most`, goes into one transaction. While its commit waits for the disk the
/// next group queues up: the busier it gets, the larger the groups.
fn commit_group(
    db: &Db<'_>,
    first: Command,
    queue: &mpsc::Receiver<Command>,
    most: usize,
    done: &mut Vec<Done>,
) -> Result<()> {
    let begun = db.run(dialect::BEGIN_WRITE, &[]);
    let mut next = Some(first);
    let mut commands = 0;
    while let Some(command) = next {
        commands += 1;
        match &begun {
            Ok(_) => run_in_savepoint(db, command, done)?,
            Err(_) => done.extend(command(None)),
        }
        next = if commands < most { queue.try_recv().ok() } else { None };
    }
    begun?;
    db.run("COMMIT", &[])?;
    Ok(())
}

fn run_in_savepoint(db: &Db<'_>, command: Command, done: &mut Vec<Done>) -> Result<()> {
    db.run("SAVEPOINT command", &[])?;
    let outcome = command(Some(db));
    let keep = outcome.as_ref().is_some_and(|done| done.keep);
    done.extend(outcome);
    if !keep {
        db.run("ROLLBACK TO command", &[])?;
    }
    db.run("RELEASE command", &[])?;
    Ok(())
}
