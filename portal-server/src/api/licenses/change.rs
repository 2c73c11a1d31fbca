//! `PATCH /api/v1/licenses/{id}`: extending, suspending, revoking, handing over, limits.

use countersign_store::{License, LicenseChange, ReleaseLimits, Validity};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::create::{import_seconds, latest, organization, text, user};
use super::{DAY, Shown, Status, shown, visible};
use crate::api::operation::{Answer, ById, Call, Described, Nothing, Operation};
use crate::api::types::{AStrategy, AnId, Change, Count, Features, Strings, Time, metadata};
use crate::app::App;
use crate::desk::{Of, Refusal, Said};
use crate::fields::Field;
use crate::language::{Language, Say};
use crate::licensing::act::mails_of_transfer;
use crate::problem::Problem;
use crate::release::up_to;

/// How often a license that changes meanwhile is read again, where no revision was named.
const TRIES: usize = 3;

/// What is to be changed of a license: a member that is left out stays, null empties it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LicenseChange")]
pub(crate) struct Wanted {
    /// Whether it counts: `suspended` and `revoked` machines get no new responses.
    status: Option<Status>,
    /// The plan's name.
    #[serde(default)]
    #[schemars(length(max = 100))]
    plan: Change<String>,
    /// Who holds it, in words.
    #[serde(default)]
    #[schemars(length(max = 200))]
    holder: Change<String>,
    /// The user that it belongs to.
    #[serde(default)]
    owner: Change<AnId>,
    /// The organization that it belongs to.
    #[serde(default)]
    organization: Change<AnId>,
    /// Machines at a time; null: any number. Not less than hold a seat.
    #[serde(default)]
    allowed_activations: Change<Count>,
    /// Deactivations that free a seat; null: any number. Not less than there were.
    #[serde(default)]
    allowed_deactivations: Change<Count>,
    /// Another end, for a license that has one.
    expires_at: Option<Time>,
    /// So many days more; one that has ended is extended from now. Not together with `expires_at`.
    extend_days: Option<Count>,
    /// Days within which a response must be installed.
    #[schemars(range(min = 1, max = 365))]
    import_days: Option<u64>,
    /// How closely its machines are recognised.
    strategy: Option<AStrategy>,
    /// Features, all of them.
    entitlements: Option<Features>,
    /// Further strings, all of them.
    #[schemars(extend("maxProperties" = 50))]
    metadata: Option<Strings>,
    /// The last time whose releases it may run; null: as long as the license.
    #[serde(default)]
    maintenance_until: Change<Time>,
    /// The highest version that it may run, `2.x` is all of 2; null: any.
    #[serde(default)]
    highest_version: Change<String>,
}

/// `PATCH`
pub(crate) fn change() -> Operation {
    Described::patch("changeLicense", "Change a license")
        .more("Extends, suspends, reinstates, revokes or hands over a license, or sets its limits. Who had it and who gets it hear of it by mail; machines learn of a change with their next response.")
        .revised()
        .refuses(&[
            (403, "second-person-needed"),
            (404, "not-found"),
            (409, "conflict"),
            (412, "changed-meanwhile"),
            (422, "unfit-value"),
        ])
        .example(|| json!({"status": "active", "extend_days": 30}))
        .run(changed)
}

async fn changed(call: Call<ById, Nothing, Wanted>) -> Result<Answer<Shown>, Problem> {
    let (id, wanted_revision) = (call.path.id()?, call.revision()?);
    let (app, actor) = (call.writing(&format!("/api/v1/licenses/{id}")), call.actor());
    for _ in 0..TRIES {
        let mut license = visible(&call, &id).await?;
        let owner = license.owner;
        if wanted_revision.is_some_and(|wanted| wanted != license.revision) {
            return Err(Problem::changed_meanwhile());
        }
        let limits = apply(call.app(), call.body.clone(), &mut license).await?;
        let now = app.now();
        let mails = mails_of_transfer(owner, license.owner, Language::ENGLISH, now);
        let store = app.store();
        let done = store.change_limited_license_and_tell(license, limits, mails, &actor, now).await;
        app.mailroom().wake();
        match done.map_err(Refusal::Store)? {
            LicenseChange::Done => return shown(&call, &id).await,
            LicenseChange::Stale if wanted_revision.is_some() => break,
            LicenseChange::Stale => {}
            LicenseChange::NeedsSecondPerson => return Err(Problem::second_person_needed()),
            LicenseChange::BelowUse { live, deactivations } => {
                let say = Say::new("license-below-use").with("live", live);
                return Err(Problem::conflict(say.with("deactivations", deactivations)));
            }
        }
    }
    Err(Problem::changed_meanwhile())
}

/// Makes the license what it is to be; up to where it goes in releases.
async fn apply(app: &App, wanted: Wanted, license: &mut License) -> Result<ReleaseLimits, Problem> {
    if let Change::Set(plan) = &wanted.plan {
        license.plan = text(Field::Plan, plan.as_deref())?;
    }
    if let Change::Set(holder) = &wanted.holder {
        license.holder = text(Field::Holder, holder.as_deref())?;
    }
    if let Change::Set(owner) = &wanted.owner {
        license.owner = user(app, owner.as_ref()).await?;
    }
    if let Change::Set(of) = &wanted.organization {
        license.organization = organization(app, of.as_ref()).await?;
    }
    let number = |count: Option<Count>| count.map(|count| count.0);
    license.allowed_activations =
        wanted.allowed_activations.over(license.allowed_activations, number);
    license.allowed_deactivations =
        wanted.allowed_deactivations.over(license.allowed_deactivations, number);
    license.expires_at = end(license, wanted.expires_at, wanted.extend_days, app.now())?;
    license.status = wanted.status.map_or(license.status, Status::stored);
    if let Some(days) = wanted.import_days {
        license.response_validity = import_seconds(days)?;
    }
    license.strategy = wanted.strategy.map_or(license.strategy, |strategy| strategy.0);
    if let Some(features) = wanted.entitlements {
        license.entitlements = features.checked()?;
    }
    if let Some(strings) = wanted.metadata {
        license.metadata = metadata(strings)?;
    }
    Said::of(license).check_room(app, &license.product, Of::License)?;
    let terms = app.store().release_terms_of(&license.id).await.map_err(Refusal::Store)?;
    let before = terms.map(|terms| terms.limits).unwrap_or_default();
    let maintenance_until =
        wanted.maintenance_until.over(before.maintenance_until, |at| at.map(|at| at.0));
    let highest_version = wanted
        .highest_version
        .over(Ok(before.highest_version), |v| v.as_deref().map(up_to::highest).transpose())?;
    Ok(ReleaseLimits { maintenance_until, highest_version })
}

fn end(
    license: &License,
    expires_at: Option<Time>,
    extend_days: Option<Count>,
    now: u64,
) -> Result<Option<u64>, Problem> {
    let extend = extend_days.map(|days| days.0 * DAY).filter(|length| *length > 0);
    if expires_at.is_none() && extend.is_none() {
        return Ok(license.expires_at);
    }
    let before = license.expires_at.ok_or_else(|| {
        Problem::conflict(match license.validity {
            Validity::FromFirstActivation(_) => "extend-not-begun",
            _ => "extend-perpetual",
        })
    })?;
    let wanted = match (expires_at, extend) {
        (Some(_), Some(_)) => return Err(Problem::unfit("api-end-twice")),
        (Some(Time(end)), None) => end,
        (None, length) => before.max(now) + length.unwrap_or(0),
    };
    if wanted > latest(now) { Err(Problem::unfit("extend-too-far")) } else { Ok(Some(wanted)) }
}
