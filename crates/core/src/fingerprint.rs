//! Machine fingerprints: keyed hashes of hardware and system components, and the strategies that compare them
//! (docs/format.md, section 4).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::claims::Claims;
use crate::error::Result;
use crate::ids::{ComponentHash, Malformed, ProductId};

const MAX_COMPONENTS: usize = 16;

/// What a machine looks like to one product: component name to keyed hash, 1 to 16 components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(BTreeMap<String, ComponentHash>);

impl Fingerprint {
    /// A fingerprint from hashed components.
    ///
    /// # Errors
    /// When there are none or more than 16, or a name is not 1 to 32 of `a-z 0-9 -`.
    pub fn new(
        components: BTreeMap<String, ComponentHash>,
    ) -> std::result::Result<Self, Malformed> {
        let name_fits = |name: &String| {
            (1..=32).contains(&name.len())
                && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        };
        if (1..=MAX_COMPONENTS).contains(&components.len()) && components.keys().all(name_fits) {
            Ok(Self(components))
        } else {
            Err(Malformed::FINGERPRINT)
        }
    }

    /// Hashes raw component values for `product`. The raw values do not leave the machine.
    ///
    /// # Errors
    /// As [`Fingerprint::new`].
    pub fn of_raw<N: Into<String>, V: AsRef<str>>(
        product: &ProductId,
        raw: impl IntoIterator<Item = (N, V)>,
    ) -> std::result::Result<Self, Malformed> {
        let hashed = raw.into_iter().map(|(name, value)| {
            let name = name.into();
            let hash = component_hash(product, &name, value.as_ref());
            (name, hash)
        });
        Self::new(hashed.collect())
    }

    /// The components by name.
    pub fn components(&self) -> impl Iterator<Item = (&str, &ComponentHash)> {
        self.0.iter().map(|(name, hash)| (name.as_str(), hash))
    }

    pub(crate) fn from_claims(claims: &Claims<'_>, name: &str) -> Result<Self> {
        let wrong =
            || claims.wrong(name, "an object of 1 to 16 components, each hash 22 characters");
        let hash = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
        let components = claims
            .object(name)?
            .members()
            .map(|(component, value)| Ok((component.clone(), hash(value).ok_or_else(wrong)?)));
        Self::new(components.collect::<Result<_>>()?).map_err(|_| wrong())
    }

    /// The JSON object of a token or a database column.
    pub fn to_json(&self) -> Value {
        self.0.iter().map(|(name, hash)| (name.clone(), Value::from(hash.to_string()))).collect()
    }

    /// Reads what [`Fingerprint::to_json`] wrote. `None` when it is something else.
    pub fn from_json(value: &Value) -> Option<Self> {
        let read =
            |(name, hash): (&String, &Value)| Some((name.clone(), hash.as_str()?.parse().ok()?));
        Self::new(value.as_object()?.iter().map(read).collect::<Option<_>>()?).ok()
    }
}

/// `base64url(HMAC-SHA256("countersign/fingerprint/v1/" + product, component + 0x00 + value)[0..16])`.
fn component_hash(product: &ProductId, component: &str, value: &str) -> ComponentHash {
    let key = format!("countersign/fingerprint/v1/{product}");
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    for part in [component.as_bytes(), b"\0", value.as_bytes()] {
        mac.update(part);
    }
    let full: [u8; 32] = mac.finalize().into_bytes().into();
    let mut half = [0; 16];
    half.copy_from_slice(&full[..16]);
    ComponentHash::from(half)
}

/// How much of a fingerprint must be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// All components.
    Exact,
    /// At least 60 % of them, rounded up.
    Fuzzy,
    /// At least 30 % of them, rounded up.
    Loose,
}

impl Strategy {
    /// All strategies, strictest first.
    pub const ALL: [Self; 3] = [Self::Exact, Self::Fuzzy, Self::Loose];

    /// The strategy as it stands in tokens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Fuzzy => "fuzzy",
            Self::Loose => "loose",
        }
    }

    /// How many of `total` components must be equal; always at least one.
    pub fn needed(self, total: usize) -> usize {
        let percent = match self {
            Self::Exact => 100,
            Self::Fuzzy => 60,
            Self::Loose => 30,
        };
        (total * percent).div_ceil(100).max(1)
    }

    /// Compares the machine `now` with the one that was `bound`. Components that are only in `now` do not matter.
    pub fn compare(self, bound: &Fingerprint, now: &Fingerprint) -> Comparison {
        let differs = |(name, hash): &(&String, &ComponentHash)| now.0.get(*name) != Some(*hash);
        let changed: Vec<String> =
            bound.0.iter().filter(differs).map(|(name, _)| name.clone()).collect();
        let total = bound.0.len();
        let needed = self.needed(total);
        Comparison { matches: total - changed.len() >= needed, total, needed, changed }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Strategy {
    type Err = Malformed;

    fn from_str(text: &str) -> std::result::Result<Self, Malformed> {
        Self::ALL.into_iter().find(|s| s.as_str() == text).ok_or(Malformed::STRATEGY)
    }
}

/// The outcome of comparing two fingerprints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Whether enough components are the same.
    pub matches: bool,
    /// Components in the binding.
    pub total: usize,
    /// How many of them must be the same.
    pub needed: usize,
    /// Names of the components that differ or are gone.
    pub changed: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_rounded_up() {
        let needed = |s: Strategy| (1..=6).map(|n| s.needed(n)).collect::<Vec<_>>();
        assert_eq!(needed(Strategy::Exact), [1, 2, 3, 4, 5, 6]);
        assert_eq!(needed(Strategy::Fuzzy), [1, 2, 2, 3, 3, 4]);
        assert_eq!(needed(Strategy::Loose), [1, 1, 1, 2, 2, 2]);
    }
}
