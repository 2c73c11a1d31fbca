//! What other signers signed. Who holds a seat follows from the set of what is known, and not from the order in which it came:
//! after each fact all grants are looked at anew.

use std::collections::BTreeSet;

use crate::license::{Device, Grant, GrantId, License, RequestId, State};
use crate::machine::Parts;

/// A grant in a journal.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Its name.
    pub id: GrantId,
    /// The device.
    pub device: Device,
    /// The machine.
    pub machine: Parts,
    /// The request.
    pub request: RequestId,
    /// The word that names the answer.
    pub answer: u64,
    /// When it was signed.
    pub at: u64,
}

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    Counted,
    /// It is known.
    Known,
    /// A receipt.
    Receipt,
    /// Of another machine's activation.
    OtherActivation,
    /// A receipt for a machine that does not have this activation.
    OtherDevice,
}

impl License {
    /// A journal brings a grant.
    pub fn merge_grant(&mut self, signed: &Signed) -> Verdict {
        if self.answers.get(&signed.request) == Some(&signed.answer) {
            return Verdict::Known;
        }
        let first = Grant {
            device: signed.device,
            machine: signed.machine.clone(),
            seat: signed.id,
            state: State::Replaced,
            created: signed.at,
            granted: signed.at,
            request: Some(signed.request),
            reinstall: false,
            group: None,
            ended: None,
            came_back: None,
            from_journal: true,
            own: None,
            own_before: BTreeSet::new(),
            signed: [(signed.at, signed.request)].into(),
        };
        match self.grants.get_mut(&signed.id) {
            Some(known) if known.device != signed.device => return Verdict::OtherActivation,
            Some(known) => {
                if known.from_journal {
                    known.created = known.created.min(signed.at);
                }
                known.signed.insert((signed.at, signed.request));
                let given_up = known.ended.filter(|_| known.state == State::Deactivated);
                let is_too_late = given_up.is_some_and(|(given_up, _)| signed.at > given_up);
                if signed.at > known.granted && !is_too_late {
                    let own = known.own.take();
                    known.own_before.extend(own);
                    known.signed.extend(own.zip(known.request));
                    (known.granted, known.request) = (signed.at, Some(signed.request));
                }
            }
            None => {
                self.taken += 1;
                self.grants.insert(signed.id, first);
                if let Some(at) = self.receipts.get(&(signed.id, signed.device)).copied() {
                    self.gave_up(signed.id, at);
                }
            }
        }
        if self.first.is_none_or(|first| first > signed.at) {
            self.begin(signed.at);
        }
        self.answers.entry(signed.request).or_insert(signed.answer);
        self.settle();
        Verdict::Counted
    }

    /// The first machine was activated then: a validity that begins with it does, unless the vendor set another end.
    fn begin(&mut self, at: u64) {
        if let Some(length) = self.length {
            let by_first = self.first.map(|first| first + length);
            if self.end.is_none() || self.end == by_first {
                self.end = Some(at + length);
            }
        }
        self.first = Some(at);
        self.version += 1;
    }

    /// A journal brings a receipt.
    pub fn merge_receipt(
        &mut self,
        id: GrantId,
        device: Device,
        request: RequestId,
        answer: u64,
        at: u64,
    ) -> Verdict {
        if self.answers.get(&request) == Some(&answer) {
            return Verdict::Known;
        }
        if self.grants.get(&id).is_some_and(|grant| grant.device != device) {
            return Verdict::OtherDevice;
        }
        let first = self.receipts.entry((id, device)).or_insert(at);
        *first = at.min(*first);
        self.answers.entry(request).or_insert(answer);
        if self.grants.contains_key(&id) {
            self.gave_up(id, at);
            self.settle();
        }
        Verdict::Receipt
    }

    fn gave_up(&mut self, id: GrantId, at: u64) {
        let Some(grant) = self.grants.get_mut(&id) else { return };
        if grant.state == State::Released {
            return self.seen_again(id, at);
        }
        grant.state = State::Deactivated;
        let before = grant.ended.map_or(at, |(before, _)| before.min(at));
        grant.ended = Some((before, None));
    }

    /// Who holds a seat by all that is known.
    fn settle(&mut self) {
        // What was signed for a grant after it had been given up is installed nowhere: what counts is what was signed before.
        for grant in self.grants.values_mut().filter(|grant| grant.state == State::Deactivated) {
            let Some((given_up, _)) = grant.ended.filter(|(at, _)| grant.granted > *at) else {
                continue;
            };
            let (own, mut signed) = (grant.own, grant.signed.clone());
            signed.extend(own.zip(grant.request));
            let before = signed.into_iter().rfind(|(at, _)| *at <= given_up);
            // Where the portal answered too late, there may have been others before, of which it knows nothing any more.
            let is_unsure = own.into_iter().chain(grant.own_before.clone()).any(|at| at > given_up);
            let last = before.map_or(grant.created, |(at, _)| at);
            grant.granted = if is_unsure { given_up.max(grant.created) } else { last };
            grant.request = before.map(|(_, request)| request);
            grant.own_before.extend(own.filter(|at| *at > given_up));
            grant.own = own.filter(|at| before.is_some_and(|(last, _)| last == *at));
        }
        let holding: Vec<(GrantId, bool)> = self
            .grants
            .iter()
            .filter(|(_, g)| !matches!(g.state, State::Deactivated | State::Released))
            .map(|(id, _)| (*id, self.holds_by_the_rules(*id)))
            .collect();
        for (id, holds) in holding {
            match (holds, self.grants[&id].state) {
                (true, State::Replaced) => self.come_back(id),
                (false, _) => self.set(id, State::Replaced),
                (true, _) => {}
            }
        }
    }

    /// Its seat is one of the license alone by now: that of its group may have been given away.
    fn come_back(&mut self, id: GrantId) {
        if let Some(grant) = self.grants.get_mut(&id) {
            (grant.state, grant.group) = (State::Active, None);
        }
    }

    fn holds_by_the_rules(&self, id: GrantId) -> bool {
        let grant = &self.grants[&id];
        let is_newer = |other: &GrantId, o: &Grant| (o.granted, *other) > (grant.granted, id);
        let is_same_machine = |other: &Grant| {
            other.device == grant.device || self.binding.recognises(&grant.machine, &other.machine)
        };
        let superseded =
            self.grants.iter().any(|(other, o)| is_newer(other, o) && is_same_machine(o));
        !superseded && !self.gave_up_an_answer_to(id)
    }
}
