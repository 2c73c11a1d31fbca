//! `/api/v1/licenses`

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod import;
pub(crate) mod plan;

use countersign_core::LicenseId;
use countersign_core::license_key::LicenseKey;
use countersign_store::{
    License, LicenseFilter, LicenseOrder, LicenseQuery, LicenseScope, LicenseStatus, ReleaseLimits,
    TokenScope, Validity,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::types::{
    ALicenseId, AProductId, AStrategy, AVersion, AnId, Features, Strings, Time, strings,
};
use crate::app::App;
use crate::desk::Refusal;
use crate::problem::Problem;

/// A license, without its key.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "License")]
pub(crate) struct Shown {
    /// Its public id.
    id: ALicenseId,
    /// The last group of its key, to tell it from others.
    key_end: String,
    /// What may run.
    product: AProductId,
    /// The plan's name.
    plan: Option<String>,
    /// The plan that it was made by, or was given; null: none.
    plan_id: Option<AnId>,
    /// Who holds it, in words.
    holder: Option<String>,
    /// Whether it counts.
    status: Status,
    /// The user that it belongs to.
    owner: Option<AnId>,
    /// The organization that it belongs to.
    organization: Option<AnId>,
    /// Machines at a time; null: any number.
    allowed_activations: Option<u64>,
    /// Deactivations that free a seat; null: any number.
    allowed_deactivations: Option<u64>,
    /// Seats in use, within what is allowed.
    live_activations: u64,
    /// Machines beyond it that hold a seat all the same: other signers gave it.
    over_activations: u64,
    /// Seats ever taken.
    total_activations: u64,
    /// Seats ever given back, within what is allowed.
    total_deactivations: u64,
    /// Those beyond it that other signers have receipted.
    over_deactivations: u64,
    /// Seats ever released without proof.
    total_releases: u64,
    /// What its validity starts with.
    validity: ValidityKind,
    /// How long it lasts, where its validity has a length.
    validity_seconds: Option<u64>,
    /// When it ends, as far as that is known; null: not yet, or never.
    expires_at: Option<Time>,
    /// When its first machine was activated.
    first_activated_at: Option<Time>,
    /// Days within which a response must be installed.
    import_days: u64,
    /// How closely its machines are recognised.
    strategy: AStrategy,
    /// Features.
    entitlements: Features,
    /// Further strings, for the app and for people.
    metadata: Strings,
    /// The last time whose releases it may run; null: as long as the license.
    maintenance_until: Option<Time>,
    /// The highest version that it may run, `2.x` is all of 2; null: any.
    highest_version: Option<AVersion>,
    /// Changes with everything that machines are told: `If-Match` takes it.
    revision: i64,
    /// When it was created.
    created_at: Time,
}

/// Whether a license counts.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "LicenseStatus")]
pub(crate) enum Status {
    Active,
    Suspended,
    Revoked,
}

impl Status {
    fn of(status: LicenseStatus) -> Self {
        match status {
            LicenseStatus::Active => Self::Active,
            LicenseStatus::Suspended => Self::Suspended,
            LicenseStatus::Revoked => Self::Revoked,
        }
    }

    fn stored(self) -> LicenseStatus {
        match self {
            Self::Active => LicenseStatus::Active,
            Self::Suspended => LicenseStatus::Suspended,
            Self::Revoked => LicenseStatus::Revoked,
        }
    }
}

/// What a validity starts with.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ValidityKind {
    Perpetual,
    Fixed,
    FromCreation,
    FromFirstActivation,
}

pub(super) const DAY: u64 = 86_400;

/// The last group of a key.
fn key_end(key: &LicenseKey) -> String {
    key.grouped().rsplit('-').next().unwrap_or_default().to_owned()
}

/// A license that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MadeLicense {
    /// Its public id.
    id: ALicenseId,
    /// The last group of its key; the whole key is read with another scope.
    key_end: String,
}

impl MadeLicense {
    pub(super) fn of(key: &LicenseKey) -> Self {
        Self { id: ALicenseId(key.id()), key_end: key_end(key) }
    }
}

impl Shown {
    pub(super) fn of(license: License, limits: ReleaseLimits) -> Self {
        let (validity, validity_seconds) = match license.validity {
            Validity::Perpetual => (ValidityKind::Perpetual, None),
            Validity::Fixed(_) => (ValidityKind::Fixed, None),
            Validity::FromCreation(length) => (ValidityKind::FromCreation, Some(length)),
            Validity::FromFirstActivation(length) => {
                (ValidityKind::FromFirstActivation, Some(length))
            }
        };
        Self {
            id: ALicenseId(license.id),
            key_end: key_end(&license.key),
            product: AProductId(license.product),
            plan: license.plan,
            plan_id: license.plan_id.map(AnId),
            holder: license.holder,
            status: Status::of(license.status),
            owner: license.owner.map(AnId),
            organization: license.organization.map(AnId),
            allowed_activations: license.allowed_activations,
            allowed_deactivations: license.allowed_deactivations,
            live_activations: license.live_activations,
            over_activations: license.over_activations,
            total_activations: license.total_activations,
            total_deactivations: license.total_deactivations,
            over_deactivations: license.over_deactivations,
            total_releases: license.total_releases,
            validity,
            validity_seconds,
            expires_at: license.expires_at.map(Time),
            first_activated_at: license.first_activated_at.map(Time),
            import_days: license.response_validity / DAY,
            strategy: AStrategy(license.strategy),
            entitlements: Features(license.entitlements),
            metadata: strings(&license.metadata),
            maintenance_until: limits.maintenance_until.map(Time),
            highest_version: limits.highest_version.map(AVersion),
            revision: license.revision,
            created_at: Time(license.created_at),
        }
    }
}

/// Which licenses.
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
    /// Only those in this state.
    state: Option<State>,
    /// Only those that end within so many days.
    #[schemars(range(min = 1, max = 36500))]
    ends_within_days: Option<u32>,
    /// Plan, holder, whole key or its last group, id, or the beginning of a machine's name.
    #[schemars(length(max = 200))]
    search: Option<String>,
    /// In which order; without it the newest first.
    order: Option<Order>,
}

/// A license's state: what has ended is active no longer.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum State {
    Active,
    Suspended,
    Revoked,
    Ended,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Order {
    Created,
    End,
    Product,
    Seats,
}

/// `GET`
pub(crate) fn list() -> Operation {
    Described::get("listLicenses", "List licenses")
        .more("A search is made over all licenses; of very many hits a part is looked at.")
        .lists()
        .run(listed)
}

async fn listed(call: Call<Nothing, Which>) -> Result<Answer<super::list::Listed<Shown>>, Problem> {
    let (app, asked) = (call.app(), &call.query);
    let scope = LicenseScope::vendor(&call.holder.user)
        .ok_or_else(|| Problem::insufficient_scope(TokenScope::ReadLicenses))?;
    if asked.ends_within_days.is_some_and(|days| !(1..=36_500).contains(&days)) {
        return Err(Problem::bad_query("ends_within_days is 1 to 36500"));
    }
    if asked.search.as_ref().is_some_and(|search| search.chars().count() > 200) {
        return Err(Problem::bad_query("search has at most 200 characters"));
    }
    let after = call.place(asked.cursor.as_deref())?;
    let query = LicenseQuery {
        search: asked.search.clone(),
        filter: asked.state.map(|state| match state {
            State::Active => LicenseFilter::Active,
            State::Suspended => LicenseFilter::Suspended,
            State::Revoked => LicenseFilter::Revoked,
            State::Ended => LicenseFilter::Ended,
        }),
        ends_within_days: asked.ends_within_days,
        product: asked.product.clone().map(|id| id.0),
        order: asked.order.map_or(LicenseOrder::Created, |order| match order {
            Order::Created => LicenseOrder::Created,
            Order::End => LicenseOrder::End,
            Order::Product => LicenseOrder::Product,
            Order::Seats => LicenseOrder::Seats,
        }),
        after: after.and_then(|place| place.parse().ok()),
        most: call.most(asked.limit)?,
        ..LicenseQuery::of(scope, app.now())
    };
    let page = app.store().license_page(&query).await.map_err(Refusal::Store)?.page;
    let mut items = Vec::new();
    for license in page.items {
        items.push(with_limits(app, license).await?);
    }
    Ok(call.page(items, page.next))
}

pub(super) async fn with_limits(app: &App, license: License) -> Result<Shown, Problem> {
    let terms = app.store().release_terms_of(&license.id).await.map_err(Refusal::Store)?;
    Ok(Shown::of(license, terms.map(|terms| terms.limits).unwrap_or_default()))
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call<ById>| shown(&call, &call.path.id()?).await;
    Described::get("getLicense", "Show a license").revised().refuses(&[(404, "not-found")]).run(run)
}

async fn shown<P, Q, B>(call: &Call<P, Q, B>, id: &LicenseId) -> Result<Answer<Shown>, Problem> {
    let license = with_limits(call.app(), visible(call, id).await?).await?;
    let revision = license.revision;
    Ok(Answer::shown(license).revised(revision))
}

/// The license, if it is there for the owner of the token.
async fn visible<P, Q, B>(call: &Call<P, Q, B>, id: &LicenseId) -> Result<License, Problem> {
    let store = call.app().store();
    let access = store.access_to(&call.holder.user, id).await.map_err(Refusal::Store)?;
    let license = store.license(id).await.map_err(Refusal::Store)?;
    license.filter(|_| access.is_some()).ok_or_else(Problem::not_found)
}

/// The key of a license.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LicenseKey")]
pub(crate) struct WholeKey {
    /// The license's public id.
    id: ALicenseId,
    /// Its key, whole: whoever has it can activate machines.
    key: String,
}

/// `GET`
pub(crate) fn key() -> Operation {
    let run = async |call: Call<ById>| {
        let license = visible(&call, &call.path.id()?).await?;
        let (app, id) = (call.app(), license.id);
        let read = app.store().read_license_key(id, &call.actor(), app.now()).await;
        let key = read.map_err(Refusal::Store)?.ok_or_else(Problem::not_found)?;
        Ok(Answer::shown(WholeKey { id: ALicenseId(id), key: key.grouped() }))
    };
    Described::get("getLicenseKey", "Show the key of a license")
        .more("Each time it is written into the audit log, before the key is shown.")
        .refuses(&[(404, "not-found")])
        .run(run)
}
