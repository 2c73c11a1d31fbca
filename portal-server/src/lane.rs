//! A lane: so many at a time, a short queue, and the rest is sent away at once. Each kind of work has one of its own, so that a
//! flood of it waits for itself and not in front of everybody else, and what is let in is answered in bounded time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much a lane takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Width {
    /// How many are inside at a time.
    pub at_a_time: usize,
    /// How many may wait for a place.
    pub waiting: usize,
    /// How long somebody waits before they are sent away.
    pub patience: Duration,
}

/// A bounded lane.
#[derive(Debug)]
pub struct Lane {
    width: Width,
    inside: Arc<Semaphore>,
    /// Those inside, and those who wait.
    known: Arc<Semaphore>,
    measured: Measured,
}

/// Where a lane counts.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// Sent away because too many were waiting.
    pub(crate) full: Counter,
    /// Sent away because the queue did not move.
    pub(crate) slow: Counter,
    /// How long those waited who got a place, in seconds.
    pub(crate) waits: Histogram,
}

/// A place in a lane, free again when it is dropped.
#[derive(Debug)]
pub struct Place {
    _inside: OwnedSemaphorePermit,
    _known: OwnedSemaphorePermit,
}

impl Lane {
    /// A lane of this width, which is at least one at a time.
    pub(crate) fn new(width: Width, measured: Measured) -> Self {
        let width = Width { at_a_time: width.at_a_time.max(1), ..width };
        let semaphore = |places| Arc::new(Semaphore::new(places));
        let (inside, known) =
            (semaphore(width.at_a_time), semaphore(width.at_a_time + width.waiting));
        Self { width, inside, known, measured }
    }

    /// A place, soon; `None` when the queue is full or does not move.
    pub async fn enter(&self) -> Option<Place> {
        let Ok(known) = Arc::clone(&self.known).try_acquire_owned() else {
            self.measured.full.inc();
            return None;
        };
        let came = Instant::now();
        let inside = Arc::clone(&self.inside).acquire_owned();
        let Ok(Ok(inside)) = tokio::time::timeout(self.width.patience, inside).await else {
            self.measured.slow.inc();
            return None;
        };
        self.measured.waits.observe(came.elapsed().as_secs_f64());
        Some(Place { _inside: inside, _known: known })
    }

    /// Everything that is free now, for tests that want to see the lane full.
    pub async fn fill(&self) -> Vec<Place> {
        let mut places = Vec::new();
        while self.inside.available_permits() > 0 {
            places.extend(self.enter().await);
        }
        places
    }

    /// How much it takes.
    pub fn width(&self) -> Width {
        self.width
    }

    /// How many are inside.
    pub fn inside(&self) -> usize {
        self.width.at_a_time.saturating_sub(self.inside.available_permits())
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        let known = self.width.at_a_time + self.width.waiting;
        known.saturating_sub(self.known.available_permits()).saturating_sub(self.inside())
    }
}
