//! What a device asks: activation, trial, deactivation (docs/format.md, sections 3 and 4).

use serde_json::{Map, Value, json};

use crate::UnixSeconds;
use crate::claims::{self, Claims};
use crate::error::Result;
use crate::fingerprint::Fingerprint;
use crate::ids::{Hash, Id, LicenseId, ProductId};
use crate::key::{PublicKey, SigningKey};
use crate::token::{self, Expect, Header, TokenType, Unverified};

/// The claim with the response that a device has.
const HOLDS: &str = "holds";
/// The longest response in characters that a request carries along: a third more of it, and the rest, stay well under the
/// longest token.
pub const MOST_HELD: usize = 8_000;

/// The claims of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Id of the request (`jti`).
    pub id: Id,
    /// When it was made by the device's clock, which may be wrong (`iat`).
    pub issued_at: UnixSeconds,
    /// The product (`aud`).
    pub product: ProductId,
    /// What is asked.
    pub ask: Ask,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Activate this device, under a license where one is named; otherwise a logged-in person chooses it.
    Activation {
        /// The machine.
        device: Device,
        /// Which license, with the proof that the asker knows its key.
        license: Option<LicenseProof>,
    },
    /// Start a trial on this device.
    Trial {
        /// The machine.
        device: Device,
    },
    /// This device has given its activation up.
    Deactivation {
        /// Id of the activation.
        activation: Id,
        /// The machine's name.
        device_name: Option<String>,
    },
}

/// The machine that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Shown to people: 1 to 64 characters without control characters.
    pub name: Option<String>,
    /// Operating system and processor, e.g. `linux-x86_64`; same form as the name.
    pub platform: Option<String>,
    /// Version of the vendor's app; same form as the name.
    pub app_version: Option<String>,
    /// Its components, hashed for the product.
    pub fingerprint: Fingerprint,
}

/// A license named by its public id, with the proof of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LicenseProof {
    /// The license.
    pub id: LicenseId,
    /// HMAC over device key and request id, keyed with the license key.
    pub proof: Hash,
}

/// A request whose signature was verified.
#[derive(Debug, Clone)]
pub struct VerifiedRequest {
    request: Request,
    device_key: PublicKey,
    token: String,
    hash: Hash,
    holds: Option<String>,
}

impl VerifiedRequest {
    /// Decodes and verifies a bare token.
    ///
    /// # Errors
    /// The codes of docs/format.md, section 2.
    pub fn verify(token: &str, expect: Expect) -> Result<Self> {
        let unverified = Unverified::decode(token)?;
        Expect::Request.check(unverified.token_type())?;
        expect.check(unverified.token_type())?;
        let Header::Device(device_key) = unverified.header().clone() else {
            unreachable!("the header of a request carries the device key")
        };
        let payload = unverified.verify(&device_key)?;
        let request = Request::from_payload(unverified.token_type(), &payload)?;
        // Worth nothing before it is verified by itself: a wrong one makes a request no worse than none.
        let holds = payload.get(HOLDS).and_then(Value::as_str).map(str::to_owned);
        Ok(Self { request, device_key, hash: Hash::of(token), token: token.to_owned(), holds })
    }

    /// The claims.
    pub fn claims(&self) -> &Request {
        &self.request
    }

    /// The bare token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The key that signed it.
    pub fn device_key(&self) -> &PublicKey {
        &self.device_key
    }

    /// SHA-256 of the token: what a response refers to.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The response that the device says it has, or has given up: a token as it came, to be verified by itself.
    pub fn holds(&self) -> Option<&str> {
        self.holds.as_deref()
    }
}

impl Request {
    /// Which type of token carries this.
    pub fn token_type(&self) -> TokenType {
        match self.ask {
            Ask::Activation { .. } => TokenType::ActivationRequest,
            Ask::Trial { .. } => TokenType::TrialRequest,
            Ask::Deactivation { .. } => TokenType::DeactivationRequest,
        }
    }

    /// The machine's name, if it gave one.
    pub fn device_name(&self) -> Option<&str> {
        match &self.ask {
            Ask::Activation { device, .. } | Ask::Trial { device } => device.name.as_deref(),
            Ask::Deactivation { device_name, .. } => device_name.as_deref(),
        }
    }

    /// The machine, where the request describes it.
    pub fn device(&self) -> Option<&Device> {
        match &self.ask {
            Ask::Activation { device, .. } | Ask::Trial { device } => Some(device),
            Ask::Deactivation { .. } => None,
        }
    }

    /// Signs the request with the device's key: the bare token.
    pub fn sign(&self, key: &SigningKey) -> String {
        self.sign_holding(key, None)
    }

    /// As [`Self::sign`]; the request carries the response along that the device has, or has just given up, unless that is
    /// longer than [`MOST_HELD`].
    pub fn sign_holding(&self, key: &SigningKey, holds: Option<&str>) -> String {
        let x = key.public_key().to_string();
        let header = json!({
            "alg": "EdDSA", "typ": self.token_type().as_str(),
            "jwk": {"kty": "OKP", "crv": "Ed25519", "x": x},
        });
        let mut payload = self.payload();
        if let (Some(held), Some(members)) =
            (holds.filter(|held| held.len() <= MOST_HELD), payload.as_object_mut())
        {
            members.insert(HOLDS.to_owned(), held.into());
        }
        token::sign(&header, &payload, key)
    }

    fn from_payload(token_type: TokenType, payload: &Map<String, Value>) -> Result<Self> {
        let claims = Claims::of_payload(payload);
        let (id, issued_at, product) =
            (claims.parsed("jti")?, claims.time("iat")?, claims.product()?);
        let ask = match token_type {
            TokenType::ActivationRequest => Ask::Activation {
                device: Device::from_claims(&claims.object("device")?)?,
                license: claims
                    .optional("license", |c, n| LicenseProof::from_claims(&c.object(n)?))?,
            },
            TokenType::TrialRequest => {
                Ask::Trial { device: Device::from_claims(&claims.object("device")?)? }
            }
            _ => Ask::Deactivation {
                activation: claims.parsed("activation")?,
                device_name: claims
                    .optional("device", |c, n| c.object(n)?.optional("name", Claims::label))?
                    .flatten(),
            },
        };
        Ok(Self { id, issued_at, product, ask })
    }

    fn payload(&self) -> Value {
        let (device, license, activation) = match &self.ask {
            Ask::Activation { device, license } => {
                (Some(device.to_json()), license.map(|l| l.to_json()), None)
            }
            Ask::Trial { device } => (Some(device.to_json()), None, None),
            Ask::Deactivation { activation, device_name } => (
                device_name.as_ref().map(|name| json!({"name": name})),
                None,
                Some(activation.to_string().into()),
            ),
        };
        claims::object([
            ("jti", Some(self.id.to_string().into())),
            ("iat", Some(self.issued_at.into())),
            ("aud", Some(self.product.as_str().into())),
            ("device", device),
            ("license", license),
            ("activation", activation),
        ])
    }
}

impl Device {
    fn from_claims(claims: &Claims<'_>) -> Result<Self> {
        Ok(Self {
            name: claims.optional("name", Claims::label)?,
            platform: claims.optional("platform", Claims::label)?,
            app_version: claims.optional("app_version", Claims::label)?,
            fingerprint: Fingerprint::from_claims(claims, "fingerprint")?,
        })
    }

    fn to_json(&self) -> Value {
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        claims::object([
            ("name", text(&self.name)),
            ("platform", text(&self.platform)),
            ("app_version", text(&self.app_version)),
            ("fingerprint", Some(self.fingerprint.to_json())),
        ])
    }
}

impl LicenseProof {
    fn from_claims(claims: &Claims<'_>) -> Result<Self> {
        Ok(Self { id: claims.parsed("id")?, proof: claims.parsed("proof")? })
    }

    fn to_json(self) -> Value {
        json!({"id": self.id.to_string(), "proof": self.proof.to_string()})
    }
}

/// Makes any text fit for a name in a request: control characters out, at most 64 characters, `None` if nothing is left.
pub fn label(text: &str) -> Option<String> {
    let kept: String = text.trim().chars().filter(|c| !c.is_control()).take(64).collect();
    claims::is_label(&kept).then_some(kept)
}
