//! `/reseller/licenses/{id}`: passing a license from one of the reseller's customers to another.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_store::{Assigned, Assignee, License};
use serde::Deserialize;

use super::super::licenses::{LicenseView, license_of, views};
use super::super::{ErrorPage, Frame, page};
use crate::access::Visitor;
use crate::app::App;

/// The most users of one organization to choose from.
const MOST: u32 = 1000;

#[derive(Template)]
#[template(path = "reseller/assign.html")]
struct AssignPage {
    frame: Frame,
    license: LicenseView,
    revision: i64,
    /// Machines that hold a seat go along with the license.
    live: u64,
    choices: Vec<Choice>,
}

/// To whom it can go: value of the form, and in words.
struct Choice {
    value: String,
    words: String,
    is_now: bool,
}

/// The form.
pub(crate) async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let license = find(&app, &visitor, &id).await?;
    let choices = choices(&app, &visitor, &license).await?;
    let view = views(&app, std::slice::from_ref(&license), visitor.language).await?.pop();
    Ok(page(&AssignPage {
        frame: Frame::new(&app, &visitor),
        license: view.ok_or_else(ErrorPage::not_found)?,
        revision: license.revision,
        live: license.seats_in_use(),
        choices,
    }))
}

async fn choices(
    app: &App,
    visitor: &Visitor,
    license: &License,
) -> Result<Vec<Choice>, ErrorPage> {
    let (_, reseller) = visitor.reseller_admin()?;
    let store = app.store();
    let own = store.organization(reseller).await?.ok_or_else(ErrorPage::not_found)?;
    let mut choices = Vec::new();
    for organization in [vec![own], store.customers_of_reseller(reseller).await?].concat() {
        choices.push(Choice {
            value: format!("organization:{}", organization.id),
            words: organization.name,
            is_now: license.owner.is_none() && license.organization == Some(organization.id),
        });
    }
    for user in store.people_of_reseller(reseller).await? {
        choices.push(Choice {
            value: format!("user:{}", user.id),
            words: user.shown_name().to_owned(),
            is_now: license.owner == Some(user.id),
        });
    }
    // Those of the organization that has it: it can become one person's there.
    if let Some(organization) = license.organization {
        for user in store.users_of_organization(organization, MOST).await? {
            choices.push(Choice {
                value: format!("user:{}", user.id),
                words: user.shown_name().to_owned(),
                is_now: license.owner == Some(user.id),
            });
        }
    }
    Ok(choices)
}

/// The license, if it belongs to a customer of the reseller. One that the visitor sees otherwise is none to pass on.
async fn find(app: &App, visitor: &Visitor, id: &str) -> Result<License, ErrorPage> {
    let (user, _) = visitor.reseller_admin()?;
    let license = license_of(app, &user, id).await?;
    match app.store().resells(&user, &license.id).await? {
        true => Ok(license),
        false => Err(ErrorPage::not_found()),
    }
}

#[derive(Deserialize)]
pub(crate) struct AssignForm {
    /// `organization:<id>` or `user:<id>`
    #[serde(default)]
    to: String,
    #[serde(default)]
    revision: String,
}

impl AssignForm {
    fn assignee(&self) -> Result<Assignee, ErrorPage> {
        let wrong = || ErrorPage::bad_input("error-form-incomplete");
        let (kind, id) = self.to.split_once(':').ok_or_else(wrong)?;
        let id = id.parse().map_err(|_| wrong())?;
        match kind {
            "organization" => Ok(Assignee::Organization(id)),
            "user" => Ok(Assignee::User(id)),
            _ => Err(wrong()),
        }
    }
}

/// Passes it on.
pub(crate) async fn assign(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<AssignForm>,
) -> Result<Response, ErrorPage> {
    let (by, _) = visitor.reseller_admin()?;
    let license = find(&app, &visitor, &id).await?;
    let (to, wrong) = (form.assignee()?, |_| ErrorPage::bad_input("error-form-incomplete"));
    let revision = form.revision.parse().map_err(wrong)?;
    match app.store().assign_license(by.id, license.id, revision, to, app.now()).await? {
        Assigned::Done => Ok(Redirect::to(&format!("/licenses/{id}")).into_response()),
        Assigned::Unknown => Err(ErrorPage::not_found()),
        Assigned::Stale => Err(ErrorPage::bad_input("license-stale")),
    }
}
