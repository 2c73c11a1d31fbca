//! A machine asks for a seat: who gets one, keeps one, renews it, or takes over its own.

use std::collections::BTreeSet;

use super::{
    Device, Grant, GrantId, Group, License, Person, RequestId, Right, State, Status, YEAR,
};
use crate::machine::Parts;

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

impl License {
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
            grant.own = Some(ask.now);
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
            own: Some(ask.now),
            own_before: BTreeSet::new(),
            signed: BTreeSet::new(),
        };
        self.grants.insert(ask.fresh, grant);
    }
}
