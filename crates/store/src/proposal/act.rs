//! What a proposal would do, as it is stored until then.

use countersign_core::release::VersionName;
use countersign_core::{Id, LicenseId, UnixSeconds};
use serde_json::{Value, json};

use crate::creation::{NewLicenses, NewOwner};
use crate::error::{Result, StoreError};
use crate::license::{NewLicense, Validity};
use crate::metadata::{metadata_from_text, metadata_text};
use crate::release_terms::ReleaseLimits;
use crate::row::{entitlements_from_text, entitlements_text};

/// What needs a second person.
#[derive(Debug, Clone)]
pub enum Act {
    /// A license without an end, or with one that is very far away.
    CreateLicense {
        /// All of it; its key is known to nobody before it is created.
        new: Box<NewLicense>,
        /// Up to where it goes in releases.
        limits: ReleaseLimits,
    },
    /// The same, several of them, or by a plan.
    CreateLicenses(Box<NewLicenses>),
    /// Such an end for a license that there is.
    ExtendLicense {
        /// The license,
        license: LicenseId,
        /// as it was then.
        revision: i64,
        /// Its new end.
        expires_at: UnixSeconds,
    },
    /// A seat freed by staff, without proof.
    ReleaseSeat {
        /// Of this license.
        license: LicenseId,
        /// Which one.
        activation: Id,
        /// Why, in the proposer's words.
        reason: String,
    },
    /// The rule ends.
    EndRule,
}

impl Act {
    /// A stable name, e.g. `create-license`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CreateLicense { .. } | Self::CreateLicenses(_) => "create-license",
            Self::ExtendLicense { .. } => "extend-license",
            Self::ReleaseSeat { .. } => "release-seat",
            Self::EndRule => "end-rule",
        }
    }

    pub(super) fn payload(&self) -> String {
        let value = match self {
            Self::CreateLicense { new, limits } => license(new, limits),
            Self::CreateLicenses(many) => several(many),
            Self::ExtendLicense { license, revision, expires_at } => {
                json!({"license": license.to_string(), "revision": revision, "expires_at": expires_at})
            }
            Self::ReleaseSeat { license, activation, reason } => json!({
                "license": license.to_string(), "activation": activation.to_string(), "reason": reason,
            }),
            Self::EndRule => json!({}),
        };
        value.to_string()
    }

    pub(super) fn read(kind: &str, payload: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(payload).unwrap_or_default();
        let act = match kind {
            "create-license" if value["keys"].is_array() => read_licenses(&value),
            "create-license" => read_license(&value),
            "extend-license" => read_extension(&value),
            "release-seat" => read_release(&value),
            "end-rule" => Some(Self::EndRule),
            _ => None,
        };
        act.ok_or(StoreError::Malformed("proposal"))
    }
}

fn several(many: &NewLicenses) -> Value {
    let keys: Vec<&str> = many.keys.iter().map(|key| key.normal()).collect();
    let plan = many.plan.map(|(id, revision)| json!([id.to_string(), revision]));
    json!({"template": license(&many.new, &many.limits), "keys": keys, "by_plan": plan})
}

impl NewLicenses {
    /// All of it, to be kept for a while where every node finds it.
    pub fn to_json(&self) -> Value {
        let owner = self.owner.as_ref().map(|new| json!([new.email, new.id.to_string()]));
        let mut value = several(self);
        value["new_owner"] = owner.unwrap_or(Value::Null);
        value
    }

    /// What [`NewLicenses::to_json`] made; `None` when it is something else.
    pub fn from_json(value: &Value) -> Option<Self> {
        let Act::CreateLicenses(mut read) = read_licenses(value)? else { return None };
        read.owner = match &value["new_owner"] {
            Value::Null => None,
            new => Some(NewOwner {
                email: new[0].as_str()?.to_owned(),
                id: new[1].as_str()?.parse().ok()?,
            }),
        };
        Some(*read)
    }
}

fn license(new: &NewLicense, limits: &ReleaseLimits) -> Value {
    let (validity, length) = match new.validity {
        Validity::Perpetual => ("perpetual", None),
        Validity::Fixed(end) => ("fixed", Some(end)),
        Validity::FromCreation(length) => ("from-creation", Some(length)),
        Validity::FromFirstActivation(length) => ("from-first-activation", Some(length)),
    };
    json!({
        "key": new.key.normal(), "product": new.product.as_str(), "plan": new.plan, "holder": new.holder,
        "owner": new.owner.map(|id| id.to_string()), "organization": new.organization.map(|id| id.to_string()),
        "activations": new.allowed_activations, "deactivations": new.allowed_deactivations,
        "validity": validity, "length": length, "response_validity": new.response_validity,
        "strategy": new.strategy.as_str(), "entitlements": entitlements_text(&new.entitlements),
        "metadata": metadata_text(&new.metadata), "maintenance_until": limits.maintenance_until,
        "highest_version": limits.highest_version.as_ref().map(VersionName::as_str),
    })
}

fn read_licenses(value: &Value) -> Option<Act> {
    let Act::CreateLicense { new, limits } = read_license(&value["template"])? else { return None };
    let keys = value["keys"].as_array()?.iter().map(|key| key.as_str()?.parse().ok());
    let plan = match &value["by_plan"] {
        Value::Null => None,
        plan => Some((plan[0].as_str()?.parse().ok()?, plan[1].as_i64()?)),
    };
    let keys = keys.collect::<Option<Vec<_>>>()?;
    Some(Act::CreateLicenses(Box::new(NewLicenses { new: *new, keys, limits, plan, owner: None })))
}

fn read_license(value: &Value) -> Option<Act> {
    let text = |name: &str| value[name].as_str();
    let owned = |name: &str| text(name).map(str::to_owned);
    let number = |name: &str| value[name].as_u64();
    let validity = match (text("validity")?, number("length")) {
        ("perpetual", None) => Validity::Perpetual,
        ("fixed", Some(end)) => Validity::Fixed(end),
        ("from-creation", Some(length)) => Validity::FromCreation(length),
        ("from-first-activation", Some(length)) => Validity::FromFirstActivation(length),
        _ => return None,
    };
    let new = NewLicense {
        key: text("key")?.parse().ok()?,
        product: text("product")?.parse().ok()?,
        plan: owned("plan"),
        holder: owned("holder"),
        owner: text("owner").map(str::parse).transpose().ok()?,
        organization: text("organization").map(str::parse).transpose().ok()?,
        allowed_activations: number("activations"),
        allowed_deactivations: number("deactivations"),
        validity,
        response_validity: number("response_validity")?,
        strategy: text("strategy")?.parse().ok()?,
        entitlements: entitlements_from_text(text("entitlements")?).ok()?,
        metadata: metadata_from_text(text("metadata")?).ok()?,
    };
    let limits = ReleaseLimits {
        maintenance_until: number("maintenance_until"),
        highest_version: text("highest_version").map(str::parse).transpose().ok()?,
    };
    Some(Act::CreateLicense { new: Box::new(new), limits })
}

fn read_extension(value: &Value) -> Option<Act> {
    Some(Act::ExtendLicense {
        license: value["license"].as_str()?.parse().ok()?,
        revision: value["revision"].as_i64()?,
        expires_at: value["expires_at"].as_u64()?,
    })
}

fn read_release(value: &Value) -> Option<Act> {
    Some(Act::ReleaseSeat {
        license: value["license"].as_str()?.parse().ok()?,
        activation: value["activation"].as_str()?.parse().ok()?,
        reason: value["reason"].as_str()?.to_owned(),
    })
}
