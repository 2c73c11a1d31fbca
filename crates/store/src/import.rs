//! What came from another system, by that system's id. What is here already is found again, so an import can be run any number of
//! times and goes on where it was cut off; what somebody changed here since is not overruled.
//!
//! [`Store::preview_import`] and [`Store::import`] decide by the same function: what the one says, the other does.

use std::sync::Arc;

use crate::engine::Connection;
use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, UnixSeconds};

use crate::error::Result;
use crate::license::{self, License, LicenseChange, LicenseStatus, NewLicense, Validity};
use crate::metadata::metadata_text;
use crate::organization::{self, Organization};
use crate::product::{self, Product};
use crate::release_terms::{self, ReleaseLimits};
use crate::row::{entitlements_text, optional_seconds, seconds};
use crate::user::{self, User};
use crate::{Store, audit, find, license_term, run};

const FIND: &str = "SELECT id, digest, revision FROM imported WHERE source = ?1 AND noun = ?2 AND external_id = ?3";
const NOTE: &str = "INSERT INTO imported (source, noun, external_id, id, digest, revision, former_key_hash, imported_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const NOTE_CHANGE: &str = "UPDATE imported SET digest = ?4, revision = ?5 \
    WHERE source = ?1 AND noun = ?2 AND external_id = ?3";
const KEY_OF: &str = "SELECT l.license_key, u.email FROM license l LEFT JOIN app_user u ON u.id = l.owner_user_id \
    WHERE l.id = ?1";
const INSERT_ORGANIZATION: &str = "INSERT INTO organization (id, name, status, allowed_users, created_at, name_folded) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const INSERT_LICENSE: &str = "INSERT INTO license (id, license_key, product_id, plan, holder, status, owner_user_id, \
    organization_id, allowed_activations, allowed_deactivations, validity, validity_seconds, \
    expires_at, response_validity, strategy, entitlements, metadata, created_at, maintenance_until, highest_version) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)";

/// The system that something came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportSource {
    /// Cryptlex.
    Cryptlex,
    /// Keygen.
    Keygen,
}

/// Something that comes from another system.
#[derive(Debug, Clone)]
pub struct NewImport {
    /// Its id there.
    pub external_id: String,
    /// Of all that it says, as it would be stored: the same again changes nothing.
    pub digest: Hash,
    /// Of a license: the hash of its key there, by which people still look for it ([`former_key_hash`]).
    pub former_key: Option<Hash>,
    /// What it is here.
    pub thing: ImportThing,
}

/// What it is here.
#[derive(Debug, Clone)]
pub enum ImportThing {
    /// What is licensed.
    Product(Product),
    /// A customer that is more than one person.
    Organization(Organization),
    /// Somebody who may log in once they have set a password.
    User(User),
    /// Who may run what.
    License(Box<ImportedLicense>),
}

/// A license that was one elsewhere.
#[derive(Debug, Clone)]
pub struct ImportedLicense {
    /// What it says.
    pub new: NewLicense,
    /// Whether it counts.
    pub status: LicenseStatus,
    /// Up to where it goes in releases.
    pub limits: ReleaseLimits,
    /// When it was created there.
    pub created_at: UnixSeconds,
}

/// What became of it, or would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// How it ended.
    pub outcome: ImportOutcome,
    /// The id here: of what was made, or of what was there.
    pub id: String,
    /// Of a license that is here: its key and whom to tell it to.
    pub license: Option<ImportedKey>,
}

/// The key of a license, and whom to tell it to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedKey {
    /// Its key here.
    pub key: LicenseKey,
    /// Its owner's address.
    pub owner: Option<String>,
}

/// How the import of one entry ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It is made.
    Made,
    /// Something of that name (a product's id, a user's address) is here: that is taken for it, and nothing of it changed.
    Joined,
    /// It was imported before, and says the same.
    Same,
    /// A license that was imported before and says something else now: it is changed.
    Updated,
    /// It was imported before and says something else now; things of its kind are not changed by an import.
    Differs,
    /// The license was changed there and, since it was imported, here as well: it stays as it is here.
    ChangedHere,
    /// The license's limits would be lower than what is used here: it stays as it is here.
    BelowUse,
    /// Its kind of validity is another one now, which cannot be changed: it stays as it is here.
    OtherValidity,
    /// Another license has its key.
    KeyTaken,
}

impl ImportSource {
    /// As text, in the database and the reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cryptlex => "cryptlex",
            Self::Keygen => "keygen",
        }
    }
}

impl ImportThing {
    fn noun(&self) -> &'static str {
        match self {
            Self::Product(_) => "product",
            Self::Organization(_) => "organization",
            Self::User(_) => "user",
            Self::License(_) => "license",
        }
    }

    fn id(&self) -> String {
        match self {
            Self::Product(product) => product.id.to_string(),
            Self::Organization(organization) => organization.id.to_string(),
            Self::User(user) => user.id.to_string(),
            Self::License(license) => license.new.key.id().to_string(),
        }
    }
}

/// The hash by which a former key is found: of the whole key, whatever its case and the blanks around it.
pub fn former_key_hash(key: &str) -> Hash {
    Hash::of(format!("countersign/former-key/v1\0{}", key.trim().to_ascii_uppercase()))
}

impl Store {
    /// Imports these, in one transaction: all of them as [`Imported`] says, or none.
    ///
    /// # Errors
    /// When the database fails: then nothing of them is stored.
    pub async fn import(
        &self,
        source: ImportSource,
        entries: Arc<Vec<NewImport>>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<Vec<Imported>> {
        let actor = actor.to_owned();
        self.write(move |c| {
            entries.iter().map(|entry| import(c, source, entry, &actor, now)).collect()
        })
        .await
    }

    /// What [`Store::import`] would do now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn preview_import(
        &self,
        source: ImportSource,
        entries: &[NewImport],
    ) -> Result<Vec<Imported>> {
        self.read(|c| {
            let told = |entry: &NewImport| told(c, &entry.thing, &decide(c, source, entry)?);
            entries.iter().map(told).collect()
        })
    }
}

/// What is to be done, by what the database holds now.
struct Decision {
    outcome: ImportOutcome,
    /// The id here.
    id: String,
    /// What to change it into.
    changed: Option<(License, ReleaseLimits)>,
}

fn decide(c: &Connection, source: ImportSource, entry: &NewImport) -> Result<Decision> {
    let by_id = (source.as_str(), entry.thing.noun(), &entry.external_id);
    let known = find(c, FIND, by_id, |row| Ok((row.text()?, row.text()?, row.take::<i64>()?)))?;
    let of = |outcome, id| Decision { outcome, id, changed: None };
    let Some((id, digest, revision)) = known else {
        let (outcome, id) = decide_new(c, &entry.thing)?;
        return Ok(of(outcome, id));
    };
    if digest == entry.digest.to_string() {
        return Ok(of(ImportOutcome::Same, id));
    }
    let ImportThing::License(to) = &entry.thing else {
        return Ok(of(ImportOutcome::Differs, id));
    };
    let license = match id.parse().ok() {
        Some(id) => license::find_license(c, &id)?,
        None => None,
    };
    Ok(match license.filter(|license| license.revision == revision) {
        None => of(ImportOutcome::ChangedHere, id),
        Some(license) => {
            let outcome = decide_change(&license, to);
            let change = (outcome == ImportOutcome::Updated)
                .then(|| (changed(&license, to), to.limits.clone()));
            Decision { outcome, id, changed: change }
        }
    })
}

fn decide_new(c: &Connection, thing: &ImportThing) -> Result<(ImportOutcome, String)> {
    let there = match thing {
        ImportThing::Product(product) => {
            product::find_product(c, &product.id)?.map(|product| product.id.to_string())
        }
        ImportThing::Organization(_) => None,
        ImportThing::User(user) => {
            user::find_by_email(c, &user.email)?.map(|user| user.id.to_string())
        }
        ImportThing::License(license) => {
            let id = license.new.key.id();
            return Ok(match license::find_license(c, &id)? {
                Some(_) => (ImportOutcome::KeyTaken, id.to_string()),
                None => (ImportOutcome::Made, id.to_string()),
            });
        }
    };
    Ok(match there {
        Some(id) => (ImportOutcome::Joined, id),
        None => (ImportOutcome::Made, thing.id()),
    })
}

fn decide_change(from: &License, to: &ImportedLicense) -> ImportOutcome {
    let below = |limit: Option<u64>, used: u64| limit.is_some_and(|limit| limit < used);
    // An end that comes or goes is another end of the same kind for nobody but a license with a fixed one.
    let has_end = |license: &License| license.expires_at.is_some();
    let same_kind = match (from.validity, to.new.validity) {
        (Validity::Perpetual, Validity::Perpetual) => true,
        (Validity::Fixed(_), Validity::Fixed(_)) => true,
        (Validity::FromFirstActivation(a), Validity::FromFirstActivation(b)) => a == b,
        // Its first machine was activated there, which began its time.
        (Validity::FromFirstActivation(_), Validity::Fixed(_)) => !has_end(from),
        _ => false,
    };
    if below(to.new.allowed_activations, from.live_activations)
        || below(to.new.allowed_deactivations, from.total_deactivations)
    {
        ImportOutcome::BelowUse
    } else if !same_kind || from.product != to.new.product {
        ImportOutcome::OtherValidity
    } else {
        ImportOutcome::Updated
    }
}

fn changed(from: &License, to: &ImportedLicense) -> License {
    let new = &to.new;
    License {
        plan: new.plan.clone(),
        holder: new.holder.clone(),
        status: to.status,
        owner: new.owner,
        organization: new.organization,
        allowed_activations: new.allowed_activations,
        allowed_deactivations: new.allowed_deactivations,
        expires_at: match new.validity {
            Validity::Fixed(end) => Some(end),
            _ => from.expires_at,
        },
        strategy: new.strategy,
        entitlements: new.entitlements.clone(),
        metadata: new.metadata.clone(),
        ..from.clone()
    }
}

fn import(
    c: &Connection,
    source: ImportSource,
    entry: &NewImport,
    actor: &str,
    now: UnixSeconds,
) -> Result<Imported> {
    let decision = decide(c, source, entry)?;
    let (noun, digest) = (entry.thing.noun(), entry.digest.to_string());
    match (decision.outcome, &decision.changed) {
        (ImportOutcome::Made, _) => make(c, &entry.thing, actor, now)?,
        (ImportOutcome::Updated, Some((license, limits))) => {
            // The revision was compared a moment ago, in this transaction.
            if license::change_untold(c, license, actor, now)? != LicenseChange::Done {
                let id = decision.id;
                return Ok(Imported { outcome: ImportOutcome::ChangedHere, id, license: None });
            }
            release_terms::set_limits(c, &license.id, limits, actor, now)?;
            let values = (source.as_str(), noun, &entry.external_id, &digest, license.revision + 1);
            run(c, NOTE_CHANGE, values)?;
        }
        _ => {}
    }
    if matches!(decision.outcome, ImportOutcome::Made | ImportOutcome::Joined) {
        let former = entry.former_key.map(|hash| hash.to_string());
        let (source, id) = (source.as_str(), &decision.id);
        // A license is made with revision 1; the others have none.
        let values = (source, noun, &entry.external_id, id, &digest, 1, former, seconds(now));
        run(c, NOTE, values)?;
    }
    told(c, &entry.thing, &decision)
}

fn make(c: &Connection, thing: &ImportThing, actor: &str, now: UnixSeconds) -> Result<()> {
    match thing {
        ImportThing::Product(product) => product::save(c, product, actor, now),
        ImportThing::Organization(organization) => make_organization(c, organization, actor, now),
        ImportThing::User(user) => {
            // Who was in an organization there is so here, however many it may have: then nobody further comes in.
            user::insert_row(c, user)?;
            audit::record_of_user(c, user.id, now, actor, "user.create", user.role.as_str())
        }
        ImportThing::License(license) => make_license(c, license, actor, now),
    }
}

fn make_organization(
    c: &Connection,
    new: &Organization,
    actor: &str,
    now: UnixSeconds,
) -> Result<()> {
    let (id, allowed) = (new.id.to_string(), optional_seconds(new.allowed_users));
    let status = if new.suspended { "suspended" } else { "active" };
    let folded = organization::folded(&new.name);
    let values = (&id, &new.name, status, allowed, seconds(new.created_at), folded);
    run(c, INSERT_ORGANIZATION, values)?;
    audit::record_in(c, Some(new.id), now, actor, "organization.create", &id, &new.name)
}

fn make_license(
    c: &Connection,
    imported: &ImportedLicense,
    actor: &str,
    now: UnixSeconds,
) -> Result<()> {
    let (new, id) = (&imported.new, imported.new.key.id());
    let (kind, length, end) = license::validity_columns(new.validity, imported.created_at);
    let limits = &imported.limits;
    let values = crate::engine::params::params![
        id.to_string(),
        new.key.normal(),
        new.product.as_str(),
        new.plan,
        new.holder,
        imported.status.as_str(),
        new.owner.map(|id| id.to_string()),
        new.organization.map(|id| id.to_string()),
        optional_seconds(new.allowed_activations),
        optional_seconds(new.allowed_deactivations),
        kind,
        optional_seconds(length),
        optional_seconds(end),
        seconds(new.response_validity),
        new.strategy.as_str(),
        entitlements_text(&new.entitlements),
        metadata_text(&new.metadata),
        seconds(imported.created_at),
        optional_seconds(limits.maintenance_until),
        limits.highest_version.as_ref().map(|version| version.as_str()),
    ];
    run(c, INSERT_LICENSE, values)?;
    let words = license::terms_of(&new.key, new.holder.as_deref(), new.plan.as_deref());
    license_term::insert(c, &words, new.organization, &id)?;
    let (of, product) = (new.organization, new.product.as_str());
    audit::record_in(c, of, now, actor, "license.create", &id.to_string(), product)
}

/// With the key of a license that is here.
fn told(c: &Connection, thing: &ImportThing, decision: &Decision) -> Result<Imported> {
    let has_key =
        matches!(thing, ImportThing::License(_)) && decision.outcome != ImportOutcome::KeyTaken;
    let license = match has_key {
        false => None,
        true => find(c, KEY_OF, [&decision.id], |row| {
            Ok(ImportedKey { key: row.parsed("license key")?, owner: row.take()? })
        })?,
    };
    Ok(Imported { outcome: decision.outcome, id: decision.id.clone(), license })
}
