//! `/admin/webhooks`: who else hears of what happens, and whether it arrived.

mod delivery;

use std::borrow::Borrow;
use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::Form;
use countersign_core::Id;
use countersign_store::{Delivery, DeliveryQuery, DeliveryStatus, Topic, Webhook, WebhookStatus};
use serde::Deserialize;

pub(crate) use self::delivery::{resend, show as show_delivery};
use super::{ErrorPage, actor};
use crate::access::{Permission, Visitor};
use crate::app::App;
use crate::language::{Say, When};
use crate::pages::paging::{Asked, Pages};
use crate::pages::{Frame, page, page_with};
use crate::webhook::manage::{self, Made, Refused, Wanted};

const PATH: &str = "/admin/webhooks";
const PER_PAGE: usize = 50;
const FIELDS: [&str; 1] = ["status"];

#[derive(Template)]
#[template(path = "admin/webhooks.html")]
struct ListPage {
    frame: Frame,
    webhooks: Vec<Webhook>,
    form: FormView,
    problem: Option<String>,
}

/// What stands in the form of a webhook.
struct FormView {
    url: String,
    events: BTreeSet<String>,
}

impl FormView {
    fn is_ticked(&self, topic: &Topic) -> bool {
        self.events.contains(topic.as_str())
    }
}

#[derive(Template)]
#[template(path = "admin/webhook.html")]
struct ShowPage {
    frame: Frame,
    now: u64,
    webhook: Webhook,
    form: FormView,
    problem: Option<String>,
    asked: String,
    deliveries: Vec<Delivery>,
    pages: Pages,
}

impl ShowPage {
    /// Until when the secret before this one is signed with, in words.
    fn both_until(&self) -> Option<String> {
        let until = self.webhook.old_secret_until.filter(|until| *until > self.now)?;
        Some(self.frame.t1("webhook-both-until", "until", When(until)))
    }
}

#[derive(Template)]
#[template(path = "admin/webhook_secret.html")]
struct SecretPage {
    frame: Frame,
    made: Made,
    is_new: bool,
}

/// The class of a webhook's pill; its word has the same name.
fn pill(webhook: &Webhook) -> &'static str {
    match webhook.status {
        WebhookStatus::Active => "active",
        WebhookStatus::Paused => "ending",
        WebhookStatus::Disabled => "refused",
    }
}

/// Its address: for those who may change it, all of it. Many have a secret in what follows the host.
fn shown_url(frame: &Frame, webhook: &Webhook) -> String {
    match frame.may(Permission::ManageSettings) {
        true => webhook.url.clone(),
        false => webhook.place().to_owned(),
    }
}

/// The message that says how a webhook stands.
fn status_key(webhook: &Webhook) -> String {
    format!("webhook-status-{}", webhook.status.as_str())
}

/// Why it was disabled, in words.
fn disabled(frame: &Frame, webhook: &Webhook) -> Option<String> {
    webhook.disabled_why.map(|why| frame.t(format!("webhook-disabled-{}", why.as_str())))
}

/// Since when nothing has arrived, in words.
fn failing(frame: &Frame, webhook: &Webhook) -> Option<String> {
    webhook.failing_since.map(|since| frame.t1("webhook-failing-since", "since", When(since)))
}

/// The message that says what a webhook hears of.
fn topic_key(topic: &Topic) -> String {
    format!("webhook-event-{}", topic.as_str().replace(['.', '_'], "-"))
}

/// The message that says whether a delivery has arrived.
fn delivery_key(status: impl Borrow<DeliveryStatus>) -> String {
    format!("webhook-delivery-{}", status.borrow().as_str())
}

/// The message that says why a delivery did not arrive.
fn error_key(error: &str) -> String {
    format!("webhook-error-{error}")
}

/// The class of a delivery's pill.
fn delivery_pill(delivery: &Delivery) -> &'static str {
    match delivery.status {
        DeliveryStatus::Delivered => "done",
        DeliveryStatus::Failed => "refused",
        DeliveryStatus::Waiting => "ending",
    }
}

/// What the last try came to: an answer's status, or why there was none.
fn came_to(frame: &Frame, delivery: &Delivery) -> String {
    match (delivery.last_code, &delivery.last_error) {
        (Some(code), _) => code.to_string(),
        (None, Some(error)) => frame.t(error_key(error)),
        (None, None) => "–".to_owned(),
    }
}

/// The list, and the form for another one.
pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let form = FormView { url: String::new(), events: BTreeSet::new() };
    show_list(&app, &visitor, form, None).await
}

async fn show_list(
    app: &App,
    visitor: &Visitor,
    form: FormView,
    problem: Option<Say>,
) -> Result<Response, ErrorPage> {
    let frame = Frame::new(app, visitor);
    let status = problem.as_ref().map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let problem = problem.map(|say| frame.say(say));
    let webhooks = app.store().webhooks().await?;
    Ok(page_with(status, &ListPage { frame, webhooks, form, problem }))
}

#[derive(Deserialize)]
pub(crate) struct WebhookForm {
    #[serde(default)]
    url: String,
    #[serde(default)]
    event: Vec<String>,
}

impl WebhookForm {
    fn view(self) -> FormView {
        FormView { url: self.url, events: self.event.into_iter().collect() }
    }
}

/// Makes one; its secret is shown this once.
pub(crate) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<WebhookForm>,
) -> Result<Response, ErrorPage> {
    let by = actor(&visitor.user()?);
    let wanted = match Wanted::of(&app, &form.url, form.event.iter()) {
        Ok(wanted) => wanted,
        Err(unfit) => return show_list(&app, &visitor, form.view(), Some(unfit.0)).await,
    };
    let made = manage::create(&app, app.random_id(), wanted, &by).await?;
    Ok(page(&SecretPage { frame: Frame::new(&app, &visitor), made, is_new: true }))
}

/// One, with its deliveries.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let webhook = find(&app, &id).await?;
    let url = webhook.url.clone();
    let events = webhook.topics.iter().map(|topic| topic.as_str().to_owned()).collect();
    show_one(&app, &visitor, webhook, FormView { url, events }, &asked, None).await
}

async fn show_one(
    app: &App,
    visitor: &Visitor,
    webhook: Webhook,
    form: FormView,
    asked: &Asked,
    problem: Option<Say>,
) -> Result<Response, ErrorPage> {
    let frame = Frame::new(app, visitor);
    let code = problem.as_ref().map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let problem = problem.map(|say| frame.say(say));
    let status = asked.text("status").parse::<DeliveryStatus>().ok();
    let query = DeliveryQuery { status, after: asked.after(), most: PER_PAGE };
    let found = app.store().deliveries(webhook.id, &query).await?;
    let pages = asked.pages(&format!("{PATH}/{}", webhook.id), &FIELDS, found.next.as_ref());
    let asked = status.map_or(String::new(), |status| status.as_str().to_owned());
    let (deliveries, now) = (found.items, app.now());
    let shown = ShowPage { frame, now, webhook, form, problem, asked, deliveries, pages };
    Ok(page_with(code, &shown))
}

/// Changes where it is sent to and of what it hears.
pub(crate) async fn save(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<WebhookForm>,
) -> Result<Response, ErrorPage> {
    let (webhook, by) = (find(&app, &id).await?, actor(&visitor.user()?));
    match Wanted::of(&app, &form.url, form.event.iter()) {
        Ok(wanted) => {
            manage::change(&app, webhook.id, wanted, &by).await?;
            Ok(back_to(webhook.id))
        }
        Err(unfit) => {
            let asked = Asked::default();
            show_one(&app, &visitor, webhook, form.view(), &asked, Some(unfit.0)).await
        }
    }
}

/// Gives it another secret, which is shown this once.
pub(crate) async fn rotate(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let by = actor(&visitor.user()?);
    let made = manage::rotate(&app, parsed(&id)?, &by).await?;
    Ok(page(&SecretPage { frame: Frame::new(&app, &visitor), made, is_new: false }))
}

/// Pauses it.
pub(crate) async fn pause(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (id, by) = (parsed(&id)?, actor(&visitor.user()?));
    manage::pause(&app, id, &by).await?;
    Ok(back_to(id))
}

/// Turns it on again.
pub(crate) async fn resume(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (id, by) = (parsed(&id)?, actor(&visitor.user()?));
    manage::resume(&app, id, &by).await?;
    Ok(back_to(id))
}

/// Deletes it.
pub(crate) async fn delete(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    manage::delete(&app, parsed(&id)?, &actor(&visitor.user()?)).await?;
    Ok(Redirect::to(PATH).into_response())
}

/// Sends something to see whether it arrives.
pub(crate) async fn test(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (id, by) = (parsed(&id)?, actor(&visitor.user()?));
    manage::test(&app, id, &by).await?;
    Ok(back_to(id))
}

/// Sends again what was given up.
pub(crate) async fn resend_failed(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (id, by) = (parsed(&id)?, actor(&visitor.user()?));
    manage::resend_failed(&app, id, &by).await?;
    Ok(back_to(id))
}

fn parsed(id: &str) -> Result<Id, ErrorPage> {
    id.parse().map_err(|_| ErrorPage::not_found())
}

async fn find(app: &App, id: &str) -> Result<Webhook, ErrorPage> {
    app.store().webhook(parsed(id)?).await?.ok_or_else(ErrorPage::not_found)
}

fn back_to(id: Id) -> Response {
    Redirect::to(&format!("{PATH}/{id}")).into_response()
}

impl From<Refused> for ErrorPage {
    fn from(refused: Refused) -> Self {
        let unfit = StatusCode::UNPROCESSABLE_ENTITY;
        match refused {
            Refused::NotFound => Self::not_found(),
            Refused::NotNow => Self::refused(StatusCode::CONFLICT, Say::new("webhook-not-so")),
            Refused::TooMany { allowed } => {
                Self::refused(unfit, Say::new("webhook-too-many").with("count", allowed))
            }
            Refused::Waits => Self::refused(StatusCode::CONFLICT, Say::new("webhook-waits")),
            Refused::TooOften { seconds } => Self::refused(
                StatusCode::TOO_MANY_REQUESTS,
                Say::new("webhook-too-often").with("seconds", seconds),
            ),
            Refused::NoVault => {
                Self::refused(StatusCode::SERVICE_UNAVAILABLE, Say::new("webhook-no-vault"))
            }
            Refused::Failed(error) => error.into(),
        }
    }
}
