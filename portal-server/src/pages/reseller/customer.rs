//! `/reseller/organizations/{id}`: one customer of a reseller, with its people; inviting them.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_store::{Organization, User};
use serde::Deserialize;

use super::super::{ErrorPage, Frame, page};
use crate::access::Visitor;
use crate::account::invitation::{self, Invitee};
use crate::app::App;

/// The most users on one page.
const MOST: u32 = 1000;

#[derive(Template)]
#[template(path = "reseller/customer.html")]
struct CustomerPage {
    frame: Frame,
    customer: Organization,
    users: Vec<User>,
}

impl CustomerPage {
    fn role_words(&self, user: &User) -> String {
        self.frame.t(format!("organization-role-{}", user.organization_role.as_str()))
    }

    fn status_words(&self, user: &User) -> String {
        self.frame.t(format!("status-{}", user.status.as_str()))
    }
}

/// The customer, if it is the reseller's.
async fn find(app: &App, visitor: &Visitor, id: &str) -> Result<(User, Organization), ErrorPage> {
    let (by, reseller) = visitor.reseller_admin()?;
    let id = id.parse().map_err(|_| ErrorPage::not_found())?;
    let found = app.store().customer_of_reseller(reseller, id).await?;
    Ok((by, found.ok_or_else(ErrorPage::not_found)?))
}

/// One customer.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (_, customer) = find(&app, &visitor, &id).await?;
    let users = app.store().users_of_organization(customer.id, MOST).await?;
    Ok(page(&CustomerPage { frame: Frame::new(&app, &visitor), customer, users }))
}

#[derive(Deserialize)]
pub(crate) struct InviteForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    organization_role: String,
}

/// Invites somebody there.
pub(crate) async fn invite(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<InviteForm>,
) -> Result<Response, ErrorPage> {
    let (by, customer) = find(&app, &visitor, &id).await?;
    let role = if form.organization_role.is_empty() { "member" } else { &*form.organization_role };
    let invitee = Invitee {
        email: form.email,
        first_name: form.first_name,
        last_name: form.last_name,
        organization_role: role
            .parse()
            .map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?,
    };
    invitation::invite_for_customer(&app, &by, customer.id, invitee, visitor.language).await?;
    Ok(Redirect::to(&format!("/reseller/organizations/{id}")).into_response())
}
