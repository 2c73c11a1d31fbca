//! One license: who gets a seat, who keeps it, who gives it back.

use std::collections::{BTreeMap, BTreeSet};

use crate::machine::{Binding, Parts};

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
    /// When the portal answered a request of it last.
    pub answered: u64,
    /// What was signed for it by others, without a request, or by the portal before others did: when, as the answer to which
    /// request. Of requests that the portal answered in turn it remembers the last one alone, in the fields above.
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

/// What a machine asks.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The request.
    pub request: RequestId,
    /// Its device key.
    pub device: Device,
    /// The machine as it is now.
    pub machine: Parts,
    /// Who brings it: nobody who is known, or somebody with these rights.
    pub by: Option<(Person, Right)>,
    /// It proves that whoever brings it knows the license's key.
    pub proves: bool,
    /// The grant's name if it is a further one.
    pub fresh: GrantId,
    /// The word that names the answer.
    pub answer: u64,
    /// When.
    pub now: u64,
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

/// The answer to an activation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Activated {
    /// The grant of this name.
    Done(GrantId),
    /// As it was answered before.
    Repeated(u64),
    /// Not theirs.
    NotTheirs,
    /// Suspended.
    Suspended,
    /// Revoked.
    Revoked,
    /// Ended then.
    Expired(u64),
    /// All seats are taken.
    SeatsUsedUp(u64),
    /// All seats of the groups are taken.
    GroupSeatsUsedUp(u64),
    /// Too many reinstallations.
    ReinstallsUsedUp(u64),
}

/// Which seat a machine gets.
enum Seat {
    Renewed(GrantId),
    Kept(GrantId),
    Reinstalled(GrantId),
    New,
}

/// The answer to a proof.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Deactivated {
    /// Receipted.
    Done,
    /// As it was answered before.
    Repeated(u64),
    /// No such activation.
    Unknown,
    /// Another device's.
    OtherDevice,
    /// A newer installation has the seat.
    Replaced,
    /// Recorded; the seat stays.
    UsedUp(u64),
}

/// The answer to a release without proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    /// The seat is free.
    Done,
    /// Nothing that they know of.
    Unknown,
    /// Not theirs to manage.
    NotTheirs,
    /// It holds none.
    HoldsNoSeat(State),
    /// Too many this year; when there is one again.
    YearUsedUp(u64, Option<u64>),
    /// Too many this day.
    DayUsedUp(u64, Option<u64>),
    /// Too soon after the last one.
    TooSoon(u64),
}

/// The answer to a change of limits or status.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Changed {
    /// Done.
    Done,
    /// It is not what it was when it was read.
    Stale,
    /// Lower than what is in use: seats and deactivations.
    BelowUse(u64, u64),
}

/// The answer to somebody who asks for a machine's grant anew, without a request of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewed {
    /// Signed.
    Done,
    /// The one that there is.
    Repeated(u64),
    /// Not theirs.
    NotTheirs,
    /// It is not what it was when it was read.
    Stale,
}

/// What the vendor allows: releases within a year, and seconds between two.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Within a year.
    pub per_year: u64,
    /// Seconds.
    pub cool_down: u64,
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

    /// Whether what was signed for a request would be signed as the renewal of this grant.
    pub fn renews(&self, ask: &Ask) -> Option<GrantId> {
        match self.seat(ask, &[]) {
            Ok(Seat::Renewed(id)) => Some(id),
            _ => None,
        }
    }

    /// A machine asks for a seat.
    pub fn activate(&mut self, ask: &Ask) -> Activated {
        if let Some(answer) = self.answers.get(&ask.request) {
            return Activated::Repeated(*answer);
        }
        let Some(groups) = self.groups(ask) else { return Activated::NotTheirs };
        let seat = match self.seat(ask, &groups) {
            Ok(seat) => seat,
            Err(refused) => return refused,
        };
        let id = match seat {
            Seat::Renewed(id) => id,
            Seat::Kept(_) | Seat::Reinstalled(_) | Seat::New => ask.fresh,
        };
        match seat {
            Seat::Renewed(id) => self.renew(id, ask),
            Seat::Kept(former) => self.take_over(former, ask, false),
            Seat::Reinstalled(former) => self.take_over(former, ask, true),
            Seat::New => {
                let group = groups.iter().copied().find(|group| self.has_room(*group));
                self.take(ask, group);
            }
        }
        self.answers.insert(ask.request, ask.answer);
        Activated::Done(id)
    }

    /// The groups from which alone a seat may be taken; none: all of the license.
    fn groups(&self, ask: &Ask) -> Option<Vec<Group>> {
        let by_key = || ask.proves.then(Vec::new);
        match &ask.by {
            Some((_, Right::Vendor | Right::Support | Right::Own)) => Some(Vec::new()),
            Some((person, Right::Member)) => {
                Some(self.groups_of(*person)).filter(|groups| !groups.is_empty()).or_else(by_key)
            }
            None | Some((_, Right::Reads | Right::Stranger)) => by_key(),
        }
    }

    /// The groups through which somebody has a part in it.
    pub fn groups_of(&self, person: Person) -> Vec<Group> {
        let linked = self.links.iter().filter(|(_, link)| link.linked).map(|(group, _)| *group);
        linked.filter(|group| self.members.contains(&(*group, person))).collect()
    }

    fn has_room(&self, group: Group) -> bool {
        let cap = self.links.get(&group).and_then(|link| link.cap);
        cap.is_none_or(|cap| self.in_use_of(group) < cap)
    }

    fn seat(&self, ask: &Ask, groups: &[Group]) -> Result<Seat, Activated> {
        match self.status {
            Status::Active => {}
            Status::Suspended => return Err(Activated::Suspended),
            Status::Revoked => return Err(Activated::Revoked),
        }
        if let Some(end) = self.end.filter(|end| *end <= ask.now) {
            return Err(Activated::Expired(end));
        }
        if let Some(own) = self.of_device(ask.device) {
            let is_active = self.grants[&own].state == State::Active;
            return Ok(if is_active { Seat::Renewed(own) } else { Seat::Kept(own) });
        }
        // Of several that it may be, the one with the least name: which one does not matter to anybody.
        let is_same = |grant: &Grant| self.binding.recognises(&grant.machine, &ask.machine);
        let same = self.grants.iter().find(|(_, grant)| grant.holds() && is_same(grant));
        if let Some((former, grant)) = same {
            if grant.state == State::Returned {
                return Ok(Seat::Kept(*former));
            }
            let since = ask.now.saturating_sub(YEAR);
            let of_seat = |g: &Grant| g.seat == grant.seat && g.reinstall && g.created > since;
            return match self.count(of_seat) >= self.reinstalls {
                true => Err(Activated::ReinstallsUsedUp(self.reinstalls)),
                false => Ok(Seat::Reinstalled(*former)),
            };
        }
        if let Some(seats) = self.seats.filter(|seats| self.in_use() >= *seats) {
            return Err(Activated::SeatsUsedUp(seats));
        }
        if !groups.is_empty() && !groups.iter().any(|group| self.has_room(*group)) {
            let caps = groups.iter().filter_map(|group| self.links[group].cap);
            return Err(Activated::GroupSeatsUsedUp(caps.sum()));
        }
        Ok(Seat::New)
    }

    fn renew(&mut self, id: GrantId, ask: &Ask) {
        if let Some(grant) = self.grants.get_mut(&id) {
            grant.machine.clone_from(&ask.machine);
            grant.request = Some(ask.request);
            grant.answered = ask.now;
            grant.granted = grant.granted.max(ask.now);
        }
    }

    fn take_over(&mut self, former: GrantId, ask: &Ask, reinstall: bool) {
        let Some(grant) = self.grants.get_mut(&former) else { return };
        grant.state = State::Replaced;
        let (seat, group) = (grant.seat, grant.group);
        self.add(ask, seat, reinstall, group);
    }

    fn take(&mut self, ask: &Ask, group: Option<Group>) {
        self.taken += 1;
        if self.first.is_none() {
            self.first = Some(ask.now);
            if let Some(length) = self.length {
                self.end = self.end.or(Some(ask.now + length));
                self.version += 1;
            }
        }
        if let Some(lost) = self.lost(ask.device, &ask.machine)
            && let Some(lost) = self.grants.get_mut(&lost)
        {
            lost.came_back = Some(ask.now);
        }
        self.add(ask, ask.fresh, false, group);
    }

    /// A machine whose seat was released and that was not seen since: by its key, the latest; or else by its parts.
    fn lost(&self, device: Device, machine: &Parts) -> Option<GrantId> {
        let lost = |g: &Grant| g.state == State::Released && g.came_back.is_none();
        let lost: Vec<_> = self.grants.iter().filter(|(_, grant)| lost(grant)).collect();
        let by_key = lost.iter().filter(|(_, grant)| grant.device == device);
        let by_parts =
            lost.iter().find(|(_, grant)| self.binding.recognises(&grant.machine, machine));
        let latest = by_key.max_by_key(|(_, grant)| grant.ended);
        latest.or(by_parts).map(|(id, _)| **id)
    }

    fn add(&mut self, ask: &Ask, seat: GrantId, reinstall: bool, group: Option<Group>) {
        let grant = Grant {
            device: ask.device,
            machine: ask.machine.clone(),
            seat,
            state: State::Active,
            created: ask.now,
            granted: ask.now,
            request: Some(ask.request),
            reinstall,
            group,
            ended: None,
            came_back: None,
            from_journal: false,
            answered: ask.now,
            signed: BTreeSet::new(),
        };
        self.grants.insert(ask.fresh, grant);
    }

    /// A device proves that it gave a grant up.
    pub fn deactivate(
        &mut self,
        request: RequestId,
        id: GrantId,
        device: Device,
        answer: u64,
        now: u64,
    ) -> Deactivated {
        if let Some(answer) = self.answers.get(&request) {
            return Deactivated::Repeated(*answer);
        }
        let Some(grant) = self.grants.get(&id) else { return Deactivated::Unknown };
        if grant.device != device {
            return Deactivated::OtherDevice;
        }
        let holder = match grant.state {
            State::Active | State::Returned => Some(id),
            State::Deactivated => None,
            State::Released => {
                self.seen_again(id, now);
                None
            }
            // It got two answers to one request: whichever it gives up, it is the same machine.
            State::Replaced => match self.twin(id) {
                Some(twin) => Some(twin),
                None if self.gave_up_an_answer_to(id) => None,
                None => return Deactivated::Replaced,
            },
        };
        if let Some(holder) = holder {
            let used_up = self.deactivations.filter(|allowed| self.given_up() >= *allowed);
            if let Some(allowed) = used_up {
                self.set(holder, State::Returned);
                return Deactivated::UsedUp(allowed);
            }
            self.set(holder, State::Replaced);
            self.set(id, State::Deactivated);
            self.version += 1;
            if let Some(grant) = self.grants.get_mut(&id) {
                grant.ended = Some((now, None));
            }
        }
        self.answers.insert(request, answer);
        Deactivated::Done
    }

    pub(crate) fn set(&mut self, id: GrantId, state: State) {
        if let Some(grant) = self.grants.get_mut(&id) {
            grant.state = state;
        }
    }

    pub(crate) fn seen_again(&mut self, id: GrantId, now: u64) {
        if let Some(grant) = self.grants.get_mut(&id) {
            grant.came_back = grant.came_back.or(Some(now));
        }
    }

    /// Another grant by which the device holds a seat, for the same request.
    fn twin(&self, id: GrantId) -> Option<GrantId> {
        let grant = &self.grants[&id];
        let holder = self.of_device(grant.device)?;
        let same = grant.request.is_some() && self.grants[&holder].request == grant.request;
        same.then_some(holder)
    }

    /// The device has given up another answer to this grant's request, or its seat was released. What was signed after it had
    /// been given up is no answer that anybody has.
    pub(crate) fn gave_up_an_answer_to(&self, id: GrantId) -> bool {
        let grant = &self.grants[&id];
        let Some(request) = grant.request else { return false };
        let gave_up = |other: &Grant| {
            let until = match (other.state, other.ended) {
                (State::Released, _) => u64::MAX,
                (State::Deactivated, Some((at, _))) => at,
                _ => return false,
            };
            let signed = |(at, of): &(u64, RequestId)| *of == request && *at <= until;
            other.request == Some(request) || other.signed.iter().any(signed)
        };
        let others = self.grants.iter().filter(|(other, _)| **other != id);
        others.into_iter().any(|(_, other)| other.device == grant.device && gave_up(other))
    }

    /// Somebody releases the seat of a lost machine. `of_person`: what they released today, of other licenses.
    pub fn release(
        &mut self,
        id: GrantId,
        (person, right): (Person, &Right),
        policy: Policy,
        support: (u64, u64),
        of_person: &[u64],
        now: u64,
    ) -> Released {
        let Some(state) = self.grants.get(&id).map(|grant| grant.state) else {
            return Released::Unknown;
        };
        match right {
            Right::Stranger => return Released::Unknown,
            Right::Member if self.groups_of(person).is_empty() => return Released::Unknown,
            Right::Member | Right::Reads => return Released::NotTheirs,
            Right::Vendor | Right::Support | Right::Own => {}
        }
        if !matches!(state, State::Active | State::Returned) {
            return Released::HoldsNoSeat(state);
        }
        let (per_year, per_day) = support;
        let limited = match right {
            Right::Vendor => Ok(()),
            Right::Support => {
                let today = self.releases(now - DAY, Some(person));
                let today = [today, of_person.to_vec()].concat();
                match today.iter().min() {
                    Some(first) if today.len() as u64 >= per_day => {
                        Err(Released::DayUsedUp(per_day, Some(first + DAY)))
                    }
                    _ => self.may_release(Policy { per_year, cool_down: 0 }, now),
                }
            }
            _ => self.may_release(policy, now),
        };
        if let Err(refused) = limited {
            return refused;
        }
        if let Some(grant) = self.grants.get_mut(&id) {
            grant.state = State::Released;
            grant.ended = Some((now, Some(person)));
        }
        Released::Done
    }

    /// When seats were released since then, by this person or anybody.
    pub fn releases(&self, since: u64, by: Option<Person>) -> Vec<u64> {
        let released = self.grants.values().filter(|grant| grant.state == State::Released);
        let ended = released.filter_map(|grant| grant.ended);
        let counts =
            |(at, person): &(u64, Option<Person>)| *at > since && (by.is_none() || *person == by);
        ended.filter(counts).map(|(at, _)| at).collect()
    }

    fn may_release(&self, policy: Policy, now: u64) -> Result<(), Released> {
        let within = self.releases(now - YEAR, None);
        if within.len() as u64 >= policy.per_year {
            let again = within.iter().min().map(|oldest| oldest + YEAR);
            return Err(Released::YearUsedUp(policy.per_year, again));
        }
        match within.iter().max().map(|latest| latest + policy.cool_down) {
            Some(again) if again > now => Err(Released::TooSoon(again)),
            _ => Ok(()),
        }
    }

    /// Somebody asks for a grant anew, as the answer to this request once more.
    pub fn renew_without_request(
        &mut self,
        (id, request): (GrantId, RequestId),
        (person, right): (Person, &Right),
        (import_by, answer): (u64, u64),
        now: u64,
    ) -> Renewed {
        let may = match right {
            Right::Vendor | Right::Support | Right::Own => true,
            Right::Member => !self.groups_of(person).is_empty(),
            Right::Reads | Right::Stranger => false,
        };
        if !may {
            return Renewed::NotTheirs;
        }
        let name = (id, request, self.version);
        if let Some((_, answer)) = self.renewals.get(&name).filter(|(until, _)| *until > now) {
            return Renewed::Repeated(*answer);
        }
        let counts = self.status == Status::Active && self.end.is_none_or(|end| end > now);
        let is_it = |g: &&mut Grant| g.state == State::Active && g.request == Some(request);
        let Some(grant) = self.grants.get_mut(&id).filter(is_it).filter(|_| counts) else {
            return Renewed::Stale;
        };
        grant.granted = grant.granted.max(now);
        grant.signed.insert((now, request));
        self.renewals.insert(name, (import_by, answer));
        Renewed::Done
    }

    /// Links a group, or gives it another cap; as many seats are in use through it, where that is too low.
    ///
    /// # Errors
    /// When more seats are in use.
    pub fn link(&mut self, group: Group, cap: Option<u64>) -> Result<(), u64> {
        let live = self.in_use_of(group);
        if cap.is_some_and(|cap| cap < live) {
            return Err(live);
        }
        self.links.insert(group, Link { linked: true, cap });
        Ok(())
    }

    /// Undoes a link: machines keep their seats. Whether there was one.
    pub fn unlink(&mut self, group: Group) -> bool {
        match self.links.get_mut(&group) {
            Some(link) => std::mem::replace(&mut link.linked, false),
            None => false,
        }
    }

    /// The vendor changes limits, status, end or binding, having read the license at `version`.
    pub fn change(&mut self, version: u64, to: &Terms) -> Changed {
        if version != self.version {
            return Changed::Stale;
        }
        // What is beyond a limit is not held against it: it may stay as it is, or be raised.
        let within = |used: u64, limit: Option<u64>| limit.map_or(used, |limit| used.min(limit));
        let live = within(self.in_use(), self.seats);
        let given_up = within(self.given_up(), self.deactivations);
        let below = |limit: Option<u64>, used: u64| limit.is_some_and(|limit| limit < used);
        if below(to.seats, live) || below(to.deactivations, given_up) {
            return Changed::BelowUse(live, given_up);
        }
        self.seats = to.seats;
        self.deactivations = to.deactivations;
        self.status = to.status;
        self.end = to.end;
        self.binding = to.binding;
        self.version += 1;
        Changed::Done
    }

    /// What a change may change, as it is.
    pub fn terms(&self) -> Terms {
        Terms {
            seats: self.seats,
            deactivations: self.deactivations,
            status: self.status,
            end: self.end,
            binding: self.binding,
        }
    }
}

/// What a change may change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Terms {
    /// See [`License`].
    pub seats: Option<u64>,
    /// See [`License`].
    pub deactivations: Option<u64>,
    /// See [`License`].
    pub status: Status,
    /// See [`License`].
    pub end: Option<u64>,
    /// See [`License`].
    pub binding: Binding,
}
