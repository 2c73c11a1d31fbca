//! Giving an activation up: the grant is destroyed first, then the proof is handed out.

use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::token::Unverified;
use countersign_core::{Expect, Id, TokenType, UnixSeconds};

use crate::Client;
use crate::disk::Second;
use crate::error::{Error, Result};
use crate::request::Made;
use crate::state::{GivenUp, State};

/// Whether an activation is given up when its license had no deactivation left, so that the seat may not come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Losing {
    /// Then nothing is done: [`Error::NoDeactivationLeft`].
    Refuse,
    /// It is given up all the same. The portal keeps the seat for this machine.
    Accept,
}

/// An activation that was given up here, with the proof of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deactivation {
    /// The activation.
    pub activation: Id,
    /// When it was given up.
    pub at: UnixSeconds,
    /// The proof: the signed deactivation request. It can be written again any number of times.
    pub proof: Made,
    /// Whether the vendor's receipt has been installed.
    pub has_receipt: bool,
}

impl Client {
    /// Gives `activation` up, or the only one there is. When this returns, the app does not run under it any more and never
    /// will again; the proof goes to the vendor, who gives the seat back. Called again, it hands out the same proof.
    ///
    /// # Errors
    /// [`Error::NothingToDeactivate`], [`Error::WhichActivation`], [`Error::NoDeactivationLeft`], [`Error::Damaged`],
    /// [`Error::Io`]: the activation is still installed then.
    pub fn deactivate(&self, activation: Option<Id>, losing: Losing) -> Result<Deactivation> {
        let lock = self.disk.lock()?;
        let mut state = self.stored()?.ok_or(Error::NothingToDeactivate)?;
        let activation = match choose(&state, activation)? {
            Chosen::Live(activation) => activation,
            Chosen::Gone(gone) => {
                // A kill between the two copies, or a restored backup: the grant is gone from both before the proof leaves.
                if !self.disk.agrees() {
                    self.disk.store(&lock, &mut state, Second::Needed)?;
                }
                return self.deactivation(&gone);
            }
        };
        if losing == Losing::Refuse && self.deactivations_left(&state, &activation) == Some(0) {
            return Err(Error::NoDeactivationLeft);
        }
        let device_name = self.device_name();
        let id = Id::from(self.config.random());
        let held = state.grants.iter().find(|grant| grant.id == activation);
        let held = held.map(|grant| grant.token.clone());
        let ask = |_: &State, _| Ask::Deactivation { activation, device_name };
        let proof = self.sign(&mut state, id, held.as_deref(), ask)?;
        let at = self.config.now();
        state.grants.retain(|grant| grant.id != activation);
        let gone =
            GivenUp { activation, request: id, at, proof: proof.token.clone(), receipt: None };
        state.given_up.push(gone);
        // One write: the grant is gone and the proof is kept, or neither; and it is gone from the second copy too.
        self.disk.store(&lock, &mut state, Second::Needed)?;
        Ok(Deactivation { activation, at, proof, has_receipt: false })
    }

    /// The activations given up here, newest first, with their proofs.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Io`].
    pub fn deactivations(&self) -> Result<Vec<Deactivation>> {
        let state = self.stored()?;
        let given_up = state.iter().flat_map(|state| state.given_up.iter().rev());
        given_up.map(|gone| self.deactivation(gone)).collect()
    }

    fn deactivation(&self, gone: &GivenUp) -> Result<Deactivation> {
        let verified = VerifiedRequest::verify(&gone.proof, Expect::Request)?;
        Ok(Deactivation {
            activation: gone.activation,
            at: gone.at,
            proof: self.made(gone.proof.clone(), verified.claims()),
            has_receipt: gone.receipt.is_some(),
        })
    }

    /// How many deactivations the license had left when the grant was signed; `None` when they are not limited, or the
    /// grant does not verify any more.
    fn deactivations_left(&self, state: &State, activation: &Id) -> Option<u64> {
        let grant = state.grants.iter().find(|grant| grant.id == *activation)?;
        let verified = self.trust(state).verify(&grant.token).ok()?;
        verified.claims().granted()?.grant.license.as_ref()?.deactivations_left
    }
}

enum Chosen {
    Live(Id),
    Gone(GivenUp),
}

/// The activation that is meant; without a name, the only one that is installed, or else the last one given up whose
/// receipt has not come.
fn choose(state: &State, wanted: Option<Id>) -> Result<Chosen> {
    let is_activation = |token: &str| {
        Unverified::decode(token).is_ok_and(|t| t.token_type() == TokenType::ActivationResponse)
    };
    let live: Vec<Id> =
        state.grants.iter().filter(|g| is_activation(&g.token)).map(|g| g.id).collect();
    let gone = |fits: &dyn Fn(&GivenUp) -> bool| {
        let found = state.given_up.iter().rev().find(|g| fits(g));
        found.cloned().map(Chosen::Gone).ok_or(Error::NothingToDeactivate)
    };
    match (wanted, live.as_slice()) {
        (Some(id), _) if live.contains(&id) => Ok(Chosen::Live(id)),
        (Some(id), _) => gone(&|g| g.activation == id),
        (None, [only]) => Ok(Chosen::Live(*only)),
        (None, []) => gone(&|g| g.receipt.is_none()),
        (None, _) => Err(Error::WhichActivation(live)),
    }
}
