//! Files on their way to a draft, piece by piece: whatever arrived stays, so an upload goes on where it was cut off, in any
//! process. The content of a piece is stored before it is known here.

use crate::engine::Connection;
use countersign_core::release::{FileName, MOST_FILES};
use countersign_core::{Id, UnixSeconds};

use crate::error::Result;
use crate::product_release::{ReleaseChange, ReleaseStatus, find_release};
use crate::row::{Columns, seconds};
use crate::{Store, find, list, release_file, run};

const INSERT: &str = "INSERT INTO release_upload (id, release_id, name, platform, size, created_at, touched_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
const FIND: &str = "SELECT id, release_id, name, platform, size, received, created_at FROM release_upload WHERE id = ?1";
const OF_RELEASE: &str = "SELECT id, release_id, name, platform, size, received, created_at FROM release_upload \
    WHERE release_id = ?1 ORDER BY created_at, id";
const STALE: &str = "SELECT id, release_id, name, platform, size, received, created_at FROM release_upload \
    WHERE touched_at < ?1 ORDER BY touched_at LIMIT ?2";
const RECEIVE: &str = "UPDATE release_upload SET received = received + ?3, touched_at = ?4 \
    WHERE id = ?1 AND received = ?2 AND received + ?3 <= size AND finishing_until IS NULL";
const ADD_PIECE: &str =
    "INSERT INTO release_piece (upload_id, start, size, storage_key) VALUES (?1, ?2, ?3, ?4)";
const PIECES: &str =
    "SELECT start, size, storage_key FROM release_piece WHERE upload_id = ?1 ORDER BY start";
const CLAIM: &str = "UPDATE release_upload SET finishing_until = ?3, touched_at = ?2 \
    WHERE id = ?1 AND received = size AND (finishing_until IS NULL OR finishing_until <= ?2)";
const LEAVE: &str = "UPDATE release_upload SET finishing_until = NULL WHERE id = ?1";
const FORGET_PIECES: &str = "DELETE FROM release_piece WHERE upload_id = ?1";
const FORGET: &str = "DELETE FROM release_upload WHERE id = ?1";

/// A file to be uploaded.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// A fresh id.
    pub id: Id,
    /// To which draft.
    pub release: Id,
    /// The name that it is saved under.
    pub name: FileName,
    /// For which platform; may be empty.
    pub platform: String,
    /// All of its bytes.
    pub size: u64,
}

/// A file on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: Id,
    /// To which draft.
    pub release: Id,
    /// The name that it is saved under.
    pub name: FileName,
    /// For which platform; may be empty.
    pub platform: String,
    /// All of its bytes.
    pub size: u64,
    /// How many of them are there.
    pub received: u64,
    /// When it was begun.
    pub created_at: UnixSeconds,
}

/// A part of a file on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// At which byte it begins.
    pub start: u64,
    /// Bytes.
    pub size: u64,
    /// Where its content lies.
    pub storage_key: String,
}

/// How an upload began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadBegun {
    /// It did; or it had, and goes on.
    Goes(Upload),
    /// It is not taken.
    Refused(ReleaseChange),
}

/// What became of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceTaken {
    /// It is known; so many bytes are there.
    Done(u64),
    /// It does not begin where the others end, or goes beyond the file: so many bytes are there.
    NotNext(u64),
    /// There is no such upload, not any more.
    NotFound,
}

impl Store {
    /// Begins an upload. One of the same name and size that waits in this draft goes on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_upload(&self, new: NewUpload, now: UnixSeconds) -> Result<UploadBegun> {
        self.write(move |c| begin(c, &new, now)).await
    }

    /// The upload with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn upload(&self, id: Id) -> Result<Option<Upload>> {
        self.read(|c| find(c, FIND, [id.to_string()], map))
    }

    /// What is on its way to a draft, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn uploads(&self, release: Id) -> Result<Vec<Upload>> {
        self.read(|c| list(c, OF_RELEASE, [release.to_string()], map))
    }

    /// A piece is stored, which begins where the others end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_piece(&self, id: Id, piece: Piece, now: UnixSeconds) -> Result<PieceTaken> {
        self.write(move |c| take(c, id, &piece, now)).await
    }

    /// The pieces of an upload in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pieces(&self, id: Id) -> Result<Vec<Piece>> {
        self.read(|c| pieces(c, id))
    }

    /// Takes it upon oneself to put the pieces together, until this time. `false` when some are missing, or somebody else is
    /// at it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_upload(&self, id: Id, until: UnixSeconds, now: UnixSeconds) -> Result<bool> {
        self.write(move |c| Ok(run(c, CLAIM, (id.to_string(), seconds(now), seconds(until)))? == 1))
            .await
    }

    /// The pieces could not be put together: somebody may try again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leave_upload(&self, id: Id) -> Result<()> {
        self.write(move |c| run(c, LEAVE, [id.to_string()]).map(drop)).await
    }

    /// Forgets an upload. The contents of its pieces are the caller's to delete, after this.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_upload(&self, id: Id) -> Result<Vec<Piece>> {
        self.write(move |c| {
            let pieces = pieces(c, id)?;
            run(c, FORGET_PIECES, [id.to_string()])?;
            run(c, FORGET, [id.to_string()])?;
            Ok(pieces)
        })
        .await
    }

    /// Uploads that nobody has touched since, at most so many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stale_uploads(&self, since: UnixSeconds, most: u32) -> Result<Vec<Upload>> {
        self.read(|c| list(c, STALE, (seconds(since), most), map))
    }
}

fn begin(c: &Connection, new: &NewUpload, now: UnixSeconds) -> Result<UploadBegun> {
    let release = new.release.to_string();
    let refused = match find_release(c, new.release)?.map(|release| release.status) {
        None => Some(ReleaseChange::NotFound),
        Some(ReleaseStatus::Draft) => None,
        Some(_) => Some(ReleaseChange::NotDraft),
    };
    if let Some(refused) = refused {
        return Ok(UploadBegun::Refused(refused));
    }
    let is_same = |name: &FileName| name.as_str().eq_ignore_ascii_case(new.name.as_str());
    let (there, waiting) =
        (release_file::files(c, &release)?, list(c, OF_RELEASE, [&release], map)?);
    if there.iter().any(|file| is_same(&file.name)) {
        return Ok(UploadBegun::Refused(ReleaseChange::NameTaken));
    }
    match waiting.iter().find(|upload| is_same(&upload.name)) {
        Some(upload) if upload.size == new.size => return Ok(UploadBegun::Goes(upload.clone())),
        Some(_) => return Ok(UploadBegun::Refused(ReleaseChange::NameTaken)),
        None => {}
    }
    if there.len() + waiting.len() >= MOST_FILES {
        return Ok(UploadBegun::Refused(ReleaseChange::TooManyFiles));
    }
    let values = (
        new.id.to_string(),
        &release,
        new.name.as_str(),
        &new.platform,
        seconds(new.size),
        seconds(now),
    );
    run(c, INSERT, values)?;
    Ok(UploadBegun::Goes(Upload {
        id: new.id,
        release: new.release,
        name: new.name.clone(),
        platform: new.platform.clone(),
        size: new.size,
        received: 0,
        created_at: now,
    }))
}

fn take(c: &Connection, id: Id, piece: &Piece, now: UnixSeconds) -> Result<PieceTaken> {
    let upload = id.to_string();
    let (start, size) = (seconds(piece.start), seconds(piece.size));
    if run(c, RECEIVE, (&upload, start, size, seconds(now)))? != 1 {
        let there = find(c, FIND, [&upload], map)?;
        return Ok(there.map_or(PieceTaken::NotFound, |there| PieceTaken::NotNext(there.received)));
    }
    run(c, ADD_PIECE, (&upload, start, size, &piece.storage_key))?;
    Ok(PieceTaken::Done(piece.start + piece.size))
}

fn pieces(c: &Connection, id: Id) -> Result<Vec<Piece>> {
    list(c, PIECES, [id.to_string()], |row| {
        Ok(Piece { start: row.time()?, size: row.time()?, storage_key: row.text()? })
    })
}

fn map(row: &mut Columns<'_>) -> Result<Upload> {
    Ok(Upload {
        id: row.parsed("upload id")?,
        release: row.parsed("release id")?,
        name: row.parsed("file name")?,
        platform: row.text()?,
        size: row.time()?,
        received: row.time()?,
        created_at: row.time()?,
    })
}
