//! `/login/sso`: people come in by an identity provider. Which one is chosen by the domain of an address, never by whether the
//! address has an account: who is unknown is sent the same way.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use axum_extra::extract::CookieJar;
use countersign_core::Id;
use countersign_store::{
    FactorAskedBy, IdentityProvider, ProviderStatus, ProvidersOf, SignOnRefusal, SignedOn,
    TwoFactor,
};
use serde::Deserialize;

use super::login::{self, Next, cookie, local_path};
use super::{ErrorPage, Frame, page_with, sign_on};
use crate::access::{Visitor, says_its_origin};
use crate::account::login::ask_second_factor;
use crate::app::App;
use crate::host::{self, HostName};
use crate::language::Say;
use crate::mail;
use crate::sso::flow::{self, Back, Brought, Going};
use crate::sso::{ATTEMPT_SECONDS, Person, Trouble};

/// The name of the cookie that ties what a provider answers to the browser that was sent there.
fn browser_cookie_name(app: &App) -> &'static str {
    if app.config().is_https() { "__Host-countersign-sso" } else { "countersign-sso" }
}

#[derive(Template)]
#[template(path = "sso/choose.html")]
struct ChoosePage {
    frame: Frame,
    next: String,
    email: String,
    problem: Option<String>,
}

fn choose_page(app: &App, visitor: &Visitor, typed: Choice, problem: Option<Say>) -> Response {
    let frame = Frame::new(app, visitor);
    let problem = problem.map(|say| frame.say(say));
    let Choice { email, next } = typed;
    page_with(StatusCode::OK, &ChoosePage { frame, next, email, problem })
}

/// Asks for an address.
pub(crate) async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Extension(host): Extension<HostName>,
    uri: Uri,
    Query(Next { next, .. }): Query<Next>,
) -> Response {
    if let Some(home) = host::at_home(&app, &host, &uri) {
        return Redirect::to(&home).into_response();
    }
    choose_page(&app, &visitor, Choice { email: String::new(), next }, None)
}

#[derive(Deserialize)]
pub(crate) struct Choice {
    email: String,
    #[serde(default)]
    next: String,
}

/// On to the provider that speaks for the domain of the address.
pub(crate) async fn choose(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    jar: CookieJar,
    Form(choice): Form<Choice>,
) -> Result<Response, ErrorPage> {
    let Some(email) = mail::address(&choice.email) else {
        return Ok(choose_page(&app, &visitor, choice, Some(Say::new("refused-unfit-address"))));
    };
    let domain = email.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
    match usable(&app, app.store().identity_provider_for(domain).await?).await? {
        Some(provider) => {
            let going = going(&visitor, choice.next, None, Some(email));
            go(&app, &visitor, &headers, jar, &provider, going).await
        }
        None => {
            let problem = Say::new("sso-no-domain").with("domain", domain);
            Ok(choose_page(&app, &visitor, choice, Some(problem)))
        }
    }
}

#[derive(Template)]
#[template(path = "sso/provider.html")]
struct ProviderPage {
    frame: Frame,
    next: String,
    id: Id,
    name: String,
}

/// The page of one provider: what an organization gives its people as an address.
pub(crate) async fn of_provider(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Extension(host): Extension<HostName>,
    uri: Uri,
    Query(Next { next, .. }): Query<Next>,
) -> Result<Response, ErrorPage> {
    if let Some(home) = host::at_home(&app, &host, &uri) {
        return Ok(Redirect::to(&home).into_response());
    }
    let provider = find(&app, &id).await?;
    let frame = Frame::new(&app, &visitor);
    let page = ProviderPage { frame, next, id: provider.id, name: provider.name };
    Ok(page_with(StatusCode::OK, &page))
}

#[derive(Deserialize)]
pub(crate) struct StartForm {
    #[serde(default)]
    next: String,
}

/// On to this provider.
pub(crate) async fn start(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    jar: CookieJar,
    Form(StartForm { next }): Form<StartForm>,
) -> Result<Response, ErrorPage> {
    let provider = find(&app, &id).await?;
    let going = going(&visitor, next, None, None);
    go(&app, &visitor, &headers, jar, &provider, going).await
}

async fn find(app: &App, id: &str) -> Result<IdentityProvider, ErrorPage> {
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    let found = app.store().identity_provider(ProvidersOf::Everybody, id).await?;
    usable(app, found).await?.ok_or_else(ErrorPage::not_found)
}

/// The provider, if somebody may come in by it now.
async fn usable(
    app: &App,
    provider: Option<IdentityProvider>,
) -> Result<Option<IdentityProvider>, ErrorPage> {
    let provider = provider.filter(|provider| provider.status == ProviderStatus::Active);
    let Some(organization) = provider.as_ref().and_then(|provider| provider.organization) else {
        return Ok(provider);
    };
    let organization = app.store().organization(organization).await?;
    Ok(provider.filter(|_| organization.is_some_and(|organization| !organization.suspended)))
}

pub(super) fn going(
    visitor: &Visitor,
    next: String,
    tried_by: Option<Id>,
    email: Option<String>,
) -> Going {
    let network = visitor.caller.network.clone();
    Going { next: local_path(&next), tried_by, network, email }
}

#[derive(Template)]
#[template(path = "sso/go.html")]
struct GoPage {
    frame: Frame,
    name: String,
    url: String,
}

/// Sends the browser to the provider, by a page: forms of the portal lead nowhere else, by its policy for contents.
async fn go(
    app: &App,
    visitor: &Visitor,
    headers: &HeaderMap,
    jar: CookieJar,
    provider: &IdentityProvider,
    going: Going,
) -> Result<Response, ErrorPage> {
    // Who was sent here by another site would be logged in as whom that site likes.
    if !says_its_origin(headers) {
        return Err(ErrorPage::foreign_form());
    }
    match send(app, visitor, jar, provider, going).await {
        Ok(response) => Ok(response),
        Err(trouble) => trouble_page(app, visitor, provider, trouble),
    }
}

/// The page that leads away, with the cookie for the way back.
pub(super) async fn send(
    app: &App,
    visitor: &Visitor,
    jar: CookieJar,
    provider: &IdentityProvider,
    going: Going,
) -> Result<Response, Trouble> {
    let begun = flow::begin(app, provider, going).await?;
    let cookie = cookie(app, browser_cookie_name(app), begun.secret, ATTEMPT_SECONDS);
    let refresh = HeaderValue::try_from(format!("0; url={}", begun.url));
    let refresh =
        refresh.map_err(|_| Trouble::NotBelieved("its login page has no address".to_owned()))?;
    let frame = Frame::new(app, visitor);
    let page = GoPage { frame, name: provider.name.clone(), url: begun.url };
    let mut response = (jar.add(cookie), page_with(StatusCode::OK, &page)).into_response();
    response.headers_mut().insert(header::REFRESH, refresh);
    Ok(response)
}

/// Back from a provider.
pub(crate) async fn callback(
    State(app): State<App>,
    visitor: Visitor,
    jar: CookieJar,
    Query(brought): Query<Brought>,
) -> Result<Response, ErrorPage> {
    let name = browser_cookie_name(&app);
    let browser = jar.get(name).map(|cookie| cookie.value().to_owned());
    match flow::back(&app, brought, browser.as_deref()).await {
        Ok(back) => {
            let jar = jar.remove(cookie(&app, name, String::new(), 0));
            arrived(&app, &visitor, jar, back).await
        }
        Err(trouble) => problem_page(&app, &visitor, &trouble, ""),
    }
}

async fn arrived(
    app: &App,
    visitor: &Visitor,
    jar: CookieJar,
    back: Back,
) -> Result<Response, ErrorPage> {
    let Back { provider, attempt, person } = back;
    if let Some(admin) = attempt.tried_by {
        return sign_on::tried(app, visitor, jar, admin, &provider, person).await;
    }
    match person {
        Ok(person) => enter(app, visitor, jar, &provider, &person, &attempt.next).await,
        Err(trouble) => Ok((jar, trouble_page(app, visitor, &provider, trouble)?).into_response()),
    }
}

async fn enter(
    app: &App,
    visitor: &Visitor,
    jar: CookieJar,
    provider: &IdentityProvider,
    person: &Person,
    next: &str,
) -> Result<Response, ErrorPage> {
    let user = match flow::enter(app, provider, person, visitor.language).await? {
        SignedOn::Known(user) | SignedOn::Linked(user) | SignedOn::Created(user) => user,
        SignedOn::Refused(why) => {
            tracing::info!(provider = %provider.id, ?why, "single sign-on let somebody not in");
            return Ok((jar, refusal_page(app, visitor, provider, why)).into_response());
        }
    };
    app.mailroom().wake();
    if provider.second_factor == FactorAskedBy::Portal && user.two_factor == TwoFactor::On {
        let secret = ask_second_factor(app, &user).await?;
        return Ok(login::to_second_factor(app, jar, secret, next));
    }
    let factor = factor_of(provider, person);
    let jar = login::start_session_with(app, jar, visitor, &user, factor).await?;
    Ok((jar, Redirect::to(&local_path(next))).into_response())
}

/// Who vouches for the session's second factor. The staff's own provider may, which the vendor set up: what another organization's
/// says of its people would let them go round the vendor's rule.
fn factor_of(provider: &IdentityProvider, person: &Person) -> FactorAskedBy {
    match provider.organization.is_none() && person.second_factor {
        true => FactorAskedBy::Provider,
        false => FactorAskedBy::Portal,
    }
}

#[derive(Template)]
#[template(path = "sso/problem.html")]
struct ProblemPage {
    frame: Frame,
    fact: String,
    advice: String,
}

fn trouble_page(
    app: &App,
    visitor: &Visitor,
    provider: &IdentityProvider,
    trouble: Trouble,
) -> Result<Response, ErrorPage> {
    if let Trouble::Down(why) | Trouble::NotBelieved(why) | Trouble::Declined(why) = &trouble {
        tracing::warn!(provider = %provider.id, issuer = provider.issuer, why, "single sign-on did not work");
    }
    problem_page(app, visitor, &trouble, &provider.name)
}

fn problem_page(
    app: &App,
    visitor: &Visitor,
    trouble: &Trouble,
    name: &str,
) -> Result<Response, ErrorPage> {
    let (status, stem) = match trouble {
        Trouble::Gone => (StatusCode::UNPROCESSABLE_ENTITY, "sso-gone"),
        Trouble::NoProvider => (StatusCode::NOT_FOUND, "sso-off"),
        Trouble::Declined(_) => (StatusCode::FORBIDDEN, "sso-declined"),
        Trouble::Down(_) => (StatusCode::SERVICE_UNAVAILABLE, "sso-down"),
        Trouble::NotBelieved(_) => (StatusCode::BAD_GATEWAY, "sso-not-believed"),
        Trouble::Failed(error) => return Err(ErrorPage::internal(error)),
    };
    Ok(problem(app, visitor, status, stem, name))
}

fn problem(app: &App, visitor: &Visitor, status: StatusCode, stem: &str, name: &str) -> Response {
    let frame = Frame::new(app, visitor);
    let say = |key: &str| frame.say(Say::new(key).with("provider", name));
    let (fact, advice) = (say(stem), say(&format!("{stem}-advice")));
    page_with(status, &ProblemPage { frame, fact, advice })
}

fn refusal_page(
    app: &App,
    visitor: &Visitor,
    provider: &IdentityProvider,
    why: SignOnRefusal,
) -> Response {
    problem(app, visitor, StatusCode::FORBIDDEN, refusal_stem(why), &provider.name)
}

fn refusal_stem(why: SignOnRefusal) -> &'static str {
    match why {
        SignOnRefusal::NoProvider => "sso-off",
        SignOnRefusal::NoVerifiedAddress => "sso-no-verified-address",
        SignOnRefusal::ForeignDomain => "sso-foreign-domain",
        SignOnRefusal::NoAccount => "sso-no-account",
        SignOnRefusal::NotOurs => "sso-not-ours",
        SignOnRefusal::LinkedToAnother => "sso-linked-to-another",
        SignOnRefusal::MayNot => "sso-may-not",
        SignOnRefusal::Full { .. } => "sso-full",
    }
}

/// The sentence that says it; it names the provider.
pub(super) fn refusal_words(why: SignOnRefusal) -> Say {
    Say::new(refusal_stem(why))
}
