//! Signing where the chain ends.

use anyhow::Context as _;
use countersign_core::checkpoint::Checkpoint;
use countersign_core::file::{self, CommentLine};
use countersign_core::{Code, Id};
use countersign_store::{ChainHead, Result, StoredCheckpoint};

use super::{log, opening, seal_all};
use crate::app::App;
use crate::signing::NotSigned;

const DAY: u64 = 86_400;
/// After so many entries there is a checkpoint, however soon.
const EVERY: u64 = 10_000;

/// Whether the time for one has come.
pub(super) async fn is_due(app: &App) -> Result<bool> {
    let Some(head) = app.store().audit_head().await? else { return Ok(false) };
    let last = app.store().audit_checkpoints(None, 1).await?.pop();
    Ok(last.is_none_or(|last| {
        let is_new = head.n > last.n;
        is_new && (app.now() >= last.at.saturating_add(DAY) || head.n - last.n >= EVERY)
    }))
}

/// Chains everything that is there and signs a checkpoint of it; the one that there is, if nothing has happened since.
///
/// # Errors
/// When the database fails, or the portal's key may not sign it.
pub async fn make(app: &App) -> anyhow::Result<StoredCheckpoint> {
    seal_all(app).await?;
    let (store, log) = (app.store(), log(app).await?);
    let head = match store.audit_head().await? {
        Some(head) => head,
        None => ChainHead { n: 0, hash: opening(&log).1.hash },
    };
    if let Some(there) = store.audit_checkpoint(head.n).await? {
        return Ok(there);
    }
    let at = app.now();
    let ChainHead { n, hash } = head;
    let issuer = app.vendor().to_owned();
    let checkpoint = Checkpoint { issuer, issued_at: at, log: log.id, n, hash };
    let token = match app.keys().signing.sign_checkpoint(&checkpoint).await {
        Err(NotSigned::Refused(error)) if error.code() == Code::OutOfScope => {
            return Err(error).context(
                "the portal's key may not sign checkpoints. Delegate to it anew with audit-checkpoint among the types \
                 (countersign keys delegate --types …,audit-checkpoint)",
            );
        }
        signed => signed?,
    };
    store.save_audit_checkpoint(StoredCheckpoint { n, at, token }).await?;
    let stored = store.audit_checkpoint(n).await?;
    stored.context("the checkpoint was signed and is not stored")
}

/// The checkpoint as a file that a person keeps.
pub fn carrier(vendor: &str, log: Id, checkpoint: &StoredCheckpoint) -> String {
    let StoredCheckpoint { n, at, token } = checkpoint;
    let lines = [
        format!("{vendor} - audit log checkpoint (keep it elsewhere)"),
        format!("log      {log}"),
        format!("entry    {n}  signed {} UTC", file::date(*at)),
    ];
    file::write(token, &lines.map(|line| CommentLine::new(&line)))
}

/// What that file is called.
pub fn file_name(log: Id, n: u64) -> String {
    format!("audit-{log}-{n:0>10}.checkpoint")
}
