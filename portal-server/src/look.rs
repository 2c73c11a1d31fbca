//! How the portal looks: the vendor's name, logo, colours, addresses and words. In the database, and read there again every few
//! seconds, so that a change reaches every process. Everything is checked where it is set and made ready where it is read:
//! pages only put it in its place.

mod at_hand;
pub mod colour;
mod jpeg;
mod kept;
pub(crate) mod link;
pub(crate) mod manage;
pub mod picture;

use std::collections::BTreeMap;

use countersign_core::Hash;
use countersign_store::{Picture, PicturePlace, PictureStage, Result, Store};
use pulldown_cmark::HeadingLevel;

pub(crate) use self::at_hand::LookAtHand;
use self::colour::Accent;
pub(crate) use self::kept::LookSettings;
use self::link::Link;
use crate::language::Language;
use crate::release::notes;

/// The icon of the portal itself, and where it has its colours.
const ICON: &str = include_str!("../assets/icon.svg");
const ICON_COLOURS: [&str; 2] = ["#0b5cad", "#fff"];

/// Words of the vendor's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// On the public page, above the form.
    Public,
    /// At the foot of every page.
    Foot,
}

impl Place {
    pub(crate) const ALL: [Self; 2] = [Self::Public, Self::Foot];

    /// The most characters of Markdown.
    pub(crate) const fn longest(self) -> usize {
        match self {
            Self::Public => 2000,
            Self::Foot => 300,
        }
    }

    /// Its name in forms and settings.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Foot => "foot",
        }
    }

    pub(crate) fn setting(self, language: Language) -> String {
        format!("look_text_{}_{}", self.name(), language.code())
    }
}

/// Words of the vendor's own, ready to be shown.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    /// As it was typed.
    pub(crate) markdown: String,
    /// Sanitized.
    pub(crate) html: String,
    /// The code of its language.
    pub(crate) language: String,
}

/// A picture, ready to be shown.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) url: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// What is put behind it.
    pub(crate) class: String,
}

/// A file that is made of the settings, by its name.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) content: String,
}

/// The vendor's look, ready to be shown.
#[derive(Debug)]
pub(crate) struct Look {
    /// As it is kept.
    pub(crate) settings: LookSettings,
    /// The name that people read.
    pub(crate) name: String,
    pub(crate) website: Option<Link>,
    pub(crate) support: Option<Link>,
    /// The accent's style sheet and icon.
    pub(crate) style: Option<Made>,
    pub(crate) tick: Option<Made>,
    pictures: Vec<Picture>,
    texts: BTreeMap<(Place, String), Text>,
}

impl Look {
    /// What is shown while nothing is set, or the database does not answer.
    fn plain(vendor: &str) -> Self {
        Self::made(vendor, &BTreeMap::new(), Vec::new())
    }

    async fn read(store: &Store, vendor: &str) -> Result<Self> {
        Ok(Self::made(vendor, &store.settings().await?, store.pictures().await?))
    }

    fn made(vendor: &str, stored: &BTreeMap<String, String>, pictures: Vec<Picture>) -> Self {
        let settings = LookSettings::from_stored(stored);
        let link = |kept: &Option<String>| kept.as_deref().and_then(Link::to);
        let accents = settings.accents();
        Self {
            name: settings.name.clone().unwrap_or_else(|| vendor.to_owned()),
            website: link(&settings.website),
            support: link(&settings.support),
            style: accents.as_ref().map(|(light, dark)| Made::style(light, dark)),
            tick: accents.as_ref().map(|(light, _)| Made::icon(light)),
            texts: texts(stored),
            settings,
            pictures,
        }
    }

    /// The accents of light and of dark pages, if the vendor has set one.
    pub(crate) fn accents(&self) -> Option<(Accent, Accent)> {
        self.settings.accents()
    }

    /// The style sheet that goes over the portal's own.
    pub(crate) fn style_url(&self) -> Option<String> {
        self.style.as_ref().map(|made| format!("/assets/{}", made.name))
    }

    /// The icon of a tab: chosen, or made of the logo, or the portal's own in the vendor's colour.
    pub(crate) fn icon_url(&self) -> String {
        let pictures = [PicturePlace::Icon, PicturePlace::LogoIcon];
        let picture = pictures.into_iter().find_map(|place| self.live(place));
        picture.map_or_else(|| self.tick_url(), |shown| shown.url)
    }

    /// The portal's own icon, in the vendor's colour.
    pub(crate) fn tick_url(&self) -> String {
        let name = self.tick.as_ref().map_or("icon.svg", |made| &made.name);
        format!("/assets/{name}")
    }

    /// The logo, if there is one.
    pub(crate) fn logo(&self) -> Option<Shown> {
        self.live(PicturePlace::Logo)
    }

    /// Whether the name stands in words at the head.
    pub(crate) fn shows_name(&self) -> bool {
        self.settings.shows_name || self.logo().is_none()
    }

    pub(crate) fn live(&self, place: PicturePlace) -> Option<Shown> {
        self.picture(place, PictureStage::Live)
    }

    pub(crate) fn draft(&self, place: PicturePlace) -> Option<Shown> {
        self.picture(place, PictureStage::Draft)
    }

    fn picture(&self, place: PicturePlace, stage: PictureStage) -> Option<Shown> {
        let found = self.pictures.iter().find(|p| (p.place, p.stage) == (place, stage));
        found.map(|picture| Shown {
            url: format!("/assets/{}", picture_name(picture)),
            width: picture.width,
            height: picture.height,
            class: format!("on-{}", picture.ground),
        })
    }

    /// The text in this language, or else in one that there is.
    pub(crate) fn text(&self, place: Place, language: Language) -> Option<&Text> {
        let others = || Language::all().map(Language::code);
        let codes = std::iter::once(language.code()).chain(others());
        codes.filter_map(|code| self.texts.get(&(place, code))).next()
    }

    /// What was typed in this language.
    pub(crate) fn typed(&self, place: Place, language: Language) -> &str {
        self.texts.get(&(place, language.code())).map_or("", |text| &text.markdown)
    }
}

/// The name of the picture's file: other bytes have another name.
fn picture_name(picture: &Picture) -> String {
    format!("{}-{}.png", picture.place, picture.hash)
}

fn texts(stored: &BTreeMap<String, String>) -> BTreeMap<(Place, String), Text> {
    let all = Place::ALL.into_iter().flat_map(|p| Language::all().map(move |l| (p, l)));
    let known = all.filter_map(|(place, language)| {
        let markdown = stored.get(&place.setting(language)).filter(|text| !text.is_empty())?;
        let html = notes::html_below(markdown, HeadingLevel::H1);
        let code = language.code();
        let text = Text { markdown: markdown.clone(), html, language: code.clone() };
        Some(((place, code), text))
    });
    known.collect()
}

impl Made {
    fn style(light: &Accent, dark: &Accent) -> Self {
        let scheme = |Accent { colour, paper, on }: &Accent| {
            format!(":root{{--accent:{colour};--accent-paper:{paper};--on-accent:{on}}}")
        };
        let dark = scheme(dark);
        let css = format!("{}\n@media (prefers-color-scheme:dark){{{dark}}}\n", scheme(light));
        Self::named("look", "css", css)
    }

    fn icon(accent: &Accent) -> Self {
        let [ground, tick] = ICON_COLOURS;
        let svg = ICON.replace(tick, &accent.on.to_string());
        Self::named("tick", "svg", svg.replace(ground, &accent.colour.to_string()))
    }

    fn named(kind: &str, end: &str, content: String) -> Self {
        Self { name: format!("{kind}-{}.{end}", Hash::of(&content)), content }
    }
}

#[cfg(test)]
mod tests {
    use super::colour::{Rgb, Scheme};
    use super::*;

    #[test]
    fn the_icon_has_the_colours_that_are_replaced() {
        assert!(ICON_COLOURS.iter().all(|colour| ICON.matches(colour).count() == 1), "{ICON}");
        let blue = Accent::of(Rgb(1, 2, 3), Scheme::Light).unwrap();
        let icon = Made::icon(&blue).content;
        assert!(icon.contains("fill=\"#010203\"") && icon.contains("stroke=\"#ffffff\""), "{icon}");
    }

    #[test]
    fn what_is_stored_by_hand_gets_no_further_than_what_is_typed() {
        let evil = [
            ("look_accent", "#000;}*{background:url(//evil.example)}"),
            ("look_website", "javascript:alert(1)"),
            ("look_support", "data:text/html,x"),
            ("look_text_public_en", "[x](javascript:alert(1)) <script>alert(1)</script>"),
        ];
        let stored = evil.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let look = Look::made("Acme", &stored, Vec::new());
        assert!(look.style.is_none() && look.website.is_none() && look.support.is_none());
        let html = &look.text(Place::Public, Language::ENGLISH).unwrap().html;
        assert!(
            !html.contains("<script") && !html.contains("javascript:") && html.contains("alert"),
            "{html}"
        );
    }

    #[test]
    fn a_text_is_said_in_the_readers_language_or_else_in_another() {
        let german = Language::by_code("de").unwrap();
        let stored = [("look_text_public_de".to_owned(), "Hallo".to_owned())].into();
        let look = Look::made("Acme", &stored, Vec::new());
        for language in Language::all() {
            assert_eq!(look.text(Place::Public, language).unwrap().language, "de");
        }
        assert!(look.text(Place::Foot, german).is_none());
        assert_eq!(look.typed(Place::Public, Language::ENGLISH), "");
    }
}
