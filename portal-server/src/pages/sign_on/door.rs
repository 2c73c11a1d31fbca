//! The doors to [`super`]'s pages: the same handlers for whoever's providers they are, which is the door's type.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use axum_extra::extract::CookieJar;
use countersign_store::{IdentityProvider, ProvidersOf};

use super::{Area, DomainForm, ErrorPage, NewForm, ProviderForm, UserForm};
use crate::access::Visitor;
use crate::app::App;

/// Whose providers are behind a door.
pub(crate) trait Door: Send + 'static {
    /// Where its pages are.
    const BASE: &'static str;

    /// What a visitor may set up there, if anything.
    fn area(visitor: &Visitor) -> Result<Area, ErrorPage>;
}

/// The vendor's: those of the staff and of every organization.
pub(crate) enum Vendor {}

/// An organization's own.
pub(crate) enum OwnOrganization {}

impl Door for Vendor {
    const BASE: &'static str = "/admin/sign-on";

    fn area(visitor: &Visitor) -> Result<Area, ErrorPage> {
        let user = visitor.user()?;
        Ok(Area { of: ProvidersOf::Everybody, base: Self::BASE, user })
    }
}

impl Door for OwnOrganization {
    const BASE: &'static str = "/organization/sign-on";

    fn area(visitor: &Visitor) -> Result<Area, ErrorPage> {
        let (user, organization) = visitor.organization_admin()?;
        Ok(Area { of: ProvidersOf::Organization(organization), base: Self::BASE, user })
    }
}

/// The list.
pub(crate) async fn list<D: Door>(
    State(app): State<App>,
    visitor: Visitor,
) -> Result<Response, ErrorPage> {
    super::list_page(&app, &visitor, D::area(&visitor)?, NewForm::default(), None).await
}

/// A new one.
pub(crate) async fn create<D: Door>(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<NewForm>,
) -> Result<Response, ErrorPage> {
    super::create(&app, &visitor, D::area(&visitor)?, form).await
}

/// One.
pub(crate) async fn show<D: Door>(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (area, provider) = behind::<D>(&app, &visitor, &id).await?;
    super::provider_page(&app, &visitor, area, provider, None, None).await
}

/// Changes it.
pub(crate) async fn save<D: Door>(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<ProviderForm>,
) -> Result<Response, ErrorPage> {
    let (area, provider) = behind::<D>(&app, &visitor, &id).await?;
    super::save(&app, &visitor, area, provider, form).await
}

/// Adds, approves or removes a domain.
pub(crate) async fn domains<D: Door>(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<DomainForm>,
) -> Result<Response, ErrorPage> {
    let (area, provider) = behind::<D>(&app, &visitor, &id).await?;
    super::domains(&app, &visitor, area, provider, form).await
}

/// Tries it out.
pub(crate) async fn try_out<D: Door>(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    jar: CookieJar,
) -> Result<Response, ErrorPage> {
    let (area, provider) = behind::<D>(&app, &visitor, &id).await?;
    super::try_out(&app, &visitor, area, jar, &provider).await
}

/// Undoes the link of an account.
pub(crate) async fn unlink<D: Door>(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<UserForm>,
) -> Result<Response, ErrorPage> {
    let (area, provider) = behind::<D>(&app, &visitor, &id).await?;
    super::unlink(&app, area, &provider, form).await
}

/// Removes it.
pub(crate) async fn delete<D: Door>(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (area, provider) = behind::<D>(&app, &visitor, &id).await?;
    super::delete(&app, area, &provider).await
}

/// The provider of this id, if it is one that the visitor may set up there.
async fn behind<D: Door>(
    app: &App,
    visitor: &Visitor,
    id: &str,
) -> Result<(Area, IdentityProvider), ErrorPage> {
    let area = D::area(visitor)?;
    let provider = area.find(app, id).await?;
    Ok((area, provider))
}
