//! `/forgot` asks for a link by mail, `/reset/{token}` sets the password by it. What is said never depends on whether an
//! address has an account.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::Hash;
use countersign_store::LinkPurpose;
use serde::Deserialize;

use super::refused::beside_form;
use super::{ErrorPage, Frame, page_with, setup};
use crate::access::Visitor;
use crate::account::{RESET_SECONDS, Refusal, password};
use crate::app::App;
use crate::language::Say;

#[derive(Template)]
#[template(path = "forgot.html")]
struct ForgotPage {
    frame: Frame,
    done: Option<String>,
    problem: Option<String>,
}

/// The form.
pub(crate) async fn form(State(app): State<App>, visitor: Visitor) -> Response {
    let frame = Frame::new(&app, &visitor);
    page_with(StatusCode::OK, &ForgotPage { frame, done: None, problem: None })
}

#[derive(Deserialize)]
pub(crate) struct Forgot {
    email: String,
}

/// Queues the mail, whoever that is.
pub(crate) async fn ask(
    State(app): State<App>,
    visitor: Visitor,
    Form(Forgot { email }): Form<Forgot>,
) -> Result<Response, ErrorPage> {
    let asked = password::ask_reset(&app, &email, &visitor.caller, visitor.language).await;
    let frame = Frame::new(&app, &visitor);
    let (status, done, problem) = match beside_form(asked)? {
        Ok(()) => {
            let say = Say::new("forgot-done").with("minutes", RESET_SECONDS / 60);
            (StatusCode::OK, Some(frame.say(say)), None)
        }
        Err(refusal) => (refusal.status(), None, Some(frame.say(refusal.say()))),
    };
    Ok(page_with(status, &ForgotPage { frame, done, problem }))
}

/// The form for the new password. Looking at it uses nothing up: programs that check mail follow links.
pub(crate) async fn reset_form(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    let (token, purpose) = (Hash::of(&token), LinkPurpose::ResetPassword);
    if !app.store().link_works(&token, purpose, app.now()).await? {
        return Err(account_refused(Refusal::DeadLink));
    }
    Ok(setup::password_page(&app, &visitor, StatusCode::OK, None))
}

/// Sets the new password.
pub(crate) async fn reset(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
    Form(form): Form<setup::NewPassword>,
) -> Result<Response, ErrorPage> {
    match beside_form(password::reset(&app, &token, form.password, visitor.language).await)? {
        Ok(_) => Ok(Redirect::to("/login?done=password").into_response()),
        Err(Refusal::UnfitPassword) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(setup::password_page(&app, &visitor, status, Some("password-short")))
        }
        Err(refusal) => Err(account_refused(refusal)),
    }
}

fn account_refused(refusal: Refusal) -> ErrorPage {
    crate::account::Refused::Because(refusal).into()
}
