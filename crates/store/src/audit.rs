//! What happened, by whom: written in the same transaction as what it tells.

use countersign_core::UnixSeconds;
use rusqlite::Connection;

use crate::error::Result;
use crate::row::seconds;
use crate::{Store, list, run};

const INSERT: &str =
    "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
const LATEST: &str =
    "SELECT seq, at, actor, action, subject, detail FROM audit ORDER BY seq DESC LIMIT ?1";

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: UnixSeconds,
    /// Who: `user:<id>`, `device:<jkt>` or a program.
    pub actor: String,
    /// What, e.g. `activation.create`.
    pub action: String,
    /// To what, e.g. an activation id.
    pub subject: String,
    /// Further words.
    pub detail: String,
}

impl Store {
    /// The latest entries, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_latest(&self, most: u32) -> Result<Vec<AuditEntry>> {
        self.read(|c| {
            list(c, LATEST, [most], |row| {
                Ok(AuditEntry {
                    seq: row.take()?,
                    at: row.time()?,
                    actor: row.text()?,
                    action: row.text()?,
                    subject: row.text()?,
                    detail: row.text()?,
                })
            })
        })
    }
}

pub(crate) fn record(
    c: &Connection,
    at: UnixSeconds,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<()> {
    run(c, INSERT, (seconds(at), actor, action, subject, detail))?;
    Ok(())
}
