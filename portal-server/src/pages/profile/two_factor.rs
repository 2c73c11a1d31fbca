//! `/profile/two-factor`: the second factor, on and off, and its recovery codes.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_store::TwoFactor;
use serde::Deserialize;

use super::super::refused::beside_form;
use super::super::{ErrorPage, Frame, page_with};
use crate::access::Visitor;
use crate::account::{Refusal, totp, two_factor};
use crate::app::App;

#[derive(Template)]
#[template(path = "two_factor.html")]
struct TwoFactorPage {
    frame: Frame,
    is_on: bool,
    /// Nothing else opens before.
    is_needed: bool,
    codes_left: u64,
    offer: Option<Offer>,
    problem: Option<String>,
}

/// A secret that waits for its first code.
struct Offer {
    /// In groups, to be typed.
    secret: String,
    url: String,
    /// An `svg` element, made here from `url`.
    picture: String,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesPage {
    frame: Frame,
    codes: Vec<String>,
}

/// The page.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    page(&app, &visitor, None).await
}

async fn page(
    app: &App,
    visitor: &Visitor,
    problem: Option<Refusal>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let is_on = user.two_factor == TwoFactor::On;
    let (offered, unavailable) = match beside_form(two_factor::offered(app, &user).await)? {
        Ok(offered) => (offered, None),
        Err(refusal) => (None, Some(refusal)),
    };
    let problem = problem.or(unavailable);
    let offer = match offered {
        Some(secret) if !is_on => {
            let url = totp::url(&secret.clear, app.vendor(), &user.email)?;
            Some(Offer { secret: grouped(&secret.clear), picture: totp::qr(&url)?, url })
        }
        _ => None,
    };
    let codes_left = app.store().recovery_codes_left(user.id).await?;
    let is_needed = visitor.lacks_second_factor() && app.settings().await?.staff_second_factor;
    let frame = Frame::new(app, visitor);
    let status = problem.as_ref().map_or(StatusCode::OK, Refusal::status);
    let problem = problem.map(|refusal| frame.say(refusal.say()));
    Ok(page_with(status, &TwoFactorPage { frame, is_on, is_needed, codes_left, offer, problem }))
}

fn grouped(secret: &str) -> String {
    let chars: Vec<char> = secret.chars().collect();
    chars.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The codes, this once.
fn codes_page(app: &App, visitor: &Visitor, codes: Vec<String>) -> Response {
    page_with(StatusCode::OK, &CodesPage { frame: Frame::new(app, visitor), codes })
}

#[derive(Deserialize)]
pub(crate) struct Proof {
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
}

/// Makes a secret for the app.
pub(crate) async fn offer(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<Proof>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    match beside_form(two_factor::offer(&app, &user, form.password).await)? {
        Ok(()) => Ok(Redirect::to("/profile/two-factor").into_response()),
        Err(refusal) => page(&app, &visitor, Some(refusal)).await,
    }
}

/// Turns it on by the first code.
pub(crate) async fn turn_on(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<Proof>,
) -> Result<Response, ErrorPage> {
    let (user, session) = (visitor.user()?, visitor.session_id()?);
    let on = two_factor::turn_on(&app, &user, session, &form.code, visitor.language).await;
    match beside_form(on)? {
        Ok(codes) => Ok(codes_page(&app, &visitor, codes)),
        Err(refusal) => page(&app, &visitor, Some(refusal)).await,
    }
}

/// Turns it off.
pub(crate) async fn turn_off(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<Proof>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let language = visitor.language;
    let off = two_factor::turn_off(&app, &user, form.password, &form.code, language).await;
    match beside_form(off)? {
        Ok(()) => Ok(Redirect::to("/profile/two-factor").into_response()),
        Err(refusal) => page(&app, &visitor, Some(refusal)).await,
    }
}

/// New recovery codes.
pub(crate) async fn new_codes(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<Proof>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let language = visitor.language;
    let made = two_factor::new_codes(&app, &user, form.password, &form.code, language).await;
    match beside_form(made)? {
        Ok(codes) => Ok(codes_page(&app, &visitor, codes)),
        Err(refusal) => page(&app, &visitor, Some(refusal)).await,
    }
}
