//! What happened, by whom: written in the same transaction as what it tells. What an organization may read of it carries
//! the organization.

use countersign_core::{Id, LicenseId, UnixSeconds};
use rusqlite::Connection;

use crate::error::Result;
use crate::row::{Columns, seconds};
use crate::{Store, list, run};

const INSERT: &str =
    "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
const INSERT_IN: &str = "INSERT INTO audit (at, actor, action, subject, detail, organization_id) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const INSERT_OF_USER: &str = "INSERT INTO audit (at, actor, action, subject, detail, organization_id) \
    VALUES (?1, ?2, ?3, ?4, ?5, (SELECT organization_id FROM app_user WHERE id = ?4))";
const INSERT_OF_LICENSE: &str = "INSERT INTO audit (at, actor, action, subject, detail, organization_id) \
    VALUES (?1, ?2, ?3, ?4, ?5, (SELECT organization_id FROM license WHERE id = ?6))";
const LATEST: &str =
    "SELECT seq, at, actor, action, subject, detail FROM audit ORDER BY seq DESC LIMIT ?1";
const OF_ORGANIZATION: &str = "SELECT seq, at, actor, action, subject, detail FROM audit \
    WHERE organization_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";

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
        self.read(|c| list(c, LATEST, [most], map))
    }

    /// What happened in an organization, newest first: at most `most` entries older than the entry `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_of_organization(
        &self,
        organization: Id,
        before: Option<i64>,
        most: u32,
    ) -> Result<Vec<AuditEntry>> {
        let values = (organization.to_string(), before.unwrap_or(i64::MAX), most);
        self.read(|c| list(c, OF_ORGANIZATION, values, map))
    }
}

fn map(row: &mut Columns<'_>) -> Result<AuditEntry> {
    Ok(AuditEntry {
        seq: row.take()?,
        at: row.time()?,
        actor: row.text()?,
        action: row.text()?,
        subject: row.text()?,
        detail: row.text()?,
    })
}

/// For the vendor alone.
pub(crate) fn record(
    c: &Connection,
    at: UnixSeconds,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<()> {
    run(c, INSERT, (seconds(at), actor, action, subject, detail)).map(|_| ())
}

/// For the vendor and for this organization.
pub(crate) fn record_in(
    c: &Connection,
    organization: Option<Id>,
    at: UnixSeconds,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<()> {
    let organization = organization.map(|id| id.to_string());
    run(c, INSERT_IN, (seconds(at), actor, action, subject, detail, organization)).map(|_| ())
}

/// What happened to a user, for the vendor and the user's organization.
pub(crate) fn record_of_user(
    c: &Connection,
    user: Id,
    at: UnixSeconds,
    actor: &str,
    action: &str,
    detail: &str,
) -> Result<()> {
    run(c, INSERT_OF_USER, (seconds(at), actor, action, user.to_string(), detail)).map(|_| ())
}

/// What happened under a license, for the vendor and the license's organization.
pub(crate) fn record_of_license(
    c: &Connection,
    license: &LicenseId,
    at: UnixSeconds,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<()> {
    let values = (seconds(at), actor, action, subject, detail, license.to_string());
    run(c, INSERT_OF_LICENSE, values).map(|_| ())
}
