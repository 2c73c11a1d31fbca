//! Who may see a license and act for it: the one place that decides it. The vendor's people all, each as their role says; the
//! admins of a reseller those of its customers; the admins of an organization all of its licenses; everybody else those that are theirs and those of their groups. A license that belongs to
//! an organization is seen by its users alone: who has left it, or was never in it, sees nothing of it, though it be theirs.

use crate::engine::Connection;
use countersign_core::{Id, LicenseId};

use crate::error::Result;
use crate::role::Permission;
use crate::row::Columns;
use crate::user::{self, OrganizationRole, User};
use crate::{Store, find, list};

// Whose customer a license's organization is; of a license of nobody's organization, its owner.
const OF: &str = "SELECT l.owner_user_id, l.organization_id, CASE WHEN l.organization_id IS NULL THEN u.reseller_id \
    WHEN o.kind = 'reseller' THEN o.id ELSE o.reseller_id END FROM license l \
    LEFT JOIN organization o ON o.id = l.organization_id LEFT JOIN app_user u ON u.id = l.owner_user_id WHERE l.id = ?1";
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
    /// They help the vendor's customers, within limits.
    Support,
    /// They run the reseller whose customer it belongs to.
    Reseller,
    /// They run the organization that it belongs to.
    OrganizationAdmin,
    /// It is theirs.
    Owner,
    /// Only through groups: seats that they take count for one of these.
    Groups(Vec<GroupAccess>),
    /// They see what the vendor has, and change nothing.
    ReadOnly,
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
        !matches!(self, Self::Groups(_) | Self::ReadOnly)
    }

    /// Whether they bring requests and take what a machine gets anew.
    pub fn acts(&self) -> bool {
        !matches!(self, Self::ReadOnly)
    }

    /// Whether they are the vendor's own people.
    pub fn is_vendors(&self) -> bool {
        matches!(self, Self::Vendor | Self::Support | Self::ReadOnly)
    }
}

/// Which licenses a list is of. It is made of a user, who has to have the right to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LicenseScope(pub(crate) Scope);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Vendor,
    Reseller(Id),
    Organization(Id),
    User { user: Id, organization: Option<Id> },
}

impl LicenseScope {
    /// All licenses: for the vendor's people.
    pub fn vendor(user: &User) -> Option<Self> {
        user.may(Permission::SeeAll).then_some(Self(Scope::Vendor))
    }

    /// All licenses of the customers of the user's reseller, and those that wait there for one: for its admins.
    pub fn reseller(user: &User) -> Option<Self> {
        user.resells().map(|id| Self(Scope::Reseller(id)))
    }

    /// All licenses of the user's organization: for its admins.
    pub fn organization(user: &User) -> Option<Self> {
        administered(user).map(|id| Self(Scope::Organization(id)))
    }

    /// All licenses of one organization: for the vendor's admins.
    pub fn of_organization(vendor: &User, organization: Id) -> Option<Self> {
        Self::vendor(vendor).map(|_| Self(Scope::Organization(organization)))
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

    /// Whether the user runs the reseller whose customer the license belongs to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resells(&self, user: &User, license: &LicenseId) -> Result<bool> {
        self.read(|c| match user.resells() {
            Some(reseller) => is_of_reseller(c, reseller, license),
            None => Ok(false),
        })
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

/// Whether the license belongs to a customer of the reseller, or waits there for one.
pub(crate) fn is_of_reseller(c: &Connection, reseller: Id, license: &LicenseId) -> Result<bool> {
    let of = find(c, OF, [license.to_string()], map_of)?;
    Ok(of.is_some_and(|of| of.reseller == Some(reseller)))
}

/// To whom a license belongs.
struct Of {
    owner: Option<Id>,
    organization: Option<Id>,
    reseller: Option<Id>,
}

fn map_of(row: &mut Columns<'_>) -> Result<Of> {
    Ok(Of {
        owner: row.optional("user id")?,
        organization: row.optional("organization id")?,
        reseller: row.optional("organization id")?,
    })
}

fn access(c: &Connection, user: &User, license: &LicenseId) -> Result<Option<Access>> {
    let of = find(c, OF, [license.to_string()], map_of)?;
    let Some(of) = of.filter(|_| user.may_log_in()) else { return Ok(None) };
    if user.may(Permission::ManageLicenses) {
        return Ok(Some(Access::Vendor));
    }
    if user.may(Permission::ReleaseSeats) {
        return Ok(Some(Access::Support));
    }
    let own = own_access(c, user, license, of)?;
    // What is theirs they may use, though they only look at all others.
    Ok(own.or(user.may(Permission::SeeAll).then_some(Access::ReadOnly)))
}

/// Through what anybody else has access.
fn own_access(
    c: &Connection,
    user: &User,
    license: &LicenseId,
    Of { owner, organization, reseller }: Of,
) -> Result<Option<Access>> {
    if organization.is_some() && administered(user) == organization {
        return Ok(Some(Access::OrganizationAdmin));
    }
    if reseller.is_some() && user.resells() == reseller {
        return Ok(Some(Access::Reseller));
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
