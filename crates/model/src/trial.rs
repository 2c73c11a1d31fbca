//! The trials of a product's machines.

use std::collections::{BTreeMap, BTreeSet};

use crate::license::{Device, RequestId};
use crate::machine::{Binding, Parts};

const DAY: u64 = 86_400;

/// A trial's name.
pub type TrialId = u64;

/// When a machine may have another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Never.
    Never,
    /// So many days after the last one ended.
    AfterDays(u64),
}

/// A trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The device key.
    pub device: Device,
    /// The machine.
    pub machine: Parts,
    /// When it began.
    pub began: u64,
    /// When it ends.
    pub ends: u64,
    /// The latest end of a further one that another signer gave.
    pub other_end: Option<u64>,
    /// The trial before it.
    pub after: Option<TrialId>,
    /// Whether it was extended.
    pub extended: bool,
}

/// The trials of one product.
#[derive(Debug, Clone)]
pub struct Trials {
    /// How long one runs, in days.
    pub days: u64,
    /// When there is another one.
    pub again: Again,
    /// How a machine is recognised.
    pub binding: Binding,
    /// All of them.
    pub all: BTreeMap<TrialId, Trial>,
    /// The answers: a word that names each.
    pub answers: BTreeMap<RequestId, u64>,
}

/// What a machine gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Got {
    /// A trial that ends then.
    Trial(TrialId, u64),
    /// As it was answered before.
    Repeated(u64),
    /// It has had this one.
    Used(TrialId),
}

impl Trials {
    /// A machine asks.
    pub fn ask(
        &mut self,
        (request, answer): (RequestId, u64),
        device: Device,
        machine: &Parts,
        fresh: TrialId,
        now: u64,
    ) -> Got {
        if let Some(answer) = self.answers.get(&request) {
            return Got::Repeated(*answer);
        }
        let (id, ends) = match self.plan(device, machine, now) {
            Err(last) => return Got::Used(last),
            Ok(Some(extended)) => (extended, self.all[&extended].ends),
            Ok(None) => {
                let after = self.last(device, machine);
                let ends = now + self.days * DAY;
                self.insert(fresh, device, machine, (now, ends), after);
                (fresh, ends)
            }
        };
        self.answers.insert(request, answer);
        Got::Trial(id, ends)
    }

    /// Which trial it would be: a new one, or one that was extended once more; or the one that it has had.
    pub fn plan(
        &self,
        device: Device,
        machine: &Parts,
        now: u64,
    ) -> Result<Option<TrialId>, TrialId> {
        let had = self.of_machine(device, machine);
        let Some(last) = self.last(device, machine) else { return Ok(None) };
        let end = |id: &TrialId| self.all[id].ends.max(self.all[id].other_end.unwrap_or(0));
        let ended = had.iter().map(end).max().unwrap_or(0);
        if let Again::AfterDays(days) = self.again
            && ended + days * DAY <= now
        {
            return Ok(None);
        }
        let trial = &self.all[&last];
        let is_this = trial.device == device && self.binding.recognises(&trial.machine, machine);
        match trial.extended && trial.ends > now && is_this {
            true => Ok(Some(last)),
            false => Err(last),
        }
    }

    fn insert(
        &mut self,
        id: TrialId,
        device: Device,
        machine: &Parts,
        (began, ends): (u64, u64),
        after: Option<TrialId>,
    ) {
        let trial = Trial {
            device,
            machine: machine.clone(),
            began,
            ends,
            other_end: None,
            after,
            extended: false,
        };
        self.all.insert(id, trial);
    }

    /// Those of its device key, those of a machine that looks the same, and all before and after them.
    fn of_machine(&self, device: Device, machine: &Parts) -> BTreeSet<TrialId> {
        let is_its = |trial: &Trial| {
            trial.device == device || self.binding.recognises(&trial.machine, machine)
        };
        let own = self.all.iter().filter(|(_, trial)| is_its(trial)).map(|(id, _)| *id);
        let mut found: BTreeSet<TrialId> = own.collect();
        loop {
            let beside = |(id, trial): &(&TrialId, &Trial)| {
                !found.contains(id)
                    && (trial.after.is_some_and(|before| found.contains(&before))
                        || found.iter().any(|one| self.all[one].after == Some(**id)))
            };
            match self.all.iter().find(beside) {
                Some((id, _)) => found.insert(*id),
                None => return found,
            };
        }
    }

    /// The latest that no other one follows.
    pub fn last(&self, device: Device, machine: &Parts) -> Option<TrialId> {
        let had = self.of_machine(device, machine);
        let is_followed = |id: &TrialId| self.all.values().any(|trial| trial.after == Some(*id));
        had.iter()
            .filter(|id| !is_followed(id))
            .max_by_key(|id| (self.all[id].began, **id))
            .copied()
    }

    /// The vendor extends it; `None`: the machine had another one since.
    pub fn extend(&mut self, id: TrialId, days: u64, now: u64) -> Option<u64> {
        if self.all.values().any(|trial| trial.after == Some(id)) {
            return None;
        }
        let trial = self.all.get_mut(&id)?;
        trial.ends = trial.ends.max(now) + days * DAY;
        trial.extended = true;
        Some(trial.ends)
    }

    /// A journal brings a trial; whether it is the machine's first.
    pub fn merge(
        &mut self,
        (request, answer): (RequestId, u64),
        (device, machine): (Device, &Parts),
        id: TrialId,
        (at, ends): (u64, u64),
    ) -> Option<bool> {
        if self.answers.get(&request) == Some(&answer) {
            return None;
        }
        let known = self.last(device, machine);
        match known.and_then(|known| self.all.get_mut(&known)) {
            Some(known) => known.other_end = known.other_end.max(Some(ends)),
            None => self.insert(id, device, machine, (at, ends), None),
        }
        if known.is_none() {
            self.answers.entry(request).or_insert(answer);
        }
        Some(known.is_none())
    }
}
