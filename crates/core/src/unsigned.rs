//! What is to be signed, on its way to a signer in another process: JSON that proves nothing.
//!
//! It is read from no token. A payload still comes out of a token through its verification alone.

use serde_json::{Map, Value, json};

use crate::checkpoint::Checkpoint;
use crate::error::{Code, Error, Result};
use crate::release::Release;
use crate::response::Response;
use crate::token::{Expect, TokenType};

impl Response {
    /// The type and the claims, for a signer elsewhere.
    pub fn to_unsigned(&self) -> Value {
        json!({"typ": self.token_type().as_str(), "claims": self.payload()})
    }

    /// What [`Response::to_unsigned`] wrote. Nothing vouches for it.
    ///
    /// # Errors
    /// [`Code::WrongType`], [`Code::UnknownType`], [`Code::BadClaim`]: as a verifier would refuse the claims.
    pub fn from_unsigned(unsigned: &Value) -> Result<Self> {
        let (token_type, claims) = parts(unsigned)?;
        Expect::Response.check(token_type)?;
        Self::from_payload(token_type, claims)
    }
}

impl Release {
    /// The type and the claims, for a signer elsewhere.
    pub fn to_unsigned(&self) -> Value {
        json!({"typ": TokenType::Release.as_str(), "claims": self.payload()})
    }

    /// What [`Release::to_unsigned`] wrote. Nothing vouches for it.
    ///
    /// # Errors
    /// As [`Response::from_unsigned`].
    pub fn from_unsigned(unsigned: &Value) -> Result<Self> {
        let (token_type, claims) = parts(unsigned)?;
        Expect::Type(TokenType::Release).check(token_type)?;
        Self::from_payload(claims)
    }
}

impl Checkpoint {
    /// The type and the claims, for a signer elsewhere.
    pub fn to_unsigned(&self) -> Value {
        json!({"typ": TokenType::AuditCheckpoint.as_str(), "claims": self.payload()})
    }

    /// What [`Checkpoint::to_unsigned`] wrote. Nothing vouches for it.
    ///
    /// # Errors
    /// As [`Response::from_unsigned`].
    pub fn from_unsigned(unsigned: &Value) -> Result<Self> {
        let (token_type, claims) = parts(unsigned)?;
        Expect::Type(TokenType::AuditCheckpoint).check(token_type)?;
        Self::from_payload(claims)
    }
}

fn parts(unsigned: &Value) -> Result<(TokenType, &Map<String, Value>)> {
    let wrong =
        |what: &str| Error::new(Code::BadClaim, format!("what is to be signed has no {what}"));
    let typ = unsigned.get("typ").and_then(Value::as_str).ok_or_else(|| wrong("type"))?;
    let claims =
        unsigned.get("claims").and_then(Value::as_object).ok_or_else(|| wrong("claims"))?;
    Ok((typ.parse()?, claims))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::{Answer, RequestRef};
    use crate::{Hash, Id, Thumbprint};

    fn receipt() -> Response {
        Response {
            issuer: "Acme".to_owned(),
            product: "acme-cad".parse().unwrap(),
            id: Id::from([1; 16]),
            issued_at: 1_790_000_000,
            request: RequestRef { id: Id::from([2; 16]), hash: Hash::of("request") },
            device: Thumbprint::from([3; 32]),
            answer: Answer::Deactivation { activation: Id::from([4; 16]) },
        }
    }

    #[test]
    fn what_is_to_be_signed_arrives_as_it_was_sent() {
        let response = receipt();
        assert_eq!(Response::from_unsigned(&response.to_unsigned()).unwrap(), response);
        let release = Release {
            issuer: "Acme".to_owned(),
            product: "acme-cad".parse().unwrap(),
            id: Id::from([1; 16]),
            issued_at: 1_790_000_000,
            version: "1.2.3".parse().unwrap(),
            channel: "stable".parse().unwrap(),
            files: vec![crate::release::ListedFile {
                name: "a.zip".parse().unwrap(),
                size: 5,
                sha256: Hash::of("a"),
            }],
        };
        assert_eq!(Release::from_unsigned(&release.to_unsigned()).unwrap(), release);
    }

    #[test]
    fn attack_another_kind_or_half_of_it_is_refused() {
        let good = receipt().to_unsigned();
        let with = |name: &str, value: Value| {
            let mut changed = good.clone();
            changed[name] = value;
            changed
        };
        for (unsigned, code) in [
            (with("typ", json!("signing-key+jwt")), Code::WrongType),
            (with("typ", json!("root+jwt")), Code::UnknownType),
            (with("typ", json!(7)), Code::BadClaim),
            (with("claims", json!([])), Code::BadClaim),
            (with("claims", json!({})), Code::BadClaim),
            (json!([]), Code::BadClaim),
        ] {
            assert_eq!(Response::from_unsigned(&unsigned).unwrap_err().code(), code, "{unsigned}");
        }
        assert_eq!(Release::from_unsigned(&good).unwrap_err().code(), Code::WrongType);
    }
}
