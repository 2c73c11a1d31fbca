//! `/organization/sign-on` and `/admin/sign-on`: setting up identity providers, for one's own organization or, as the vendor, for
//! the staff and every organization. The pages are the same; what is theirs is decided by [`Area`].

pub(crate) mod door;
mod form;
mod tried;

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use countersign_core::Id;
use countersign_store::{
    Identity, IdentityDomain, IdentityDomainState, IdentityProvider, ProviderStatus, ProvidersOf,
    User,
};

use super::{ErrorPage, Frame, page_with, sso};
use crate::access::Visitor;
use crate::app::App;
use crate::host;
use crate::language::Say;
use crate::sso::manage::{self, Refused};
use crate::sso::redirect_uri;

pub(crate) use self::form::{DomainForm, NewForm, ProviderForm, UserForm};
pub(super) use self::tried::tried;

/// Whose providers somebody sets up.
#[derive(Clone)]
pub(crate) struct Area {
    of: ProvidersOf,
    base: &'static str,
    user: User,
}

impl Area {
    fn is_vendor(&self) -> bool {
        self.of == ProvidersOf::Everybody
    }

    fn actor(&self) -> String {
        format!("user:{}", self.user.id)
    }

    async fn find(&self, app: &App, id: &str) -> Result<IdentityProvider, ErrorPage> {
        let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
        let found = app.store().identity_provider(self.of, id).await?;
        found.ok_or_else(ErrorPage::not_found)
    }

    fn back_to(&self, id: Id) -> Response {
        Redirect::to(&format!("{}/{id}", self.base)).into_response()
    }
}

#[derive(Template)]
#[template(path = "sign_on/list.html")]
struct ListPage {
    frame: Frame,
    area: Area,
    /// With the name of whose each is.
    providers: Vec<(IdentityProvider, Option<String>)>,
    organizations: Vec<countersign_store::Organization>,
    redirect_uri: String,
    typed: NewForm,
    problem: Option<String>,
}

/// The message that says whether a provider is used.
fn status_key(status: &ProviderStatus) -> &'static str {
    match status {
        ProviderStatus::Active => "sign-on-active",
        ProviderStatus::Off => "sign-on-off",
    }
}

/// The message that says whether a provider may speak for a domain.
fn state_key(state: &IdentityDomainState) -> &'static str {
    match state {
        IdentityDomainState::Asked => "sign-on-domain-asked",
        IdentityDomainState::Approved => "sign-on-domain-approved",
    }
}

async fn list_page(
    app: &App,
    visitor: &Visitor,
    area: Area,
    typed: NewForm,
    problem: Option<Say>,
) -> Result<Response, ErrorPage> {
    let organizations =
        if area.is_vendor() { app.store().organizations().await? } else { Vec::new() };
    let name = |id: Id| organizations.iter().find(|o| o.id == id).map(|o| o.name.clone());
    let providers = app.store().identity_providers(area.of).await?;
    let providers = providers.into_iter().map(|p| (p.organization.and_then(name), p));
    let providers = providers.map(|(name, provider)| (provider, name)).collect();
    let frame = Frame::new(app, visitor);
    let problem = problem.map(|say| frame.say(say));
    let status = status_of(problem.as_ref());
    let redirect_uri = redirect_uri(app);
    let page = ListPage { frame, area, providers, organizations, redirect_uri, typed, problem };
    Ok(page_with(status, &page))
}

fn status_of(problem: Option<&String>) -> axum::http::StatusCode {
    use axum::http::StatusCode;
    if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

#[derive(Template)]
#[template(path = "sign_on/provider.html")]
struct ProviderPage {
    frame: Frame,
    area: Area,
    provider: IdentityProvider,
    organization: Option<String>,
    domains: Vec<IdentityDomain>,
    identities: Vec<Identity>,
    redirect_uri: String,
    own_page: String,
    /// This page under the host that the provider sends people back to, where that is another one than this: it is tried out there.
    home: Option<String>,
    typed: ProviderForm,
    problem: Option<String>,
}

impl ProviderPage {
    fn waits(&self, domain: &IdentityDomain) -> bool {
        domain.state == IdentityDomainState::Asked
    }

    fn is_proven(&self) -> bool {
        self.provider.proven_at.is_some()
    }

    fn has_secret(&self) -> bool {
        self.provider.client_secret.is_some()
    }
}

async fn provider_page(
    app: &App,
    visitor: &Visitor,
    area: Area,
    provider: IdentityProvider,
    typed: Option<ProviderForm>,
    problem: Option<Say>,
) -> Result<Response, ErrorPage> {
    let store = app.store();
    let organization = match provider.organization.filter(|_| area.is_vendor()) {
        Some(id) => store.organization(id).await?.map(|organization| organization.name),
        None => None,
    };
    let frame = Frame::new(app, visitor);
    let problem = problem.map(|say| frame.say(say));
    let status = status_of(problem.as_ref());
    let page = ProviderPage {
        domains: store.identity_domains(provider.id).await?,
        identities: store.identities(provider.id).await?,
        redirect_uri: redirect_uri(app),
        home: home(app, visitor, &area, provider.id),
        own_page: format!("{}/login/sso/{}", app.base_url(), provider.id),
        typed: typed.unwrap_or_else(|| ProviderForm::of(&provider)),
        organization,
        provider,
        area,
        problem,
        frame,
    };
    Ok(page_with(status, &page))
}

async fn create(
    app: &App,
    visitor: &Visitor,
    area: Area,
    typed: NewForm,
) -> Result<Response, ErrorPage> {
    let organization = match area.of {
        ProvidersOf::Organization(id) => Some(id),
        ProvidersOf::Everybody => {
            super::admin::chosen_organization(app, &typed.organization).await?
        }
    };
    let id = app.random_id();
    let made = manage::create(app, id, organization, typed.typed(), &area.actor()).await;
    match problem(made)? {
        None => Ok(area.back_to(id)),
        Some(problem) => list_page(app, visitor, area, typed, Some(problem)).await,
    }
}

async fn save(
    app: &App,
    visitor: &Visitor,
    area: Area,
    before: IdentityProvider,
    typed: ProviderForm,
) -> Result<Response, ErrorPage> {
    let (actor, id) = (area.actor(), before.id);
    let done = manage::change(app, area.of, &before, typed.typed(), typed.rules(), &actor).await;
    match problem(done)? {
        None => Ok(area.back_to(id)),
        Some(problem) => {
            provider_page(app, visitor, area, before, Some(typed), Some(problem)).await
        }
    }
}

async fn domains(
    app: &App,
    visitor: &Visitor,
    area: Area,
    provider: IdentityProvider,
    typed: DomainForm,
) -> Result<Response, ErrorPage> {
    let (of, id, actor, domain) = (area.of, provider.id, area.actor(), &typed.domain);
    let done = match typed.remove {
        Some(_) => manage::remove_domain(app, of, id, domain, &actor).await.map(drop),
        None => manage::put_domain(app, of, id, domain, &actor).await,
    };
    match problem(done)? {
        None => Ok(area.back_to(id)),
        Some(problem) => provider_page(app, visitor, area, provider, None, Some(problem)).await,
    }
}

/// The provider's page under the host that the provider sends people back to, if the visitor is at another one: the cookies of the
/// attempt and of whoever begins it would not be there when the browser comes back.
fn home(app: &App, visitor: &Visitor, area: &Area, id: Id) -> Option<String> {
    let page = format!("{}/{id}", area.base).parse().ok()?;
    host::at_home(app, visitor.host.as_ref()?, &page)
}

/// Sends an admin through a provider, to see what comes back.
async fn try_out(
    app: &App,
    visitor: &Visitor,
    area: Area,
    jar: CookieJar,
    provider: &IdentityProvider,
) -> Result<Response, ErrorPage> {
    if let Some(home) = home(app, visitor, &area, provider.id) {
        return Err(ErrorPage::bad_input(Say::new("sign-on-try-elsewhere").with("address", home)));
    }
    let next = format!("{}/{}", area.base, provider.id);
    let going = sso::going(visitor, next, Some(area.user.id), None);
    match sso::send(app, visitor, jar.clone(), provider, going).await {
        Ok(response) => Ok(response),
        Err(trouble) => tried::tried(app, visitor, jar, area.user.id, provider, Err(trouble)).await,
    }
}

async fn unlink(
    app: &App,
    area: Area,
    provider: &IdentityProvider,
    UserForm { user }: UserForm,
) -> Result<Response, ErrorPage> {
    let user: Id = user.parse().map_err(|_| ErrorPage::not_found())?;
    let (actor, now) = (area.actor(), app.now());
    if !app.store().unlink_identity(area.of, provider.id, user, &actor, now).await? {
        return Err(ErrorPage::not_found());
    }
    Ok(area.back_to(provider.id))
}

async fn delete(app: &App, area: Area, provider: &IdentityProvider) -> Result<Response, ErrorPage> {
    match problem(manage::delete(app, area.of, provider.id, &area.actor()).await.map(drop))? {
        None => Ok(Redirect::to(area.base).into_response()),
        Some(problem) => Err(ErrorPage::bad_input(problem)),
    }
}

/// What is refused, to be said beside the form.
fn problem(done: Result<(), Refused>) -> Result<Option<Say>, ErrorPage> {
    match done {
        Ok(()) => Ok(None),
        Err(Refused::Unfit(say) | Refused::Conflict(say)) => Ok(Some(say)),
        Err(Refused::NotFound) => Err(ErrorPage::not_found()),
        Err(Refused::Failed(error)) => Err(error.into()),
    }
}
