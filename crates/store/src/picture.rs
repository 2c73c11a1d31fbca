//! The vendor's logo and icon: written anew by the portal, so that nothing of the bytes that were uploaded is here.

use std::fmt;
use std::str::FromStr;

use crate::engine::Connection;
use countersign_core::{Hash, UnixSeconds};

use crate::error::Result;
use crate::row::seconds;
use crate::{Store, audit, find, list, run};

const ALL: &str =
    "SELECT place, stage, hash, width, height, ground FROM picture ORDER BY place, stage";
const HASH: &str = "SELECT hash FROM picture WHERE place = ?1 AND stage = ?2";
const BYTES: &str = "SELECT png FROM picture WHERE place = ?1 AND hash = ?2";
const PUT: &str = "INSERT INTO picture (place, stage, hash, width, height, ground, png, added_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (place, stage) DO UPDATE SET hash = excluded.hash, \
    width = excluded.width, height = excluded.height, ground = excluded.ground, png = excluded.png, added_at = excluded.added_at";
const GO_LIVE: &str = "UPDATE picture SET stage = 'live' WHERE place = ?1 AND stage = 'draft'";
const REMOVE: &str = "DELETE FROM picture WHERE place = ?1 AND stage = ?2";

/// Where a picture is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PicturePlace {
    /// At the head of every page.
    Logo,
    /// The icon of a tab, made from the logo.
    LogoIcon,
    /// The icon of a tab, chosen.
    Icon,
}

/// Whether a picture is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PictureStage {
    /// Only the vendor looks at it.
    Draft,
    /// Everybody sees it.
    Live,
}

/// The ground that a picture needs to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// It is seen on light and on dark pages.
    Any,
    /// It is too dark for dark pages.
    Light,
    /// It is too light for light pages.
    Dark,
}

macro_rules! words {
    ($kind:ident: $($value:ident $word:literal),*) => {
        impl $kind {
            /// Its name in the database and in addresses.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }
        }
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl FromStr for $kind {
            type Err = ();
            fn from_str(text: &str) -> std::result::Result<Self, ()> {
                match text { $($word => Ok(Self::$value),)* _ => Err(()) }
            }
        }
    };
}
words! { PicturePlace: Logo "logo", LogoIcon "made-icon", Icon "icon" }
words! { PictureStage: Draft "draft", Live "live" }
words! { Ground: Any "any", Light "light", Dark "dark" }

/// What is known of a picture without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Where it is shown.
    pub place: PicturePlace,
    /// Whether it is in use.
    pub stage: PictureStage,
    /// Of its bytes.
    pub hash: Hash,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// What it needs behind it.
    pub ground: Ground,
}

/// A picture to be looked at before it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPicture {
    /// Where it is to be shown.
    pub place: PicturePlace,
    /// A PNG file.
    pub png: Vec<u8>,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// What it needs behind it.
    pub ground: Ground,
}

impl Store {
    /// What pictures there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pictures(&self) -> Result<Vec<Picture>> {
        self.read(|c| {
            list(c, ALL, [], |row| {
                Ok(Picture {
                    place: row.parsed("picture place")?,
                    stage: row.parsed("picture stage")?,
                    hash: row.parsed("picture hash")?,
                    width: row.take()?,
                    height: row.take()?,
                    ground: row.parsed("picture ground")?,
                })
            })
        })
    }

    /// The PNG file of this place with this hash, draft or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn picture(&self, place: PicturePlace, hash: &Hash) -> Result<Option<Vec<u8>>> {
        self.read(|c| find(c, BYTES, (place.as_str(), hash.to_string()), |row| row.take()))
    }

    /// Keeps pictures as drafts, in place of the drafts that are there.
    ///
    /// # Errors
    /// When the database fails: none is kept then.
    pub async fn draft_pictures(
        &self,
        pictures: Vec<NewPicture>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<()> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            for picture in &pictures {
                draft(c, picture, &actor, now)?;
            }
            Ok(())
        })
        .await
    }

    /// Uses the drafts of these places, in place of what is used; whether there was one.
    ///
    /// # Errors
    /// When the database fails: nothing is changed then.
    pub async fn use_pictures(
        &self,
        places: &'static [PicturePlace],
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            let mut used = false;
            for place in places {
                let Some(hash) = hash_of(c, *place, PictureStage::Draft)? else { continue };
                run(c, REMOVE, (place.as_str(), PictureStage::Live.as_str()))?;
                run(c, GO_LIVE, [place.as_str()])?;
                audit::record(c, now, &actor, "picture.use", place.as_str(), &hash)?;
                used = true;
            }
            Ok(used)
        })
        .await
    }

    /// Removes the pictures of these places in this stage, if there are any.
    ///
    /// # Errors
    /// When the database fails: nothing is changed then.
    pub async fn remove_pictures(
        &self,
        places: &'static [PicturePlace],
        stage: PictureStage,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<()> {
        let actor = actor.to_owned();
        let action = match stage {
            PictureStage::Draft => "picture.discard",
            PictureStage::Live => "picture.remove",
        };
        self.write_once(move |c| {
            for place in places {
                let Some(hash) = hash_of(c, *place, stage)? else { continue };
                run(c, REMOVE, (place.as_str(), stage.as_str()))?;
                audit::record(c, now, &actor, action, place.as_str(), &hash)?;
            }
            Ok(())
        })
        .await
    }
}

fn hash_of(c: &Connection, place: PicturePlace, stage: PictureStage) -> Result<Option<String>> {
    find(c, HASH, (place.as_str(), stage.as_str()), |row| row.text())
}

/// The same bytes once more change nothing.
fn draft(c: &Connection, new: &NewPicture, actor: &str, now: UnixSeconds) -> Result<()> {
    let (place, stage) = (new.place.as_str(), PictureStage::Draft);
    let hash = Hash::of(&new.png).to_string();
    if hash_of(c, new.place, stage)?.as_ref() == Some(&hash) {
        return Ok(());
    }
    let (stage, ground) = (stage.as_str(), new.ground.as_str());
    let picture = (place, stage, &hash, new.width, new.height, ground, &new.png, seconds(now));
    run(c, PUT, picture)?;
    audit::record(c, now, actor, "picture.draft", place, &hash)
}
