//! What of the log is asked for.

use countersign_core::license_key::LicenseKey;
use countersign_core::{Id, UnixSeconds};
use countersign_store::{AuditPage, AuditQuery, Cursor, Result};

use crate::app::App;
use crate::pages::paging::Asked;
use crate::release::up_to;

/// The fields of the form, kept from page to page and by the table.
pub(super) const FIELDS: [&str; 5] = ["actor", "action", "subject", "from", "until"];

/// How often it is looked further back for one page, some ten thousand rows at a time.
const MOST_LOOKS: usize = 10;
const DAY: u64 = 86_400;

/// As the form was filled in. What is no day asks for no time.
pub(super) async fn query(app: &App, asked: &Asked, most: u32) -> Result<AuditQuery> {
    let text = |field: &str| Some(asked.text(field)).filter(|text| !text.is_empty());
    let day = |field: &str| up_to::last_second(&asked.text(field)).ok();
    let actor = match text("actor") {
        Some(actor) => Some(by(app, actor).await?),
        None => None,
    };
    let subject = match text("subject") {
        Some(subject) => Some(thing(app, subject).await?),
        None => None,
    };
    Ok(AuditQuery {
        actor,
        action: text("action"),
        subject,
        from: day("from").map(|end: UnixSeconds| end + 1 - DAY),
        until: day("until").map(|end: UnixSeconds| end + 1),
        before: asked.text("after").strip_prefix("e.n").and_then(|seq| seq.parse().ok()),
        most,
    })
}

/// The place after an entry.
pub(super) fn cursor(seq: i64) -> Option<Cursor> {
    format!("e.n{seq}").parse().ok()
}

/// Entries until there are enough, the log ends, or it was looked through for long enough.
pub(super) async fn look(app: &App, mut query: AuditQuery) -> Result<AuditPage> {
    let (most, mut found) = (query.most, AuditPage::default());
    for _ in 0..MOST_LOOKS {
        query.most = most - u32::try_from(found.items.len()).unwrap_or(most).min(most);
        let page = app.store().audit_page(&query).await?;
        found.items.extend(page.items);
        found.next = page.next;
        if found.items.len() >= most as usize || found.next.is_none() {
            break;
        }
        query.before = found.next;
        tokio::task::yield_now().await;
    }
    Ok(found)
}

/// An actor by the address or id of a user, or as it stands in the log.
async fn by(app: &App, text: String) -> Result<String> {
    Ok(match (user(app, &text).await?, text.parse::<Id>()) {
        (Some(user), _) | (None, Ok(user)) => format!("user:{user}"),
        (None, Err(_)) => text,
    })
}

/// A subject by the address of a user, by a license key, or as it stands in the log.
async fn thing(app: &App, text: String) -> Result<String> {
    if let Some(user) = user(app, &text).await? {
        return Ok(user.to_string());
    }
    Ok(text.parse::<LicenseKey>().map_or(text, |key| key.id().to_string()))
}

async fn user(app: &App, text: &str) -> Result<Option<Id>> {
    if !text.contains('@') {
        return Ok(None);
    }
    Ok(app.store().user_by_email(text).await?.map(|user| user.id))
}
