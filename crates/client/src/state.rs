//! What a machine remembers, and how two copies of it become one.

use std::cmp::Ordering;

use countersign_core::{Hash, Id, SigningKey, Thumbprint, UnixSeconds};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// How many requests are remembered beside those that something stands on.
const MAX_OTHERS: usize = 64;

/// Everything that is kept on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Counts the writes: the copy with the higher number is the newer one.
    pub(crate) generation: u64,
    /// The seed of the device's key.
    pub(crate) device_seed: Seed,
    /// The requests made here, oldest first.
    pub(crate) requests: Vec<MadeRequest>,
    /// The responses installed: activations and trials.
    pub(crate) grants: Vec<Grant>,
    /// The activations given up here, oldest first. They are never installed again.
    pub(crate) given_up: Vec<GivenUp>,
    /// The keys that the vendor has revoked.
    pub(crate) revocations: Revocations,
    /// The greatest time known to have come: from runs and from signed responses.
    pub(crate) seen: UnixSeconds,
    /// How often `seen` was found to be wrong and put right.
    #[serde(default)]
    pub(crate) corrections: u64,
}

/// 32 secret bytes that leave no copy behind and do not show in debug output.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Seed(Zeroizing<[u8; 32]>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MadeRequest {
    pub(crate) id: Id,
    pub(crate) hash: Hash,
    pub(crate) made_at: UnixSeconds,
    /// What [`State::seen`] was then, until a response has put that right.
    #[serde(default)]
    pub(crate) seen: UnixSeconds,
    /// Whether a response to it was installed. Another one, a renewal, can follow.
    #[serde(default)]
    pub(crate) answered: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// The activation's or trial's id.
    pub(crate) id: Id,
    pub(crate) request: Id,
    pub(crate) issued_at: UnixSeconds,
    /// The bare response token: verified again at every start.
    pub(crate) token: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GivenUp {
    pub(crate) activation: Id,
    /// The request that is the proof.
    pub(crate) request: Id,
    pub(crate) at: UnixSeconds,
    /// The bare deactivation request.
    pub(crate) proof: String,
    /// The bare receipt, once it has arrived.
    pub(crate) receipt: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Revocations {
    /// The number of the newest list seen.
    pub(crate) seq: u64,
    pub(crate) keys: Vec<RevokedKey>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RevokedKey {
    pub(crate) kid: Thumbprint,
    /// Grants signed by a compromised key end; those of a key that was only retired run on.
    pub(crate) compromised: bool,
}

impl State {
    /// The first state of a device.
    pub(crate) fn new(seed: [u8; 32], generation: u64) -> Self {
        Self {
            generation,
            device_seed: Seed(Zeroizing::new(seed)),
            requests: Vec::new(),
            grants: Vec::new(),
            given_up: Vec::new(),
            revocations: Revocations::default(),
            seen: 0,
            corrections: 0,
        }
    }

    pub(crate) fn device_key(&self) -> SigningKey {
        SigningKey::from_seed(&self.device_seed.0)
    }

    pub(crate) fn is_given_up(&self, activation: &Id) -> bool {
        self.given_up.iter().any(|g| g.activation == *activation)
    }

    /// Remembers a request, and forgets the oldest over the limit: not those that a grant stands on, which can be renewed,
    /// and not a deactivation whose receipt has not come.
    pub(crate) fn remember(&mut self, request: MadeRequest) {
        self.requests.push(request);
        let grants = self.grants.iter().map(|g| g.request);
        let proofs = self.given_up.iter().filter(|g| g.receipt.is_none()).map(|g| g.request);
        let kept: Vec<Id> = grants.chain(proofs).collect();
        let others = self.requests.iter().filter(|r| !kept.contains(&r.id)).count();
        let mut surplus = others.saturating_sub(MAX_OTHERS);
        self.requests.retain(|request| {
            let goes = surplus > 0 && !kept.contains(&request.id);
            surplus -= usize::from(goes);
            !goes
        });
    }

    /// Keeps the later of two times.
    pub(crate) fn see(&mut self, time: UnixSeconds) {
        self.seen = self.seen.max(time);
    }

    /// What a response tells about the time. Its request was made after the time that had been seen by then. If the vendor
    /// signed before that time all the same, it had not come: this machine's clock had been ahead. That is put right once:
    /// other responses to requests of those days, kept for later, must not set the time back again.
    pub(crate) fn learn_time(&mut self, request: &Id, signed: UnixSeconds, tolerance: u64) {
        let of_request = self.requests.iter().find(|r| r.id == *request).map_or(0, |r| r.seen);
        if of_request <= signed.saturating_add(tolerance) {
            return self.see(signed);
        }
        self.seen = signed;
        self.corrections += 1;
        for request in &mut self.requests {
            request.seen = 0;
        }
    }

    /// The newer of two copies, with everything that only ever grows taken from both: a restored backup of one copy
    /// brings nothing back that was given up, revoked or past.
    pub(crate) fn merge(self, other: Self) -> Self {
        let (mut state, older) =
            if self.generation >= other.generation { (self, other) } else { (other, self) };
        for gone in older.given_up {
            match state.given_up.iter_mut().find(|g| g.activation == gone.activation) {
                Some(known) => known.receipt = known.receipt.take().or(gone.receipt),
                None => state.given_up.push(gone),
            }
        }
        let given_up: Vec<Id> = state.given_up.iter().map(|g| g.activation).collect();
        state.grants.retain(|g| !given_up.contains(&g.id));
        state.revocations.merge(older.revocations);
        match state.corrections.cmp(&older.corrections) {
            Ordering::Equal => state.see(older.seen),
            Ordering::Less => {
                (state.seen, state.corrections) = (older.seen, older.corrections);
            }
            Ordering::Greater => {}
        }
        state
    }
}

impl Revocations {
    /// Takes a list in: what was revoked stays so, whatever order the lists arrive in.
    pub(crate) fn merge(&mut self, other: Self) {
        self.seq = self.seq.max(other.seq);
        for key in other.keys {
            match self.keys.iter_mut().find(|known| known.kid == key.kid) {
                Some(known) => known.compromised |= key.compromised,
                None => self.keys.push(key),
            }
        }
    }

    pub(crate) fn names(&self, kid: &Thumbprint) -> bool {
        self.keys.iter().any(|key| key.kid == *kid)
    }

    pub(crate) fn names_as_compromised(&self, kid: &Thumbprint) -> bool {
        self.keys.iter().any(|key| key.kid == *kid && key.compromised)
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl Serialize for Seed {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&Hash::from(*self.0))
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        // 32 bytes as 43 characters, as a hash is written.
        Hash::deserialize(d).map(|hash| Self(Zeroizing::new(*hash.as_bytes())))
    }
}
