//! Whoever wants to know how the engine does: how long writes wait, how many share a commit, how long reads take.
//!
//! Nothing here is part of an engine. A command that is watched notes when it is run, and when it is dropped, which is after its
//! commit: commands of one commit are run and answered by one thread, and the next ones after that. So the first one that
//! runs begins a group, and the first one that is dropped ends it, whatever engine it is.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::engine::Connection;

use crate::error::Result;

/// Is told of everything, on the thread where it happens: it has to be quick.
pub trait Observer: Send + Sync {
    /// A write waits for its turn.
    fn queued(&self);
    /// It waits no longer: it runs, or was refused.
    fn begun(&self);
    /// It was answered, so long after it was queued.
    fn answered(&self, took: Duration);
    /// So many writes were committed together, or failed together, in this time.
    fn committed(&self, writes: usize, took: Duration);
    /// A read has taken this time, that for a connection included.
    fn read(&self, took: Duration);
}

/// Where the observer is put, once.
#[derive(Default)]
pub(crate) struct Watched(OnceLock<Arc<dyn Observer>>);

impl Watched {
    pub(crate) fn by(&self, observer: Arc<dyn Observer>) {
        let _ = self.0.set(observer);
    }

    pub(crate) fn reading<T>(&self, read: impl FnOnce() -> T) -> T {
        let Some(observer) = self.0.get() else { return read() };
        let began = Instant::now();
        let found = read();
        observer.read(began.elapsed());
        found
    }

    /// The same command, watched.
    pub(crate) fn command<T>(
        &self,
        command: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Fn(&Connection) -> Result<T> + Send + 'static {
        let turn = self.0.get().map(|observer| Turn::new(Arc::clone(observer)));
        move |c| {
            if let Some(turn) = &turn {
                turn.begin();
            }
            command(c)
        }
    }
}

/// The way of one write through the queue.
struct Turn {
    observer: Arc<dyn Observer>,
    queued: Instant,
    begun: Cell<bool>,
}

thread_local! {
    /// The group that this thread is at: how many writes it has, and since when.
    static GROUP: Cell<Option<(usize, Instant)>> = const { Cell::new(None) };
}

impl Turn {
    fn new(observer: Arc<dyn Observer>) -> Self {
        observer.queued();
        Self { observer, queued: Instant::now(), begun: Cell::new(false) }
    }

    /// A command is run again when its group was undone: it counts once.
    fn begin(&self) {
        if self.begun.replace(true) {
            return;
        }
        self.observer.begun();
        let (writes, since) = GROUP.get().unwrap_or_else(|| (0, Instant::now()));
        GROUP.set(Some((writes + 1, since)));
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.begun.get() {
            self.observer.begun();
        } else if let Some((writes, since)) = GROUP.take() {
            self.observer.committed(writes, since.elapsed());
        }
        self.observer.answered(self.queued.elapsed());
    }
}
