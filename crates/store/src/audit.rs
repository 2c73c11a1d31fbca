//! What happened, by whom: written in the same transaction as what it tells. What an organization may read of it carries
//! the organization.

use crate::engine::Connection;
use countersign_core::{Id, LicenseId, UnixSeconds};

use crate::error::Result;
use crate::row::{Columns, seconds};
use crate::{Store, find, list, put, run};

const INSERT: &str =
    "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
const INSERT_IN: &str = "INSERT INTO audit (at, actor, action, subject, detail, organization_id) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const INSERT_OF_USER: &str = "INSERT INTO audit (at, actor, action, subject, detail, organization_id) \
    VALUES (?1, ?2, ?3, ?4, ?5, (SELECT organization_id FROM app_user WHERE id = ?4))";
const INSERT_OF_LICENSE: &str = "INSERT INTO audit (at, actor, action, subject, detail, organization_id) \
    VALUES (?1, ?2, ?3, ?4, ?5, (SELECT organization_id FROM license WHERE id = ?6))";
const LATEST: &str = "SELECT seq, at, actor, action, subject, detail, organization_id FROM audit ORDER BY seq DESC LIMIT ?1";
const OF_ORGANIZATION: &str = "SELECT seq, at, actor, action, subject, detail, organization_id FROM audit \
    WHERE organization_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
/// An index for each thing that can be asked for would cost every activation; so rows are looked through, so many at a time.
const PAGE: &str = "SELECT seq, at, actor, action, subject, detail, organization_id FROM audit \
    WHERE seq <= ?1 AND seq > ?2 AND (?3 = '' OR actor = ?3) AND (?4 = '' OR SUBSTR(action, 1, LENGTH(?4)) = ?4) \
    AND (?5 = '' OR subject = ?5) AND at >= ?6 AND at < ?7 ORDER BY seq DESC LIMIT ?8";
const NEWEST: &str = "SELECT MAX(seq) FROM audit";

/// How many rows one look goes through: some milliseconds.
const AT_ONE_LOOK: i64 = 50_000;

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
    /// The id of the organization that may read it, too.
    pub organization: Option<String>,
}

/// What of the log is asked for, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// By this actor.
    pub actor: Option<String>,
    /// Actions that begin so.
    pub action: Option<String>,
    /// To this subject.
    pub subject: Option<String>,
    /// Not before this time,
    pub from: Option<UnixSeconds>,
    /// and before this one.
    pub until: Option<UnixSeconds>,
    /// Older than the entry with this number.
    pub before: Option<i64>,
    /// How many at most.
    pub most: u32,
}

/// What one look found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// Entries, the newest first.
    pub items: Vec<AuditEntry>,
    /// Where to look further, as [`AuditQuery::before`]; `None` at the end of the log. There may be fewer entries than were
    /// asked for and more further back: one look goes through a bounded number of rows.
    pub next: Option<i64>,
}

impl Store {
    /// The latest entries, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_latest(&self, most: u32) -> Result<Vec<AuditEntry>> {
        self.read(|c| latest(c, most))
    }

    /// Entries that fit, newest first, among the next rows of the log.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_page(&self, query: &AuditQuery) -> Result<AuditPage> {
        self.read(|c| {
            let before = match query.before {
                Some(before) => before.saturating_sub(1),
                None => newest(c)?,
            };
            let floor = before.saturating_sub(AT_ONE_LOOK);
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let times = (seconds(query.from.unwrap_or(0)), query.until.map_or(i64::MAX, seconds));
            let asked = (text(&query.actor), text(&query.action), text(&query.subject));
            let places = (before, if floor > 0 { floor } else { i64::MIN });
            let values =
                (places.0, places.1, asked.0, asked.1, asked.2, times.0, times.1, query.most);
            let items = list(c, PAGE, values, map)?;
            let full = items.last().filter(|_| items.len() >= query.most as usize);
            let next = full.map(|last| last.seq).or((floor > 0).then_some(floor + 1));
            Ok(AuditPage { items, next })
        })
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
        self.read(|c| list(c, OF_ORGANIZATION, &values, map))
    }
}

pub(crate) fn latest(c: &Connection, most: u32) -> Result<Vec<AuditEntry>> {
    list(c, LATEST, [most], map)
}

fn newest(c: &Connection) -> Result<i64> {
    Ok(find(c, NEWEST, [], |row| row.take::<Option<i64>>())?.flatten().unwrap_or(0))
}

fn map(row: &mut Columns<'_>) -> Result<AuditEntry> {
    Ok(AuditEntry {
        seq: row.take()?,
        at: row.time()?,
        actor: row.text()?,
        action: row.text()?,
        subject: row.text()?,
        detail: row.text()?,
        organization: row.take()?,
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
    put(c, INSERT_IN, (seconds(at), actor, action, subject, detail, organization))
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
