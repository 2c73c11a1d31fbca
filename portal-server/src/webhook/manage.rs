//! What the vendor does with webhooks: below the pages, for whoever else may do the same.

use std::collections::BTreeSet;

use countersign_core::{Id, UnixSeconds};
use countersign_store::{NewWebhook, Resent, Throttle, Topic, WebhookCreated};

use super::target::Target;
use super::{sealed_as, sign};
use crate::app::App;
use crate::fields::Unfit;
use crate::language::Say;

/// Seconds that a secret which was replaced is signed with as well.
pub(crate) const BOTH_SECRETS_SECONDS: u64 = 86_400;
/// How often the same webhook is sent to because somebody wants it: freely, then ever more slowly.
const BY_HAND: Throttle = Throttle { free: 30, first_wait: 10, longest_wait: 60, forget_after: 60 };

/// Why something was not done. Nothing was changed then.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is no such webhook, or no such delivery of it.
    NotFound,
    /// There is, and it is not such that this could be done.
    NotNow,
    /// There are as many webhooks as there may be.
    TooMany { allowed: u64 },
    /// The delivery waits to be sent already.
    Waits,
    /// It was sent by hand too often.
    TooOften { seconds: u64 },
    /// The portal has lost the key under which secrets are kept.
    NoVault,
    /// What failed.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a webhook is to be.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    url: String,
    topics: BTreeSet<Topic>,
}

impl Wanted {
    /// As it was typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn of(
        app: &App,
        url: &str,
        topics: impl Iterator<Item = impl AsRef<str>>,
    ) -> Result<Self, Unfit> {
        let target = Target::parse(url, &app.config().webhooks_may_reach)?;
        let unknown = |_| Unfit(Say::new("webhook-event-unknown"));
        let topics: BTreeSet<Topic> =
            topics.map(|t| t.as_ref().parse().map_err(unknown)).collect::<Result<_, _>>()?;
        if topics.is_empty() {
            return Err(Say::new("webhook-event-needed").into());
        }
        Ok(Self { url: target.as_str().to_owned(), topics })
    }
}

/// A webhook that was made, or has another secret.
pub(crate) struct Made {
    pub(crate) id: Id,
    /// It is shown this once.
    pub(crate) secret: String,
}

/// Makes a webhook with this id.
pub(crate) async fn create(
    app: &App,
    id: Id,
    wanted: Wanted,
    actor: &str,
) -> Result<Made, Refused> {
    let (secret, sealed) = new_secret(app, id)?;
    let new = NewWebhook { id, url: wanted.url, topics: wanted.topics, secret: sealed };
    match app.store().create_webhook(new, actor, app.now()).await? {
        WebhookCreated::Done => Ok(Made { id, secret }),
        WebhookCreated::TooMany { allowed } => Err(Refused::TooMany { allowed }),
    }
}

/// Changes where it is sent to and of what it hears.
pub(crate) async fn change(app: &App, id: Id, wanted: Wanted, actor: &str) -> Result<(), Refused> {
    let Wanted { url, topics } = wanted;
    there_was_one(app.store().change_webhook(id, url, topics, actor, app.now()).await?)
}

/// Gives it another secret; what is sent within a day is signed with both.
pub(crate) async fn rotate(app: &App, id: Id, actor: &str) -> Result<Made, Refused> {
    let ((secret, sealed), now) = (new_secret(app, id)?, app.now());
    let until = now + BOTH_SECRETS_SECONDS;
    there_was_one(app.store().rotate_webhook_secret(id, sealed, until, actor, now).await?)?;
    Ok(Made { id, secret })
}

/// Sends nothing for now; what happens is kept for it.
pub(crate) async fn pause(app: &App, id: Id, actor: &str) -> Result<(), Refused> {
    let done = app.store().pause_webhook(id, actor, app.now()).await?;
    it_was_such(app, id, done).await
}

/// Goes on.
pub(crate) async fn resume(app: &App, id: Id, actor: &str) -> Result<(), Refused> {
    let done = app.store().resume_webhook(id, actor, app.now()).await?;
    it_was_such(app, id, done).await?;
    app.courier().wake();
    Ok(())
}

/// Disables it: it hears of nothing until somebody turns it on again.
pub(crate) async fn disable(app: &App, id: Id, actor: &str) -> Result<(), Refused> {
    let done = app.store().stop_webhook(id, actor, app.now()).await?;
    it_was_such(app, id, done).await
}

/// Deletes it with its deliveries.
pub(crate) async fn delete(app: &App, id: Id, actor: &str) -> Result<(), Refused> {
    there_was_one(app.store().delete_webhook(id, actor, app.now()).await?)
}

/// Sends something to see whether it arrives.
pub(crate) async fn test(app: &App, id: Id, actor: &str) -> Result<(), Refused> {
    by_hand(app, id).await?;
    let once = app.random_id();
    there_was_one(app.store().test_webhook(id, once, actor, app.now()).await?)?;
    app.courier().wake();
    Ok(())
}

/// Sends a delivery again.
pub(crate) async fn resend(app: &App, id: Id, seq: i64, actor: &str) -> Result<(), Refused> {
    by_hand(app, id).await?;
    match app.store().resend_delivery(id, seq, actor, app.now()).await? {
        Resent::Done => app.courier().wake(),
        Resent::Waits => return Err(Refused::Waits),
        Resent::Unknown => return Err(Refused::NotFound),
    }
    Ok(())
}

/// Sends again what was given up. How many.
pub(crate) async fn resend_failed(app: &App, id: Id, actor: &str) -> Result<usize, Refused> {
    by_hand(app, id).await?;
    let count = app.store().resend_failed(id, actor, app.now()).await?;
    app.courier().wake();
    Ok(count)
}

async fn by_hand(app: &App, id: Id) -> Result<(), Refused> {
    if app.store().webhook(id).await?.is_none() {
        return Err(Refused::NotFound);
    }
    let (subject, now) = (format!("webhook:{id}"), app.now());
    let until: Option<UnixSeconds> =
        app.beside().store().throttle_take(vec![(subject, BY_HAND)], now).await?;
    match until {
        Some(until) => Err(Refused::TooOften { seconds: until.saturating_sub(now) }),
        None => Ok(()),
    }
}

/// A secret, and what is stored of it.
fn new_secret(app: &App, id: Id) -> Result<(String, String), Refused> {
    let entropy = app.config().entropy.as_ref();
    let secret = sign::new_secret(entropy);
    let sealed = app.vault().seal_of(&sealed_as(id), &secret, entropy);
    sealed.map(|sealed| (secret, sealed)).map_err(|_| Refused::NoVault)
}

async fn it_was_such(app: &App, id: Id, done: bool) -> Result<(), Refused> {
    match done {
        true => Ok(()),
        false if app.store().webhook(id).await?.is_some() => Err(Refused::NotNow),
        false => Err(Refused::NotFound),
    }
}

fn there_was_one(done: bool) -> Result<(), Refused> {
    if done { Ok(()) } else { Err(Refused::NotFound) }
}
