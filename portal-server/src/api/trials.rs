//! `/api/v1/trials`: which machines have trials.

pub(crate) mod longer;

use countersign_core::Id;
use countersign_store::{Trial, TrialQuery, TrialState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::list::Listed;
use super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::types::{AProductId, AnId, Time};
use crate::app::App;
use crate::desk::Refusal;
use crate::problem::Problem;

/// A trial.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Trial")]
pub(crate) struct Shown {
    /// Its id: the `jti` of its response.
    id: AnId,
    /// Of which product.
    product: AProductId,
    /// Thumbprint of the device key.
    device_key: String,
    /// The machine's name.
    device_name: Option<String>,
    /// Its platform.
    platform: Option<String>,
    /// The app's version.
    app_version: Option<String>,
    /// When it began.
    created_at: Time,
    /// When it ends.
    expires_at: Time,
    /// Whether it runs now.
    running: bool,
    /// How often it was extended.
    extensions: u64,
    /// By how many days in all.
    extended_days: u64,
    /// The trial that the machine had before.
    after: Option<AnId>,
    /// The latest end of a further trial that another signer gave the machine.
    other_end: Option<Time>,
    /// When the machine activated a license of the product.
    licensed_at: Option<Time>,
}

impl Shown {
    fn of(trial: Trial, now: u64) -> Self {
        Self {
            id: AnId(trial.id),
            running: trial.is_running(now),
            product: AProductId(trial.product),
            device_key: trial.device_key.to_string(),
            device_name: trial.device_name,
            platform: trial.platform,
            app_version: trial.app_version,
            created_at: Time(trial.created_at),
            expires_at: Time(trial.expires_at),
            extensions: trial.extensions,
            extended_days: trial.extended_days,
            after: trial.after.map(AnId),
            other_end: trial.other_end.map(Time),
            licensed_at: trial.converted_at.map(Time),
        }
    }
}

/// Which trials.
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
    /// Only those in this state; what ends next, or ended last, is first.
    state: Option<State>,
    /// The beginning of a machine's name, or the id of a trial or a request, or a device key: in any state.
    #[schemars(length(max = 200))]
    search: Option<String>,
}

/// A trial's state.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum State {
    Running,
    Ended,
    Extended,
}

/// `GET`
pub(crate) fn list() -> Operation {
    Described::get("listTrials", "List trials")
        .more("In the order of their ids; with a filter the newest first, or as the filter says.")
        .lists()
        .run(listed)
}

async fn listed(call: Call<Nothing, Which>) -> Result<Answer<Listed<Shown>>, Problem> {
    let (app, asked, most) = (call.app(), &call.query, call.most(call.query.limit)?);
    let after = call.place(asked.cursor.as_deref())?.and_then(|place| place.parse().ok());
    let search = asked.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if search.is_some_and(|search| search.chars().count() > 200) {
        return Err(Problem::bad_query("search has at most 200 characters"));
    }
    let (store, now) = (app.store(), app.now());
    let page = if search.is_none() && asked.product.is_none() && asked.state.is_none() {
        store.trials_by_id(after.as_ref(), most).await
    } else {
        let query = TrialQuery {
            product: asked.product.clone().map(|id| id.0),
            state: asked.state.map(|state| match state {
                State::Running => TrialState::Running,
                State::Ended => TrialState::Ended,
                State::Extended => TrialState::Extended,
            }),
            search: search.map(str::to_owned),
            after,
            most,
            now,
        };
        store.trial_page(&query).await
    };
    let page = page.map_err(Refusal::Store)?;
    let shown = page.items.into_iter().map(|trial| Shown::of(trial, now));
    Ok(call.page(shown.collect(), page.next))
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call<ById>| {
        let trial = found(call.app(), call.path.id()?).await?;
        Ok(Answer::shown(Shown::of(trial, call.app().now())))
    };
    Described::get("getTrial", "Show a trial").refuses(&[(404, "not-found")]).run(run)
}

async fn found(app: &App, id: Id) -> Result<Trial, Problem> {
    let trial = app.store().trial(&id).await.map_err(Refusal::Store)?;
    trial.ok_or_else(Problem::not_found)
}
