//! What the overview's numbers come from: the audit log, counted along its chain in the background (`store/tally.rs`), and
//! refused requests, which leave no row anywhere. Those are counted in memory and added to the database every few seconds: a
//! flood of them writes as little as one of them, and a kill loses the last seconds at most.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use countersign_core::{Hash, UnixSeconds};
use countersign_store::{CountKind, DailyCount, Result, Tallied};
use tokio::sync::watch;

use crate::app::App;
use crate::audit;

/// Entries that are counted in one transaction.
const BATCH: u32 = 250;
/// Between batches while there is much to catch up with: a thousand entries a second are a few hundredths of what the writer can.
const PAUSE: Duration = Duration::from_millis(250);
/// Requests that are remembered, so that one that is tried again and again is one. Twice as many bytes as 64 for each.
const MOST_REMEMBERED: usize = 8_192;
/// There are fewer codes; what is counted in memory is bounded whatever there will be.
const MOST_COUNTED: usize = 512;
const DAY: u64 = 86_400;

/// What is a step on the way and no refusal: the person is asked which license it is for, the trial page does its work.
const NO_REFUSALS: [&str; 2] = ["license-needed", "work-required"];

/// Refused requests of this process that are not in the database yet.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// By day and code.
    counts: BTreeMap<(u64, String), u64>,
    /// Hash of what was brought, and the code: looked at and sent, it is refused twice for one reason.
    remembered: HashSet<(Hash, &'static str)>,
    day: u64,
}

impl Refusals {
    /// A request, or a file that is none, was refused. `brought` is its hash.
    pub(crate) fn count(&self, brought: Hash, code: &'static str, now: UnixSeconds) {
        if NO_REFUSALS.contains(&code) {
            return;
        }
        let mut counted = self.lock();
        let day = now / DAY;
        if counted.day != day || counted.remembered.len() >= MOST_REMEMBERED {
            counted.day = day;
            counted.remembered.clear();
        }
        if counted.remembered.insert((brought, code)) {
            counted.add(day, code.to_owned(), 1);
        }
    }

    fn take(&self) -> Vec<DailyCount> {
        let counts = std::mem::take(&mut self.lock().counts);
        let kind = CountKind::Refused;
        let count = |((day, detail), count)| DailyCount { day, kind, detail, count };
        counts.into_iter().map(count).collect()
    }

    fn give_back(&self, counts: Vec<DailyCount>) {
        let mut counted = self.lock();
        for DailyCount { day, detail, count, .. } in counts {
            counted.add(day, detail, count);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn add(&mut self, day: u64, code: String, count: u64) {
        let is_known = self.counts.contains_key(&(day, code.clone()));
        if is_known || self.counts.len() < MOST_COUNTED {
            *self.counts.entry((day, code)).or_default() += count;
        }
    }
}

/// Counts what comes until `stop` says true.
pub(crate) async fn run(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            () = tokio::time::sleep(app.config().seal_every) => {}
            _ = stop.changed() => {}
        }
        if let Err(error) = round(&app, &stop).await {
            // Where nothing can be stored, other things say so, too.
            tracing::debug!(%error, "what happened could not be counted now");
        }
    }
}

async fn round(app: &App, stop: &watch::Receiver<bool>) -> Result<()> {
    flush(app).await?;
    while app.store().tally_some(BATCH).await? == Tallied::More && !*stop.borrow() {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Adds the refusals of this process to those in the database; where that fails they are kept for the next time.
async fn flush(app: &App) -> Result<()> {
    let counts = app.refusals().take();
    if counts.is_empty() {
        return Ok(());
    }
    let added = app.store().add_daily_counts(counts.clone()).await;
    if added.is_err() {
        app.refusals().give_back(counts);
    }
    added
}

/// Counts everything that there is now, and chains it before.
///
/// # Errors
/// When the database fails.
pub async fn catch_up(app: &App) -> Result<()> {
    audit::seal_all(app).await?;
    flush(app).await?;
    while app.store().tally_some(BATCH).await? == Tallied::More {
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixSeconds = 1_790_000_000;

    fn total(refusals: &Refusals) -> u64 {
        refusals.lock().counts.values().sum()
    }

    #[test]
    fn a_request_that_is_tried_again_is_one_refusal_a_day() {
        let refusals = Refusals::default();
        for _ in 0..10 {
            refusals.count(Hash::of("one"), "seats-used-up", NOW);
        }
        refusals.count(Hash::of("two"), "seats-used-up", NOW);
        refusals.count(Hash::of("two"), "license-needed", NOW);
        assert_eq!(total(&refusals), 2);
        refusals.count(Hash::of("one"), "seats-used-up", NOW + DAY);
        assert_eq!(total(&refusals), 3);
        let taken = refusals.take();
        assert_eq!(taken.len(), 2);
        assert_eq!(total(&refusals), 0);
        refusals.give_back(taken);
        assert_eq!(total(&refusals), 3);
    }

    #[test]
    fn attack_a_flood_of_refused_requests_takes_bounded_memory_and_one_row_for_each_code() {
        let refusals = Refusals::default();
        for n in 0..3 * MOST_REMEMBERED {
            refusals.count(Hash::of(n.to_string()), "unknown-license", NOW);
            assert!(refusals.lock().remembered.len() <= MOST_REMEMBERED);
        }
        assert_eq!(refusals.take().len(), 1);
    }
}
