//! Files of releases: known to the database once their content is stored. They belong to drafts.

use crate::engine::Connection;
use countersign_core::release::{FileName, MOST_FILES};
use countersign_core::{Hash, Id, UnixSeconds};

use crate::error::Result;
use crate::product_release::{ProductRelease, ReleaseChange, done, find_release};
use crate::row::{Columns, seconds};
use crate::{Store, find, list, run};

const TOUCH: &str = "UPDATE release SET revision = revision + 1 WHERE id = ?1 AND status = 'draft'";
const INSERT: &str = "INSERT INTO release_file (id, release_id, name, platform, size, sha256, storage_key, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const FILES: &str = "SELECT id, release_id, name, platform, size, sha256, storage_key, created_at FROM release_file \
    WHERE release_id = ?1 ORDER BY platform, name";
const FIND: &str = "SELECT id, release_id, name, platform, size, sha256, storage_key, created_at FROM release_file \
    WHERE id = ?1";
const DELETE: &str = "DELETE FROM release_file WHERE id = ?1";
const ALL: &str = "SELECT id, release_id, name, platform, size, sha256, storage_key, created_at FROM release_file \
    WHERE id > ?1 ORDER BY id LIMIT ?2";

/// A file of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseFile {
    /// Its id, random: how it is asked for.
    pub id: Id,
    /// Of which release.
    pub release: Id,
    /// The name that it is saved under.
    pub name: FileName,
    /// For which platform, in the vendor's words; may be empty.
    pub platform: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content.
    pub sha256: Hash,
    /// Where the content lies, random: nothing that anybody is told.
    pub storage_key: String,
    /// When it was added.
    pub created_at: UnixSeconds,
}

impl Store {
    /// Adds a file, whose content is stored already, to a draft.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_release_file(
        &self,
        file: ReleaseFile,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<ReleaseChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| add_file(c, &file, &actor, now)).await
    }

    /// Takes a file out of a draft. The content is the caller's to delete, after this.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_release_file(
        &self,
        file: Id,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<ReleaseChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            let Some(found) = find(c, FIND, [file.to_string()], map)? else {
                return Ok(ReleaseChange::NotFound);
            };
            if run(c, TOUCH, [found.release.to_string()])? != 1 {
                return Ok(ReleaseChange::NotDraft);
            }
            run(c, DELETE, [file.to_string()])?;
            done(c, found.release, "release.remove-file", found.name.as_str(), &actor, now)
        })
        .await
    }

    /// The files of a release, by platform and name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_files(&self, release: Id) -> Result<Vec<ReleaseFile>> {
        self.read(|c| files(c, &release.to_string()))
    }

    /// The file with this id, and its release.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_file(&self, id: Id) -> Result<Option<(ReleaseFile, ProductRelease)>> {
        self.read(|c| {
            let Some(file) = find(c, FIND, [id.to_string()], map)? else {
                return Ok(None);
            };
            Ok(find_release(c, file.release)?.map(|release| (file, release)))
        })
    }

    /// All files of all releases by id, after `after`; a page of at most `most`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_release_files(
        &self,
        after: Option<Id>,
        most: u32,
    ) -> Result<Vec<ReleaseFile>> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        self.read(|c| list(c, ALL, (&after, most), map))
    }
}

/// The files of a release, by platform and name.
pub(crate) fn files(c: &Connection, release: &str) -> Result<Vec<ReleaseFile>> {
    list(c, FILES, [release], map)
}

fn add_file(
    c: &Connection,
    file: &ReleaseFile,
    actor: &str,
    now: UnixSeconds,
) -> Result<ReleaseChange> {
    let release = file.release.to_string();
    if find_release(c, file.release)?.is_none() {
        return Ok(ReleaseChange::NotFound);
    }
    if run(c, TOUCH, [&release])? != 1 {
        return Ok(ReleaseChange::NotDraft);
    }
    let there = files(c, &release)?;
    let is_same =
        |other: &ReleaseFile| other.name.as_str().eq_ignore_ascii_case(file.name.as_str());
    if there.iter().any(is_same) {
        return Ok(ReleaseChange::NameTaken);
    }
    if there.len() >= MOST_FILES {
        return Ok(ReleaseChange::TooManyFiles);
    }
    let values = (
        file.id.to_string(),
        &release,
        file.name.as_str(),
        &file.platform,
        seconds(file.size),
        file.sha256.to_string(),
        &file.storage_key,
        seconds(now),
    );
    run(c, INSERT, values)?;
    done(c, file.release, "release.add-file", file.name.as_str(), actor, now)
}

fn map(row: &mut Columns<'_>) -> Result<ReleaseFile> {
    Ok(ReleaseFile {
        id: row.parsed("release file id")?,
        release: row.parsed("release id")?,
        name: row.parsed("file name")?,
        platform: row.text()?,
        size: row.time()?,
        sha256: row.parsed("hash")?,
        storage_key: row.text()?,
        created_at: row.time()?,
    })
}
