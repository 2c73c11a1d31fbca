//! The audit log as a chain of hashes. Rows are chained after their commit, in batches, so that no transaction waits for
//! another one's hash. The hashes are made outside; here it is decided whether they still fit.

use crate::engine::Connection;
use crate::engine::writer::Scope;
use countersign_core::{Hash, Id, UnixSeconds};

use crate::audit::AuditEntry;
use crate::error::Result;
use crate::row::{Columns, seconds};
use crate::{Store, find, list, run};

const MAKE_LOG: &str =
    "INSERT INTO audit_log (one, id, made_at) VALUES (1, ?1, ?2) ON CONFLICT (one) DO NOTHING";
const LOG: &str = "SELECT id, made_at FROM audit_log WHERE one = 1";
const HEAD: &str = "SELECT n, hash FROM audit_chain ORDER BY n DESC LIMIT 1";
const HIGHEST: &str = "SELECT MAX(seq) FROM audit_chain";
// A subquery for each gap, and for each row, and no join: a server would go through all of the log to find the few numbers in
// between, or through all of the chain to find that they are not in it.
const LATE_GAPS: &str = "SELECT gap.first_seq, gap.last_seq FROM audit_gap gap \
    WHERE (SELECT MIN(a.seq) FROM audit a WHERE a.seq BETWEEN gap.first_seq AND gap.last_seq \
    AND (SELECT c.n FROM audit_chain c WHERE c.seq = a.seq) IS NULL) IS NOT NULL ORDER BY gap.first_seq";
const LATE: &str = "SELECT a.seq, a.at, a.actor, a.action, a.subject, a.detail, a.organization_id FROM audit a \
    WHERE a.seq BETWEEN ?1 AND ?2 AND (SELECT c.n FROM audit_chain c WHERE c.seq = a.seq) IS NULL \
    ORDER BY a.seq LIMIT ?3";
const NEW: &str = "SELECT seq, at, actor, action, subject, detail, organization_id FROM audit \
    WHERE seq > ?1 ORDER BY seq LIMIT ?2";
const COUNT_NEW: &str = "SELECT COUNT(*) FROM audit WHERE seq > ?1";
const CHAIN: &str = "INSERT INTO audit_chain (n, seq, hash) VALUES (?1, ?2, ?3)";
const NOTE_GAP: &str = "INSERT INTO audit_gap (first_seq, last_seq, noted_at) VALUES (?1, ?2, ?3) \
    ON CONFLICT (first_seq) DO NOTHING";
const FORGET_GAPS: &str = "DELETE FROM audit_gap WHERE noted_at < ?1";
const CHAINED: &str = "SELECT c.n, c.hash, c.seq, a.at, a.actor, a.action, a.subject, a.detail, a.organization_id \
    FROM audit_chain c LEFT JOIN audit a ON a.seq = c.seq WHERE c.n > ?1 ORDER BY c.n LIMIT ?2";
const HASH_OF: &str = "SELECT hash FROM audit_chain WHERE n = ?1";
const STRAY: &str = "SELECT a.seq FROM audit a WHERE a.seq > ?1 AND a.seq <= ?2 \
    AND (SELECT c.n FROM audit_chain c WHERE c.seq = a.seq) IS NULL \
    AND NOT EXISTS (SELECT 1 FROM audit_gap g WHERE a.seq BETWEEN g.first_seq AND g.last_seq) ORDER BY a.seq LIMIT ?3";
const SAVE_CHECKPOINT: &str =
    "INSERT INTO audit_checkpoint (n, at, token) VALUES (?1, ?2, ?3) ON CONFLICT (n) DO NOTHING";
const CHECKPOINTS: &str =
    "SELECT n, at, token FROM audit_checkpoint WHERE n < ?1 ORDER BY n DESC LIMIT ?2";
const CHECKPOINT: &str = "SELECT n, at, token FROM audit_checkpoint WHERE n = ?1";

/// How long a row may take to be committed after a higher one was: no transaction is open for a day.
const GAP_SECONDS: u64 = 86_400;

/// This portal's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditLog {
    /// Its id, made once.
    pub id: Id,
    /// When that was.
    pub made_at: UnixSeconds,
}

/// Where the chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// The number of its last entry.
    pub n: u64,
    /// The hash of that entry's line.
    pub hash: Hash,
}

/// A link of the chain, with its row unless that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chained {
    /// Where it stands.
    pub head: ChainHead,
    /// The number of its row.
    pub seq: i64,
    /// The row.
    pub entry: Option<AuditEntry>,
}

/// Rows that are not chained yet, in the order in which they will be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unchained {
    /// The rows.
    pub entries: Vec<AuditEntry>,
    /// Numbers between them, first and last, that no row has.
    pub gaps: Vec<(i64, i64)>,
}

/// A checkpoint that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// The entry that it names.
    pub n: u64,
    /// When it was signed.
    pub at: UnixSeconds,
    /// The bare token.
    pub token: String,
}

impl Store {
    /// The log, which gets the id `id` if it has none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_log(&self, id: Id, now: UnixSeconds) -> Result<AuditLog> {
        if let Some(log) = self.read(|c| find(c, LOG, [], log))? {
            return Ok(log);
        }
        let made = (id.to_string(), seconds(now));
        self.write(move |c| run(c, MAKE_LOG, (&made.0, made.1)).map(drop)).await?;
        let made = self.read(|c| find(c, LOG, [], log))?;
        Ok(made.unwrap_or(AuditLog { id, made_at: now }))
    }

    /// Where the chain ends, if it has begun.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_head(&self) -> Result<Option<ChainHead>> {
        self.read(head)
    }

    /// At most `most` rows that are not chained yet: first those that were committed late, then the newest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unchained_audit(&self, most: u32) -> Result<Unchained> {
        self.read(|c| {
            let room = |entries: &Vec<AuditEntry>| {
                most.saturating_sub(u32::try_from(entries.len()).unwrap_or(most))
            };
            let mut entries = Vec::new();
            for (first, last) in list(c, LATE_GAPS, [], |row| Ok((row.take()?, row.take()?)))? {
                let (first, last): (i64, i64) = (first, last);
                entries.extend(list(c, LATE, (first, last, room(&entries)), entry)?);
            }
            let late = entries.len();
            let mut before = highest(c)?;
            let rest = room(&entries);
            entries.extend(list(c, NEW, (before, rest), entry)?);
            let mut gaps = Vec::new();
            for new in &entries[late..] {
                // Before the first row there is nothing that could come late.
                if before > 0 && new.seq > before + 1 {
                    gaps.push((before + 1, new.seq - 1));
                }
                before = new.seq;
            }
            Ok(Unchained { entries, gaps })
        })
    }

    /// How many rows wait to be chained.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_unchained_audit(&self) -> Result<u64> {
        self.read(|c| {
            let new: i64 = find(c, COUNT_NEW, [highest(c)?], |row| row.take())?.unwrap_or(0);
            Ok(new.unsigned_abs())
        })
    }

    /// Appends links, each the number of a row with its hash, if the chain still ends at `before`; whether it did.
    ///
    /// # Errors
    /// When the database fails, or somebody else chains the same rows: nothing is appended then.
    pub async fn chain_audit(
        &self,
        before: Option<ChainHead>,
        links: Vec<(i64, Hash)>,
        gaps: Vec<(i64, i64)>,
        now: UnixSeconds,
    ) -> Result<bool> {
        self.write_in(Scope::Keys(&["audit chain"]), move |c| {
            if head(c)? != before {
                return Ok(false);
            }
            let mut n = before.map_or(0, |head| head.n);
            for (seq, hash) in &links {
                n += 1;
                run(c, CHAIN, (number(n), seq, hash.to_string()))?;
            }
            for (first, last) in &gaps {
                run(c, NOTE_GAP, (first, last, seconds(now)))?;
            }
            run(c, FORGET_GAPS, [seconds(now.saturating_sub(GAP_SECONDS))])?;
            Ok(true)
        })
        .await
    }

    /// At most `most` links after entry `after`, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn chained_audit(&self, after: u64, most: u32) -> Result<Vec<Chained>> {
        self.read(|c| self::after(c, after, most))
    }

    /// The hash of entry `n`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_hash(&self, n: u64) -> Result<Option<Hash>> {
        self.read(|c| find(c, HASH_OF, [number(n)], |row| row.parsed("hash")))
    }

    /// Rows that stand among those that are chained, and are not: at most `most` after the row `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stray_audit(&self, after: i64, most: u32) -> Result<Vec<i64>> {
        self.read(|c| list(c, STRAY, (after, highest(c)?, most), |row| row.take()))
    }

    /// Stores a checkpoint, unless there is one of the same entry.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_audit_checkpoint(&self, checkpoint: StoredCheckpoint) -> Result<()> {
        self.write(move |c| {
            let StoredCheckpoint { n, at, token } = &checkpoint;
            run(c, SAVE_CHECKPOINT, (number(*n), seconds(*at), token)).map(drop)
        })
        .await
    }

    /// At most `most` checkpoints, the newest first, of entries before `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_checkpoints(
        &self,
        before: Option<u64>,
        most: u32,
    ) -> Result<Vec<StoredCheckpoint>> {
        let before = before.map_or(i64::MAX, number);
        self.read(|c| list(c, CHECKPOINTS, (before, most), checkpoint))
    }

    /// The checkpoint of entry `n`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_checkpoint(&self, n: u64) -> Result<Option<StoredCheckpoint>> {
        self.read(|c| find(c, CHECKPOINT, [number(n)], checkpoint))
    }
}

/// At most `most` links after entry `after`, in order.
pub(crate) fn after(c: &Connection, after: u64, most: u32) -> Result<Vec<Chained>> {
    list(c, CHAINED, (number(after), most), chained)
}

fn head(c: &Connection) -> Result<Option<ChainHead>> {
    find(c, HEAD, [], |row| Ok(ChainHead { n: counted(row)?, hash: row.parsed("hash")? }))
}

/// The highest row that is chained. Rows count from 1.
pub(crate) fn highest(c: &Connection) -> Result<i64> {
    Ok(find(c, HIGHEST, [], |row| row.take::<Option<i64>>())?.flatten().unwrap_or(0))
}

fn log(row: &mut Columns<'_>) -> Result<AuditLog> {
    Ok(AuditLog { id: row.parsed("log id")?, made_at: row.time()? })
}

fn chained(row: &mut Columns<'_>) -> Result<Chained> {
    let head = ChainHead { n: counted(row)?, hash: row.parsed("hash")? };
    let seq = row.take()?;
    // A row that is there has a time.
    let entry = match row.optional_time()? {
        None => None,
        Some(at) => Some(entry_of(seq, at, row)?),
    };
    Ok(Chained { head, seq, entry })
}

fn entry(row: &mut Columns<'_>) -> Result<AuditEntry> {
    let (seq, at) = (row.take()?, row.time()?);
    entry_of(seq, at, row)
}

fn entry_of(seq: i64, at: UnixSeconds, row: &mut Columns<'_>) -> Result<AuditEntry> {
    Ok(AuditEntry {
        seq,
        at,
        actor: row.text()?,
        action: row.text()?,
        subject: row.text()?,
        detail: row.text()?,
        organization: row.take()?,
    })
}

fn checkpoint(row: &mut Columns<'_>) -> Result<StoredCheckpoint> {
    Ok(StoredCheckpoint { n: counted(row)?, at: row.time()?, token: row.text()? })
}

fn counted(row: &mut Columns<'_>) -> Result<u64> {
    Ok(row.take::<i64>()?.unsigned_abs())
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
