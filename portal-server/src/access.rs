//! Who may use a route. Each route in `router.rs` names its access; this enforces it before the handler runs.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use countersign_core::Hash;
use countersign_store::{Role, User};

use crate::app::App;
use crate::pages::ErrorPage;

/// The name of the session cookie. `__Host-` ties it to this host and to HTTPS; plain HTTP (trying it out) cannot have it.
pub(crate) fn cookie_name(app: &App) -> &'static str {
    if app.config().is_https() { "__Host-countersign" } else { "countersign" }
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Programs, without a cookie: the request proves itself.
    Api,
    /// Everybody.
    Public,
    /// Whoever is logged in.
    Customer,
    /// The vendor's admins.
    Admin,
}

/// The person that a request comes from, if logged in. Put there by [`enforce`].
#[derive(Debug, Clone)]
pub(crate) struct Visitor(pub(crate) Option<User>);

impl Visitor {
    /// The logged-in user; routes with [`Access::Customer`] or [`Access::Admin`] have one.
    pub(crate) fn user(self) -> Result<User, ErrorPage> {
        self.0.ok_or_else(ErrorPage::forbidden)
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = ErrorPage;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ErrorPage> {
        // A route that was added without going through `router.rs` has no visitor and answers nobody.
        parts.extensions.get::<Self>().cloned().ok_or_else(ErrorPage::forbidden)
    }
}

/// Lets a request through if its route's access allows it.
pub(crate) async fn enforce(
    State((app, access)): State<(App, Access)>,
    jar: CookieJar,
    mut request: Request,
    next: Next,
) -> Response {
    let user = match session_user(&app, &jar).await {
        Ok(user) => user,
        Err(page) => return page.into_response(),
    };
    let allowed = match (access, &user) {
        (Access::Api | Access::Public, _) | (Access::Customer, Some(_)) => true,
        (Access::Admin, Some(user)) => user.role == Role::Admin,
        (Access::Customer | Access::Admin, None) => false,
    };
    if !allowed {
        return turn_away(&request, user.is_some());
    }
    if user.is_some() && is_unsafe(request.method()) && !says_where_it_comes_from(request.headers())
    {
        return ErrorPage::foreign_form().into_response();
    }
    request.extensions_mut().insert(Visitor(user));
    next.run(request).await
}

async fn session_user(app: &App, jar: &CookieJar) -> Result<Option<User>, ErrorPage> {
    let Some(cookie) = jar.get(cookie_name(app)) else { return Ok(None) };
    let user = app
        .store()
        .session_user(&Hash::of(cookie.value()), app.now())
        .await
        .map_err(ErrorPage::store)?;
    Ok(user.map(|(user, _)| user).filter(User::may_log_in))
}

/// Strangers are sent to the login and back; others hear that it is not for them.
fn turn_away(request: &Request, logged_in: bool) -> Response {
    if logged_in || is_unsafe(request.method()) {
        return ErrorPage::forbidden().into_response();
    }
    let next = request.uri().path();
    Redirect::to(&format!("/login?next={next}")).into_response()
}

fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Browsers say where a form comes from, in one header or the other, and the layer in `router.rs` has compared it. Where a
/// cookie speaks for somebody, a request that does not say is refused.
fn says_where_it_comes_from(headers: &HeaderMap) -> bool {
    headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN)
}

/// What the forgery check of `router.rs` answers.
pub(crate) fn foreign_form() -> (StatusCode, &'static str) {
    (
        StatusCode::FORBIDDEN,
        "This form was sent from another site. Nothing was changed. Open the page here and try again.\n",
    )
}
