//! Licenses: who may run what, on how many machines, until when.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::{MutexGuard, PoisonError};

use crate::engine::Connection;
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::{Id, LicenseId, ProductId, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::metadata::{Metadata, metadata_text};
use crate::row::{Columns, Entitlements, entitlements_text, optional_seconds, seconds};
use crate::webhook_event::{self, Topic};
use crate::{Store, audit, find, license_term, list, proposal, run};

const INSERT: &str = "INSERT INTO license (id, license_key, product_id, plan, holder, status, owner_user_id, \
    organization_id, allowed_activations, allowed_deactivations, validity, validity_seconds, expires_at, \
    response_validity, strategy, entitlements, metadata, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, 'active', ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
const FIND: &str = "SELECT id, license_key, product_id, plan, holder, status, owner_user_id, organization_id, \
    allowed_activations, allowed_deactivations, live_activations, over_activations, total_activations, \
    total_deactivations, over_deactivations, total_releases, validity, \
    validity_seconds, expires_at, first_activated_at, response_validity, strategy, entitlements, metadata, revision, \
    created_at, plan_id FROM license WHERE id = ?1";
const LATEST: &str = "SELECT id, license_key, product_id, plan, holder, status, owner_user_id, organization_id, \
    allowed_activations, allowed_deactivations, live_activations, over_activations, total_activations, \
    total_deactivations, over_deactivations, total_releases, validity, \
    validity_seconds, expires_at, first_activated_at, response_validity, strategy, entitlements, metadata, revision, \
    created_at, plan_id FROM license ORDER BY created_at DESC, id LIMIT ?1";
// A higher limit takes in what was over the old one.
const CHANGE: &str = "UPDATE license SET plan = ?2, holder = ?3, status = ?4, owner_user_id = ?5, \
    organization_id = ?6, allowed_activations = ?7, allowed_deactivations = ?8, expires_at = ?9, \
    live_activations = CASE WHEN CAST(?7 AS BIGINT) IS NULL OR live_activations + over_activations <= ?7 \
        THEN live_activations + over_activations ELSE ?7 END, \
    over_activations = CASE WHEN CAST(?7 AS BIGINT) IS NULL OR live_activations + over_activations <= ?7 \
        THEN 0 ELSE live_activations + over_activations - ?7 END, \
    total_deactivations = CASE WHEN CAST(?8 AS BIGINT) IS NULL OR total_deactivations + over_deactivations <= ?8 \
        THEN total_deactivations + over_deactivations ELSE ?8 END, \
    over_deactivations = CASE WHEN CAST(?8 AS BIGINT) IS NULL OR total_deactivations + over_deactivations <= ?8 \
        THEN 0 ELSE total_deactivations + over_deactivations - ?8 END, \
    response_validity = ?10, strategy = ?11, entitlements = ?12, metadata = ?13, plan_id = ?15, revision = revision + 1 \
    WHERE id = ?1 AND revision = ?14";

/// How many licenses are kept at hand for signing: some ten megabytes.
const MOST_TERMS: usize = 10_000;

/// A license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    /// Its public id, derived from its key.
    pub id: LicenseId,
    /// Its key.
    pub key: LicenseKey,
    /// What may run.
    pub product: ProductId,
    /// The plan's name.
    pub plan: Option<String>,
    /// The template that it was made by; licenses from elsewhere have a plan's name without one.
    pub plan_id: Option<Id>,
    /// Who holds it, in words.
    pub holder: Option<String>,
    /// Whether it counts.
    pub status: LicenseStatus,
    /// The user that it belongs to.
    pub owner: Option<Id>,
    /// The organization that it belongs to.
    pub organization: Option<Id>,
    /// Machines that may be activated at a time; `None`: any number.
    pub allowed_activations: Option<u64>,
    /// Deactivations that free a seat; `None`: any number.
    pub allowed_deactivations: Option<u64>,
    /// Seats in use, within what is allowed.
    pub live_activations: u64,
    /// Machines beyond it that hold a seat all the same: other signers gave it.
    pub over_activations: u64,
    /// Seats ever taken.
    pub total_activations: u64,
    /// Seats ever given back, within what is allowed.
    pub total_deactivations: u64,
    /// Those beyond it that other signers have receipted.
    pub over_deactivations: u64,
    /// Seats ever released without proof; they count as no deactivation.
    pub total_releases: u64,
    /// What its validity starts with.
    pub validity: Validity,
    /// When it ends, as far as that is known.
    pub expires_at: Option<UnixSeconds>,
    /// When its first machine was activated.
    pub first_activated_at: Option<UnixSeconds>,
    /// Seconds within which a response must be installed.
    pub response_validity: u64,
    /// How its machines are bound.
    pub strategy: Strategy,
    /// Features.
    pub entitlements: Entitlements,
    /// Further strings, for the app and for people.
    pub metadata: Metadata,
    /// Changes with everything that a grant says: what was signed against another revision is signed again.
    pub revision: i64,
    /// When it was created.
    pub created_at: UnixSeconds,
}

/// Whether a license counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicenseStatus {
    /// It does.
    Active,
    /// Not now.
    Suspended,
    /// Withdrawn: a vendor's last word, unless it was a mistake.
    Revoked,
}

/// What a license's validity starts with and how long it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// No end.
    Perpetual,
    /// Ends at a fixed time.
    Fixed(UnixSeconds),
    /// So many seconds from creation.
    FromCreation(u64),
    /// So many seconds from the first activation.
    FromFirstActivation(u64),
}

impl LicenseStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Revoked];

    /// As text, in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

impl FromStr for LicenseStatus {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or(StoreError::Malformed("license status"))
    }
}

impl fmt::Display for LicenseStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl License {
    /// When a grant that is signed at `now` ends: a validity that starts with the first activation starts now.
    pub fn grant_end(&self, now: UnixSeconds) -> Option<UnixSeconds> {
        match (self.expires_at, self.validity) {
            (None, Validity::FromFirstActivation(seconds)) => Some(now + seconds),
            (end, _) => end,
        }
    }

    /// Whether it has ended at `now`.
    pub fn expired(&self, now: UnixSeconds) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Machines that hold a seat.
    pub fn seats_in_use(&self) -> u64 {
        self.live_activations + self.over_activations
    }

    /// Activations that were given up.
    pub fn given_up(&self) -> u64 {
        self.total_deactivations + self.over_deactivations
    }

    /// Deactivations that still free a seat; `None`: any number.
    pub fn deactivations_left(&self) -> Option<u64> {
        self.allowed_deactivations.map(|allowed| allowed.saturating_sub(self.total_deactivations))
    }
}

/// A license to be created.
#[derive(Debug, Clone)]
pub struct NewLicense {
    /// Its key; the id comes from it.
    pub key: LicenseKey,
    /// What may run.
    pub product: ProductId,
    /// See [`License`], for these and the following.
    pub plan: Option<String>,
    /// Who holds it, in words.
    pub holder: Option<String>,
    /// The user that it belongs to.
    pub owner: Option<Id>,
    /// The organization that it belongs to.
    pub organization: Option<Id>,
    /// `None`: any number.
    pub allowed_activations: Option<u64>,
    /// `None`: any number.
    pub allowed_deactivations: Option<u64>,
    /// What its validity starts with.
    pub validity: Validity,
    /// Seconds within which a response must be installed.
    pub response_validity: u64,
    /// How its machines are bound.
    pub strategy: Strategy,
    /// Features.
    pub entitlements: Entitlements,
    /// Further strings, for the app and for people.
    pub metadata: Metadata,
}

/// How a change of a license ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicenseChange {
    /// It is changed.
    Done,
    /// Somebody else changed it since it was read, or it does not exist.
    Stale,
    /// The two-person rule holds it back.
    NeedsSecondPerson,
    /// A limit would be lower than what is used already.
    BelowUse {
        /// Seats in use.
        live: u64,
        /// Deactivations made.
        deactivations: u64,
    },
}

impl Store {
    /// Creates a license.
    ///
    /// # Errors
    /// When the database fails, the product, owner or organization is unknown, or the key is taken.
    pub async fn create_license(
        &self,
        new: NewLicense,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<LicenseId> {
        let actor = actor.to_owned();
        self.write(move |c| {
            proposal::check_new(c, &new, now)?;
            create(c, &new, &actor, now)
        })
        .await
    }

    /// Replaces what can be changed of a license: plan, holder, status, owner, limits, end, response validity, strategy,
    /// entitlements, metadata. `license.revision` must be the one that was read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_license(
        &self,
        license: License,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<LicenseChange> {
        let actor = actor.to_owned();
        self.write(move |c| {
            if proposal::holds_back(c, &license, now)? {
                return Ok(LicenseChange::NeedsSecondPerson);
            }
            change(c, &license, &actor, now)
        })
        .await
    }

    /// The license with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn license(&self, id: &LicenseId) -> Result<Option<License>> {
        self.read(|c| find_license(c, id))
    }

    /// The license with this id as it was at some time: for signing. What is signed by it is stored with its revision
    /// ([`Store::activate`]), which refuses what has changed since. So the busiest look-up needs no database.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn license_terms(&self, id: &LicenseId) -> Result<Option<License>> {
        if let Some(known) = self.terms().get(id) {
            return Ok(Some(known.clone()));
        }
        let read = self.license(id).await?;
        if let Some(license) = &read {
            let mut terms = self.terms();
            if terms.len() >= MOST_TERMS {
                terms.clear();
            }
            terms.insert(*id, license.clone());
        }
        Ok(read)
    }

    /// Writes down that a program was shown the key of a license. `None` when there is no such license.
    ///
    /// # Errors
    /// When the database fails: the key is not to be shown then.
    pub async fn read_license_key(
        &self,
        id: LicenseId,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<Option<LicenseKey>> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let Some(license) = find_license(c, &id)? else { return Ok(None) };
            let (of, subject) = (license.organization, id.to_string());
            audit::record_in(c, of, now, &actor, "license.read-key", &subject, "")?;
            Ok(Some(license.key))
        })
        .await
    }

    /// Reads the license anew the next time.
    pub fn forget_terms(&self, id: &LicenseId) {
        self.terms().remove(id);
    }

    fn terms(&self) -> MutexGuard<'_, HashMap<LicenseId, License>> {
        self.inner.terms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest licenses of the vendor.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn licenses(&self, most: u32) -> Result<Vec<License>> {
        self.read(|c| list(c, LATEST, [most], map))
    }
}

pub(crate) fn find_license(c: &Connection, id: &LicenseId) -> Result<Option<License>> {
    find(c, FIND, [id.to_string()], map)
}

pub(crate) fn create(
    c: &Connection,
    new: &NewLicense,
    actor: &str,
    now: UnixSeconds,
) -> Result<LicenseId> {
    insert(c, new, now)?;
    let id = new.key.id();
    let (of, product) = (new.organization, new.product.as_str());
    audit::record_in(c, of, now, actor, "license.create", &id.to_string(), product)?;
    if webhook_event::is_heard(c)?
        && let Some(made) = find_license(c, &id)?
    {
        tell(c, Topic::LicenseCreated, &made, &id.to_string(), now)?;
    }
    Ok(id)
}

/// Its kind, its length and its end, as the columns hold them.
pub(crate) fn validity_columns(
    validity: Validity,
    created_at: UnixSeconds,
) -> (&'static str, Option<u64>, Option<UnixSeconds>) {
    match validity {
        Validity::Perpetual => ("perpetual", None, None),
        Validity::Fixed(end) => ("fixed", None, Some(end)),
        Validity::FromCreation(length) => {
            ("from-creation", Some(length), Some(created_at.saturating_add(length)))
        }
        Validity::FromFirstActivation(length) => ("from-first-activation", Some(length), None),
    }
}

fn insert(c: &Connection, new: &NewLicense, now: UnixSeconds) -> Result<()> {
    let (validity, length, end) = validity_columns(new.validity, now);
    let values = crate::engine::params::params![
        new.key.id().to_string(),
        new.key.normal(),
        new.product.as_str(),
        new.plan,
        new.holder,
        new.owner.map(|id| id.to_string()),
        new.organization.map(|id| id.to_string()),
        optional_seconds(new.allowed_activations),
        optional_seconds(new.allowed_deactivations),
        validity,
        optional_seconds(length),
        optional_seconds(end),
        seconds(new.response_validity),
        new.strategy.as_str(),
        entitlements_text(&new.entitlements),
        metadata_text(&new.metadata),
        seconds(now),
    ];
    run(c, INSERT, values)?;
    license_term::insert(
        c,
        &terms_of(&new.key, new.holder.as_deref(), new.plan.as_deref()),
        new.organization,
        &new.key.id(),
    )
}

pub(crate) fn terms_of(
    key: &LicenseKey,
    holder: Option<&str>,
    plan: Option<&str>,
) -> BTreeSet<String> {
    license_term::words([holder, plan, Some(license_term::key_end(key))].into_iter().flatten())
}

pub(crate) fn change(
    c: &Connection,
    license: &License,
    actor: &str,
    now: UnixSeconds,
) -> Result<LicenseChange> {
    let before = find_license(c, &license.id)?.map(|before| before.status);
    let outcome = change_untold(c, license, actor, now)?;
    if outcome == LicenseChange::Done
        && webhook_event::is_heard(c)?
        && let Some(after) = find_license(c, &license.id)?
    {
        let once = format!("{}:{}", after.id, after.revision);
        let topic = match after.status {
            status if Some(status) == before => Topic::LicenseChanged,
            LicenseStatus::Suspended => Topic::LicenseSuspended,
            LicenseStatus::Revoked => Topic::LicenseRevoked,
            LicenseStatus::Active => Topic::LicenseChanged,
        };
        tell(c, topic, &after, &once, now)?;
    }
    Ok(outcome)
}

fn tell(
    c: &Connection,
    topic: Topic,
    license: &License,
    once: &str,
    now: UnixSeconds,
) -> Result<()> {
    let data = || Ok(serde_json::json!({"license": webhook_event::license_data(license)}));
    webhook_event::tell(c, topic, once, now, data).map(|_| ())
}

/// As [`change`], of which webhooks do not hear: what comes from elsewhere by thousands.
pub(crate) fn change_untold(
    c: &Connection,
    license: &License,
    actor: &str,
    now: UnixSeconds,
) -> Result<LicenseChange> {
    let Some(current) = find_license(c, &license.id)?.filter(|l| l.revision == license.revision)
    else {
        return Ok(LicenseChange::Stale);
    };
    let below = |limit: Option<u64>, used: u64| limit.is_some_and(|limit| limit < used);
    if below(license.allowed_activations, current.live_activations)
        || below(license.allowed_deactivations, current.total_deactivations)
    {
        return Ok(LicenseChange::BelowUse {
            live: current.live_activations,
            deactivations: current.total_deactivations,
        });
    }
    let values = crate::engine::params::params![
        license.id.to_string(),
        license.plan,
        license.holder,
        license.status.as_str(),
        license.owner.map(|id| id.to_string()),
        license.organization.map(|id| id.to_string()),
        optional_seconds(license.allowed_activations),
        optional_seconds(license.allowed_deactivations),
        optional_seconds(license.expires_at),
        seconds(license.response_validity),
        license.strategy.as_str(),
        entitlements_text(&license.entitlements),
        metadata_text(&license.metadata),
        license.revision,
        license.plan_id.map(|id| id.to_string()),
    ];
    if run(c, CHANGE, values)? != 1 {
        return Ok(LicenseChange::Stale);
    }
    let old = terms_of(&current.key, current.holder.as_deref(), current.plan.as_deref());
    license_term::delete(c, &old, current.organization, &license.id)?;
    let new = terms_of(&current.key, license.holder.as_deref(), license.plan.as_deref());
    license_term::insert(c, &new, license.organization, &license.id)?;
    let (id, status) = (license.id.to_string(), license.status.as_str());
    if current.organization.is_some() && current.organization != license.organization {
        // For the organization that loses it; the one that gets it reads the change.
        audit::record_in(c, current.organization, now, actor, "license.move", &id, "")?;
    }
    audit::record_in(c, license.organization, now, actor, "license.change", &id, status)?;
    Ok(LicenseChange::Done)
}

fn map(row: &mut Columns<'_>) -> Result<License> {
    let (id, key, product) =
        (row.parsed("license id")?, row.parsed("license key")?, row.parsed("product id")?);
    let (plan, holder, status) = (row.take()?, row.take()?, row.parsed("license status")?);
    let (owner, organization) = (optional_id(row)?, optional_id(row)?);
    let (allowed_activations, allowed_deactivations) = (row.optional_time()?, row.optional_time()?);
    let (live_activations, over_activations, total_activations) =
        (row.time()?, row.time()?, row.time()?);
    let (total_deactivations, over_deactivations, total_releases) =
        (row.time()?, row.time()?, row.time()?);
    let (kind, length, expires_at) = (row.text()?, row.optional_time()?, row.optional_time()?);
    Ok(License {
        id,
        key,
        product,
        plan,
        holder,
        status,
        owner,
        organization,
        allowed_activations,
        allowed_deactivations,
        live_activations,
        over_activations,
        total_activations,
        total_deactivations,
        over_deactivations,
        total_releases,
        validity: validity(&kind, length, expires_at)?,
        expires_at,
        first_activated_at: row.optional_time()?,
        response_validity: row.time()?,
        strategy: row.parsed("strategy")?,
        entitlements: row.entitlements()?,
        metadata: row.metadata()?,
        revision: row.take()?,
        created_at: row.time()?,
        plan_id: optional_id(row)?,
    })
}

fn optional_id(row: &mut Columns<'_>) -> Result<Option<Id>> {
    Ok(row.take::<Option<String>>()?.and_then(|id| id.parse().ok()))
}

pub(crate) fn validity(kind: &str, length: Option<u64>, end: Option<u64>) -> Result<Validity> {
    match (kind, length, end) {
        ("from-creation", Some(length), _) => Ok(Validity::FromCreation(length)),
        ("from-first-activation", Some(length), _) => Ok(Validity::FromFirstActivation(length)),
        ("fixed", _, Some(end)) => Ok(Validity::Fixed(end)),
        ("perpetual" | "fixed", ..) => Ok(Validity::Perpetual),
        _ => Err(StoreError::Malformed("license validity")),
    }
}
