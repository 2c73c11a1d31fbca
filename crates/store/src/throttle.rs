//! Throttling of guesses: after some failures a subject waits, longer each time, never for ever.

use crate::engine::Connection;
use crate::engine::writer::Scope;
use countersign_core::UnixSeconds;

use crate::error::Result;
use crate::row::{Columns, seconds};
use crate::{Store, find, run};

const FIND: &str = "SELECT failures, since, blocked_until FROM throttle WHERE subject = ?1";
const SET: &str = "INSERT INTO throttle (subject, failures, since, blocked_until) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, since = excluded.since, \
    blocked_until = excluded.blocked_until";
const RELEASE: &str = "UPDATE throttle SET failures = failures - 1, blocked_until = CASE WHEN blocked_until > ?2 \
    THEN ?2 ELSE blocked_until END WHERE subject = ?1 AND failures > 0";
const FORGET: &str = "DELETE FROM throttle WHERE since < ?1 AND blocked_until <= ?2";
const CLEAR: &str = "DELETE FROM throttle WHERE subject = ?1";

/// What nobody has touched for so long is forgotten: longer than any policy remembers.
const KEPT_SECONDS: u64 = 2 * 86_400;

/// How guesses are slowed down.
#[derive(Debug, Clone, Copy)]
pub struct Throttle {
    /// Failures that cost nothing.
    pub free: u32,
    /// The first wait in seconds; doubles with each further failure.
    pub first_wait: u64,
    /// The longest wait in seconds.
    pub longest_wait: u64,
    /// After this many seconds without a failure all is forgotten.
    pub forget_after: u64,
}

impl Store {
    /// Until when the subject must wait; `None` when it need not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn throttled_until(
        &self,
        subject: &str,
        now: UnixSeconds,
    ) -> Result<Option<UnixSeconds>> {
        let found = self.read(|c| find(c, FIND, [subject], map))?;
        Ok(found.map(|(_, _, until)| until).filter(|until| *until > now))
    }

    /// Takes an attempt, before it is known how it ends: counted for every subject as a failure. However many come at once,
    /// each is counted before the next one is let through. Until when to wait where one of the subjects has to: nothing is
    /// counted then. A success gives it back ([`Store::throttle_clear`], [`Store::throttle_release`]).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn throttle_take(
        &self,
        subjects: Vec<(String, Throttle)>,
        now: UnixSeconds,
    ) -> Result<Option<UnixSeconds>> {
        let keys: Vec<String> = subjects.iter().map(|(subject, _)| key(subject)).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        self.write_in(Scope::Keys(&keys), move |c| take(c, &subjects, now)).await
    }

    /// Takes one counted failure back: the attempt was none. What others did stays counted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn throttle_release(&self, subject: &str, now: UnixSeconds) -> Result<()> {
        let (key, subject) = (key(subject), subject.to_owned());
        let release = move |c: &Connection| run(c, RELEASE, (&subject, seconds(now))).map(|_| ());
        self.write_in(Scope::Keys(&[&key]), release).await
    }

    /// Forgets the subject's failures.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn throttle_clear(&self, subject: &str) -> Result<()> {
        let (key, subject) = (key(subject), subject.to_owned());
        let clear = move |c: &Connection| run(c, CLEAR, [&subject]).map(|_| ());
        self.write_in(Scope::Keys(&[&key]), clear).await
    }
}

fn key(subject: &str) -> String {
    format!("throttle {subject}")
}

/// As [`Store::throttle_take`], inside a transaction.
pub(crate) fn take(
    c: &Connection,
    subjects: &[(String, Throttle)],
    now: UnixSeconds,
) -> Result<Option<UnixSeconds>> {
    let mut latest = None;
    for (subject, _) in subjects {
        let until = find(c, FIND, [subject], map)?.map(|(_, _, until)| until);
        latest = latest.max(until.filter(|until| *until > now));
    }
    run(c, FORGET, (seconds(now.saturating_sub(KEPT_SECONDS)), seconds(now)))?;
    if latest.is_none() {
        for (subject, policy) in subjects {
            count(c, subject, *policy, now)?;
        }
    }
    Ok(latest)
}

fn count(c: &Connection, subject: &str, policy: Throttle, now: UnixSeconds) -> Result<()> {
    let before = find(c, FIND, [subject], map)?;
    let before = before.filter(|(_, since, _)| now.saturating_sub(*since) < policy.forget_after);
    let failures = before.map_or(0, |(failures, ..)| failures).saturating_add(1);
    let excess = failures.saturating_sub(policy.free);
    let wait =
        if excess == 0 { 0 } else { policy.first_wait.saturating_mul(1 << (excess - 1).min(20)) };
    let until = now + wait.min(policy.longest_wait);
    run(c, SET, (subject, failures, seconds(now), seconds(until))).map(|_| ())
}

fn map(row: &mut Columns<'_>) -> Result<(u32, UnixSeconds, UnixSeconds)> {
    Ok((row.take()?, row.time()?, row.time()?))
}
