//! A lane: so many at a time, a short queue, and the rest is sent away at once. What everybody may ask for goes through one,
//! so that a flood of it waits for itself and not in front of those who are logged in.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many wait for each one that is let in.
const QUEUED_FOR_EACH: usize = 8;
/// How long somebody waits before they are sent away.
const PATIENCE: Duration = Duration::from_secs(2);

/// A bounded lane.
#[derive(Debug)]
pub struct Lane {
    inside: Arc<Semaphore>,
    /// Those inside, and those who wait.
    known: Arc<Semaphore>,
}

/// A place in a lane, free again when it is dropped.
#[derive(Debug)]
pub struct Place {
    _inside: OwnedSemaphorePermit,
    _known: OwnedSemaphorePermit,
}

impl Lane {
    /// A lane for so many at a time.
    pub fn new(at_a_time: usize) -> Self {
        let known = at_a_time + at_a_time * QUEUED_FOR_EACH;
        Self { inside: Arc::new(Semaphore::new(at_a_time)), known: Arc::new(Semaphore::new(known)) }
    }

    /// A place, soon; `None` when the queue is full or does not move.
    pub async fn enter(&self) -> Option<Place> {
        let known = Arc::clone(&self.known).try_acquire_owned().ok()?;
        let inside = Arc::clone(&self.inside).acquire_owned();
        let inside = tokio::time::timeout(PATIENCE, inside).await.ok()?.ok()?;
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
}
