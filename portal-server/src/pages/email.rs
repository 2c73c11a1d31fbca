//! `/confirm/{token}` takes a new e-mail address, `/revert/{token}` undoes the change. A button each: programs that check
//! mail follow links, people press buttons.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::Hash;
use countersign_store::LinkPurpose;

use super::{ErrorPage, Frame, page_with};
use crate::access::Visitor;
use crate::account::{Refusal, Refused, email};
use crate::app::App;

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    frame: Frame,
    heading: &'static str,
    text: String,
    button: Option<&'static str>,
}

/// The button that confirms.
pub(crate) async fn confirm_form(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    let address = detail(&app, &token, LinkPurpose::ConfirmEmail).await?;
    let frame = Frame::new(&app, &visitor);
    let text = frame.t1("confirm-email-text", "address", address);
    Ok(show(frame, "confirm-email", text, Some("confirm-email-button")))
}

/// Takes the new address.
pub(crate) async fn confirm(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    email::confirm(&app, &token, visitor.language).await?;
    let frame = Frame::new(&app, &visitor);
    let text = frame.t("confirm-email-done");
    Ok(show(frame, "confirm-email", text, None))
}

/// The button that undoes.
pub(crate) async fn revert_form(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    let address = detail(&app, &token, LinkPurpose::RevertEmail).await?;
    let frame = Frame::new(&app, &visitor);
    let text = frame.t1("revert-email-text", "address", address);
    Ok(show(frame, "revert-email", text, Some("revert-email-button")))
}

/// Undoes the change and goes on to a new password.
pub(crate) async fn revert(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    let secret = email::revert(&app, &token).await?;
    Ok(Redirect::to(&format!("/reset/{secret}")).into_response())
}

async fn detail(app: &App, token: &str, purpose: LinkPurpose) -> Result<String, ErrorPage> {
    let link = app.store().link(&Hash::of(token), purpose, app.now()).await?;
    let detail = link.and_then(|link| link.detail);
    detail.ok_or_else(|| Refused::Because(Refusal::DeadLink).into())
}

fn show(
    frame: Frame,
    heading: &'static str,
    text: String,
    button: Option<&'static str>,
) -> Response {
    page_with(StatusCode::OK, &ConfirmPage { frame, heading, text, button })
}
