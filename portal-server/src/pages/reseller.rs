//! `/reseller`: what the admins of a reseller do: its customers and their licenses. Every handler asks the store with the reseller
//! of whoever is logged in; somebody else's customer, person or license is not found.

pub(crate) mod assign;
pub(crate) mod customer;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_store::{Organization, User};
use serde::Deserialize;

use super::{ErrorPage, Frame, page};
use crate::access::Visitor;
use crate::app::App;
use crate::fields::Field;

#[derive(Template)]
#[template(path = "reseller/overview.html")]
struct OverviewPage {
    frame: Frame,
    name: String,
    customers: Vec<Organization>,
    people: Vec<User>,
}

impl OverviewPage {
    fn status_words(&self, user: &User) -> String {
        self.frame.t(format!("status-{}", user.status.as_str()))
    }
}

/// The reseller's customers.
pub(crate) async fn overview(
    State(app): State<App>,
    visitor: Visitor,
) -> Result<Response, ErrorPage> {
    let (_, reseller) = visitor.reseller_admin()?;
    let own = app.store().organization(reseller).await?.ok_or_else(ErrorPage::not_found)?;
    Ok(page(&OverviewPage {
        frame: Frame::new(&app, &visitor),
        name: own.name,
        customers: app.store().customers_of_reseller(reseller).await?,
        people: app.store().people_of_reseller(reseller).await?,
    }))
}

#[derive(Deserialize)]
pub(crate) struct OrganizationForm {
    #[serde(default)]
    name: String,
}

/// A new customer.
pub(crate) async fn create_organization(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<OrganizationForm>,
) -> Result<Response, ErrorPage> {
    let (by, _) = visitor.reseller_admin()?;
    let name = Field::OrganizationName.check(&form.name)?;
    if name.is_empty() {
        return Err(ErrorPage::bad_input("organization-name-needed"));
    }
    let id = app.random_id();
    if !app.store().create_customer(by.id, id, name, app.now()).await? {
        return Err(ErrorPage::bad_input("reseller-full"));
    }
    Ok(Redirect::to(&format!("/reseller/organizations/{id}")).into_response())
}
