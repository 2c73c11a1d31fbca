//! The `delegation` claim: which delegation something was signed under, and as which grant of it. Without it a wider
//! delegation of the same key could be put in the place of the one that was used.

use serde_json::{Map, Value};

use crate::claims::{self, Claims};
use crate::delegation::Delegation;
use crate::error::{Code, Error, Result};
use crate::ids::Hash;

/// What the claim says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    /// SHA-256 of the delegation token.
    pub(super) hash: Hash,
    /// The number of a grant under it, from 1.
    pub(super) count: Option<u64>,
}

/// Reads the claim of a payload and holds it against the chain that came along. Only what `is_counted` needs a number, where
/// the delegation counts.
///
/// # Errors
/// [`Code::BadChain`] when it is missing or names another delegation, [`Code::BadClaim`] when the number of a grant is
/// missing or none, [`Code::OutOfScope`] when it is over the limit.
pub(super) fn check(
    payload: &Map<String, Value>,
    delegation: Option<&Delegation>,
    chain: Option<&Hash>,
    is_counted: bool,
) -> Result<Option<Claim>> {
    let claims = Claims::of_payload(payload);
    let claim = claims.optional("delegation", |c, name| Claim::read(&c.object(name)?))?;
    let bad = |fact: &str| Err(Error::new(Code::BadChain, fact));
    match (&claim, chain) {
        (Some(claim), Some(chain)) if claim.hash == *chain => {}
        (Some(_), Some(_)) => return bad("it was signed under another delegation than came along"),
        (Some(_), None) => {
            return bad("the delegation that it was signed under did not come along");
        }
        (None, _) if delegation.is_some_and(|d| d.serial.is_some()) => {
            return bad("it does not say under which delegation it was signed");
        }
        (None, _) => {}
    }
    if let Some(delegation) = delegation.filter(|d| is_counted && d.scope.max_grants.is_some()) {
        let count = claim.and_then(|claim| claim.count);
        let missing = "the claim delegation.count is missing: this key's grants are numbered";
        delegation.covers_count(count.ok_or_else(|| Error::new(Code::BadClaim, missing))?)?;
    }
    Ok(claim)
}

impl Claim {
    fn read(claims: &Claims<'_>) -> Result<Self> {
        Ok(Self { hash: claims.parsed("hash")?, count: claims.optional("count", Claims::ordinal)? })
    }

    pub(super) fn to_json(self) -> Value {
        claims::object([
            ("hash", Some(self.hash.to_string().into())),
            ("count", self.count.map(Value::from)),
        ])
    }
}
