//! Deliveries: one event on its way to one webhook. Whoever takes one moves its time to where another may take it, so a
//! process that dies with it loses nothing; each try has its number, so what a late one says is not believed.

use std::str::FromStr;

use crate::engine::Connection;
use crate::engine::writer::Scope;
use countersign_core::{Id, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::job::{self, NewJob};
use crate::page::{Cursor, Key, Page, wanted};
use crate::row::{Columns, seconds};
use crate::webhook::{self, Disabled};
use crate::{Store, audit, find, list, run, user};

const DUE: &str = "SELECT w.id FROM webhook w WHERE w.status = 'active' AND EXISTS ( \
    SELECT 1 FROM webhook_delivery d WHERE d.webhook_id = w.id AND d.status = 'waiting' AND d.next_at <= ?1)";
// The guard stands outside as well: where two nodes choose the same rows, the second finds them taken.
const TAKE: &str = "UPDATE webhook_delivery SET tries = tries + 1, next_at = ?3 WHERE seq IN ( \
    SELECT seq FROM webhook_delivery WHERE webhook_id = ?1 AND status = 'waiting' AND next_at <= ?2 \
    ORDER BY next_at, seq LIMIT ?4) AND status = 'waiting' AND next_at <= ?2 \
    RETURNING seq, tries, event_id";
const EVENT: &str = "SELECT payload FROM webhook_event WHERE id = ?1";
const END: &str = "UPDATE webhook_delivery SET status = ?3, kept_from = ?4, last_at = ?4, last_code = ?5, last_error = ?6, \
    last_words = ?7, answer = ?8 WHERE seq = ?1 AND tries = ?2 AND status = 'waiting' RETURNING webhook_id";
const LATER: &str = "UPDATE webhook_delivery SET next_at = ?3, last_at = ?4, last_code = ?5, last_error = ?6, last_words = ?7, \
    answer = ?8 WHERE seq = ?1 AND tries = ?2 AND status = 'waiting' RETURNING webhook_id";
const WELL: &str =
    "UPDATE webhook SET failing_since = NULL WHERE id = ?1 AND failing_since IS NOT NULL";
const FAILING: &str =
    "UPDATE webhook SET failing_since = ?2 WHERE id = ?1 AND failing_since IS NULL";
const GIVE_UP_ALL: &str = "UPDATE webhook_delivery SET status = 'failed', kept_from = ?2 WHERE webhook_id = ?1 AND status = 'waiting'";
const OF_WEBHOOK: &str = "SELECT d.seq, d.event_id, e.topic, d.status, d.tries, d.next_at, d.created_at, d.last_at, d.last_code, \
    d.last_error, d.last_words, d.answer FROM webhook_delivery d JOIN webhook_event e ON e.id = d.event_id \
    WHERE d.webhook_id = ?1 AND d.seq < ?2 ORDER BY d.seq DESC LIMIT ?3";
const OF_STATUS: &str = "SELECT d.seq, d.event_id, e.topic, d.status, d.tries, d.next_at, d.created_at, d.last_at, d.last_code, \
    d.last_error, d.last_words, d.answer FROM webhook_delivery d JOIN webhook_event e ON e.id = d.event_id \
    WHERE d.webhook_id = ?1 AND d.status = ?4 AND d.seq < ?2 ORDER BY d.seq DESC LIMIT ?3";
const FIND: &str = "SELECT d.seq, d.event_id, e.topic, d.status, d.tries, d.next_at, d.created_at, d.last_at, d.last_code, \
    d.last_error, d.last_words, d.answer, e.payload FROM webhook_delivery d JOIN webhook_event e ON e.id = d.event_id \
    WHERE d.webhook_id = ?1 AND d.seq = ?2";
const RESEND: &str = "UPDATE webhook_delivery SET status = 'waiting', tries = 0, next_at = ?3, kept_from = ?3 \
    WHERE webhook_id = ?1 AND seq = ?2 AND status <> 'waiting'";
const RESEND_FAILED: &str = "UPDATE webhook_delivery SET status = 'waiting', tries = 0, next_at = ?2, kept_from = ?2 \
    WHERE seq IN (SELECT seq FROM webhook_delivery WHERE webhook_id = ?1 AND status = 'failed' ORDER BY seq LIMIT ?3)";
const WAITING: &str = "SELECT COUNT(*), COALESCE(SUM(CASE WHEN d.tries > 0 AND d.last_at IS NOT NULL THEN 1 ELSE 0 END), 0) \
    FROM webhook w JOIN webhook_delivery d ON d.webhook_id = w.id WHERE w.status <> 'deleted' AND d.status = 'waiting'";
const DISABLED: &str = "SELECT COUNT(*) FROM webhook WHERE status = 'disabled'";
const OLD: &str = "DELETE FROM webhook_delivery WHERE seq IN ( \
    SELECT seq FROM webhook_delivery WHERE kept_from < ?1 ORDER BY kept_from LIMIT 1000)";
const OF_DELETED: &str = "DELETE FROM webhook_delivery WHERE seq IN ( \
    SELECT d.seq FROM webhook w JOIN webhook_delivery d ON d.webhook_id = w.id WHERE w.status = 'deleted' LIMIT 1000)";
const OLD_EVENTS: &str = "DELETE FROM webhook_event WHERE id IN ( \
    SELECT e.id FROM webhook_event e WHERE e.created_at < ?1 \
    AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.event_id = e.id) LIMIT 1000)";

/// How many failed deliveries are sent again at a time.
const MOST_RESENT: i64 = 1000;

/// Whether a delivery has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It is still to be sent, for the first time or again.
    Waiting,
    /// It has.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Failed];

    /// As text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for DeliveryStatus {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or(StoreError::Malformed("status of a delivery"))
    }
}

/// A delivery that this worker has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryTaken {
    /// Its number.
    pub seq: i64,
    /// Which try this is, from 1; from 1 again when it is sent again.
    pub tries: u32,
    /// The event's id.
    pub event: String,
    /// What is sent.
    pub payload: String,
}

/// What came of a try.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryTry {
    /// The status of the answer, if there was one.
    pub code: Option<u16>,
    /// Why it did not arrive, in a word.
    pub error: Option<&'static str>,
    /// In the words of what failed.
    pub words: String,
    /// The beginning of the answer.
    pub answer: String,
}

/// What becomes of a delivery after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryEnd {
    /// It arrived.
    Delivered,
    /// It is tried again then.
    Later(UnixSeconds),
    /// It is given up.
    Failed,
    /// It is given up, and so is the webhook: its receiver is gone for good.
    Gone,
}

/// What a try did to its webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It is noted.
    Noted,
    /// Somebody else has this delivery by now: nothing is noted.
    Late,
    /// The webhook was disabled, and the admins are told.
    Disabled(Disabled),
}

/// A delivery as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number.
    pub seq: i64,
    /// The event's id.
    pub event: String,
    /// What it tells of.
    pub topic: String,
    /// Whether it has arrived.
    pub status: DeliveryStatus,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next, while it waits.
    pub next_at: UnixSeconds,
    /// When it happened.
    pub created_at: UnixSeconds,
    /// When it was tried last.
    pub last_at: Option<UnixSeconds>,
    /// The status of the last answer.
    pub last_code: Option<u16>,
    /// Why it did not arrive, in a word.
    pub last_error: Option<String>,
    /// In the words of what failed.
    pub last_words: Option<String>,
    /// The beginning of the last answer.
    pub answer: Option<String>,
}

/// Which deliveries of a webhook are listed, the newest first.
#[derive(Debug, Clone, Default)]
pub struct DeliveryQuery {
    /// Those of this status alone.
    pub status: Option<DeliveryStatus>,
    /// Where the page begins.
    pub after: Option<Cursor>,
    /// How many at most.
    pub most: usize,
}

/// Whether something is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    /// It is.
    Done,
    /// It waits to be sent already.
    Waits,
    /// There is no such delivery of this webhook.
    Unknown,
}

/// How deliveries stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WebhooksWaiting {
    /// Deliveries that have not arrived yet.
    pub waiting: u64,
    /// Those of them that failed at least once.
    pub failing: u64,
    /// Webhooks that the portal gave up.
    pub disabled: u64,
}

impl Store {
    /// Active webhooks for which something is to be sent now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhooks_due(&self, now: UnixSeconds) -> Result<Vec<Id>> {
        self.read(|c| list(c, DUE, [seconds(now)], |row| row.parsed("webhook id")))
    }

    /// Takes at most `most` deliveries of a webhook that are due. Each is this worker's for `lock_seconds`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_deliveries(
        &self,
        webhook: Id,
        most: u32,
        lock_seconds: u64,
        now: UnixSeconds,
    ) -> Result<Vec<DeliveryTaken>> {
        let values = (webhook.to_string(), seconds(now), seconds(now + lock_seconds), most);
        let of = webhook.to_string();
        self.write_in(Scope::Keys(&[&of]), move |c| {
            let taken = |row: &mut Columns<'_>| {
                let (seq, tries, event) = (row.take()?, row.take()?, row.text()?);
                Ok(DeliveryTaken { seq, tries, event, payload: String::new() })
            };
            let mut all = list(c, TAKE, values.clone(), taken)?;
            for taken in &mut all {
                let payload = find(c, EVENT, [&taken.event], |row| row.text())?;
                taken.payload = payload.ok_or(StoreError::Malformed("event"))?;
            }
            Ok(all)
        })
        .await
    }

    /// Notes what came of a try, and what becomes of the delivery. A webhook to which nothing got through since
    /// `failing_before` or longer is disabled; `mail` makes the letter to each admin of the vendor then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_delivery(
        &self,
        taken: &DeliveryTaken,
        tried: DeliveryTry,
        end: DeliveryEnd,
        failing_before: UnixSeconds,
        mail: fn(admin: Id, webhook: Id, now: UnixSeconds) -> NewJob,
        now: UnixSeconds,
    ) -> Result<Tried> {
        let (seq, tries) = (taken.seq, taken.tries);
        self.write(move |c| {
            let Some(webhook) = note(c, seq, tries, &tried, end, now)? else {
                return Ok(Tried::Late);
            };
            let id = webhook.to_string();
            if end == DeliveryEnd::Delivered {
                run(c, WELL, [&id])?;
                return Ok(Tried::Noted);
            }
            run(c, FAILING, (&id, seconds(now)))?;
            let found = webhook::find_webhook(c, webhook)?;
            let since = found.and_then(|webhook| webhook.failing_since);
            let why = match end {
                DeliveryEnd::Gone => Disabled::Gone,
                _ if since.is_some_and(|since| since <= failing_before) => Disabled::Failing,
                _ => return Ok(Tried::Noted),
            };
            give_up(c, webhook, why, mail, now)
        })
        .await
    }

    /// A webhook's deliveries, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deliveries(&self, webhook: Id, query: &DeliveryQuery) -> Result<Page<Delivery>> {
        let most = wanted(query.most);
        let before = query.after.as_ref().and_then(Cursor::number).unwrap_or(i64::MAX);
        let (id, rows) = (webhook.to_string(), i64::try_from(most + 1).unwrap_or(i64::MAX));
        let mut items = self.read(|c| match query.status {
            Some(status) => list(c, OF_STATUS, (&id, before, rows, status.as_str()), map),
            None => list(c, OF_WEBHOOK, (&id, before, rows), map),
        })?;
        let more = items.len() > most;
        items.truncate(most);
        let place = |last: &Delivery| Cursor { id: "d".to_owned(), key: Key::Number(last.seq) };
        let next = items.last().filter(|_| more).map(place);
        Ok(Page { items, next })
    }

    /// A webhook's deliveries before the one with this number, the newest first; at most so many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deliveries_before(
        &self,
        webhook: Id,
        status: Option<DeliveryStatus>,
        before: Option<i64>,
        most: usize,
    ) -> Result<Page<Delivery>> {
        let after = before.map(|seq| Cursor { id: "d".to_owned(), key: Key::Number(seq) });
        self.deliveries(webhook, &DeliveryQuery { status, after, most }).await
    }

    /// A delivery of this webhook, and what is sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delivery(&self, webhook: Id, seq: i64) -> Result<Option<(Delivery, String)>> {
        let both = |row: &mut Columns<'_>| Ok((map(row)?, row.text()?));
        self.read(|c| find(c, FIND, (webhook.to_string(), seq), both))
    }

    /// Sends a delivery of this webhook again that has arrived or was given up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resend_delivery(
        &self,
        webhook: Id,
        seq: i64,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<Resent> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            let id = webhook.to_string();
            if webhook::find_webhook(c, webhook)?.is_none() {
                return Ok(Resent::Unknown);
            }
            let Some((_, event)) =
                find(c, FIND, (&id, seq), |row| Ok((row.take::<i64>()?, row.text()?)))?
            else {
                return Ok(Resent::Unknown);
            };
            if run(c, RESEND, (&id, seq, seconds(now)))? == 0 {
                return Ok(Resent::Waits);
            }
            audit::record(c, now, &actor, "webhook.resend", &id, &event)?;
            Ok(Resent::Done)
        })
        .await
    }

    /// Sends again what was given up of a webhook, the oldest first: at most 1000 at a time. How many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resend_failed(&self, webhook: Id, actor: &str, now: UnixSeconds) -> Result<usize> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            let id = webhook.to_string();
            let count = run(c, RESEND_FAILED, (&id, seconds(now), MOST_RESENT))?;
            if count > 0 {
                audit::record(c, now, &actor, "webhook.resend", &id, &count.to_string())?;
            }
            Ok(count)
        })
        .await
    }

    /// How deliveries stand.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhooks_waiting(&self) -> Result<WebhooksWaiting> {
        self.read(|c| {
            let both = |row: &mut Columns<'_>| Ok((row.time()?, row.time()?));
            let (waiting, failing) = find(c, WAITING, [], both)?.unwrap_or_default();
            let disabled = find(c, DISABLED, [], |row| row.time())?.unwrap_or(0);
            Ok(WebhooksWaiting { waiting, failing, disabled })
        })
    }

    /// Forgets deliveries that ended before `before`, what a paused webhook has not heard since, those of deleted webhooks, and
    /// events that nobody is told of any more. Some at a time: whether there may be more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge_deliveries(&self, before: UnixSeconds) -> Result<bool> {
        self.write(move |c| {
            let gone = run(c, OLD, [seconds(before)])? + run(c, OF_DELETED, [])?;
            Ok(gone + run(c, OLD_EVENTS, [seconds(before)])? > 0)
        })
        .await
    }
}

/// Of which webhook it is; `None` when this try is over.
fn note(
    c: &Connection,
    seq: i64,
    tries: u32,
    tried: &DeliveryTry,
    end: DeliveryEnd,
    now: UnixSeconds,
) -> Result<Option<Id>> {
    let DeliveryTry { code, error, words, answer } = tried;
    let of = |row: &mut Columns<'_>| row.parsed("webhook id");
    let code = code.map(i64::from);
    let now = seconds(now);
    match end {
        DeliveryEnd::Later(at) => {
            let values = (seq, tries, seconds(at), now, code, error, words, answer);
            find(c, LATER, values, of)
        }
        DeliveryEnd::Delivered => {
            find(c, END, (seq, tries, "delivered", now, code, error, words, answer), of)
        }
        DeliveryEnd::Failed | DeliveryEnd::Gone => {
            find(c, END, (seq, tries, "failed", now, code, error, words, answer), of)
        }
    }
}

fn give_up(
    c: &Connection,
    webhook: Id,
    why: Disabled,
    mail: fn(Id, Id, UnixSeconds) -> NewJob,
    now: UnixSeconds,
) -> Result<Tried> {
    if !webhook::disable(c, webhook, why, now)? {
        return Ok(Tried::Noted);
    }
    give_up_waiting(c, webhook, now)?;
    for admin in user::active_admins(c)? {
        job::enqueue(c, &mail(admin, webhook, now), now)?;
    }
    Ok(Tried::Disabled(why))
}

/// Gives up what waits for a webhook.
pub(crate) fn give_up_waiting(c: &Connection, webhook: Id, now: UnixSeconds) -> Result<()> {
    run(c, GIVE_UP_ALL, (webhook.to_string(), seconds(now))).map(drop)
}

fn map(row: &mut Columns<'_>) -> Result<Delivery> {
    Ok(Delivery {
        seq: row.take()?,
        event: row.text()?,
        topic: row.text()?,
        status: row.parsed("status of a delivery")?,
        tries: row.take()?,
        next_at: row.time()?,
        created_at: row.time()?,
        last_at: row.optional_time()?,
        last_code: row.take()?,
        last_error: row.take()?,
        last_words: row.take()?,
        answer: row.take()?,
    })
}
