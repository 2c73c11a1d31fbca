//! One license: who gets a seat, who keeps it, who gives it back.

mod activation;
mod change;
mod deactivation;
mod release;
mod renewal;

use std::collections::{BTreeMap, BTreeSet};

use crate::machine::{Binding, Parts};

pub use activation::{Activated, Ask};
pub use change::{Changed, Terms};
pub use deactivation::Deactivated;
pub use release::{Policy, Released};
pub use renewal::Renewed;

const DAY: u64 = 86_400;
const YEAR: u64 = 365 * DAY;

/// The name of an activation. Of two that were signed in the same second the one with the greater name counts.
pub type GrantId = u64;
/// The name of a request: the same request has the same name, at whatever door.
pub type RequestId = u64;
/// The name of a device key.
pub type Device = u64;
/// Somebody.
pub type Person = u64;
/// A group of an organization, in the order of their names.
pub type Group = u64;

/// Whether a license counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// It does.
    Active,
    /// Not now.
    Suspended,
    /// Withdrawn.
    Revoked,
}

/// What became of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// It holds its seat.
    Active,
    /// Given up when no deactivation was left: it holds its seat.
    Returned,
    /// Given up.
    Deactivated,
    /// Its machine has a newer one.
    Replaced,
    /// Its machine is lost.
    Released,
}

/// An activation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    /// Its device key.
    pub device: Device,
    /// Its machine, as it is bound.
    pub machine: Parts,
    /// The first grant of the seat that it has or had.
    pub seat: GrantId,
    /// What became of it.
    pub state: State,
    /// When it was first signed.
    pub created: u64,
    /// When its newest response was signed.
    pub granted: u64,
    /// The latest request that it answers, while that is known.
    pub request: Option<RequestId>,
    /// It took over from another device key of its machine.
    pub reinstall: bool,
    /// The group that its seat counts for.
    pub group: Option<Group>,
    /// When it was given up or released, and by whom it was released.
    pub ended: Option<(u64, Option<Person>)>,
    /// When its machine was seen again after a release.
    pub came_back: Option<u64>,
    /// A journal brought it, and not the portal.
    pub from_journal: bool,
    /// When the portal answered the latest request, if it was the portal. Of requests that it answers in turn it remembers the
    /// last one alone.
    pub own: Option<u64>,
    /// Answers of the portal that others renewed since.
    pub own_before: BTreeSet<u64>,
    /// What was signed for it by others, without a request, or by the portal before others did: when, as the answer to which
    /// request.
    pub signed: BTreeSet<(u64, RequestId)>,
}

impl Grant {
    /// Whether it holds a seat.
    pub fn holds(&self) -> bool {
        matches!(self.state, State::Active | State::Returned)
    }
}

/// A group's part in a license.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Link {
    /// Whether it is linked now.
    pub linked: bool,
    /// Seats that it may take; `None`: as many as the license has.
    pub cap: Option<u64>,
}

/// What a license knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct License {
    /// Machines at a time; `None`: any number.
    pub seats: Option<u64>,
    /// Deactivations that free a seat; `None`: any number.
    pub deactivations: Option<u64>,
    /// Whether it counts.
    pub status: Status,
    /// When it ends.
    pub end: Option<u64>,
    /// Its validity is so many seconds from the first activation.
    pub length: Option<u64>,
    /// How its machines are bound.
    pub binding: Binding,
    /// Reinstallations of one seat within a year.
    pub reinstalls: u64,
    /// Its grants.
    pub grants: BTreeMap<GrantId, Grant>,
    /// The answer to each request that got one: a word that names it.
    pub answers: BTreeMap<RequestId, u64>,
    /// Groups.
    pub links: BTreeMap<Group, Link>,
    /// Who is in which group.
    pub members: BTreeSet<(Group, Person)>,
    /// When its first machine was activated.
    pub first: Option<u64>,
    /// Counts what changes the meaning of a grant: what was signed before is signed again.
    pub version: u64,
    /// Seats ever taken.
    pub taken: u64,
    /// Receipts that journals brought, by grant and device.
    pub receipts: BTreeMap<(GrantId, Device), u64>,
    /// Responses without a request, by grant, request and version: until when one can be installed, and the word that names it.
    pub renewals: BTreeMap<(GrantId, RequestId, u64), (u64, u64)>,
}

/// What somebody is to a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// The vendor's admin: held to nothing.
    Vendor,
    /// The vendor's support: within its own limits.
    Support,
    /// Runs the organization, or owns the license: within the vendor's policy.
    Own,
    /// Member of an organization: what they may is by their groups.
    Member,
    /// Sees and does nothing.
    Reads,
    /// Nobody.
    Stranger,
}

impl License {
    /// A license without an end that nobody has used.
    pub fn new(seats: Option<u64>, deactivations: Option<u64>, binding: Binding) -> Self {
        Self {
            seats,
            deactivations,
            status: Status::Active,
            end: None,
            length: None,
            binding,
            reinstalls: 0,
            grants: BTreeMap::new(),
            answers: BTreeMap::new(),
            links: BTreeMap::new(),
            members: BTreeSet::new(),
            first: None,
            version: 1,
            taken: 0,
            receipts: BTreeMap::new(),
            renewals: BTreeMap::new(),
        }
    }

    /// Machines that hold a seat, beyond the limit or not.
    pub fn in_use(&self) -> u64 {
        self.count(Grant::holds)
    }

    /// Activations that were given up.
    pub fn given_up(&self) -> u64 {
        self.count(|grant| grant.state == State::Deactivated)
    }

    /// Seats that were released.
    pub fn released(&self) -> u64 {
        self.count(|grant| grant.state == State::Released)
    }

    /// Seats in use that a group took.
    pub fn in_use_of(&self, group: Group) -> u64 {
        self.count(|grant| grant.holds() && grant.group == Some(group))
    }

    fn count(&self, is: impl Fn(&Grant) -> bool) -> u64 {
        self.grants.values().filter(|grant| is(grant)).count() as u64
    }

    /// The grant by which this device holds a seat.
    pub fn of_device(&self, device: Device) -> Option<GrantId> {
        let own = |(_, grant): &(&GrantId, &Grant)| grant.holds() && grant.device == device;
        self.grants.iter().find(own).map(|(id, _)| *id)
    }
}
