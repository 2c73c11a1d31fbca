//! `/api/v1/look`: the vendor's name, addresses and colours; logo and icon, which are looked at before they are used.

pub(crate) mod pictures;
pub(crate) mod texts;

use countersign_store::PicturePlace;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::operation::{Answer, Call, Described, Nothing, Operation};
use super::types::Change;
use crate::app::App;
use crate::desk::Refusal;
use crate::fields::{Field, Unfit};
use crate::look::manage::{self, OnFaint};
use crate::look::{self, LookSettings};
use crate::problem::Problem;

/// How the portal looks.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Look")]
pub(crate) struct Shown {
    /// The company's name on pages and in mails; null: the name that responses carry.
    name: Option<String>,
    /// Whether the name stands beside the logo.
    shows_name: bool,
    /// The company's website.
    website: Option<String>,
    /// Where customers find help: an e-mail address or a website.
    support: Option<String>,
    /// The accent on light pages, `#rrggbb`; null: the portal's own.
    accent: Option<String>,
    /// The accent on dark pages; null: the nearest to the other.
    accent_dark: Option<String>,
    /// At the head of every page.
    logo: Pictures,
    /// The icon of a tab.
    icon: Pictures,
}

/// A picture in use, and one to be looked at first.
#[derive(Debug, Serialize, JsonSchema)]
struct Pictures {
    /// What everybody sees.
    live: Option<Picture>,
    /// What only the vendor looks at.
    draft: Option<Picture>,
}

/// A picture as the portal wrote it anew.
#[derive(Debug, Serialize, JsonSchema)]
struct Picture {
    /// Its path on this portal.
    path: String,
    /// In pixels.
    width: u32,
    /// In pixels.
    height: u32,
}

impl From<look::Shown> for Picture {
    fn from(look::Shown { url, width, height, .. }: look::Shown) -> Self {
        Self { path: url, width, height }
    }
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call| Ok(Answer::shown(shown(call.app()).await));
    Described::get("getLook", "Show how the portal looks").run(run)
}

async fn shown(app: &App) -> Shown {
    let look = app.look().await;
    let pictures = |place| Pictures {
        live: look.live(place).map(Picture::from),
        draft: look.draft(place).map(Picture::from),
    };
    let LookSettings { name, shows_name, website, support, accent, accent_dark } =
        look.settings.clone();
    Shown {
        name,
        shows_name,
        website,
        support,
        accent: accent.map(|colour| colour.to_string()),
        accent_dark: accent_dark.map(|colour| colour.to_string()),
        logo: pictures(PicturePlace::Logo),
        icon: pictures(PicturePlace::Icon),
    }
}

/// What is to be changed of the look: a member that is left out stays, null empties it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookChange {
    /// The company's name on pages and in mails.
    #[serde(default)]
    #[schemars(length(max = 100))]
    name: Change<String>,
    /// Whether the name stands beside the logo.
    shows_name: Option<bool>,
    /// The company's website.
    #[serde(default)]
    #[schemars(length(max = 255))]
    website: Change<String>,
    /// Where customers find help: an e-mail address or a website.
    #[serde(default)]
    #[schemars(length(max = 255))]
    support: Change<String>,
    /// The accent on light pages, `#rrggbb`.
    #[serde(default)]
    #[schemars(length(max = 20))]
    accent: Change<String>,
    /// The accent on dark pages.
    #[serde(default)]
    #[schemars(length(max = 20))]
    accent_dark: Change<String>,
    /// Where text in a colour could not be read, take the nearest in which it can; without it such a colour is refused.
    #[serde(default)]
    nearest: bool,
}

impl LookChange {
    fn over(self, before: LookSettings) -> Result<LookSettings, Unfit> {
        let typed = |text: Option<String>| text.unwrap_or_default();
        let LookChange { name, website, support, accent, accent_dark, .. } = self;
        Ok(LookSettings {
            name: name.over(Ok(before.name), |n| Field::VendorName.optional(&typed(n)))?,
            shows_name: self.shows_name.unwrap_or(before.shows_name),
            website: website.over(Ok(before.website), |w| manage::website(&typed(w)))?,
            support: support.over(Ok(before.support), |s| manage::support(&typed(s)))?,
            accent: accent.over(Ok(before.accent), |a| manage::colour(&typed(a)))?,
            accent_dark: accent_dark.over(Ok(before.accent_dark), |a| manage::colour(&typed(a)))?,
        })
    }
}

/// `PATCH`
pub(crate) fn change() -> Operation {
    Described::patch("changeLook", "Change name, addresses and colours")
        .refuses(&[(422, "unfit-value")])
        .example(|| json!({"name": "Acme", "accent": "#0b5cad"}))
        .run(changed)
}

async fn changed(call: Call<Nothing, Nothing, LookChange>) -> Result<Answer<Shown>, Problem> {
    let app = call.app();
    // What another process changed moments ago stays.
    app.look_changed();
    let before = app.look().await.settings.clone();
    let on_faint = if call.body.nearest { OnFaint::Nearest } else { OnFaint::Refuse };
    let mut settings = call.body.clone().over(before)?;
    if let Some(faint) = manage::readable(&mut settings, on_faint).first() {
        return Err(Problem::unfit(faint.say()));
    }
    let writing = call.writing("/api/v1/look");
    let saved = settings.save(writing.store(), &call.actor(), app.now()).await;
    saved.map_err(Refusal::Store)?;
    app.look_changed();
    Ok(Answer::shown(shown(app).await))
}
