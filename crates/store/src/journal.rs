//! Journals of other signers, as far as they were pushed.
//!
//! A journal is known by the hash of its first line, on which all others hang: another first line is another journal, whatever
//! id it gives itself.

use crate::engine::Connection;
use countersign_core::{Hash, Id, Thumbprint, UnixSeconds};

use crate::error::Result;
use crate::merge::NewEntry;
use crate::page::{self, Cursor, Key, Page};
use crate::row::{Columns, seconds};
use crate::{Store, audit, find, run};

const INSERT: &str = "INSERT INTO journal (id, own_id, kid, kind, made_at, head_hash, first_pushed_at, last_pushed_at, pushed_by) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?1, ?6, ?6, ?7) ON CONFLICT (id) DO NOTHING";
const FIND: &str = "SELECT j.id, j.own_id, j.kid, j.kind, j.made_at, j.holder, j.entries, j.head_n, j.head_hash, \
    j.first_pushed_at, j.last_pushed_at, j.pushed_by, j.forked_at, j.taken_back_at, \
    (SELECT COUNT(*) FROM journal o WHERE o.own_id = j.own_id) FROM journal j WHERE j.id = ?1";
const LATEST: &str = "SELECT id, last_pushed_at FROM journal WHERE (last_pushed_at, id) < (?1, ?2) \
    ORDER BY last_pushed_at DESC, id DESC LIMIT 101";
const PUSHED: &str = "UPDATE journal SET entries = entries + ?2, last_pushed_at = ?3, pushed_by = ?4, \
    holder = COALESCE(?5, holder), forked_at = CASE WHEN ?6 = 1 AND forked_at IS NULL THEN ?3 ELSE forked_at END \
    WHERE id = ?1";
// Of two entries with one number the one with the lesser hash: so it does not matter which came first.
const HEAD: &str =
    "SELECT n, hash FROM journal_entry WHERE journal = ?1 ORDER BY n DESC, hash LIMIT 1";
const SET_HEAD: &str = "UPDATE journal SET head_n = ?2, head_hash = ?3 WHERE id = ?1";
const TWICE: &str =
    "SELECT 1 FROM journal_entry WHERE journal = ?1 AND n = ?2 AND hash <> ?3 LIMIT 1";

/// The first line of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalOpening {
    /// SHA-256 of the line.
    pub hash: Hash,
    /// The id that the signer gave it.
    pub own_id: Id,
    /// The key that signs what stands in it.
    pub kid: Thumbprint,
    /// What kind of signer, in a word; empty where it does not say.
    pub kind: String,
    /// When it was begun.
    pub made_at: UnixSeconds,
}

/// A journal as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// Its first line.
    pub opening: JournalOpening,
    /// The holder of its key's delegation, as the newest entries have it.
    pub holder: Option<String>,
    /// How many entries came.
    pub entries: u64,
    /// The number of the last entry, 0 before the first.
    pub head_n: u64,
    /// The hash of the last line.
    pub head_hash: Hash,
    /// When something of it came first,
    pub first_pushed_at: UnixSeconds,
    /// and last,
    pub last_pushed_at: UnixSeconds,
    /// from whom.
    pub pushed_by: String,
    /// Since when there are two entries with one number.
    pub forked_at: Option<UnixSeconds>,
    /// When its machines were taken back by the vendor.
    pub taken_back_at: Option<UnixSeconds>,
    /// Another journal gives itself the same id.
    pub shares_its_id: bool,
}

impl Store {
    /// The journal whose first line has this hash.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn journal(&self, id: &Hash) -> Result<Option<Journal>> {
        self.read(|c| find(c, FIND, [id.to_string()], map))
    }

    /// Journals, those that were pushed last first: at most 100.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn journals(&self, after: Option<Cursor>, most: usize) -> Result<Page<Journal>> {
        self.read(|c| {
            let most = page::wanted(most);
            let start = after.as_ref().and_then(Cursor::number).unwrap_or(i64::MAX);
            let id = after.as_ref().map_or("~", |after| after.id.as_str());
            let place = |row: &mut Columns<'_>| {
                Ok(Cursor { id: row.text()?, key: Key::Number(row.take()?) })
            };
            let (ids, next) =
                page::cut(crate::first(c, LATEST, (start, id), most + 1, place)?, most);
            let items = ids.iter().map(|id| find(c, FIND, [id], map));
            let items = items.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
            Ok(Page { items, next })
        })
    }
}

/// Begins a journal that is not known.
pub(crate) fn open(
    c: &Connection,
    opening: &JournalOpening,
    actor: &str,
    now: UnixSeconds,
) -> Result<()> {
    let values = (
        opening.hash.to_string(),
        opening.own_id.to_string(),
        opening.kid.to_string(),
        &opening.kind,
        seconds(opening.made_at),
        seconds(now),
        actor,
    );
    if run(c, INSERT, values)? == 1 {
        audit::record(c, now, actor, "journal.open", &opening.hash.to_string(), "")?;
    }
    Ok(())
}

/// Notes that `more` of these entries came now.
pub(crate) fn pushed(
    c: &Connection,
    opening: &JournalOpening,
    entries: &[NewEntry],
    more: u64,
    actor: &str,
    now: UnixSeconds,
) -> Result<()> {
    let id = opening.hash.to_string();
    let mut is_forked = false;
    for entry in entries {
        let values = (&id, seconds(entry.n), entry.hash.to_string());
        is_forked = is_forked || find(c, TWICE, values, |_| Ok(()))?.is_some();
    }
    let holder = entries.iter().rev().find_map(|entry| entry.holder.clone());
    run(c, PUSHED, (&id, seconds(more), seconds(now), actor, holder, i64::from(is_forked)))?;
    let head = |row: &mut Columns<'_>| Ok((row.take::<i64>()?, row.text()?));
    if let Some((n, hash)) = find(c, HEAD, [&id], head)? {
        run(c, SET_HEAD, (&id, n, hash))?;
    }
    let what = if is_forked { "journal.forked" } else { "journal.push" };
    audit::record(c, now, actor, what, &id, &more.to_string())
}

fn map(row: &mut Columns<'_>) -> Result<Journal> {
    Ok(Journal {
        opening: JournalOpening {
            hash: row.parsed("journal")?,
            own_id: row.parsed("journal id")?,
            kid: row.parsed("key")?,
            kind: row.text()?,
            made_at: row.time()?,
        },
        holder: row.take()?,
        entries: row.time()?,
        head_n: row.time()?,
        head_hash: row.parsed("hash")?,
        first_pushed_at: row.time()?,
        last_pushed_at: row.time()?,
        pushed_by: row.text()?,
        forked_at: row.optional_time()?,
        taken_back_at: row.optional_time()?,
        shares_its_id: row.time()? > 1,
    })
}
