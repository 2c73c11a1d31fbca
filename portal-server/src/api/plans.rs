//! `/api/v1/plans`: templates of licenses. What a license is made with is its own from then on: changing a plan changes none.

pub(crate) mod apply;
pub(crate) mod licenses;

use countersign_core::Id;
use countersign_core::fingerprint::Strategy;
use countersign_store::{Plan, PlanChange, Validity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::licenses::DAY;
use super::licenses::create::{DaysFrom, import_seconds, validity};
use super::list::Listed;
use super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::types::{
    AProductId, AStrategy, AVersion, AnId, Change, Count, Features, Strings, Time, metadata,
    strings,
};
use crate::app::App;
use crate::desk::{Of, Refusal, Said};
use crate::fields::Field;
use crate::problem::Problem;
use crate::release::up_to;

/// How often a plan that changes meanwhile is read again, where no revision was named.
const TRIES: usize = 3;

/// A template of licenses.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Plan")]
pub(crate) struct Shown {
    /// Its id.
    id: AnId,
    /// What its licenses are for.
    product: AProductId,
    /// Its name, once in a product.
    name: String,
    /// Machines at a time; null: any number.
    allowed_activations: Option<u64>,
    /// Deactivations that free a seat; null: any number.
    allowed_deactivations: Option<u64>,
    /// How many days its licenses last; null: they are perpetual.
    days: Option<u64>,
    /// What the days start with.
    days_from: Option<DaysFrom>,
    /// Days within which a response must be installed.
    import_days: u64,
    /// How closely machines are recognised.
    strategy: AStrategy,
    /// Features.
    entitlements: Features,
    /// Further strings, for the app and for people.
    metadata: Strings,
    /// Days of maintenance from a license's creation; null: as long as the license.
    maintenance_days: Option<u64>,
    /// The highest version that its licenses may run, `2.x` is all of 2; null: any.
    highest_version: Option<AVersion>,
    /// Nothing new is made by an archived plan.
    archived: bool,
    /// Changes with everything above: `If-Match` takes it.
    revision: i64,
    /// When it was created.
    created_at: Time,
}

impl From<Plan> for Shown {
    fn from(plan: Plan) -> Self {
        let (days, days_from) = days(plan.validity);
        Self {
            id: AnId(plan.id),
            product: AProductId(plan.product),
            name: plan.name,
            allowed_activations: plan.allowed_activations,
            allowed_deactivations: plan.allowed_deactivations,
            days,
            days_from,
            import_days: plan.response_validity / DAY,
            strategy: AStrategy(plan.strategy),
            entitlements: Features(plan.entitlements),
            metadata: strings(&plan.metadata),
            maintenance_days: plan.maintenance_days,
            highest_version: plan.highest_version.map(AVersion),
            archived: plan.archived,
            revision: plan.revision,
            created_at: Time(plan.created_at),
        }
    }
}

fn days(validity: Validity) -> (Option<u64>, Option<DaysFrom>) {
    match validity {
        // A plan has no fixed end.
        Validity::Perpetual | Validity::Fixed(_) => (None, None),
        Validity::FromCreation(length) => (Some(length / DAY), Some(DaysFrom::Creation)),
        Validity::FromFirstActivation(length) => {
            (Some(length / DAY), Some(DaysFrom::FirstActivation))
        }
    }
}

/// Which plans.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Items of a page.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Where it begins: `next` of the page before.
    cursor: Option<String>,
    /// Only those of this product.
    product: Option<AProductId>,
    /// Only those that are archived, or only those that are not.
    archived: Option<bool>,
}

/// `GET`
pub(crate) fn list() -> Operation {
    Described::get("listPlans", "List plans").lists().run(listed)
}

async fn listed(call: Call<Nothing, Which>) -> Result<Answer<Listed<Shown>>, Problem> {
    let (asked, most) = (&call.query, call.most(call.query.limit)?);
    let after = call.place(asked.cursor.as_deref())?.unwrap_or_default();
    // There are a thousand at most.
    let mut plans = call.app().store().plans().await.map_err(Refusal::Store)?;
    plans.retain(|plan| {
        asked.product.as_ref().is_none_or(|product| product.0 == plan.product)
            && asked.archived.is_none_or(|archived| archived == plan.archived)
            && plan.id.to_string() > after
    });
    plans.sort_by_key(|plan| plan.id.to_string());
    let is_more = plans.len() > most;
    plans.truncate(most);
    let next = plans.last().map(|plan| plan.id).filter(|_| is_more);
    Ok(call.page(plans.into_iter().map(Shown::from).collect(), next))
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call<ById>| shown(call.app(), call.path.id()?).await;
    Described::get("getPlan", "Show a plan").revised().refuses(&[(404, "not-found")]).run(run)
}

async fn shown(app: &App, id: Id) -> Result<Answer<Shown>, Problem> {
    let plan = found(app, id).await?;
    let revision = plan.revision;
    Ok(Answer::shown(Shown::from(plan)).revised(revision))
}

pub(super) async fn found(app: &App, id: Id) -> Result<Plan, Problem> {
    let plan = app.store().plan(id).await.map_err(Refusal::Store)?;
    plan.ok_or_else(Problem::not_found)
}

/// A plan to be created. Without `days` its licenses are perpetual.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPlan {
    /// What its licenses are for; it stays.
    product: AProductId,
    /// Its name, once in a product.
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// Machines at a time; without it any number.
    allowed_activations: Option<Count>,
    /// Deactivations that free a seat; without it any number.
    allowed_deactivations: Option<Count>,
    /// How many days its licenses last, from `days_from` on.
    days: Option<Count>,
    /// What the days start with; without it the creation.
    days_from: Option<DaysFrom>,
    /// Days within which a response must be installed; without it 14.
    #[schemars(range(min = 1, max = 365))]
    import_days: Option<u64>,
    /// How closely machines are recognised; without it `fuzzy`.
    strategy: Option<AStrategy>,
    /// Features.
    #[serde(default)]
    entitlements: Features,
    /// Further strings, for the app and for people.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 50))]
    metadata: Strings,
    /// Days of maintenance from a license's creation; without it as long as the license.
    maintenance_days: Option<Count>,
    /// The highest version that its licenses may run, `2.x` is all of 2; without it any.
    highest_version: Option<String>,
}

/// `POST`
pub(crate) fn create() -> Operation {
    Described::post("createPlan", "Create a plan")
        .creates()
        .refuses(&[(409, "conflict"), (422, "unfit-value")])
        .example(|| json!({"product": "acme-cad", "name": "Team", "allowed_activations": 10, "days": 365, "days_from": "first-activation"}))
        .run(created)
}

async fn created(call: Call<Nothing, Nothing, NewPlan>) -> Result<Answer<Shown>, Problem> {
    let (app, body) = (call.app(), call.body.clone());
    let highest_version = body.highest_version.as_deref().map(up_to::highest).transpose()?;
    let plan = Plan {
        id: app.random_id(),
        product: body.product.0,
        name: named(&body.name)?,
        allowed_activations: body.allowed_activations.map(|count| count.0),
        allowed_deactivations: body.allowed_deactivations.map(|count| count.0),
        validity: validity(None, body.days, body.days_from, app.now())?,
        response_validity: import_seconds(body.import_days.unwrap_or(14))?,
        strategy: body.strategy.map_or(Strategy::Fuzzy, |strategy| strategy.0),
        entitlements: body.entitlements.checked()?,
        metadata: metadata(body.metadata)?,
        maintenance_days: some_days(body.maintenance_days),
        highest_version,
        archived: false,
        revision: 1,
        created_at: app.now(),
    };
    check_room(app, &plan)?;
    let subject = format!("/api/v1/plans/{}", plan.id);
    let (id, writing) = (plan.id, call.writing(&subject));
    let created = writing.store().create_plan(plan, &call.actor(), app.now()).await;
    done(created.map_err(Refusal::Store)?)?;
    let plan = found(app, id).await?;
    let revision = plan.revision;
    Ok(Answer::made(Shown::from(plan), &subject).revised(revision))
}

fn named(name: &str) -> Result<String, Problem> {
    let name = Field::Plan.check(name)?;
    if name.is_empty() { Err(Problem::unfit("plan-name-needed")) } else { Ok(name.to_owned()) }
}

fn some_days(days: Option<Count>) -> Option<u64> {
    days.map(|days| days.0).filter(|days| *days > 0)
}

/// Whether what its licenses say fits into a response.
fn check_room(app: &App, plan: &Plan) -> Result<(), Problem> {
    let said = Said {
        plan: Some(&plan.name),
        holder: None,
        entitlements: Some(&plan.entitlements),
        metadata: Some(&plan.metadata),
    };
    Ok(said.check_room(app, &plan.product, Of::License)?)
}

fn done(change: PlanChange) -> Result<(), Problem> {
    Err(match change {
        PlanChange::Done => return Ok(()),
        PlanChange::UnknownProduct => Problem::unfit("product-unknown"),
        PlanChange::NameTaken => Problem::conflict("plan-name-taken"),
        PlanChange::TooMany => Problem::conflict("plan-too-many"),
        PlanChange::Stale => Problem::changed_meanwhile(),
    })
}

/// What is to be changed of a plan: a member that is left out stays, null empties it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlanChange")]
pub(crate) struct Wanted {
    /// Its name, once in a product.
    #[schemars(length(min = 1, max = 100))]
    name: Option<String>,
    /// Machines at a time; null: any number.
    #[serde(default)]
    allowed_activations: Change<Count>,
    /// Deactivations that free a seat; null: any number.
    #[serde(default)]
    allowed_deactivations: Change<Count>,
    /// How many days its licenses last; null: they are perpetual.
    #[serde(default)]
    days: Change<Count>,
    /// What the days start with.
    days_from: Option<DaysFrom>,
    /// Days within which a response must be installed.
    #[schemars(range(min = 1, max = 365))]
    import_days: Option<u64>,
    /// How closely machines are recognised.
    strategy: Option<AStrategy>,
    /// Features, all of them.
    entitlements: Option<Features>,
    /// Further strings, all of them.
    #[schemars(extend("maxProperties" = 50))]
    metadata: Option<Strings>,
    /// Days of maintenance from a license's creation; null: as long as the license.
    #[serde(default)]
    maintenance_days: Change<Count>,
    /// The highest version that its licenses may run, `2.x` is all of 2; null: any.
    #[serde(default)]
    highest_version: Change<String>,
    /// Nothing new is made by an archived plan.
    archived: Option<bool>,
}

/// `PATCH`
pub(crate) fn change() -> Operation {
    Described::patch("changePlan", "Change a plan")
        .more("Licenses that were made by it stay as they are. A plan is archived, not deleted: its licenses name it.")
        .revised()
        .refuses(&[
            (404, "not-found"),
            (409, "conflict"),
            (412, "changed-meanwhile"),
            (422, "unfit-value"),
        ])
        .example(|| json!({"allowed_activations": 10}))
        .run(changed)
}

async fn changed(call: Call<ById, Nothing, Wanted>) -> Result<Answer<Shown>, Problem> {
    let (id, wanted_revision) = (call.path.id()?, call.revision()?);
    let app = call.writing(&format!("/api/v1/plans/{id}"));
    for _ in 0..TRIES {
        let mut plan = found(call.app(), id).await?;
        if wanted_revision.is_some_and(|wanted| wanted != plan.revision) {
            break;
        }
        call.body.clone().apply(&mut plan, app.now())?;
        check_room(call.app(), &plan)?;
        let change = app.store().change_plan(plan, &call.actor(), app.now()).await;
        match change.map_err(Refusal::Store)? {
            PlanChange::Stale => {}
            change => {
                done(change)?;
                return shown(call.app(), id).await;
            }
        }
    }
    Err(Problem::changed_meanwhile())
}

impl Wanted {
    /// Makes the plan what it is to be.
    fn apply(self, plan: &mut Plan, now: u64) -> Result<(), Problem> {
        if let Some(name) = &self.name {
            plan.name = named(name)?;
        }
        let number = |count: Option<Count>| count.map(|count| count.0);
        plan.allowed_activations = self.allowed_activations.over(plan.allowed_activations, number);
        plan.allowed_deactivations =
            self.allowed_deactivations.over(plan.allowed_deactivations, number);
        let (length, from) = days(plan.validity);
        let (length, from) = match self.days {
            Change::Keep => (length.map(Count), self.days_from.or(from)),
            // What they start with goes with the days.
            Change::Set(None) => (None, self.days_from),
            Change::Set(length) => (length, self.days_from.or(from)),
        };
        plan.validity = validity(None, length, from, now)?;
        if let Some(days) = self.import_days {
            plan.response_validity = import_seconds(days)?;
        }
        plan.strategy = self.strategy.map_or(plan.strategy, |strategy| strategy.0);
        if let Some(features) = self.entitlements {
            plan.entitlements = features.checked()?;
        }
        if let Some(strings) = self.metadata {
            plan.metadata = metadata(strings)?;
        }
        plan.maintenance_days = self.maintenance_days.over(plan.maintenance_days, some_days);
        let before = plan.highest_version.take();
        plan.highest_version = self
            .highest_version
            .over(Ok(before), |version| version.as_deref().map(up_to::highest).transpose())?;
        plan.archived = self.archived.unwrap_or(plan.archived);
        Ok(())
    }
}
