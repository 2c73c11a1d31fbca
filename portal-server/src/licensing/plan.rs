//! What a license has otherwise than its plan, and taking the plan's values again. A plan's values are copied when a license is
//! made; from then on they are the license's own, and a plan that changes changes no license. So a license that was sold with
//! more keeps it, and who wants the new values for all says so, having seen how many that changes.
//!
//! What the validity starts with is given once and is no value to be taken again: nobody's license ends earlier by it.

use countersign_core::{Id, LicenseId, ProductId};
use countersign_store::{
    License, LicenseChange, PLAN_LICENSES_AT_ONCE, Plan, ReleaseLimits, StoreError,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Trouble;
use crate::app::App;
use crate::desk::{Of, Said, room};

/// Transactions of one call: some seconds.
const MOST_PARTS: usize = 10;
/// Licenses that are named because they could not be changed.
const MOST_NAMED: usize = 25;

/// A value that a license takes from its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum PlanValue {
    Name,
    Activations,
    Deactivations,
    ImportDays,
    Strategy,
    Features,
    Metadata,
    Maintenance,
    HighestVersion,
}

impl PlanValue {
    /// All of them.
    pub(crate) const ALL: [Self; 9] = [
        Self::Name,
        Self::Activations,
        Self::Deactivations,
        Self::ImportDays,
        Self::Strategy,
        Self::Features,
        Self::Metadata,
        Self::Maintenance,
        Self::HighestVersion,
    ];

    /// As text, in forms and keys.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Activations => "activations",
            Self::Deactivations => "deactivations",
            Self::ImportDays => "import-days",
            Self::Strategy => "strategy",
            Self::Features => "features",
            Self::Metadata => "metadata",
            Self::Maintenance => "maintenance",
            Self::HighestVersion => "highest-version",
        }
    }

    /// The value of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str() == name)
    }
}

/// A license with its limits, as this plan's values would have it.
pub(crate) fn take(
    license: &License,
    limits: &ReleaseLimits,
    plan: &Plan,
    values: &[PlanValue],
) -> (License, ReleaseLimits) {
    let (mut license, mut limits) = (license.clone(), limits.clone());
    for value in values {
        match value {
            PlanValue::Name => license.plan = Some(plan.name.clone()),
            PlanValue::Activations => license.allowed_activations = plan.allowed_activations,
            PlanValue::Deactivations => license.allowed_deactivations = plan.allowed_deactivations,
            PlanValue::ImportDays => license.response_validity = plan.response_validity,
            PlanValue::Strategy => license.strategy = plan.strategy,
            PlanValue::Features => license.entitlements = plan.entitlements.clone(),
            // What else stands there is the license's own.
            PlanValue::Metadata => license.metadata.extend(plan.metadata.clone()),
            PlanValue::Maintenance => {
                limits.maintenance_until = plan.limits(license.created_at).maintenance_until;
            }
            PlanValue::HighestVersion => limits.highest_version = plan.highest_version.clone(),
        }
    }
    (license, limits)
}

/// The values that a license has otherwise than its plan.
pub(crate) fn differing(license: &License, limits: &ReleaseLimits, plan: &Plan) -> Vec<PlanValue> {
    let same = |value: &PlanValue| {
        let (taken, terms) = take(license, limits, plan, &[*value]);
        taken == *license && terms == *limits
    };
    PlanValue::ALL.into_iter().filter(|value| !same(value)).collect()
}

/// What becomes of the licenses of a plan, or would.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Licenses that were looked at.
    pub(crate) looked: u64,
    /// Those that change.
    pub(crate) changed: u64,
    /// Those that use more than the plan allows: they stay as they are.
    pub(crate) below_use: u64,
    /// Those that would say more than fits into a response.
    pub(crate) no_room: u64,
    /// Those that somebody else changed at that moment.
    pub(crate) stale: u64,
    /// Some of those that stay as they are, though they differ.
    pub(crate) stay: Vec<LicenseId>,
}

impl Tally {
    /// Those that differ and stay as they are.
    pub(crate) fn unchanged(&self) -> u64 {
        self.below_use + self.no_room + self.stale
    }

    fn stays(&mut self, id: LicenseId) {
        if self.stay.len() < MOST_NAMED {
            self.stay.push(id);
        }
    }
}

/// Counts what taking these values would change.
///
/// # Errors
/// When the database fails.
pub(crate) async fn preview(
    app: &App,
    plan: &Plan,
    values: &[PlanValue],
) -> Result<Tally, StoreError> {
    let (mut tally, mut after) = (Tally::default(), None);
    loop {
        let part = app.store().licenses_of_plan(plan.id, after).await?;
        let Some((last, _)) = part.last() else { return Ok(tally) };
        after = Some(last.id);
        changes(app, plan, values, part, &mut tally);
        // A plan may have very many licenses: others are served in between.
        tokio::task::yield_now().await;
    }
}

/// Takes these values for the licenses of the plan after this one, a part at a time, each license whole. Where to go on, if there
/// are more. Doing it again changes nothing more.
///
/// # Errors
/// When the plan was changed since `plan` was read, or the database fails: the parts until then stay.
pub(crate) async fn apply(
    app: &App,
    plan: &Plan,
    values: &[PlanValue],
    mut after: Option<LicenseId>,
    actor: &str,
) -> Result<(Tally, Option<LicenseId>), Trouble> {
    let mut tally = Tally::default();
    for _ in 0..MOST_PARTS {
        after = apply_part(app, plan, values, after, actor, &mut tally).await?;
        if after.is_none() {
            break;
        }
    }
    Ok((tally, after))
}

/// As [`apply`], one part, which is one transaction.
///
/// # Errors
/// When the plan was changed since `plan` was read, or the database fails: nothing was changed then.
pub(crate) async fn apply_part(
    app: &App,
    plan: &Plan,
    values: &[PlanValue],
    after: Option<LicenseId>,
    actor: &str,
    tally: &mut Tally,
) -> Result<Option<LicenseId>, Trouble> {
    if app.store().plan(plan.id).await?.is_none_or(|now| now.revision != plan.revision) {
        return Err(Trouble::refused("plan-changed"));
    }
    let part = app.store().licenses_of_plan(plan.id, after).await?;
    let is_whole = part.len() == PLAN_LICENSES_AT_ONCE;
    let next = part.last().map(|(last, _)| last.id).filter(|_| is_whole);
    let changes = changes(app, plan, values, part, tally);
    let ids: Vec<LicenseId> = changes.iter().map(|(license, _)| license.id).collect();
    // Also where nothing changes: what is asked with a key is noted then.
    let done = app.store().change_limited_licenses(changes, actor, app.now()).await?;
    for (id, done) in ids.into_iter().zip(done) {
        match done {
            LicenseChange::Done => continue,
            LicenseChange::BelowUse { .. } => tally.below_use += 1,
            LicenseChange::Stale | LicenseChange::NeedsSecondPerson => tally.stale += 1,
        }
        tally.changed -= 1;
        tally.stays(id);
    }
    Ok(next)
}

/// The licenses that change, as they would be; counted are all.
fn changes(
    app: &App,
    plan: &Plan,
    values: &[PlanValue],
    part: Vec<(License, ReleaseLimits)>,
    tally: &mut Tally,
) -> Vec<(License, ReleaseLimits)> {
    let room = room(app, &plan.product, Of::License);
    let mut changes = Vec::new();
    for (license, limits) in part {
        tally.looked += 1;
        let (taken, terms) = take(&license, &limits, plan, values);
        if taken == license && terms == limits {
            continue;
        }
        if is_below_use(&taken) {
            tally.below_use += 1;
        } else if Said::of(&taken).fits(room).is_err() {
            tally.no_room += 1;
        } else {
            tally.changed += 1;
            changes.push((taken, terms));
            continue;
        }
        tally.stays(license.id);
    }
    changes
}

/// Whether it allows less than what is in use.
fn is_below_use(license: &License) -> bool {
    let below = |limit: Option<u64>, used: u64| limit.is_some_and(|limit| limit < used);
    below(license.allowed_activations, license.live_activations)
        || below(license.allowed_deactivations, license.total_deactivations)
}

/// Takes these values of the plan again for one license, as it was read.
///
/// # Errors
/// When it uses more than the plan allows, or was changed meanwhile.
pub(crate) async fn apply_to_one(
    app: &App,
    license: &License,
    plan: &Plan,
    values: &[PlanValue],
    actor: &str,
) -> Result<(), Trouble> {
    let terms = app.store().release_terms_of(&license.id).await?.ok_or(Trouble::Missing)?;
    let (taken, limits) = take(license, &terms.limits, plan, values);
    Said::of(&taken).check_room(app, &taken.product, Of::License)?;
    let changed = app.store().change_limited_license(taken, limits, actor, app.now()).await?;
    super::act::changed(changed)
}

/// The plan of this id, if it can make licenses of this product.
///
/// # Errors
/// When there is none, or it is archived.
pub(crate) async fn usable(
    app: &App,
    id: &str,
    product: Option<&ProductId>,
) -> Result<Option<Plan>, Trouble> {
    if id.is_empty() {
        return Ok(None);
    }
    let id: Id = id.parse().map_err(|_| Trouble::refused("plan-unknown"))?;
    let plan = app.store().plan(id).await?;
    let plan = plan.filter(|plan| product.is_none_or(|product| *product == plan.product));
    match plan {
        None => Err(Trouble::refused("plan-unknown")),
        Some(plan) if plan.archived => Err(Trouble::refused("plan-archived")),
        plan => Ok(plan),
    }
}
