//! What no request causes: licenses that end soon are told of, and what is old is forgotten, on shelves as well. Every process does both; the
//! database sees to it that each is done once.

use std::time::Duration;

use countersign_core::UnixSeconds;
use tokio::sync::watch;

use crate::app::App;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Seconds from one sweep to the next.
const EVERY: u64 = 3600;
/// Seconds that deliveries are kept after they ended.
const KEPT: u64 = 30 * 86_400;
/// Seconds that something lies between two requests at most, on any shelf.
const SHELVED: u64 = 3600;
/// Between batches, while there are many: the database is left to others for most of the time.
const PAUSE: Duration = Duration::from_millis(25);

/// Sweeps until `stop` says true.
pub(super) async fn run(app: &App, mut stop: watch::Receiver<bool>) {
    let mut next = 0;
    while !*stop.borrow() {
        let now = app.now();
        if now >= next {
            match sweep(app, &stop, now).await {
                Ok(()) => next = now + EVERY,
                Err(error) => tracing::error!(%error, "old deliveries could not be looked through"),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn sweep(
    app: &App,
    stop: &watch::Receiver<bool>,
    now: UnixSeconds,
) -> countersign_store::Result<()> {
    while app.store().tell_of_ending_licenses(now).await? > 0 && !*stop.borrow() {
        tokio::time::sleep(PAUSE).await;
    }
    while app.store().purge_deliveries(now.saturating_sub(KEPT)).await? && !*stop.borrow() {
        tokio::time::sleep(PAUSE).await;
    }
    app.store().sweep_shelves(now.saturating_sub(SHELVED)).await?;
    Ok(())
}
