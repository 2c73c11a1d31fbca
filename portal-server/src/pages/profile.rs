//! `/profile`: one's names, language, e-mail address and password; below it the second factor and the sessions.

pub(crate) mod sessions;
pub(crate) mod two_factor;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_store::{Group, ProfileChange, User};
use serde::Deserialize;

use super::refused::beside_form;
use super::{ErrorPage, Frame, page_with};
use crate::access::Visitor;
use crate::account::{Refusal, email, is_name, password};
use crate::app::App;
use crate::language::Language;
use crate::password::SHORTEST;

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    frame: Frame,
    user: User,
    organization: Option<String>,
    groups: Vec<Group>,
    languages: Vec<Language>,
    shortest: usize,
    done: Option<String>,
    problem: Option<String>,
}

impl ProfilePage {
    fn is_chosen(&self, language: &Language) -> bool {
        self.user.language.as_deref() == Some(language.code().as_str())
    }
}

#[derive(Deserialize)]
pub(crate) struct Done {
    #[serde(default)]
    pub(super) done: String,
}

/// What was done a moment ago, as it is said.
const SAID: [&str; 3] = ["saved", "email", "password"];

/// The page.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(Done { done }): Query<Done>,
) -> Result<Response, ErrorPage> {
    page(&app, &visitor, &done, None).await
}

async fn page(
    app: &App,
    visitor: &Visitor,
    done: &str,
    problem: Option<Refusal>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let organization = match user.organization {
        Some(id) => app.store().organization(id).await?.map(|organization| organization.name),
        None => None,
    };
    let frame = Frame::new(app, visitor);
    let done = SAID.contains(&done).then(|| frame.t(format!("profile-done-{done}")));
    let status = problem.as_ref().map_or(StatusCode::OK, Refusal::status);
    let page = ProfilePage {
        organization,
        groups: app.store().groups_of_user(user.id).await?,
        languages: Language::all().collect(),
        shortest: SHORTEST,
        done,
        problem: problem.map(|refusal| frame.say(refusal.say())),
        user,
        frame,
    };
    Ok(page_with(status, &page))
}

/// The page with what was refused, or on to it with what was done.
async fn ended(
    app: &App,
    visitor: &Visitor,
    result: crate::account::Result<()>,
    done: &str,
) -> Result<Response, ErrorPage> {
    match beside_form(result)? {
        Ok(()) => Ok(Redirect::to(&format!("/profile?done={done}")).into_response()),
        Err(refusal) => page(app, visitor, "", Some(refusal)).await,
    }
}

#[derive(Deserialize)]
pub(crate) struct Names {
    first_name: String,
    last_name: String,
    #[serde(default)]
    language: String,
}

/// Saves names and language.
pub(crate) async fn save(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<Names>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    if !is_name(&form.first_name) || !is_name(&form.last_name) {
        return page(&app, &visitor, "", Some(Refusal::UnfitName)).await;
    }
    let change = ProfileChange {
        first_name: form.first_name,
        last_name: form.last_name,
        language: Language::by_code(&form.language).map(Language::code),
    };
    app.store().change_profile(user.id, change, app.now()).await?;
    Ok(Redirect::to("/profile?done=saved").into_response())
}

#[derive(Deserialize)]
pub(crate) struct NewEmail {
    email: String,
    password: String,
}

/// Asks the new mailbox.
pub(crate) async fn change_email(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<NewEmail>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let asked = email::ask(&app, &user, form.password, &form.email, visitor.language).await;
    ended(&app, &visitor, asked, "email").await
}

#[derive(Deserialize)]
pub(crate) struct ChangePassword {
    password: String,
    new_password: String,
}

/// Changes the password; other sessions end.
pub(crate) async fn change_password(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<ChangePassword>,
) -> Result<Response, ErrorPage> {
    let (user, session) = (visitor.user()?, visitor.session_id()?);
    let ChangePassword { password: old, new_password: new } = form;
    let changed = password::change(&app, &user, session, old, new, visitor.language).await;
    ended(&app, &visitor, changed, "password").await
}
