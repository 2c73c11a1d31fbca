//! What happens, drawn from a seed. Steps name things by numbers of which the remainder counts, so that each step means something
//! whatever was left out before it.

use std::fmt;

use countersign_model::machine::Binding;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::database::Who;

/// Machines of a seed, and licenses.
pub(crate) const MACHINES: usize = 5;
pub(crate) const LICENSES: usize = 2;

/// What a seed is made of.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) seed: u64,
    /// With desks that sign for themselves. A merge is a function of what was signed as long as a machine stays the one it was:
    /// then parts change within what all of its grants recognise, and the strategy does not.
    pub(crate) has_desks: bool,
    pub(crate) binding: Binding,
    pub(crate) limits: [(Option<u64>, Option<u64>); LICENSES],
    /// Seconds from the first activation to the end.
    pub(crate) length: Option<u64>,
    pub(crate) reinstalls: u64,
    pub(crate) trial_again: Option<u64>,
    pub(crate) ops: Vec<Op>,
}

#[derive(Debug, Clone)]
pub(crate) enum Op {
    Wait(u64),
    Reinstall(usize),
    /// The device key of before comes back, with a restored backup.
    OldDevice(usize),
    /// One part of a machine is another one now.
    Repair(usize, usize),
    Ask {
        license: usize,
        machine: usize,
        by: Who,
        proves: bool,
        how: How,
    },
    /// A file of before is brought again.
    Repeat(usize),
    GiveUp {
        license: usize,
        grant: usize,
        by_other: bool,
    },
    Release {
        license: usize,
        grant: usize,
        by: Who,
    },
    Renew {
        license: usize,
        grant: usize,
        by: Who,
    },
    Change {
        license: usize,
        to: To,
        is_stale: bool,
    },
    Link {
        group: u64,
        cap: Option<u64>,
    },
    Unlink(u64),
    Join(u64, Who),
    Leave(u64, Who),
    DeskGrant {
        desk: usize,
        license: usize,
        machine: usize,
        same_request: bool,
        same_second: bool,
    },
    DeskRenew {
        desk: usize,
        license: usize,
        grant: usize,
        by_other: bool,
    },
    DeskReceipt {
        desk: usize,
        license: usize,
        grant: usize,
        by_other: bool,
        same_request: bool,
    },
    /// A part of a journal: how much of what is new, and whether some of the old comes again.
    Push {
        desk: usize,
        share: u64,
        again: bool,
    },
    Trial {
        machine: usize,
    },
    ExtendTrial {
        trial: usize,
        days: u64,
    },
    DeskTrial {
        desk: usize,
        machine: usize,
        days: u64,
    },
    Look,
}

/// How the portal's desk signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// By what there is now.
    Now,
    /// By the license as it was some time ago.
    ByOldTerms,
    /// As if the machine had no seat.
    AsNew,
    /// As the renewal of an activation that somebody has or had.
    AsBefore,
}

/// What the vendor changes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum To {
    Seats(Option<u64>),
    Deactivations(Option<u64>),
    Active,
    Suspended,
    Revoked,
    /// Ends so many seconds from now, or never.
    End(Option<u64>),
    Binding(Binding),
}

pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).unwrap()
    }

    fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    fn limit(&mut self, end: u64) -> Option<u64> {
        (!self.one_in(5)).then(|| self.below(end))
    }

    fn who(&mut self) -> Who {
        Who::ALL[self.index(Who::ALL.len())]
    }

    /// Mostly somebody who may.
    fn who_manages(&mut self) -> Who {
        match self.below(4) {
            0 => self.who(),
            1 => Who::Runner,
            2 => Who::Support,
            _ => Who::Vendor,
        }
    }

    fn binding(&mut self, has_desks: bool) -> Binding {
        let all = [Binding::Fuzzy, Binding::Loose, Binding::Exact];
        all[self.index(if has_desks { 2 } else { 3 })]
    }
}

impl Script {
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::of(seed);
        let has_desks = dice.one_in(2);
        let mut script = Self {
            seed,
            has_desks,
            binding: dice.binding(has_desks),
            limits: [(); LICENSES].map(|()| (dice.limit(4), dice.limit(5))),
            length: dice.one_in(3).then(|| 100_000 + dice.below(50_000_000)),
            reinstalls: dice.below(4),
            trial_again: dice.one_in(2).then(|| 1 + dice.below(20)),
            ops: Vec::new(),
        };
        let mood = dice.below(4);
        for _ in 0..20 + dice.below(60) {
            let of_mood = dice.one_in(3).then(|| op_of(mood, &mut dice)).flatten();
            script.ops.push(of_mood.unwrap_or_else(|| op(&mut dice, has_desks)));
        }
        script
    }
}

/// What is rare otherwise, much of it: seats of lost machines, seats of groups.
fn op_of(mood: u64, dice: &mut Dice) -> Option<Op> {
    let member = |dice: &mut Dice| [Who::Member, Who::OtherMember][dice.index(2)];
    let (machine, group) = (dice.index(MACHINES), dice.below(2));
    let ask = |by| Op::Ask { license: 0, machine, by, proves: by == Who::Nobody, how: How::Now };
    match (mood, dice.below(4)) {
        (0, 0 | 1) => {
            Some(Op::Release { license: 0, grant: dice.index(1000), by: dice.who_manages() })
        }
        (0, 2) => Some(ask(Who::Nobody)),
        (0, _) => Some(Op::Wait([2_000, 90_000][dice.index(2)])),
        (1, 0) => Some(Op::Link { group, cap: Some(dice.below(2)) }),
        (1, 1) => Some(Op::Join(group, member(dice))),
        (1, _) => Some(ask(member(dice))),
        (2, 0) => Some(Op::ExtendTrial { trial: dice.index(1000), days: 1 + dice.below(20) }),
        (2, 1) => Some(Op::Trial { machine }),
        (2, 2) => Some(Op::Renew { license: 0, grant: dice.index(1000), by: dice.who_manages() }),
        _ => None,
    }
}

fn op(dice: &mut Dice, has_desks: bool) -> Op {
    let (license, machine, grant) =
        (usize::from(dice.one_in(3)), dice.index(MACHINES), dice.index(1000));
    if has_desks && dice.one_in(2) {
        return desk_op(dice, license, machine, grant);
    }
    match dice.below(100) {
        0..30 => {
            let by = if dice.one_in(2) { Who::Nobody } else { dice.who() };
            let how = match dice.below(12) {
                0 => How::ByOldTerms,
                1 => How::AsNew,
                2 => How::AsBefore,
                _ => How::Now,
            };
            Op::Ask { license, machine, by, proves: by == Who::Nobody || dice.one_in(3), how }
        }
        30..42 => Op::GiveUp { license, grant, by_other: dice.one_in(8) },
        42..49 => Op::Reinstall(machine),
        49..51 => Op::OldDevice(machine),
        51..56 => Op::Repair(machine, dice.index(4)),
        56..62 => Op::Repeat(grant),
        62..67 => Op::Release { license, grant, by: dice.who_manages() },
        67..71 => Op::Renew { license, grant, by: dice.who() },
        71..80 => Op::Change { license, to: to(dice, has_desks), is_stale: dice.one_in(8) },
        80..83 => Op::Link { group: dice.below(2), cap: dice.limit(3) },
        83 => Op::Unlink(dice.below(2)),
        84..87 => Op::Join(dice.below(2), [Who::Member, Who::OtherMember][dice.index(2)]),
        87 => Op::Leave(dice.below(2), [Who::Member, Who::OtherMember][dice.index(2)]),
        88..93 => Op::Trial { machine },
        93..95 => Op::ExtendTrial { trial: grant, days: 1 + dice.below(20) },
        95 => Op::Look,
        _ => Op::Wait([100, 2_000, 40_000, 400_000, 9_000_000][dice.index(5)]),
    }
}

fn desk_op(dice: &mut Dice, license: usize, machine: usize, grant: usize) -> Op {
    let desk = dice.index(2);
    match dice.below(20) {
        0..6 => {
            let (same_request, same_second) = (dice.one_in(3), dice.one_in(6));
            Op::DeskGrant { desk, license, machine, same_request, same_second }
        }
        6..8 => Op::DeskRenew { desk, license, grant, by_other: dice.one_in(6) },
        8..12 => {
            let (by_other, same_request) = (dice.one_in(8), dice.one_in(4));
            Op::DeskReceipt { desk, license, grant, by_other, same_request }
        }
        12 => Op::DeskTrial { desk, machine, days: 1 + dice.below(40) },
        _ => Op::Push { desk, share: dice.below(3), again: dice.one_in(4) },
    }
}

fn to(dice: &mut Dice, has_desks: bool) -> To {
    match dice.below(12) {
        0..4 => To::Seats(dice.limit(5)),
        4..7 => To::Deactivations(dice.limit(6)),
        7 => To::Suspended,
        8 if dice.one_in(4) => To::Revoked,
        8 => To::End(dice.one_in(2).then(|| dice.below(3_000_000))),
        9 if !has_desks => To::Binding(dice.binding(false)),
        _ => To::Active,
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { has_desks, binding, limits, length, reinstalls, trial_again, .. } = self;
        writeln!(
            f,
            "has_desks: {has_desks}, binding: Binding::{binding:?}, limits: {limits:?}, length: {length:?},"
        )?;
        writeln!(f, "reinstalls: {reinstalls}, trial_again: {trial_again:?}")?;
        self.ops.iter().try_for_each(|op| writeln!(f, "    {op:?},"))
    }
}
