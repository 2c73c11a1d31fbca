//! What waits in the tables: letters, deliveries of webhooks, rows of the audit log that are not chained, and since when the
//! oldest waits. All of it is read from indexes of what waits, so that whoever measures costs little, however much is done.

use crate::engine::Connection;
use countersign_core::UnixSeconds;

use crate::error::Result;
use crate::row::seconds;
use crate::{JobsWaiting, Store, WebhooksWaiting, audit_chain, find};

const OLDEST_JOB: &str = "SELECT MIN(created_at) FROM job WHERE kind = ?1 AND done_at IS NULL AND (tries > 0 OR run_at <= ?2)";
const OLDEST_DELIVERY: &str = "SELECT MIN(d.created_at) FROM webhook w JOIN webhook_delivery d ON d.webhook_id = w.id \
    WHERE w.status = 'active' AND d.status = 'waiting'";
const OLDEST_ROW: &str = "SELECT MIN(at) FROM audit WHERE seq > ?1";

/// All that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Letters.
    pub mails: JobsWaiting,
    /// Since when the oldest letter waits that could have been sent.
    pub oldest_mail: Option<UnixSeconds>,
    /// Deliveries of webhooks.
    pub webhooks: WebhooksWaiting,
    /// Since when the oldest delivery of an active webhook waits.
    pub oldest_delivery: Option<UnixSeconds>,
    /// Rows of the audit log that are not chained.
    pub unchained: u64,
    /// Since when the oldest row waits to be chained.
    pub oldest_unchained: Option<UnixSeconds>,
}

impl Store {
    /// What waits at `now`; `mail` is the kind of the jobs that are letters.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backlog(&self, mail: &'static str, now: UnixSeconds) -> Result<Backlog> {
        let (mails, webhooks) = (self.jobs_waiting(mail).await?, self.webhooks_waiting().await?);
        let unchained = self.count_unchained_audit().await?;
        self.read(|c| {
            Ok(Backlog {
                mails,
                oldest_mail: oldest(c, OLDEST_JOB, (mail, seconds(now)))?,
                webhooks,
                oldest_delivery: oldest(c, OLDEST_DELIVERY, [])?,
                unchained,
                oldest_unchained: oldest(c, OLDEST_ROW, [audit_chain::highest(c)?])?,
            })
        })
    }
}

fn oldest(
    c: &Connection,
    sql: &str,
    values: impl crate::engine::params::Params,
) -> Result<Option<UnixSeconds>> {
    Ok(find(c, sql, values, |row| row.optional_time())?.flatten())
}
