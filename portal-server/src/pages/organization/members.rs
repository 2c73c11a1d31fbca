//! `/organization/users`: inviting, editing, deactivating.

use std::str::FromStr as _;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::Form;
use countersign_core::Id;
use countersign_store::{
    Group, MemberChange, OrganizationRole, Role, Standing, TwoFactor, User, UserStatus,
};
use serde::Deserialize;

use super::super::refused::beside_form;
use super::super::{ErrorPage, Frame, page_with};
use super::{MOST, actor, id_in_path, status_of};
use crate::access::Visitor;
use crate::account::invitation::{self, Invitee};
use crate::account::{Refusal, done, is_name, two_factor};
use crate::app::App;

#[derive(Template)]
#[template(path = "organization/users.html")]
struct UsersPage {
    frame: Frame,
    users: Vec<User>,
    groups: Vec<Group>,
    used: String,
    invitee: InviteForm,
    problem: Option<String>,
}

impl UsersPage {
    fn is_picked(&self, group: &Group) -> bool {
        self.invitee.group.contains(&group.id.to_string())
    }

    fn is_editable(&self, user: &User) -> bool {
        user.role == Role::Customer
    }

    fn role_words(&self, user: &User) -> String {
        self.frame.t(format!("organization-role-{}", user.organization_role.as_str()))
    }

    fn status_words(&self, user: &User) -> String {
        self.frame.t(format!("status-{}", user.status.as_str()))
    }
}

async fn list_page(
    app: &App,
    visitor: &Visitor,
    invitee: InviteForm,
    problem: Option<Refusal>,
) -> Result<Response, ErrorPage> {
    let (_, organization) = visitor.organization_admin()?;
    let store = app.store();
    let allowed = store.organization(organization).await?.and_then(|o| o.allowed_users);
    let frame = Frame::new(app, visitor);
    let status = problem.as_ref().map_or(axum::http::StatusCode::OK, Refusal::status);
    let page = UsersPage {
        users: store.users_of_organization(organization, MOST).await?,
        groups: store.groups_of_organization(organization).await?,
        used: visitor.language.of(store.counted_users(organization).await?, allowed),
        invitee,
        problem: problem.map(|refusal| frame.say(refusal.say())),
        frame,
    };
    Ok(page_with(status, &page))
}

/// The list.
pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    list_page(&app, &visitor, InviteForm::default(), None).await
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct InviteForm {
    email: String,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    organization_role: String,
    /// Ids of groups to put them into.
    #[serde(default)]
    group: Vec<String>,
}

/// What was chosen; nothing is a member.
fn chosen_role(text: &str) -> Result<OrganizationRole, ErrorPage> {
    if text.is_empty() {
        return Ok(OrganizationRole::Member);
    }
    OrganizationRole::from_str(text).map_err(|_| ErrorPage::bad_input("error-form-incomplete"))
}

/// Invites somebody, and puts them into groups.
pub(crate) async fn invite(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<InviteForm>,
) -> Result<Response, ErrorPage> {
    let (admin, organization) = visitor.organization_admin()?;
    let invitee = Invitee {
        email: form.email.clone(),
        first_name: form.first_name.clone(),
        last_name: form.last_name.clone(),
        organization_role: chosen_role(&form.organization_role)?,
    };
    let groups = form.group.iter().map(|id| id_in_path(id)).collect::<Result<Vec<Id>, _>>()?;
    let invited = invitation::invite(&app, &admin, organization, invitee, visitor.language).await;
    match beside_form(invited)? {
        Ok(user) => {
            for group in groups {
                let by = actor(&admin);
                app.store().add_to_group(organization, group, user, &by, app.now()).await?;
            }
            Ok(Redirect::to("/organization/users").into_response())
        }
        Err(refusal) => list_page(&app, &visitor, form, Some(refusal)).await,
    }
}

#[derive(Template)]
#[template(path = "organization/user.html")]
struct UserPage {
    frame: Frame,
    user: User,
    is_self: bool,
    groups: Vec<(Group, bool)>,
    done: Option<String>,
    problem: Option<String>,
}

impl UserPage {
    fn is_admin(&self) -> bool {
        self.user.organization_role == OrganizationRole::Admin
    }

    fn is_invited(&self) -> bool {
        self.user.status == UserStatus::Invited
    }

    fn is_deactivated(&self) -> bool {
        self.user.status == UserStatus::Deactivated
    }

    fn has_two_factor(&self) -> bool {
        self.user.two_factor == TwoFactor::On
    }

    fn status_words(&self) -> String {
        self.frame.t(format!("status-{}", self.user.status.as_str()))
    }
}

/// The user, if they are the organization's. The vendor's own people are nobody's to change here.
async fn member(app: &App, organization: Id, id: &str) -> Result<User, ErrorPage> {
    let user = app.store().user(id_in_path(id)?).await?;
    let user =
        user.filter(|user| user.organization == Some(organization) && user.role == Role::Customer);
    user.ok_or_else(ErrorPage::not_found)
}

async fn user_page(
    app: &App,
    visitor: &Visitor,
    id: &str,
    done: Option<&str>,
    problem: Option<Refusal>,
) -> Result<Response, ErrorPage> {
    let (admin, organization) = visitor.organization_admin()?;
    let user = member(app, organization, id).await?;
    let own = app.store().groups_of_user(user.id).await?;
    let is_in = |group: &Group| own.iter().any(|own| own.id == group.id);
    let all = app.store().groups_of_organization(organization).await?;
    let frame = Frame::new(app, visitor);
    let page = UserPage {
        is_self: user.id == admin.id,
        groups: all.into_iter().map(|group| (group.clone(), is_in(&group))).collect(),
        done: done.map(|key| frame.t(key)),
        problem: problem.as_ref().map(|refusal| frame.say(refusal.say())),
        user,
        frame,
    };
    let status = problem.map_or(status_of(None), |refusal| refusal.status());
    Ok(page_with(status, &page))
}

/// One user.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    user_page(&app, &visitor, &id, None, None).await
}

#[derive(Deserialize)]
pub(crate) struct MemberForm {
    first_name: String,
    last_name: String,
    organization_role: String,
    /// A tick: they may not log in.
    #[serde(default)]
    deactivated: String,
}

/// Changes names, role and whether they may log in.
pub(crate) async fn save(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<MemberForm>,
) -> Result<Response, ErrorPage> {
    let (admin, organization) = visitor.organization_admin()?;
    let user = member(&app, organization, &id).await?;
    if !is_name(&form.first_name) || !is_name(&form.last_name) {
        return user_page(&app, &visitor, &id, None, Some(Refusal::UnfitName)).await;
    }
    let away = !form.deactivated.is_empty();
    if away && user.id == admin.id {
        return user_page(&app, &visitor, &id, None, Some(Refusal::Oneself)).await;
    }
    let change = MemberChange {
        user: user.id,
        first_name: form.first_name,
        last_name: form.last_name,
        organization_role: chosen_role(&form.organization_role)?,
        standing: if away { Standing::Deactivated } else { Standing::Active },
    };
    let changed =
        app.store().change_member(organization, change, &actor(&admin), app.now()).await?;
    match beside_form(done(changed))? {
        Ok(()) => user_page(&app, &visitor, &id, Some("saved"), None).await,
        Err(refusal) => user_page(&app, &visitor, &id, None, Some(refusal)).await,
    }
}

#[derive(Deserialize)]
pub(crate) struct GroupsForm {
    #[serde(default)]
    group: Vec<String>,
}

/// Puts the user into exactly these groups.
pub(crate) async fn save_groups(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<GroupsForm>,
) -> Result<Response, ErrorPage> {
    let (admin, organization) = visitor.organization_admin()?;
    let user = member(&app, organization, &id).await?;
    let wanted = form.group.iter().map(|id| id_in_path(id)).collect::<Result<Vec<Id>, _>>()?;
    let own = app.store().groups_of_user(user.id).await?;
    let (store, by, now) = (app.store(), actor(&admin), app.now());
    for group in store.groups_of_organization(organization).await? {
        let (is_in, should) =
            (own.iter().any(|own| own.id == group.id), wanted.contains(&group.id));
        if should && !is_in {
            store.add_to_group(organization, group.id, user.id, &by, now).await?;
        } else if is_in && !should {
            store.remove_from_group(organization, group.id, user.id, &by, now).await?;
        }
    }
    user_page(&app, &visitor, &id, Some("saved"), None).await
}

/// Sends the invitation again.
pub(crate) async fn resend(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (admin, organization) = visitor.organization_admin()?;
    let user = id_in_path(&id)?;
    let sent = invitation::resend(&app, &admin, organization, user, visitor.language).await;
    match beside_form(sent)? {
        Ok(()) => user_page(&app, &visitor, &id, Some("invitation-sent"), None).await,
        Err(refusal) => user_page(&app, &visitor, &id, None, Some(refusal)).await,
    }
}

/// Takes the invitation back.
pub(crate) async fn withdraw(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (admin, organization) = visitor.organization_admin()?;
    let (user, by) = (id_in_path(&id)?, actor(&admin));
    if !app.store().withdraw_invitation(organization, user, &by, app.now()).await? {
        return Err(ErrorPage::not_found());
    }
    Ok(Redirect::to("/organization/users").into_response())
}

/// Turns the second factor off for somebody who lost it. They hear of it.
pub(crate) async fn turn_off_two_factor(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (admin, organization) = visitor.organization_admin()?;
    let user = member(&app, organization, &id).await?;
    if user.id == admin.id {
        // One's own is turned off in the profile, with password and code.
        return Err(ErrorPage::forbidden());
    }
    two_factor::turn_off_for(&app, &user, &actor(&admin), visitor.language).await?;
    user_page(&app, &visitor, &id, Some("saved"), None).await
}
