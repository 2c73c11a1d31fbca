//! What the vendor and an organization change: limits, status, links of groups.

use super::{Group, License, Link, Status};
use crate::machine::Binding;

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

impl License {
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
