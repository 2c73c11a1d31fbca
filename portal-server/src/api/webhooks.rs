//! `/api/v1/webhooks`: who else hears of what happens. A secret is in one answer, the one to whoever made it.

pub(crate) mod deliveries;

use countersign_core::Id;
use countersign_store::{TokenScope, Webhook};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::list::Listed;
use super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::types::{AReason, AWebhookStatus, AnEvent, AnId, Time};
use crate::access::token::Holder;
use crate::app::App;
use crate::desk::Refusal;
use crate::language::Say;
use crate::problem::Problem;
use crate::webhook::manage::{self, Made, Refused, Wanted};

/// A webhook, without its secret.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub(crate) struct Shown {
    /// Its id.
    id: AnId,
    /// Where it is sent to. To a token that may not write webhooks no more than the host: what follows may be a secret.
    url: String,
    /// Of what it hears.
    events: Vec<AnEvent>,
    /// Whether it is sent to; for a paused one what happens is kept, a disabled one hears of nothing.
    status: AWebhookStatus,
    /// Why the portal gave it up; null for one that somebody disabled.
    disabled_why: Option<AReason>,
    /// The first failure since something got through last.
    failing_since: Option<Time>,
    /// Until when the secret before this one is signed with as well.
    old_secret_until: Option<Time>,
    /// Who made it, as in the audit log.
    created_by: String,
    /// When it was made.
    created_at: Time,
}

impl Shown {
    fn of(webhook: Webhook, holder: &Holder, now: u64) -> Self {
        let url = match holder.has(TokenScope::WriteWebhooks) {
            true => webhook.url.clone(),
            false => webhook.place().to_owned(),
        };
        Self {
            id: AnId(webhook.id),
            url,
            events: webhook.topics.into_iter().map(AnEvent).collect(),
            status: AWebhookStatus(webhook.status),
            disabled_why: webhook.disabled_why.map(AReason),
            failing_since: webhook.failing_since.map(Time),
            old_secret_until: webhook.old_secret_until.filter(|until| *until > now).map(Time),
            created_by: webhook.created_by,
            created_at: Time(webhook.created_at),
        }
    }
}

/// A webhook with its secret, which is said this once.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WebhookWithSecret")]
pub(crate) struct WithSecret {
    #[serde(flatten)]
    webhook: Shown,
    /// What deliveries are signed with, `whsec_…`.
    secret: String,
}

/// `GET`
pub(crate) fn list() -> Operation {
    let run = async |call: Call| {
        let all = call.app().store().webhooks().await.map_err(Refusal::Store)?;
        let shown = |webhook| Shown::of(webhook, &call.holder, call.app().now());
        let items: Vec<Shown> = all.into_iter().map(shown).collect();
        Ok(Answer::shown(Listed { items, next: None }))
    };
    Described::get("listWebhooks", "List webhooks")
        .more("All of them, at most 20; the oldest first.")
        .run(run)
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call<ById>| {
        shown(call.app(), call.path.id()?, &call.holder).await.map(Answer::shown)
    };
    Described::get("getWebhook", "Show a webhook").refuses(&[(404, "not-found")]).run(run)
}

async fn shown(app: &App, id: Id, holder: &Holder) -> Result<Shown, Problem> {
    let found = app.store().webhook(id).await.map_err(Refusal::Store)?;
    Ok(Shown::of(found.ok_or_else(Problem::not_found)?, holder, app.now()))
}

/// A webhook to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// Where it is sent to: `https://…`, on the internet, or where the operator allows it.
    #[schemars(length(min = 1, max = 500))]
    url: String,
    /// Of what it hears.
    #[schemars(length(min = 1, max = 100))]
    events: Vec<AnEvent>,
}

/// `POST`
pub(crate) fn create() -> Operation {
    Described::post("createWebhook", "Make a webhook")
        .more(
            "Its secret is in this answer alone. Sent again with the same key it is made once, and says where to look (409 done-before): \
             make another secret then.",
        )
        .creates()
        .refuses(&[(409, "conflict"), (422, "unfit-value")])
        .example(|| json!({"url": "https://hooks.acme.example/in", "events": ["license.created"]}))
        .run(created)
}

async fn created(call: Call<Nothing, Nothing, NewWebhook>) -> Result<Answer<WithSecret>, Problem> {
    let (app, id) = (call.app(), call.app().random_id());
    let wanted = wanted(app, &call.body.url, &call.body.events)?;
    let subject = format!("/api/v1/webhooks/{id}");
    let made = manage::create(&call.writing(&subject), id, wanted, &call.actor()).await?;
    Ok(Answer::made(with_secret(&call, made).await?, &subject).said_once())
}

async fn with_secret<P, Q, B>(call: &Call<P, Q, B>, made: Made) -> Result<WithSecret, Problem> {
    let webhook = shown(call.app(), made.id, &call.holder).await?;
    Ok(WithSecret { webhook, secret: made.secret })
}

fn wanted(app: &App, url: &str, events: &[AnEvent]) -> Result<Wanted, Problem> {
    Ok(Wanted::of(app, url, events.iter().map(|event| event.0.as_str()))?)
}

/// What is to be changed of a webhook.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookChange {
    /// Where it is sent to.
    #[schemars(length(min = 1, max = 500))]
    url: Option<String>,
    /// Of what it hears, all of it.
    #[schemars(length(min = 1, max = 100))]
    events: Option<Vec<AnEvent>>,
}

/// `PATCH`
pub(crate) fn change() -> Operation {
    Described::patch("changeWebhook", "Change a webhook")
        .refuses(&[(404, "not-found"), (422, "unfit-value")])
        .example(|| json!({"events": ["license.created", "license.ending"]}))
        .run(changed)
}

async fn changed(call: Call<ById, Nothing, WebhookChange>) -> Result<Answer<Shown>, Problem> {
    let (app, id): (_, Id) = (call.app(), call.path.id()?);
    let before = app.store().webhook(id).await.map_err(Refusal::Store)?;
    let before = before.ok_or_else(Problem::not_found)?;
    let events = || before.topics.iter().copied().map(AnEvent).collect();
    let events: Vec<AnEvent> = call.body.events.clone().unwrap_or_else(events);
    let wanted = wanted(app, call.body.url.as_deref().unwrap_or(&before.url), &events)?;
    manage::change(&writing(&call, id), id, wanted, &call.actor()).await?;
    shown(app, id, &call.holder).await.map(Answer::shown)
}

fn writing<P, Q, B>(call: &Call<P, Q, B>, id: Id) -> App {
    call.writing(&format!("/api/v1/webhooks/{id}"))
}

/// `POST`
pub(crate) fn rotate() -> Operation {
    let run = async |call: Call<ById>| {
        let id = call.path.id()?;
        let made = manage::rotate(&writing(&call, id), id, &call.actor()).await?;
        Ok(Answer::shown(with_secret(&call, made).await?).said_once())
    };
    Described::post("rotateWebhookSecret", "Give a webhook another secret")
        .more("It is in this answer alone. For a day deliveries are signed with the one before as well.")
        .refuses(&[(404, "not-found")])
        .example(|| json!({}))
        .run(run)
}

/// `POST`
pub(crate) fn pause() -> Operation {
    let run = async |call: Call<ById>| {
        let id = call.path.id()?;
        manage::pause(&writing(&call, id), id, &call.actor()).await?;
        shown(call.app(), id, &call.holder).await.map(Answer::shown)
    };
    Described::post("pauseWebhook", "Pause an active webhook")
        .more("What happens is kept for it, for 30 days.")
        .refuses(&[(404, "not-found"), (409, "conflict")])
        .example(|| json!({}))
        .run(run)
}

/// `POST`
pub(crate) fn resume() -> Operation {
    let run = async |call: Call<ById>| {
        let id = call.path.id()?;
        manage::resume(&writing(&call, id), id, &call.actor()).await?;
        shown(call.app(), id, &call.holder).await.map(Answer::shown)
    };
    Described::post("resumeWebhook", "Send to a webhook again that is paused or disabled")
        .refuses(&[(404, "not-found"), (409, "conflict")])
        .example(|| json!({}))
        .run(run)
}

/// `POST`
pub(crate) fn disable() -> Operation {
    let run = async |call: Call<ById>| {
        let id = call.path.id()?;
        manage::disable(&writing(&call, id), id, &call.actor()).await?;
        shown(call.app(), id, &call.holder).await.map(Answer::shown)
    };
    Described::post("disableWebhook", "Disable a webhook")
        .more("It hears of nothing, and what waits for it is given up.")
        .refuses(&[(404, "not-found"), (409, "conflict")])
        .example(|| json!({}))
        .run(run)
}

/// `POST`
pub(crate) fn test() -> Operation {
    let run = async |call: Call<ById>| {
        let id = call.path.id()?;
        manage::test(&writing(&call, id), id, &call.actor()).await?;
        shown(call.app(), id, &call.holder).await.map(Answer::shown)
    };
    Described::post("testWebhook", "Send something to see whether it arrives")
        .more("Its delivery says what came of it.")
        .refuses(&[(404, "not-found")])
        .example(|| json!({}))
        .run(run)
}

/// A webhook that is gone.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Deleted {
    /// What its id was.
    pub(super) deleted: AnId,
}

/// `POST`
pub(crate) fn delete() -> Operation {
    let run = async |call: Call<ById>| {
        let id = call.path.id()?;
        let writing = call.writing("/api/v1/webhooks");
        manage::delete(&writing, id, &call.actor()).await?;
        Ok(Answer::shown(Deleted { deleted: AnId(id) }))
    };
    Described::post("deleteWebhook", "Delete a webhook with its deliveries")
        .refuses(&[(404, "not-found")])
        .example(|| json!({}))
        .run(run)
}

/// How many deliveries are sent again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Resent {
    /// How many; at most 1000 at a time.
    count: usize,
}

/// `POST`
pub(crate) fn resend_failed() -> Operation {
    let run = async |call: Call<ById>| {
        let id = call.path.id()?;
        let count = manage::resend_failed(&writing(&call, id), id, &call.actor()).await?;
        Ok(Answer::shown(Resent { count }))
    };
    Described::post("resendFailedDeliveries", "Send again what was given up")
        .more("At most 1000 at a time, the oldest first.")
        .refuses(&[(404, "not-found")])
        .example(|| json!({}))
        .run(run)
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotFound => Self::not_found(),
            Refused::NotNow => Self::conflict("webhook-not-so"),
            Refused::TooMany { allowed } => {
                Self::conflict(Say::new("webhook-too-many").with("count", allowed))
            }
            Refused::Waits => Self::conflict("webhook-waits"),
            Refused::TooOften { seconds } => {
                let fact = Say::new("webhook-too-often").with("seconds", seconds);
                Self::too_often(fact, seconds)
            }
            Refused::NoVault => Self::internal(&"the key of the vault is missing"),
            Refused::Failed(error) => Self::failed(error),
        }
    }
}
