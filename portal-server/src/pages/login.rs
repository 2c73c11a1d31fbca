//! `/login`, `/logout`. A wrong name and a wrong password look the same, cost the same, and slow the guesser down.

use askama::Template;
use axum::extract::{FromRequest as _, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use countersign_core::Hash;
use countersign_store::{NewSession, Throttle, User};
use serde::Deserialize;

use super::{ErrorPage, Frame, page_with};
use crate::access::{Visitor, cookie_name};
use crate::app::App;
use crate::language::Say;
use crate::{limits, password};

const SESSION_SECONDS: u64 = 12 * 3600;

/// Per account, from anywhere: the owner waits at most a quarter of an hour, and a guesser gets four tries an hour.
const PER_ACCOUNT: Throttle =
    Throttle { free: 5, first_wait: 5, longest_wait: 900, forget_after: 86_400 };
/// Per address, for any account.
const PER_ADDRESS: Throttle =
    Throttle { free: 20, first_wait: 5, longest_wait: 3600, forget_after: 86_400 };

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    next: String,
    email: String,
    problem: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

/// The form.
pub(crate) async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Query(Next { next }): Query<Next>,
) -> Response {
    show(&app, &visitor, StatusCode::OK, next, String::new(), None)
}

fn show(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    next: String,
    email: String,
    problem: Option<Say>,
) -> Response {
    let frame = Frame::new(app, visitor);
    let problem = problem.map(|say| frame.say(&say));
    page_with(status, &LoginPage { frame, next, email, problem })
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Logs in, or says that it did not work.
pub(crate) async fn log_in(
    State(app): State<App>,
    visitor: Visitor,
    jar: CookieJar,
    request: Request,
) -> Result<Response, ErrorPage> {
    let address = limits::Client::new(app.config())
        .address(&request)
        .map_or("unknown".to_owned(), |ip| ip.to_string());
    let form = axum::Form::<Credentials>::from_request(request, &app).await;
    let Ok(axum::Form(credentials)) = form else {
        return Err(ErrorPage::bad_input("error-form-incomplete"));
    };
    let (store, now) = (app.store(), app.now());
    let email = credentials.email.trim().to_lowercase();
    let (account, from) = (format!("login:{}", Hash::of(&email)), format!("login-from:{address}"));
    let mut wait = store.throttled_until(&from, now).await?;
    if wait.is_none() {
        wait = store.throttle_attempt(&account, PER_ACCOUNT, now).await?;
    }
    if let Some(until) = wait {
        let (words, next) =
            (Say::new("login-throttled").with("seconds", until - now), credentials.next);
        let status = StatusCode::TOO_MANY_REQUESTS;
        return Ok(show(&app, &visitor, status, next, email, Some(words)));
    }
    let user = store.user_by_email(&email).await?;
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let right = password::verify(&app, credentials.password, hash).await?;
    let Some(user) = user.filter(|user| right && user.may_log_in()) else {
        store.throttle_failure(&from, PER_ADDRESS, now).await?;
        let (words, next) = (Say::new("login-wrong"), credentials.next);
        return Ok(show(&app, &visitor, StatusCode::FORBIDDEN, next, email, Some(words)));
    };
    store.throttle_clear(&account).await?;
    let jar = start_session(&app, jar, &user).await?;
    Ok((jar, Redirect::to(&local_path(&credentials.next))).into_response())
}

/// Starts a session with a fresh token: one that somebody planted before the login is worth nothing.
pub(crate) async fn start_session(
    app: &App,
    jar: CookieJar,
    user: &User,
) -> Result<CookieJar, ErrorPage> {
    let (secret, hash) = app.secret();
    let new = NewSession {
        token: hash,
        id: app.random_id(),
        user: user.id,
        user_agent: String::new(),
        address: String::new(),
        until: app.now() + SESSION_SECONDS,
    };
    app.store().create_session(new, app.now()).await?;
    let cookie = Cookie::build((cookie_name(app), secret))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax);
    Ok(jar.add(cookie.secure(app.config().is_https())))
}

/// Where to go after the login: a path of this portal, nothing that leads elsewhere.
fn local_path(next: &str) -> String {
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
    }
}
