//! The check at start-up: may the app run, and if not, why and what now.

use countersign_core::response::{Entitlement, Grant, GrantLicense, Granted, Response};
use countersign_core::{Code, Error, Id, TokenType, UnixSeconds, file, install};

use crate::Client;
use crate::disk::Second;
use crate::state::State;

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// What the check found.
#[derive(Debug, Clone)]
pub struct Check {
    standing: Standing,
    right: Option<Right>,
    advice: String,
}

/// How this machine stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// Nothing was ever installed.
    NotActivated {
        /// Requests that were made and have no answer yet.
        open_requests: usize,
    },
    /// The app may run.
    Active,
    /// The app may run, and its end is near, or the vendor wants it renewed.
    ExpiresSoon {
        /// Its end; `None` when only a renewal is due.
        at: Option<UnixSeconds>,
        /// Whole days from now to `at`, or 0.
        days: u64,
    },
    /// The right has ended.
    Expired {
        /// When.
        at: UnixSeconds,
    },
    /// The clock shows a time before one that is known to have come.
    ClockSetBack {
        /// By how many seconds.
        by: u64,
    },
    /// This is not, or not enough, the machine that the grant is bound to.
    MachineChanged {
        /// The names of the components that changed.
        changed: Vec<String>,
    },
    /// The activation was given up here.
    Deactivated {
        /// Which one.
        activation: Id,
        /// Whether the vendor has confirmed it.
        has_receipt: bool,
    },
    /// What is stored cannot be read or understood.
    Damaged {
        /// What is wrong, with the path.
        why: String,
    },
    /// What is installed is not accepted any more, e.g. because its signing key was compromised.
    Refused(Error),
}

impl Standing {
    /// A stable word for programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotActivated { .. } => "not-activated",
            Self::Active => "active",
            Self::ExpiresSoon { .. } => "expires-soon",
            Self::Expired { .. } => "expired",
            Self::ClockSetBack { .. } => "clock-set-back",
            Self::MachineChanged { .. } => "machine-changed",
            Self::Deactivated { .. } => "deactivated",
            Self::Damaged { .. } => "damaged",
            Self::Refused(_) => "refused",
        }
    }

    fn may_run(&self) -> bool {
        matches!(self, Self::Active | Self::ExpiresSoon { .. })
    }
}

/// The right to run: what a verified response grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right(Response);

impl Right {
    /// Of a response that carries a grant.
    pub(crate) fn of(response: Response) -> Self {
        Self(response)
    }

    /// The whole response.
    pub fn response(&self) -> &Response {
        &self.0
    }

    /// Id of the activation or trial.
    pub fn id(&self) -> Id {
        self.0.id
    }

    /// Whether this is a trial.
    pub fn is_trial(&self) -> bool {
        self.0.token_type() == TokenType::TrialResponse
    }

    /// The grant.
    pub fn grant(&self) -> &Grant {
        &self.granted().grant
    }

    /// Its end; `None` is perpetual.
    pub fn expires_at(&self) -> Option<UnixSeconds> {
        self.grant().expires_at
    }

    /// The license, unless this is a trial.
    pub fn license(&self) -> Option<&GrantLicense> {
        self.grant().license.as_ref()
    }

    /// Whether the feature is there, with whatever value.
    pub fn has(&self, feature: &str) -> bool {
        self.grant().entitlements.contains_key(feature)
    }

    /// The feature's number.
    pub fn integer(&self, feature: &str) -> Option<i64> {
        match self.grant().entitlements.get(feature)? {
            Entitlement::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The feature's word.
    pub fn text(&self, feature: &str) -> Option<&str> {
        match self.grant().entitlements.get(feature)? {
            Entitlement::Text(text) => Some(text),
            _ => None,
        }
    }

    fn granted(&self) -> &Granted {
        self.0.granted().expect("a right is made of responses with a grant only")
    }
}

impl Check {
    /// How this machine stands.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The right to run, when the app may run now.
    pub fn right(&self) -> Option<&Right> {
        self.right.as_ref().filter(|_| self.standing.may_run())
    }

    /// What is installed, also when it does not allow to run now.
    pub fn installed(&self) -> Option<&Right> {
        self.right.as_ref()
    }

    /// What is so, in a sentence without a full stop.
    pub fn fact(&self) -> String {
        let what = match &self.right {
            Some(right) if right.is_trial() => "the trial",
            _ => "the activation",
        };
        match &self.standing {
            Standing::NotActivated { open_requests: 0 } => "this machine is not activated".to_owned(),
            Standing::NotActivated { .. } => {
                "this machine is not activated yet: a request was made, its response is not installed".to_owned()
            }
            Standing::Active => match self.right.as_ref().and_then(Right::expires_at) {
                Some(at) => format!("{what} is valid until {} UTC", file::date(at)),
                None => format!("{what} is valid without an end"),
            },
            Standing::ExpiresSoon { at: Some(at), days: 0 } => {
                format!("{what} ends within a day, on {} UTC", file::date(*at))
            }
            Standing::ExpiresSoon { at: Some(at), days } => {
                let s = if *days == 1 { "" } else { "s" };
                format!("{what} ends in {days} day{s}, on {} UTC", file::date(*at))
            }
            Standing::ExpiresSoon { at: None, .. } => format!("{what} is due to be renewed"),
            Standing::Expired { at } => format!("{what} ended on {} UTC", file::date(*at)),
            Standing::ClockSetBack { by } => {
                let (n, unit) = match *by {
                    by if by >= 2 * DAY => (by / DAY, "days"),
                    by if by >= 2 * HOUR => (by / HOUR, "hours"),
                    by => (by / 60, "minutes"),
                };
                format!("this machine's clock is {n} {unit} behind a time that is known to have come")
            }
            Standing::MachineChanged { changed } => format!(
                "this is not the machine that was activated, or too much of it was replaced: {} changed",
                changed.join(", ")
            ),
            Standing::Deactivated { has_receipt: false, .. } => {
                "the activation was given up on this machine, and the vendor's receipt is not here yet".to_owned()
            }
            Standing::Deactivated { .. } => "the activation was given up on this machine".to_owned(),
            Standing::Damaged { why } => why.clone(),
            Standing::Refused(error) => format!("{what} is not accepted any more: {error}"),
        }
    }

    /// What to do next; empty when nothing needs to be done.
    pub fn advice(&self) -> &str {
        &self.advice
    }
}

impl Client {
    /// Whether the app may run now. It answers in any state, needs no network, and takes well under a millisecond on Linux.
    /// The best right that is installed counts: one that runs before one that does not, a license before a trial.
    pub fn check(&self) -> Check {
        let state = match self.stored() {
            Ok(Some(state)) => state,
            Ok(None) => return plain(Standing::NotActivated { open_requests: 0 }),
            Err(error) => {
                let why = match &error {
                    crate::Error::Io { path, source, .. } => {
                        format!("the license state in {} cannot be read: {source}", path.display())
                    }
                    other => other.to_string(),
                };
                let standing = Standing::Damaged { why };
                return Check { standing, right: None, advice: error.advice() };
            }
        };
        let now = self.config.now();
        let check = self.check_state(&state, now);
        if !state.grants.is_empty() && now > state.seen + HOUR {
            self.note_time(now);
        }
        check
    }

    fn check_state(&self, state: &State, now: UnixSeconds) -> Check {
        if state.grants.is_empty() {
            return plain(without_grant(state));
        }
        let fingerprint = self.config.machine.fingerprint(&self.config.product);
        let device = state.device_key().public_key().thumbprint();
        let trust = self.trust(state);
        let checks = state.grants.iter().map(|grant| {
            let verified = match trust.verify(&grant.token) {
                Ok(verified) => verified,
                Err(error) => return (Standing::Refused(error), None),
            };
            let right = Right(verified.claims().clone());
            let refused = |code, fact: &str| Standing::Refused(Error::new(code, fact));
            let standing = if verified.revoked_by(|kid, s| trust.is_compromised(kid, s)).is_some() {
                refused(Code::RevokedKey, "the key that signed it is known to be in wrong hands")
            } else if right.0.product != self.config.product {
                refused(Code::WrongProduct, "it is for another product")
            } else if right.0.device != device {
                refused(Code::WrongDevice, "it was made for another installation")
            } else if install::check_machine(&right.granted().binding, fingerprint.as_ref())
                .is_err()
            {
                let bound = &right.granted().binding;
                let changed = match &fingerprint {
                    Some(now) => bound.strategy.compare(&bound.fingerprint, now).changed,
                    None => {
                        bound.fingerprint.components().map(|(name, _)| name.to_owned()).collect()
                    }
                };
                Standing::MachineChanged { changed }
            } else {
                self.check_dates(&right, state.seen, now)
            };
            (standing, Some(right))
        });
        let best = checks.max_by_key(|(standing, right)| {
            let rank = right.as_ref().map(|r| (!r.is_trial(), r.0.issued_at));
            (standing.may_run(), rank)
        });
        let (standing, right) = best.expect("there is a grant");
        let is_trial = right.as_ref().is_some_and(Right::is_trial);
        let kind = if is_trial { Kind::Trial } else { Kind::Activation };
        Check { advice: advice(&standing, kind), standing, right }
    }

    fn check_dates(&self, right: &Right, seen: UnixSeconds, now: UnixSeconds) -> Standing {
        let grant = right.grant();
        let renewal_due = grant.renew_by.is_some_and(|by| by <= now);
        let Some(end) = grant.expires_at else {
            // Nothing is won by setting the clock back where there is no end: a dead clock battery must not stop work.
            return if renewal_due {
                Standing::ExpiresSoon { at: None, days: 0 }
            } else {
                Standing::Active
            };
        };
        if now.saturating_add(self.config.clock_tolerance) < seen {
            return Standing::ClockSetBack { by: seen - now };
        }
        let now = now.max(seen);
        // A trial of two weeks is not about to end on its first day.
        let soon = self.config.soon.min(end.saturating_sub(right.0.issued_at) / 4);
        match end.checked_sub(now) {
            None | Some(0) => Standing::Expired { at: end },
            Some(left) if left <= soon => Standing::ExpiresSoon { at: Some(end), days: left / DAY },
            Some(_) if renewal_due => Standing::ExpiresSoon { at: None, days: 0 },
            Some(_) => Standing::Active,
        }
    }

    /// Keeps the time of this run. Where the state cannot be written (installed for all users, disk full, in use) the app
    /// runs all the same: what is not noted now is noted at the next chance.
    fn note_time(&self, now: UnixSeconds) {
        let noted = self.disk.lock_now().and_then(|lock| {
            let Some(mut state) = self.stored()? else { return Ok(()) };
            state.see(now);
            self.disk.store(&lock, &mut state, Second::IfPossible)
        });
        drop(noted);
    }
}

/// A request that was made after the last activation was given up is about a new beginning.
fn without_grant(state: &State) -> Standing {
    let last = state.given_up.last();
    let end = last.and_then(|gone| state.requests.iter().rposition(|r| r.id == gone.request));
    let since = &state.requests[end.map_or(0, |end| end + 1)..];
    let open_requests = since.iter().filter(|request| !request.answered).count();
    match last {
        Some(gone) if open_requests == 0 => Standing::Deactivated {
            activation: gone.activation,
            has_receipt: gone.receipt.is_some(),
        },
        _ => Standing::NotActivated { open_requests },
    }
}

fn plain(standing: Standing) -> Check {
    Check { advice: advice(&standing, Kind::Activation), standing, right: None }
}

#[derive(Clone, Copy)]
enum Kind {
    Activation,
    /// Given once: it cannot be renewed.
    Trial,
}

/// The way out. The same request always has the same response, so a fresh one takes a new request.
fn advice(standing: &Standing, kind: Kind) -> String {
    match (standing, kind) {
        (Standing::Active, _) => "",
        (Standing::NotActivated { open_requests: 0 }, _) => {
            "Make a request here, take the file to the vendor's portal, and install the response that it gives you."
        }
        (Standing::NotActivated { .. }, _) => {
            "Take the request file to the vendor's portal and install the response here. A lost request file can be made anew."
        }
        (Standing::ExpiresSoon { at: None, .. }, _) => {
            "The app runs on. When you can, make a new request here, take it to the vendor's portal and install the response."
        }
        (Standing::ExpiresSoon { .. }, Kind::Activation) => {
            "The app runs on until then. Renew the license with the vendor, make a new request here and install its response before."
        }
        (Standing::ExpiresSoon { .. }, Kind::Trial) => {
            "The app runs on until then. To go on, get a license from the vendor, make an activation request here and install its response."
        }
        (Standing::Expired { .. }, Kind::Activation) => {
            "Check this machine's date. If it is right, renew the license with the vendor, make a new request here and install its response."
        }
        (Standing::Expired { .. }, Kind::Trial) => {
            "Check this machine's date. If it is right, get a license from the vendor, make an activation request here and install its response."
        }
        (Standing::ClockSetBack { .. }, Kind::Activation) => {
            "Set this machine's date and time right; nothing else is needed. If they are right, make a new request here, take it to the vendor's portal and install the response: it brings the right time."
        }
        (Standing::ClockSetBack { .. }, Kind::Trial) => {
            "Set this machine's date and time right; nothing else is needed. If they are right, make a new trial request and send it to the vendor's support: their response brings the right time."
        }
        (Standing::MachineChanged { .. }, Kind::Activation) => {
            "If this is the same machine after a repair, make a new activation request: the portal gives its seat to it again. If it is another machine, activate that one."
        }
        (Standing::MachineChanged { .. }, Kind::Trial) => {
            "A trial stays with its machine. If this is the same one after a repair, ask the vendor's support; otherwise get a license."
        }
        (Standing::Deactivated { has_receipt: false, .. }, _) => {
            "Take the deactivation file to the vendor's portal: it frees the seat. The file can be written again at any time. To use the app here again, make a new request."
        }
        (Standing::Deactivated { .. }, _) => "To use the app here again, make a new request.",
        (Standing::Damaged { .. }, _) => {
            "Make a new request: it starts afresh, and the portal recognises this machine's seat."
        }
        (Standing::Refused(error), _) => error.advice(),
    }
    .to_owned()
}
