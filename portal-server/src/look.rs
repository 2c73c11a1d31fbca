//! How the portal looks: the vendor's name, logo, colours, addresses and words. In the database, and read there again every few
//! seconds, so that a change reaches every process. Everything is checked where it is set and made ready where it is read:
//! pages only put it in its place.

pub mod colour;
mod jpeg;
pub(crate) mod link;
pub mod picture;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_core::{Hash, UnixSeconds};
use countersign_store::{Picture, PicturePlace, PictureStage, Result, Store};
use pulldown_cmark::HeadingLevel;

use self::colour::{Accent, Rgb, Scheme};
use self::link::Link;
use crate::language::Language;
use crate::release::notes;

/// How old what is at hand may be, in seconds.
const FRESH_SECONDS: u64 = 2;
/// The icon of the portal itself, and where it has its colours.
const ICON: &str = include_str!("../assets/icon.svg");
const ICON_COLOURS: [&str; 2] = ["#0b5cad", "#fff"];
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

impl LookSettings {
    fn from_stored(stored: &BTreeMap<String, String>) -> Self {
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
    fn accents(&self) -> Option<(Accent, Accent)> {
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

/// The look as it was at most [`FRESH_SECONDS`] ago.
#[derive(Debug, Default)]
pub(crate) struct LookAtHand {
    read: Mutex<Option<(UnixSeconds, Arc<Look>)>>,
}

impl LookAtHand {
    /// A page is shown whatever becomes of its look: where the database does not answer it stays as it was.
    pub(crate) async fn get(&self, store: &Store, vendor: &str, now: UnixSeconds) -> Arc<Look> {
        let at_hand = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, look)) = &at_hand
            && now.abs_diff(*at) < FRESH_SECONDS
        {
            return Arc::clone(look);
        }
        match Look::read(store, vendor).await {
            Ok(look) => {
                let look = Arc::new(look);
                let read = Some((now, Arc::clone(&look)));
                *self.read.lock().unwrap_or_else(PoisonError::into_inner) = read;
                look
            }
            Err(error) => {
                tracing::warn!(%error, "the vendor's look cannot be read");
                at_hand.map_or_else(|| Arc::new(Look::plain(vendor)), |(_, look)| look)
            }
        }
    }

    /// Reads it anew the next time.
    pub(crate) fn forget(&self) {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
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
            (ACCENT, "#000;}*{background:url(//evil.example)}"),
            (WEBSITE, "javascript:alert(1)"),
            (SUPPORT, "data:text/html,x"),
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
