//! Users and organizations as people type them: by address or name, since there may be a hundred thousand of them. Programs
//! and older forms give ids.

use countersign_core::Id;
use countersign_store::{Organization, User};

use super::Trouble;
use crate::app::App;
use crate::language::Say;

/// The user with this address or id, also one whom the vendor invited and who has not come in yet; nothing is nobody.
///
/// # Errors
/// When there is none.
pub(crate) async fn user(app: &App, text: &str) -> Result<Option<User>, Trouble> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let by_id = match text.parse() {
        Ok(id) => app.store().user(id).await?,
        Err(_) => None,
    };
    let found = match by_id {
        Some(user) => Some(user),
        None => app.store().user_by_email(text).await?,
    };
    // Of no organization: whom others invited under an address is not theirs to give licenses to by it.
    let found = match found {
        Some(user) => Some(user),
        None => app.store().invited_alone(text).await?,
    };
    found.map(Some).ok_or_else(|| Trouble::refused("user-unknown"))
}

/// The organization of this name, in any case, or with this id; nothing is none.
///
/// # Errors
/// When there is none, or several have the name.
pub(crate) async fn organization(app: &App, text: &str) -> Result<Option<Organization>, Trouble> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(id) = text.parse::<Id>()
        && let Some(found) = app.store().organization(id).await?
    {
        return Ok(Some(found));
    }
    let mut named = app.store().organizations_named(text).await?;
    match named.len() {
        0 => Err(Trouble::refused("organization-unknown")),
        1 => Ok(named.pop()),
        _ => Err(Trouble::Refused(Say::new("organization-ambiguous").with("name", text))),
    }
}

/// An organization as it can be typed again: its name, or its id where another one has the same.
///
/// # Errors
/// When the database fails.
pub(crate) async fn typed(app: &App, organization: Option<Id>) -> Result<String, Trouble> {
    let Some(id) = organization else { return Ok(String::new()) };
    let Some(found) = app.store().organization(id).await? else { return Ok(String::new()) };
    let alone = app.store().organizations_named(&found.name).await?.len() == 1;
    Ok(if alone { found.name } else { id.to_string() })
}

/// The address of an owner; of somebody who has none that is theirs yet, the id.
///
/// # Errors
/// When the database fails.
pub(crate) async fn address(app: &App, owner: Option<Id>) -> Result<String, Trouble> {
    let Some(id) = owner else { return Ok(String::new()) };
    let Some(user) = app.store().user(id).await? else { return Ok(String::new()) };
    let own = user.email == user.address();
    Ok(if own { user.email } else { id.to_string() })
}
