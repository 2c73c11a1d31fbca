//! `/api/v1/licenses/{id}/plan`: what a license has otherwise than a plan, and taking the plan's values.

use countersign_store::{License, Plan, ReleaseLimits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{DAY, Shown, shown, visible};
use crate::api::operation::{Answer, ById, Call, Described, Nothing, Operation};
use crate::api::plans::apply::chosen;
use crate::api::types::{AnId, Features, Time, strings};
use crate::desk::Refusal;
use crate::licensing::plan::{PlanValue, apply_to_one, differing, take, usable};
use crate::problem::Problem;

/// Which plan.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// A plan of the license's product; without it the license's own.
    plan: Option<AnId>,
}

/// What a license has otherwise than a plan.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PlanDifferences {
    /// The plan.
    plan: AnId,
    /// Its name.
    name: String,
    /// Its revision.
    plan_revision: i64,
    /// The values that differ.
    differs: Vec<PlanDifference>,
}

/// A value that a license has otherwise than a plan.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PlanDifference {
    /// Which.
    value: PlanValue,
    /// As the license has it.
    here: Value,
    /// As it would be by the plan.
    by_plan: Value,
}

/// `GET`
pub(crate) fn differences() -> Operation {
    Described::get("comparePlan", "Show what a license has otherwise than its plan")
        .more("What its validity starts with is given once and is not compared.")
        .refuses(&[(404, "not-found"), (409, "conflict"), (422, "unfit-value")])
        .run(compared)
}

async fn compared(call: Call<ById, Which>) -> Result<Answer<PlanDifferences>, Problem> {
    let license = visible(&call, &call.path.id()?).await?;
    let plan = plan_for(&call, &license, call.query.plan.as_ref()).await?;
    let limits = limits_of(&call, &license).await?;
    let (taken, terms) = take(&license, &limits, &plan, &PlanValue::ALL);
    let difference = |value: PlanValue| PlanDifference {
        value,
        here: in_json(value, &license, &limits),
        by_plan: in_json(value, &taken, &terms),
    };
    let differs = differing(&license, &limits, &plan).into_iter().map(difference).collect();
    Ok(Answer::shown(PlanDifferences {
        plan: AnId(plan.id),
        name: plan.name,
        plan_revision: plan.revision,
        differs,
    }))
}

/// The plan that is named, or the license's own: it may be archived, and then gives nothing.
async fn plan_for<P, Q, B>(
    call: &Call<P, Q, B>,
    license: &License,
    named: Option<&AnId>,
) -> Result<Plan, Problem> {
    let id = named.map(|AnId(id)| *id).or(license.plan_id);
    let id = id.ok_or_else(|| Problem::conflict("license-without-plan"))?;
    let found = call.app().store().plan(id).await.map_err(Refusal::Store)?;
    let found = found.filter(|plan| plan.product == license.product);
    found.ok_or_else(|| Problem::unfit("plan-unknown"))
}

async fn limits_of<P, Q, B>(
    call: &Call<P, Q, B>,
    license: &License,
) -> Result<ReleaseLimits, Problem> {
    let terms = call.app().store().release_terms_of(&license.id).await.map_err(Refusal::Store)?;
    Ok(terms.map(|terms| terms.limits).unwrap_or_default())
}

fn in_json(value: PlanValue, license: &License, limits: &ReleaseLimits) -> Value {
    match value {
        PlanValue::Name => json!(license.plan),
        PlanValue::Activations => json!(license.allowed_activations),
        PlanValue::Deactivations => json!(license.allowed_deactivations),
        PlanValue::ImportDays => json!(license.response_validity / DAY),
        PlanValue::Strategy => json!(license.strategy.as_str()),
        PlanValue::Features => json!(Features(license.entitlements.clone())),
        PlanValue::Metadata => json!(strings(&license.metadata)),
        PlanValue::Maintenance => json!(limits.maintenance_until.map(Time)),
        PlanValue::HighestVersion => {
            json!(limits.highest_version.as_ref().map(ToString::to_string))
        }
    }
}

/// The values of which plan a license takes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlanToTake")]
pub(crate) struct Wanted {
    /// A plan of the license's product, which is its plan from then on; without it the license's own.
    plan: Option<AnId>,
    /// The plan's revision as you have read it; with another one nothing is changed.
    plan_revision: Option<i64>,
    /// Which values; without it all of them.
    #[schemars(length(min = 1))]
    values: Option<Vec<PlanValue>>,
}

/// `POST`
pub(crate) fn apply() -> Operation {
    Described::post("takePlan", "Take a plan's values for a license")
        .more("Its validity stays as it is. Machines learn of the rest with their next response.")
        .revised()
        .refuses(&[
            (403, "second-person-needed"),
            (404, "not-found"),
            (409, "conflict"),
            (412, "changed-meanwhile"),
            (422, "unfit-value"),
        ])
        .example(|| json!({"values": ["activations", "features"]}))
        .run(applied)
}

async fn applied(call: Call<ById, Nothing, Wanted>) -> Result<Answer<Shown>, Problem> {
    let (id, wanted_revision, wanted) = (call.path.id()?, call.revision()?, &call.body);
    let license = visible(&call, &id).await?;
    if wanted_revision.is_some_and(|wanted| wanted != license.revision) {
        return Err(Problem::changed_meanwhile());
    }
    let plan = plan_for(&call, &license, wanted.plan.as_ref()).await?;
    let usable = usable(call.app(), &plan.id.to_string(), Some(&license.product)).await?;
    let plan = usable.ok_or_else(|| Problem::unfit("plan-unknown"))?;
    if wanted.plan_revision.is_some_and(|read| read != plan.revision) {
        return Err(Problem::changed_meanwhile());
    }
    let values = match &wanted.values {
        Some(values) => chosen(values)?,
        None => PlanValue::ALL.into(),
    };
    let license = License { plan_id: Some(plan.id), ..license };
    let writing = call.writing(&format!("/api/v1/licenses/{id}"));
    apply_to_one(&writing, &license, &plan, &values, &call.actor()).await?;
    shown(&call, &id).await
}
