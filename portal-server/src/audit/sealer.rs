//! Chains rows that were written down, a few seconds later: in small batches through the one writer, so that no activation
//! waits for long, and so that nodes do not wait for each other's hashes.

use std::time::Duration;

use countersign_audit::Entry;
use countersign_core::Hash;
use countersign_crash::{Point, passes};
use countersign_store::{AuditEntry, Result};
use tokio::sync::watch;

use super::{checkpoint, folder, log, opening};
use crate::app::App;

/// Rows that are chained in one transaction.
const BATCH: u32 = 250;
/// Between batches while there is much to catch up with: the writer is left to others for most of the time.
const PAUSE: Duration = Duration::from_millis(25);
/// Batches at the shutdown; what is left is chained after the next start.
const LAST_BATCHES: u32 = 40;

/// Chains what comes, signs checkpoints when they are due, and writes them into their folder, until `stop` says true.
pub(crate) async fn run(app: App, mut stop: watch::Receiver<bool>) {
    let mut written = folder::Written::default();
    while !*stop.borrow() {
        tokio::select! {
            () = tokio::time::sleep(app.config().seal_every) => {}
            _ = stop.changed() => {}
        }
        if let Err(error) = round(&app, &stop, &mut written).await {
            // Where nothing can be stored, other things say so, too.
            tracing::debug!(%error, "the audit log could not be chained now");
        }
    }
}

async fn round(
    app: &App,
    stop: &watch::Receiver<bool>,
    written: &mut folder::Written,
) -> Result<()> {
    let mut batches = 0;
    while seal_batch(app).await? == Sealed::More {
        batches += 1;
        if *stop.borrow() && batches >= LAST_BATCHES {
            return Ok(());
        }
        if !*stop.borrow() {
            tokio::time::sleep(PAUSE).await;
        }
    }
    if checkpoint::is_due(app).await? {
        let made = checkpoint::make(app).await;
        app.audit_troubles().checkpoint(made.err().map(|error| format!("{error:#}")));
    }
    if let Some(place) = &app.config().audit_checkpoints {
        let done = folder::catch_up(app, place, written).await?;
        app.audit_troubles().folder(done.err().map(|error| format!("{error:#}")));
    }
    Ok(())
}

/// Chains everything that is there now.
///
/// # Errors
/// When the database fails.
pub async fn seal_all(app: &App) -> Result<()> {
    while seal_batch(app).await? == Sealed::More {
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sealed {
    /// All that was there.
    All,
    /// There may be more.
    More,
}

async fn seal_batch(app: &App) -> Result<Sealed> {
    let store = app.store();
    // The end first: rows that somebody else chains after this are seen by it having moved.
    let before = store.audit_head().await?;
    let rows = store.unchained_audit(BATCH).await?;
    if rows.entries.is_empty() {
        return Ok(Sealed::All);
    }
    let (mut n, mut prev) = match before {
        Some(head) => (head.n, head.hash),
        None => (0, opening(&log(app).await?).1.hash),
    };
    let mut links = Vec::with_capacity(rows.entries.len());
    for row in &rows.entries {
        n += 1;
        prev = entry(row, n, prev).line().1.hash;
        links.push((row.seq, prev));
    }
    let is_full = rows.entries.len() >= BATCH as usize;
    passes(Point::Sealing);
    let chained = store.chain_audit(before, links, rows.gaps, app.now()).await;
    passes(Point::Sealed);
    match chained {
        Ok(true) if !is_full => Ok(Sealed::All),
        Ok(_) => Ok(Sealed::More),
        // Another process was faster.
        Err(error) if error.is_constraint() => Ok(Sealed::More),
        Err(error) => Err(error),
    }
}

/// A row as entry `n` after the line with the hash `prev`.
pub(super) fn entry(row: &AuditEntry, n: u64, prev: Hash) -> Entry<'_> {
    Entry {
        n,
        seq: row.seq,
        at: row.at,
        prev,
        actor: row.actor.as_str().into(),
        action: row.action.as_str().into(),
        subject: row.subject.as_str().into(),
        detail: row.detail.as_str().into(),
        organization: row.organization.as_deref().map(Into::into),
    }
}
