//! `/api/v1/plans/{id}/preview` and `…/apply`: taking a plan's values again for all of its licenses, a part at a time.

use countersign_store::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::found;
use crate::api::operation::{Answer, ById, Call, Described, Nothing, Operation};
use crate::api::types::ALicenseId;
use crate::desk::Refusal;
use crate::licensing::plan::{PlanValue, Tally, apply_part, preview as tally_of};
use crate::problem::Problem;

/// Which values are taken.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlanValues")]
pub(crate) struct Asked {
    /// The values; licenses that were given other ones of these lose them.
    #[schemars(length(min = 1))]
    values: Vec<PlanValue>,
}

/// Which values are taken, and where to go on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlanApplication")]
pub(crate) struct Wanted {
    /// The values; licenses that were given other ones of these lose them.
    #[schemars(length(min = 1))]
    values: Vec<PlanValue>,
    /// The plan's revision as the preview said it; with another one nothing is changed.
    plan_revision: Option<i64>,
    /// Only licenses after this one: `next` of the answer before.
    after: Option<ALicenseId>,
}

/// What becomes of the licenses of a plan, or would.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PlanTally {
    /// The plan's revision.
    plan_revision: i64,
    /// Licenses that were looked at.
    looked_at: u64,
    /// Those that change.
    changed: u64,
    /// Those that use more than the plan allows: they stay as they are.
    below_use: u64,
    /// Those that would say more than fits into a response: they stay as they are.
    no_room: u64,
    /// Those that somebody else changed at that moment: they stay as they are.
    changed_meanwhile: u64,
    /// Some of those that stay as they are, though they differ.
    unchanged: Vec<ALicenseId>,
    /// `after` of the next request; null: all of them were looked at.
    next: Option<ALicenseId>,
}

impl PlanTally {
    fn of(plan: &Plan, tally: Tally, next: Option<ALicenseId>) -> Self {
        Self {
            plan_revision: plan.revision,
            looked_at: tally.looked,
            changed: tally.changed,
            below_use: tally.below_use,
            no_room: tally.no_room,
            changed_meanwhile: tally.stale,
            unchanged: tally.stay.into_iter().map(ALicenseId).collect(),
            next,
        }
    }
}

/// Each once, in the order in which they are shown.
pub(in crate::api) fn chosen(values: &[PlanValue]) -> Result<Vec<PlanValue>, Problem> {
    let chosen = PlanValue::ALL.into_iter().filter(|value| values.contains(value));
    let chosen: Vec<_> = chosen.collect();
    if chosen.is_empty() { Err(Problem::unfit("plan-apply-values")) } else { Ok(chosen) }
}

/// `POST`
pub(crate) fn preview() -> Operation {
    Described::post(
        "previewPlan",
        "Show what taking a plan's values for all of its licenses would change",
    )
    .more("Nothing is changed.")
    .refuses(&[(404, "not-found"), (422, "unfit-value")])
    .example(|| json!({"values": ["activations"]}))
    .run(previewed)
}

async fn previewed(call: Call<ById, Nothing, Asked>) -> Result<Answer<PlanTally>, Problem> {
    let plan = found(call.app(), call.path.id()?).await?;
    let values = chosen(&call.body.values)?;
    let tally = tally_of(call.app(), &plan, &values).await.map_err(Refusal::Store)?;
    Ok(Answer::shown(PlanTally::of(&plan, tally, None)))
}

/// `POST`
pub(crate) fn apply() -> Operation {
    Described::post("applyPlan", "Take a plan's values for its licenses")
        .more("For 200 licenses at a time, each whole: go on with `after` until `next` is null. The validity of no license changes; machines learn of the rest with their next response.")
        .refuses(&[(404, "not-found"), (412, "changed-meanwhile"), (422, "unfit-value")])
        .example(|| json!({"values": ["activations"]}))
        .run(applied)
}

async fn applied(call: Call<ById, Nothing, Wanted>) -> Result<Answer<PlanTally>, Problem> {
    let plan = found(call.app(), call.path.id()?).await?;
    let (values, wanted) = (chosen(&call.body.values)?, &call.body);
    if wanted.plan_revision.is_some_and(|read| read != plan.revision) {
        return Err(Problem::changed_meanwhile());
    }
    let after = wanted.after.as_ref().map(|ALicenseId(id)| *id);
    let writing = call.writing(&format!("/api/v1/plans/{}", plan.id));
    let mut tally = Tally::default();
    let next = apply_part(&writing, &plan, &values, after, &call.actor(), &mut tally).await?;
    Ok(Answer::shown(PlanTally::of(&plan, tally, next.map(ALicenseId))))
}
