//! `/organization`: what those who run an organization do: its users, groups, licenses and what happened. Every handler asks
//! the store with the organization of whoever is logged in; somebody else's user, group or license is not found.

pub(crate) mod activity;
pub(crate) mod groups;
pub(crate) mod licenses;
pub(crate) mod members;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use countersign_core::Id;
use countersign_store::{GroupChange, User};

use super::{ErrorPage, Frame, page_with};
use crate::access::Visitor;
use crate::app::App;
use crate::language::Say;

/// The most users or licenses on one page.
const MOST: u32 = 1000;

#[derive(Template)]
#[template(path = "organization/overview.html")]
struct OverviewPage {
    frame: Frame,
    name: String,
    users: String,
    groups: usize,
    invited: usize,
}

/// The overview.
pub(crate) async fn overview(
    State(app): State<App>,
    visitor: Visitor,
) -> Result<Response, ErrorPage> {
    let (_, id) = visitor.organization_admin()?;
    let organization = app.store().organization(id).await?.ok_or_else(ErrorPage::not_found)?;
    let users = app.store().users_of_organization(id, MOST).await?;
    let is_invited = |user: &&User| user.status == countersign_store::UserStatus::Invited;
    let counted = app.store().counted_users(id).await?;
    Ok(page_with(
        StatusCode::OK,
        &OverviewPage {
            name: organization.name,
            users: visitor.language.of(counted, organization.allowed_users),
            groups: app.store().groups_of_organization(id).await?.len(),
            invited: users.iter().filter(is_invited).count(),
            frame: Frame::new(&app, &visitor),
        },
    ))
}

/// Who acts, as it is written down.
fn actor(user: &User) -> String {
    format!("user:{}", user.id)
}

/// An id in a path: what is none is not found.
fn id_in_path(text: &str) -> Result<Id, ErrorPage> {
    text.parse().map_err(|_| ErrorPage::not_found())
}

/// What a change of a group refuses, to be said beside the form.
fn group_refusal(change: GroupChange) -> Result<Option<Say>, ErrorPage> {
    Ok(match change {
        GroupChange::Done => None,
        GroupChange::Unknown => return Err(ErrorPage::not_found()),
        GroupChange::NameTaken => Some(Say::new("group-name-taken")),
        GroupChange::TooMany => Some(Say::new("group-too-many")),
        GroupChange::BelowUse { live } => Some(Say::new("group-cap-below-use").with("count", live)),
    })
}

/// The status of a page that says a problem, or of one that does not.
fn status_of(problem: Option<&String>) -> StatusCode {
    if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}
