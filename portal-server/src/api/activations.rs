//! `/api/v1/activations`: which machines hold seats, and the seats of lost machines.

use countersign_core::Id;
use countersign_store::{Activation, ActivationQuery, ActivationState, ActivationStates};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::list::Listed;
use super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::types::{ALicenseId, AnId, Time};
use crate::app::App;
use crate::desk::{self, Refusal, Releasing};
use crate::fields::Field;
use crate::problem::Problem;

/// A machine that holds or held a seat.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Activation")]
pub(crate) struct Shown {
    /// Its id: the `jti` of its response.
    id: AnId,
    /// Under which license.
    license: ALicenseId,
    /// The first activation of the seat that it holds or held.
    seat: AnId,
    /// Thumbprint of the device key.
    device_key: String,
    /// The machine's name.
    device_name: Option<String>,
    /// Its platform.
    platform: Option<String>,
    /// The app's version.
    app_version: Option<String>,
    /// What became of it; `active` and `returned` hold a seat.
    state: State,
    /// When the seat was taken.
    created_at: Time,
    /// When its newest response was signed.
    granted_at: Time,
    /// When the grant ends; null: never.
    expires_at: Option<Time>,
    /// When its latest response must be installed by.
    import_by: Time,
    /// When it ended.
    ended_at: Option<Time>,
    /// Which way its request came.
    door: String,
    /// Who brought it, if they were logged in.
    by_user: Option<AnId>,
    /// The group whose seat it counts for.
    group: Option<AnId>,
    /// Why its seat was released, if it was.
    release_reason: Option<String>,
    /// When a released machine was seen again.
    came_back_at: Option<Time>,
}

/// What became of an activation.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ActivationState")]
enum State {
    Active,
    Returned,
    Deactivated,
    Replaced,
    Released,
}

impl State {
    fn of(state: ActivationState) -> Self {
        match state {
            ActivationState::Active => Self::Active,
            ActivationState::Returned => Self::Returned,
            ActivationState::Deactivated => Self::Deactivated,
            ActivationState::Replaced => Self::Replaced,
            ActivationState::Released => Self::Released,
        }
    }

    fn stored(self) -> ActivationState {
        match self {
            Self::Active => ActivationState::Active,
            Self::Returned => ActivationState::Returned,
            Self::Deactivated => ActivationState::Deactivated,
            Self::Replaced => ActivationState::Replaced,
            Self::Released => ActivationState::Released,
        }
    }
}

impl From<Activation> for Shown {
    fn from(activation: Activation) -> Self {
        let release = activation.release;
        Self {
            id: AnId(activation.id),
            license: ALicenseId(activation.license),
            seat: AnId(activation.seat),
            device_key: activation.device_key.to_string(),
            device_name: activation.device_name,
            platform: activation.platform,
            app_version: activation.app_version,
            state: State::of(activation.state),
            created_at: Time(activation.created_at),
            granted_at: Time(activation.granted_at),
            expires_at: activation.expires_at.map(Time),
            import_by: Time(activation.import_by),
            ended_at: activation.ended_at.map(Time),
            door: activation.door,
            by_user: activation.by_user.map(AnId),
            group: activation.group.map(AnId),
            release_reason: release.as_ref().map(|release| release.reason.clone()),
            came_back_at: release.and_then(|release| release.came_back_at).map(Time),
        }
    }
}

/// Which activations.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Items of a page.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Where it begins: `next` of the page before.
    cursor: Option<String>,
    /// Only those of this license, the newest first; without it all, in the order of their ids.
    license: Option<ALicenseId>,
    /// Only those in this state; takes a license.
    state: Option<State>,
}

/// `GET`
pub(crate) fn list() -> Operation {
    Described::get("listActivations", "List activations")
        .lists()
        .refuses(&[(404, "not-found")])
        .run(listed)
}

async fn listed(call: Call<Nothing, Which>) -> Result<Answer<Listed<Shown>>, Problem> {
    let (store, asked) = (call.app().store(), &call.query);
    let most = call.most(asked.limit)?;
    let after = call.place(asked.cursor.as_deref())?.and_then(|place| place.parse().ok());
    let page = match (&asked.license, asked.state) {
        (None, Some(_)) => {
            return Err(Problem::bad_query("state is asked for together with license"));
        }
        (None, None) => store.activations_by_id(after.as_ref(), most).await,
        (Some(ALicenseId(license)), state) => {
            let access = store.access_to(&call.holder.user, license).await;
            access.map_err(Refusal::Store)?.ok_or_else(Problem::not_found)?;
            let states = state.map_or(ActivationStates::All, |s| ActivationStates::One(s.stored()));
            let query = ActivationQuery { states, after, most, ..ActivationQuery::of(*license) };
            store.activation_page(&query).await
        }
    };
    let page = page.map_err(Refusal::Store)?;
    Ok(call.page(page.items.into_iter().map(Shown::from).collect(), page.next))
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call<ById>| {
        let activation = visible(&call, call.path.id()?).await?;
        Ok(Answer::shown(Shown::from(activation)))
    };
    Described::get("getActivation", "Show an activation").refuses(&[(404, "not-found")]).run(run)
}

async fn visible<P, Q, B>(call: &Call<P, Q, B>, id: Id) -> Result<Activation, Problem> {
    let found = found(call.app(), id).await?;
    let store = call.app().store();
    let access =
        store.access_to(&call.holder.user, &found.license).await.map_err(Refusal::Store)?;
    access.map(|_| found).ok_or_else(Problem::not_found)
}

async fn found(app: &App, id: Id) -> Result<Activation, Problem> {
    let found = app.store().activation(&id).await.map_err(Refusal::Store)?;
    found.ok_or_else(Problem::not_found)
}

/// Why a seat is released.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ActivationRelease")]
pub(crate) struct Why {
    /// In words, for whoever looks at it later.
    #[serde(default)]
    #[schemars(length(max = 200))]
    reason: String,
}

/// `POST`
pub(crate) fn release() -> Operation {
    Described::post("releaseActivation", "Release the seat of a lost machine")
        .more("Frees the seat without proof; it counts as no deactivation. The machine runs on until its grant ends.")
        .refuses(&[
            (403, "second-person-needed"),
            (404, "not-found"),
            (404, "unknown-activation"),
            (409, "holds-no-seat"),
            (422, "unfit-value"),
        ])
        .example(|| json!({"reason": "the disk died"}))
        .run(released)
}

async fn released(call: Call<ById, Nothing, Why>) -> Result<Answer<Shown>, Problem> {
    let activation = visible(&call, call.path.id()?).await?.id;
    if call.app().store().needs_two_people().await.map_err(Refusal::Store)? {
        return Err(Problem::second_person_needed());
    }
    let reason = Field::ReleaseReason.check(&call.body.reason)?.to_owned();
    let releasing = Releasing { user: call.holder.user.clone(), activation, reason };
    let writing = call.writing(&format!("/api/v1/activations/{activation}"));
    desk::release(&writing, &releasing).await?;
    Ok(Answer::shown(Shown::from(found(call.app(), activation).await?)))
}
