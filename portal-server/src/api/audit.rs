//! `/api/v1/audit`: what happened, by whom.

use countersign_store::{AuditEntry, AuditQuery};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::list::Listed;
use super::operation::{Answer, Call, Described, Nothing, Operation};
use super::types::Time;
use crate::desk::Refusal;
use crate::problem::Problem;

/// One thing that happened.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
pub(crate) struct Shown {
    /// Its number.
    seq: i64,
    /// When.
    at: Time,
    /// Who: `user:ID`, `token:ID`, `device:THUMBPRINT` or a program.
    actor: String,
    /// What, e.g. `license.create`.
    action: String,
    /// To what, e.g. the id of a license.
    subject: String,
    /// Further words.
    detail: String,
    /// The organization that may read it, too.
    organization: Option<String>,
}

impl From<AuditEntry> for Shown {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { seq, at, actor, action, subject, detail, organization } = entry;
        Self { seq, at: Time(at), actor, action, subject, detail, organization }
    }
}

/// Which entries.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Items of a page.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Where it begins: `next` of the page before.
    cursor: Option<String>,
    /// Only what this one did.
    actor: Option<String>,
    /// Only actions that begin so.
    action: Option<String>,
    /// Only what was done to this.
    subject: Option<String>,
    /// Not before this time.
    from: Option<Time>,
    /// Before this time.
    until: Option<Time>,
}

/// `GET`
pub(crate) fn list() -> Operation {
    Described::get("listAudit", "List what happened")
        .more("The newest first. One page looks through a bounded number of entries: it may have fewer items, even none, and a next page.")
        .lists()
        .run(listed)
}

async fn listed(call: Call<Nothing, Which>) -> Result<Answer<Listed<Shown>>, Problem> {
    let asked = &call.query;
    let place = call.place(asked.cursor.as_deref())?;
    let query = AuditQuery {
        actor: asked.actor.clone(),
        action: asked.action.clone(),
        subject: asked.subject.clone(),
        from: asked.from.map(|at| at.0),
        until: asked.until.map(|at| at.0),
        before: place.and_then(|place| place.parse().ok()),
        most: u32::try_from(call.most(asked.limit)?).unwrap_or(u32::MAX),
    };
    let page = call.app().store().audit_page(&query).await.map_err(Refusal::Store)?;
    Ok(call.page(page.items.into_iter().map(Shown::from).collect(), page.next))
}
