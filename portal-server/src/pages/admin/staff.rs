//! `/admin/staff`: the vendor's own people and the admins of resellers; inviting them, what they are, whether they may log in. Who
//! may do that to whom, the store decides.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::Id;
use countersign_store::{InviteStaff, Role, StaffMember, TwoFactor, User, UserStatus};
use serde::Deserialize;

use super::customers::{done, password_link};
use super::{ErrorPage, actor};
use crate::access::{Permission, Visitor};
use crate::account::guard::Attempt;
use crate::account::two_factor;
use crate::app::App;
use crate::fields::Field;
use crate::mail::{self, Mail};
use crate::pages::{Frame, page};

const PATH: &str = "/admin/staff";

#[derive(Template)]
#[template(path = "admin/staff.html")]
struct ListPage {
    frame: Frame,
    staff: Vec<StaffMember>,
    /// What the visitor may invite somebody as.
    roles: Vec<Role>,
}

impl ListPage {
    fn seen(&self, member: &StaffMember) -> String {
        seen(&self.frame, member)
    }
}

fn seen(frame: &Frame, member: &StaffMember) -> String {
    member.last_seen_at.map_or_else(|| frame.t("never"), |at| frame.date_time(&at))
}

/// The message that names a role.
fn role_key(role: &Role) -> String {
    format!("role-{}", role.as_str())
}

fn two_factor_key(user: &User) -> &'static str {
    if user.two_factor == TwoFactor::On { "is-on" } else { "is-off" }
}

/// What `by` may make somebody who is `before`, besides what they are.
fn roles(by: &User, before: Role, fits: impl Fn(Role) -> bool) -> Vec<Role> {
    let may = |role: &Role| by.may(Permission::ManageStaff) && by.role.may_give(before, *role);
    Role::ALL.into_iter().filter(|role| may(role) && fits(*role)).collect()
}

pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let by = visitor.user()?;
    Ok(page(&ListPage {
        frame: Frame::new(&app, &visitor),
        staff: app.store().staff().await?,
        roles: roles(&by, Role::Customer, Role::is_staff),
    }))
}

#[derive(Deserialize)]
pub(crate) struct InviteForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
}

fn chosen(role: &str) -> Result<Role, ErrorPage> {
    role.parse().map_err(|_| ErrorPage::bad_input("error-form-incomplete"))
}

/// Invites somebody by mail.
pub(crate) async fn invite(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<InviteForm>,
) -> Result<Response, ErrorPage> {
    let (by, now) = (visitor.user()?, app.now());
    let email = mail::address(&form.email);
    let email = email.ok_or_else(|| ErrorPage::bad_input("refused-unfit-address"))?;
    let name = Field::UserName.check(&form.name)?.to_owned();
    let _counted = Attempt::mail_of(&app, by.id).await?;
    let invite = InviteStaff { user: app.random_id(), email, name, role: chosen(&form.role)? };
    let job = Mail::Invitation { user: invite.user, by: by.id }.job(visitor.language, now);
    done(app.store().invite_staff(invite, job, &actor(&by), now).await?)?;
    app.mailroom().wake();
    Ok(Redirect::to(PATH).into_response())
}

#[derive(Template)]
#[template(path = "admin/staff_member.html")]
struct ShowPage {
    frame: Frame,
    member: StaffMember,
    organization: String,
    /// What the visitor may make them; empty: nothing.
    roles: Vec<Role>,
    is_self: bool,
    link: Option<String>,
}

impl ShowPage {
    fn seen(&self) -> String {
        seen(&self.frame, &self.member)
    }

    fn is_invited(&self) -> bool {
        self.member.user.status == UserStatus::Invited
    }

    fn is_suspended(&self) -> bool {
        self.member.user.status == UserStatus::Suspended
    }

    fn has_two_factor(&self) -> bool {
        self.member.user.two_factor == TwoFactor::On
    }

    /// Who was invited by mail has a link of their own, in their mailbox.
    fn takes_link(&self) -> bool {
        self.member.user.email == self.member.user.address()
    }
}

/// One of the vendor's people; a customer is none, and is found among the customers.
async fn find(app: &App, id: &str) -> Result<StaffMember, ErrorPage> {
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    let found = app.store().staff().await?.into_iter().find(|member| member.user.id == id);
    found.ok_or_else(ErrorPage::not_found)
}

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    show_with(&app, &visitor, &id, None).await
}

async fn show_with(
    app: &App,
    visitor: &Visitor,
    id: &str,
    link: Option<String>,
) -> Result<Response, ErrorPage> {
    let (by, member) = (visitor.user()?, find(app, id).await?);
    let organization = match member.user.organization {
        Some(id) => app.store().organization(id).await?.map(|found| found.name),
        None => None,
    };
    Ok(page(&ShowPage {
        frame: Frame::new(app, visitor),
        organization: organization.unwrap_or_default(),
        // An admin of a reseller is made where their organization is chosen.
        roles: roles(&by, member.user.role, |role| {
            role != Role::ResellerAdmin || member.user.role == role
        }),
        is_self: by.id == member.user.id,
        member,
        link,
    }))
}

#[derive(Deserialize)]
pub(crate) struct SaveForm {
    #[serde(default, rename = "do")]
    what: String,
}

/// Suspends somebody or lets them in again, gives them a link to a new password, turns their second factor off, invites them once
/// more.
pub(crate) async fn save(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<SaveForm>,
) -> Result<Response, ErrorPage> {
    let (by, member) = (visitor.user()?, find(&app, &id).await?);
    let user = member.user;
    match form.what.as_str() {
        "suspend" if user.id == by.id => return Err(ErrorPage::bad_input("suspend-yourself")),
        "suspend" => set_status(&app, &by, user, UserStatus::Suspended).await?,
        "let-in" => {
            let has_password = user.password_hash.is_some();
            let status = if has_password { UserStatus::Active } else { UserStatus::Invited };
            set_status(&app, &by, user, status).await?;
        }
        "link" => {
            let link = password_link(&app, user.id, &by).await?;
            return show_with(&app, &visitor, &id, Some(link)).await;
        }
        "two-factor-off" if by.role.may_give(user.role, user.role) => {
            two_factor::turn_off_for(&app, &user, &actor(&by), visitor.language).await?;
        }
        "invite"
            if user.status == UserStatus::Invited && by.role.may_give(user.role, user.role) =>
        {
            let _counted = Attempt::mail_of(&app, by.id).await?;
            mail::queue(&app, Mail::Invitation { user: user.id, by: by.id }, visitor.language)
                .await
                .map_err(|error| ErrorPage::internal(&format!("{error:#}")))?;
        }
        "two-factor-off" | "invite" => return Err(ErrorPage::bad_input("role-not-yours")),
        _ => return Err(ErrorPage::bad_input("error-form-incomplete")),
    }
    Ok(Redirect::to(&format!("{PATH}/{id}")).into_response())
}

async fn set_status(app: &App, by: &User, user: User, status: UserStatus) -> Result<(), ErrorPage> {
    let changed = User { status, ..user };
    done(app.store().change_user(changed, &actor(by), app.now()).await?)
}

#[derive(Deserialize)]
pub(crate) struct RoleForm {
    #[serde(default)]
    role: String,
}

/// Makes somebody something else. A customer is made one of the vendor's people by their address, too: `{id}` is anybody's.
pub(crate) async fn change_role(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<RoleForm>,
) -> Result<Response, ErrorPage> {
    let (by, role) = (visitor.user()?, chosen(&form.role)?);
    let user: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    done(app.store().change_role(user, role, &actor(&by), app.now()).await?)?;
    Ok(Redirect::to(PATH).into_response())
}
