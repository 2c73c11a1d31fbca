//! `signing-key+jwt`: a root lets another key sign, within a scope (docs/format.md, section 4).

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::UnixSeconds;
use crate::checkpoint::Checkpoint;
use crate::claims::{self, Claims};
use crate::error::{Code, Error, Result};
use crate::ids::{Id, Malformed, ProductId};
use crate::key::{PublicKey, SigningKey};
use crate::release::Release;
use crate::response::Response;
use crate::token::{self, TokenType, Unverified};

const SECONDS_PER_DAY: u64 = 86_400;

/// A delegation's claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Its id (`jti`).
    pub id: Id,
    /// When the root signed it (`iat`).
    pub issued_at: UnixSeconds,
    /// The vendor's name (`iss`).
    pub issuer: String,
    /// Who holds the key, e.g. "support: alice" (`sub`).
    pub holder: String,
    /// The key may sign from this time on (`nbf`),
    pub not_before: UnixSeconds,
    /// and before this time (`exp`).
    pub not_after: UnixSeconds,
    /// The delegated public key (`cnf.jwk`).
    pub key: PublicKey,
    /// Rising number that the root's holder chose, from 1. With one, whatever is signed names this very delegation.
    pub serial: Option<u64>,
    /// What it may sign.
    pub scope: Scope,
}

/// What a delegated key may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Types of tokens. What this version does not know is left out: it allows nothing here.
    pub types: Vec<ScopeType>,
    /// For which products.
    pub products: Products,
    /// The longest grant in days of 86,400 seconds, from `iat` to `grant.expires_at`; `None`: no limit, perpetual included.
    pub max_days: Option<u64>,
    /// How many grants it may give, from 1, each with its number; `None`: no limit. Only together with a serial.
    pub max_grants: Option<u64>,
    /// How long a grant may be that a second key approves of; `None`: no approval makes it longer than `max_days`. Only
    /// together with a serial and a limit of days.
    pub approved: Option<Longest>,
}

/// The longest grant with an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Longest {
    /// So many days of 86,400 seconds, more than without an approval.
    Days(u64),
    /// No limit, perpetual included.
    Unlimited,
}

/// A type of token as a scope names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScopeType {
    /// `activation`
    Activation,
    /// `deactivation`
    Deactivation,
    /// `trial`
    Trial,
    /// `release`
    Release,
    /// `time-reset`
    TimeReset,
    /// `approval`
    Approval,
    /// `audit-checkpoint`
    AuditCheckpoint,
}

/// Which products a key may sign for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Products {
    /// `["*"]`
    All,
    /// Just these.
    Some(Vec<ProductId>),
}

impl ScopeType {
    /// All types.
    pub const ALL: [Self; 7] = [
        Self::Activation,
        Self::Deactivation,
        Self::Trial,
        Self::Release,
        Self::TimeReset,
        Self::Approval,
        Self::AuditCheckpoint,
    ];

    /// The type as it stands in a scope.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Deactivation => "deactivation",
            Self::Trial => "trial",
            Self::Release => "release",
            Self::TimeReset => "time-reset",
            Self::Approval => "approval",
            Self::AuditCheckpoint => "audit-checkpoint",
        }
    }

    /// What such tokens are called.
    fn plural(self) -> String {
        match self {
            Self::Release => "releases".to_owned(),
            Self::TimeReset => "time resets".to_owned(),
            Self::Approval => "approvals".to_owned(),
            Self::AuditCheckpoint => "checkpoints of an audit log".to_owned(),
            _ => format!("{self} responses"),
        }
    }

    fn of(response: &Response) -> Self {
        match response.token_type() {
            TokenType::ActivationResponse => Self::Activation,
            TokenType::TrialResponse => Self::Trial,
            TokenType::TimeReset => Self::TimeReset,
            _ => Self::Deactivation,
        }
    }
}

impl fmt::Display for ScopeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ScopeType {
    type Err = Malformed;

    fn from_str(text: &str) -> std::result::Result<Self, Malformed> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(Malformed::SCOPE_TYPE)
    }
}

impl FromStr for Products {
    type Err = Malformed;

    /// `*`, or product ids separated by commas.
    fn from_str(text: &str) -> std::result::Result<Self, Malformed> {
        if text == "*" {
            return Ok(Self::All);
        }
        text.split(',')
            .map(|id| id.trim().parse())
            .collect::<std::result::Result<_, _>>()
            .map(Self::Some)
    }
}

impl fmt::Display for Products {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Some(ids) => {
                f.write_str(&ids.iter().map(ProductId::as_str).collect::<Vec<_>>().join(","))
            }
        }
    }
}

impl Delegation {
    /// Signs the delegation with a root key: the bare token.
    pub fn sign(&self, root: &SigningKey) -> String {
        let kid = root.public_key().thumbprint().to_string();
        let header = json!({"alg": "EdDSA", "typ": TokenType::SigningKey.as_str(), "kid": kid});
        let products: Vec<String> = match &self.scope.products {
            Products::All => vec!["*".to_owned()],
            Products::Some(ids) => ids.iter().map(ProductId::to_string).collect(),
        };
        let scope = claims::object([
            ("types", Some(self.scope.types.iter().map(|kind| kind.as_str()).collect())),
            ("products", Some(products.into())),
            ("max_days", Some(self.scope.max_days.into())),
            ("max_grants", self.scope.max_grants.map(Value::from)),
            ("approved_days", self.scope.approved.map(Longest::to_json)),
        ]);
        let payload = claims::object([
            ("jti", Some(self.id.to_string().into())),
            ("iat", Some(self.issued_at.into())),
            ("iss", Some(self.issuer.as_str().into())),
            ("sub", Some(self.holder.as_str().into())),
            ("nbf", Some(self.not_before.into())),
            ("exp", Some(self.not_after.into())),
            (
                "cnf",
                Some(json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": self.key.to_string()}})),
            ),
            ("serial", self.serial.map(Value::from)),
            ("scope", Some(scope)),
        ]);
        token::sign(&header, &payload, root)
    }

    /// Reads a delegation that `root` must have signed.
    pub(crate) fn verify(unverified: &Unverified<'_>, root: &PublicKey) -> Result<Self> {
        let payload = unverified.verify(root)?;
        let claims = Claims::of_payload(&payload);
        let delegation = Self {
            id: claims.parsed("jti")?,
            issued_at: claims.time("iat")?,
            issuer: claims.string("iss")?.to_owned(),
            holder: claims.string("sub")?.to_owned(),
            not_before: claims.time("nbf")?,
            not_after: claims.time("exp")?,
            key: claims.confirmed_key()?,
            serial: claims.optional("serial", Claims::ordinal)?,
            scope: Scope::from_claims(&claims.object("scope")?)?,
        };
        if delegation.scope.max_grants.is_some() && delegation.serial.is_none() {
            // Nothing that is signed would say under which delegation it was counted.
            return Err(claims.wrong("serial", "there where scope.max_grants is"));
        }
        if delegation.scope.approved.is_some() && delegation.serial.is_none() {
            // An approval is of what this very delegation may sign.
            return Err(claims.wrong("serial", "there where scope.approved_days is"));
        }
        Ok(delegation)
    }

    /// Refuses a response that this delegation does not cover, with the limit in the error. Whether it needs an approval,
    /// [`Delegation::needs_approval`] says.
    ///
    /// # Errors
    /// [`Code::OutOfScope`].
    pub fn covers(&self, response: &Response) -> Result<()> {
        self.covers_type(ScopeType::of(response), &response.product, response.issued_at)?;
        let Some(max_days) = self.scope.max_days.filter(|days| is_longer(response, *days)) else {
            return Ok(());
        };
        match self.scope.approved {
            None => Err(self.outside(&format!("may not grant more than {max_days} days"))),
            Some(Longest::Days(days)) if is_longer(response, days) => Err(self.outside(&format!(
                "may not grant more than {days} days, not with an approval either"
            ))),
            Some(_) => Ok(()),
        }
    }

    /// Whether a response that this delegation covers must be approved by a second key.
    pub fn needs_approval(&self, response: &Response) -> bool {
        let is_long = self.scope.max_days.is_some_and(|days| is_longer(response, days));
        self.scope.approved.is_some() && is_long
    }

    /// Refuses an approval of something for `product` at `at` that this delegation does not allow.
    pub(crate) fn covers_approval(&self, product: &ProductId, at: UnixSeconds) -> Result<()> {
        self.covers_type(ScopeType::Approval, product, at)
    }

    /// Refuses an approval by its type and time alone, where it is not known what it approves.
    pub(crate) fn allows_approval(&self, at: UnixSeconds) -> Result<()> {
        self.covers_kind(ScopeType::Approval)?;
        self.covers_time(at)
    }

    /// Refuses a release that this delegation does not cover, with the limit in the error.
    ///
    /// # Errors
    /// [`Code::OutOfScope`].
    pub fn covers_release(&self, release: &Release) -> Result<()> {
        self.covers_type(ScopeType::Release, &release.product, release.issued_at)
    }

    /// Refuses a checkpoint of an audit log that this delegation does not cover, with the limit in the error. A log is of all
    /// products.
    ///
    /// # Errors
    /// [`Code::OutOfScope`].
    pub fn covers_checkpoint(&self, checkpoint: &Checkpoint) -> Result<()> {
        self.covers_kind(ScopeType::AuditCheckpoint)?;
        self.covers_time(checkpoint.issued_at)
    }

    /// Whether the key can give nothing but trials: it may sit in a page that everybody can open, and its clock is a
    /// visitor's.
    pub fn is_trial_only(&self) -> bool {
        let types = &self.scope.types;
        !types.is_empty() && types.iter().all(|kind| *kind == ScopeType::Trial)
    }

    /// Refuses the number of a grant that is over the limit.
    pub(crate) fn covers_count(&self, count: u64) -> Result<()> {
        match self.scope.max_grants {
            Some(most) if count > most => {
                Err(self.outside(&format!("may give {most} grants, and this is number {count}")))
            }
            _ => Ok(()),
        }
    }

    fn covers_type(&self, kind: ScopeType, product: &ProductId, at: UnixSeconds) -> Result<()> {
        self.covers_kind(kind)?;
        if let Products::Some(ids) = &self.scope.products
            && !ids.contains(product)
        {
            return Err(self.outside(&format!("may not sign for the product {product}")));
        }
        self.covers_time(at)
    }

    fn covers_kind(&self, kind: ScopeType) -> Result<()> {
        if self.scope.types.contains(&kind) {
            return Ok(());
        }
        Err(self.outside(&format!("may not sign {}", kind.plural())))
    }

    fn covers_time(&self, at: UnixSeconds) -> Result<()> {
        if (self.not_before..self.not_after).contains(&at) {
            return Ok(());
        }
        Err(self.outside("was used outside the time it is valid for"))
    }

    fn outside(&self, fact: &str) -> Error {
        Error::new(Code::OutOfScope, format!("the key of {:?} {fact}", self.holder))
    }
}

/// Whether a grant is longer than so many days.
fn is_longer(response: &Response, days: u64) -> bool {
    let longest = response.issued_at.saturating_add(days.saturating_mul(SECONDS_PER_DAY));
    let granted = response.granted();
    granted.is_some_and(|granted| granted.grant.expires_at.is_none_or(|end| end > longest))
}

impl Longest {
    fn to_json(self) -> Value {
        match self {
            Self::Days(days) => days.into(),
            Self::Unlimited => Value::Null,
        }
    }
}

impl Scope {
    fn from_claims(claims: &Claims<'_>) -> Result<Self> {
        let types =
            claims.strings("types")?.into_iter().filter_map(|kind| kind.parse().ok()).collect();
        let products = match claims.strings("products")?.as_slice() {
            ["*"] => Products::All,
            ids => {
                let wrong = |_| claims.wrong("products", "product ids, or \"*\" alone");
                Products::Some(
                    ids.iter().map(|id| id.parse().map_err(wrong)).collect::<Result<_>>()?,
                )
            }
        };
        let max_days = claims.nullable("max_days", Claims::integer)?;
        let approved = claims
            .optional("approved_days", |c, n| c.nullable(n, Claims::integer))?
            .map(|days| days.map_or(Longest::Unlimited, Longest::Days));
        match (max_days, approved) {
            (None, Some(_)) => {
                return Err(claims.wrong("max_days", "a number where approved_days is"));
            }
            (Some(alone), Some(Longest::Days(days))) if days <= alone => {
                return Err(claims.wrong("approved_days", "more than max_days, or null"));
            }
            _ => {}
        }
        Ok(Self {
            types,
            products,
            max_days,
            approved,
            max_grants: claims
                .optional("max_grants", |c, n| c.nullable(n, Claims::ordinal))?
                .flatten(),
        })
    }
}

impl Delegation {
    /// What the scope allows, as a JSON object for people's tools.
    pub fn scope_json(&self) -> Value {
        json!({
            "types": self.scope.types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
            "products": self.scope.products.to_string(),
            "max_days": self.scope.max_days,
            "max_grants": self.scope.max_grants,
            "needs_approval": self.scope.approved.is_some(),
            "approved_days": self.scope.approved.map_or(Value::Null, Longest::to_json),
        })
    }
}
