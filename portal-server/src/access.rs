//! Who may use a route. Each route in `router.rs` names its access; this enforces it before the handler runs, and puts
//! what went wrong into a page in the visitor's language after it.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use countersign_core::Hash;
use countersign_store::{Role, User};

use crate::app::App;
use crate::language::Language;
use crate::pages::{ErrorPage, Frame};

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

/// The person that a request comes from. Put there by [`enforce`].
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// Who it is, if logged in.
    pub(crate) user: Option<User>,
    /// What to speak with them.
    pub(crate) language: Language,
    /// The path that they asked for.
    pub(crate) path: String,
}

impl Visitor {
    /// The logged-in user; routes with [`Access::Customer`] or [`Access::Admin`] have one.
    pub(crate) fn user(&self) -> Result<User, ErrorPage> {
        self.user.clone().ok_or_else(ErrorPage::forbidden)
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
    let user = session_user(&app, &jar).await;
    let visitor = Visitor {
        language: language(user.as_ref().ok().and_then(Option::as_ref), request.headers()),
        path: request.uri().path().to_owned(),
        user: user.as_ref().ok().cloned().flatten(),
    };
    let answer = match user {
        Err(page) => page.into_response(),
        Ok(user) if !allows(access, user.as_ref()) => turn_away(&request, user.is_some()),
        Ok(Some(_)) if is_unsafe(request.method()) && !says_its_origin(request.headers()) => {
            ErrorPage::foreign_form().into_response()
        }
        Ok(_) => {
            request.extensions_mut().insert(visitor.clone());
            next.run(request).await
        }
    };
    in_words(&app, &visitor, answer)
}

fn allows(access: Access, user: Option<&User>) -> bool {
    match (access, user) {
        (Access::Api | Access::Public, _) | (Access::Customer, Some(_)) => true,
        (Access::Admin, Some(user)) => user.role == Role::Admin,
        (Access::Customer | Access::Admin, None) => false,
    }
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

/// What to speak: as the profile says, or the browser.
fn language(_user: Option<&User>, headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    accepted.map_or(Language::ENGLISH, Language::negotiated)
}

/// Refusals become pages: ours, and those of the layers and extractors below, which speak to programs.
fn in_words(app: &App, visitor: &Visitor, mut answer: Response) -> Response {
    let page = answer.extensions_mut().remove::<ErrorPage>().or_else(|| {
        let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let for_programs = kind.is_none_or(|kind| !kind.starts_with("text/html"));
        (answer.status().is_client_error() && for_programs)
            .then(|| ErrorPage::of_status(answer.status()))
    });
    let Some(page) = page else { return answer };
    let mut shown = page.render(Frame::new(app, visitor));
    let wait = answer.headers().get(header::RETRY_AFTER);
    shown.headers_mut().extend(wait.map(|wait| (header::RETRY_AFTER, wait.clone())));
    shown
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
/// cookie speaks for somebody, a request that does not say is refused. The layer takes an empty header for none.
fn says_its_origin(headers: &HeaderMap) -> bool {
    let says = |name: &str| headers.get(name).is_some_and(|value| !value.is_empty());
    says("sec-fetch-site") || says(header::ORIGIN.as_str())
}

/// What the forgery check of `router.rs` answers.
pub(crate) fn foreign_form() -> Response {
    ErrorPage::foreign_form().into_response()
}
