//! Webhooks: where a vendor's other programs hear of what happens. Their secrets come here encrypted; one that was replaced is
//! kept for a while, since what is signed must suit whoever has not changed it yet.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::engine::Connection;
use countersign_core::{Id, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::row::{Columns, seconds};
use crate::webhook_delivery;
use crate::webhook_event::{self, Topic};
use crate::{Store, audit, find, list, run};

const INSERT: &str = "INSERT INTO webhook (id, url, events, secret, status, created_by, created_at) \
    VALUES (?1, ?2, ?3, ?4, 'active', ?5, ?6)";
const COUNT: &str = "SELECT COUNT(*) FROM webhook WHERE status <> 'deleted'";
const FIND: &str = "SELECT id, url, events, status, failing_since, disabled_why, old_secret_until, created_by, created_at \
    FROM webhook WHERE id = ?1 AND status <> 'deleted'";
const ALL: &str = "SELECT id, url, events, status, failing_since, disabled_why, old_secret_until, created_by, created_at \
    FROM webhook WHERE status <> 'deleted' ORDER BY created_at, id";
const SECRETS: &str = "SELECT secret, old_secret, old_secret_until FROM webhook WHERE id = ?1 AND status <> 'deleted'";
const CHANGE: &str = "UPDATE webhook SET url = ?2, events = ?3, failing_since = CASE WHEN url = ?2 THEN failing_since END \
    WHERE id = ?1 AND status <> 'deleted'";
const ROTATE: &str = "UPDATE webhook SET old_secret = secret, old_secret_until = ?3, secret = ?2 \
    WHERE id = ?1 AND status <> 'deleted'";
const PAUSE: &str = "UPDATE webhook SET status = 'paused' WHERE id = ?1 AND status = 'active'";
const RESUME: &str = "UPDATE webhook SET status = 'active', failing_since = NULL, disabled_why = NULL \
    WHERE id = ?1 AND status IN ('paused', 'disabled')";
const DISABLE: &str = "UPDATE webhook SET status = 'disabled', disabled_why = ?2 WHERE id = ?1 AND status IN ('active', 'paused')";
const STOP: &str = "UPDATE webhook SET status = 'disabled', disabled_why = NULL WHERE id = ?1 AND status IN ('active', 'paused')";
const DELETE: &str = "UPDATE webhook SET status = 'deleted', secret = '', old_secret = NULL, old_secret_until = NULL \
    WHERE id = ?1 AND status <> 'deleted'";
const HEAR: &str =
    "INSERT INTO webhook_topic (topic, webhook_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const DEAF: &str = "DELETE FROM webhook_topic WHERE webhook_id = ?1";

/// Webhooks that there may be.
pub const MOST_WEBHOOKS: u64 = 20;

/// A webhook, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: Id,
    /// Where it is sent to.
    pub url: String,
    /// Of what it hears.
    pub topics: BTreeSet<Topic>,
    /// Whether it is sent to.
    pub status: WebhookStatus,
    /// The first failure since something got through last.
    pub failing_since: Option<UnixSeconds>,
    /// Why the portal disabled it, if it did; somebody may have, by hand.
    pub disabled_why: Option<Disabled>,
    /// Until when a secret that was replaced is signed with as well.
    pub old_secret_until: Option<UnixSeconds>,
    /// Who made it, as in the audit log.
    pub created_by: String,
    /// When.
    pub created_at: UnixSeconds,
}

impl Webhook {
    /// Of its address the host, with what stands before it.
    pub fn place(&self) -> &str {
        place(&self.url)
    }
}

/// Whether a webhook is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookStatus {
    /// It is.
    Active,
    /// What happens is kept for it, and sent when it goes on.
    Paused,
    /// The portal gave it up: it hears of nothing until somebody turns it on again.
    Disabled,
}

impl WebhookStatus {
    /// As text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
        }
    }
}

impl FromStr for WebhookStatus {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Active, Self::Paused, Self::Disabled];
        let found = all.into_iter().find(|status| status.as_str() == text);
        found.ok_or(StoreError::Malformed("webhook status"))
    }
}

/// Why the portal disabled a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabled {
    /// Nothing got through for days.
    Failing,
    /// Its receiver said that it is gone for good.
    Gone,
}

impl Disabled {
    /// As text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }
}

impl FromStr for Disabled {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let found = [Self::Failing, Self::Gone].into_iter().find(|why| why.as_str() == text);
        found.ok_or(StoreError::Malformed("webhook"))
    }
}

/// The secrets of a webhook, in the caller's encrypted form.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecrets {
    /// The one in use.
    pub current: String,
    /// The one before, and until when it is signed with as well.
    pub former: Option<(String, UnixSeconds)>,
}

impl std::fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookSecrets({})", self.former.is_some())
    }
}

/// A webhook to be made.
#[derive(Clone)]
pub struct NewWebhook {
    /// Its id.
    pub id: Id,
    /// Where it is sent to.
    pub url: String,
    /// Of what it hears.
    pub topics: BTreeSet<Topic>,
    /// Its secret, encrypted.
    pub secret: String,
}

/// How making a webhook ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookCreated {
    /// It hears from now on.
    Done,
    /// There are as many as there may be.
    TooMany {
        /// How many.
        allowed: u64,
    },
}

impl Store {
    /// Makes a webhook; it hears of what happens from now on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_webhook(
        &self,
        new: NewWebhook,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<WebhookCreated> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            if find(c, COUNT, [], |row| row.time())?.unwrap_or(0) >= MOST_WEBHOOKS {
                return Ok(WebhookCreated::TooMany { allowed: MOST_WEBHOOKS });
            }
            let (id, events) = (new.id.to_string(), events_text(&new.topics));
            run(c, INSERT, (&id, &new.url, &events, &new.secret, &actor, seconds(now)))?;
            hear(c, &id, &new.topics)?;
            audit::record(c, now, &actor, "webhook.create", &id, place(&new.url))?;
            Ok(WebhookCreated::Done)
        })
        .await
    }

    /// The webhook with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhook(&self, id: Id) -> Result<Option<Webhook>> {
        self.read(|c| find_webhook(c, id))
    }

    /// All of them, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>> {
        self.read(|c| list(c, ALL, [], map))
    }

    /// The secrets of a webhook.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhook_secrets(&self, id: Id) -> Result<Option<WebhookSecrets>> {
        let secrets = |row: &mut Columns<'_>| {
            let (current, former) = (row.text()?, row.take::<Option<String>>()?);
            Ok(WebhookSecrets { current, former: former.zip(row.optional_time()?) })
        };
        self.read(|c| find(c, SECRETS, [id.to_string()], secrets))
    }

    /// Changes where a webhook is sent to and of what it hears. `false` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_webhook(
        &self,
        id: Id,
        url: String,
        topics: BTreeSet<Topic>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            let events = events_text(&topics);
            if run(c, CHANGE, (id.to_string(), &url, &events))? == 0 {
                return Ok(false);
            }
            hear_again(c, id)?;
            audit::record(c, now, &actor, "webhook.change", &id.to_string(), place(&url))?;
            Ok(true)
        })
        .await
    }

    /// Puts another secret, encrypted, in a webhook's place; the present one is signed with as well until `old_until`. `false` when
    /// there is no such webhook.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rotate_webhook_secret(
        &self,
        id: Id,
        secret: String,
        old_until: UnixSeconds,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            let done = run(c, ROTATE, (id.to_string(), &secret, seconds(old_until)))? == 1;
            if done {
                audit::record(c, now, &actor, "webhook.rotate-secret", &id.to_string(), "")?;
            }
            Ok(done)
        })
        .await
    }

    /// Keeps what happens for a webhook, and sends nothing. `false` when there is no such webhook that is active.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pause_webhook(&self, id: Id, actor: &str, now: UnixSeconds) -> Result<bool> {
        self.turn(id, PAUSE, "webhook.pause", actor, now).await
    }

    /// Sends again to a webhook that is paused or was disabled. `false` when there is no such one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resume_webhook(&self, id: Id, actor: &str, now: UnixSeconds) -> Result<bool> {
        self.turn(id, RESUME, "webhook.resume", actor, now).await
    }

    /// Disables a webhook by hand: it hears of nothing, and what waits for it is given up. `false` when there is no such webhook that
    /// is active or paused.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stop_webhook(&self, id: Id, actor: &str, now: UnixSeconds) -> Result<bool> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            if run(c, STOP, [id.to_string()])? != 1 {
                return Ok(false);
            }
            hear_again(c, id)?;
            webhook_delivery::give_up_waiting(c, id, now)?;
            audit::record(c, now, &actor, "webhook.disable", &id.to_string(), "by hand")?;
            Ok(true)
        })
        .await
    }

    /// Deletes a webhook: its secret at once, its deliveries when what is old is purged. `false` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_webhook(&self, id: Id, actor: &str, now: UnixSeconds) -> Result<bool> {
        self.turn(id, DELETE, "webhook.delete", actor, now).await
    }

    /// Sends something to a webhook for no other reason than to see whether it arrives; `once` is drawn anew each time. `false`
    /// when there is no such webhook.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn test_webhook(
        &self,
        id: Id,
        once: Id,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            if find_webhook(c, id)?.is_none() {
                return Ok(false);
            }
            webhook_event::tell_one(c, id, once, now)?;
            audit::record(c, now, &actor, "webhook.test", &id.to_string(), "")?;
            Ok(true)
        })
        .await
    }

    async fn turn(
        &self,
        id: Id,
        sql: &'static str,
        action: &'static str,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            let done = run(c, sql, [id.to_string()])? == 1;
            if done {
                hear_again(c, id)?;
                audit::record(c, now, &actor, action, &id.to_string(), "")?;
            }
            Ok(done)
        })
        .await
    }
}

pub(crate) fn find_webhook(c: &Connection, id: Id) -> Result<Option<Webhook>> {
    find(c, FIND, [id.to_string()], map)
}

/// Gives a webhook up. `false` when it was before.
pub(crate) fn disable(c: &Connection, id: Id, why: Disabled, now: UnixSeconds) -> Result<bool> {
    let done = run(c, DISABLE, (id.to_string(), why.as_str()))? == 1;
    if done {
        hear_again(c, id)?;
        audit::record(c, now, "portal", "webhook.disable", &id.to_string(), why.as_str())?;
    }
    Ok(done)
}

/// Who hears of what, as it is now.
fn hear_again(c: &Connection, id: Id) -> Result<()> {
    run(c, DEAF, [id.to_string()])?;
    match find_webhook(c, id)? {
        Some(webhook) if webhook.status != WebhookStatus::Disabled => {
            hear(c, &id.to_string(), &webhook.topics)
        }
        _ => Ok(()),
    }
}

fn hear(c: &Connection, id: &str, topics: &BTreeSet<Topic>) -> Result<()> {
    topics.iter().try_for_each(|topic| run(c, HEAR, (topic.as_str(), id)).map(|_| ()))
}

/// Of an address what may stand in the log: many have a secret in what follows the host.
fn place(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?']).map_or(url.len(), |at| host + at);
    &url[..end]
}

fn events_text(topics: &BTreeSet<Topic>) -> String {
    topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>().join(" ")
}

fn map(row: &mut Columns<'_>) -> Result<Webhook> {
    Ok(Webhook {
        id: row.parsed("webhook id")?,
        url: row.text()?,
        topics: row.text()?.split(' ').filter_map(|word| word.parse().ok()).collect(),
        status: row.parsed("webhook status")?,
        failing_since: row.optional_time()?,
        disabled_why: row.optional("webhook")?,
        old_secret_until: row.optional_time()?,
        created_by: row.text()?,
        created_at: row.time()?,
    })
}
