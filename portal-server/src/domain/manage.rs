//! What the vendor does with their own domain: below the pages and the API.

use super::{When, check, domain_name, token};
use crate::app::App;
use crate::language::Say;

/// Why something was not done. Nothing was changed then.
#[derive(Debug)]
pub(crate) enum Refused {
    /// What was given does not do, or what there is does not.
    Unfit(Say),
    /// DNS was asked moments ago.
    JustChecked,
    /// The database failed.
    Failed(countersign_store::StoreError),
}

impl From<countersign_store::StoreError> for Refused {
    fn from(error: countersign_store::StoreError) -> Self {
        Self::Failed(error)
    }
}

fn unfit(key: &str) -> Refused {
    Refused::Unfit(Say::new(key))
}

/// Sets a domain as it was typed: its records are looked for from now on.
pub(crate) async fn set(app: &App, typed: &str, actor: &str) -> Result<(), Refused> {
    let name = domain_name(typed).map_err(Refused::Unfit)?;
    let url = app.public_url().ok_or_else(|| unfit("domain-needs-public-url"))?;
    if url.host().to_string() == name {
        return Err(unfit("domain-is-operators"));
    }
    app.store().set_domain(&name, &token(app), actor, app.now()).await?;
    Ok(app.domain_changed().await?)
}

/// Asks DNS at once.
pub(crate) async fn check_now(app: &App) -> Result<(), Refused> {
    if app.store().domain().await?.is_none() {
        return Err(unfit("domain-none"));
    }
    if !check(app, When::Now).await? {
        return Err(Refused::JustChecked);
    }
    Ok(app.domain_changed().await?)
}

/// Lets links begin with it, or no longer.
pub(crate) async fn put_to_use(
    app: &App,
    name: &str,
    is_used: bool,
    actor: &str,
) -> Result<(), Refused> {
    if !app.store().use_domain(name, is_used, actor, app.now()).await? {
        return Err(unfit("domain-not-verified"));
    }
    Ok(app.domain_changed().await?)
}

/// Ends it at once.
pub(crate) async fn remove(app: &App, actor: &str) -> Result<(), Refused> {
    if !app.store().remove_domain(actor, app.now()).await? {
        return Err(unfit("domain-none"));
    }
    Ok(app.domain_changed().await?)
}
