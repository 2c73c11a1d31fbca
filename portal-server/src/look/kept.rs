//! What the vendor sets of the look, as the database keeps it.

use std::collections::BTreeMap;

use countersign_core::UnixSeconds;
use countersign_store::{Result, Store};

use super::colour::{Accent, Rgb, Scheme};

/// The portal's own accent on light pages.
const OWN_ACCENT: Rgb = Rgb(0x0b, 0x5c, 0xad);

const NAME: &str = "look_name";
const SHOWS_NAME: &str = "look_shows_name";
const WEBSITE: &str = "look_website";
const SUPPORT: &str = "look_support";
const ACCENT: &str = "look_accent";
const ACCENT_DARK: &str = "look_accent_dark";

/// What the vendor sets, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LookSettings {
    /// The company's name on pages and in mails; `None`: the name that responses carry.
    pub(crate) name: Option<String>,
    /// Whether the name stands beside the logo, which may show it itself.
    pub(crate) shows_name: bool,
    pub(crate) website: Option<String>,
    /// An e-mail address or a website.
    pub(crate) support: Option<String>,
    /// The accent on light pages; `None`: the portal's own colours.
    pub(crate) accent: Option<Rgb>,
    /// The accent on dark pages; `None`: the nearest to the other one.
    pub(crate) accent_dark: Option<Rgb>,
}

impl LookSettings {
    pub(super) fn from_stored(stored: &BTreeMap<String, String>) -> Self {
        let text = |name: &str| stored.get(name).filter(|text| !text.is_empty()).cloned();
        let colour = |name: &str| stored.get(name).and_then(|text| Rgb::parse(text));
        Self {
            name: text(NAME),
            shows_name: text(SHOWS_NAME).as_deref() != Some("no"),
            website: text(WEBSITE),
            support: text(SUPPORT),
            accent: colour(ACCENT),
            accent_dark: colour(ACCENT_DARK),
        }
    }

    /// The accents of light and of dark pages, if the vendor has set one.
    pub(super) fn accents(&self) -> Option<(Accent, Accent)> {
        let light = self.accent.or(self.accent_dark.map(|_| OWN_ACCENT))?;
        let dark = self.accent_dark.unwrap_or(light);
        Some((Accent::nearest(light, Scheme::Light), Accent::nearest(dark, Scheme::Dark)))
    }

    /// Stores them.
    ///
    /// # Errors
    /// When the database fails: nothing is changed then.
    pub(crate) async fn save(&self, store: &Store, actor: &str, now: UnixSeconds) -> Result<()> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let colour = |colour: Option<Rgb>| colour.map_or(String::new(), |c| c.to_string());
        let values = [
            (NAME, text(&self.name)),
            (SHOWS_NAME, if self.shows_name { "yes" } else { "no" }.to_owned()),
            (WEBSITE, text(&self.website)),
            (SUPPORT, text(&self.support)),
            (ACCENT, colour(self.accent)),
            (ACCENT_DARK, colour(self.accent_dark)),
        ];
        let values = values.map(|(name, value)| (name.to_owned(), value));
        store.set_settings(values.into(), actor, now).await
    }
}
