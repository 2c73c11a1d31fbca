//! Who may use a route. Each route in `router.rs` names its access; this enforces it before the handler runs, and puts
//! what went wrong into a page in the visitor's language after it.

pub mod token;

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use countersign_core::{Hash, Id};
pub use countersign_store::Permission;
use countersign_store::{FactorAskedBy, Role, Session, TokenScope, TwoFactor, User};

use crate::account::guard::Caller;
use crate::app::App;
use crate::host::HostName;
use crate::lanes::{self, Who, Work};
use crate::language::{Language, Say};
use crate::look::Look;
use crate::pages::{ErrorPage, Frame};
use crate::request_id::RequestId;

/// The name of the session cookie. `__Host-` ties it to this host and to HTTPS; plain HTTP (trying it out) cannot have it.
pub(crate) fn cookie_name(app: &App) -> &'static str {
    if app.config().is_https() { "__Host-countersign" } else { "countersign" }
}

/// The name of the cookie by which a browser is known that has logged in before.
pub(crate) fn device_cookie_name(app: &App) -> &'static str {
    if app.config().is_https() { "__Host-countersign-device" } else { "countersign-device" }
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Programs, without a cookie: the request proves itself.
    Api,
    /// Programs that act for somebody, by a token with this scope ([`token`]).
    Token(TokenScope),
    /// Everybody.
    Public,
    /// Whoever is logged in.
    Customer,
    /// Whoever runs an organization: that one's things, nobody else's.
    OrganizationAdmin,
    /// Whoever runs a reseller: that one's customers, nobody else's.
    Reseller,
    /// Those of the vendor's people who may that.
    Staff(Permission),
    /// A page of the vendor's for those who may the first; what is sent there is from those who may the second.
    Page(Permission, Permission),
    /// The vendor's admins.
    Admin,
}

/// The person that a request comes from. Put there by [`enforce`].
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// Who it is, if logged in.
    pub(crate) user: Option<User>,
    /// Their session.
    pub(crate) session: Option<Session>,
    /// Where they come from, with what.
    pub(crate) caller: Caller,
    /// What to speak with them.
    pub(crate) language: Language,
    /// The path that they asked for.
    pub(crate) path: String,
    /// By what their request is found again.
    pub(crate) request_id: String,
    /// The host that they asked, which is one of this portal's.
    pub(crate) host: Option<HostName>,
    /// How the portal looks.
    pub(crate) look: Arc<Look>,
}

impl Visitor {
    /// The logged-in user; routes with [`Access::Customer`] or more have one.
    pub(crate) fn user(&self) -> Result<User, ErrorPage> {
        self.user.clone().ok_or_else(ErrorPage::forbidden)
    }

    /// The logged-in user and the organization that they run; routes with [`Access::OrganizationAdmin`] have both.
    pub(crate) fn organization_admin(&self) -> Result<(User, Id), ErrorPage> {
        let user = self.user()?;
        let organization = user.runs().ok_or_else(ErrorPage::forbidden)?;
        Ok((user, organization))
    }

    /// The logged-in user and the reseller that they run; routes with [`Access::Reseller`] have both.
    pub(crate) fn reseller_admin(&self) -> Result<(User, Id), ErrorPage> {
        let user = self.user()?;
        let reseller = user.resells().ok_or_else(ErrorPage::forbidden)?;
        Ok((user, reseller))
    }

    /// Whether they may that.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.user.as_ref().is_some_and(|user| user.may(permission))
    }

    /// Whether the rule about second factors is about them, and they do not keep to it: neither here, nor, for this session, at the
    /// staff's own provider.
    pub(crate) fn lacks_second_factor(&self) -> bool {
        let is_asked =
            |user: &User| user.role != Role::Customer && user.two_factor == TwoFactor::Off;
        let elsewhere = |session: &Session| session.factor == FactorAskedBy::Provider;
        self.user.as_ref().is_some_and(is_asked) && !self.session.as_ref().is_some_and(elsewhere)
    }

    /// The id of the session that they are logged in by.
    pub(crate) fn session_id(&self) -> Result<Id, ErrorPage> {
        self.session.as_ref().map(|session| session.id).ok_or_else(ErrorPage::forbidden)
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
    let caller = Caller::of(&app, &jar, &request);
    let found = session_user(&app, &jar, &caller).await;
    let (user, session) = found.as_ref().ok().cloned().flatten().unzip();
    let visitor = Visitor {
        language: language(user.as_ref(), request.headers()),
        path: request.uri().path().to_owned(),
        request_id: request.extensions().get().map_or("", RequestId::as_str).to_owned(),
        host: request.extensions().get::<HostName>().cloned(),
        look: app.look().await,
        user,
        session,
        caller,
    };
    let user = visitor.user.as_ref();
    let answer = match found {
        Err(page) => page.into_response(),
        Ok(_) if !allows(access, user, request.method()) => turn_away(&request, user.is_some()),
        Ok(_) if lacks_second_factor(&app, access, &visitor).await => to_second_factor(&request),
        Ok(Some(_)) if is_unsafe(request.method()) && !says_its_origin(request.headers()) => {
            ErrorPage::foreign_form().into_response()
        }
        Ok(_) => {
            request.extensions_mut().insert(visitor.clone());
            in_lane(&app, request, next, visitor.user.is_some()).await
        }
    };
    in_words(&app, &visitor, answer)
}

/// Answers it when there is room for it.
async fn in_lane(app: &App, request: Request, next: Next, is_known: bool) -> Response {
    let Some(request) = lanes::arrived(request).await else {
        return ErrorPage::of_status(StatusCode::BAD_REQUEST).into_response();
    };
    let who = if is_known { Who::Person } else { Who::Stranger };
    let Some(_place) = app.lane(Work::of(&request, who)).enter().await else {
        return ErrorPage::busy().into_response();
    };
    next.run(request).await
}

/// By what somebody is now: a session knows nothing of what they were when it began.
fn allows(access: Access, user: Option<&User>, method: &Method) -> bool {
    match (access, user) {
        (Access::Api | Access::Public, _) | (Access::Customer, Some(_)) => true,
        (Access::OrganizationAdmin, Some(user)) => user.runs().is_some(),
        (Access::Reseller, Some(user)) => user.resells().is_some(),
        (Access::Staff(needed), Some(user)) => user.may(needed),
        (Access::Page(_, needed), Some(user)) if is_unsafe(method) => user.may(needed),
        (Access::Page(needed, _), Some(user)) => user.may(needed),
        (Access::Admin, Some(user)) => user.role.is_admin(),
        (_, None) => false,
        // A session is no token.
        (Access::Token(_), _) => false,
    }
}

/// Whether they have to set a second factor up before anything else: the vendor's people and resellers, where the vendor says
/// so. Their profile stays open, which is where it is done; where it cannot be done, nobody is held to it.
async fn lacks_second_factor(app: &App, access: Access, visitor: &Visitor) -> bool {
    let lacks = visitor.lacks_second_factor();
    let is_open = visitor.path.starts_with("/profile") || visitor.path == "/logout";
    if !lacks || is_open || access == Access::Public {
        return false;
    }
    // Settings that cannot be read open nothing that the database would not answer anyway.
    let rule = app.settings().await.is_ok_and(|settings| settings.staff_second_factor);
    rule && app.vault().missing().is_none()
}

fn to_second_factor(request: &Request) -> Response {
    if is_unsafe(request.method()) {
        let say = Say::new("second-factor-first");
        return ErrorPage::refused(StatusCode::FORBIDDEN, say).into_response();
    }
    Redirect::to("/profile/two-factor").into_response()
}

async fn session_user(
    app: &App,
    jar: &CookieJar,
    caller: &Caller,
) -> Result<Option<(User, Session)>, ErrorPage> {
    let Some(cookie) = jar.get(cookie_name(app)) else { return Ok(None) };
    let (token, now) = (Hash::of(cookie.value()), app.now());
    let found = app.store().session_user(&token, now).await.map_err(ErrorPage::store)?;
    let found = found.filter(|(user, _)| user.may_log_in());
    if found.as_ref().is_some_and(|(_, session)| now >= session.last_seen_at + SEEN_SECONDS) {
        // Where this cannot be noted (a full disk), the page is shown all the same.
        let _ = app.store().session_seen(token, &caller.address, now).await;
    }
    Ok(found)
}

/// How often it is noted that a session is in use.
const SEEN_SECONDS: u64 = 300;

/// What to speak: as the profile says, or the browser.
pub(crate) fn language(user: Option<&User>, headers: &HeaderMap) -> Language {
    let chosen = user.and_then(|user| user.language.as_deref());
    if let Some(chosen) = chosen.and_then(Language::by_code) {
        return chosen;
    }
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
    for kept in [header::RETRY_AFTER, header::CONTENT_RANGE] {
        let value = answer.headers().get(&kept).cloned();
        shown.headers_mut().extend(value.map(|value| (kept, value)));
    }
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
pub(crate) fn says_its_origin(headers: &HeaderMap) -> bool {
    let says = |name: &str| headers.get(name).is_some_and(|value| !value.is_empty());
    says("sec-fetch-site") || says(header::ORIGIN.as_str())
}

/// What the forgery check of `router.rs` answers.
pub(crate) fn foreign_form() -> Response {
    ErrorPage::foreign_form().into_response()
}
