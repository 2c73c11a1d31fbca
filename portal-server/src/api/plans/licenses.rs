//! `/api/v1/plans/{id}/licenses`: the licenses of a plan, and new ones by it.

use countersign_core::license_key::LicenseKey;
use countersign_store::{NewLicense, Plan, ReleaseLimits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::found;
use crate::api::licenses::create::{DaysFrom, import_seconds, organization, text, user, validity};
use crate::api::licenses::{MadeLicense, Shown};
use crate::api::list::Listed;
use crate::api::operation::{Answer, ById, Call, Described, Nothing, Operation};
use crate::api::products::WhichPage;
use crate::api::types::{AStrategy, AnId, Change, Count, Features, Strings, Time, metadata};
use crate::app::App;
use crate::desk::Refusal;
use crate::fields::Field;
use crate::licensing::create::{create_now, several};
use crate::problem::Problem;
use crate::release::up_to;

/// `GET`
pub(crate) fn list() -> Operation {
    Described::get("listLicensesOfPlan", "List the licenses of a plan")
        .lists()
        .refuses(&[(404, "not-found")])
        .run(listed)
}

async fn listed(call: Call<ById, WhichPage>) -> Result<Answer<Listed<Shown>>, Problem> {
    let plan = found(call.app(), call.path.id()?).await?;
    let most = call.most(call.query.limit)?;
    let after = call.place(call.query.cursor.as_deref())?;
    let after = after.and_then(|place| place.parse().ok());
    let part = call.app().store().licenses_of_plan(plan.id, after).await.map_err(Refusal::Store)?;
    let is_more = part.len() > most;
    let items: Vec<_> = part.into_iter().take(most).collect();
    let next = items.last().map(|(license, _)| license.id).filter(|_| is_more);
    let shown = items.into_iter().map(|(license, limits)| Shown::of(license, limits));
    Ok(call.page(shown.collect(), next))
}

/// Licenses to be made by a plan: what is given counts, everything else is as the plan has it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewLicensesOfPlan")]
pub(crate) struct Wanted {
    /// How many, each with a key of its own; without it one.
    #[schemars(range(min = 1, max = 1000))]
    count: Option<u64>,
    /// The plan's revision as you have read it; with another one nothing is made.
    plan_revision: Option<i64>,
    /// Who holds them, in words.
    #[schemars(length(max = 200))]
    holder: Option<String>,
    /// The user that they belong to.
    owner: Option<AnId>,
    /// The organization that they belong to.
    organization: Option<AnId>,
    /// Machines at a time; null: any number.
    #[serde(default)]
    allowed_activations: Change<Count>,
    /// Deactivations that free a seat; null: any number.
    #[serde(default)]
    allowed_deactivations: Change<Count>,
    /// When they end; not together with `days`.
    expires_at: Option<Time>,
    /// How many days they last, from `days_from` on.
    days: Option<Count>,
    /// What the days start with; without it the creation.
    days_from: Option<DaysFrom>,
    /// Days within which a response must be installed.
    #[schemars(range(min = 1, max = 365))]
    import_days: Option<u64>,
    /// How closely their machines are recognised.
    strategy: Option<AStrategy>,
    /// Features, all of them.
    entitlements: Option<Features>,
    /// Further strings beside those of the plan.
    #[schemars(extend("maxProperties" = 50))]
    metadata: Option<Strings>,
    /// The last time whose releases they may run; null: as long as the license.
    #[serde(default)]
    maintenance_until: Change<Time>,
    /// The highest version that they may run, `2.x` is all of 2; null: any.
    #[serde(default)]
    highest_version: Change<String>,
}

/// What was made.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MadeLicenses {
    /// The licenses: all that were asked for.
    licenses: Vec<MadeLicense>,
}

/// `POST`
pub(crate) fn create() -> Operation {
    Described::post("createLicensesOfPlan", "Create licenses by a plan")
        .more("One, or up to 1000 that say the same: all of them or none. The answer has no keys: they are read with another scope.")
        .creates()
        .refuses(&[
            (403, "second-person-needed"),
            (404, "not-found"),
            (409, "conflict"),
            (412, "changed-meanwhile"),
            (422, "unfit-value"),
        ])
        .example(|| json!({"count": 3, "holder": "Jane"}))
        .run(created)
}

async fn created(call: Call<ById, Nothing, Wanted>) -> Result<Answer<MadeLicenses>, Problem> {
    let (app, wanted) = (call.app(), call.body.clone());
    let plan = found(app, call.path.id()?).await?;
    if wanted.plan_revision.is_some_and(|read| read != plan.revision) {
        return Err(Problem::changed_meanwhile());
    }
    if plan.archived {
        return Err(Problem::conflict("plan-archived"));
    }
    let count = wanted.count.unwrap_or(1);
    let (new, limits) = wanted.over(app, &plan).await?;
    let licenses = several(app, new, limits, Some(&plan), count)?;
    let subject = match licenses.keys.as_slice() {
        [one] => format!("/api/v1/licenses/{}", one.id()),
        _ => format!("/api/v1/plans/{}/licenses", plan.id),
    };
    let made = create_now(&call.writing(&subject), licenses, &call.actor()).await?;
    let licenses = made.iter().map(|made| MadeLicense::of(&made.key)).collect();
    Ok(Answer::made(MadeLicenses { licenses }, &subject))
}

impl Wanted {
    /// What the licenses say: the plan, and over it what is wanted.
    async fn over(self, app: &App, plan: &Plan) -> Result<(NewLicense, ReleaseLimits), Problem> {
        let (number, now) = (|count: Option<Count>| count.map(|count| count.0), app.now());
        let of_plan = plan.limits(now);
        let limits = ReleaseLimits {
            maintenance_until: self
                .maintenance_until
                .over(of_plan.maintenance_until, |at| at.map(|at| at.0)),
            highest_version: self.highest_version.over(Ok(of_plan.highest_version), |v| {
                v.as_deref().map(up_to::highest).transpose()
            })?,
        };
        let validity = match (self.expires_at, self.days, self.days_from) {
            (None, None, None) => plan.validity,
            (expires_at, days, from) => validity(expires_at, days, from, now)?,
        };
        let mut all = plan.metadata.clone();
        all.extend(metadata(self.metadata.unwrap_or_default())?);
        let new = NewLicense {
            key: LicenseKey::generate(&mut app.rng()),
            product: plan.product.clone(),
            plan: Some(plan.name.clone()),
            holder: text(Field::Holder, self.holder.as_deref())?,
            owner: user(app, self.owner.as_ref()).await?,
            organization: organization(app, self.organization.as_ref()).await?,
            allowed_activations: self.allowed_activations.over(plan.allowed_activations, number),
            allowed_deactivations: self
                .allowed_deactivations
                .over(plan.allowed_deactivations, number),
            validity,
            response_validity: match self.import_days {
                Some(days) => import_seconds(days)?,
                None => plan.response_validity,
            },
            strategy: self.strategy.map_or(plan.strategy, |strategy| strategy.0),
            entitlements: match self.entitlements {
                Some(features) => features.checked()?,
                None => plan.entitlements.clone(),
            },
            metadata: all,
        };
        Ok((new, limits))
    }
}
