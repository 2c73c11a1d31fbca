//! `/organization/sign-on`: an organization's own providers.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use axum_extra::extract::CookieJar;

use super::{Area, DomainForm, ErrorPage, NewForm, ProviderForm, UserForm};
use crate::access::Visitor;
use crate::app::App;

pub(super) const BASE: &str = "/organization/sign-on";

/// The list.
pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let area = Area::organization(&visitor)?;
    super::list_page(&app, &visitor, area, NewForm::default(), None).await
}

/// A new one.
pub(crate) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<NewForm>,
) -> Result<Response, ErrorPage> {
    let area = Area::organization(&visitor)?;
    super::create(&app, &visitor, area, form).await
}

/// One.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let area = Area::organization(&visitor)?;
    let provider = area.find(&app, &id).await?;
    super::provider_page(&app, &visitor, area, provider, None, None).await
}

/// Changes it.
pub(crate) async fn save(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<ProviderForm>,
) -> Result<Response, ErrorPage> {
    let area = Area::organization(&visitor)?;
    let provider = area.find(&app, &id).await?;
    super::save(&app, &visitor, area, provider, form).await
}

/// Adds, approves or removes a domain.
pub(crate) async fn domains(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<DomainForm>,
) -> Result<Response, ErrorPage> {
    let area = Area::organization(&visitor)?;
    let provider = area.find(&app, &id).await?;
    super::domains(&app, &visitor, area, provider, form).await
}

/// Tries it out.
pub(crate) async fn try_out(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    jar: CookieJar,
) -> Result<Response, ErrorPage> {
    let area = Area::organization(&visitor)?;
    let provider = area.find(&app, &id).await?;
    super::try_out(&app, &visitor, area, jar, &provider).await
}

/// Undoes the link of an account.
pub(crate) async fn unlink(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<UserForm>,
) -> Result<Response, ErrorPage> {
    let area = Area::organization(&visitor)?;
    let provider = area.find(&app, &id).await?;
    super::unlink(&app, area, &provider, form).await
}

/// Removes it.
pub(crate) async fn delete(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let area = Area::organization(&visitor)?;
    let provider = area.find(&app, &id).await?;
    super::delete(&app, area, &provider).await
}
