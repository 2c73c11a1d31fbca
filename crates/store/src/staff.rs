//! The vendor's own people and the admins of resellers: who they are, and what they become. Who may change whom is decided inside
//! the transaction, by what they are then; an owner who may log in is always left.

use crate::engine::Connection;
use countersign_core::{Id, UnixSeconds};

use crate::error::Result;
use crate::job::{self, NewJob};
use crate::role::Role;
use crate::user::{self, User, UserChange};
use crate::{Store, api_token, audit, find, list, organization, run};

const STAFF: &str = "SELECT id, last_seen_at FROM app_user WHERE role = 'admin' \
    UNION SELECT id, last_seen_at FROM app_user \
    WHERE staff_role IN ('owner', 'support', 'read-only', 'reseller-admin') ORDER BY 1";
const SET_ROLE: &str = "UPDATE app_user SET role = ?2, staff_role = ?3 WHERE id = ?1";
const PENDING_AT: &str = "SELECT 1 FROM app_user WHERE email_pending = ?1 AND status = 'invited' AND staff_role IS NOT NULL \
    UNION ALL SELECT 1 FROM app_user WHERE email_pending = ?1 AND status = 'invited' AND role = 'admin' LIMIT 1";
const COUNT_OWNERS: &str = "SELECT COUNT(*) FROM app_user WHERE staff_role = 'owner'";
// Whoever counts owners holds all of them until the end of the transaction, so that two nodes do not count each other's last.
const HOLD_OWNERS: &str = "UPDATE app_user SET staff_role = 'owner' WHERE staff_role = 'owner'";
// Who may log in now, and still may when the organization ?2 is suspended.
const OTHER_OWNERS: &str = "SELECT COUNT(*) FROM app_user u LEFT JOIN organization o ON o.id = u.organization_id \
    WHERE u.staff_role = 'owner' AND u.id <> ?1 AND u.status = 'active' AND u.deactivated_at IS NULL \
    AND COALESCE(o.status, 'active') = 'active' AND COALESCE(u.organization_id, '') <> ?2";
const COUNT_OWNERS_IN: &str =
    "SELECT COUNT(*) FROM app_user WHERE organization_id = ?1 AND staff_role = 'owner'";

/// One of the vendor's people, or an admin of a reseller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// Who.
    pub user: User,
    /// When they were last seen, to some minutes.
    pub last_seen_at: Option<UnixSeconds>,
}

/// Somebody to be invited as one of the vendor's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteStaff {
    /// The id that they will have.
    pub user: Id,
    /// At which address.
    pub email: String,
    /// Their name, if known.
    pub name: String,
    /// What they will be.
    pub role: Role,
}

impl Store {
    /// The vendor's people and the admins of resellers, those who may most first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn staff(&self) -> Result<Vec<StaffMember>> {
        self.read(|c| {
            let row = |row: &mut crate::row::Columns<'_>| {
                Ok((row.parsed::<Id>("user id")?, row.optional_time()?))
            };
            let mut staff = Vec::new();
            for (id, last_seen_at) in list(c, STAFF, [], row)? {
                staff
                    .extend(user::find_user(c, id)?.map(|user| StaffMember { user, last_seen_at }));
            }
            staff.sort_by(|a, b| {
                let key = |of: &StaffMember| (of.user.role, of.user.address().to_owned());
                key(a).cmp(&key(b))
            });
            Ok(staff)
        })
    }

    /// Makes a user something else. Their sessions and tokens go on with what the new role may.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_role(
        &self,
        user: Id,
        role: Role,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<UserChange> {
        let actor = actor.to_owned();
        self.write(move |c| set_role(c, user, role, &actor, now)).await
    }

    /// Invites somebody as one of the vendor's own; `mail` is queued with it. An account that is there already is made one by
    /// [`Store::change_role`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invite_staff(
        &self,
        invite: InviteStaff,
        mail: NewJob,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<UserChange> {
        let actor = actor.to_owned();
        self.write(move |c| {
            if !invite.role.is_staff() || !may_give(c, &actor, Role::Customer, invite.role)? {
                return Ok(UserChange::NotAllowed);
            }
            let email = user::normal_email(&invite.email);
            let is_pending = find(c, PENDING_AT, [&email], |_| Ok(()))?.is_some();
            if is_pending || user::find_by_email(c, &email)?.is_some() {
                return Ok(UserChange::EmailTaken);
            }
            let invited = User {
                email_pending: Some(email),
                name: invite.name.clone(),
                ..User::invited(invite.user, user::placeholder(invite.user), invite.role, now)
            };
            let done = user::put_user(c, &invited)?;
            if done == UserChange::Done {
                job::enqueue(c, &mail, now)?;
                let (at, role) = (invited.address(), invite.role.as_str());
                audit::record_of_user(c, invited.id, now, &actor, "user.invite", at)?;
                audit::record_of_user(c, invited.id, now, &actor, "user.role", role)?;
            }
            Ok(done)
        })
        .await
    }
}

fn set_role(
    c: &Connection,
    user: Id,
    role: Role,
    actor: &str,
    now: UnixSeconds,
) -> Result<UserChange> {
    let Some(before) = user::find_user(c, user)? else { return Ok(UserChange::Unknown) };
    if !may_give(c, actor, before.role, role)? {
        return Ok(UserChange::NotAllowed);
    }
    if before.role == role {
        return Ok(UserChange::Done);
    }
    if before.role == Role::Owner && is_last_owner(c, &before)? {
        return Ok(UserChange::LastVendorAdmin);
    }
    if role == Role::ResellerAdmin && !organization::is_reseller(c, before.organization)? {
        return Ok(UserChange::NeedsReseller);
    }
    let (of_old, staff) = role.columns();
    run(c, SET_ROLE, (user.to_string(), of_old, staff))?;
    audit::record_of_user(c, user, now, actor, "user.role", role.as_str())?;
    Ok(UserChange::Done)
}

/// Whether who acts may make somebody who is `before` into `after`, by what they are now. The portal itself, and whoever runs
/// commands on its host, may.
pub(crate) fn may_give(c: &Connection, actor: &str, before: Role, after: Role) -> Result<bool> {
    let id = match (actor.strip_prefix("user:"), actor.strip_prefix("token:")) {
        (Some(user), _) => user.parse().ok(),
        // A program may what the owner of its token may.
        (_, Some(token)) => api_token::owner(c, token)?,
        // The portal itself, and commands on its host; no machine and no provider of logins gives a role.
        (None, None) => return Ok(!actor.contains(':')),
    };
    let by = id.map(|id| user::find_user(c, id)).transpose()?.flatten();
    Ok(by.is_some_and(|by| by.may_log_in() && by.role.may_give(before, after)))
}

/// Whether who acts may change this person, or get them another password. Whose customers somebody may change, the door decides.
pub(crate) fn may_change(c: &Connection, actor: &str, user: &User) -> Result<bool> {
    let is_self = actor.strip_prefix("user:") == Some(&*user.id.to_string());
    Ok(user.role == Role::Customer || is_self || may_give(c, actor, user.role, user.role)?)
}

/// What the first admin of a portal is: its owner, whatever door they came by.
pub(crate) fn first_is_owner(c: &Connection, role: Role) -> Result<Role> {
    let none =
        || Ok::<_, crate::StoreError>(find(c, COUNT_OWNERS, [], |row| row.time())? == Some(0));
    Ok(if role == Role::Admin && none()? { Role::Owner } else { role })
}

/// Whether nobody else is left who owns the portal and may log in.
pub(crate) fn is_last_owner(c: &Connection, owner: &User) -> Result<bool> {
    run(c, HOLD_OWNERS, [])?;
    Ok(owner.may_log_in() && !has_other_owner(c, Some(owner.id), None)?)
}

/// Whether an owner is left who may log in, without `user`, and with `organization` suspended.
pub(crate) fn has_other_owner(
    c: &Connection,
    user: Option<Id>,
    organization: Option<Id>,
) -> Result<bool> {
    // No id, and not what stands for no organization either.
    let text = |id: Option<Id>| id.map_or_else(|| "-".to_owned(), |id| id.to_string());
    let values = (text(user), text(organization));
    Ok(find(c, OTHER_OWNERS, values, |row| row.time())?.unwrap_or(0) > 0)
}

/// Whether suspending the organization would lock nobody out who owns the portal while others own it too; who does not may not.
pub(crate) fn may_suspend(c: &Connection, organization: Id, actor: &str) -> Result<bool> {
    let owners =
        find(c, COUNT_OWNERS_IN, [organization.to_string()], |row| row.time())?.unwrap_or(0);
    Ok(owners == 0 || may_give(c, actor, Role::Owner, Role::Owner)?)
}

/// Whether the portal would be nobody's if the organization were suspended.
pub(crate) fn has_all_owners(c: &Connection, organization: Id) -> Result<bool> {
    run(c, HOLD_OWNERS, [])?;
    Ok(has_other_owner(c, None, None)? && !has_other_owner(c, None, Some(organization))?)
}
