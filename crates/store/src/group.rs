//! Groups of an organization's users: licenses are linked to groups (`group_license`), people are put into them. Every
//! verb is held to the organization inside the transaction: another one's group does not exist here.

use crate::engine::Connection;
use countersign_core::{Id, UnixSeconds};

use crate::error::Result;
use crate::row::{Columns, seconds};
use crate::user::{self, User};
use crate::{Store, audit, find, list, member, run};

/// The most groups of one organization.
const MOST_GROUPS: i64 = 1000;

const INSERT: &str =
    "INSERT INTO user_group (id, organization_id, name, created_at) VALUES (?1, ?2, ?3, ?4)";
const COUNT: &str =
    "SELECT COUNT(*) FROM user_group WHERE organization_id = ?1 AND deleted_at IS NULL";
const NAMED: &str =
    "SELECT id FROM user_group WHERE organization_id = ?1 AND name = ?2 AND deleted_at IS NULL";
const RENAME: &str = "UPDATE user_group SET name = ?2 WHERE id = ?1";
const DELETE: &str = "UPDATE user_group SET deleted_at = ?2 WHERE id = ?1";
const DELETE_MEMBERS: &str = "DELETE FROM group_member WHERE group_id = ?1";
const ADD: &str =
    "INSERT INTO group_member (group_id, user_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const REMOVE: &str = "DELETE FROM group_member WHERE group_id = ?1 AND user_id = ?2";
const LEAVE_ALL: &str = "DELETE FROM group_member WHERE user_id = ?1";
const FIND: &str = "SELECT g.id, g.organization_id, g.name, g.created_at, \
    (SELECT COUNT(*) FROM group_member m WHERE m.group_id = g.id), \
    (SELECT COUNT(*) FROM group_license l WHERE l.group_id = g.id AND l.unlinked_at IS NULL) \
    FROM user_group g WHERE g.id = ?1 AND g.organization_id = ?2 AND g.deleted_at IS NULL";
const OF_ORGANIZATION: &str = "SELECT g.id, g.organization_id, g.name, g.created_at, \
    (SELECT COUNT(*) FROM group_member m WHERE m.group_id = g.id), \
    (SELECT COUNT(*) FROM group_license l WHERE l.group_id = g.id AND l.unlinked_at IS NULL) \
    FROM user_group g WHERE g.organization_id = ?1 AND g.deleted_at IS NULL ORDER BY g.name, g.id";
const OF_USER: &str = "SELECT g.id, g.organization_id, g.name, g.created_at, \
    (SELECT COUNT(*) FROM group_member m WHERE m.group_id = g.id), \
    (SELECT COUNT(*) FROM group_license l WHERE l.group_id = g.id AND l.unlinked_at IS NULL) \
    FROM user_group g JOIN group_member own ON own.group_id = g.id AND own.user_id = ?1 \
    JOIN app_user u ON u.id = own.user_id AND u.organization_id = g.organization_id \
    WHERE g.deleted_at IS NULL ORDER BY g.name, g.id";
const MEMBERS: &str = "SELECT u.id, u.email, u.email_pending, u.name, u.first_name, u.last_name, u.language, \
    u.password_hash, COALESCE(u.staff_role, u.role), u.organization_role, CASE WHEN u.status = 'suspended' THEN 'suspended' \
    WHEN u.deactivated_at IS NOT NULL THEN 'deactivated' ELSE u.status END, u.organization_id, u.reseller_id, u.created_at, \
    COALESCE(o.status, 'active'), CASE WHEN u.totp_secret IS NULL THEN 0 ELSE 1 END \
    FROM group_member m JOIN app_user u ON u.id = m.user_id JOIN organization o ON o.id = u.organization_id \
    WHERE m.group_id = ?1 AND u.organization_id = ?2 ORDER BY u.name, u.email";

/// A group of an organization's users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: Id,
    /// Whose it is.
    pub organization: Id,
    /// Its name, unique in the organization.
    pub name: String,
    /// When it was created.
    pub created_at: UnixSeconds,
    /// How many are in it.
    pub members: u64,
    /// How many licenses are linked to it.
    pub licenses: u64,
}

/// How a change of a group ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupChange {
    /// It is done.
    Done,
    /// There is no such group, user or license in the organization.
    Unknown,
    /// Another group has this name.
    NameTaken,
    /// The organization has as many groups as it may have.
    TooMany,
    /// More seats are in use through the group than the new limit.
    BelowUse {
        /// Seats in use.
        live: u64,
    },
}

impl Store {
    /// Creates a group.
    ///
    /// # Errors
    /// When the database fails or there is no such organization.
    pub async fn create_group(
        &self,
        id: Id,
        organization: Id,
        name: &str,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<GroupChange> {
        let (name, actor) = (name.trim().to_owned(), actor.to_owned());
        self.write(move |c| {
            let of = organization.to_string();
            if find(c, COUNT, [&of], |row| row.take::<i64>())?.is_some_and(|n| n >= MOST_GROUPS) {
                return Ok(GroupChange::TooMany);
            }
            if holder_of_name(c, organization, &name)?.is_some() {
                return Ok(GroupChange::NameTaken);
            }
            let (id, of) = (id.to_string(), Some(organization));
            run(c, INSERT, (&id, organization.to_string(), &name, seconds(now)))?;
            audit::record_in(c, of, now, &actor, "group.create", &id, &name)?;
            Ok(GroupChange::Done)
        })
        .await
    }

    /// Renames a group.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rename_group(
        &self,
        organization: Id,
        group: Id,
        name: &str,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<GroupChange> {
        let (name, actor) = (name.trim().to_owned(), actor.to_owned());
        self.write(move |c| {
            if find_group(c, organization, group)?.is_none() {
                return Ok(GroupChange::Unknown);
            }
            if holder_of_name(c, organization, &name)?.is_some_and(|other| other != group) {
                return Ok(GroupChange::NameTaken);
            }
            let (id, of) = (group.to_string(), Some(organization));
            run(c, RENAME, (&id, &name))?;
            audit::record_in(c, of, now, &actor, "group.rename", &id, &name)?;
            Ok(GroupChange::Done)
        })
        .await
    }

    /// Deletes a group: its members lose what they had through it. Machines keep their seats.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_group(
        &self,
        organization: Id,
        group: Id,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<GroupChange> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let Some(found) = find_group(c, organization, group)? else {
                return Ok(GroupChange::Unknown);
            };
            let id = group.to_string();
            run(c, DELETE_MEMBERS, [&id])?;
            crate::group_license::unlink_all(c, group, now)?;
            run(c, DELETE, (&id, seconds(now)))?;
            let of = Some(organization);
            audit::record_in(c, of, now, &actor, "group.delete", &id, &found.name)?;
            Ok(GroupChange::Done)
        })
        .await
    }

    /// Puts a user of the same organization into a group.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_to_group(
        &self,
        organization: Id,
        group: Id,
        user: Id,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<GroupChange> {
        let actor = actor.to_owned();
        self.write(move |c| {
            if find_group(c, organization, group)?.is_none()
                || member::find_member(c, organization, user)?.is_none()
            {
                return Ok(GroupChange::Unknown);
            }
            let (group, user) = (group.to_string(), user.to_string());
            if run(c, ADD, (&group, &user))? == 1 {
                let of = Some(organization);
                audit::record_in(c, of, now, &actor, "group.add", &group, &user)?;
            }
            Ok(GroupChange::Done)
        })
        .await
    }

    /// Takes a user out of a group.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_from_group(
        &self,
        organization: Id,
        group: Id,
        user: Id,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<GroupChange> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let (id, user) = (group.to_string(), user.to_string());
            if find_group(c, organization, group)?.is_none() || run(c, REMOVE, (&id, &user))? != 1 {
                return Ok(GroupChange::Unknown);
            }
            let of = Some(organization);
            audit::record_in(c, of, now, &actor, "group.remove", &id, &user)?;
            Ok(GroupChange::Done)
        })
        .await
    }

    /// The group, if it is the organization's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn group(&self, organization: Id, group: Id) -> Result<Option<Group>> {
        self.read(|c| find_group(c, organization, group))
    }

    /// The groups of an organization by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn groups_of_organization(&self, organization: Id) -> Result<Vec<Group>> {
        self.read(|c| list(c, OF_ORGANIZATION, [organization.to_string()], map))
    }

    /// The groups that a user is in, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn groups_of_user(&self, user: Id) -> Result<Vec<Group>> {
        self.read(|c| list(c, OF_USER, [user.to_string()], map))
    }

    /// The users in a group, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn members_of_group(&self, organization: Id, group: Id) -> Result<Vec<User>> {
        let values = (group.to_string(), organization.to_string());
        self.read(|c| list(c, MEMBERS, &values, user::map))
    }
}

pub(crate) fn find_group(c: &Connection, organization: Id, group: Id) -> Result<Option<Group>> {
    find(c, FIND, (group.to_string(), organization.to_string()), map)
}

/// Takes a user out of all groups.
pub(crate) fn leave_all(c: &Connection, user: Id) -> Result<()> {
    run(c, LEAVE_ALL, [user.to_string()]).map(|_| ())
}

fn holder_of_name(c: &Connection, organization: Id, name: &str) -> Result<Option<Id>> {
    find(c, NAMED, (organization.to_string(), name), |row| row.parsed("group id"))
}

fn map(row: &mut Columns<'_>) -> Result<Group> {
    Ok(Group {
        id: row.parsed("group id")?,
        organization: row.parsed("organization id")?,
        name: row.text()?,
        created_at: row.time()?,
        members: row.time()?,
        licenses: row.time()?,
    })
}
