//! The life of the vendor's signing key: what changed, and who was told that it ends. The keys themselves are files.

use crate::engine::Connection;
use countersign_core::{Id, UnixSeconds};

use crate::error::Result;
use crate::job::{self, NewJob};
use crate::row::seconds;
use crate::{Store, audit, find, run, user, webhook_event};

const EARLIER: &str =
    "SELECT MIN(step) FROM key_notice WHERE signing_key = ?1 AND until = ?2 AND step <= ?3";
const INSERT: &str = "INSERT INTO key_notice (signing_key, until, step, noticed_at) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT DO NOTHING";

/// A warning that a signing key ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyNotice {
    /// Which key.
    pub signing_key: String,
    /// When it ends.
    pub until: UnixSeconds,
    /// How many seconds before that the warning is due; 0: it has ended.
    pub step: u64,
}

impl Store {
    /// Notes changes of the keys: action, subject and detail of each.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_key_change(
        &self,
        entries: Vec<(&'static str, String, String)>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<()> {
        let actor = actor.to_owned();
        self.write(move |c| {
            for (action, subject, detail) in &entries {
                audit::record(c, now, &actor, action, subject, detail)?;
            }
            Ok(())
        })
        .await
    }

    /// Queues a warning to each active admin of the vendor, unless this one, or a later one, was queued before; whether it was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notice_of_key(
        &self,
        notice: KeyNotice,
        mail: fn(admin: Id, notice: &KeyNotice, now: UnixSeconds) -> NewJob,
        now: UnixSeconds,
    ) -> Result<bool> {
        self.write(move |c| notice_in(c, &notice, mail, now)).await
    }
}

fn notice_in(
    c: &Connection,
    notice: &KeyNotice,
    mail: fn(Id, &KeyNotice, UnixSeconds) -> NewJob,
    now: UnixSeconds,
) -> Result<bool> {
    let (until, step) = (seconds(notice.until), seconds(notice.step));
    let earlier: Option<Option<i64>> =
        find(c, EARLIER, (&notice.signing_key, until, step), |row| row.take())?;
    if earlier.flatten().is_some() {
        return Ok(false);
    }
    if run(c, INSERT, (&notice.signing_key, until, step, seconds(now)))? == 0 {
        return Ok(false);
    }
    for admin in user::active_admins(c)? {
        job::enqueue(c, &mail(admin, notice, now), now)?;
    }
    let left = format!("{} days before the end", notice.step / 86_400);
    audit::record(c, now, "portal", "keys.warning", &format!("key:{}", notice.signing_key), &left)?;
    tell(c, notice, now)?;
    Ok(true)
}

fn tell(c: &Connection, notice: &KeyNotice, now: UnixSeconds) -> Result<()> {
    let KeyNotice { signing_key, until, step } = notice;
    let data = || {
        let days = until.saturating_sub(now) / 86_400;
        Ok(serde_json::json!({"signing_key": signing_key, "ends_at": until, "days": days}))
    };
    let once = format!("{signing_key}:{until}:{step}");
    let topic = webhook_event::Topic::SigningKeyEnding;
    webhook_event::tell(c, topic, &once, now, data).map(|_| ())
}
