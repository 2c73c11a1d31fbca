//! `/invite/{token}`: into an organization, with a new account or the one that is logged in.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use countersign_store::User;
use serde::Deserialize;

use super::refused::beside_form;
use super::{ErrorPage, Frame, login, page_with};
use crate::access::Visitor;
use crate::account::{Refusal, invitation};
use crate::app::App;
use crate::password;

#[derive(Template)]
#[template(path = "invite.html")]
struct InvitePage {
    frame: Frame,
    organization: String,
    address: String,
    first_name: String,
    last_name: String,
    shortest: usize,
    way: Way,
    token: String,
    problem: Option<String>,
}

/// How the invited comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// With a new account.
    New,
    /// With the account that is logged in.
    Join,
    /// With an account that is there and must be logged in first.
    LogIn,
}

async fn show(
    app: &App,
    visitor: &Visitor,
    token: &str,
    problem: Option<Refusal>,
) -> Result<Response, ErrorPage> {
    let invited = invitation::invited(app, token).await?;
    let organization = match invited.organization {
        Some(id) => app.store().organization(id).await?,
        None => None,
    };
    let way = way(app, visitor, &invited).await?;
    let frame = Frame::new(app, visitor);
    let status = problem.as_ref().map_or(StatusCode::OK, Refusal::status);
    let page = InvitePage {
        // The vendor's own people belong to none.
        organization: organization.map_or_else(|| visitor.look.name.clone(), |o| o.name),
        address: invited.address().to_owned(),
        first_name: invited.first_name,
        last_name: invited.last_name,
        shortest: password::SHORTEST,
        way,
        token: token.to_owned(),
        problem: problem.map(|refusal| frame.say(refusal.say())),
        frame,
    };
    Ok(page_with(status, &page))
}

/// Whoever has the link reads the mailbox, and may know whether the address has an account.
async fn way(app: &App, visitor: &Visitor, invited: &User) -> Result<Way, ErrorPage> {
    if visitor.user.as_ref().is_some_and(|user| user.email == invited.address()) {
        return Ok(Way::Join);
    }
    let has_account = app.store().user_by_email(invited.address()).await?.is_some();
    Ok(if has_account { Way::LogIn } else { Way::New })
}

/// The form.
pub(crate) async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    show(&app, &visitor, &token, None).await
}

#[derive(Deserialize)]
pub(crate) struct NewAccount {
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    password: String,
}

/// Comes in with a new account, and is logged in.
pub(crate) async fn accept(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
    jar: CookieJar,
    Form(form): Form<NewAccount>,
) -> Result<Response, ErrorPage> {
    let NewAccount { first_name, last_name, password } = form;
    let accepted = invitation::accept(&app, &token, first_name, last_name, password).await;
    match beside_form(accepted)? {
        Ok(user) => {
            let jar = login::start_session(&app, jar, &visitor, &user).await?;
            Ok((jar, Redirect::to("/")).into_response())
        }
        Err(refusal) => show(&app, &visitor, &token, Some(refusal)).await,
    }
}

/// Comes in with the account that is logged in.
pub(crate) async fn join(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    match beside_form(invitation::join(&app, &token, &user).await)? {
        Ok(_) => Ok(Redirect::to("/").into_response()),
        Err(refusal) => show(&app, &visitor, &token, Some(refusal)).await,
    }
}
