//! The worker: takes deliveries that are due and sends them, a few of each webhook at a time, so that a slow or dead receiver
//! holds up none but itself. Several processes may do this at once. A delivery gets through at least once: a crash between
//! sending and noting sends it again, under the same id.

use std::collections::HashMap;
use std::time::Duration;

use countersign_core::Id;
use countersign_store::{
    DeliveryEnd, DeliveryTaken, DeliveryTry, NewJob, Tried, Webhook, WebhookSecrets, WebhookStatus,
};
use tokio::sync::{Notify, watch};
use tokio::task::{self, JoinSet};

use super::back_off::{self, GIVEN_UP_AFTER};
use super::send::{Answer, Failure, Message, Sender};
use super::{sealed_as, sign, sweep};
use crate::app::App;
use crate::config::Config;
use crate::language::Language;
use crate::mail::Mail;

/// Deliveries of one webhook that are under way at a time.
const AT_A_TIME: usize = 4;
/// How long a delivery is this worker's: longer than any receiver may take.
const LOCK_SECONDS: u64 = 60;
/// How often the database is asked when nobody calls.
const IDLE: Duration = Duration::from_secs(1);
/// The longest text of a failure that is kept.
const LONGEST_WORDS: usize = 200;
/// The receiver is gone for good.
const GONE: u16 = 410;

/// What sends, and whom to call when there is something to send.
pub(crate) struct Courier {
    sender: Sender,
    call: Notify,
}

impl Courier {
    /// As the operator set it.
    pub(crate) fn new(config: &Config) -> Self {
        Self { sender: Sender::new(config), call: Notify::new() }
    }

    /// There is something to send.
    pub(crate) fn wake(&self) {
        self.call.notify_one();
    }
}

/// Sends what is due, tells of what ends soon and forgets what is old, until `stop` says true. What is under way is finished.
pub(crate) async fn run(app: App, stop: watch::Receiver<bool>) {
    tokio::join!(deliver_all(&app, stop.clone()), sweep::run(&app, stop));
}

#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    of: HashMap<task::Id, Id>,
}

impl UnderWay {
    fn count(&self, webhook: Id) -> usize {
        self.of.values().filter(|of| **of == webhook).count()
    }

    fn begin(&mut self, app: &App, webhook: Id, taken: DeliveryTaken) {
        let app = app.clone();
        let handle = self.tasks.spawn(async move {
            if let Err(error) = deliver(&app, webhook, &taken).await {
                tracing::error!(%webhook, delivery = taken.seq, %error, "a delivery could not be noted");
            }
        });
        self.of.insert(handle.id(), webhook);
    }

    /// Waits until one has ended; for ever where there is none.
    async fn one_ends(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => drop(self.of.remove(&id)),
            Some(Err(error)) => drop(self.of.remove(&error.id())),
            None => std::future::pending().await,
        }
    }
}

async fn deliver_all(app: &App, mut stop: watch::Receiver<bool>) {
    let mut under_way = UnderWay::default();
    while !*stop.borrow() {
        if let Err(error) = take(app, &mut under_way).await {
            tracing::error!(%error, "deliveries of webhooks cannot be taken from the database");
        }
        tokio::select! {
            () = app.courier().call.notified() => {}
            () = tokio::time::sleep(IDLE) => {}
            () = under_way.one_ends() => {}
            _ = stop.changed() => {}
        }
    }
    while !under_way.tasks.is_empty() {
        under_way.one_ends().await;
    }
}

async fn take(app: &App, under_way: &mut UnderWay) -> countersign_store::Result<()> {
    let store = app.store();
    for id in store.webhooks_due(app.now()).await? {
        let is_failing = store.webhook(id).await?.is_some_and(|w| w.failing_since.is_some());
        // Who does not answer is asked by one at a time.
        let most = if is_failing { 1 } else { AT_A_TIME };
        let free = most.saturating_sub(under_way.count(id));
        let Ok(free @ 1..) = u32::try_from(free) else { continue };
        for taken in store.take_deliveries(id, free, LOCK_SECONDS, app.now()).await? {
            under_way.begin(app, id, taken);
        }
    }
    Ok(())
}

async fn deliver(app: &App, id: Id, taken: &DeliveryTaken) -> anyhow::Result<()> {
    let Some(webhook) = app.store().webhook(id).await? else { return Ok(()) };
    let secrets = app.store().webhook_secrets(id).await?;
    // Paused in the meantime: it is taken again when it goes on.
    let (WebhookStatus::Active, Some(secrets)) = (webhook.status, secrets) else { return Ok(()) };
    let outcome = send(app, &webhook, &secrets, taken).await;
    let (tried, end) = judge(app, taken, outcome);
    if end != DeliveryEnd::Delivered {
        let (code, error, tries) = (tried.code, tried.error, taken.tries);
        tracing::warn!(webhook = %id, delivery = taken.seq, tries, code, error, "a delivery did not arrive");
    }
    let mail = |user, webhook, now| -> NewJob {
        Mail::WebhookDisabled { user, webhook }.job(Language::ENGLISH, now)
    };
    let failing_before = app.now().saturating_sub(GIVEN_UP_AFTER);
    let noted = app.store().note_delivery(taken, tried, end, failing_before, mail, app.now());
    if let Tried::Disabled(why) = noted.await? {
        tracing::error!(webhook = %id, why = why.as_str(), "a webhook is disabled");
        app.mailroom().wake();
    }
    Ok(())
}

async fn send(
    app: &App,
    webhook: &Webhook,
    secrets: &WebhookSecrets,
    taken: &DeliveryTaken,
) -> Result<Answer, Failure> {
    let at = app.now();
    let opened = |sealed: &str| app.vault().open_of(&sealed_as(webhook.id), sealed, "secret of");
    let current = opened(&secrets.current).map_err(|error| Failure::new("secret", error))?;
    let former = secrets.former.as_ref().filter(|(_, until)| at < *until);
    // One that cannot be read any more was replaced for that reason.
    let former = former.and_then(|(sealed, _)| opened(sealed).ok());
    let signed = |secret| sign::sign(secret, &taken.event, at, &taken.payload);
    let signatures: Vec<String> =
        [Some(current), former].iter().flatten().filter_map(|secret| signed(secret)).collect();
    let body = taken.payload.clone();
    let message = Message { id: &taken.event, at, signatures: signatures.join(" "), body };
    app.courier().sender.post(&webhook.url, message).await
}

/// What came of it, and what becomes of it.
fn judge(
    app: &App,
    taken: &DeliveryTaken,
    outcome: Result<Answer, Failure>,
) -> (DeliveryTry, DeliveryEnd) {
    let later = |asked: Option<String>| match back_off::wait(taken.tries, &mut app.rng()) {
        Some(wait) => {
            let now = app.now();
            let asked = asked.and_then(|asked| back_off::asked(&asked, now));
            DeliveryEnd::Later(now + asked.map_or(wait, |asked| wait.max(asked)))
        }
        None => DeliveryEnd::Failed,
    };
    match outcome {
        Ok(Answer { code, text, retry_after }) => {
            let (error, end) = match code {
                200..=299 => (None, DeliveryEnd::Delivered),
                300..=399 => (Some("redirect"), later(None)),
                GONE => (Some("gone"), DeliveryEnd::Gone),
                _ => (Some("status"), later(retry_after)),
            };
            let words = String::new();
            (DeliveryTry { code: Some(code), error, words, answer: text }, end)
        }
        Err(Failure { error, words }) => {
            let words = words.chars().take(LONGEST_WORDS).collect();
            (DeliveryTry { error: Some(error), words, ..DeliveryTry::default() }, later(None))
        }
    }
}
