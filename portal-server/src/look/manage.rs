//! What the vendor does with the look: below the pages and the API.

use countersign_store::{NewPicture, PicturePlace, PictureStage, StoreError};

use super::colour::{Accent, Rgb, Scheme};
use super::picture::{self, Unusable};
use super::{LookSettings, Place, link};
use crate::app::App;
use crate::fields::Unfit;
use crate::language::{Key, Say};

/// A colour that does not pass, and the one that does.
#[derive(Debug)]
pub(crate) struct Faint {
    pub(crate) typed: Rgb,
    pub(crate) scheme: Scheme,
    pub(crate) contrast: f64,
    pub(crate) nearest: Accent,
}

impl Faint {
    /// In words.
    pub(crate) fn say(&self) -> Say {
        let key = match self.scheme {
            Scheme::Light => "accent-faint-light",
            Scheme::Dark => "accent-faint-dark",
        };
        Say::new(key)
            .with("colour", self.typed.to_string())
            .with("contrast", format!("{:.1}", self.contrast))
            .with("nearest", self.nearest.colour.to_string())
    }
}

/// What becomes of colours that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnFaint {
    /// They are refused.
    Refuse,
    /// The nearest that can be read takes their place.
    Nearest,
}

/// Looks whether text in the accents can be read, and on them. What cannot stays as it is, and is told.
pub(crate) fn readable(settings: &mut LookSettings, on_faint: OnFaint) -> Vec<Faint> {
    if let (Some(light), None, OnFaint::Nearest) = (settings.accent, settings.accent_dark, on_faint)
    {
        // Where the one for light pages is moved, dark pages still go by what was typed.
        let moves = Accent::of(light, Scheme::Light).is_err();
        settings.accent_dark = moves.then(|| Accent::nearest(light, Scheme::Dark).colour);
    }
    let colours =
        [(&mut settings.accent, Scheme::Light), (&mut settings.accent_dark, Scheme::Dark)];
    let mut faint = Vec::new();
    for (colour, scheme) in colours {
        let Some(typed) = *colour else { continue };
        let Err(contrast) = Accent::of(typed, scheme) else { continue };
        let nearest = Accent::nearest(typed, scheme);
        match on_faint {
            OnFaint::Nearest => *colour = Some(nearest.colour),
            OnFaint::Refuse => faint.push(Faint { typed, scheme, contrast, nearest }),
        }
    }
    faint
}

/// A colour as it was typed; nothing of none.
pub(crate) fn colour(typed: &str) -> Result<Option<Rgb>, Unfit> {
    match typed.trim() {
        "" => Ok(None),
        typed => Rgb::parse(typed).map(Some).ok_or_else(|| Say::new("accent-unfit").into()),
    }
}

/// The website as it is kept; nothing of none.
pub(crate) fn website(typed: &str) -> Result<Option<String>, Unfit> {
    kept(typed, link::website, "website-unfit")
}

/// The support address as it is kept; nothing of none.
pub(crate) fn support(typed: &str) -> Result<Option<String>, Unfit> {
    kept(typed, link::support, "support-unfit")
}

fn kept(
    typed: &str,
    read: impl Fn(&str) -> Option<String>,
    unfit: &str,
) -> Result<Option<String>, Unfit> {
    match typed.trim() {
        "" => Ok(None),
        typed => read(typed).map(Some).ok_or_else(|| Say::new(unfit).into()),
    }
}

/// The vendor's words for a place: with the line ends of one kind, if they are not too long.
pub(crate) fn text(place: Place, typed: &str) -> Result<String, Unfit> {
    let text = typed.replace("\r\n", "\n").trim().to_owned();
    let name = match place {
        Place::Public => Key("text-public"),
        Place::Foot => Key("text-foot"),
    };
    let (count, longest) = (text.chars().count(), place.longest());
    if count > longest {
        let say = Say::new("field-too-long").with("field", name).with("count", count);
        return Err(say.with("longest", longest).into());
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(Say::new("text-unfit").with("field", name).into());
    }
    Ok(text)
}

/// The pictures that are made of an upload, by the name in its address.
pub(crate) struct Kind {
    pub(crate) places: &'static [PicturePlace],
    make: fn(&[u8]) -> Result<Vec<NewPicture>, Unusable>,
}

const LOGO: Kind =
    Kind { places: &[PicturePlace::Logo, PicturePlace::LogoIcon], make: picture::logo };
const ICON: Kind = Kind { places: &[PicturePlace::Icon], make: picture::icon };

impl Kind {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "logo" => Some(LOGO),
            "icon" => Some(ICON),
            _ => None,
        }
    }
}

/// Why a picture was not taken.
#[derive(Debug)]
pub(crate) enum NotTaken {
    /// It cannot be used.
    Unusable(Unusable),
    /// The portal could not.
    Failed(anyhow::Error),
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Makes drafts of a picture that is brought: few at a time, whoever brings how many.
pub(crate) async fn draft(
    app: &App,
    kind: &Kind,
    bytes: impl AsRef<[u8]> + Send + 'static,
    actor: &str,
) -> Result<(), NotTaken> {
    let failed = |error: anyhow::Error| NotTaken::Failed(error);
    let turn = app.pictures().acquire_owned().await.map_err(|error| failed(error.into()))?;
    let make = kind.make;
    // Who leaves meanwhile does not give their turn to the next before the work is done.
    let made = tokio::task::spawn_blocking(move || (make(bytes.as_ref()), turn)).await;
    let (made, _turn) = made.map_err(|error| failed(error.into()))?;
    let made = made.map_err(NotTaken::Unusable)?;
    app.store().draft_pictures(made, actor, app.now()).await?;
    app.look_changed();
    Ok(())
}

/// Shows everybody what was a draft; whether there was one.
pub(crate) async fn adopt(app: &App, kind: &Kind, actor: &str) -> Result<bool, StoreError> {
    let used = app.store().use_pictures(kind.places, actor, app.now()).await?;
    app.look_changed();
    Ok(used)
}

/// Takes a draft back, or a picture off all pages.
pub(crate) async fn remove(
    app: &App,
    kind: &Kind,
    stage: PictureStage,
    actor: &str,
) -> Result<(), StoreError> {
    app.store().remove_pictures(kind.places, stage, actor, app.now()).await?;
    app.look_changed();
    Ok(())
}
