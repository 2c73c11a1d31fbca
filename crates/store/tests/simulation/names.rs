//! Names of the model as the store has them. Of one database no two seeds share a name.

use countersign_core::fingerprint::{Fingerprint, Strategy};
use countersign_core::{Hash, Id, ProductId, Thumbprint};
use countersign_model::machine::{Binding, Parts};
use serde_json::Value;

/// Ids sort as text as the model's numbers sort, since of two grants of one second the greater id counts.
pub(crate) fn id(name: u64) -> Id {
    format!("{name:021x}A").parse().unwrap()
}

pub(crate) fn name_of(id: Id) -> u64 {
    u64::from_str_radix(&id.to_string()[..21], 16).unwrap()
}

pub(crate) fn request(name: u64) -> Hash {
    Hash::from(bytes(name))
}

pub(crate) fn device(name: u64) -> Thumbprint {
    Thumbprint::from(bytes(name))
}

pub(crate) fn token(word: u64) -> String {
    format!("answer {word}")
}

pub(crate) fn product(seed: u64) -> ProductId {
    format!("product-{seed}").parse().unwrap()
}

pub(crate) fn strategy(binding: Binding) -> Strategy {
    match binding {
        Binding::Exact => Strategy::Exact,
        Binding::Fuzzy => Strategy::Fuzzy,
        Binding::Loose => Strategy::Loose,
    }
}

pub(crate) fn fingerprint(parts: &Parts) -> Fingerprint {
    let part = |(place, value): (usize, &u64)| {
        (format!("part-{place}"), Value::from(id(*value).to_string()))
    };
    Fingerprint::from_json(&parts.iter().enumerate().map(part).collect()).unwrap()
}

fn bytes(name: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&name.to_be_bytes());
    bytes
}
