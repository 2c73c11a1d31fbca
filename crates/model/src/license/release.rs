//! Releasing the seat of a lost machine, without proof.

use super::{DAY, GrantId, License, Person, Right, State, YEAR};

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

/// What the vendor allows: releases within a year, and seconds between two.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Within a year.
    pub per_year: u64,
    /// Seconds.
    pub cool_down: u64,
}

impl License {
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
}
