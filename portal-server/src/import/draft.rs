//! What an entry is here, before the others that it names are looked up; and what of it has no place here.

use std::collections::{BTreeMap, HashMap};

use countersign_core::fingerprint::Strategy;
use countersign_core::response::Entitlement;
use countersign_core::{ProductId, UnixSeconds};
use countersign_store::{
    Entitlements, LicenseStatus, Metadata, MetadataEntry, ReleaseLimits, Validity, Viewer,
};
use serde_json::Value;

use super::entry::{Problem, first_unfit, shown};
use crate::admin::MOST_METADATA;
use crate::fields::Field;

/// The metadata that holds the license's key in the other system.
pub(crate) const FORMER_KEY: &str = "former license key";
/// Policies and the like that are kept at hand; further ones are left out.
pub(crate) const MOST_AT_HAND: usize = 10_000;
/// Notes of one entry.
const MOST_NOTES: usize = 50;

/// What somebody asked for on the command line.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    /// Which product here a product there is, by its id or its name there.
    pub(crate) products: HashMap<String, ProductId>,
    /// Names of metadata that are features here.
    pub(crate) features: Vec<String>,
    /// Names of metadata that the app may see.
    pub(crate) for_app: Vec<String>,
}

/// Something of an entry that has no place here. The kind is one of few, so that they can be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) kind: &'static str,
    pub(crate) detail: String,
}

/// Notes of one entry, as many as anybody reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes(pub(crate) Vec<Note>);

impl Notes {
    pub(crate) fn add(&mut self, kind: &'static str, detail: impl Into<String>) {
        if self.0.len() < MOST_NOTES {
            self.0.push(Note { kind, detail: detail.into() });
        }
    }
}

#[derive(Debug)]
pub(crate) struct ProductDraft {
    /// A word of its own for a program, if it has one.
    pub(crate) code: Option<String>,
    pub(crate) name: String,
    pub(crate) created_at: Option<UnixSeconds>,
    pub(crate) notes: Notes,
}

#[derive(Debug)]
pub(crate) struct OrganizationDraft {
    pub(crate) name: String,
    pub(crate) allowed_users: Option<u64>,
    pub(crate) created_at: Option<UnixSeconds>,
    pub(crate) notes: Notes,
}

#[derive(Debug)]
pub(crate) struct UserDraft {
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) name: String,
    pub(crate) organization: Option<String>,
    pub(crate) runs_organization: bool,
    pub(crate) suspended: bool,
    pub(crate) created_at: Option<UnixSeconds>,
    pub(crate) notes: Notes,
}

#[derive(Debug)]
pub(crate) struct LicenseDraft {
    pub(crate) product: String,
    pub(crate) owner: Option<String>,
    pub(crate) organization: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) plan: Option<String>,
    pub(crate) holder: Option<String>,
    pub(crate) status: LicenseStatus,
    pub(crate) allowed_activations: Option<u64>,
    pub(crate) allowed_deactivations: Option<u64>,
    pub(crate) validity: Validity,
    pub(crate) limits: ReleaseLimits,
    pub(crate) strategy: Strategy,
    pub(crate) features: Features,
    pub(crate) metadata: Metadata,
    pub(crate) created_at: Option<UnixSeconds>,
    pub(crate) notes: Notes,
}

/// A machine that was activated there. It is named, and nothing else: see docs/guide-import.md.
#[derive(Debug)]
pub(crate) struct MachineDraft {
    pub(crate) license: String,
    pub(crate) name: Option<String>,
}

/// Features, by the rules of docs/guide-import.md.
#[derive(Debug, Clone, Default)]
pub(crate) struct Features(pub(crate) Entitlements);

impl Features {
    /// A feature without a value is on.
    pub(crate) fn put(&mut self, name: &str, value: Option<&Value>, notes: &mut Notes) {
        let name = match Field::FeatureName.check(name) {
            Ok(name) if !name.is_empty() && first_unfit(name).is_none() => name,
            _ => return notes.add("feature", format!("{}: its name does not fit", shown(name))),
        };
        let text = match value {
            None | Some(Value::Null | Value::Bool(true)) => "true".to_owned(),
            Some(Value::Bool(false)) => return,
            Some(Value::String(text)) if text.trim().is_empty() => "true".to_owned(),
            Some(Value::String(text)) if text.trim().eq_ignore_ascii_case("false") => return,
            Some(Value::String(text)) if text.trim().eq_ignore_ascii_case("true") => {
                "true".to_owned()
            }
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Array(_) | Value::Object(_)) => {
                return notes.add("feature", format!("{name}: its value is no word or number"));
            }
        };
        match Field::FeatureWord.check(&text) {
            Ok(word) if first_unfit(word).is_none() => {
                let value = Entitlement::from_text(word);
                // A number that a token cannot carry stays a word.
                let value = match Entitlement::from_json(&value.to_json()) {
                    Some(value) => value,
                    None => Entitlement::Text(word.to_owned()),
                };
                self.0.insert(name.to_owned(), value);
            }
            _ => notes.add("feature", format!("{name}: its value does not fit")),
        }
    }
}

impl LicenseDraft {
    /// Metadata of the license: a feature, or a text for those who saw it there, for the app, or for the vendor alone.
    pub(crate) fn put_metadata(
        &mut self,
        name: &str,
        value: &Value,
        wishes: &Wishes,
        mut visible_to: Vec<Viewer>,
    ) {
        if wishes.features.iter().any(|feature| feature == name) {
            return self.features.put(name, Some(value), &mut self.notes);
        }
        let text = match value {
            Value::Null => return,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if wishes.for_app.iter().any(|known| known == name) && !visible_to.contains(&Viewer::Device)
        {
            visible_to.push(Viewer::Device);
        }
        self.put_text(name, &text, visible_to);
    }

    /// A text that only the vendor sees.
    pub(crate) fn put_for_vendor(&mut self, name: &str, text: &str) {
        self.put_text(name, text, vec![]);
    }

    fn put_text(&mut self, name: &str, text: &str, visible_to: Vec<Viewer>) {
        let fits = |field: Field, text: &str| {
            field.check(text).is_ok_and(|text| first_unfit(text).is_none())
        };
        if name.trim().is_empty() || !fits(Field::MetadataName, name) {
            return self.notes.add("metadata", format!("{}: its name does not fit", shown(name)));
        }
        if !fits(Field::MetadataValue, text) {
            let why = "longer than 500 characters, or more than one line";
            return self.notes.add("metadata", format!("{}: {why}", shown(name)));
        }
        let name = name.trim();
        if self.metadata.contains_key(name) {
            return self.notes.add("metadata", format!("{name}: it is there twice"));
        }
        let entry = MetadataEntry { value: text.trim().to_owned(), visible_to };
        self.metadata.insert(name.to_owned(), entry);
    }

    /// What no single rule above can see.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let count = self.metadata.len();
        if count > MOST_METADATA {
            return Err(Problem(format!(
                "it has {count} entries of metadata, and {MOST_METADATA} fit: take some out of the export"
            )));
        }
        Ok(())
    }
}

/// What licenses refer to.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    /// Products here, by their ids there.
    pub(crate) products: HashMap<String, ProductId>,
    /// Keygen: codes of entitlements by id.
    pub(crate) features: HashMap<String, String>,
    pub(crate) policies: HashMap<String, Policy>,
}

/// What many licenses have in common.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policy {
    pub(crate) name: Option<String>,
    /// Seconds.
    pub(crate) duration: Option<u64>,
    pub(crate) expires_from_first_use: bool,
    /// What has ended may go on running.
    pub(crate) runs_on: RunsOn,
    pub(crate) strategy: Option<Strategy>,
    pub(crate) features: Features,
    pub(crate) notes: Notes,
}

/// What a license may do once it has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum RunsOn {
    #[default]
    Ends,
    /// What was released until then runs on.
    WithOldReleases,
    /// Everything runs on.
    WithAll,
}

/// How often each kind of note was made.
pub(crate) type NoteCounts = BTreeMap<&'static str, u64>;
