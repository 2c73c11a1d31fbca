//! Plans: templates of licenses. What a license is made with is copied; it may have other values then, and changing the plan
//! changes no license by itself.

use crate::engine::Connection;
use countersign_core::fingerprint::Strategy;
use countersign_core::release::VersionName;
use countersign_core::{Id, ProductId, UnixSeconds};

use crate::error::Result;
use crate::license::{self, Validity};
use crate::metadata::{Metadata, metadata_text};
use crate::organization::folded;
use crate::release_terms::{self, ReleaseLimits};
use crate::row::{Columns, Entitlements, entitlements_text, optional_seconds, seconds};
use crate::{Store, audit, find, list, product, run};

const INSERT: &str = "INSERT INTO plan (id, product_id, name, name_folded, allowed_activations, allowed_deactivations, \
    validity, validity_seconds, response_validity, strategy, entitlements, metadata, maintenance_days, highest_version, \
    status, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) \
    ON CONFLICT (product_id, name_folded) DO NOTHING";
const CHANGE: &str = "UPDATE plan SET name = ?2, name_folded = ?3, allowed_activations = ?4, allowed_deactivations = ?5, \
    validity = ?6, validity_seconds = ?7, response_validity = ?8, strategy = ?9, entitlements = ?10, metadata = ?11, \
    maintenance_days = ?12, highest_version = ?13, status = ?14, revision = revision + 1 \
    WHERE id = ?1 AND revision = ?15";
const FIND: &str = "SELECT id, product_id, name, allowed_activations, allowed_deactivations, validity, validity_seconds, \
    response_validity, strategy, entitlements, metadata, maintenance_days, highest_version, status, revision, created_at \
    FROM plan WHERE id = ?1";
const NAMED: &str = "SELECT id, product_id, name, allowed_activations, allowed_deactivations, validity, validity_seconds, \
    response_validity, strategy, entitlements, metadata, maintenance_days, highest_version, status, revision, created_at \
    FROM plan WHERE product_id = ?1 AND name_folded = ?2";
const ALL: &str = "SELECT id, product_id, name, allowed_activations, allowed_deactivations, validity, validity_seconds, \
    response_validity, strategy, entitlements, metadata, maintenance_days, highest_version, status, revision, created_at \
    FROM plan ORDER BY status, product_id, name_folded LIMIT ?1";
const TAKEN: &str = "SELECT id FROM plan WHERE product_id = ?1 AND name_folded = ?2 AND id <> ?3";
const COUNT: &str = "SELECT COUNT(*) FROM plan";

/// So many plans there may be: a page shows all of them.
pub const MOST_PLANS: u32 = 1000;

/// A template of licenses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: Id,
    /// What its licenses are for; it never changes.
    pub product: ProductId,
    /// Its name, once in a product, in whatever case.
    pub name: String,
    /// Machines at a time; `None`: any number.
    pub allowed_activations: Option<u64>,
    /// Deactivations that free a seat; `None`: any number.
    pub allowed_deactivations: Option<u64>,
    /// What the validity starts with; never a fixed end.
    pub validity: Validity,
    /// Seconds within which a response must be installed.
    pub response_validity: u64,
    /// How machines are bound.
    pub strategy: Strategy,
    /// Features.
    pub entitlements: Entitlements,
    /// Further strings.
    pub metadata: Metadata,
    /// Days of maintenance from a license's creation; `None`: as long as the license.
    pub maintenance_days: Option<u64>,
    /// Versions up to this one; `None`: all.
    pub highest_version: Option<VersionName>,
    /// Nothing new is made by it.
    pub archived: bool,
    /// Changes with everything above.
    pub revision: i64,
    /// When it was created.
    pub created_at: UnixSeconds,
}

/// How creating or changing a plan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanChange {
    /// It is done.
    Done,
    /// There is no such product.
    UnknownProduct,
    /// A plan of the product has this name.
    NameTaken,
    /// Somebody else changed it since it was read, or it does not exist.
    Stale,
    /// There are as many as there may be.
    TooMany,
}

impl Plan {
    /// Up to where a license that is created at `created_at` goes in releases.
    pub fn limits(&self, created_at: UnixSeconds) -> ReleaseLimits {
        ReleaseLimits {
            maintenance_until: self.maintenance_days.map(|days| created_at + days * 86_400),
            highest_version: self.highest_version.clone(),
        }
    }
}

impl Store {
    /// Creates a plan.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_plan(
        &self,
        plan: Plan,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<PlanChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            if product::find_product(c, &plan.product)?.is_none() {
                return Ok(PlanChange::UnknownProduct);
            }
            if find(c, COUNT, [], |row| row.time())?.unwrap_or(0) >= u64::from(MOST_PLANS) {
                return Ok(PlanChange::TooMany);
            }
            let (validity, length, _) = license::validity_columns(plan.validity, now);
            let values = crate::engine::params::params![
                plan.id.to_string(),
                plan.product.as_str(),
                plan.name,
                folded(&plan.name),
                optional_seconds(plan.allowed_activations),
                optional_seconds(plan.allowed_deactivations),
                validity,
                optional_seconds(length),
                seconds(plan.response_validity),
                plan.strategy.as_str(),
                entitlements_text(&plan.entitlements),
                metadata_text(&plan.metadata),
                optional_seconds(plan.maintenance_days),
                plan.highest_version.as_ref().map(VersionName::as_str),
                status(&plan),
                seconds(now),
            ];
            if run(c, INSERT, values)? != 1 {
                return Ok(PlanChange::NameTaken);
            }
            audit::record(c, now, &actor, "plan.create", &plan.id.to_string(), &plan.name)?;
            Ok(PlanChange::Done)
        })
        .await
    }

    /// Changes a plan, all but its product. `plan.revision` must be the one that was read. No license changes by it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_plan(
        &self,
        plan: Plan,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<PlanChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            let id = plan.id.to_string();
            let name = folded(&plan.name);
            if find(c, TAKEN, (plan.product.as_str(), &name, &id), |_| Ok(()))?.is_some() {
                return Ok(PlanChange::NameTaken);
            }
            let (validity, length, _) = license::validity_columns(plan.validity, now);
            let values = crate::engine::params::params![
                id,
                plan.name,
                name,
                optional_seconds(plan.allowed_activations),
                optional_seconds(plan.allowed_deactivations),
                validity,
                optional_seconds(length),
                seconds(plan.response_validity),
                plan.strategy.as_str(),
                entitlements_text(&plan.entitlements),
                metadata_text(&plan.metadata),
                optional_seconds(plan.maintenance_days),
                plan.highest_version.as_ref().map(VersionName::as_str),
                status(&plan),
                plan.revision,
            ];
            if run(c, CHANGE, values)? != 1 {
                return Ok(PlanChange::Stale);
            }
            let action = if plan.archived { "plan.archive" } else { "plan.change" };
            audit::record(c, now, &actor, action, &plan.id.to_string(), &plan.name)?;
            Ok(PlanChange::Done)
        })
        .await
    }

    /// The plan with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn plan(&self, id: Id) -> Result<Option<Plan>> {
        self.read(|c| find_plan(c, id))
    }

    /// The plan of this product with this name, in any case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn plan_named(&self, product: &ProductId, name: &str) -> Result<Option<Plan>> {
        self.read(|c| find(c, NAMED, (product.as_str(), folded(name)), map))
    }

    /// All plans: those in use first, by product and name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn plans(&self) -> Result<Vec<Plan>> {
        self.read(|c| list(c, ALL, [MOST_PLANS], map))
    }
}

fn status(plan: &Plan) -> &'static str {
    if plan.archived { "archived" } else { "active" }
}

pub(crate) fn find_plan(c: &Connection, id: Id) -> Result<Option<Plan>> {
    find(c, FIND, [id.to_string()], map)
}

fn map(row: &mut Columns<'_>) -> Result<Plan> {
    let (id, product, name) = (row.parsed("plan id")?, row.parsed("product id")?, row.text()?);
    let (allowed_activations, allowed_deactivations) = (row.optional_time()?, row.optional_time()?);
    let (kind, length) = (row.text()?, row.optional_time()?);
    Ok(Plan {
        id,
        product,
        name,
        allowed_activations,
        allowed_deactivations,
        validity: license::validity(&kind, length, None)?,
        response_validity: row.time()?,
        strategy: row.parsed("strategy")?,
        entitlements: row.entitlements()?,
        metadata: row.metadata()?,
        maintenance_days: row.optional_time()?,
        highest_version: release_terms::optional_version(row)?,
        archived: row.text()? == "archived",
        revision: row.take()?,
        created_at: row.time()?,
    })
}
