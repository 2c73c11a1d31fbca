//! `/login`, `/login/code`, `/logout`. The rules are in `account::login`; by an identity provider people come in through `sso`.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use countersign_core::Hash;
use countersign_store::{FactorAskedBy, NewSession, User};
use serde::Deserialize;

use super::refused::beside_form;
use super::{ErrorPage, Frame, page_with};
use crate::access::{Visitor, cookie_name, device_cookie_name};
use crate::account::guard::Caller;
use crate::account::login::{self, Entry};
use crate::account::{Refusal, SECOND_FACTOR_SECONDS};
use crate::app::App;
use crate::language::Say;

const SESSION_SECONDS: u64 = 12 * 3600;
/// How long a browser is known by which somebody has logged in.
const DEVICE_SECONDS: u64 = 180 * 86_400;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    next: String,
    email: String,
    done: Option<String>,
    problem: Option<String>,
    /// Whether anybody logs in with an account of a company.
    by_provider: bool,
}

impl LoginPage {
    fn next_query(&self) -> String {
        next_query(&self.next)
    }
}

#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    pub(super) next: String,
    /// What led here, e.g. `password`.
    #[serde(default)]
    done: String,
}

/// The form.
pub(crate) async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Query(Next { next, done }): Query<Next>,
) -> Response {
    let frame = Frame::new(&app, &visitor);
    let done = (done == "password").then(|| frame.t("password-is-set"));
    let by_provider = by_provider(&app).await;
    let page = LoginPage { frame, next, email: String::new(), done, problem: None, by_provider };
    page_with(StatusCode::OK, &page)
}

/// Where that cannot be found out, passwords are still taken.
async fn by_provider(app: &App) -> bool {
    app.store().has_identity_provider().await.unwrap_or(false)
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Logs in, asks for the second factor, or says that it did not work.
pub(crate) async fn log_in(
    State(app): State<App>,
    visitor: Visitor,
    jar: CookieJar,
    Form(Credentials { email, password, next }): Form<Credentials>,
) -> Result<Response, ErrorPage> {
    match beside_form(login::enter(&app, &email, password, &visitor.caller).await)? {
        Ok(Entry::Open(user)) => {
            let jar = start_session(&app, jar, &visitor, &user).await?;
            Ok((jar, Redirect::to(&local_path(&next))).into_response())
        }
        Ok(Entry::SecondFactor { secret }) => Ok(to_second_factor(&app, jar, secret, &next)),
        Err(refusal) => {
            let frame = Frame::new(&app, &visitor);
            let say = match refusal {
                Refusal::WrongPassword => Say::new("login-wrong"),
                _ => refusal.say(),
            };
            let problem = Some(frame.say(say));
            let by_provider = by_provider(&app).await;
            let page = LoginPage { frame, next, email, done: None, problem, by_provider };
            Ok(page_with(refusal.status(), &page))
        }
    }
}

/// On to the second factor.
pub(super) fn to_second_factor(app: &App, jar: CookieJar, secret: String, next: &str) -> Response {
    let cookie = cookie(app, step_cookie_name(app), secret, SECOND_FACTOR_SECONDS);
    let code = format!("/login/code?{}", next_query(next));
    (jar.add(cookie), Redirect::to(&code)).into_response()
}

#[derive(Template)]
#[template(path = "login_code.html")]
struct CodePage {
    frame: Frame,
    next: String,
    problem: Option<String>,
}

/// The form for the second factor.
pub(crate) async fn code_form(
    State(app): State<App>,
    visitor: Visitor,
    jar: CookieJar,
    Query(Next { next, .. }): Query<Next>,
) -> Response {
    if jar.get(step_cookie_name(&app)).is_none() {
        return Redirect::to("/login").into_response();
    }
    let frame = Frame::new(&app, &visitor);
    page_with(StatusCode::OK, &CodePage { frame, next, problem: None })
}

#[derive(Deserialize)]
pub(crate) struct Code {
    code: String,
    #[serde(default)]
    next: String,
}

/// Logs in by the second factor.
pub(crate) async fn log_in_by_code(
    State(app): State<App>,
    visitor: Visitor,
    jar: CookieJar,
    Form(Code { code, next }): Form<Code>,
) -> Result<Response, ErrorPage> {
    let step = step_cookie_name(&app);
    let Some(secret) = jar.get(step).map(|cookie| cookie.value().to_owned()) else {
        return Ok(Redirect::to("/login").into_response());
    };
    let passed = login::pass(&app, &secret, &code, &visitor.caller, visitor.language).await;
    match beside_form(passed)? {
        Ok(user) => {
            let jar = jar.remove(cookie(&app, step, String::new(), 0));
            let jar = start_session(&app, jar, &visitor, &user).await?;
            Ok((jar, Redirect::to(&local_path(&next))).into_response())
        }
        Err(refusal) => {
            let frame = Frame::new(&app, &visitor);
            let say = match refusal {
                Refusal::DeadLink => Say::new("login-code-late"),
                _ => refusal.say(),
            };
            let problem = Some(frame.say(say));
            Ok(page_with(refusal.status(), &CodePage { frame, next, problem }))
        }
    }
}

/// Starts a session with a fresh token: one that somebody planted before the login is worth nothing. The session that this
/// browser had until now ends, whoever's it was: nobody could end it from here any more.
pub(crate) async fn start_session(
    app: &App,
    jar: CookieJar,
    visitor: &Visitor,
    user: &User,
) -> Result<CookieJar, ErrorPage> {
    start_session_with(app, jar, visitor, user, FactorAskedBy::Portal).await
}

/// As [`start_session`], with who vouches for its second factor.
pub(super) async fn start_session_with(
    app: &App,
    jar: CookieJar,
    visitor: &Visitor,
    user: &User,
    factor: FactorAskedBy,
) -> Result<CookieJar, ErrorPage> {
    let (store, now, name, caller) = (app.store(), app.now(), cookie_name(app), &visitor.caller);
    if let Some(before) = jar.get(name) {
        store.delete_session(Hash::of(before.value())).await?;
    }
    let (secret, token) = app.secret();
    let new = NewSession {
        token,
        id: app.random_id(),
        user: user.id,
        user_agent: caller.agent.clone(),
        address: caller.address.clone(),
        until: now + SESSION_SECONDS,
    };
    store.create_session_with(new, factor, now).await?;
    let jar = know_device(app, jar, caller, user).await?;
    let session = Cookie::build((name, secret)).path("/").http_only(true).same_site(SameSite::Lax);
    Ok(jar.add(session.secure(app.config().is_https())))
}

/// Makes the browser one that has logged in before: guesses from elsewhere do not slow it down.
async fn know_device(
    app: &App,
    jar: CookieJar,
    caller: &Caller,
    user: &User,
) -> Result<CookieJar, ErrorPage> {
    if let Some(device) = &caller.device
        && app.store().is_known_device(device, &user.email, app.now()).await?
    {
        return Ok(jar);
    }
    let (secret, token) = app.secret();
    app.store().remember_device(token, user.id, app.now() + DEVICE_SECONDS, app.now()).await?;
    Ok(jar.add(cookie(app, device_cookie_name(app), secret, DEVICE_SECONDS)))
}

/// The name of the cookie between the password and the second factor.
fn step_cookie_name(app: &App) -> &'static str {
    if app.config().is_https() { "__Host-countersign-step" } else { "countersign-step" }
}

/// A cookie for so many seconds.
pub(super) fn cookie(
    app: &App,
    name: &'static str,
    value: String,
    seconds: u64,
) -> Cookie<'static> {
    let age = time::Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX));
    let cookie = Cookie::build((name, value)).path("/").http_only(true).same_site(SameSite::Lax);
    cookie.secure(app.config().is_https()).max_age(age).build()
}

fn next_query(next: &str) -> String {
    let path = local_path(next);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    if path.chars().all(is_plain) { format!("next={path}") } else { String::new() }
}

/// Where to go after the login: a path of this portal, nothing that leads elsewhere.
pub(super) fn local_path(next: &str) -> String {
    // Browsers read `\` as `/`, and take tabs and line breaks out before they read an address.
    let misread = |c: char| c == '\\' || c.is_control();
    let local = next.starts_with('/') && !next.starts_with("//") && !next.contains(misread);
    if local { next.to_owned() } else { "/".to_owned() }
}

/// Ends the session.
pub(crate) async fn log_out(State(app): State<App>, jar: CookieJar) -> Result<Response, ErrorPage> {
    let name = cookie_name(&app);
    if let Some(cookie) = jar.get(name) {
        app.store().delete_session(Hash::of(cookie.value())).await?;
    }
    // Browsers take a `__Host-` cookie away only by one that is for HTTPS, too.
    let jar = jar.remove(Cookie::build(name).path("/").secure(app.config().is_https()));
    Ok((jar, Redirect::to("/login")).into_response())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_way_back_never_leads_to_another_site() {
        for evil in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "",
            "javascript:alert(1)",
        ] {
            assert_eq!(super::local_path(evil), "/");
        }
        assert_eq!(super::local_path("/licenses/abc"), "/licenses/abc");
        assert_eq!(super::next_query("/licenses/abc"), "next=/licenses/abc");
        assert_eq!(super::next_query("/a&done=password"), "");
    }
}
