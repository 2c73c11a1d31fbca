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
pub(crate) mod plans;
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
use crate::licensing::who;

/// Who did it, in the audit log.
pub(crate) fn actor(user: &User) -> String {
    format!("user:{}", user.id)
}

/// The organization that was typed or chosen, if any.
pub(crate) async fn chosen_organization(app: &App, text: &str) -> Result<Option<Id>, ErrorPage> {
    Ok(who::organization(app, text).await?.map(|organization| organization.id))
}

/// The user who was typed or chosen, if any.
pub(crate) async fn chosen_user(app: &App, text: &str) -> Result<Option<Id>, ErrorPage> {
    Ok(who::user(app, text).await?.map(|user| user.id))
}

/// What fields for people and organizations suggest: the first ones. Any other can be typed.
pub(crate) struct Suggestions {
    pub(crate) addresses: Vec<String>,
    pub(crate) organizations: Vec<String>,
    is_cut: bool,
}

impl Suggestions {
    /// The most of each.
    pub(crate) const MOST: usize = 50;

    pub(crate) async fn new(app: &App) -> Result<Self, ErrorPage> {
        let organizations = app.store().organization_page("", None, Self::MOST).await?;
        let mut addresses = app.store().addresses("", Self::MOST + 1).await?;
        let is_cut = organizations.next.is_some() || addresses.len() > Self::MOST;
        addresses.truncate(Self::MOST);
        let organizations = organizations.items.into_iter().map(|found| found.name).collect();
        Ok(Self { addresses, organizations, is_cut })
    }

    /// Whether there are others that can only be typed: pages say so.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }
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

/// For templates that are included where a value is a text, or a reference to one.
pub(crate) fn same(one: impl AsRef<str>, other: impl AsRef<str>) -> bool {
    one.as_ref() == other.as_ref()
}
