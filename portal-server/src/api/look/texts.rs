//! `/api/v1/look/texts`: the vendor's own words, in each language.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::operation::{Answer, Call, Described, Nothing, Operation};
use crate::app::App;
use crate::desk::Refusal;
use crate::language::{Language, Say};
use crate::look::{Place, manage};
use crate::problem::Problem;

/// The vendor's words in Markdown, by the code of their language.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Texts")]
pub(crate) struct Shown {
    /// On the public page, above the form.
    public: BTreeMap<String, String>,
    /// At the foot of every page.
    foot: BTreeMap<String, String>,
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call| Ok(Answer::shown(shown(call.app()).await));
    Described::get("getTexts", "Show the vendor's own words").run(run)
}

async fn shown(app: &App) -> Shown {
    let look = app.look().await;
    let typed = |place| {
        let one = |language: Language| (language.code(), look.typed(place, language).to_owned());
        Language::all().map(one).filter(|(_, text)| !text.is_empty()).collect()
    };
    Shown { public: typed(Place::Public), foot: typed(Place::Foot) }
}

/// Words to be changed: a language that is left out stays, an empty text takes it away.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextsChange {
    /// On the public page, above the form: at most 2000 characters.
    #[serde(default)]
    public: BTreeMap<String, String>,
    /// At the foot of every page: at most 300 characters.
    #[serde(default)]
    foot: BTreeMap<String, String>,
}

/// `PATCH`
pub(crate) fn change() -> Operation {
    Described::patch("changeTexts", "Change the vendor's own words")
        .refuses(&[(422, "unfit-value")])
        .example(|| json!({"public": {"en": "Welcome to **Acme**."}}))
        .run(changed)
}

async fn changed(call: Call<Nothing, Nothing, TextsChange>) -> Result<Answer<Shown>, Problem> {
    let (app, body) = (call.app(), &call.body);
    let mut settings = BTreeMap::new();
    for (place, texts) in [(Place::Public, &body.public), (Place::Foot, &body.foot)] {
        for (code, text) in texts {
            let language = Language::by_code(code).ok_or_else(|| unknown(code))?;
            settings.insert(place.setting(language), manage::text(place, text)?);
        }
    }
    let writing = call.writing("/api/v1/look/texts");
    let saved = writing.store().set_settings(settings, &call.actor(), app.now()).await;
    saved.map_err(Refusal::Store)?;
    app.look_changed();
    Ok(Answer::shown(shown(app).await))
}

fn unknown(code: &str) -> Problem {
    let code: String = code.chars().take(20).collect();
    Problem::unfit(Say::new("api-language-unknown").with("code", code))
}
