//! What stands in bodies: ids, times, numbers and words, each read and described in one place.

use std::collections::BTreeMap;
use std::fmt;

use countersign_core::fingerprint::Strategy;
use countersign_core::release::{Channel, VersionName};
use countersign_core::response::Entitlement;
use countersign_core::{Id, LicenseId, MAX_TIME, ProductId};
use countersign_store::{
    DeliveryStatus, Disabled, DomainState, Entitlements, FactorAskedBy, Finding,
    IdentityDomainState, Metadata, MetadataEntry, Passwords, PictureStage, ProviderStatus,
    Provisioning, Topic, Viewer, Visibility, WebhookStatus,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::admin::{LARGEST, MOST_METADATA};
use crate::fields::{Field, Unfit};
use crate::language::Say;

macro_rules! text {
    ($($(#[$doc:meta])* $name:ident($of:ty), $schema:tt;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub(crate) struct $name(pub(crate) $of);

            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                    s.collect_str(&self.0)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                    let text = String::deserialize(d)?;
                    text.parse().map(Self).map_err(|_| {
                        D::Error::custom(format_args!("{:?} is no {}", shortened(&text), stringify!($name)))
                    })
                }
            }

            impl JsonSchema for $name {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> std::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!($schema)
                }
            }
        )*
    };
}

text! {
    /// The id of a user, an organization, an activation, a trial, a release or a file.
    AnId(Id), {"type": "string", "pattern": "^[A-Za-z0-9_-]{21}[AQgw]$"};
    /// The public id of a license.
    ALicenseId(LicenseId), {"type": "string", "pattern": "^[A-Za-z0-9_-]{21}[AQgw]$"};
    /// The id of a product.
    AProductId(ProductId), {"type": "string", "pattern": "^[a-z0-9._-]{1,64}$"};
    /// How closely a machine is recognised.
    AStrategy(Strategy), {"type": "string", "enum": ["exact", "fuzzy", "loose"]};
    /// The channel of a release.
    AChannel(Channel), {"type": "string", "minLength": 1, "maxLength": 64};
    /// The version of a release.
    AVersion(VersionName), {"type": "string", "minLength": 1, "maxLength": 64};
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident($of:ty): $($word:literal)+;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub(crate) struct $name(pub(crate) $of);

            impl $name {
                const WORDS: &'static [&'static str] = &[$($word),+];
            }

            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                    s.serialize_str(self.0.as_str())
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                    let text = String::deserialize(d)?;
                    let known = text.parse().ok().filter(|_| Self::WORDS.contains(&text.as_str()));
                    known.map(Self).ok_or_else(|| {
                        let words = Self::WORDS.join(", ");
                        D::Error::custom(format_args!("{:?} is none of {words}", shortened(&text)))
                    })
                }
            }

            impl JsonSchema for $name {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> std::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({"type": "string", "enum": Self::WORDS})
                }
            }
        )*

        #[cfg(test)]
        mod words {
            use super::*;

            #[test]
            fn every_word_is_one_of_the_store_and_comes_back_as_it_was() {
                $(
                    assert!(!$name::WORDS.is_empty());
                    for word in $name::WORDS {
                        let json = serde_json::Value::from(*word);
                        let read: $name = serde_json::from_value(json.clone()).unwrap();
                        assert_eq!(serde_json::to_value(read).unwrap(), json, "{word}");
                    }
                    let other = serde_json::from_value::<$name>("no such word".into());
                    assert!(other.is_err());
                )*
            }
        }
    };
}

words! {
    /// What a webhook can hear of.
    AnEvent(Topic): "activation.created" "activation.renewed" "activation.released" "deactivation.created" "trial.started"
        "trial.extended" "license.created" "license.changed" "license.suspended" "license.revoked" "license.limit_reached"
        "license.ending" "overrun.found" "signing_key.ending";
    /// Whether a webhook is sent to.
    AWebhookStatus(WebhookStatus): "active" "paused" "disabled";
    /// Why the portal gave a webhook up.
    AReason(Disabled): "failing" "gone";
    /// Whether a delivery has arrived.
    ADeliveryStatus(DeliveryStatus): "waiting" "delivered" "failed";
    /// How far a domain is.
    ADomainState(DomainState): "asked" "verified" "used";
    /// What was found of a record.
    AFinding(Finding): "unknown" "right" "no-name" "no-record" "elsewhere" "loop" "failed" "silent";
    /// Whether people come in whom nobody knows yet.
    AProvisioning(Provisioning): "known" "members";
    /// Whether a provider's people may log in by password as well.
    APasswordRule(Passwords): "allowed" "refused";
    /// Who asks for a second factor.
    AFactorAsker(FactorAskedBy): "provider" "portal";
    /// Whether a provider is used.
    AProviderStatus(ProviderStatus): "active" "off";
    /// Whether a provider may speak for a domain.
    AnIdentityDomainState(IdentityDomainState): "asked" "approved";
    /// Whether a picture is in use.
    APictureStage(PictureStage): "draft" "live";
    /// Which customers see a published release.
    AVisibility(Visibility): "customers" "private";
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Time(#[schemars(range(max = 9_007_199_254_740_991_u64))] pub(crate) u64);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        at_most(d, MAX_TIME).map(Self)
    }
}

/// A number of things.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Count(#[schemars(range(max = 1_000_000_000_u64))] pub(crate) u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        at_most(d, LARGEST).map(Self)
    }
}

fn at_most<'de, D: Deserializer<'de>>(d: D, most: u64) -> Result<u64, D::Error> {
    let number = u64::deserialize(d)?;
    if number <= most {
        Ok(number)
    } else {
        Err(D::Error::custom(format_args!("{number} is more than {most}")))
    }
}

/// A member of a change: left out it stays, null empties it.
#[derive(Debug, Clone, Default)]
pub(crate) enum Change<T> {
    /// It stays.
    #[default]
    Keep,
    /// It becomes this, or nothing.
    Set(Option<T>),
}

impl<T> Change<T> {
    /// What it is afterwards.
    pub(crate) fn over<U>(self, before: U, into: impl FnOnce(Option<T>) -> U) -> U {
        match self {
            Self::Keep => before,
            Self::Set(value) => into(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Option::deserialize(d).map(Self::Set)
    }
}

impl<T: JsonSchema> JsonSchema for Change<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Change{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Option<T>>()
    }
}

/// Features by name: `true`, a whole number, or a word.
#[derive(Debug, Clone, Default)]
pub(crate) struct Features(pub(crate) Entitlements);

impl Features {
    /// As they are stored.
    ///
    /// # Errors
    /// When a name or a word is too long.
    pub(crate) fn checked(self) -> Result<Entitlements, Unfit> {
        for (name, value) in &self.0 {
            if Field::FeatureName.check(name)?.is_empty() {
                return Err(Say::new("field-unfit")
                    .with("field", crate::language::Key("field-feature-name"))
                    .into());
            }
            if let Entitlement::Text(word) = value {
                Field::FeatureWord.check(word)?;
            }
        }
        Ok(self.0)
    }
}

impl Serialize for Features {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.0.iter().map(|(name, value)| (name, value.to_json())))
    }
}

impl<'de> Deserialize<'de> for Features {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<String, Value>::deserialize(d)?;
        let one = |(name, value): (String, Value)| match Entitlement::from_json(&value) {
            Some(value) => Ok((name, value)),
            None => Err(D::Error::custom(format_args!(
                "the feature {:?} is neither true, nor a whole number, nor a word",
                shortened(&name)
            ))),
        };
        all.into_iter().map(one).collect::<Result<_, _>>().map(Self)
    }
}

impl JsonSchema for Features {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Features".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Features by name: true, a whole number, or a word.",
            "propertyNames": {"minLength": 1, "maxLength": 64},
            "additionalProperties": {"anyOf": [
                {"const": true},
                {"type": "integer", "minimum": -9_007_199_254_740_991_i64, "maximum": 9_007_199_254_740_991_i64},
                {"type": "string", "maxLength": 200},
            ]},
        })
    }
}

/// A further string of a license.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetadataValue {
    /// What it says.
    #[schemars(length(max = 500))]
    value: String,
    /// Who may see it beside the vendor; `device` is the app.
    #[serde(default = "for_device")]
    visible_to: Vec<Sees>,
}

fn for_device() -> Vec<Sees> {
    vec![Sees::Device]
}

/// Somebody who may see metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sees {
    Device,
    User,
    Organization,
    Reseller,
}

/// Further strings by name.
pub(crate) type Strings = BTreeMap<String, MetadataValue>;

/// As they are stored.
///
/// # Errors
/// When one is too long, or there are too many.
pub(crate) fn metadata(strings: Strings) -> Result<Metadata, Unfit> {
    if strings.len() > MOST_METADATA {
        return Err(Say::new("metadata-too-many").with("most", MOST_METADATA).into());
    }
    let mut all = Metadata::new();
    for (name, MetadataValue { value, visible_to }) in strings {
        let name = Field::MetadataName.check(&name)?.to_owned();
        let value = Field::MetadataValue.check(&value)?.to_owned();
        if name.is_empty() {
            return Err(Say::new("field-unfit")
                .with("field", crate::language::Key("field-metadata-name"))
                .into());
        }
        let mut viewers: Vec<Viewer> = Vec::new();
        for sees in visible_to {
            let viewer = sees.viewer();
            if !viewers.contains(&viewer) {
                viewers.push(viewer);
            }
        }
        all.insert(name, MetadataEntry { value, visible_to: viewers });
    }
    Ok(all)
}

/// As they are shown.
pub(crate) fn strings(metadata: &Metadata) -> Strings {
    let shown = |entry: &MetadataEntry| MetadataValue {
        value: entry.value.clone(),
        visible_to: entry.visible_to.iter().map(|viewer| Sees::of(*viewer)).collect(),
    };
    metadata.iter().map(|(name, entry)| (name.clone(), shown(entry))).collect()
}

impl Sees {
    fn viewer(self) -> Viewer {
        match self {
            Self::Device => Viewer::Device,
            Self::User => Viewer::User,
            Self::Organization => Viewer::Organization,
            Self::Reseller => Viewer::Reseller,
        }
    }

    fn of(viewer: Viewer) -> Self {
        match viewer {
            Viewer::Device => Self::Device,
            Viewer::User => Self::User,
            Viewer::Organization => Self::Organization,
            Viewer::Reseller => Self::Reseller,
        }
    }
}

impl fmt::Display for AnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
