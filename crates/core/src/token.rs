//! One token taken apart, strictly (docs/format.md, section 2). A payload comes out only through a verification.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::ids::Thumbprint;
use crate::key::{PublicKey, SigningKey};
use crate::{base64url, json};

/// The longest token, in characters.
pub const MAX_LENGTH: usize = 16_384;

/// The most rotations in one header.
pub const MOST_ROTATIONS: usize = 16;

macro_rules! types {
    ($($variant:ident $typ:literal $words:literal)*) => {
        /// What a token is (`typ`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum TokenType { $(#[doc = $typ] $variant,)* }

        impl TokenType {
            /// Every type.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The `typ` header.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $typ,)* }
            }

            /// What people call it, without an article.
            pub fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }
        }
    };
}

types! {
    ActivationRequest "activation-request+jwt" "activation request"
    TrialRequest "trial-request+jwt" "trial request"
    DeactivationRequest "deactivation-request+jwt" "deactivation request"
    ActivationResponse "activation-response+jwt" "activation response"
    TrialResponse "trial-response+jwt" "trial response"
    DeactivationResponse "deactivation-response+jwt" "deactivation receipt"
    TimeReset "time-reset+jwt" "time reset"
    SigningKey "signing-key+jwt" "signing key delegation"
    Revocations "revocations+jwt" "revocation list"
    RootKey "root-key+jwt" "root key rotation"
    Release "release+jwt" "release checksum list"
    Proposal "proposal+jwt" "proposal"
    Approval "approval+jwt" "approval"
    AuditCheckpoint "audit-checkpoint+jwt" "audit log checkpoint"
}

impl TokenType {
    /// Whether a device signs it.
    pub fn is_request(self) -> bool {
        matches!(self, Self::ActivationRequest | Self::TrialRequest | Self::DeactivationRequest)
    }

    /// Whether a vendor answers a device with it.
    pub fn is_response(self) -> bool {
        matches!(
            self,
            Self::ActivationResponse
                | Self::TrialResponse
                | Self::DeactivationResponse
                | Self::TimeReset
        )
    }

    /// Whether a root or a delegated key signs it: it may carry a chain, a revocation list and rotations.
    pub(crate) fn is_delegable(self) -> bool {
        self.is_response() || matches!(self, Self::Release | Self::AuditCheckpoint)
    }

    /// Whether it gives a right to run.
    pub(crate) fn is_grant(self) -> bool {
        matches!(self, Self::ActivationResponse | Self::TrialResponse)
    }

    /// Whether it goes between two who sign: it may carry a chain, and nothing else.
    fn is_between_signers(self) -> bool {
        matches!(self, Self::Proposal | Self::Approval)
    }

    /// "an activation request", "a trial response".
    pub fn with_article(self) -> String {
        let article = if self.words().starts_with('a') { "an" } else { "a" };
        format!("{article} {}", self.words())
    }
}

impl fmt::Display for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TokenType {
    type Err = Error;

    fn from_str(typ: &str) -> Result<Self> {
        let known = Self::ALL.iter().copied().find(|t| t.as_str() == typ);
        known.ok_or_else(|| Error::new(Code::UnknownType, format!("the type {typ:?} is unknown")))
    }
}

/// What a caller asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Anything a device signs.
    Request,
    /// Anything that answers a device.
    Response,
    /// Just this type.
    Type(TokenType),
    /// Whatever it is.
    Anything,
}

impl Expect {
    /// Refuses `found` with an error that names both.
    ///
    /// # Errors
    /// [`Code::WrongType`].
    pub fn check(self, found: TokenType) -> Result<()> {
        let fits = match self {
            Self::Request => found.is_request(),
            Self::Response => found.is_response(),
            Self::Type(wanted) => wanted == found,
            Self::Anything => true,
        };
        if fits {
            return Ok(());
        }
        let wanted = match self {
            Self::Request => "a request".to_owned(),
            Self::Response => "a response".to_owned(),
            Self::Type(wanted) => wanted.with_article(),
            Self::Anything => unreachable!("anything fits"),
        };
        Err(Error::new(
            Code::WrongType,
            format!("this is {}, but {wanted} is needed", found.with_article()),
        ))
    }
}

impl FromStr for Expect {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "request" => Ok(Self::Request),
            "response" => Ok(Self::Response),
            "any" => Ok(Self::Anything),
            typ => typ.parse().map(Self::Type),
        }
    }
}

/// The members of a header that passed: each only where its `typ` defines it.
#[derive(Debug, Clone)]
pub(crate) enum Header {
    /// Requests: the device's own key.
    Device(PublicKey),
    /// What a root or a delegated key signs: the signer, with what vouches for it.
    Vendor {
        kid: Thumbprint,
        chain: Option<String>,
        revocations: Option<String>,
        rotations: Vec<String>,
        approval: Option<String>,
    },
    /// Rotations: the root that names its successor. Its whole key, so that who trusts the successor alone can verify it.
    OldRoot(PublicKey),
    /// Delegations and revocation lists.
    Root { kid: Thumbprint },
}

/// A token in parts whose signature is not verified yet: says what it claims to be, gives no payload.
pub struct Unverified<'a> {
    token_type: TokenType,
    header: Header,
    payload: Vec<u8>,
    signing_input: &'a str,
    signature: Vec<u8>,
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unverified({})", self.token_type)
    }
}

impl<'a> Unverified<'a> {
    /// Takes a bare token apart and checks its header.
    ///
    /// # Errors
    /// The codes from [`Code::TooLong`] to [`Code::UnknownType`].
    pub fn decode(token: &'a str) -> Result<Self> {
        check_length(token)?;
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            let count = token.split('.').count();
            return Err(Error::new(
                Code::NotAToken,
                format!("a token has three parts, this has {count}"),
            ));
        };
        if header.is_empty() || payload.is_empty() {
            return Err(Error::new(Code::NotAToken, "a part of the token is empty"));
        }
        let decode = |part: &str, text: &str| {
            base64url::decode(text).ok_or_else(|| {
                Error::new(
                    Code::BadEncoding,
                    format!("the {part} is not base64url without padding"),
                )
            })
        };
        let signing_input = &token[..header.len() + 1 + payload.len()];
        let (header, payload, signature) = (
            decode("header", header)?,
            decode("payload", payload)?,
            decode("signature", signature)?,
        );
        let (token_type, header) = read_header(&json::parse_object("header", &header)?)?;
        // Decoding comes before verifying: a payload that nobody may read is refused for what it is.
        json::parse_object("payload", &payload)?;
        Ok(Self { token_type, header, payload, signing_input, signature })
    }

    /// What the token claims to be.
    pub fn token_type(&self) -> TokenType {
        self.token_type
    }

    /// The thumbprint of the key that is said to have signed it.
    pub fn signer(&self) -> Thumbprint {
        match &self.header {
            Header::Device(key) | Header::OldRoot(key) => key.thumbprint(),
            Header::Vendor { kid, .. } | Header::Root { kid } => *kid,
        }
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The bytes of the payload, whoever signed them.
    pub(crate) fn payload_bytes(&self) -> &[u8] {
        &self.payload
    }

    /// The payload, if `key` signed it: over the bytes that arrived.
    pub(crate) fn verify(&self, key: &PublicKey) -> Result<Map<String, Value>> {
        if !key.verifies(self.signing_input.as_bytes(), &self.signature) {
            let fact = format!(
                "the signature of this {} does not fit its content",
                self.token_type.words()
            );
            return Err(Error::new(Code::BadSignature, fact));
        }
        json::parse_object("payload", &self.payload)
    }
}

fn read_header(map: &Map<String, Value>) -> Result<(TokenType, Header)> {
    let bad = |fact: String| Error::new(Code::BadHeader, fact);
    let string = |name: &str| match map.get(name) {
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(bad(format!("the header member {name:?} must be a string"))),
        None => Err(bad(format!("the header member {name:?} is missing"))),
    };
    let alg = string("alg")?;
    if alg != "EdDSA" {
        return Err(Error::new(Code::WrongAlg, format!("the algorithm is {alg:?}, not EdDSA")));
    }
    let token_type: TokenType = string("typ")?.parse()?;
    let defined: &[&str] = match token_type {
        t if t.is_request() || t == TokenType::RootKey => &["alg", "typ", "jwk"],
        t if t.is_grant() => {
            &["alg", "typ", "kid", "chain", "revocations", "rotations", "approval"]
        }
        t if t.is_delegable() => &["alg", "typ", "kid", "chain", "revocations", "rotations"],
        t if t.is_between_signers() => &["alg", "typ", "kid", "chain"],
        _ => &["alg", "typ", "kid"],
    };
    if let Some(foreign) = map.keys().find(|name| !defined.contains(&name.as_str())) {
        return Err(bad(format!(
            "the header member {foreign:?} does not belong to {}",
            token_type.with_article()
        )));
    }
    let optional = |name: &str| map.get(name).map(|_| string(name).map(str::to_owned)).transpose();
    let kid = || {
        string("kid")?
            .parse()
            .map_err(|e| bad(format!("the header member \"kid\" is malformed: {e}")))
    };
    let header = if token_type.is_request() {
        Header::Device(read_jwk(map.get("jwk"))?)
    } else if token_type == TokenType::RootKey {
        Header::OldRoot(read_jwk(map.get("jwk"))?)
    } else if token_type.is_delegable() || token_type.is_between_signers() {
        Header::Vendor {
            kid: kid()?,
            chain: optional("chain")?,
            revocations: optional("revocations")?,
            rotations: map.get("rotations").map(read_rotations).transpose()?.unwrap_or_default(),
            approval: optional("approval")?,
        }
    } else {
        Header::Root { kid: kid()? }
    };
    Ok((token_type, header))
}

fn read_rotations(value: &Value) -> Result<Vec<String>> {
    let tokens: Option<Vec<String>> = value
        .as_array()
        .and_then(|all| all.iter().map(|t| t.as_str().map(str::to_owned)).collect());
    tokens.filter(|tokens| (1..=MOST_ROTATIONS).contains(&tokens.len())).ok_or_else(|| {
        let fact = format!("the header member \"rotations\" must be 1 to {MOST_ROTATIONS} tokens");
        Error::new(Code::BadHeader, fact)
    })
}

fn read_jwk(jwk: Option<&Value>) -> Result<PublicKey> {
    let bad = |fact: &str| Error::new(Code::BadHeader, format!("the header member \"jwk\" {fact}"));
    let map = jwk.and_then(Value::as_object).ok_or_else(|| bad("must be an object"))?;
    let member = |name: &str| map.get(name).and_then(Value::as_str);
    // A fourth member would be a leaked private half ("d") or something that we do not check.
    match (member("kty"), member("crv"), member("x"), map.len()) {
        (Some("OKP"), Some("Ed25519"), Some(x), 3) => {
            x.parse().map_err(|e| bad(&format!("is {e}")))
        }
        _ => Err(bad("must be {kty: OKP, crv: Ed25519, x} and nothing else")),
    }
}

/// [`Code::TooLong`] for what no reader would take.
pub(crate) fn check_length(token: &str) -> Result<()> {
    if token.len() <= MAX_LENGTH {
        return Ok(());
    }
    let fact = format!("{} characters are more than a token may have ({MAX_LENGTH})", token.len());
    Err(Error::new(Code::TooLong, fact))
}

/// Signs `payload` under `header`: the compact serialization.
pub(crate) fn sign(header: &Value, payload: &Value, key: &SigningKey) -> String {
    sign_bytes(header, payload.to_string().as_bytes(), key)
}

/// The same where the bytes of the payload are given.
pub(crate) fn sign_bytes(header: &Value, payload: &[u8], key: &SigningKey) -> String {
    let mut token = base64url::encode(header.to_string());
    token.push('.');
    token.push_str(&base64url::encode(payload));
    let signature = key.sign(token.as_bytes());
    token.push('.');
    token.push_str(&base64url::encode(signature));
    token
}
