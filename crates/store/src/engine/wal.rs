//! The embedded engine's write-ahead log, and how its pages come into the file (SQLite's documentation, "Write-Ahead Logging", 3.2
//! and 6).
//!
//! A thread of its own copies them while the writer goes on. Left to SQLite the writer does it within a commit, and everybody
//! waits: the longer, the larger the file. But the log begins anew only when all of it is copied, and as long as the writer goes
//! on there is always a rest. That is the writer's, once it is small.

use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;

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
/// A log of so many times its size is the writer's, whatever the rest: the thread does not keep up, somebody reads for long, or the
/// disk fails.
const TOO_LARGE: u32 = 4;

/// The log, as the writer sees it.
pub(super) struct Log {
    /// In how many pages it is to begin anew.
    size: u32,
    progress: Arc<Progress>,
    /// How long it was before the last commit.
    before: u32,
    /// How long it is when the writer copies the rest.
    finish_at: u32,
    copier: Option<Copier>,
    path: PathBuf,
}

#[derive(Default)]
struct Progress {
    /// Pages in the log after the last commit.
    pages: AtomicU32,
    /// How many of them are in the file, too. An old figure makes a copy come too soon or too late, and nothing worse.
    copied: AtomicU32,
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
        let size = size.max(SMALL);
        Ok(Self { size, progress, before: 0, finish_at: size, copier: None, path: path.to_owned() })
    }

    /// After a commit, when those who waited for it have been told.
    pub(super) fn look_after(&mut self, writer: &Connection) {
        let Connection::Sqlite(writer) = writer else { return };
        let pages = self.progress.pages.load(Relaxed);
        if pages < self.before {
            self.progress.copied.store(0, Relaxed);
            self.finish_at = self.size;
        }
        self.before = pages;
        let left = pages.saturating_sub(self.progress.copied.load(Relaxed));
        let (is_small, is_too_large) =
            (left <= self.size / SMALL, pages >= self.size.saturating_mul(TOO_LARGE));
        if left >= self.size / PART || (pages >= self.size && !is_small) {
            self.wake();
        }
        if pages >= self.finish_at && (is_small || is_too_large) {
            if is_too_large {
                self.progress.copy_in_turn(writer);
            } else {
                self.progress.copy_if_free(writer);
            }
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
        if let Some(copier) = &self.copier {
            // It is at work, and told already to go on.
            let _ = copier.wake.try_send(());
        }
    }
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
    let mut connection = None;
    while woken.recv().is_ok() {
        connection = connection.or_else(|| sqlite::copier(path).ok());
        if let Some(connection) = &connection {
            progress.copy_in_turn(connection);
        }
    }
}

impl Progress {
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
        let done = connection.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE);
        if let Ok((_, copied)) = done {
            self.copied.store(copied.unsigned_abs(), Relaxed);
        }
    }
}
