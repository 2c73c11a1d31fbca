//! Whether the database's disk takes writes, and whether the clock goes back: as it was some seconds ago, found out by a write of
//! no meaning. Reading alone works on a full disk, and on one that nothing can be written to.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use countersign_store::{Result, StoreError};

use crate::app::App;

/// So long what was found is told again: everybody may ask, and each answer would be a write.
const FRESH: Duration = Duration::from_secs(5);
/// A write that takes longer is not waited for: it goes on, and whoever asks is told that the disk is slow.
const SLOW: Duration = Duration::from_secs(3);
/// Clocks are set by some minutes, and summer time by an hour, by those who set it by hand.
const TOLERANCE: u64 = 2 * 3_600;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Writes {
    /// It takes them.
    Well,
    /// It does not, for this reason.
    Not(String),
}

/// What was found last.
#[derive(Debug, Default)]
pub(crate) struct DiskAtHand(Mutex<Option<(Instant, Writes)>>);

impl DiskAtHand {
    fn get(&self) -> Option<Writes> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        found.filter(|(at, _)| at.elapsed() < FRESH).map(|(_, writes)| writes)
    }

    fn put(&self, writes: &Writes) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), writes.clone()));
    }
}

/// Whether the disk takes writes.
pub(crate) async fn writes(app: &App) -> Writes {
    if let Some(found) = app.disk().get() {
        return found;
    }
    let probe = app.store().probe_writing(app.now());
    let found = match tokio::time::timeout(SLOW, probe).await {
        Ok(Ok(())) => Writes::Well,
        Ok(Err(error)) => Writes::Not(why(&error)),
        Err(_) => Writes::Not("the disk is slow: a write took longer than 3 seconds".to_owned()),
    };
    if let Writes::Not(why) = &found {
        tracing::error!("the database takes no writes: {why}");
    }
    app.disk().put(&found);
    found
}

/// Without paths: everybody may ask.
fn why(error: &StoreError) -> String {
    let words = error.disk_trouble().map(countersign_store::DiskTrouble::words);
    words.unwrap_or("the database takes no writes: the log says why").to_owned()
}

/// By how many seconds the clock is behind what was written last, where that is more than clocks are set by.
///
/// # Errors
/// When the database fails.
pub(crate) async fn behind(app: &App) -> Result<Option<u64>> {
    let last = app.store().last_written().await?.unwrap_or(0);
    Ok(Some(last.saturating_sub(app.now())).filter(|behind| *behind > TOLERANCE))
}
