//! What a vendor answers: grants and receipts (docs/format.md, sections 3 and 4).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::UnixSeconds;
use crate::claims::{self, Claims};
use crate::error::Result;
use crate::fingerprint::{Fingerprint, Strategy};
use crate::ids::{Hash, Id, LicenseId, ProductId, Thumbprint};
use crate::token::TokenType;

/// The claims of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The vendor's name (`iss`).
    pub issuer: String,
    /// The product (`aud`).
    pub product: ProductId,
    /// Id of the activation, trial or receipt (`jti`).
    pub id: Id,
    /// When it was signed (`iat`).
    pub issued_at: UnixSeconds,
    /// The request that it answers (`req`).
    pub request: RequestRef,
    /// The device key that it is for (`cnf.jkt`).
    pub device: Thumbprint,
    /// What it says.
    pub answer: Answer,
}

/// A request as a response refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestRef {
    /// The request's id.
    pub id: Id,
    /// SHA-256 of the request token.
    pub hash: Hash,
}

/// What a response says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The grant for one device under a license.
    Activation(Granted),
    /// The trial grant for one device.
    Trial(Granted),
    /// The seat is free again.
    Deactivation {
        /// The activation that ended.
        activation: Id,
    },
    /// The right time is the time of signing: for a device whose clock was ahead.
    TimeReset,
}

/// A grant with its binding and import deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The app refuses to install the file from this time on (`exp`).
    pub import_by: UnixSeconds,
    /// The machine that it is for.
    pub binding: Binding,
    /// The right to run.
    pub grant: Grant,
}

/// The machine that a grant is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// How much of the fingerprint must be the same.
    pub strategy: Strategy,
    /// The fingerprint as requested.
    pub fingerprint: Fingerprint,
}

/// The right to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its end; `None` is perpetual.
    pub expires_at: Option<UnixSeconds>,
    /// When the app starts to ask for a fresh response.
    pub renew_by: Option<UnixSeconds>,
    /// Features by name.
    pub entitlements: BTreeMap<String, Entitlement>,
    /// The license, in activation responses.
    pub license: Option<GrantLicense>,
    /// Further strings for the app.
    pub metadata: BTreeMap<String, String>,
}

/// The license that a grant stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantLicense {
    /// Its public id.
    pub id: LicenseId,
    /// The plan's name.
    pub plan: Option<String>,
    /// Who holds it.
    pub holder: Option<String>,
    /// How many deactivations the license had left when this was signed; `None` when they are not limited.
    pub deactivations_left: Option<u64>,
}

/// The value of a feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entitlement {
    /// The feature is on.
    On,
    /// A number, e.g. of parts.
    Integer(i64),
    /// A word, e.g. an edition.
    Text(String),
}

impl Response {
    /// Which type of token carries this.
    pub fn token_type(&self) -> TokenType {
        match self.answer {
            Answer::Activation(_) => TokenType::ActivationResponse,
            Answer::Trial(_) => TokenType::TrialResponse,
            Answer::Deactivation { .. } => TokenType::DeactivationResponse,
            Answer::TimeReset => TokenType::TimeReset,
        }
    }

    /// The grant, unless this is a receipt or a time reset.
    pub fn granted(&self) -> Option<&Granted> {
        match &self.answer {
            Answer::Activation(granted) | Answer::Trial(granted) => Some(granted),
            Answer::Deactivation { .. } | Answer::TimeReset => None,
        }
    }

    pub(crate) fn from_payload(
        token_type: TokenType,
        payload: &Map<String, Value>,
    ) -> Result<Self> {
        let claims = Claims::of_payload(payload);
        let request = claims.object("req")?;
        Ok(Self {
            issuer: claims.string("iss")?.to_owned(),
            product: claims.product()?,
            id: claims.parsed("jti")?,
            issued_at: claims.time("iat")?,
            request: RequestRef { id: request.parsed("jti")?, hash: request.parsed("hash")? },
            device: claims.object("cnf")?.parsed("jkt")?,
            answer: match token_type {
                TokenType::ActivationResponse => {
                    Answer::Activation(Granted::from_claims(&claims, LicensePart::Required)?)
                }
                TokenType::TrialResponse => {
                    Answer::Trial(Granted::from_claims(&claims, LicensePart::Ignored)?)
                }
                TokenType::TimeReset => Answer::TimeReset,
                _ => Answer::Deactivation { activation: claims.parsed("activation")? },
            },
        })
    }

    pub(crate) fn payload(&self) -> Value {
        let granted = self.granted();
        let activation = match &self.answer {
            Answer::Deactivation { activation } => Some(activation.to_string().into()),
            _ => None,
        };
        claims::object([
            ("iss", Some(self.issuer.as_str().into())),
            ("aud", Some(self.product.as_str().into())),
            ("jti", Some(self.id.to_string().into())),
            ("iat", Some(self.issued_at.into())),
            (
                "req",
                Some(
                    json!({"jti": self.request.id.to_string(), "hash": self.request.hash.to_string()}),
                ),
            ),
            ("cnf", Some(json!({"jkt": self.device.to_string()}))),
            ("exp", granted.map(|g| g.import_by.into())),
            ("bind", granted.map(|g| g.binding.to_json())),
            ("grant", granted.map(|g| g.grant.to_json())),
            ("activation", activation),
        ])
    }
}

#[derive(Clone, Copy)]
enum LicensePart {
    Required,
    Ignored,
}

impl Granted {
    fn from_claims(claims: &Claims<'_>, license: LicensePart) -> Result<Self> {
        let bind = claims.object("bind")?;
        Ok(Self {
            import_by: claims.time("exp")?,
            binding: Binding {
                strategy: bind.parsed("strategy")?,
                fingerprint: Fingerprint::from_claims(&bind, "fingerprint")?,
            },
            grant: Grant::from_claims(&claims.object("grant")?, license)?,
        })
    }
}

impl Binding {
    fn to_json(&self) -> Value {
        json!({"strategy": self.strategy.as_str(), "fingerprint": self.fingerprint.to_json()})
    }
}

impl Grant {
    fn from_claims(claims: &Claims<'_>, license: LicensePart) -> Result<Self> {
        let entitlements = claims.object("entitlements")?;
        let read_entitlement = |(name, value): (&String, &Value)| {
            let read = Entitlement::from_json(value)
                .ok_or_else(|| entitlements.wrong(name, "true, a whole number or a string"))?;
            Ok((name.clone(), read))
        };
        let read_metadata = |c: &Claims<'_>, n: &str| {
            let members = c.object(n)?;
            let strings = members
                .members()
                .map(|(name, _)| Ok((name.clone(), members.string(name)?.to_owned())));
            strings.collect::<Result<_>>()
        };
        Ok(Self {
            expires_at: claims.nullable("expires_at", Claims::time)?,
            renew_by: claims.optional("renew_by", Claims::time)?,
            entitlements: entitlements.members().map(read_entitlement).collect::<Result<_>>()?,
            license: match license {
                LicensePart::Required => {
                    Some(GrantLicense::from_claims(&claims.object("license")?)?)
                }
                LicensePart::Ignored => None,
            },
            metadata: claims.optional("metadata", read_metadata)?.unwrap_or_default(),
        })
    }

    fn to_json(&self) -> Value {
        let entitlements: Map<String, Value> =
            self.entitlements.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
        claims::object([
            ("expires_at", Some(self.expires_at.into())),
            ("renew_by", self.renew_by.map(Value::from)),
            ("entitlements", Some(entitlements.into())),
            ("license", self.license.as_ref().map(GrantLicense::to_json)),
            ("metadata", (!self.metadata.is_empty()).then(|| json!(self.metadata))),
        ])
    }
}

impl GrantLicense {
    fn from_claims(claims: &Claims<'_>) -> Result<Self> {
        let text = |c: &Claims<'_>, n: &str| c.string(n).map(str::to_owned);
        Ok(Self {
            id: claims.parsed("id")?,
            plan: claims.optional("plan", text)?,
            holder: claims.optional("holder", text)?,
            deactivations_left: claims.optional("deactivations_left", Claims::integer)?,
        })
    }

    fn to_json(&self) -> Value {
        claims::object([
            ("id", Some(self.id.to_string().into())),
            ("plan", self.plan.as_deref().map(Value::from)),
            ("holder", self.holder.as_deref().map(Value::from)),
            ("deactivations_left", self.deactivations_left.map(Value::from)),
        ])
    }
}

impl Entitlement {
    /// Reads `true`, an integer or a string; `None` for anything else.
    pub fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(true) => Some(Self::On),
            Value::Number(number) => number.as_i64().map(Self::Integer),
            Value::String(text) => Some(Self::Text(text.clone())),
            _ => None,
        }
    }

    /// What a person typed: `true` is on, a whole number is one, anything else a word.
    pub fn from_text(text: &str) -> Self {
        match (text, text.parse()) {
            ("true", _) => Self::On,
            (_, Ok(number)) => Self::Integer(number),
            (text, Err(_)) => Self::Text(text.to_owned()),
        }
    }

    /// The JSON value of a token, a setting or a database column.
    pub fn to_json(&self) -> Value {
        match self {
            Self::On => Value::Bool(true),
            Self::Integer(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }
}
