//! `/admin/customers`: users and organizations.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::Id;
use countersign_store::{
    LinkPurpose, Organization, OrganizationRole, Role, User, UserChange, UserStatus,
};
use serde::Deserialize;

use super::{ErrorPage, actor};
use crate::access::Visitor;
use crate::app::App;
use crate::pages::{Frame, page};

/// Seconds that a link to set one's password works.
const LINK_SECONDS: u64 = 7 * 86_400;

#[derive(Template)]
#[template(path = "admin/customers.html")]
struct ListPage {
    frame: Frame,
    users: Vec<User>,
    organizations: Vec<Organization>,
}

impl ListPage {
    fn organization_of(&self, user: &User) -> String {
        let found = self.organizations.iter().find(|o| Some(o.id) == user.organization);
        found.map_or("–".to_owned(), |o| o.name.clone())
    }
}

pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let (users, organizations) = (app.store().users().await?, app.store().organizations().await?);
    Ok(page(&ListPage { frame: Frame::new(&app, visitor.0.as_ref()), users, organizations }))
}

#[derive(Deserialize)]
pub(crate) struct UserForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    suspended: String,
    #[serde(default)]
    new_link: String,
}

#[derive(Template)]
#[template(path = "admin/user.html")]
struct UserPage {
    frame: Frame,
    user: User,
    user_organization: String,
    organizations: Vec<Organization>,
    link: Option<String>,
}

pub(crate) async fn create_user(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<UserForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    if !form.email.contains('@') {
        return Err(ErrorPage::bad_input("An e-mail address has an @."));
    }
    let role = if form.role == "admin" { Role::Admin } else { Role::Customer };
    let user = User {
        name: form.name,
        organization: form.organization.parse().ok(),
        ..User::invited(app.random_id(), form.email, role, app.now())
    };
    let id = user.id;
    done(app.store().create_user(user, &actor(&admin), app.now()).await?)?;
    let link = Some(password_link(&app, id).await?);
    show_with(&app, &admin, id, link).await
}

/// A link to hand to the person: there is no default password.
pub(crate) async fn password_link(app: &App, user: Id) -> Result<String, ErrorPage> {
    let (secret, hash) = app.secret();
    app.store()
        .create_link(hash, LinkPurpose::SetPassword, Some(user), app.now() + LINK_SECONDS)
        .await?;
    let base =
        app.config().public_url.as_deref().unwrap_or_default().trim_end_matches('/').to_owned();
    Ok(format!("{base}/password/{secret}"))
}

/// A refusal in words.
fn done(change: UserChange) -> Result<(), ErrorPage> {
    match change {
        UserChange::Done => Ok(()),
        UserChange::Unknown => Err(ErrorPage::not_found()),
        UserChange::EmailTaken => {
            Err(ErrorPage::bad_input("There is somebody with this e-mail address already."))
        }
        UserChange::UnknownOrganization => {
            Err(ErrorPage::bad_input("There is no such organization."))
        }
        UserChange::OrganizationFull { allowed } => Err(ErrorPage::bad_input(format!(
            "The organization has the {allowed} users that it may have."
        ))),
        UserChange::LastOrganizationAdmin => {
            Err(ErrorPage::bad_input("Nobody would be left to run the organization."))
        }
    }
}

async fn find(app: &App, id: &str) -> Result<User, ErrorPage> {
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    app.store().user(id).await?.ok_or_else(ErrorPage::not_found)
}

async fn show_with(
    app: &App,
    admin: &User,
    id: Id,
    link: Option<String>,
) -> Result<Response, ErrorPage> {
    let user = find(app, &id.to_string()).await?;
    let organizations = app.store().organizations().await?;
    let user_organization = user.organization.map(|id| id.to_string()).unwrap_or_default();
    Ok(page(&UserPage {
        frame: Frame::new(app, Some(admin)),
        user,
        user_organization,
        organizations,
        link,
    }))
}

pub(crate) async fn show_user(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let user = find(&app, &id).await?;
    show_with(&app, &admin, user.id, None).await
}

pub(crate) async fn save_user(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<UserForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let mut user = find(&app, &id).await?;
    if !form.new_link.is_empty() {
        let link = password_link(&app, user.id).await?;
        return show_with(&app, &admin, user.id, Some(link)).await;
    }
    if user.id == admin.id && !form.suspended.is_empty() {
        return Err(ErrorPage::bad_input("You cannot suspend yourself."));
    }
    user.name = form.name;
    let organization = form.organization.parse().ok();
    if organization != user.organization {
        // What somebody was elsewhere they are not here.
        user.organization_role = OrganizationRole::Member;
    }
    user.organization = organization;
    user.status = match (form.suspended.is_empty(), user.password_hash.is_some()) {
        (false, _) => UserStatus::Suspended,
        // Their organization's word stands until somebody takes it back there.
        (true, _) if user.status == UserStatus::Deactivated => UserStatus::Deactivated,
        (true, true) => UserStatus::Active,
        (true, false) => UserStatus::Invited,
    };
    done(app.store().change_user(user, &actor(&admin), app.now()).await?)?;
    Ok(Redirect::to("/admin/customers").into_response())
}

#[derive(Deserialize)]
pub(crate) struct OrganizationForm {
    name: String,
    #[serde(default)]
    suspended: String,
}

pub(crate) async fn create_organization(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<OrganizationForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    if form.name.trim().is_empty() {
        return Err(ErrorPage::bad_input("An organization has a name."));
    }
    app.store()
        .create_organization(app.random_id(), form.name.trim(), &actor(&admin), app.now())
        .await?;
    Ok(Redirect::to("/admin/customers").into_response())
}

pub(crate) async fn save_organization(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<OrganizationForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    let before = app.store().organization(id).await?.ok_or_else(ErrorPage::not_found)?;
    let changed = Organization { name: form.name, suspended: !form.suspended.is_empty(), ..before };
    if !app.store().change_organization(changed, &actor(&admin), app.now()).await? {
        return Err(ErrorPage::not_found());
    }
    Ok(Redirect::to("/admin/customers").into_response())
}
