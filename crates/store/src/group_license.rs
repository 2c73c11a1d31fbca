//! Licenses linked to groups: who may use them, and how many seats each group may take. And the other way round: who has
//! access to a license, through what.
//!
//! A link can always be undone, and a group deleted, also while seats are in use through it: people lose access at once,
//! machines keep their seats until they give them back. The row stays with its count, so that a seat that comes back later
//! finds it, and a link that is made again starts with the seats that are still in use.

use crate::engine::Connection;
use countersign_core::{Id, LicenseId, ProductId, UnixSeconds};

use crate::error::Result;
use crate::group::{self, GroupChange};
use crate::license;
use crate::row::{Columns, optional_seconds, seconds};
use crate::{Store, audit, find, list, run};

const FIND: &str =
    "SELECT live_activations FROM group_license WHERE group_id = ?1 AND license_id = ?2";
const LINK: &str = "INSERT INTO group_license (group_id, license_id, seat_cap, linked_at) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (group_id, license_id) DO UPDATE SET seat_cap = excluded.seat_cap, linked_at = excluded.linked_at, \
    unlinked_at = NULL";
const UNLINK: &str = "UPDATE group_license SET unlinked_at = ?3 \
    WHERE group_id = ?1 AND license_id = ?2 AND unlinked_at IS NULL";
const UNLINK_ALL: &str =
    "UPDATE group_license SET unlinked_at = ?2 WHERE group_id = ?1 AND unlinked_at IS NULL";
const OF_GROUP: &str = "SELECT l.id, l.product_id, p.name, l.plan, l.holder, gl.seat_cap, gl.live_activations, gl.linked_at \
    FROM group_license gl JOIN user_group g ON g.id = gl.group_id \
    JOIN license l ON l.id = gl.license_id AND l.organization_id = g.organization_id \
    JOIN product p ON p.id = l.product_id \
    WHERE gl.group_id = ?1 AND g.organization_id = ?2 AND g.deleted_at IS NULL AND gl.unlinked_at IS NULL \
    ORDER BY p.name, l.plan, l.id";
const LINKABLE: &str = "SELECT l.id, l.product_id, p.name, l.plan, l.holder, l.license_key FROM license l \
    JOIN product p ON p.id = l.product_id WHERE l.organization_id = ?1 \
    AND NOT EXISTS (SELECT 1 FROM group_license gl WHERE gl.license_id = l.id AND gl.group_id = ?2 \
    AND gl.unlinked_at IS NULL) ORDER BY p.name, l.plan, l.created_at DESC, l.id LIMIT ?3";
const OF_LICENSE: &str = "SELECT g.id, g.name, gl.seat_cap, gl.live_activations FROM group_license gl \
    JOIN user_group g ON g.id = gl.group_id AND g.deleted_at IS NULL \
    JOIN license l ON l.id = gl.license_id AND l.organization_id = g.organization_id \
    WHERE gl.license_id = ?1 AND gl.unlinked_at IS NULL ORDER BY g.name, g.id";
const OWNER: &str = "SELECT u.id, u.name, CASE u.status WHEN 'invited' THEN COALESCE(u.email_pending, u.email) ELSE u.email END \
    FROM license l JOIN app_user u ON u.id = l.owner_user_id \
    WHERE l.id = ?1 AND u.status <> 'suspended' AND u.deactivated_at IS NULL \
    AND (l.organization_id IS NULL OR u.organization_id = l.organization_id)";
const ADMINS: &str = "SELECT u.id, u.name, CASE u.status WHEN 'invited' THEN COALESCE(u.email_pending, u.email) ELSE u.email END \
    FROM license l JOIN app_user u ON u.organization_id = l.organization_id AND u.organization_role = 'admin' \
    WHERE l.id = ?1 AND u.status <> 'suspended' AND u.deactivated_at IS NULL ORDER BY u.name, u.email";
const GROUP_MEMBERS: &str = "SELECT u.id, u.name, CASE u.status WHEN 'invited' THEN COALESCE(u.email_pending, u.email) ELSE u.email END, \
    g.id, g.name FROM license l JOIN group_license gl ON gl.license_id = l.id AND gl.unlinked_at IS NULL \
    JOIN user_group g ON g.id = gl.group_id AND g.organization_id = l.organization_id AND g.deleted_at IS NULL \
    JOIN group_member m ON m.group_id = g.id \
    JOIN app_user u ON u.id = m.user_id AND u.organization_id = g.organization_id \
    WHERE l.id = ?1 AND u.status <> 'suspended' AND u.deactivated_at IS NULL ORDER BY g.name, g.id, u.name, u.email";

/// A license as it is linked to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLicense {
    /// Which.
    pub license: LicenseId,
    /// Of which product.
    pub product: ProductId,
    /// The product's name.
    pub product_name: String,
    /// The plan's name.
    pub plan: Option<String>,
    /// Who holds it, in words.
    pub holder: Option<String>,
    /// Seats that the group may take; `None`: as many as the license has.
    pub seat_cap: Option<u64>,
    /// Seats in use that were taken through the group.
    pub live_activations: u64,
    /// Since when.
    pub linked_at: UnixSeconds,
}

/// A license that could be linked to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkableLicense {
    /// Which.
    pub license: LicenseId,
    /// Of which product.
    pub product: ProductId,
    /// The product's name.
    pub product_name: String,
    /// The plan's name.
    pub plan: Option<String>,
    /// Who holds it, in words.
    pub holder: Option<String>,
    /// The last characters of its key, to tell licenses apart.
    pub key_end: String,
}

/// A group that a license is linked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedGroup {
    /// Which.
    pub group: Id,
    /// Its name.
    pub name: String,
    /// Seats that it may take; `None`: as many as the license has.
    pub seat_cap: Option<u64>,
    /// Seats in use that were taken through it.
    pub live_activations: u64,
}

/// Somebody who has access to a license, and through what. Who has it in more than one way is there more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseAccess {
    /// Who.
    pub user: Id,
    /// Their name; may be empty.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Through what.
    pub through: Through,
}

/// What gives access to a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Through {
    /// The license is theirs.
    Owner,
    /// They run the organization that it belongs to.
    OrganizationAdmin,
    /// A group that it is linked to.
    Group {
        /// Which.
        id: Id,
        /// Its name.
        name: String,
    },
}

impl Store {
    /// Links a license of the same organization to a group, or changes the seats that the group may take. With a cap
    /// below the seats in use it is refused.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn link_license(
        &self,
        organization: Id,
        group: Id,
        license: LicenseId,
        seat_cap: Option<u64>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<GroupChange> {
        let actor = actor.to_owned();
        self.write(move |c| {
            if !both_are_of(c, organization, group, &license)? {
                return Ok(GroupChange::Unknown);
            }
            let (id, key) = (group.to_string(), license.to_string());
            let live = find(c, FIND, (&id, &key), |row| row.time())?.unwrap_or(0);
            if seat_cap.is_some_and(|cap| cap < live) {
                return Ok(GroupChange::BelowUse { live });
            }
            run(c, LINK, (&id, &key, optional_seconds(seat_cap), seconds(now)))?;
            let of = Some(organization);
            audit::record_in(c, of, now, &actor, "group.link-license", &id, &key)?;
            Ok(GroupChange::Done)
        })
        .await
    }

    /// Undoes a link: the group's members lose access, machines keep their seats.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unlink_license(
        &self,
        organization: Id,
        group: Id,
        license: LicenseId,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<GroupChange> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let (id, key) = (group.to_string(), license.to_string());
            if group::find_group(c, organization, group)?.is_none()
                || run(c, UNLINK, (&id, &key, seconds(now)))? != 1
            {
                return Ok(GroupChange::Unknown);
            }
            let of = Some(organization);
            audit::record_in(c, of, now, &actor, "group.unlink-license", &id, &key)?;
            Ok(GroupChange::Done)
        })
        .await
    }

    /// The licenses that are linked to a group.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn licenses_of_group(
        &self,
        organization: Id,
        group: Id,
    ) -> Result<Vec<GroupLicense>> {
        self.read(|c| list(c, OF_GROUP, (group.to_string(), organization.to_string()), map))
    }

    /// The organization's licenses that are not linked to the group yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn linkable_licenses(
        &self,
        organization: Id,
        group: Id,
        most: u32,
    ) -> Result<Vec<LinkableLicense>> {
        let values = (organization.to_string(), group.to_string(), most);
        self.read(|c| list(c, LINKABLE, &values, linkable))
    }

    /// The groups that a license is linked to, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn groups_of_license(&self, license: &LicenseId) -> Result<Vec<LinkedGroup>> {
        let linked = |row: &mut Columns<'_>| {
            Ok(LinkedGroup {
                group: row.parsed("group id")?,
                name: row.text()?,
                seat_cap: row.optional_time()?,
                live_activations: row.time()?,
            })
        };
        self.read(|c| list(c, OF_LICENSE, [license.to_string()], linked))
    }

    /// Who has access to a license now, through what: its owner, the admins of its organization, members of groups. The
    /// vendor's admins, who see everything, are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn license_access(&self, license: &LicenseId) -> Result<Vec<LicenseAccess>> {
        let id = license.to_string();
        self.read(|c| {
            let mut access = list(c, OWNER, [&id], |row| holder(row, |_| Ok(Through::Owner)))?;
            let admin = |_: &mut Columns<'_>| Ok(Through::OrganizationAdmin);
            access.extend(list(c, ADMINS, [&id], |row| holder(row, admin))?);
            access.extend(list(c, GROUP_MEMBERS, [&id], |row| holder(row, through_group))?);
            Ok(access)
        })
    }
}

/// Undoes all links of a group that goes.
pub(crate) fn unlink_all(c: &Connection, group: Id, now: UnixSeconds) -> Result<()> {
    run(c, UNLINK_ALL, (group.to_string(), seconds(now))).map(|_| ())
}

fn both_are_of(c: &Connection, organization: Id, group: Id, license: &LicenseId) -> Result<bool> {
    let license = license::find_license(c, license)?;
    let is_ours = license.is_some_and(|license| license.organization == Some(organization));
    Ok(is_ours && group::find_group(c, organization, group)?.is_some())
}

fn holder(
    row: &mut Columns<'_>,
    through: impl FnOnce(&mut Columns<'_>) -> Result<Through>,
) -> Result<LicenseAccess> {
    Ok(LicenseAccess {
        user: row.parsed("user id")?,
        name: row.text()?,
        email: row.text()?,
        through: through(row)?,
    })
}

fn through_group(row: &mut Columns<'_>) -> Result<Through> {
    Ok(Through::Group { id: row.parsed("group id")?, name: row.text()? })
}

fn linkable(row: &mut Columns<'_>) -> Result<LinkableLicense> {
    Ok(LinkableLicense {
        license: row.parsed("license id")?,
        product: row.parsed("product id")?,
        product_name: row.text()?,
        plan: row.take()?,
        holder: row.take()?,
        key_end: row.text()?.chars().rev().take(5).collect::<Vec<_>>().into_iter().rev().collect(),
    })
}

fn map(row: &mut Columns<'_>) -> Result<GroupLicense> {
    Ok(GroupLicense {
        license: row.parsed("license id")?,
        product: row.parsed("product id")?,
        product_name: row.text()?,
        plan: row.take()?,
        holder: row.take()?,
        seat_cap: row.optional_time()?,
        live_activations: row.time()?,
        linked_at: row.time()?,
    })
}
