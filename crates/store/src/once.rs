//! Writes that are done once: a program names a key, and what it asks with it is done at most once, however often it asks. The
//! row is written in the transaction that does it, so there is no moment in which one is there without the other; the answer
//! is noted after it. What was refused leaves no row: asked again, it is decided again.

use std::sync::Arc;

use crate::engine::Connection;
use crate::engine::writer::Scope;
use countersign_core::{Hash, Id, LicenseId, UnixSeconds};

use crate::creation::{Creation, PartImported};
use crate::error::{Result, StoreError};
use crate::identity_provider::ProviderChange;
use crate::license::LicenseChange;
use crate::organization::OrganizationChange;
use crate::plan::PlanChange;
use crate::product_release::ReleaseChange;
use crate::release::ReleaseOutcome;
use crate::row::{Columns, seconds};
use crate::trial_extension::{TrialExtended, TrialRenewed};
use crate::user::UserChange;
use crate::webhook::WebhookCreated;
use crate::webhook_delivery::Resent;
use crate::{Store, find, run};

const FIND: &str = "SELECT request_hash, subject, status, answer FROM api_once \
    WHERE token_id = ?1 AND key_hash = ?2 AND created_at > ?3";
const TAKE: &str = "INSERT INTO api_once (token_id, key_hash, request_hash, subject, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
const ANSWERED: &str = "UPDATE api_once SET status = ?3, answer = ?4 WHERE token_id = ?1 AND key_hash = ?2 AND status IS NULL";
const FORGET: &str = "DELETE FROM api_once WHERE created_at <= ?1";

/// Seconds that a key is remembered.
pub const ONCE_SECONDS: u64 = 86_400;

/// What is to be done once.
#[derive(Debug, Clone)]
pub struct Once {
    /// The token that the key is one of: others have their own.
    pub token: Id,
    /// Hash of the key.
    pub key: Hash,
    /// Hash of all that is asked.
    pub request: Hash,
    /// Where what is done can be looked at.
    pub subject: String,
    /// The time.
    pub now: UnixSeconds,
}

/// What was done with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoneBefore {
    /// Hash of what was asked.
    pub request: Hash,
    /// Where it can be looked at.
    pub subject: String,
    /// Status and body of the answer, if that was noted.
    pub answer: Option<(u16, String)>,
}

/// How a write ended, as far as that is asked here.
pub(crate) trait Outcome {
    /// Whether it was done; if not, nothing was written.
    fn is_done(&self) -> bool;
}

macro_rules! outcome {
    ($($kind:ty => $done:pat,)*) => {
        $(impl Outcome for $kind {
            fn is_done(&self) -> bool {
                matches!(self, $done)
            }
        })*
    };
}

impl Outcome for bool {
    fn is_done(&self) -> bool {
        *self
    }
}

outcome! {
    () => (),
    Creation => Creation::Done(_),
    LicenseId => _,
    LicenseChange => LicenseChange::Done,
    Vec<LicenseChange> => _,
    OrganizationChange => OrganizationChange::Done,
    PartImported => PartImported::Done { .. },
    PlanChange => PlanChange::Done,
    ProviderChange => ProviderChange::Done,
    ReleaseChange => ReleaseChange::Done,
    ReleaseOutcome => ReleaseOutcome::Done,
    Resent => Resent::Done,
    TrialExtended => TrialExtended::Done(_),
    TrialRenewed => TrialRenewed::Done,
    UserChange => UserChange::Done,
    WebhookCreated => WebhookCreated::Done,
    usize => 1..,
}

impl Store {
    /// This store, whose next write is done only if its key was not used before ([`StoreError::DoneBefore`]).
    #[must_use]
    pub fn once(&self, once: Once) -> Self {
        Self { inner: Arc::clone(&self.inner), once: Some(Arc::new(once)) }
    }

    /// What was done with a key of this token within the last day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn done_before(
        &self,
        token: Id,
        key: &Hash,
        now: UnixSeconds,
    ) -> Result<Option<DoneBefore>> {
        self.read(|c| look(c, token, key, now))
    }

    /// Notes what was answered, for whoever asks again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_answer(
        &self,
        token: Id,
        key: Hash,
        status: u16,
        answer: String,
    ) -> Result<()> {
        let values = (token.to_string(), key.to_string(), status, answer);
        let note = move |c: &Connection| {
            let (token, key, status, answer) = &values;
            run(c, ANSWERED, (token, key, status, answer)).map(|_| ())
        };
        self.inner.writer.run(Scope::Everything, self.inner.watched.command(note)).await
    }

    /// As `write`, once where that was asked for.
    pub(crate) async fn write_once<T: Outcome + Send + 'static>(
        &self,
        command: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match self.once.clone() {
            Some(once) => {
                let command = move |c: &Connection| done_once(c, &once, &command);
                self.inner.writer.run(Scope::Everything, self.inner.watched.command(command)).await
            }
            None => self.write(command).await,
        }
    }
}

fn done_once<T: Outcome>(
    c: &Connection,
    once: &Once,
    command: &impl Fn(&Connection) -> Result<T>,
) -> Result<T> {
    if look(c, once.token, &once.key, once.now)?.is_some() {
        return Err(StoreError::DoneBefore);
    }
    let outcome = command(c)?;
    if outcome.is_done() {
        run(c, FORGET, [seconds(once.now.saturating_sub(ONCE_SECONDS))])?;
        let of = (once.token.to_string(), once.key.to_string());
        let values = (of.0, of.1, once.request.to_string(), &once.subject, seconds(once.now));
        run(c, TAKE, values)?;
    }
    Ok(outcome)
}

fn look(c: &Connection, token: Id, key: &Hash, now: UnixSeconds) -> Result<Option<DoneBefore>> {
    let since = seconds(now.saturating_sub(ONCE_SECONDS));
    find(c, FIND, (token.to_string(), key.to_string(), since), map)
}

fn map(row: &mut Columns<'_>) -> Result<DoneBefore> {
    Ok(DoneBefore {
        request: row.parsed("request hash")?,
        subject: row.text()?,
        answer: row.take::<Option<u16>>()?.zip(row.take::<Option<String>>()?),
    })
}
