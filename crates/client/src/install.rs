//! Installing what the vendor sent: responses, revocation lists, root rotations, time resets.

use countersign_core::fingerprint::Fingerprint;
pub use countersign_core::install::Warning;
use countersign_core::install::{self, Accepted, AskedHere, Machine};
use countersign_core::response::Answer;
use countersign_core::rotation::Rotation;
use countersign_core::token::{TokenType, Unverified};
use countersign_core::trust::{Roots, VerifiedResponse};
use countersign_core::{Code, Expect, Id, ProductId, Thumbprint, UnixSeconds, file};

use crate::Client;
use crate::check::Right;
use crate::disk::{Loaded, Lock, Marked, Second};
use crate::error::{Error, Result};
use crate::mark::{self, Mark};
use crate::state::{Grant, ResetBy, State};

/// What was installed, and what somebody should know beside it.
#[derive(Debug, Clone)]
pub struct Installed {
    /// What it was.
    pub what: What,
    /// What is odd about the time, though it stopped nothing.
    pub warnings: Vec<Warning>,
}

/// What a file brought.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum What {
    /// A right to run: an activation or a trial. Whether it runs now, [`Client::check`] says: the clock may be wrong.
    Right(Box<Right>),
    /// The receipt for an activation that was given up here: the seat is free.
    Receipt {
        /// The activation that ended.
        activation: Id,
    },
    /// The right time, for this machine alone.
    TimeReset {
        /// The time that counts from now on.
        time: UnixSeconds,
    },
    /// A list of signing keys that no longer count.
    Revocations {
        /// Its number.
        seq: u64,
        /// Whether it told this machine anything.
        news: News,
    },
    /// A root key that another one hands over to.
    Rotation {
        /// Thumbprint of the new root.
        root: Thumbprint,
        /// Whether it told this machine anything.
        news: News,
    },
}

/// Whether something changed what this machine knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It did.
    New,
    /// It was known, or something newer was: nothing changed.
    Known,
}

impl Client {
    /// Installs what the vendor sent: the bytes of its file, or the token itself. That is a response, and also a revocation
    /// list, a root rotation or a time reset. Nothing is stored before all checks have passed (docs/format.md, section 7); the
    /// same file again changes nothing. From keys that can give nothing but trials a machine takes one trial.
    ///
    /// # Errors
    /// [`Error::Refused`] with the code of the check that failed, [`Error::TrialAlreadyUsed`], [`Error::MarkDamaged`],
    /// [`Error::Damaged`], [`Error::Io`].
    pub fn install(&self, file: &[u8]) -> Result<Installed> {
        let token = file::read(file)?;
        let token_type = Unverified::decode(&token)?.token_type();
        let lock = self.disk.lock()?;
        let mut state = self.stored()?.unwrap_or_else(|| State::new(self.config.random(), 0));
        let (what, warnings) = match token_type {
            TokenType::Revocations => (self.install_revocations(&mut state, &token)?, Vec::new()),
            TokenType::RootKey => (self.install_rotation(&mut state, &token)?, Vec::new()),
            _ => self.install_response(&mut state, token, &lock)?,
        };
        if !matches!(
            what,
            What::Revocations { news: News::Known, .. } | What::Rotation { news: News::Known, .. }
        ) {
            self.disk.store(&lock, &mut state, Second::IfPossible)?;
        }
        Ok(Installed { what, warnings })
    }

    fn install_revocations(&self, state: &mut State, token: &str) -> Result<What> {
        let roots = self.trust(state).into_roots();
        let known = Known { client: self, state, roots: &roots, fingerprint: None };
        let verified = install::check_revocations(&known, token)?;
        let (seq, signed) = (verified.list.seq, verified.list.issued_at);
        let is_new = state.revocations.learn(&verified);
        if is_new {
            state.signed = state.signed.max(signed);
        }
        Ok(What::Revocations { seq, news: news(is_new) })
    }

    fn install_rotation(&self, state: &mut State, token: &str) -> Result<What> {
        let roots = self.trust(state).into_roots();
        let known = Known { client: self, state, roots: &roots, fingerprint: None };
        let learned = install::check_rotation(&known, token)?;
        let rotation = Rotation::verify(token)?;
        let is_new = learn_roots(state, &learned);
        if is_new {
            state.signed = state.signed.max(rotation.issued_at);
        }
        Ok(What::Rotation { root: rotation.new_kid(), news: news(is_new) })
    }

    fn install_response(
        &self,
        state: &mut State,
        token: String,
        lock: &Lock,
    ) -> Result<(What, Vec<Warning>)> {
        let now = self.config.now();
        let fingerprint = self.config.machine.fingerprint(&self.config.product);
        let roots = self.trust(state).into_roots();
        let known = Known { client: self, state, roots: &roots, fingerprint: fingerprint.as_ref() };
        let Accepted { verified, warnings } =
            install::check(&known, &token, Expect::Response, now)?;
        learn_roots(state, verified.roots());
        if let Some(list) = verified.revocations() {
            state.revocations.learn(list);
        }
        let response = verified.claims();
        self.learn_time(state, &verified);
        if response.granted().is_some_and(|granted| granted.import_by <= state.seen) {
            // Setting the clock back does not bring the time to install back.
            let fact =
                "the time to install this file has passed, by a time that this machine has seen";
            return Err(countersign_core::Error::new(Code::ImportExpired, fact).into());
        }
        let mark = self.trial_mark(state, &verified, &token)?;
        if response.answer != Answer::TimeReset {
            let requests = state.requests.iter_mut();
            for request in requests.filter(|r| r.id == response.request.id) {
                request.answered = true;
            }
        }
        let what = match &response.answer {
            Answer::Activation(_) | Answer::Trial(_) => {
                state.grants.retain(|grant| grant.id != response.id);
                state.grants.push(Grant {
                    id: response.id,
                    request: response.request.id,
                    issued_at: response.issued_at,
                    token,
                });
                What::Right(Box::new(Right::of(response.clone())))
            }
            Answer::Deactivation { activation } => {
                let known = state.given_up.iter_mut().find(|g| g.activation == *activation);
                if let Some(given_up) = known {
                    given_up.receipt = Some(token);
                }
                What::Receipt { activation: *activation }
            }
            Answer::TimeReset => What::TimeReset { time: state.seen },
        };
        if let Some(mark) = mark {
            // Before the trial itself: a kill in between leaves a mark for a trial that can still be installed.
            self.disk.store_mark(lock, &mark, now)?;
        }
        Ok((what, warnings))
    }

    /// What an accepted response tells about the time.
    fn learn_time(&self, state: &mut State, verified: &VerifiedResponse) {
        let response = verified.claims();
        if response.answer == Answer::TimeReset {
            let by = verified.delegation().map_or(ResetBy::Root, |_| ResetBy::Delegate);
            return state.reset_time(response.issued_at, self.config.built_at, by);
        }
        state.signed = state.signed.max(verified.signed_time());
        if mark::by_trial_only_key(verified) {
            // Its clock is a visitor's browser: it can make time pass, and never take time back.
            state.see(response.issued_at);
        } else {
            let tolerance = self.config.clock_tolerance;
            state.learn_time(&response.request.id, response.issued_at, tolerance);
        }
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
    fn trials_installed<'a>(&'a self, state: &'a State) -> impl Iterator<Item = Mark> + 'a {
        let trust = self.trust(state);
        state.grants.iter().filter_map(move |grant| {
            let verified = trust.verify(&grant.token).ok()?;
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
    roots: &'a Roots,
    fingerprint: Option<&'a Fingerprint>,
}

impl Machine for Known<'_> {
    fn roots(&self) -> &Roots {
        self.roots
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

    fn request(&self, id: &Id) -> Option<AskedHere> {
        let request = self.state.requests.iter().find(|r| r.id == *id)?;
        let (hash, made_at, may_reset) = (request.hash, request.made_at, !request.closed);
        Some(AskedHere { hash, made_at, may_reset })
    }

    fn is_revoked(&self, roots: &Roots, kid: &Thumbprint, serial: Option<u64>) -> bool {
        self.state.revocations.of(kid, serial).any(|entry| entry.counts(roots))
    }

    fn is_deactivated(&self, activation: &Id) -> bool {
        self.state.is_given_up(activation)
    }

    fn installed_at(&self, id: &Id) -> Option<UnixSeconds> {
        self.state.grants.iter().find(|g| g.id == *id).map(|g| g.issued_at)
    }

    fn signed(&self) -> UnixSeconds {
        self.state.signed.max(self.client.config.built_at)
    }

    fn tolerance(&self) -> u64 {
        self.client.config.clock_tolerance
    }
}

/// Keeps the rotations that `roots` know. Whether there were new ones. Those that hang on no root of this build stay behind
/// them: a newer build, with another root, knows them again.
fn learn_roots(state: &mut State, roots: &Roots) -> bool {
    let known: Vec<String> = roots.rotation_tokens().map(str::to_owned).collect();
    let is_new = known.iter().any(|token| !state.rotations.contains(token));
    let before = std::mem::replace(&mut state.rotations, known);
    for token in before {
        if !state.rotations.contains(&token) {
            state.rotations.push(token);
        }
    }
    is_new
}

fn news(is_new: bool) -> News {
    if is_new { News::New } else { News::Known }
}
