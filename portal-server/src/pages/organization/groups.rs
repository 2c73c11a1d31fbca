//! `/organization/groups`: who is in them, which licenses they may use, how many seats of each.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::{Id, LicenseId};
use countersign_store::{Group, GroupChange, GroupLicense, LinkableLicense, User};
use serde::Deserialize;

use super::super::{ErrorPage, Frame, page_with};
use super::{MOST, actor, group_refusal, id_in_path, status_of};
use crate::access::Visitor;
use crate::account::is_name;
use crate::app::App;
use crate::language::Say;

#[derive(Template)]
#[template(path = "organization/groups.html")]
struct ListPage {
    frame: Frame,
    groups: Vec<Group>,
    problem: Option<String>,
}

async fn list_page(
    app: &App,
    visitor: &Visitor,
    problem: Option<Say>,
) -> Result<Response, ErrorPage> {
    let (_, organization) = visitor.organization_admin()?;
    let frame = Frame::new(app, visitor);
    let problem = problem.map(|say| frame.say(say));
    let groups = app.store().groups_of_organization(organization).await?;
    Ok(page_with(status_of(problem.as_ref()), &ListPage { frame, groups, problem }))
}

/// The list.
pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    list_page(&app, &visitor, None).await
}

#[derive(Deserialize)]
pub(crate) struct NameForm {
    name: String,
}

impl NameForm {
    fn is_fit(&self) -> bool {
        is_name(&self.name) && !self.name.trim().is_empty()
    }
}

/// Creates a group.
pub(crate) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<NameForm>,
) -> Result<Response, ErrorPage> {
    let (admin, organization) = visitor.organization_admin()?;
    if !form.is_fit() {
        return list_page(&app, &visitor, Some(Say::new("group-name-needed"))).await;
    }
    let (id, by) = (app.random_id(), actor(&admin));
    let created = app.store().create_group(id, organization, &form.name, &by, app.now()).await?;
    match group_refusal(created)? {
        None => Ok(Redirect::to(&format!("/organization/groups/{id}")).into_response()),
        Some(problem) => list_page(&app, &visitor, Some(problem)).await,
    }
}

#[derive(Template)]
#[template(path = "organization/group.html")]
struct GroupPage {
    frame: Frame,
    group: Group,
    members: Vec<User>,
    others: Vec<User>,
    licenses: Vec<GroupLicense>,
    linkable: Vec<LinkableLicense>,
    problem: Option<String>,
}

impl GroupPage {
    fn cap(&self, license: &GroupLicense) -> String {
        license.seat_cap.map(|cap| cap.to_string()).unwrap_or_default()
    }

    fn used(&self, license: &GroupLicense) -> String {
        self.frame.language.of(license.live_activations, license.seat_cap)
    }
}

async fn group_page(
    app: &App,
    visitor: &Visitor,
    id: Id,
    problem: Option<Say>,
) -> Result<Response, ErrorPage> {
    let (_, organization) = visitor.organization_admin()?;
    let store = app.store();
    let group = store.group(organization, id).await?.ok_or_else(ErrorPage::not_found)?;
    let members = store.members_of_group(organization, id).await?;
    let is_in = |user: &User| members.iter().any(|member| member.id == user.id);
    let all = store.users_of_organization(organization, MOST).await?;
    let others = all.into_iter().filter(|user| !is_in(user)).collect();
    let frame = Frame::new(app, visitor);
    let problem = problem.map(|say| frame.say(say));
    let page = GroupPage {
        others,
        members,
        licenses: store.licenses_of_group(organization, id).await?,
        linkable: store.linkable_licenses(organization, id, MOST).await?,
        group,
        problem,
        frame,
    };
    Ok(page_with(status_of(page.problem.as_ref()), &page))
}

/// One group.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    group_page(&app, &visitor, id_in_path(&id)?, None).await
}

/// Back to the group, or the group with what was refused.
async fn ended(
    app: &App,
    visitor: &Visitor,
    id: Id,
    change: GroupChange,
) -> Result<Response, ErrorPage> {
    match group_refusal(change)? {
        None => Ok(Redirect::to(&format!("/organization/groups/{id}")).into_response()),
        Some(problem) => group_page(app, visitor, id, Some(problem)).await,
    }
}

/// Renames it.
pub(crate) async fn rename(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<NameForm>,
) -> Result<Response, ErrorPage> {
    let ((admin, organization), id) = (visitor.organization_admin()?, id_in_path(&id)?);
    if !form.is_fit() {
        return group_page(&app, &visitor, id, Some(Say::new("group-name-needed"))).await;
    }
    let by = actor(&admin);
    let renamed = app.store().rename_group(organization, id, &form.name, &by, app.now()).await?;
    ended(&app, &visitor, id, renamed).await
}

/// Deletes it.
pub(crate) async fn delete(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let ((admin, organization), id) = (visitor.organization_admin()?, id_in_path(&id)?);
    let deleted = app.store().delete_group(organization, id, &actor(&admin), app.now()).await?;
    group_refusal(deleted)?;
    Ok(Redirect::to("/organization/groups").into_response())
}

#[derive(Deserialize)]
pub(crate) struct MemberForm {
    user: String,
}

/// Puts somebody in.
pub(crate) async fn add(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<MemberForm>,
) -> Result<Response, ErrorPage> {
    let ((admin, organization), id) = (visitor.organization_admin()?, id_in_path(&id)?);
    let (user, by) = (id_in_path(&form.user)?, actor(&admin));
    let added = app.store().add_to_group(organization, id, user, &by, app.now()).await?;
    ended(&app, &visitor, id, added).await
}

/// Takes somebody out.
pub(crate) async fn remove(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<MemberForm>,
) -> Result<Response, ErrorPage> {
    let ((admin, organization), id) = (visitor.organization_admin()?, id_in_path(&id)?);
    let (user, by) = (id_in_path(&form.user)?, actor(&admin));
    let removed = app.store().remove_from_group(organization, id, user, &by, app.now()).await?;
    ended(&app, &visitor, id, removed).await
}

#[derive(Deserialize)]
pub(crate) struct LicenseForm {
    license: String,
    /// Seats that the group may take; empty: as many as the license has.
    #[serde(default)]
    seat_cap: String,
}

impl LicenseForm {
    fn license(&self) -> Result<LicenseId, ErrorPage> {
        self.license.parse().map_err(|_| ErrorPage::not_found())
    }

    /// `None`: what was typed is no number.
    fn cap(&self) -> Option<Option<u64>> {
        let text = self.seat_cap.trim();
        if text.is_empty() {
            return Some(None);
        }
        text.parse().ok().filter(|cap| *cap <= 1_000_000_000).map(Some)
    }
}

/// Links a license, or changes the seats that the group may take.
pub(crate) async fn link(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<LicenseForm>,
) -> Result<Response, ErrorPage> {
    let ((admin, organization), id) = (visitor.organization_admin()?, id_in_path(&id)?);
    let license = form.license()?;
    let Some(cap) = form.cap() else {
        let problem = Say::new("not-a-number").with("text", form.seat_cap);
        return group_page(&app, &visitor, id, Some(problem)).await;
    };
    let by = actor(&admin);
    let linked = app.store().link_license(organization, id, license, cap, &by, app.now()).await?;
    ended(&app, &visitor, id, linked).await
}

/// Undoes a link.
pub(crate) async fn unlink(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<LicenseForm>,
) -> Result<Response, ErrorPage> {
    let ((admin, organization), id) = (visitor.organization_admin()?, id_in_path(&id)?);
    let (license, by) = (form.license()?, actor(&admin));
    let unlinked = app.store().unlink_license(organization, id, license, &by, app.now()).await?;
    ended(&app, &visitor, id, unlinked).await
}
