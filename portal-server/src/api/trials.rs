//! `/api/v1/trials`: which machines have trials.

use countersign_store::ListedTrial;
use schemars::JsonSchema;
use serde::Serialize;

use super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::products::WhichPage;
use super::types::{AProductId, AnId, Time};
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
}

impl From<ListedTrial> for Shown {
    fn from(trial: ListedTrial) -> Self {
        Self {
            id: AnId(trial.id),
            product: AProductId(trial.product),
            device_key: trial.device_key,
            device_name: trial.device_name,
            platform: trial.platform,
            app_version: trial.app_version,
            created_at: Time(trial.created_at),
            expires_at: Time(trial.expires_at),
        }
    }
}

/// `GET`
pub(crate) fn list() -> Operation {
    let run = async |call: Call<Nothing, WhichPage>| {
        let most = call.most(call.query.limit)?;
        let after = call.place(call.query.cursor.as_deref())?;
        let after = after.and_then(|place| place.parse().ok());
        let page = call.app().store().trials_by_id(after.as_ref(), most).await;
        let page = page.map_err(Refusal::Store)?;
        Ok(call.page(page.items.into_iter().map(Shown::from).collect(), page.next))
    };
    Described::get("listTrials", "List trials").lists().run(run)
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call<ById>| {
        let found = call.app().store().listed_trial(&call.path.id()?).await;
        let found = found.map_err(Refusal::Store)?.ok_or_else(Problem::not_found)?;
        Ok(Answer::shown(Shown::from(found)))
    };
    Described::get("getTrial", "Show a trial").refuses(&[(404, "not-found")]).run(run)
}
