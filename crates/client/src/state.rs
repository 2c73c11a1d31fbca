//! What a machine remembers, and how two copies of it become one.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use countersign_core::revocations::VerifiedRevocations;
use countersign_core::trust::Roots;
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
    /// The highest time that anything signed by the vendor has brought.
    #[serde(default)]
    pub(crate) signed: UnixSeconds,
    /// How often a root has set `signed` anew.
    #[serde(default)]
    pub(crate) resets: u64,
    /// The root rotations learned, as tokens: believed only as far as they hang on a configured root.
    #[serde(default)]
    pub(crate) rotations: Vec<String>,
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
    /// Whether a time reset was installed since it was made: then it brings none.
    #[serde(default)]
    pub(crate) closed: bool,
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
    /// The highest number of a list seen; what older programs go by.
    pub(crate) seq: u64,
    pub(crate) keys: Vec<RevokedKey>,
    /// The number of the newest list of each root: a stolen one that was replaced cannot use up those of its successor.
    #[serde(default)]
    pub(crate) seqs: BTreeMap<Thumbprint, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RevokedKey {
    pub(crate) kid: Thumbprint,
    /// Grants signed by a compromised key end; those of a key that was only retired run on.
    pub(crate) compromised: bool,
    /// Only under delegations with a lower serial, or with none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) below: Option<u64>,
    /// The root whose list says so; older programs did not note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) root: Option<Thumbprint>,
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
            signed: 0,
            resets: 0,
            rotations: Vec::new(),
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
    /// other responses to requests of those days, kept for later, must not set the time back again. What the vendor signed
    /// elsewhere has come all the same.
    pub(crate) fn learn_time(&mut self, request: &Id, signed: UnixSeconds, tolerance: u64) {
        let of_request = self.requests.iter().find(|r| r.id == *request).map_or(0, |r| r.seen);
        if of_request <= signed.saturating_add(tolerance) {
            return self.see(signed);
        }
        self.correct(signed.max(self.signed));
    }

    /// What a time reset says. A delegated key puts right what this machine's own clock has brought; times that the vendor
    /// signed are for a root alone to take back: a stolen key must not bring another one back that has ended.
    pub(crate) fn reset_time(&mut self, time: UnixSeconds, built_at: UnixSeconds, by: ResetBy) {
        match by {
            ResetBy::Root => {
                self.signed = time.max(built_at);
                self.resets += 1;
            }
            ResetBy::Delegate => self.signed = self.signed.max(time),
        }
        self.correct(self.signed.max(built_at));
        for request in &mut self.requests {
            request.closed = true;
        }
    }

    fn correct(&mut self, seen: UnixSeconds) {
        self.seen = seen;
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
        match state.resets.cmp(&older.resets) {
            Ordering::Equal => state.signed = state.signed.max(older.signed),
            Ordering::Less => (state.signed, state.resets) = (older.signed, older.resets),
            Ordering::Greater => {}
        }
        // Those of the newer copy first: where two do not go together, the first one counts.
        for token in older.rotations {
            if !state.rotations.contains(&token) {
                state.rotations.push(token);
            }
        }
        for request in &mut state.requests {
            request.closed |= older.requests.iter().any(|r| r.id == request.id && r.closed);
        }
        state
    }
}

/// Who signed a time reset.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResetBy {
    Root,
    Delegate,
}

impl Revocations {
    /// Takes a verified list in, unless a newer one of the same root is known. Whether anything changed.
    pub(crate) fn learn(&mut self, verified: &VerifiedRevocations) -> bool {
        let (list, root) = (&verified.list, verified.root);
        if self.seqs.get(&root).is_some_and(|known| *known > list.seq) {
            return false;
        }
        let before = self.clone();
        let keys = list.revoked.iter().map(|key| RevokedKey {
            kid: key.kid,
            compromised: key.compromised,
            below: key.below,
            root: Some(root),
        });
        let seqs = BTreeMap::from([(root, list.seq)]);
        self.merge(Self { seq: list.seq, keys: keys.collect(), seqs });
        *self != before
    }

    /// What was revoked stays so, whatever order the lists arrive in.
    pub(crate) fn merge(&mut self, other: Self) {
        self.seq = self.seq.max(other.seq);
        for (root, seq) in other.seqs {
            let known = self.seqs.entry(root).or_default();
            *known = seq.max(*known);
        }
        for key in other.keys {
            match self.keys.iter_mut().find(|known| known.is_about_the_same(&key)) {
                // Without a serial the whole key is revoked.
                Some(known) => known.below = known.below.zip(key.below).map(|(a, b)| a.max(b)),
                None => self.keys.push(key),
            }
        }
    }

    /// The entries that revoke what `kid` signed under a delegation with this serial.
    pub(crate) fn of(
        &self,
        kid: &Thumbprint,
        serial: Option<u64>,
    ) -> impl Iterator<Item = &RevokedKey> {
        let applies = move |key: &&RevokedKey| {
            let older = match (key.below, serial) {
                (Some(below), Some(serial)) => serial < below,
                _ => true,
            };
            key.kid == *kid && older
        };
        self.keys.iter().filter(applies)
    }
}

impl RevokedKey {
    fn is_about_the_same(&self, other: &Self) -> bool {
        (self.kid, self.compromised, self.root) == (other.kid, other.compromised, other.root)
    }

    /// Whether the root that said so could, as far as `roots` know.
    pub(crate) fn counts(&self, roots: &Roots) -> bool {
        self.root.is_none_or(|root| roots.may_revoke(&root, &self.kid))
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
