//! `/api/v1/look/pictures/{picture}`: a logo or an icon as a PNG, JPEG or WebP. Measured before it is decoded, and written anew.

use axum::body::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::super::operation::{Answer, Call, Described, Nothing, Operation};
use super::super::types::APictureStage;
use super::{Shown, shown};
use crate::desk::Refusal;
use crate::look::manage::{self, Kind, NotTaken};
use crate::look::picture::{MOST_BYTES, SHOWN};
use crate::problem::Problem;

/// What a picture may be sent as. What it is, its bytes say.
const KINDS: &[&str] = &["image/png", "image/jpeg", "image/webp", "application/octet-stream"];
const SUBJECT: &str = "/api/v1/look";

/// A picture of the look.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ByName {
    /// `logo` or `icon`.
    #[schemars(regex(pattern = "^(logo|icon)$"))]
    picture: String,
}

impl ByName {
    fn kind(&self) -> Result<Kind, Problem> {
        Kind::named(&self.picture).ok_or_else(Problem::not_found)
    }
}

/// `POST`
pub(crate) fn bring() -> Operation {
    Described::post("bringPicture", "Bring a logo or an icon, as a draft")
        .more(
            "At most 2 MiB, 4096 pixels on a side and 8 million in all. What is shown is written anew by the portal. The same again changes \
             nothing: no key is needed.",
        )
        .keyless()
        .refuses(&[(404, "not-found"), (422, "unfit-value")])
        .run_bytes(KINDS, MOST_BYTES, brought)
}

async fn brought(call: Call<ByName, Nothing, Bytes>) -> Result<Answer<Shown>, Problem> {
    let kind = call.path.kind()?;
    match manage::draft(call.app(), &kind, call.body.clone(), &call.actor()).await {
        Ok(()) => Ok(Answer::shown(shown(call.app()).await)),
        Err(NotTaken::Unusable(unusable)) => Err(Problem::unfit(unusable.say(SHOWN))),
        Err(NotTaken::Failed(error)) => Err(Problem::failed(error)),
    }
}

/// `POST`
pub(crate) fn adopt() -> Operation {
    let run = async |call: Call<ByName, Nothing, Nothing>| {
        let kind = call.path.kind()?;
        let used = manage::adopt(&call.writing(SUBJECT), &kind, &call.actor()).await;
        match used.map_err(Refusal::Store)? {
            true => Ok(Answer::shown(shown(call.app()).await)),
            false => Err(Problem::conflict("picture-no-draft")),
        }
    };
    Described::post("usePicture", "Show everybody the draft")
        .refuses(&[(404, "not-found"), (409, "conflict")])
        .example(|| json!({}))
        .run(run)
}

/// Which of two pictures goes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PictureRemoval {
    /// The one that is looked at first, or the one that everybody sees.
    stage: APictureStage,
}

/// `POST`
pub(crate) fn remove() -> Operation {
    let run = async |call: Call<ByName, Nothing, PictureRemoval>| {
        let (kind, stage) = (call.path.kind()?, call.body.stage.0);
        let removed = manage::remove(&call.writing(SUBJECT), &kind, stage, &call.actor()).await;
        removed.map_err(Refusal::Store)?;
        Ok(Answer::shown(shown(call.app()).await))
    };
    Described::post("removePicture", "Take a draft back, or a picture off all pages")
        .more("One that is not there is gone already.")
        .refuses(&[(404, "not-found")])
        .example(|| json!({"stage": "draft"}))
        .run(run)
}
