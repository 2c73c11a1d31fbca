//! `POST /api/v1/licenses`

use countersign_core::Id;
use countersign_core::license_key::LicenseKey;
use countersign_store::{NewLicense as Stored, ReleaseLimits, Validity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{DAY, Shown, with_limits};
use crate::api::operation::{Answer, Call, Described, Nothing, Operation};
use crate::api::types::{AProductId, AStrategy, AnId, Count, Features, Strings, Time, metadata};
use crate::app::App;
use crate::desk::{Of, Refusal, Said};
use crate::fields::Field;
use crate::problem::Problem;
use crate::release::up_to;

/// A license to be created. Without `expires_at` and `days` it is perpetual.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLicense {
    /// What may run.
    product: AProductId,
    /// The plan's name.
    #[schemars(length(max = 100))]
    plan: Option<String>,
    /// Who holds it, in words.
    #[schemars(length(max = 200))]
    holder: Option<String>,
    /// The user that it belongs to.
    owner: Option<AnId>,
    /// The organization that it belongs to.
    organization: Option<AnId>,
    /// Machines at a time; without it any number.
    allowed_activations: Option<Count>,
    /// Deactivations that free a seat; without it any number.
    allowed_deactivations: Option<Count>,
    /// When it ends; not together with `days`.
    expires_at: Option<Time>,
    /// How many days it lasts, from `days_from` on.
    days: Option<Count>,
    /// What the days start with; without it the creation.
    days_from: Option<DaysFrom>,
    /// Days within which a response must be installed; without it 14.
    #[schemars(range(min = 1, max = 365))]
    import_days: Option<u64>,
    /// How closely its machines are recognised; without it as the product's trials.
    strategy: Option<AStrategy>,
    /// Features.
    #[serde(default)]
    entitlements: Features,
    /// Further strings, for the app and for people.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 50))]
    metadata: Strings,
    /// The last time whose releases it may run; without it as long as the license.
    maintenance_until: Option<Time>,
    /// The highest version that it may run, `2.x` is all of 2; without it any.
    highest_version: Option<String>,
}

/// What the days of a license start with.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(in crate::api) enum DaysFrom {
    Creation,
    FirstActivation,
}

/// `POST`
pub(crate) fn create() -> Operation {
    Described::post("createLicense", "Create a license")
        .more("The answer has no key: that is read with another scope.")
        .creates()
        .refuses(&[(403, "second-person-needed"), (409, "conflict"), (422, "unfit-value")])
        .example(|| json!({"product": "acme-cad", "plan": "Pro", "holder": "Jane", "allowed_activations": 5, "days": 365}))
        .run(created)
}

async fn created(call: Call<Nothing, Nothing, NewLicense>) -> Result<Answer<Shown>, Problem> {
    let (app, body) = (call.app(), call.body.clone());
    let product = app.store().product(&body.product.0).await.map_err(Refusal::Store)?;
    let product = product.ok_or_else(|| Problem::unfit("product-unknown"))?;
    if product.archived {
        return Err(Problem::conflict("product-archived"));
    }
    let limits = limits(&body)?;
    let new = Stored {
        key: LicenseKey::generate(&mut app.rng()),
        product: product.id,
        plan: text(Field::Plan, body.plan.as_deref())?,
        holder: text(Field::Holder, body.holder.as_deref())?,
        owner: user(app, body.owner.as_ref()).await?,
        organization: organization(app, body.organization.as_ref()).await?,
        allowed_activations: body.allowed_activations.map(|count| count.0),
        allowed_deactivations: body.allowed_deactivations.map(|count| count.0),
        validity: validity(body.expires_at, body.days, body.days_from, app.now())?,
        response_validity: import_seconds(body.import_days.unwrap_or(14))?,
        strategy: body.strategy.map_or(product.trial.strategy, |strategy| strategy.0),
        entitlements: body.entitlements.checked()?,
        metadata: metadata(body.metadata)?,
    };
    Said::by(&new).check_room(app, &new.product, Of::License)?;
    let subject = format!("/api/v1/licenses/{}", new.key.id());
    let writing = call.writing(&subject);
    let id = writing.store().create_limited_license(new, limits, &call.actor(), app.now()).await;
    let id = id.map_err(Refusal::Store)?;
    let license = app.store().license(&id).await.map_err(Refusal::Store)?;
    let license = with_limits(app, license.ok_or_else(Problem::not_found)?).await?;
    let revision = license.revision;
    Ok(Answer::made(license, &subject).revised(revision))
}

/// What is said of an end, or of a length and what it starts with.
pub(in crate::api) fn validity(
    expires_at: Option<Time>,
    days: Option<Count>,
    days_from: Option<DaysFrom>,
    now: u64,
) -> Result<Validity, Problem> {
    let days = days.map(|days| days.0 * DAY).filter(|length| *length > 0);
    match (expires_at, days, days_from) {
        (Some(_), Some(_), _) | (Some(_), None, Some(_)) => Err(Problem::unfit("api-end-twice")),
        (Some(Time(end)), None, None) if end > latest(now) => Err(Problem::unfit("extend-too-far")),
        (Some(Time(end)), None, None) => Ok(Validity::Fixed(end)),
        (None, Some(length), Some(DaysFrom::FirstActivation)) => {
            Ok(Validity::FromFirstActivation(length))
        }
        (None, Some(length), _) => Ok(Validity::FromCreation(length)),
        (None, None, Some(_)) => Err(Problem::unfit("validity-days-needed")),
        (None, None, None) => Ok(Validity::Perpetual),
    }
}

/// The latest end that a license may have.
pub(super) fn latest(now: u64) -> u64 {
    now + crate::admin::LARGEST * DAY
}

fn limits(body: &NewLicense) -> Result<ReleaseLimits, Problem> {
    let highest_version = body.highest_version.as_deref().map(up_to::highest).transpose()?;
    Ok(ReleaseLimits { maintenance_until: body.maintenance_until.map(|at| at.0), highest_version })
}

pub(in crate::api) fn text(field: Field, text: Option<&str>) -> Result<Option<String>, Problem> {
    Ok(text.map(|text| field.optional(text)).transpose()?.flatten())
}

pub(in crate::api) fn import_seconds(days: u64) -> Result<u64, Problem> {
    if (1..=365).contains(&days) { Ok(days * DAY) } else { Err(Problem::unfit("api-import-days")) }
}

/// A user who is there.
pub(in crate::api) async fn user(app: &App, id: Option<&AnId>) -> Result<Option<Id>, Problem> {
    let Some(AnId(id)) = id else { return Ok(None) };
    let found = app.store().user(*id).await.map_err(Refusal::Store)?;
    found.map(|user| Some(user.id)).ok_or_else(|| Problem::unfit("user-unknown"))
}

/// An organization that is there.
pub(in crate::api) async fn organization(
    app: &App,
    id: Option<&AnId>,
) -> Result<Option<Id>, Problem> {
    let Some(AnId(id)) = id else { return Ok(None) };
    let found = app.store().organization(*id).await.map_err(Refusal::Store)?;
    found.map(|found| Some(found.id)).ok_or_else(|| Problem::unfit("organization-unknown"))
}
