//! Metadata of a license: strings by name, each with who may see it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::error::{Result, StoreError};

/// Metadata by name.
pub type Metadata = BTreeMap<String, MetadataEntry>;

/// One string of a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataEntry {
    /// What it says.
    pub value: String,
    /// Who may see it; the vendor always may.
    pub visible_to: Vec<Viewer>,
}

/// Somebody who may see a metadata entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Viewer {
    /// The app: the entry travels in the grant.
    Device,
    /// The users that the license belongs to.
    User,
    /// The organization's admins.
    Organization,
    /// The reseller of the license.
    Reseller,
}

impl Viewer {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Device, Self::User, Self::Organization, Self::Reseller];

    /// As text, in the database, the pages and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::User => "user",
            Self::Organization => "organization",
            Self::Reseller => "reseller",
        }
    }

    /// The viewer of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|viewer| viewer.as_str() == name)
    }
}

impl MetadataEntry {
    /// An entry for the app, as it is where nothing else is said.
    pub fn for_device(value: impl Into<String>) -> Self {
        Self { value: value.into(), visible_to: vec![Viewer::Device] }
    }

    /// Whether `viewer` may see it.
    pub fn is_for(&self, viewer: Viewer) -> bool {
        self.visible_to.contains(&viewer)
    }
}

/// What a grant carries of it.
pub fn device_metadata(metadata: &Metadata) -> BTreeMap<String, String> {
    let of_device = metadata.iter().filter(|(_, entry)| entry.is_for(Viewer::Device));
    of_device.map(|(name, entry)| (name.clone(), entry.value.clone())).collect()
}

pub(crate) fn metadata_text(metadata: &Metadata) -> String {
    let entry = |entry: &MetadataEntry| {
        let viewers: Vec<&str> = entry.visible_to.iter().map(|viewer| viewer.as_str()).collect();
        json!({"value": entry.value, "visible_to": viewers})
    };
    let object: serde_json::Map<String, Value> =
        metadata.iter().map(|(name, value)| (name.clone(), entry(value))).collect();
    Value::from(object).to_string()
}

pub(crate) fn metadata_from_text(text: &str) -> Result<Metadata> {
    let value: Option<Value> = serde_json::from_str(text).ok();
    let entries = value.as_ref().and_then(Value::as_object).map(|object| {
        object.iter().map(|(name, value)| Some((name.clone(), entry_from_json(value)?))).collect()
    });
    entries.flatten().ok_or(StoreError::Malformed("metadata"))
}

/// A bare string is how entries were stored before they had viewers.
fn entry_from_json(value: &Value) -> Option<MetadataEntry> {
    if let Some(text) = value.as_str() {
        return Some(MetadataEntry::for_device(text));
    }
    let viewers = value.get("visible_to")?.as_array()?.iter();
    Some(MetadataEntry {
        value: value.get("value")?.as_str()?.to_owned(),
        visible_to: viewers.map(|viewer| Viewer::named(viewer.as_str()?)).collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_bare_strings_are_for_the_device() {
        let mut metadata = Metadata::new();
        metadata.insert("site".into(), MetadataEntry::for_device("Ulm"));
        let hidden = MetadataEntry { value: "4711".into(), visible_to: vec![Viewer::Organization] };
        metadata.insert("cost-centre".into(), hidden);
        assert_eq!(metadata_from_text(&metadata_text(&metadata)).unwrap(), metadata);
        assert_eq!(device_metadata(&metadata).keys().collect::<Vec<_>>(), ["site"]);
        let bare = metadata_from_text(r#"{"site":"Ulm"}"#).unwrap();
        assert_eq!(bare["site"], MetadataEntry::for_device("Ulm"));
        assert!(metadata_from_text(r#"{"site":{"value":"x","visible_to":["thief"]}}"#).is_err());
        assert!(metadata_from_text("[]").is_err());
    }
}
