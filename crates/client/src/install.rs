//! Installing a response file.

use countersign_core::fingerprint::Fingerprint;
use countersign_core::install::{self, Machine};
use countersign_core::response::Answer;
use countersign_core::trust::{Roots, VerifiedResponse};
use countersign_core::{Code, Expect, Hash, Id, ProductId, Thumbprint, UnixSeconds, file};

use crate::Client;
use crate::check::Right;
use crate::disk::{Loaded, Marked, Second};
use crate::error::{Error, Result};
use crate::mark::{self, Mark};
use crate::state::{Grant, Revocations, RevokedKey, State};

/// What was installed.
#[derive(Debug, Clone)]
pub enum Installed {
    /// A right to run: an activation or a trial. Whether it runs now, [`Client::check`] says: the clock may be wrong.
    Right(Box<Right>),
    /// The receipt for an activation that was given up here: the seat is free.
    Receipt {
        /// The activation that ended.
        activation: Id,
    },
}

impl Client {
    /// Installs a response: the bytes of its file, or the token itself. Nothing is stored before all checks have passed
    /// (docs/format.md, section 7); the same file again changes nothing. From keys that can give nothing but trials a machine
    /// takes one trial.
    ///
    /// # Errors
    /// [`Error::Refused`] with the code of the check that failed, [`Error::TrialAlreadyUsed`], [`Error::MarkDamaged`],
    /// [`Error::Damaged`], [`Error::Io`].
    pub fn install(&self, response: &[u8]) -> Result<Installed> {
        let token = file::read(response)?;
        let lock = self.disk.lock()?;
        let mut state = self.stored()?.unwrap_or_else(|| State::new(self.config.random(), 0));
        let now = self.config.now();
        let fingerprint = self.config.machine.fingerprint(&self.config.product);
        let verified = {
            let known = Known { client: self, state: &state, fingerprint: fingerprint.as_ref() };
            install::check(&known, &token, Expect::Response, now)?
        };
        if let Some(list) = verified.revocations() {
            let keys = list.revoked.iter();
            let keys = keys.map(|k| RevokedKey { kid: k.kid, compromised: k.compromised });
            state.revocations.merge(Revocations { seq: list.seq, keys: keys.collect() });
        }
        let response = verified.claims();
        if mark::by_trial_only_key(&verified) {
            // Its clock is a visitor's browser: it can make time pass, and never take time back.
            state.see(response.issued_at);
        } else {
            let tolerance = self.config.clock_tolerance;
            state.learn_time(&response.request.id, response.issued_at, tolerance);
        }
        if response.granted().is_some_and(|granted| granted.import_by <= state.seen) {
            // Setting the clock back does not bring the time to install back.
            let fact =
                "the time to install this file has passed, by a time that this machine has seen";
            return Err(countersign_core::Error::new(Code::ImportExpired, fact).into());
        }
        let mark = self.trial_mark(&state, &verified, &token)?;
        let requests = state.requests.iter_mut();
        for request in requests.filter(|r| r.id == response.request.id) {
            request.answered = true;
        }
        let installed = match &response.answer {
            Answer::Activation(_) | Answer::Trial(_) => {
                state.grants.retain(|grant| grant.id != response.id);
                state.grants.push(Grant {
                    id: response.id,
                    request: response.request.id,
                    issued_at: response.issued_at,
                    token,
                });
                Installed::Right(Box::new(Right::of(response.clone())))
            }
            Answer::Deactivation { activation } => {
                let known = state.given_up.iter_mut().find(|g| g.activation == *activation);
                if let Some(given_up) = known {
                    given_up.receipt = Some(token);
                }
                Installed::Receipt { activation: *activation }
            }
        };
        if let Some(mark) = mark {
            // Before the trial itself: a kill in between leaves a mark for a trial that can still be installed.
            self.disk.store_mark(&lock, &mark, now)?;
        }
        self.disk.store(&lock, &mut state, Second::IfPossible)?;
        Ok(installed)
    }

    /// The mark that this trial leaves; `None` where none is to be written.
    fn trial_mark(
        &self,
        state: &State,
        verified: &VerifiedResponse,
        token: &str,
    ) -> Result<Option<Mark>> {
        let Some(new) = Mark::of(verified.claims()) else { return Ok(None) };
        if state.grants.iter().any(|grant| grant.token == token) {
            return Ok(None);
        }
        let trial_only = mark::by_trial_only_key(verified);
        let kept = match self.disk.mark()? {
            Marked::No => None,
            Marked::Yes(mark) => Some(mark),
            Marked::Damaged { path, why } if trial_only => {
                return Err(Error::MarkDamaged { path, why });
            }
            Marked::Damaged { .. } => None,
        };
        let before = kept.into_iter().chain(self.trials_installed(state)).reduce(Mark::later);
        match before {
            Some(used) if trial_only && !used.covers(&new) => {
                Err(Error::TrialAlreadyUsed { trial: used.jti, until: used.ends })
            }
            Some(used) => Ok(Some(used.later(new))),
            None => Ok(Some(new)),
        }
    }

    /// The trials of which the state itself knows: a mark that was deleted alone changes nothing.
    fn trials_installed(&self, state: &State) -> impl Iterator<Item = Mark> {
        state.grants.iter().filter_map(|grant| {
            let verified = self.roots.verify_response(&grant.token, Expect::Response).ok()?;
            Mark::of(verified.claims()).filter(|mark| mark.product == self.config.product.as_str())
        })
    }

    /// The state, if there is one.
    pub(crate) fn stored(&self) -> Result<Option<State>> {
        match self.disk.load()? {
            Loaded::Nothing => Ok(None),
            Loaded::State(state) => Ok(Some(*state)),
            Loaded::Damaged { path, why } => Err(Error::Damaged { path, why }),
        }
    }
}

/// This machine, as the checks of the format want to know it.
struct Known<'a> {
    client: &'a Client,
    state: &'a State,
    fingerprint: Option<&'a Fingerprint>,
}

impl Machine for Known<'_> {
    fn roots(&self) -> &Roots {
        &self.client.roots
    }

    fn product(&self) -> &ProductId {
        &self.client.config.product
    }

    fn device(&self) -> Thumbprint {
        self.state.device_key().public_key().thumbprint()
    }

    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint
    }

    fn request_hash(&self, id: &Id) -> Option<Hash> {
        self.state.requests.iter().find(|r| r.id == *id).map(|r| r.hash)
    }

    fn is_revoked(&self, kid: &Thumbprint) -> bool {
        self.state.revocations.names(kid)
    }

    fn is_deactivated(&self, activation: &Id) -> bool {
        self.state.is_given_up(activation)
    }

    fn installed_at(&self, id: &Id) -> Option<UnixSeconds> {
        self.state.grants.iter().find(|g| g.id == *id).map(|g| g.issued_at)
    }
}
