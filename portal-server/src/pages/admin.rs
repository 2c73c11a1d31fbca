//! The vendor's pages, plain as yet: products, licenses, customers.

pub(crate) mod activations;
pub(crate) mod approvals;
pub(crate) mod audit;
pub(crate) mod customers;
pub(crate) mod domain;
pub(crate) mod journals;
pub(crate) mod keys;
pub(crate) mod licenses;
pub(crate) mod look;
pub(crate) mod mail;
pub(crate) mod overview;
pub(crate) mod products;
pub(crate) mod releases;
pub(crate) mod settings;
pub(crate) mod staff;
pub(crate) mod texts;
pub(crate) mod tokens;
pub(crate) mod trials;
pub(crate) mod webhooks;

use countersign_core::Id;
use countersign_store::{Entitlements, Metadata, MetadataEntry, User};

use super::{ErrorPage, Frame};
use crate::app::App;
use crate::fields::Unfit;
use crate::language::Say;

/// Who did it, in the audit log.
pub(crate) fn actor(user: &User) -> String {
    format!("user:{}", user.id)
}

/// The organization that was chosen, if any.
pub(crate) async fn chosen_organization(app: &App, id: &str) -> Result<Option<Id>, ErrorPage> {
    let known = app.store().organizations().await?;
    chosen(known.iter().map(|organization| organization.id), id, "organization-unknown")
}

/// The user who was chosen, if any.
pub(crate) async fn chosen_user(app: &App, id: &str) -> Result<Option<Id>, ErrorPage> {
    let known = app.store().users().await?;
    chosen(known.iter().map(|user| user.id), id, "user-unknown")
}

fn chosen(
    mut known: impl Iterator<Item = Id>,
    id: &str,
    unknown: &str,
) -> Result<Option<Id>, ErrorPage> {
    if id.is_empty() {
        return Ok(None);
    }
    let chosen = known.find(|known| known.to_string() == id);
    chosen.map(Some).ok_or_else(|| ErrorPage::bad_input(unknown))
}

/// A whole number or nothing.
pub(crate) fn optional_number(text: &str) -> Result<Option<u64>, ErrorPage> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse().ok().filter(|n| *n <= crate::admin::LARGEST);
    number
        .map(Some)
        .ok_or_else(|| ErrorPage::bad_input(Say::new("not-a-number").with("text", text)))
}

/// What a reader of typed text found wrong with it.
pub(crate) fn detail(error: &anyhow::Error) -> ErrorPage {
    match error.downcast_ref::<Unfit>() {
        Some(Unfit(say)) => ErrorPage::bad_input(say.clone()),
        None => ErrorPage::bad_input(Say::new("input-detail").with("detail", error.to_string())),
    }
}

/// Features as they are typed: one `name`, `name=7` or `name=word` a line.
pub(crate) fn parse_entitlements(text: &str) -> Result<Entitlements, ErrorPage> {
    crate::admin::parse_entitlements(text.lines()).map_err(|e| detail(&e))
}

/// Metadata as it is typed: one `name=value` or `name=value [user, organization]` a line.
pub(crate) fn parse_metadata(text: &str) -> Result<Metadata, ErrorPage> {
    crate::admin::parse_metadata(text.lines()).map_err(|e| detail(&e))
}

/// The reverse of [`parse_metadata`].
pub(crate) fn metadata_lines(metadata: &Metadata) -> String {
    let line = |(name, entry): (&String, &MetadataEntry)| {
        let viewers: Vec<&str> = entry.visible_to.iter().map(|viewer| viewer.as_str()).collect();
        format!("{name}={} [{}]", entry.value, viewers.join(", "))
    };
    metadata.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The reverse of [`parse_entitlements`].
pub(crate) fn entitlement_lines(entitlements: &Entitlements) -> String {
    use countersign_core::response::Entitlement;
    let line = |(name, value): (&String, &Entitlement)| match value {
        Entitlement::On => name.clone(),
        Entitlement::Integer(number) => format!("{name}={number}"),
        Entitlement::Text(text) => format!("{name}={text}"),
    };
    entitlements.iter().map(line).collect::<Vec<_>>().join("\n")
}
