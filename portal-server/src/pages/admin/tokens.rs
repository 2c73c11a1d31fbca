//! `/admin/tokens`: one's own tokens for programs.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::Form;
use countersign_core::Id;
use countersign_store::{ApiToken, TokenScope, TokenStanding, TwoFactor, User};
use serde::Deserialize;

use super::{ErrorPage, optional_number};
use crate::access::Visitor;
use crate::access::token::may_hold;
use crate::account::Refusal;
use crate::account::api_token::{DEFAULT_DAYS, MOST_DAYS, Made, WARN_SECONDS, Wanted, make_own};
use crate::app::App;
use crate::pages::refused::beside_form;
use crate::pages::{Frame, page, page_with};

#[derive(Template)]
#[template(path = "admin/tokens.html")]
struct TokensPage {
    frame: Frame,
    user: User,
    now: u64,
    tokens: Vec<ApiToken>,
    takes_code: bool,
    typed: Typed,
    problem: Option<String>,
}

/// What stands in the form.
struct Typed {
    name: String,
    scopes: BTreeSet<String>,
    days: String,
}

impl TokensPage {
    /// Class and key of its status.
    fn status(&self, token: &ApiToken) -> (&'static str, &'static str) {
        match token.standing(self.now) {
            TokenStanding::Revoked => ("revoked", "token-revoked"),
            TokenStanding::Expired => ("ended", "token-expired"),
            TokenStanding::Live if token.expires_at <= self.now + WARN_SECONDS => {
                ("ending", "token-ends-soon")
            }
            TokenStanding::Live => ("active", "token-live"),
        }
    }

    /// Those that the visitor's role may have.
    fn scopes(&self) -> Vec<TokenScope> {
        TokenScope::ALL.into_iter().filter(|scope| may_hold(&self.user, *scope)).collect()
    }

    fn is_live(&self, token: &ApiToken) -> bool {
        token.standing(self.now) == TokenStanding::Live
    }

    fn is_ticked(&self, scope: &TokenScope) -> bool {
        self.typed.scopes.contains(scope.as_str())
    }
}

/// The message that says what a scope is for.
fn scope_key(scope: TokenScope) -> String {
    format!("scope-{}", scope.as_str().replace(':', "-"))
}

fn scope_words(scopes: &BTreeSet<TokenScope>) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ")
}

#[derive(Template)]
#[template(path = "admin/token_made.html")]
struct MadePage {
    frame: Frame,
    made: Made,
}

/// The list, and the form for another one.
pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let scopes = BTreeSet::from([TokenScope::AnswerRequests.as_str().to_owned()]);
    let typed = Typed { name: String::new(), scopes, days: DEFAULT_DAYS.to_string() };
    show(&app, &visitor, typed, None).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    typed: Typed,
    problem: Option<Refusal>,
) -> Result<Response, ErrorPage> {
    let (user, now) = (visitor.user()?, app.now());
    let frame = Frame::new(app, visitor);
    let status = problem.as_ref().map_or(StatusCode::OK, Refusal::status);
    let problem = problem.map(|refusal| frame.say(refusal.say()));
    let tokens = app.store().api_tokens_of(user.id, now).await?;
    let takes_code = user.two_factor == TwoFactor::On;
    Ok(page_with(status, &TokensPage { frame, user, now, tokens, takes_code, typed, problem }))
}

#[derive(Deserialize)]
pub(crate) struct TokenForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    scope: Vec<String>,
    #[serde(default)]
    days: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
}

/// Makes one; it is shown this once.
pub(crate) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<TokenForm>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let wanted = Wanted::of(&form.name, form.scope.iter(), optional_number(&form.days)?)?;
    let proof = (form.password, form.code.as_str());
    match beside_form(make_own(&app, &user, wanted, proof, visitor.language).await)? {
        Ok(made) => Ok(page(&MadePage { frame: Frame::new(&app, &visitor), made })),
        Err(refusal) => {
            let scopes = form.scope.into_iter().collect();
            let typed = Typed { name: form.name, scopes, days: form.days };
            show(&app, &visitor, typed, Some(refusal)).await
        }
    }
}

/// Ends one.
pub(crate) async fn revoke(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    if !app.store().revoke_own_api_token(user.id, id, app.now()).await? {
        return Err(ErrorPage::not_found());
    }
    Ok(Redirect::to("/admin/tokens").into_response())
}
