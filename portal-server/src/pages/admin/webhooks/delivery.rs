//! `/admin/webhooks/{id}/deliveries/{delivery}`: what was sent, what came back, and once more.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use countersign_store::{Delivery, DeliveryStatus, Webhook};

use super::{
    ErrorPage, PATH, actor, came_to, delivery_key, delivery_pill, error_key, find, parsed,
    shown_url,
};
use crate::access::Visitor;
use crate::app::App;
use crate::pages::{Frame, page};
use crate::webhook::manage;

#[derive(Template)]
#[template(path = "admin/webhook_delivery.html")]
struct DeliveryPage {
    frame: Frame,
    webhook: Webhook,
    delivery: Delivery,
    payload: String,
}

/// One.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<Response, ErrorPage> {
    let (webhook, seq) = (find(&app, &id).await?, number(&delivery)?);
    let found = app.store().delivery(webhook.id, seq).await?;
    let (delivery, payload) = found.ok_or_else(ErrorPage::not_found)?;
    let payload = indented(&payload);
    let frame = Frame::new(&app, &visitor);
    Ok(page(&DeliveryPage { frame, webhook, delivery, payload }))
}

/// Sends it again.
pub(crate) async fn resend(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<Response, ErrorPage> {
    let (id, seq) = (parsed(&id)?, number(&delivery)?);
    manage::resend(&app, id, seq, &actor(&visitor.user()?)).await?;
    Ok(Redirect::to(&format!("{PATH}/{id}/deliveries/{seq}")).into_response())
}

/// The first line of the request, as far as it may be seen.
fn posted_to(frame: &Frame, webhook: &Webhook) -> String {
    format!("POST {}", shown_url(frame, webhook))
}

fn number(text: &str) -> Result<i64, ErrorPage> {
    text.parse().map_err(|_| ErrorPage::not_found())
}

/// For people: what is sent has no blanks.
fn indented(payload: &str) -> String {
    let value: Option<serde_json::Value> = serde_json::from_str(payload).ok();
    let text = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    text.unwrap_or_else(|| payload.to_owned())
}
