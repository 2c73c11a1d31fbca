//! What an organization's admins do with its users, and what users do with their own names. Everything is held to the
//! organization inside the transaction: somebody else's user does not exist here.

use crate::engine::Connection;
use countersign_core::{Id, UnixSeconds};

use crate::error::Result;
use crate::link::{self, LinkPurpose};
use crate::role::Role;
use crate::row::seconds;
use crate::user::{self, OrganizationRole, User, UserChange, UserStatus};
use crate::{Store, api_token, audit, find, run, session, user_term};

const CHANGE: &str = "UPDATE app_user SET name = ?3, first_name = ?4, last_name = ?5, organization_role = ?6, \
    deactivated_at = CASE WHEN ?7 = 0 THEN NULL ELSE COALESCE(deactivated_at, ?8) END \
    WHERE id = ?1 AND organization_id = ?2";
const CHANGE_PROFILE: &str =
    "UPDATE app_user SET name = ?2, first_name = ?3, last_name = ?4, language = ?5 WHERE id = ?1";
const OTHER_ADMINS: &str = "SELECT COUNT(*) FROM app_user WHERE organization_id = ?1 AND id <> ?2 \
    AND organization_role = 'admin' AND status = 'active' AND deactivated_at IS NULL";

/// What an organization's admin may change of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberChange {
    /// Whom.
    pub user: Id,
    /// Their first name.
    pub first_name: String,
    /// Their last name.
    pub last_name: String,
    /// What they are in the organization.
    pub organization_role: OrganizationRole,
    /// Whether they may log in, as far as the organization says.
    pub standing: Standing,
}

/// Whether somebody may log in, as far as their organization says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They may, once they have accepted their invitation and unless the vendor says otherwise.
    Active,
    /// They may not.
    Deactivated,
}

/// What a user may change of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileChange {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Language; `None`: what the browser asks for.
    pub language: Option<String>,
}

impl Store {
    /// Changes a user of the organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_member(
        &self,
        organization: Id,
        change: MemberChange,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<UserChange> {
        let actor = actor.to_owned();
        self.write(move |c| change_member(c, organization, &change, &actor, now)).await
    }

    /// Changes one's own names and language. `false` when there is no such user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_profile(
        &self,
        user: Id,
        change: ProfileChange,
        now: UnixSeconds,
    ) -> Result<bool> {
        self.write(move |c| {
            let Some(before) = user::find_user(c, user)? else { return Ok(false) };
            let (first, last) = (change.first_name.trim(), change.last_name.trim());
            let values = (
                user.to_string(),
                user::shown(first, last, &before.name),
                first,
                last,
                &change.language,
            );
            run(c, CHANGE_PROFILE, values)?;
            user_term::renew(c, user)?;
            audit::record_of_user(c, user, now, &session::by(user), "user.change-profile", "")?;
            Ok(true)
        })
        .await
    }
}

/// The user, if they belong to the organization.
pub(crate) fn find_member(c: &Connection, organization: Id, user: Id) -> Result<Option<User>> {
    Ok(user::find_user(c, user)?.filter(|user| user.organization == Some(organization)))
}

fn change_member(
    c: &Connection,
    organization: Id,
    change: &MemberChange,
    actor: &str,
    now: UnixSeconds,
) -> Result<UserChange> {
    let before = find_member(c, organization, change.user)?;
    // The vendor's own people are nobody's to change here.
    let Some(before) = before.filter(|user| user.role == Role::Customer) else {
        return Ok(UserChange::Unknown);
    };
    let comes_back =
        before.status == UserStatus::Deactivated && change.standing == Standing::Active;
    if comes_back && let Some(refused) = user::refused_place(c, organization, UserStatus::Active)? {
        return Ok(refused);
    }
    let runs = |role, may| role == OrganizationRole::Admin && may;
    let ran = runs(before.organization_role, before.status == UserStatus::Active);
    let still = runs(change.organization_role, change.standing == Standing::Active);
    if ran && !still && !has_other_admin(c, organization, change.user)? {
        return Ok(UserChange::LastOrganizationAdmin);
    }
    let (first, last) = (change.first_name.trim(), change.last_name.trim());
    let values = (
        change.user.to_string(),
        organization.to_string(),
        user::shown(first, last, &before.name),
        first,
        last,
        change.organization_role.as_str(),
        i64::from(change.standing == Standing::Deactivated),
        seconds(now),
    );
    run(c, CHANGE, values)?;
    user_term::renew(c, change.user)?;
    if change.standing == Standing::Deactivated {
        session::delete_all(c, change.user)?;
        api_token::revoke_all(c, change.user, actor, now)?;
        link::drop_links(c, change.user, &[LinkPurpose::ResetPassword, LinkPurpose::SecondFactor])?;
    }
    record(c, &before, change, actor, now)?;
    Ok(UserChange::Done)
}

/// One entry for each thing that changed, so that the log tells it.
fn record(
    c: &Connection,
    before: &User,
    change: &MemberChange,
    actor: &str,
    now: UnixSeconds,
) -> Result<()> {
    let note = |action: &str, detail: &str| {
        audit::record_of_user(c, change.user, now, actor, action, detail)
    };
    if before.organization_role != change.organization_role {
        note("user.organization-role", change.organization_role.as_str())?;
    }
    match (before.status == UserStatus::Deactivated, change.standing) {
        (false, Standing::Deactivated) => note("user.deactivate", ""),
        (true, Standing::Active) => note("user.reactivate", ""),
        _ => note("user.change", ""),
    }
}

fn has_other_admin(c: &Connection, organization: Id, user: Id) -> Result<bool> {
    let values = (organization.to_string(), user.to_string());
    Ok(find(c, OTHER_ADMINS, values, |row| row.time())?.unwrap_or(0) > 0)
}
