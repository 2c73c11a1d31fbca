//! Creating licenses, one or many: all of them or none. What they refer to is looked at inside the transaction, since a product
//! may have been archived or a plan changed since somebody looked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::Connection;
use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, Id, LicenseId, UnixSeconds};

use crate::error::Result;
use crate::license::{self, NewLicense};
use crate::release_terms::{self, ReleaseLimits};
use crate::role::Role;
use crate::row::{Columns, seconds};
use crate::user::{self, User};
use crate::{Store, audit, find, organization, plan, product, proposal, run};

const SET_PLAN: &str = "UPDATE license SET plan_id = ?2 WHERE id = ?1";
const LIST: &str = "SELECT done, licenses, users, imported_at FROM license_list WHERE id = ?1";
const BEGIN_LIST: &str = "INSERT INTO license_list (id, done, licenses, users, imported_at) VALUES (?1, ?2, ?3, ?4, ?5) \
    ON CONFLICT (id) DO NOTHING";
const GO_ON: &str = "UPDATE license_list SET done = ?3, licenses = licenses + ?4, users = users + ?5, imported_at = ?6 \
    WHERE id = ?1 AND done = ?2";
const USER: &str = "SELECT 1 FROM app_user WHERE id = ?1";

/// Licenses that say the same, each with a key of its own.
#[derive(Debug, Clone)]
pub struct NewLicenses {
    /// What they say; its key is not looked at.
    pub new: NewLicense,
    /// Their keys, one or more.
    pub keys: Vec<LicenseKey>,
    /// Up to where they go in releases.
    pub limits: ReleaseLimits,
    /// The plan that they are made by, with the revision that was read.
    pub plan: Option<(Id, i64)>,
    /// Their owner by address, where that is not known by id: who is not there yet is created as invited.
    pub owner: Option<NewOwner>,
}

/// Somebody who is to own a license and may have no account yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOwner {
    /// Their address.
    pub email: String,
    /// Their id, if they have to be created.
    pub id: Id,
}

/// Whether the two-person rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TwoPeople {
    /// It does, where it is on.
    Asked,
    /// Whoever runs the portal's host can do anything anyway.
    Host,
}

/// How creating ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation {
    /// They are there, in the order of their keys.
    Done(Vec<LicenseId>),
    /// None of them was created, because of the one of this number, counted from 0.
    Refused(usize, CreationRefusal),
}

/// Why a license cannot be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreationRefusal {
    /// There is no such product.
    UnknownProduct,
    /// The product gets nothing new.
    ProductArchived,
    /// There is no such plan for the product.
    UnknownPlan,
    /// The plan makes nothing new.
    PlanArchived,
    /// The plan was changed since it was read.
    PlanChanged,
    /// There is no such user.
    UnknownOwner,
    /// There is no such organization.
    UnknownOrganization,
    /// Its owner would have to be created, and the organization has no room for them.
    OrganizationFull,
    /// There is a license with this key.
    KeyTaken(LicenseId),
    /// The two-person rule holds it back.
    NeedsSecondPerson,
}

/// A part of a list of licenses.
#[derive(Debug, Clone)]
pub struct ListPart {
    /// The name of the list: the same is imported once.
    pub list: Hash,
    /// Lines that are done before,
    pub from: u64,
    /// and with this part.
    pub until: u64,
    /// What the lines make.
    pub licenses: Arc<Vec<NewLicenses>>,
}

/// How the import of a part ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartImported {
    /// It is done: the licenses, in order, and how many users were made.
    Done {
        /// Their ids, as the lines and their keys come.
        licenses: Vec<LicenseId>,
        /// Users who were created.
        users: u64,
    },
    /// It was done before, or somebody else is doing it: nothing was changed.
    Before(ListDone),
    /// Nothing of it was done, because of the entry of this number, counted from 0.
    Refused(usize, CreationRefusal),
}

/// What was done of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListDone {
    /// Lines.
    pub lines: u64,
    /// Licenses that were created.
    pub licenses: u64,
    /// Users who were created.
    pub users: u64,
    /// When, the last time.
    pub at: UnixSeconds,
}

impl Store {
    /// Creates licenses that say the same: all of them or none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_licenses(
        &self,
        licenses: NewLicenses,
        rule: TwoPeople,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<Creation> {
        let actor = actor.to_owned();
        self.write_once(move |c| match Looked::default().refusal(c, &licenses, rule, now)? {
            Some(refusal) => Ok(Creation::Refused(0, refusal)),
            None => Ok(Creation::Done(create(c, &licenses, &actor, now)?.0)),
        })
        .await
    }

    /// Imports a part of a list in one transaction, with the note that it is done.
    ///
    /// # Errors
    /// When the database fails: then nothing of it is done.
    pub async fn import_licenses(
        &self,
        part: ListPart,
        rule: TwoPeople,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<PartImported> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            // All are looked at before the first is made, so that nothing has to be undone.
            if let Some(done) = done_before(c, &part)? {
                return Ok(PartImported::Before(done));
            }
            if let Some((at, refusal)) = check_all(c, &part, rule, now)? {
                return Ok(PartImported::Refused(at, refusal));
            }
            let (mut licenses, mut users) = (Vec::new(), 0);
            for entry in part.licenses.iter() {
                let (made, user) = create(c, entry, &actor, now)?;
                licenses.extend(made);
                users += user;
            }
            note(c, &part, licenses.len() as u64, users, now)?;
            Ok(PartImported::Done { licenses, users })
        })
        .await
    }

    /// What was done of a list; `None`: nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn license_list(&self, list: Hash) -> Result<Option<ListDone>> {
        self.read(|c| find(c, LIST, [list.to_string()], map))
    }
}

/// What was looked at already of several that are to be created together.
#[derive(Default)]
struct Looked {
    keys: BTreeSet<LicenseId>,
    addresses: BTreeSet<String>,
    /// Users that each organization would get.
    coming: BTreeMap<Id, u64>,
}

impl Looked {
    /// Why these cannot be created, if so.
    fn refusal(
        &mut self,
        c: &Connection,
        licenses: &NewLicenses,
        rule: TwoPeople,
        now: UnixSeconds,
    ) -> Result<Option<CreationRefusal>> {
        use CreationRefusal as Why;
        let new = &licenses.new;
        let Some(product) = product::find_product(c, &new.product)? else {
            return Ok(Some(Why::UnknownProduct));
        };
        if product.archived {
            return Ok(Some(Why::ProductArchived));
        }
        if let Some((id, revision)) = licenses.plan {
            match plan::find_plan(c, id)?.filter(|plan| plan.product == new.product) {
                None => return Ok(Some(Why::UnknownPlan)),
                Some(plan) if plan.archived => return Ok(Some(Why::PlanArchived)),
                Some(plan) if plan.revision != revision => return Ok(Some(Why::PlanChanged)),
                Some(_) => {}
            }
        }
        if !is_there(c, USER, new.owner)? {
            return Ok(Some(Why::UnknownOwner));
        }
        if !is_there(c, proposal::ORGANIZATION, new.organization)? {
            return Ok(Some(Why::UnknownOrganization));
        }
        for key in &licenses.keys {
            let id = key.id();
            if !self.keys.insert(id) || license::find_license(c, &id)?.is_some() {
                return Ok(Some(Why::KeyTaken(id)));
            }
        }
        if rule == TwoPeople::Asked
            && proposal::is_far_away(&new.validity, now)
            && proposal::is_on(c)?
        {
            return Ok(Some(Why::NeedsSecondPerson));
        }
        self.owner(c, licenses)
    }

    /// Whether somebody who would have to be created finds a place.
    fn owner(&mut self, c: &Connection, licenses: &NewLicenses) -> Result<Option<CreationRefusal>> {
        let Some(owner) = &licenses.owner else { return Ok(None) };
        let is_new = user::find_by_email(c, &owner.email)?.is_none();
        if !is_new || !self.addresses.insert(user::normal_email(&owner.email)) {
            return Ok(None);
        }
        let Some(organization) = licenses.new.organization else { return Ok(None) };
        let coming = self.coming.entry(organization).or_default();
        *coming += 1;
        let free = organization::free_places(c, organization)?;
        Ok(free.is_some_and(|free| *coming > free).then_some(CreationRefusal::OrganizationFull))
    }
}

/// The first of a part that cannot be created, and why.
fn check_all(
    c: &Connection,
    part: &ListPart,
    rule: TwoPeople,
    now: UnixSeconds,
) -> Result<Option<(usize, CreationRefusal)>> {
    let mut looked = Looked::default();
    for (at, entry) in part.licenses.iter().enumerate() {
        if let Some(refusal) = looked.refusal(c, entry, rule, now)? {
            return Ok(Some((at, refusal)));
        }
    }
    Ok(None)
}

fn is_there(c: &Connection, sql: &'static str, id: Option<Id>) -> Result<bool> {
    match id {
        Some(id) => Ok(find(c, sql, [id.to_string()], |_| Ok(()))?.is_some()),
        None => Ok(true),
    }
}

/// The licenses, and how many users were made for them.
pub(crate) fn create(
    c: &Connection,
    licenses: &NewLicenses,
    actor: &str,
    now: UnixSeconds,
) -> Result<(Vec<LicenseId>, u64)> {
    let (owner, users) = match &licenses.owner {
        Some(owner) => owner_id(c, owner, licenses.new.organization, actor, now)?,
        None => (licenses.new.owner, 0),
    };
    let mut ids = Vec::with_capacity(licenses.keys.len());
    for key in &licenses.keys {
        let new = NewLicense { key: key.clone(), owner, ..licenses.new.clone() };
        let id = license::create(c, &new, actor, now)?;
        if let Some((plan, _)) = licenses.plan {
            run(c, SET_PLAN, (id.to_string(), plan.to_string()))?;
        }
        release_terms::set_new_limits(c, &id, &licenses.limits, actor, now)?;
        ids.push(id);
    }
    Ok((ids, users))
}

/// Whether all of it can still be created: for what was proposed a while ago.
pub(crate) fn can_create(c: &Connection, licenses: &NewLicenses, now: UnixSeconds) -> Result<bool> {
    Ok(Looked::default().refusal(c, licenses, TwoPeople::Host, now)?.is_none())
}

/// The user with this address; whoever is not there is created as invited.
fn owner_id(
    c: &Connection,
    owner: &NewOwner,
    organization: Option<Id>,
    actor: &str,
    now: UnixSeconds,
) -> Result<(Option<Id>, u64)> {
    if let Some(user) = user::find_by_email(c, &owner.email)? {
        return Ok((Some(user.id), 0));
    }
    let user =
        User { organization, ..User::invited(owner.id, owner.email.clone(), Role::Customer, now) };
    user::insert_row(c, &user)?;
    audit::record_of_user(c, user.id, now, actor, "user.create", user.role.as_str())?;
    Ok((Some(user.id), 1))
}

fn done_before(c: &Connection, part: &ListPart) -> Result<Option<ListDone>> {
    let done = find(c, LIST, [part.list.to_string()], map)?;
    Ok(done.filter(|done| done.lines != part.from).or_else(|| {
        // A list that nobody began does not begin in its middle.
        let nothing = ListDone { lines: 0, licenses: 0, users: 0, at: 0 };
        (done.is_none() && part.from != 0).then_some(nothing)
    }))
}

fn note(
    c: &Connection,
    part: &ListPart,
    licenses: u64,
    users: u64,
    now: UnixSeconds,
) -> Result<()> {
    let (list, until, now) = (part.list.to_string(), seconds(part.until), seconds(now));
    let (licenses, users) = (seconds(licenses), seconds(users));
    if run(c, BEGIN_LIST, (&list, until, licenses, users, now))? == 0 {
        run(c, GO_ON, (&list, seconds(part.from), until, licenses, users, now))?;
    }
    Ok(())
}

fn map(row: &mut Columns<'_>) -> Result<ListDone> {
    Ok(ListDone { lines: row.time()?, licenses: row.time()?, users: row.time()?, at: row.time()? })
}
