//! The roots as this machine knows them: configured, and learned from rotations that its state keeps. Rotations cost two
//! signatures each, so they are looked at only when something hangs on a root that is not configured.

use std::cell::OnceCell;

use countersign_core::trust::{Roots, VerifiedResponse};
use countersign_core::{Result, Thumbprint};

use crate::Client;
use crate::state::State;

/// Whom this machine trusts, in a given state.
pub(crate) struct Trust<'a> {
    configured: &'a Roots,
    state: &'a State,
    learned: OnceCell<Roots>,
}

impl Client {
    pub(crate) fn trust<'a>(&'a self, state: &'a State) -> Trust<'a> {
        Trust { configured: &self.roots, state, learned: OnceCell::new() }
    }
}

impl Trust<'_> {
    /// All roots. What the state keeps and does not hang on a configured root is not among them.
    pub(crate) fn roots(&self) -> &Roots {
        self.learned.get_or_init(|| {
            let mut roots = self.configured.clone();
            roots.learn_again(&self.state.rotations);
            roots
        })
    }

    pub(crate) fn into_roots(self) -> Roots {
        self.roots();
        self.learned.into_inner().expect("they were just looked at")
    }

    /// Verifies what was installed before.
    pub(crate) fn verify(&self, token: &str) -> Result<VerifiedResponse> {
        let is_enough = self.state.rotations.is_empty() || self.configured.know_root_of(token);
        let roots = if is_enough { self.configured } else { self.roots() };
        roots.verify_installed(token)
    }

    /// Whether what `kid` signed under a delegation with this serial is known to come from wrong hands.
    pub(crate) fn is_compromised(&self, kid: &Thumbprint, serial: Option<u64>) -> bool {
        let mut entries = self.state.revocations.of(kid, serial).filter(|entry| entry.compromised);
        entries.any(|entry| entry.counts(self.roots()))
    }
}
