//! Releases: what is published of a product. Their files stand in `release_file`, what a license may run of them in
//! `release_terms`.

use std::fmt;
use std::str::FromStr;

use crate::engine::Connection;
use countersign_core::release::{Channel, VersionName};
use countersign_core::{Id, ProductId, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::row::{Columns, seconds};
use crate::{Store, audit, find, list, product, release_file, run, version};

const INSERT: &str = "INSERT INTO release (id, product_id, channel, version, version_order, status, notes, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, 'draft', ?6, ?7) ON CONFLICT (product_id, channel, version) DO NOTHING";
const FIND: &str = "SELECT id, product_id, channel, version, version_order, status, visibility, notes, checksums, revision, \
    created_at, published_at FROM release WHERE id = ?1";
const NAMED: &str = "SELECT id, product_id, channel, version, version_order, status, visibility, notes, checksums, revision, \
    created_at, published_at FROM release WHERE product_id = ?1 AND channel = ?2 AND version = ?3";
const OF_PRODUCT: &str = "SELECT id, product_id, channel, version, version_order, status, visibility, notes, checksums, revision, \
    created_at, published_at FROM release WHERE product_id = ?1 AND (version_order, id) < (?2, ?3) \
    AND (?4 = '' OR channel = ?4) AND (?5 = '' OR status = ?5) AND (?6 = '' OR visibility = ?6) \
    ORDER BY version_order DESC, id DESC LIMIT ?7";
const CHANNELS: &str = "SELECT DISTINCT channel FROM release WHERE product_id = ?1 AND status = 'published' \
    AND visibility = 'customers' ORDER BY channel";
const SET_NOTES: &str = "UPDATE release SET notes = ?2 WHERE id = ?1";
const PUBLISH: &str = "UPDATE release SET status = 'published', published_at = ?2, checksums = ?3 \
    WHERE id = ?1 AND published_at IS NULL AND revision = ?4";
const PUBLISH_AGAIN: &str = "UPDATE release SET status = 'published' WHERE id = ?1 AND published_at IS NOT NULL AND revision = ?2";
const ARCHIVE: &str =
    "UPDATE release SET status = 'archived' WHERE id = ?1 AND status <> 'archived'";
/// Comes after every place of a version.
pub(crate) const ABOVE_ALL: &str = "~";

/// The longest notes, in bytes of Markdown.
pub const LONGEST_NOTES: usize = 64 * 1024;

/// A release of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRelease {
    /// Its id: the `jti` of its checksum file.
    pub id: Id,
    /// Of which product.
    pub product: ProductId,
    /// On which channel.
    pub channel: Channel,
    /// Its version.
    pub version: VersionName,
    /// The version's place in the order (`version.rs`).
    pub(crate) order: String,
    /// Whether customers see it.
    pub status: ReleaseStatus,
    /// Which customers do.
    pub visibility: Visibility,
    /// What is new, in Markdown.
    pub notes: String,
    /// The signed token with the hashes of the files, if it was signed.
    pub checksums: Option<String>,
    /// Changes with its files: what was signed against another revision is signed again.
    pub revision: i64,
    /// When it was created.
    pub created_at: UnixSeconds,
    /// When it was published first.
    pub published_at: Option<UnixSeconds>,
}

/// Whether customers see a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseStatus {
    /// Not yet: files can be added.
    Draft,
    /// They do.
    Published,
    /// Not any more.
    Archived,
}

impl ReleaseStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Published, Self::Archived];

    /// As text, in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Archived => "archived",
        }
    }
}

impl FromStr for ReleaseStatus {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == text);
        known.ok_or(StoreError::Malformed("release status"))
    }
}

impl fmt::Display for ReleaseStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which customers see a published release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// All who have a license of the product.
    Customers,
    /// Those whose licenses it was given to.
    Private,
}

impl Visibility {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Customers, Self::Private];

    /// As text, in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Private => "private",
        }
    }
}

impl FromStr for Visibility {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|visibility| visibility.as_str() == text);
        known.ok_or(StoreError::Malformed("release visibility"))
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A release to be created, as a draft.
#[derive(Debug, Clone)]
pub struct NewRelease {
    /// A fresh id.
    pub id: Id,
    /// Of which product.
    pub product: ProductId,
    /// On which channel.
    pub channel: Channel,
    /// Its version.
    pub version: VersionName,
    /// What is new, in Markdown.
    pub notes: String,
}

/// How a change of a release ended. Nothing was changed but by `Done`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseChange {
    /// It is changed.
    Done,
    /// There is no such release, file or product.
    NotFound,
    /// It is what it should become already.
    Already,
    /// Files belong to drafts: this release was published or archived.
    NotDraft,
    /// The product has that version on that channel already.
    VersionTaken,
    /// A version begins with a number, or it has no place among the others.
    VersionWithoutNumber,
    /// The release has a file of that name, when case is ignored.
    NameTaken,
    /// A release has at most [`countersign_core::release::MOST_FILES`] files.
    TooManyFiles,
    /// A release without files is not published.
    NoFiles,
    /// The notes are longer than [`LONGEST_NOTES`].
    NotesTooLong,
    /// It was changed since it was read: read and sign again.
    Stale,
    /// A private release is for at most [`crate::MOST_GIVEN`] licenses.
    GivenToTooMany,
}

/// Which releases of a product.
#[derive(Debug, Clone, Default)]
pub struct ReleaseFilter {
    /// On this channel only.
    pub channel: Option<Channel>,
    /// With this status only.
    pub status: Option<ReleaseStatus>,
    /// For these only.
    pub visibility: Option<Visibility>,
    /// Those after this one: the last of the page before.
    pub after: Option<Id>,
}

impl Store {
    /// Creates a draft.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_release(
        &self,
        new: NewRelease,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<ReleaseChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| create(c, &new, &actor, now)).await
    }

    /// Replaces the notes; they are not signed and can be changed at any time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_release_notes(
        &self,
        release: Id,
        notes: String,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<ReleaseChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            if notes.len() > LONGEST_NOTES {
                return Ok(ReleaseChange::NotesTooLong);
            }
            if run(c, SET_NOTES, (release.to_string(), &notes))? != 1 {
                return Ok(ReleaseChange::NotFound);
            }
            done(c, release, "release.notes", "", &actor, now)
        })
        .await
    }

    /// Publishes a draft with its signed checksums. One that was published and archived comes back as it was: with its own
    /// time and checksums. `read` is the release as it was read when the checksums were signed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn publish_release(
        &self,
        read: ProductRelease,
        checksums: Option<String>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<ReleaseChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| publish(c, &read, checksums.as_deref(), &actor, now)).await
    }

    /// Takes a release away from customers; its files stay.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn archive_release(
        &self,
        release: Id,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<ReleaseChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            if find_release(c, release)?.is_none() {
                return Ok(ReleaseChange::NotFound);
            }
            if run(c, ARCHIVE, [release.to_string()])? != 1 {
                return Ok(ReleaseChange::Already);
            }
            done(c, release, "release.archive", "", &actor, now)
        })
        .await
    }

    /// The release with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release(&self, id: Id) -> Result<Option<ProductRelease>> {
        self.read(|c| find_release(c, id))
    }

    /// The release of this name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_named(
        &self,
        product: &ProductId,
        channel: &Channel,
        version: &VersionName,
    ) -> Result<Option<ProductRelease>> {
        let name = (product.as_str(), channel.as_str(), version.as_str());
        self.read(|c| find(c, NAMED, name, map))
    }

    /// Releases of a product, the highest version first; a page of at most `most`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn releases(
        &self,
        product: &ProductId,
        filter: &ReleaseFilter,
        most: u32,
    ) -> Result<Vec<ProductRelease>> {
        self.read(|c| {
            let Some((order, id)) = page_start(c, filter)? else { return Ok(Vec::new()) };
            let channel = filter.channel.as_ref().map_or("", Channel::as_str);
            let status = filter.status.map_or("", ReleaseStatus::as_str);
            let visibility = filter.visibility.map_or("", Visibility::as_str);
            let values = (product.as_str(), order, id, channel, status, visibility, most);
            list(c, OF_PRODUCT, values, map)
        })
    }

    /// The channels that a product has releases on that are published for its customers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_channels(&self, product: &ProductId) -> Result<Vec<Channel>> {
        self.read(|c| list(c, CHANNELS, [product.as_str()], |row| row.parsed("channel")))
    }
}

/// What the first of the page comes after; `None` when that is gone.
pub(crate) fn page_start(
    c: &Connection,
    filter: &ReleaseFilter,
) -> Result<Option<(String, String)>> {
    match filter.after {
        Some(id) => Ok(find_release(c, id)?.map(|last| (last.order, id.to_string()))),
        None => Ok(Some((ABOVE_ALL.to_owned(), String::new()))),
    }
}

pub(crate) fn find_release(c: &Connection, id: Id) -> Result<Option<ProductRelease>> {
    find(c, FIND, [id.to_string()], map)
}

fn create(
    c: &Connection,
    new: &NewRelease,
    actor: &str,
    now: UnixSeconds,
) -> Result<ReleaseChange> {
    let Some(order) = version::order(&new.version) else {
        return Ok(ReleaseChange::VersionWithoutNumber);
    };
    if new.notes.len() > LONGEST_NOTES {
        return Ok(ReleaseChange::NotesTooLong);
    }
    if product::find_product(c, &new.product)?.is_none() {
        return Ok(ReleaseChange::NotFound);
    }
    let (product, channel, version) =
        (new.product.as_str(), new.channel.as_str(), new.version.as_str());
    let id = new.id.to_string();
    let values = (&id, product, channel, version, order, &new.notes, seconds(now));
    if run(c, INSERT, values)? != 1 {
        return Ok(ReleaseChange::VersionTaken);
    }
    done(c, new.id, "release.create", &format!("{product} {version} {channel}"), actor, now)
}

fn publish(
    c: &Connection,
    read: &ProductRelease,
    checksums: Option<&str>,
    actor: &str,
    now: UnixSeconds,
) -> Result<ReleaseChange> {
    let id = read.id.to_string();
    let Some(current) = find_release(c, read.id)? else { return Ok(ReleaseChange::NotFound) };
    if current.status == ReleaseStatus::Published {
        return Ok(ReleaseChange::Already);
    }
    if release_file::files(c, &id)?.is_empty() {
        return Ok(ReleaseChange::NoFiles);
    }
    let published = match current.published_at {
        None => run(c, PUBLISH, (&id, seconds(now), checksums, read.revision))?,
        Some(_) => run(c, PUBLISH_AGAIN, (&id, read.revision))?,
    };
    if published != 1 {
        return Ok(ReleaseChange::Stale);
    }
    let detail =
        if current.checksums.is_some() || checksums.is_some() { "signed" } else { "not signed" };
    done(c, read.id, "release.publish", detail, actor, now)
}

/// Written down.
pub(crate) fn done(
    c: &Connection,
    release: Id,
    action: &str,
    detail: &str,
    actor: &str,
    now: UnixSeconds,
) -> Result<ReleaseChange> {
    audit::record(c, now, actor, action, &release.to_string(), detail)?;
    Ok(ReleaseChange::Done)
}

pub(crate) fn map(row: &mut Columns<'_>) -> Result<ProductRelease> {
    Ok(ProductRelease {
        id: row.parsed("release id")?,
        product: row.parsed("product id")?,
        channel: row.parsed("channel")?,
        version: row.parsed("version")?,
        order: row.text()?,
        status: row.parsed("release status")?,
        visibility: row.parsed("release visibility")?,
        notes: row.text()?,
        checksums: row.take()?,
        revision: row.take()?,
        created_at: row.time()?,
        published_at: row.optional_time()?,
    })
}
