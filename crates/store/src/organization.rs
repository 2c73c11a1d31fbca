//! Organizations: customers that are more than one person.

use crate::engine::Connection;
use countersign_core::{Id, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::page::{self, Cursor, Key, Page};
use crate::row::{Columns, optional_seconds, seconds};
use crate::{Store, audit, find, license_term, list, run, staff};

const INSERT: &str = "INSERT INTO organization (id, name, name_folded, status, created_at) VALUES (?1, ?2, ?4, 'active', ?3)";
const CHANGE: &str = "UPDATE organization SET name = ?2, status = ?3, allowed_users = ?4, kind = ?5, reseller_id = ?6, \
    name_folded = ?7 WHERE id = ?1";
const FIND: &str = "SELECT id, name, status, allowed_users, kind, reseller_id, created_at FROM organization WHERE id = ?1";
const LIST: &str = "SELECT id, name, status, allowed_users, kind, reseller_id, created_at FROM organization ORDER BY name, id";
const PAGE: &str = "SELECT id, name, status, allowed_users, kind, reseller_id, created_at, name_folded FROM organization \
    WHERE (name_folded, id) > (?1, ?2) AND name_folded >= ?3 AND name_folded < ?4 ORDER BY name_folded, id LIMIT 101";
const NAMED: &str = "SELECT id, name, status, allowed_users, kind, reseller_id, created_at FROM organization \
    WHERE name_folded = ?1 ORDER BY id LIMIT 2";
const RESELLERS: &str = "SELECT id, name, status, allowed_users, kind, reseller_id, created_at FROM organization \
    WHERE kind = 'reseller' ORDER BY name_folded, id LIMIT 200";
const HAS_CUSTOMERS: &str = "SELECT 1 FROM organization WHERE reseller_id = ?1 \
    UNION ALL SELECT 1 FROM app_user WHERE reseller_id = ?1 \
    UNION ALL SELECT 1 FROM app_user WHERE staff_role = 'reseller-admin' AND organization_id = ?1 LIMIT 1";
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
    /// Whether it has customers of its own.
    pub kind: OrganizationKind,
    /// The reseller whose customer it is. A reseller is nobody's.
    pub reseller: Option<Id>,
    /// When it was created.
    pub created_at: UnixSeconds,
}

/// What an organization is to the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationKind {
    /// It uses what it has.
    Customer,
    /// It passes licenses on to customers of its own.
    Reseller,
}

impl OrganizationKind {
    /// As text, in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Reseller => "reseller",
        }
    }
}

impl std::str::FromStr for OrganizationKind {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let found = [Self::Customer, Self::Reseller].into_iter().find(|kind| kind.as_str() == text);
        found.ok_or(StoreError::Malformed("kind of an organization"))
    }
}

/// How a change of an organization ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationChange {
    /// It is done.
    Done,
    /// There is no such organization.
    Unknown,
    /// All owners of the portal are in it: none would be left who may log in.
    LastVendorAdmin,
    /// An owner of the portal is in it, and who asks is none.
    NotAllowed,
    /// It cannot be the customer of what is no reseller, and a reseller is nobody's.
    NeedsReseller,
    /// It has customers, or people who run them.
    HasCustomers,
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

    /// Creates an organization that may have so many users; `None`: any number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_limited_organization(
        &self,
        id: Id,
        name: &str,
        allowed_users: Option<u64>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<()> {
        let (name, actor) = (name.to_owned(), actor.to_owned());
        self.write_once(move |c| {
            let (subject, allowed) = (id.to_string(), optional_seconds(allowed_users));
            run(c, INSERT, (&subject, &name, seconds(now), folded(&name)))?;
            let (kind, reseller) = (OrganizationKind::Customer.as_str(), None::<String>);
            let values = (&subject, &name, "active", allowed, kind, reseller, folded(&name));
            run(c, CHANGE, values)?;
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
        self.write_once(move |c| {
            if let Some(refused) = refused(c, &changed, &actor)? {
                return Ok(refused);
            }
            let status = if changed.suspended { "suspended" } else { "active" };
            let (id, allowed) = (changed.id.to_string(), optional_seconds(changed.allowed_users));
            let reseller = changed.reseller.map(|id| id.to_string());
            let (kind, name) = (changed.kind.as_str(), folded(&changed.name));
            let values = (&id, &changed.name, status, allowed, kind, reseller, name);
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
        self.read(|c| find_organization(c, id))
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
            let mut found = crate::first(c, PAGE, (name, id, &from, &below), most + 1, with_place)?;
            let more = found.len() > most;
            found.truncate(most);
            let next = found.last().map(|(place, _)| place.clone()).filter(|_| more);
            Ok(Page { items: found.into_iter().map(|(_, item)| item).collect(), next })
        })
    }

    /// The resellers by name, as many as a list shows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resellers(&self) -> Result<Vec<Organization>> {
        self.read(|c| list(c, RESELLERS, [], map))
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

pub(crate) fn find_organization(c: &Connection, id: Id) -> Result<Option<Organization>> {
    find(c, FIND, [id.to_string()], map)
}

/// Users that may still come in; `None`: any number.
pub(crate) fn free_places(c: &Connection, organization: Id) -> Result<Option<u64>> {
    let found = find(c, FIND, [organization.to_string()], map)?;
    Ok(match found.and_then(|organization| organization.allowed_users) {
        Some(allowed) => Some(allowed.saturating_sub(count_users(c, organization)?)),
        None => None,
    })
}

/// Why an organization cannot become this, if so.
fn refused(
    c: &Connection,
    changed: &Organization,
    actor: &str,
) -> Result<Option<OrganizationChange>> {
    let id = [changed.id.to_string()];
    if changed.suspended && staff::has_all_owners(c, changed.id)? {
        return Ok(Some(OrganizationChange::LastVendorAdmin));
    }
    if changed.suspended && !staff::may_suspend(c, changed.id, actor)? {
        return Ok(Some(OrganizationChange::NotAllowed));
    }
    let is_reseller = changed.kind == OrganizationKind::Reseller;
    if changed.reseller.is_some() && (is_reseller || !self::is_reseller(c, changed.reseller)?) {
        return Ok(Some(OrganizationChange::NeedsReseller));
    }
    let stays = is_reseller || find(c, HAS_CUSTOMERS, id, |_| Ok(()))?.is_none();
    Ok((!stays).then_some(OrganizationChange::HasCustomers))
}

/// Whether this is a reseller.
pub(crate) fn is_reseller(c: &Connection, id: Option<Id>) -> Result<bool> {
    let Some(id) = id else { return Ok(false) };
    let found = find(c, FIND, [id.to_string()], map)?;
    Ok(found.is_some_and(|found| found.kind == OrganizationKind::Reseller))
}

/// The organization, if it is the reseller's own or one of its customers.
pub(crate) fn of_reseller(c: &Connection, reseller: Id, id: Id) -> Result<Option<Organization>> {
    let found = find(c, FIND, [id.to_string()], map)?;
    Ok(found.filter(|found| found.id == reseller || found.reseller == Some(reseller)))
}

/// A row of [`Organization`].
pub(crate) fn map_organization(row: &mut Columns<'_>) -> Result<Organization> {
    map(row)
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
        kind: row.parsed("kind of an organization")?,
        reseller: row.optional("organization id")?,
        created_at: row.time()?,
    })
}
