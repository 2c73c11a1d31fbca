//! `/api/v1/webhooks/{id}/deliveries`: what was sent to one, and whether it arrived.

use countersign_core::Id;
use countersign_store::{Delivery, DeliveryStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::list::Listed;
use super::super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::super::types::{ADeliveryStatus, Time};
use crate::desk::Refusal;
use crate::problem::Problem;
use crate::webhook::manage;

/// One event on its way to one webhook.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub(crate) struct Shown {
    /// Its number.
    id: i64,
    /// The event's id: the header `webhook-id` of each try.
    event: String,
    /// What it tells of.
    topic: String,
    /// Whether it has arrived.
    status: ADeliveryStatus,
    /// How often it was tried; from 1 again when it is sent again.
    tries: u32,
    /// When it is tried next; null when it is not.
    next_at: Option<Time>,
    /// When it happened.
    created_at: Time,
    /// When it was tried last.
    last_at: Option<Time>,
    /// The status of the last answer.
    last_code: Option<u16>,
    /// Why it did not arrive, in a word.
    last_error: Option<String>,
    /// The same in the words of what failed.
    last_words: Option<String>,
    /// The beginning of the last answer: text of whoever runs the receiver.
    answer: Option<String>,
}

impl From<Delivery> for Shown {
    fn from(delivery: Delivery) -> Self {
        let waits = delivery.status == DeliveryStatus::Waiting;
        Self {
            id: delivery.seq,
            event: delivery.event,
            topic: delivery.topic,
            status: ADeliveryStatus(delivery.status),
            tries: delivery.tries,
            next_at: waits.then_some(Time(delivery.next_at)),
            created_at: Time(delivery.created_at),
            last_at: delivery.last_at.map(Time),
            last_code: delivery.last_code,
            last_error: delivery.last_error,
            last_words: delivery.last_words,
            answer: delivery.answer,
        }
    }
}

/// A delivery with what is sent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeliveryWithPayload")]
pub(crate) struct WithPayload {
    #[serde(flatten)]
    delivery: Shown,
    /// What is sent, letter by letter: JSON as text, since that is what is signed.
    payload: String,
}

/// Which deliveries.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Items of a page.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Where it begins: `next` of the page before.
    cursor: Option<String>,
    /// Only those with this status.
    status: Option<ADeliveryStatus>,
}

/// `GET`
pub(crate) fn list() -> Operation {
    Described::get("listDeliveries", "List the deliveries of a webhook")
        .more("The newest first. They are kept for 30 days after they ended.")
        .lists()
        .refuses(&[(404, "not-found")])
        .run(listed)
}

async fn listed(call: Call<ById, Which>) -> Result<Answer<Listed<Shown>>, Problem> {
    let (store, asked, id) = (call.app().store(), &call.query, call.path.id::<Id>()?);
    let most = call.most(asked.limit)?;
    let before = call.place(asked.cursor.as_deref())?.and_then(|place| place.parse().ok());
    store.webhook(id).await.map_err(Refusal::Store)?.ok_or_else(Problem::not_found)?;
    let status = asked.status.map(|status| status.0);
    let found = store.deliveries_before(id, status, before, most).await.map_err(Refusal::Store)?;
    let next = found.next.and(found.items.last().map(|last| last.seq));
    Ok(call.page(found.items.into_iter().map(Shown::from).collect(), next))
}

/// A delivery in a path.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct OfWebhook {
    /// The id of the webhook.
    id: String,
    /// The number of the delivery.
    delivery: String,
}

impl OfWebhook {
    fn ids(&self) -> Result<(Id, i64), Problem> {
        let (id, seq) = (self.id.parse().ok(), self.delivery.parse().ok());
        id.zip(seq).ok_or_else(Problem::not_found)
    }
}

/// `GET`
pub(crate) fn show() -> Operation {
    Described::get("getDelivery", "Show a delivery").refuses(&[(404, "not-found")]).run(one)
}

async fn one(call: Call<OfWebhook>) -> Result<Answer<WithPayload>, Problem> {
    shown(&call).await.map(Answer::shown)
}

async fn shown<Q, B>(call: &Call<OfWebhook, Q, B>) -> Result<WithPayload, Problem> {
    let ((id, seq), store) = (call.path.ids()?, call.app().store());
    store.webhook(id).await.map_err(Refusal::Store)?.ok_or_else(Problem::not_found)?;
    let found = store.delivery(id, seq).await.map_err(Refusal::Store)?;
    let (delivery, payload) = found.ok_or_else(Problem::not_found)?;
    Ok(WithPayload { delivery: delivery.into(), payload })
}

/// `POST`
pub(crate) fn resend() -> Operation {
    Described::post("resendDelivery", "Send a delivery again")
        .more("One that arrived or was given up; under the id that the event has.")
        .refuses(&[(404, "not-found"), (409, "conflict")])
        .example(|| json!({}))
        .run(resent)
}

async fn resent(call: Call<OfWebhook, Nothing, Nothing>) -> Result<Answer<WithPayload>, Problem> {
    let (id, seq) = call.path.ids()?;
    let writing = call.writing(&format!("/api/v1/webhooks/{id}/deliveries/{seq}"));
    manage::resend(&writing, id, seq, &call.actor()).await?;
    shown(&call).await.map(Answer::shown)
}
