//! `/api/v1/trials/started/{id}/…`: a longer trial for one machine, and the response that tells it.

use countersign_store::{BeyondLimits, MOST_EXTENSION_DAYS};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Shown, found};
use crate::api::answered_request;
use crate::api::answers::AnsweredRequest;
use crate::api::operation::{Answer, ById, Call, Described, Nothing, Operation};
use crate::api::types::Time;
use crate::desk::{Extension, extend_trial, latest_of_trial, renew_trial};
use crate::problem::Problem;

/// A longer trial.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TrialExtension")]
pub(crate) struct Wanted {
    /// By how many days, from its end, or from now if it has ended.
    #[schemars(range(min = 1, max = 3650))]
    days: u64,
    /// Its end as you have read it; with another one nothing is changed.
    seen_end: Option<Time>,
    /// Whether the vendor's limits are meant to be passed, as admins may.
    #[serde(default)]
    beyond_limits: bool,
}

/// `POST`
pub(crate) fn extend() -> Operation {
    Described::post("extendTrial", "Extend a trial")
        .more("Within the limits of whose token it is. Its machine gets the longer trial with a fresh response: fetch it and bring it there.")
        .refuses(&[
            (403, "extension-limit"),
            (404, "not-found"),
            (404, "unknown-trial"),
            (409, "trial-changed"),
            (409, "trial-superseded"),
            (422, "unfit-value"),
        ])
        .example(|| json!({"days": 7}))
        .run(extended)
}

async fn extended(call: Call<ById, Nothing, Wanted>) -> Result<Answer<Shown>, Problem> {
    let (app, wanted, user, actor) = (call.app(), &call.body, &call.holder.user, call.actor());
    let trial = found(app, call.path.id()?).await?;
    if !(1..=MOST_EXTENSION_DAYS).contains(&wanted.days) {
        return Err(Problem::unfit("extension-days-range"));
    }
    let beyond = if wanted.beyond_limits { BeyondLimits::Meant } else { BeyondLimits::NotMeant };
    let seen_end = wanted.seen_end.map_or(trial.expires_at, |Time(end)| end);
    let wanted = Extension { trial: trial.id, seen_end, days: wanted.days, beyond };
    let writing = call.writing(&format!("/api/v1/trials/started/{}", trial.id));
    let longer = extend_trial(&writing, user, &actor, wanted).await?;
    // Where that does not go now, the trial is longer all the same, and asking for a response says why.
    if let Err(error) = renew_trial(app, user, &actor, &longer.id).await {
        tracing::info!(%error, "an extended trial has no fresh response yet");
    }
    Ok(Answer::shown(Shown::of(longer, app.now())))
}

/// `POST`
pub(crate) fn renew() -> Operation {
    Described::post("renewTrial", "Get a fresh response for a trial")
        .more("The one that the machine got last, while that one says the same and can still be installed.")
        .refuses(&[
            (404, "not-found"),
            (404, "unknown-trial"),
            (409, "trial-ended"),
            (409, "trial-needs-request"),
        ])
        .example(|| json!({}))
        .run(renewed)
}

async fn renewed(call: Call<ById, Nothing, Nothing>) -> Result<Answer<AnsweredRequest>, Problem> {
    let trial = found(call.app(), call.path.id()?).await?;
    let writing = call.writing(&format!("/api/v1/trials/started/{}/response", trial.id));
    let answered = renew_trial(&writing, &call.holder.user, &call.actor(), &trial.id).await?;
    Ok(Answer::shown(answered_request(&answered)))
}

/// `GET`
pub(crate) fn response() -> Operation {
    let run = async |call: Call<ById>| {
        let trial = found(call.app(), call.path.id()?).await?;
        let answered = latest_of_trial(call.app(), &trial).await?;
        let answered = answered.ok_or_else(Problem::not_found)?;
        Ok(Answer::shown(answered_request(&answered)))
    };
    Described::get("getTrialResponse", "Show the response that a trial's machine got last")
        .more("The same bytes each time. A trial whose response nobody has kept has none.")
        .refuses(&[(404, "not-found")])
        .run(run)
}
