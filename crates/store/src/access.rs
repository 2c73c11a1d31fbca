//! Who may see a license and act for it: the one place that decides it. The vendor's admins all; the admins of an
//! organization all of its licenses; everybody else those that are theirs and those of their groups. A license that belongs to
//! an organization is seen by its users alone: who has left it, or was never in it, sees nothing of it, though it be theirs.

use countersign_core::{Id, LicenseId};
use rusqlite::Connection;

use crate::error::Result;
use crate::row::Columns;
use crate::user::{self, OrganizationRole, Role, User};
use crate::{Store, find, list};

const OF: &str = "SELECT owner_user_id, organization_id FROM license WHERE id = ?1";
// From the person to the license: the order of a CROSS JOIN is kept.
const GROUPS: &str = "SELECT g.id, g.name, gl.seat_cap, gl.live_activations FROM group_member m \
    CROSS JOIN user_group g CROSS JOIN group_license gl \
    WHERE m.user_id = ?1 AND g.id = m.group_id AND g.organization_id = ?3 AND g.deleted_at IS NULL \
    AND gl.group_id = g.id AND gl.license_id = ?2 AND gl.unlinked_at IS NULL ORDER BY g.name, g.id";

/// Through what a user has access to a license; the widest of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// They run the vendor's portal.
    Vendor,
    /// They run the organization that it belongs to.
    OrganizationAdmin,
    /// It is theirs.
    Owner,
    /// Only through groups: seats that they take count for one of these.
    Groups(Vec<GroupAccess>),
}

/// A group through which a user has access to a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupAccess {
    /// Which.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Seats that it may take; `None`: as many as the license has.
    pub cap: Option<u64>,
    /// Seats in use through it.
    pub live: u64,
}

impl Access {
    /// The groups that a new seat has to be taken from; empty: none.
    pub fn groups(&self) -> Vec<Id> {
        match self {
            Self::Groups(groups) => groups.iter().map(|group| group.id).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the license is this person's to manage: to see its whole key, and to release seats of lost machines. Not for
    /// those who use it through a group alone: the few releases of a year would be gone with the first of them, and whoever
    /// released their own machine, which runs on, would have passed the group's cap.
    pub fn manages(&self) -> bool {
        !matches!(self, Self::Groups(_))
    }
}

/// Which licenses a list is of. It is made of a user, who has to have the right to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LicenseScope(pub(crate) Scope);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Vendor,
    Organization(Id),
    User { user: Id, organization: Option<Id> },
}

impl LicenseScope {
    /// All licenses: for the vendor's admins.
    pub fn vendor(user: &User) -> Option<Self> {
        let is_vendor = user.role == Role::Admin && user.may_log_in();
        is_vendor.then_some(Self(Scope::Vendor))
    }

    /// All licenses of the user's organization: for its admins.
    pub fn organization(user: &User) -> Option<Self> {
        administered(user).map(|id| Self(Scope::Organization(id)))
    }

    /// All licenses of this organization: for the vendor's admins.
    pub fn vendor_of(user: &User, organization: Id) -> Option<Self> {
        Self::vendor(user).map(|_| Self(Scope::Organization(organization)))
    }

    /// The user's own licenses and those of their groups.
    pub fn user(user: &User) -> Self {
        Self(Scope::User { user: user.id, organization: user.organization })
    }
}

impl Store {
    /// Through what the user has access to the license, if at all. There is no license that somebody has no access to: what
    /// is nobody's and what does not exist look the same.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn access_to(&self, user: &User, license: &LicenseId) -> Result<Option<Access>> {
        self.read(|c| access(c, user, license))
    }
}

/// As [`access`], for the user as they are now: for decisions inside a transaction, where what a handler saw a moment ago may
/// have changed.
pub(crate) fn access_now(c: &Connection, user: Id, license: &LicenseId) -> Result<Option<Access>> {
    match user::find_user(c, user)? {
        Some(user) => access(c, &user, license),
        None => Ok(None),
    }
}

fn access(c: &Connection, user: &User, license: &LicenseId) -> Result<Option<Access>> {
    let of =
        |row: &mut Columns<'_>| Ok((row.optional("user id")?, row.optional("organization id")?));
    let of: Option<(Option<Id>, Option<Id>)> = find(c, OF, [license.to_string()], of)?;
    let Some((owner, organization)) = of.filter(|_| user.may_log_in()) else { return Ok(None) };
    if user.role == Role::Admin {
        return Ok(Some(Access::Vendor));
    }
    if organization.is_some() && administered(user) == organization {
        return Ok(Some(Access::OrganizationAdmin));
    }
    if organization.is_some() && user.organization != organization {
        return Ok(None);
    }
    if owner == Some(user.id) {
        return Ok(Some(Access::Owner));
    }
    let Some(organization) = organization else { return Ok(None) };
    let values = (user.id.to_string(), license.to_string(), organization.to_string());
    let groups = list(c, GROUPS, values, map)?;
    Ok((!groups.is_empty()).then_some(Access::Groups(groups)))
}

/// The organization that the user runs.
fn administered(user: &User) -> Option<Id> {
    let runs = user.organization_role == OrganizationRole::Admin && user.may_log_in();
    user.organization.filter(|_| runs)
}

fn map(row: &mut Columns<'_>) -> Result<GroupAccess> {
    Ok(GroupAccess {
        id: row.parsed("group id")?,
        name: row.text()?,
        cap: row.optional_time()?,
        live: row.time()?,
    })
}
