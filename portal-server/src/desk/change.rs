//! What a fresh response would say otherwise than the one that a machine has.

use std::collections::BTreeMap;

use countersign_core::UnixSeconds;
use countersign_core::response::{Entitlement, Granted};

use crate::language::Language;

/// One thing that a fresh response would change on the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// When it ends.
    End {
        /// By the response that the machine has.
        before: Option<UnixSeconds>,
        /// By a fresh one.
        after: Option<UnixSeconds>,
    },
    /// The plan's name.
    Plan(Option<String>, Option<String>),
    /// Who holds the license.
    Holder(Option<String>, Option<String>),
    /// A feature that it has not.
    Added(String, Entitlement),
    /// A feature that it has no more.
    Removed(String),
    /// A feature of another value: before and after.
    Feature(String, Entitlement, Entitlement),
    /// Strings for the app. They are not for everybody who sees the machine: they are not said.
    Metadata,
    /// How the machine is bound.
    Strategy,
    /// Whether the machine may be deactivated: its app refuses that when the license has no deactivations left.
    Deactivation {
        /// By a fresh response.
        possible: bool,
    },
}

/// All that would change. Not how many deactivations are left, as long as there are some: that is only told.
pub(super) fn changes(before: &Granted, after: &Granted) -> Vec<Change> {
    let (old, new) = (&before.grant, &after.grant);
    let mut changes = Vec::new();
    if old.expires_at != new.expires_at {
        changes.push(Change::End { before: old.expires_at, after: new.expires_at });
    }
    if let (Some(old), Some(new)) = (&old.license, &new.license) {
        if old.plan != new.plan {
            changes.push(Change::Plan(old.plan.clone(), new.plan.clone()));
        }
        if old.holder != new.holder {
            changes.push(Change::Holder(old.holder.clone(), new.holder.clone()));
        }
        let possible = new.deactivations_left != Some(0);
        if possible != (old.deactivations_left != Some(0)) {
            changes.push(Change::Deactivation { possible });
        }
    }
    features(&old.entitlements, &new.entitlements, &mut changes);
    if old.metadata != new.metadata {
        changes.push(Change::Metadata);
    }
    if before.binding.strategy != after.binding.strategy {
        changes.push(Change::Strategy);
    }
    changes
}

fn features(
    old: &BTreeMap<String, Entitlement>,
    new: &BTreeMap<String, Entitlement>,
    changes: &mut Vec<Change>,
) {
    for (name, value) in new {
        match old.get(name) {
            None => changes.push(Change::Added(name.clone(), value.clone())),
            Some(before) if before != value => {
                changes.push(Change::Feature(name.clone(), before.clone(), value.clone()));
            }
            Some(_) => {}
        }
    }
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    changes.extend(gone.map(|name| Change::Removed(name.clone())));
}

impl Change {
    /// In a sentence.
    pub fn words(&self, language: &Language) -> String {
        let until = |end: &Option<UnixSeconds>| match end {
            Some(end) => language.t1("until", "end", language.date_time(*end)),
            None => language.t("without-end"),
        };
        let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "–".to_owned());
        let value = |value: &Entitlement| match value {
            Entitlement::On => language.t("included"),
            Entitlement::Integer(number) => number.to_string(),
            Entitlement::Text(text) => text.clone(),
        };
        match self {
            Self::End { before, after } => {
                language.t2("change-end", "after", until(after), "before", until(before))
            }
            Self::Plan(before, after) => {
                language.t2("change-plan", "after", name(after), "before", name(before))
            }
            Self::Holder(before, after) => {
                language.t2("change-holder", "after", name(after), "before", name(before))
            }
            Self::Added(name, Entitlement::On) => language.t1("change-added", "feature", name),
            Self::Added(name, added) => {
                language.t1("change-added", "feature", format!("{name}: {}", value(added)))
            }
            Self::Removed(name) => language.t1("change-removed", "feature", name),
            Self::Feature(name, before, after) => {
                let feature = format!("{name}: {}", value(after));
                language.t2("change-feature", "feature", feature, "before", value(before))
            }
            Self::Metadata => language.t("change-metadata"),
            Self::Strategy => language.t("change-strategy"),
            Self::Deactivation { possible: true } => language.t("change-deactivation-possible"),
            Self::Deactivation { possible: false } => language.t("change-deactivation-over"),
        }
    }
}
