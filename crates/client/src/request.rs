//! Making request files.

use countersign_core::license_key::LicenseKey;
use countersign_core::request::{Ask, Device, LicenseProof, Request};
use countersign_core::{Hash, Id, LicenseId, file};

use crate::disk::{Loaded, Second};
use crate::error::{Error, Result};
use crate::state::{Grant, MadeRequest, State};
use crate::{Carries, Client, Config};

/// A request, in every form that a person can carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The request's id, which stands in its comment lines too.
    pub id: Id,
    /// The bare token, for a QR code or a link.
    pub token: String,
    /// The file's text.
    pub file: String,
    /// A name for the file, made of the machine's.
    pub file_name: String,
}

impl Client {
    /// Asks for an activation: under the license of `key`, or without one, for somebody who logs in and chooses.
    /// Any number of requests may be open; whichever is answered can be installed.
    ///
    /// # Errors
    /// [`Error::NoFingerprint`], [`Error::Io`].
    pub fn request_activation(&self, key: Option<&LicenseKey>) -> Result<Made> {
        let device = self.device()?;
        let license = key.map(LicenseKey::id);
        let ask = |state: &State, id| Ask::Activation {
            device,
            license: key.map(|key| LicenseProof {
                id: key.id(),
                proof: key.proof(&state.device_key().public_key().thumbprint(), &id),
            }),
        };
        self.request(ask, |state| self.newest_activation(state, license.as_ref()))
    }

    /// Asks for a trial.
    ///
    /// # Errors
    /// [`Error::NoFingerprint`], [`Error::Io`].
    pub fn request_trial(&self) -> Result<Made> {
        let device = self.device()?;
        self.request(|_, _| Ask::Trial { device }, |_| None)
    }

    /// The newest activation that is installed, of one license where that is known.
    fn newest_activation(&self, state: &State, license: Option<&LicenseId>) -> Option<String> {
        let trust = self.trust(state);
        let is_wanted = |grant: &&Grant| {
            let Ok(verified) = trust.verify(&grant.token) else { return false };
            let named = verified.claims().granted().and_then(|g| g.grant.license.as_ref());
            named.is_some_and(|named| license.is_none_or(|license| named.id == *license))
        };
        let newest = state.grants.iter().filter(is_wanted).max_by_key(|grant| grant.issued_at);
        newest.map(|grant| grant.token.clone())
    }

    fn device(&self) -> Result<Device> {
        let Config { machine, product, app_version, .. } = &self.config;
        Ok(Device {
            name: self.device_name(),
            platform: Some(machine.platform()),
            app_version: app_version.clone(),
            fingerprint: machine.fingerprint(product).ok_or(Error::NoFingerprint)?,
        })
    }

    /// The name that people know this machine by.
    pub(crate) fn device_name(&self) -> Option<String> {
        self.config.device_name.clone().or_else(|| self.config.machine.name())
    }

    fn request(
        &self,
        ask: impl FnOnce(&State, Id) -> Ask,
        held: impl FnOnce(&State) -> Option<String>,
    ) -> Result<Made> {
        let lock = self.disk.lock()?;
        let mut state = match self.disk.load()? {
            Loaded::State(state) => *state,
            Loaded::Nothing => State::new(self.config.random(), 0),
            Loaded::Damaged { .. } => {
                let now = self.config.now();
                self.disk.set_aside(&lock, now)?;
                // Higher than any count of writes: a copy of the old state that turns up again is the older one.
                State::new(self.config.random(), now)
            }
        };
        let id = Id::from(self.config.random());
        let held = held(&state);
        let made = self.sign(&mut state, id, held.as_deref(), ask)?;
        // The request is remembered before it leaves: an answer to it can always be installed.
        self.disk.store(&lock, &mut state, Second::IfPossible)?;
        Ok(made)
    }

    /// Signs a request and notes it in `state`, which the caller stores. `held` is the response that it carries along.
    pub(crate) fn sign(
        &self,
        state: &mut State,
        id: Id,
        held: Option<&str>,
        ask: impl FnOnce(&State, Id) -> Ask,
    ) -> Result<Made> {
        let request = Request {
            id,
            issued_at: self.config.now(),
            product: self.config.product.clone(),
            ask: ask(state, id),
        };
        let held = held.filter(|_| self.config.carries == Carries::Grant);
        let token = request.sign_holding(&state.device_key(), held);
        let (hash, seen) = (Hash::of(&token), state.seen);
        let made_at = request.issued_at;
        state.remember(MadeRequest { id, hash, made_at, seen, answered: false, closed: false });
        Ok(self.made(token, &request))
    }

    /// A request token in every form.
    pub(crate) fn made(&self, token: String, request: &Request) -> Made {
        let text = file::request_file(
            &token,
            request,
            &self.config.product_name,
            self.config.take_to.as_deref(),
        );
        let name = request.device_name().unwrap_or("machine");
        Made {
            id: request.id,
            file: text,
            file_name: format!("{}.request", file::safe_name(name)),
            token,
        }
    }
}
