//! Installing a response file.

use countersign_core::fingerprint::Fingerprint;
use countersign_core::install::{self, Machine};
use countersign_core::response::Answer;
use countersign_core::trust::Roots;
use countersign_core::{Code, Expect, Hash, Id, ProductId, Thumbprint, UnixSeconds, file};

use crate::Client;
use crate::check::Right;
use crate::disk::{Loaded, Second};
use crate::error::{Error, Result};
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
    /// (docs/format.md, section 7); the same file again changes nothing.
    ///
    /// # Errors
    /// [`Error::Refused`] with the code of the check that failed, [`Error::Damaged`], [`Error::Io`].
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
        state.learn_time(&response.request.id, response.issued_at, self.config.clock_tolerance);
        if response.granted().is_some_and(|granted| granted.import_by <= state.seen) {
            // Setting the clock back does not bring the time to install back.
            let fact =
                "the time to install this file has passed, by a time that this machine has seen";
            return Err(countersign_core::Error::new(Code::ImportExpired, fact).into());
        }
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
        self.disk.store(&lock, &mut state, Second::IfPossible)?;
        Ok(installed)
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
