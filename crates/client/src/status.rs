//! Everything there is to know about this machine's licensing, for a support screen.

use std::path::PathBuf;

use countersign_core::{Id, Thumbprint, UnixSeconds};

use crate::check::{Check, Right};
use crate::disk::Marked;
use crate::error::Result;
use crate::{Client, Deactivation};

/// What is kept here, without secrets.
#[derive(Debug, Clone)]
pub struct Status {
    /// Whether the app may run, and why.
    pub check: Check,
    /// The machine's name.
    pub device_name: Option<String>,
    /// Thumbprint of the device's key; `None` before the first request.
    pub device: Option<Thumbprint>,
    /// The names of the machine's components that can be read.
    pub components: Vec<String>,
    /// Requests made and not answered yet, with the time of the device's clock.
    pub open_requests: Vec<(Id, UnixSeconds)>,
    /// The rights installed, valid or not, as far as they verify.
    pub rights: Vec<Right>,
    /// Activations given up here.
    pub deactivations: Vec<Deactivation>,
    /// The receipts, for the records.
    pub receipts: Vec<Receipt>,
    /// The greatest time known to have come; `None` before something was installed.
    pub seen: Option<UnixSeconds>,
    /// The highest time that the vendor signed or the app was built at; `None` before either is known.
    pub signed: Option<UnixSeconds>,
    /// The roots that others have handed over to, oldest first.
    pub learned_roots: Vec<Thumbprint>,
    /// The trial that this machine has had, as far as its mark can be understood.
    pub used_trial: Option<UsedTrial>,
    /// Where the state is kept.
    pub state_file: PathBuf,
    /// Where its second copy is kept.
    pub mirror_file: Option<PathBuf>,
}

/// The vendor's receipt for an activation given up here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The activation that ended.
    pub activation: Id,
    /// The bare token.
    pub token: String,
}

/// What the trial mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedTrial {
    /// The trial's id.
    pub trial: Id,
    /// When it ended or ends; `None` for never.
    pub until: Option<UnixSeconds>,
}

impl Client {
    /// The whole picture. Nothing is changed.
    ///
    /// # Errors
    /// [`crate::Error::Damaged`], [`crate::Error::Io`]: [`Client::check`] answers even then.
    pub fn status(&self) -> Result<Status> {
        let check = self.check();
        let state = self.stored()?;
        let fingerprint = self.config.machine.fingerprint(&self.config.product);
        let components =
            fingerprint.iter().flat_map(|f| f.components().map(|(name, _)| name.to_owned()));
        let mut status = Status {
            check,
            device_name: self.device_name(),
            device: None,
            components: components.collect(),
            open_requests: Vec::new(),
            rights: Vec::new(),
            deactivations: self.deactivations()?,
            receipts: Vec::new(),
            seen: None,
            signed: None,
            learned_roots: Vec::new(),
            used_trial: match self.disk.mark()? {
                Marked::Yes(mark) => Some(UsedTrial { trial: mark.jti, until: mark.ends }),
                Marked::No | Marked::Damaged { .. } => None,
            },
            state_file: self.disk.primary().to_owned(),
            mirror_file: self.disk.mirror().map(ToOwned::to_owned),
        };
        let Some(state) = state else { return Ok(status) };
        status.device = Some(state.device_key().public_key().thumbprint());
        status.seen = Some(state.seen).filter(|time| *time > 0);
        let open = state.requests.iter().filter(|request| !request.answered);
        status.open_requests = open.map(|request| (request.id, request.made_at)).collect();
        let trust = self.trust(&state);
        status.rights = state
            .grants
            .iter()
            .filter_map(|grant| trust.verify(&grant.token).ok())
            .map(|verified| Right::of(verified.claims().clone()))
            .collect();
        status.signed = Some(state.signed.max(self.config.built_at)).filter(|time| *time > 0);
        let rotations = trust.roots().rotations().map(|rotation| rotation.new_kid());
        status.learned_roots = rotations.collect();
        let receipts = state.given_up.into_iter();
        status.receipts = receipts
            .filter_map(|g| Some(Receipt { activation: g.activation, token: g.receipt? }))
            .collect();
        Ok(status)
    }
}
