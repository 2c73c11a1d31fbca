//! Histories of a license, as clients see them: what they asked for, and what they were told. The rules are those of
//! [`crate::license`]; whatever a client may rely on is an operation here.

use super::Specification;
use crate::license::{
    Activated, Ask, Changed, Deactivated, Device, GrantId, License, RequestId, Status,
};
use crate::machine::{Binding, Parts};

/// The rules of a license.
#[derive(Debug, Clone, Copy)]
pub struct Seats;

/// What was asked about a license and what was answered; no answer: none came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A machine asked for a seat.
    Activate {
        /// The request.
        request: RequestId,
        /// Its device key.
        device: Device,
        /// The machine.
        machine: u64,
        /// What is known of the answer.
        told: Told<Activation>,
    },
    /// A machine gave a grant up.
    Deactivate {
        /// The request.
        request: RequestId,
        /// Its device key.
        device: Device,
        /// Which.
        grant: GrantId,
        /// What is known of the answer.
        told: Told<Deactivation>,
    },
    /// The vendor changed something.
    Change {
        /// What.
        to: Change,
        /// Whether it was done; `None`: no answer came.
        told: Option<Done>,
    },
    /// Somebody looked.
    Look(Looked),
}

/// What is known of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told<T> {
    /// It came.
    This(T),
    /// None came. If it was done, this is what the same request was answered otherwise, as far as anybody knows.
    Nothing(Option<T>),
}

/// The answer to an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// This grant, by this response: a word that names its bytes.
    Granted(GrantId, u64),
    /// All seats are taken.
    SeatsUsedUp,
    /// The license is suspended.
    Suspended,
    /// The machine was reinstalled too often.
    ReinstallsUsedUp,
}

/// The answer to a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deactivation {
    /// This receipt.
    Receipt(u64),
    /// No deactivation is left.
    UsedUp,
    /// A newer installation has the seat.
    Superseded,
    /// There is no such activation.
    Unknown,
}

/// What the vendor changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Machines at a time.
    Seats(Option<u64>),
    /// Deactivations.
    Deactivations(Option<u64>),
    /// Suspended, or active again.
    Status(Status),
}

/// Whether a change was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was.
    Yes,
    /// It would be lower than what is in use.
    BelowUse,
    /// Somebody else changed it again and again: nothing was done.
    No,
}

/// A license as somebody saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looked {
    /// Seats in use.
    pub in_use: u64,
    /// Deactivations.
    pub given_up: u64,
    /// The limits.
    pub seats: Option<u64>,
    /// The limits.
    pub deactivations: Option<u64>,
    /// Whether it counts.
    pub status: Status,
}

/// Beyond what any history names: what was done for a request whose answer nobody has.
const UNSEEN: u64 = 1 << 60;

impl Seats {
    /// A license before anything happened.
    pub fn begin(seats: Option<u64>, deactivations: Option<u64>, reinstalls: u64) -> License {
        License { reinstalls, ..License::new(seats, deactivations, Binding::Exact) }
    }
}

impl Specification for Seats {
    type State = License;
    type Operation = Operation;

    fn after(&self, state: &License, operation: &Operation) -> Option<License> {
        let mut after = state.clone();
        let may_be = match operation {
            Operation::Activate { request, device, machine, told } => {
                let parts: Parts = vec![*machine];
                activate(&mut after, *request, *device, parts, told)
            }
            Operation::Deactivate { request, device, grant, told } => {
                deactivate(&mut after, *request, *grant, *device, told)
            }
            Operation::Change { to, told } => change(&mut after, *to, *told),
            Operation::Look(looked) => look(state) == *looked,
        };
        may_be.then_some(after)
    }

    /// Who renews a grant, or gives it up, has seen it.
    fn shows(&self, other: &Operation, operation: &Operation) -> bool {
        let Operation::Activate { told, .. } = operation else { return false };
        let Told::Nothing(Some(Activation::Granted(id, _))) = told else { return false };
        match other {
            Operation::Activate { told: Told::This(Activation::Granted(other, _)), .. } => {
                other == id
            }
            Operation::Deactivate { grant, told: Told::This(Deactivation::Receipt(_)), .. } => {
                grant == id
            }
            _ => false,
        }
    }
}

fn activate(
    license: &mut License,
    request: RequestId,
    device: Device,
    machine: Parts,
    told: &Told<Activation>,
) -> bool {
    let (Told::This(known) | Told::Nothing(Some(known))) = told else {
        let (fresh, answer) = (UNSEEN + request, UNSEEN + request);
        let ask = ask(request, device, machine, (fresh, answer));
        license.activate(&ask);
        return true;
    };
    let named = match known {
        Activation::Granted(id, answer) => (*id, *answer),
        _ => (UNSEEN + request, UNSEEN + request),
    };
    let ask = ask(request, device, machine, named);
    if let Activation::Granted(id, _) = known {
        learn_name(license, &ask, *id);
    }
    let done = license.activate(&ask);
    let is_it = match (known, done) {
        // A renewal and a repetition name the grant that is: whatever the answer names must be it.
        (Activation::Granted(id, _), Activated::Done(given)) => *id == given,
        (Activation::Granted(_, answer), Activated::Repeated(before)) => *answer == before,
        (Activation::SeatsUsedUp, Activated::SeatsUsedUp(_)) => true,
        (Activation::Suspended, Activated::Suspended) => true,
        (Activation::ReinstallsUsedUp, Activated::ReinstallsUsedUp(_)) => true,
        _ => false,
    };
    is_it || matches!(told, Told::Nothing(_))
}

/// A renewal tells the name of a grant that was given in an answer that nobody saw.
fn learn_name(license: &mut License, ask: &Ask, id: GrantId) {
    let is_known = license.answers.contains_key(&ask.request) || license.grants.contains_key(&id);
    let Some(unseen) = license.renews(ask).filter(|renewed| *renewed >= UNSEEN && !is_known) else {
        return;
    };
    if let Some(grant) = license.grants.remove(&unseen) {
        license.grants.insert(id, grant);
    }
    for grant in license.grants.values_mut().filter(|grant| grant.seat == unseen) {
        grant.seat = id;
    }
}

fn ask(request: RequestId, device: Device, machine: Parts, (fresh, answer): (GrantId, u64)) -> Ask {
    // A year in which every reinstallation lies.
    Ask { request, device, machine, by: None, proves: true, fresh, answer, now: 1 }
}

fn deactivate(
    license: &mut License,
    request: RequestId,
    grant: GrantId,
    device: Device,
    told: &Told<Deactivation>,
) -> bool {
    let word = match told {
        Told::This(Deactivation::Receipt(word)) => *word,
        Told::Nothing(Some(Deactivation::Receipt(word))) => *word,
        _ => UNSEEN + request,
    };
    let done = license.deactivate(request, grant, device, word, 1);
    let Told::This(told) = told else { return true };
    match (told, done) {
        (Deactivation::Receipt(_), Deactivated::Done) => true,
        (Deactivation::Receipt(word), Deactivated::Repeated(before)) => *word == before,
        (Deactivation::UsedUp, Deactivated::UsedUp(_)) => true,
        (Deactivation::Superseded, Deactivated::Replaced) => true,
        (Deactivation::Unknown, Deactivated::Unknown) => true,
        _ => false,
    }
}

fn change(license: &mut License, to: Change, told: Option<Done>) -> bool {
    if told == Some(Done::No) {
        return true;
    }
    let mut terms = license.terms();
    match to {
        Change::Seats(seats) => terms.seats = seats,
        Change::Deactivations(deactivations) => terms.deactivations = deactivations,
        Change::Status(status) => terms.status = status,
    }
    match (license.change(license.version, &terms), told) {
        (_, None) => true,
        (Changed::Done, Some(done)) => done == Done::Yes,
        (Changed::BelowUse(..), Some(done)) => done == Done::BelowUse,
        (Changed::Stale, Some(_)) => false,
    }
}

fn look(license: &License) -> Looked {
    Looked {
        in_use: license.in_use(),
        given_up: license.given_up(),
        seats: license.seats,
        deactivations: license.deactivations,
        status: license.status,
    }
}
