//! Organizations: customers that are more than one person.

use countersign_core::{Id, UnixSeconds};
use rusqlite::Connection;

use crate::error::Result;
use crate::page::{self, Cursor, Key, Page};
use crate::row::{Columns, optional_seconds, seconds};
use crate::{Store, audit, find, license_term, list, run, user};

const INSERT: &str = "INSERT INTO organization (id, name, name_folded, status, created_at) VALUES (?1, ?2, ?4, 'active', ?3)";
const CHANGE: &str = "UPDATE organization SET name = ?2, status = ?3, allowed_users = ?4, name_folded = ?5 WHERE id = ?1";
const FIND: &str =
    "SELECT id, name, status, allowed_users, created_at FROM organization WHERE id = ?1";
const LIST: &str =
    "SELECT id, name, status, allowed_users, created_at FROM organization ORDER BY name, id";
const PAGE: &str = "SELECT id, name, status, allowed_users, created_at, name_folded FROM organization \
    WHERE (name_folded, id) > (?1, ?2) AND name_folded >= ?3 AND name_folded < ?4 ORDER BY name_folded, id LIMIT 101";
const NAMED: &str = "SELECT id, name, status, allowed_users, created_at FROM organization \
    WHERE name_folded = ?1 ORDER BY id LIMIT 2";
const COUNT_USERS: &str = "SELECT COUNT(*) FROM app_user \
    WHERE organization_id = ?1 AND status <> 'suspended' AND deactivated_at IS NULL";

/// A customer that is more than one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Whether its people are locked out.
    pub suspended: bool,
    /// Users that it may have, without those who may not log in any more; `None`: any number. May be lower than what it
    /// has: then nobody comes in.
    pub allowed_users: Option<u64>,
    /// When it was created.
    pub created_at: UnixSeconds,
}

/// How a change of an organization ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationChange {
    /// It is done.
    Done,
    /// There is no such organization.
    Unknown,
    /// All of the vendor's admins are in it: nobody would be left to run the portal.
    LastVendorAdmin,
}

/// Whether an organization takes one more user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    NoOrganization,
    Full { allowed: u64 },
    Free,
}

impl Store {
    /// Creates an organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_organization(
        &self,
        id: Id,
        name: &str,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<()> {
        let (name, actor) = (name.to_owned(), actor.to_owned());
        self.write(move |c| {
            run(c, INSERT, (id.to_string(), &name, seconds(now), folded(&name)))?;
            let subject = id.to_string();
            audit::record_in(c, Some(id), now, &actor, "organization.create", &subject, &name)
        })
        .await
    }

    /// Renames, suspends or reinstates it, or sets how many users it may have.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_organization(
        &self,
        changed: Organization,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<OrganizationChange> {
        let actor = actor.to_owned();
        self.write(move |c| {
            if changed.suspended
                && user::has_other_vendor_admin(c, None, None)?
                && !user::has_other_vendor_admin(c, None, Some(changed.id))?
            {
                return Ok(OrganizationChange::LastVendorAdmin);
            }
            let status = if changed.suspended { "suspended" } else { "active" };
            let (id, allowed) = (changed.id.to_string(), optional_seconds(changed.allowed_users));
            let values = (&id, &changed.name, status, allowed, folded(&changed.name));
            if run(c, CHANGE, values)? != 1 {
                return Ok(OrganizationChange::Unknown);
            }
            let of = Some(changed.id);
            audit::record_in(c, of, now, &actor, "organization.change", &id, status)?;
            Ok(OrganizationChange::Done)
        })
        .await
    }

    /// The organization with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organization(&self, id: Id) -> Result<Option<Organization>> {
        self.read(|c| find(c, FIND, [id.to_string()], map))
    }

    /// All organizations by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organizations(&self) -> Result<Vec<Organization>> {
        self.read(|c| list(c, LIST, [], map))
    }

    /// One page of the organizations whose names begin so, in any case, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organization_page(
        &self,
        beginning: &str,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Organization>> {
        let most = page::wanted(most);
        let (from, below) = license_term::range(&folded(beginning));
        let place = after.and_then(|after| Some((after.text()?, after.id.as_str())));
        let (name, id) = place.unwrap_or_default();
        let with_place = |row: &mut Columns<'_>| {
            let organization = map(row)?;
            let key = Key::Text(row.text()?);
            Ok((Cursor { id: organization.id.to_string(), key }, organization))
        };
        self.read(|c| {
            let mut found = page::first(c, PAGE, (name, id, &from, &below), most + 1, with_place)?;
            let more = found.len() > most;
            found.truncate(most);
            let next = found.last().map(|(place, _)| place.clone()).filter(|_| more);
            Ok(Page { items: found.into_iter().map(|(_, item)| item).collect(), next })
        })
    }

    /// The organizations of this very name, in any case: one as a rule, and no more than two.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organizations_named(&self, name: &str) -> Result<Vec<Organization>> {
        self.read(|c| list(c, NAMED, [folded(name)], map))
    }

    /// Users that count against what the organization may have.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn counted_users(&self, organization: Id) -> Result<u64> {
        self.read(|c| count_users(c, organization))
    }
}

/// Whether one more user may come in, by what the database holds now. To be asked inside the transaction that lets them.
pub(crate) fn place(c: &Connection, organization: Id) -> Result<Place> {
    let Some(found) = find(c, FIND, [organization.to_string()], map)? else {
        return Ok(Place::NoOrganization);
    };
    Ok(match found.allowed_users {
        Some(allowed) if count_users(c, organization)? >= allowed => Place::Full { allowed },
        _ => Place::Free,
    })
}

/// Users that may still come in; `None`: any number.
pub(crate) fn free_places(c: &Connection, organization: Id) -> Result<Option<u64>> {
    let found = find(c, FIND, [organization.to_string()], map)?;
    Ok(match found.and_then(|organization| organization.allowed_users) {
        Some(allowed) => Some(allowed.saturating_sub(count_users(c, organization)?)),
        None => None,
    })
}

pub(crate) fn is_suspended(c: &Connection, organization: Id) -> Result<bool> {
    let found = find(c, FIND, [organization.to_string()], map)?;
    Ok(found.is_some_and(|organization| organization.suspended))
}

/// A name as it is looked up and ordered by.
pub(crate) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

fn count_users(c: &Connection, organization: Id) -> Result<u64> {
    Ok(find(c, COUNT_USERS, [organization.to_string()], |row| row.time())?.unwrap_or(0))
}

fn map(row: &mut Columns<'_>) -> Result<Organization> {
    Ok(Organization {
        id: row.parsed("organization id")?,
        name: row.text()?,
        suspended: row.text()? == "suspended",
        allowed_users: row.optional_time()?,
        created_at: row.time()?,
    })
}
