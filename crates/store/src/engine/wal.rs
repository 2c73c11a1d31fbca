//! The embedded engine's write-ahead log, and how its pages come into the file (SQLite's documentation, "Write-Ahead Logging", 3.2
//! and 6).
//!
//! A thread of its own copies them while the writer goes on. Left to SQLite the writer does it within a commit, and everybody
//! waits: the longer, the larger the file. But the log begins anew only when all of it is copied, and as long as the writer goes
//! on there is always a rest. That is the writer's, once it is small.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::Duration;

use countersign_crash::{Point, passes};
use rusqlite::DEFAULT_NAME;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;

use super::connection::Connection;
use super::sqlite;
use crate::error::Result;

#[cfg(test)]
mod tests;

/// The thread is told after so many new pages, as a part of the log's size: a page that changes often is copied once for all of them.
const PART: u32 = 2;
/// A rest that the writer copies, as a part of the log's size.
const SMALL: u32 = 32;
/// At a log of so many times its size the writer waits for the thread, and a moment for those who read: the thread does not keep up,
/// there is always somebody who reads, or the disk fails. The next time when it is twice as long.
const TOO_LARGE: u32 = 4;
/// How long it waits for those who read: most are done in less, and a backup is not.
const MOMENT: Duration = Duration::from_millis(50);

/// The log's size in a test build.
const LOG_PAGES: &str = "COUNTERSIGN_LOG_PAGES";

/// The log, as the writer sees it.
pub(super) struct Log {
    /// In how many pages it is to begin anew.
    size: u32,
    progress: Arc<Progress>,
    /// How long it was before the last commit.
    before: u32,
    /// How long it is when the writer copies the rest.
    finish_at: u32,
    /// How long it is when the writer waits.
    wait_at: u32,
    copier: Option<Copier>,
    path: PathBuf,
}

#[derive(Default)]
struct Progress {
    /// Pages in the log after the last commit.
    pages: AtomicU32,
    /// How many of them are in the file, too.
    copied: AtomicU32,
    /// How often the log was begun anew.
    rounds: AtomicU32,
    /// Who copies has it: SQLite refuses a second one instead of keeping it waiting.
    turn: Mutex<()>,
}

struct Copier {
    wake: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Log {
    /// The log of the file at `path`, which `writer` writes to.
    pub(super) fn of(path: &Path, writer: &mut rusqlite::Connection, size: u32) -> Result<Self> {
        let progress = Arc::new(Progress::default());
        let seen = Arc::clone(&progress);
        // In place of SQLite's own, which copies.
        writer.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            seen.pages.store(pages.unsigned_abs(), Relaxed);
            Ok(())
        }))?;
        let size = countersign_crash::number(LOG_PAGES, size).max(SMALL);
        let path = path.to_owned();
        let (finish_at, wait_at) = lengths(size);
        Ok(Self { size, progress, before: 0, finish_at, wait_at, copier: None, path })
    }

    /// After a commit, when those who waited for it have been told.
    pub(super) fn look_after(&mut self, writer: &Connection) {
        let Connection::Sqlite(writer) = writer else { return };
        let pages = self.progress.pages.load(Relaxed);
        if pages < self.before {
            passes(Point::LogBegunAnew);
            self.progress.begun_anew();
            (self.finish_at, self.wait_at) = lengths(self.size);
        }
        self.before = pages;
        let left = pages.saturating_sub(self.progress.copied.load(Relaxed));
        let is_small = left <= self.size / SMALL;
        if left >= self.size / PART || (pages >= self.size && !is_small) {
            self.wake();
        }
        if pages >= self.wait_at {
            self.progress.finish(writer);
            self.wait_at = pages.saturating_mul(2);
        } else if pages >= self.finish_at && is_small {
            self.progress.copy_if_free(writer);
            // The next commit begins the log anew, unless somebody still reads from it or the disk is full: then this is tried again,
            // but not after each commit.
            self.finish_at = pages.saturating_add(self.size / SMALL);
        }
    }

    /// The first time starts the thread: most programs that open a database do not write that much.
    fn wake(&mut self) {
        if self.copier.is_none() {
            self.copier = Copier::start(&self.path, &self.progress);
        }
        if let Some(copier) = &self.copier
            && let Err(TrySendError::Disconnected(())) = copier.wake.try_send(())
        {
            // It panicked, and that was said: the next time another one is started.
            self.copier = None;
        }
    }
}

/// Where the writer copies the rest of a log of this size that begins, and where it waits.
fn lengths(size: u32) -> (u32, u32) {
    (size, size.saturating_mul(TOO_LARGE))
}

impl Drop for Log {
    /// The thread has ended before the writer's connection is closed, which takes all of the log into the file.
    fn drop(&mut self) {
        if let Some(Copier { wake, thread }) = self.copier.take() {
            drop(wake);
            let _ = thread.join();
        }
    }
}

impl Copier {
    /// None where the system has no thread to give: the writer copies, when the log is too large.
    fn start(path: &Path, progress: &Arc<Progress>) -> Option<Self> {
        let (wake, woken) = sync_channel(1);
        let (path, progress) = (path.to_owned(), Arc::clone(progress));
        let thread = std::thread::Builder::new()
            .name("store-wal".to_owned())
            .spawn(move || copy_when_woken(&path, &woken, &progress));
        Some(Self { wake, thread: thread.ok()? })
    }
}

fn copy_when_woken(path: &Path, woken: &Receiver<()>, progress: &Progress) {
    let (mut connection, file) = (None, kept_open(path));
    while woken.recv().is_ok() {
        connection = connection.or_else(|| sqlite::copier(path).ok());
        if let Some(connection) = &connection {
            progress.copy_in_turn(connection);
            // SQLite does so where it has copied all, which is the writer's part: it would wait for all pages of this pass.
            let _ = file.as_ref().map(|file| file.sync_data());
            passes(Point::LogSynced);
        }
    }
}

/// The file, for having it written to the disk. It is never closed: closing any of a process's handles of a file gives up all locks
/// that the process has on it (POSIX; sqlite3.c, "How to avoid POSIX advisory locking problems").
fn kept_open(path: &Path) -> Option<Arc<File>> {
    static FILES: Mutex<BTreeMap<PathBuf, Arc<File>>> = Mutex::new(BTreeMap::new());
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if !files.contains_key(path) {
        files.insert(path.to_owned(), Arc::new(File::open(path).ok()?));
    }
    files.get(path).cloned()
}

impl Progress {
    fn begun_anew(&self) {
        self.rounds.fetch_add(1, Relaxed);
        self.copied.store(0, Relaxed);
    }

    fn copy_in_turn(&self, connection: &rusqlite::Connection) {
        self.copy(connection, self.turn.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn copy_if_free(&self, connection: &rusqlite::Connection) {
        match self.turn.try_lock() {
            Ok(turn) => self.copy(connection, turn),
            Err(TryLockError::Poisoned(turn)) => self.copy(connection, turn.into_inner()),
            Err(TryLockError::WouldBlock) => {}
        }
    }

    /// Copies what is in the log by now and nobody reads from it any more, without keeping anybody from writing. What cannot be
    /// copied now stays in the log, where it is found: on a full disk it is writes to the log that fail, and they are answered so.
    fn copy(&self, connection: &rusqlite::Connection, _turn: MutexGuard<'_, ()>) {
        passes(Point::LogCopying);
        let round = self.rounds.load(Relaxed);
        let done = connection.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE);
        passes(Point::LogCopied);
        if let Ok((_, copied)) = done
            && self.rounds.load(Relaxed) == round
        {
            self.copied.store(copied.unsigned_abs(), Relaxed);
        }
    }

    /// The same by the writer, who waits a moment for those who read: the log begins anew then.
    fn finish(&self, writer: &rusqlite::Connection) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        passes(Point::LogCopying);
        sqlite::with_patience(writer, MOMENT, || {
            // Where somebody reads for longer, what could be copied is.
            let _ = writer.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::RESTART);
        });
        passes(Point::LogCopied);
    }
}
