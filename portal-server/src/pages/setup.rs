//! One-time links: `/setup/{token}` creates the first admin, `/password/{token}` sets a password.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use countersign_core::Hash;
use countersign_store::{LinkPurpose, Role, User, UserStatus};
use serde::Deserialize;

use super::refused::beside_form;
use super::{ErrorPage, Frame, login, page_with};
use crate::access::Visitor;
use crate::account::password::set_by_link;
use crate::app::App;
use crate::fields::Field;
use crate::language::Say;
use crate::mail;
use crate::password;

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    frame: Frame,
    first_admin: bool,
    heading: &'static str,
    button: &'static str,
    shortest: usize,
    problem: Option<String>,
}

fn show(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    first_admin: bool,
    problem: Option<&str>,
) -> Response {
    let frame = Frame::new(app, visitor);
    let (heading, button) = if first_admin {
        ("create-first-admin", "create")
    } else {
        ("set-your-password", "set-password")
    };
    let shortest = password::SHORTEST;
    let longest = password::LONGEST;
    let problem = problem
        .map(|key| frame.say(Say::new(key).with("shortest", shortest).with("longest", longest)));
    page_with(status, &SetupPage { frame, first_admin, heading, button, shortest, problem })
}

async fn require(app: &App, token: &str, purpose: LinkPurpose) -> Result<Hash, ErrorPage> {
    let hash = Hash::of(token);
    let works = app.store().link_works(&hash, purpose, app.now()).await?;
    if works { Ok(hash) } else { Err(dead_link()) }
}

fn dead_link() -> ErrorPage {
    ErrorPage::bad_input("link-dead")
}

/// The form for the first admin.
pub(crate) async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    require(&app, &token, LinkPurpose::FirstAdmin).await?;
    Ok(show(&app, &visitor, StatusCode::OK, true, None))
}

#[derive(Deserialize)]
pub(crate) struct FirstAdmin {
    email: String,
    name: String,
    password: String,
}

/// Creates the first admin and logs in.
pub(crate) async fn create_admin(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
    jar: CookieJar,
    axum::Form(form): axum::Form<FirstAdmin>,
) -> Result<Response, ErrorPage> {
    let link = require(&app, &token, LinkPurpose::FirstAdmin).await?;
    let name = Field::UserName.check(&form.name)?.to_owned();
    if mail::address(&form.email).is_none() || !password::is_acceptable(&form.password) {
        return Ok(show(
            &app,
            &visitor,
            StatusCode::UNPROCESSABLE_ENTITY,
            true,
            Some("first-admin-wrong"),
        ));
    }
    if app.store().user_by_email(&form.email).await?.is_some() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(show(&app, &visitor, status, true, Some("email-taken")));
    }
    let admin = User {
        name,
        password_hash: Some(password::hash(&app, form.password).await?),
        status: UserStatus::Active,
        ..User::invited(app.random_id(), form.email, Role::Owner, app.now())
    };
    if !app.store().create_first_admin(link, admin.clone(), app.now()).await? {
        return Err(dead_link());
    }
    let jar = login::start_session(&app, jar, &visitor, &admin).await?;
    Ok((jar, Redirect::to("/admin")).into_response())
}

/// The form for a password.
pub(crate) async fn password_form(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    require(&app, &token, LinkPurpose::SetPassword).await?;
    Ok(show(&app, &visitor, StatusCode::OK, false, None))
}

/// The form for a password, with what was wrong.
pub(super) fn password_page(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    problem: Option<&str>,
) -> Response {
    show(app, visitor, status, false, problem)
}

#[derive(Deserialize)]
pub(crate) struct NewPassword {
    pub(super) password: String,
}

/// Sets the password.
pub(crate) async fn set_password(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
    axum::Form(form): axum::Form<NewPassword>,
) -> Result<Response, ErrorPage> {
    require(&app, &token, LinkPurpose::SetPassword).await?;
    if !password::is_acceptable(&form.password) {
        return Ok(show(
            &app,
            &visitor,
            StatusCode::UNPROCESSABLE_ENTITY,
            false,
            Some("password-short"),
        ));
    }
    let purpose = LinkPurpose::SetPassword;
    let set = set_by_link(&app, &token, purpose, form.password, visitor.language).await;
    match beside_form(set)? {
        Ok(_) => Ok(Redirect::to("/login").into_response()),
        Err(_) => Err(dead_link()),
    }
}
