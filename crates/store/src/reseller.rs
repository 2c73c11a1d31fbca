//! What the admins of a reseller do with its customers: they create organizations, invite people there, and pass licenses from one
//! to another. Whose customer somebody is, is decided inside the transaction; somebody else's does not exist.

use crate::engine::Connection;
use countersign_core::{Id, LicenseId, UnixSeconds};

use crate::access;
use crate::error::Result;
use crate::invitation::{self, Invite};
use crate::job::NewJob;
use crate::license::{self, License, LicenseChange};
use crate::organization::{self, Organization};
use crate::role::Role;
use crate::row::seconds;
use crate::user::{self, User, UserChange};
use crate::{Store, audit, find, list, run, session};

const CUSTOMERS: &str = "SELECT id, name, status, allowed_users, kind, reseller_id, created_at FROM organization \
    WHERE reseller_id = ?1 ORDER BY name, id LIMIT 1001";
const COUNT: &str = "SELECT COUNT(*) FROM organization WHERE reseller_id = ?1";
const PEOPLE: &str = "SELECT id FROM app_user WHERE reseller_id = ?1 ORDER BY id LIMIT 1000";
const CREATE: &str = "INSERT INTO organization (id, name, status, kind, reseller_id, created_at) \
    VALUES (?1, ?2, 'active', 'customer', ?3, ?4)";

/// So many organizations a reseller creates; a page shows all of them.
const MOST_CUSTOMERS: u64 = 1000;

/// To whom a license is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    /// An organization: one of the reseller's customers, or its own, where licenses wait for a customer.
    Organization(Id),
    /// A person: in such an organization, or a customer by themselves.
    User(Id),
}

/// How passing a license ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// It is theirs now.
    Done,
    /// There is no such license, or nobody like that among the reseller's own.
    Unknown,
    /// Somebody else changed the license since it was read.
    Stale,
}

impl Store {
    /// The organizations that are the reseller's customers, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn customers_of_reseller(&self, reseller: Id) -> Result<Vec<Organization>> {
        self.read(|c| list(c, CUSTOMERS, [reseller.to_string()], organization::map_organization))
    }

    /// The people who are the reseller's customers by themselves.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn people_of_reseller(&self, reseller: Id) -> Result<Vec<User>> {
        self.read(|c| {
            let ids: Vec<Id> =
                list(c, PEOPLE, [reseller.to_string()], |row| row.parsed("user id"))?;
            let people = ids.into_iter().map(|id| user::find_user(c, id));
            Ok(people.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }

    /// The organization, if it is a customer of the reseller.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn customer_of_reseller(&self, reseller: Id, id: Id) -> Result<Option<Organization>> {
        self.read(|c| customer(c, reseller, id))
    }

    /// Creates an organization as a customer of the reseller that `by` runs. `false` when they run none, or it has as many as it
    /// may have.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_customer(
        &self,
        by: Id,
        id: Id,
        name: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let name = name.to_owned();
        self.write(move |c| {
            let Some(reseller) = resells(c, by)? else { return Ok(false) };
            let of = reseller.to_string();
            if find(c, COUNT, [&of], |row| row.time())?.unwrap_or(0) >= MOST_CUSTOMERS {
                return Ok(false);
            }
            run(c, CREATE, (id.to_string(), &name, of, seconds(now)))?;
            let (by, subject) = (session::by(by), id.to_string());
            audit::record_in(c, Some(id), now, &by, "organization.create", &subject, &name)?;
            Ok(true)
        })
        .await
    }

    /// Invites somebody into an organization that is a customer of the reseller that `by` runs; as [`Store::invite`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invite_for_customer(
        &self,
        by: Id,
        invite: Invite,
        mail: NewJob,
        now: UnixSeconds,
    ) -> Result<UserChange> {
        self.write(move |c| {
            let Some(reseller) = resells(c, by)? else { return Ok(UserChange::Unknown) };
            if customer(c, reseller, invite.organization)?.is_none() {
                return Ok(UserChange::UnknownOrganization);
            }
            invitation::invite_in(c, &invite, &mail, &session::by(by), now)
        })
        .await
    }

    /// Passes a license of the reseller that `by` runs to another one of its own. The license goes on as it is, under the new
    /// holder's name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn assign_license(
        &self,
        by: Id,
        license: LicenseId,
        revision: i64,
        to: Assignee,
        now: UnixSeconds,
    ) -> Result<Assigned> {
        self.write(move |c| assign(c, by, &license, revision, to, now)).await
    }
}

fn assign(
    c: &Connection,
    by: Id,
    license: &LicenseId,
    revision: i64,
    to: Assignee,
    now: UnixSeconds,
) -> Result<Assigned> {
    let Some(reseller) = resells(c, by)? else { return Ok(Assigned::Unknown) };
    if !access::is_of_reseller(c, reseller, license)? {
        return Ok(Assigned::Unknown);
    }
    let Some(new) = holder(c, reseller, to)? else { return Ok(Assigned::Unknown) };
    let Some(current) = license::find_license(c, license)?.filter(|l| l.revision == revision)
    else {
        return Ok(Assigned::Stale);
    };
    let Holder { owner, organization, name } = new;
    let changed = License { owner, organization, holder: Some(name.clone()), ..current };
    let actor = session::by(by);
    Ok(match license::change(c, &changed, &actor, now)? {
        LicenseChange::Done => {
            let id = license.to_string();
            audit::record_of_license(c, license, now, &actor, "license.assign", &id, &name)?;
            Assigned::Done
        }
        _ => Assigned::Stale,
    })
}

/// Whose a license becomes.
struct Holder {
    owner: Option<Id>,
    organization: Option<Id>,
    name: String,
}

fn holder(c: &Connection, reseller: Id, to: Assignee) -> Result<Option<Holder>> {
    let own = |id: Id| organization::of_reseller(c, reseller, id);
    Ok(match to {
        Assignee::Organization(id) => {
            let found = own(id)?.filter(|found| !found.suspended);
            found.map(|o| Holder { owner: None, organization: Some(o.id), name: o.name })
        }
        Assignee::User(id) => {
            let fits = |user: &User| user.role == Role::Customer && user.status.counts();
            let Some(user) = user::find_user(c, id)?.filter(fits) else { return Ok(None) };
            let organization = match user.organization {
                Some(id) => own(id)?.map(|organization| organization.id),
                None => None,
            };
            let is_own = organization.is_some() || user.reseller == Some(reseller);
            let name = user.shown_name().to_owned();
            is_own.then_some(Holder { owner: Some(user.id), organization, name })
        }
    })
}

/// The reseller that this user runs now.
fn resells(c: &Connection, user: Id) -> Result<Option<Id>> {
    Ok(user::find_user(c, user)?.and_then(|user| user.resells()))
}

fn customer(c: &Connection, reseller: Id, id: Id) -> Result<Option<Organization>> {
    let found = organization::of_reseller(c, reseller, id)?;
    Ok(found.filter(|found| found.reseller == Some(reseller)))
}
