//! A device proves that it gave its activation up.

use super::{Device, Grant, GrantId, License, RequestId, State};

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

impl License {
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
}
