//! A script, played: what exists by now, and one step after the other.

use std::collections::BTreeMap;

use countersign_core::license_key::LicenseKey;
use countersign_core::{Id, LicenseId};
use countersign_model::license::{self as model, Ask, Right};
use countersign_model::machine::Parts;
use countersign_model::trial::{Again, Trials};
use countersign_store::{
    GroupChange, License, NewLicense, Product, TrialAgain, TrialPolicy, Validity,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::database::{Database, NOW, Who};
use crate::desk::Book;
use crate::names;
use crate::op::{How, LICENSES, MACHINES, Op, Script};
use crate::seen::Seen;

pub(crate) const DAY: u64 = 86_400;
/// Each seed of a database has years of its own: what one person releases in a day is counted over all licenses.
const YEARS: u64 = 20 * 365 * DAY;

/// Nothing, or what is not as the model has it.
pub(crate) type Checked<T = ()> = Result<T, String>;

pub(crate) struct Play<'a> {
    pub(crate) database: &'a Database,
    pub(crate) script: &'a Script,
    pub(crate) clock: u64,
    counter: u64,
    pub(crate) machines: Vec<Machine>,
    pub(crate) licenses: Vec<Licensed>,
    pub(crate) groups: [Id; 2],
    pub(crate) product: Product,
    pub(crate) trials: Trials,
    pub(crate) asked_trials: Vec<u64>,
    /// Every file that was ever brought to somebody, to be brought again.
    pub(crate) files: Vec<File>,
    pub(crate) books: [Book; 2],
    /// The last proof that a desk receipted.
    pub(crate) proof: Option<(usize, u64, u64, u64)>,
    pub(crate) was_desk: bool,
    pub(crate) seen: Seen,
}

pub(crate) struct Machine {
    pub(crate) parts: Parts,
    pub(crate) device: u64,
    before: u64,
    /// Its latest request of a license, by which device.
    pub(crate) request: Option<(usize, u64, u64)>,
}

pub(crate) struct Licensed {
    pub(crate) id: LicenseId,
    pub(crate) model: model::License,
    /// As it was read some time ago.
    pub(crate) old: License,
    /// Whatever anybody signed, known to the portal or not, with its device.
    pub(crate) grants: Vec<(u64, u64)>,
}

#[derive(Clone)]
pub(crate) enum File {
    Activation(usize, Ask),
    Proof { license: usize, request: u64, grant: u64, device: u64 },
    Trial { request: u64, device: u64, parts: Parts },
}

impl<'a> Play<'a> {
    /// Plays all of a script, the `nth` one of its database.
    pub(crate) async fn of(script: &'a Script, database: &'a Database, nth: u64) -> Checked<Self> {
        let mut play = Self::begin(script, database, nth).await;
        for (n, op) in script.ops.iter().enumerate() {
            let step = play.step(op).await;
            step.map_err(|why| format!("step {n}, {op:?}: {why}"))?;
        }
        play.look().await.map_err(|why| format!("in the end: {why}"))?;
        Ok(play)
    }

    async fn begin(script: &'a Script, database: &'a Database, nth: u64) -> Self {
        let clock = NOW + (nth + 1) * YEARS;
        let product = Product {
            id: names::product(script.seed),
            name: "Acme CAD".into(),
            trial: TrialPolicy {
                days: Some(14),
                strategy: names::strategy(script.binding),
                again: script.trial_again.map_or(TrialAgain::Never, TrialAgain::AfterDays),
                ..TrialPolicy::none()
            },
            reinstall_allowance: script.reinstalls,
            archived: false,
            created_at: clock,
        };
        database.store.save_product(product.clone(), "test", clock).await.unwrap();
        let trials = Trials {
            days: 14,
            again: script.trial_again.map_or(Again::Never, Again::AfterDays),
            binding: script.binding,
            all: BTreeMap::new(),
            answers: BTreeMap::new(),
        };
        let mut play = Self {
            database,
            script,
            clock,
            counter: 0,
            machines: Vec::new(),
            licenses: Vec::new(),
            groups: [names::id(0); 2],
            product,
            trials,
            asked_trials: Vec::new(),
            files: Vec::new(),
            books: [0, 1].map(|desk| Book::new(script.seed, desk)),
            proof: None,
            was_desk: false,
            seen: Seen::default(),
        };
        play.populate().await;
        play
    }

    async fn populate(&mut self) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.script.seed);
        for number in 0..MACHINES as u64 {
            // The last part is the same in all of them: a processor model.
            let own = (0..4).map(|place| number * 1_000_000 + place * 10_000);
            let (parts, device) = (own.chain([7]).collect(), self.name());
            self.machines.push(Machine { parts, device, before: device, request: None });
        }
        for number in 0..LICENSES {
            let key = LicenseKey::generate(&mut rng);
            let licensed = self.license(number, key).await;
            self.licenses.push(licensed);
        }
        for (n, of) in (0..).zip([0, 1]) {
            let (id, of) = (names::id(self.name()), format!("{} {}", self.script.seed, of));
            let organization = self.database.organization;
            let made = self.database.store.create_group(id, organization, &of, "test", self.clock);
            // Groups of earlier seeds stay: an organization has a most of them.
            assert_eq!(made.await.unwrap(), GroupChange::Done, "{of}");
            self.groups[n] = id;
        }
    }

    async fn license(&self, number: usize, key: LicenseKey) -> Licensed {
        let (seats, deactivations) = self.script.limits[number];
        let mut model = model::License::new(seats, deactivations, self.script.binding);
        (model.length, model.reinstalls) = (self.script.length, self.script.reinstalls);
        let new = NewLicense {
            key,
            product: self.product.id.clone(),
            plan: None,
            holder: None,
            owner: Who::Member.id().filter(|_| number == 1),
            organization: Some(self.database.organization).filter(|_| number == 0),
            allowed_activations: seats,
            allowed_deactivations: deactivations,
            validity: self.script.length.map_or(Validity::Perpetual, Validity::FromFirstActivation),
            response_validity: 1000,
            strategy: names::strategy(self.script.binding),
            entitlements: Default::default(),
            metadata: Default::default(),
        };
        let store = &self.database.store;
        let id = store.create_license(new, "test", self.clock).await.unwrap();
        let old = store.license(&id).await.unwrap().unwrap();
        Licensed { id, model, old, grants: Vec::new() }
    }

    /// A name that nobody has had: of two made in turn, either may be the greater one.
    pub(crate) fn name(&mut self) -> u64 {
        self.counter += 1;
        let scattered = self.counter.wrapping_mul(0x9E37_79B9) & 0xFFF;
        (self.script.seed + 1) << 28 | scattered << 16 | self.counter
    }

    async fn step(&mut self, op: &Op) -> Checked {
        let stands = matches!(op, Op::DeskGrant { same_second: true, .. }) && self.was_desk;
        self.clock += u64::from(!stands);
        self.was_desk = matches!(op, Op::DeskGrant { .. });
        match op.clone() {
            Op::Wait(seconds) => self.clock += seconds,
            Op::Reinstall(machine) => {
                let device = self.name();
                let machine = &mut self.machines[machine];
                machine.before = std::mem::replace(&mut machine.device, device);
            }
            Op::OldDevice(machine) => {
                let machine = &mut self.machines[machine];
                std::mem::swap(&mut machine.before, &mut machine.device);
            }
            Op::Repair(machine, place) => {
                let place = if self.script.has_desks { 2 + place % 2 } else { place };
                self.machines[machine].parts[place] += 1;
            }
            Op::Ask { license, machine, by, proves, how } => {
                let ask = self.request(license, machine, by, proves);
                self.activate(license, ask, how).await?;
            }
            Op::Repeat(which) => self.repeat(which).await?,
            Op::GiveUp { license, grant, by_other } => {
                let Some((grant, device)) = self.grant(license, grant, by_other) else {
                    return Ok(());
                };
                let file = File::Proof { license, request: self.name(), grant, device };
                self.files.push(file.clone());
                self.bring(file).await?;
            }
            Op::Release { license, grant, by } => self.release(license, grant, by).await?,
            Op::Renew { license, grant, by } => self.renew(license, grant, by).await?,
            Op::Change { license, to, is_stale } => self.change(license, to, is_stale).await?,
            Op::Link { group, cap } => self.link(group, cap).await?,
            Op::Unlink(group) => self.unlink(group).await?,
            Op::Join(group, who) => self.join(group, who).await?,
            Op::Leave(group, who) => self.leave(group, who).await?,
            Op::DeskGrant { desk, license, machine, same_request, .. } => {
                self.desk_grant(desk, license, machine, same_request);
            }
            Op::DeskRenew { desk, license, grant, by_other } => {
                self.desk_renew(desk, license, grant, by_other);
            }
            Op::DeskReceipt { desk, license, grant, by_other, same_request } => {
                self.desk_receipt(desk, license, grant, by_other, same_request);
            }
            Op::Push { desk, share, again } => self.push(desk, share, again).await?,
            Op::Trial { machine } => {
                let Machine { device, parts, .. } = &self.machines[machine];
                let (device, parts) = (*device, parts.clone());
                let file = File::Trial { request: self.name(), device, parts };
                self.files.push(file.clone());
                self.bring(file).await?;
            }
            Op::ExtendTrial { trial, days } => self.extend_trial(trial, days).await?,
            Op::DeskTrial { desk, machine, days } => self.desk_trial(desk, machine, days),
            Op::Look => self.look().await?,
        }
        Ok(())
    }

    /// A machine makes a request.
    pub(crate) fn request(&mut self, license: usize, machine: usize, by: Who, proves: bool) -> Ask {
        let (request, fresh, answer) = (self.name(), self.name(), self.name());
        let machine = &mut self.machines[machine];
        machine.request = Some((license, request, machine.device));
        let by = (by != Who::Nobody).then(|| (by.person(), by.right(license)));
        let (device, parts) = (machine.device, machine.parts.clone());
        let ask =
            Ask { request, device, machine: parts, by, proves, fresh, answer, now: self.clock };
        self.files.push(File::Activation(license, ask.clone()));
        ask
    }

    /// Something that was signed, and the device that has it, or another one.
    pub(crate) fn grant(
        &self,
        license: usize,
        number: usize,
        by_other: bool,
    ) -> Option<(u64, u64)> {
        let grants = &self.licenses[license].grants;
        let (grant, device) = *grants.get(number % grants.len().max(1))?;
        let other =
            self.machines.iter().map(|machine| machine.device).find(|other| *other != device);
        Some((grant, if by_other { other? } else { device }))
    }

    async fn repeat(&mut self, which: usize) -> Checked {
        match self.files.get(which % self.files.len().max(1)) {
            Some(file) => self.bring(file.clone()).await,
            None => Ok(()),
        }
    }

    /// A file is brought to the portal.
    async fn bring(&mut self, file: File) -> Checked {
        match file {
            File::Activation(license, ask) => {
                let (fresh, answer, now) = (self.name(), self.name(), self.clock);
                self.activate(license, Ask { fresh, answer, now, ..ask }, How::Now).await
            }
            File::Proof { license, request, grant, device } => {
                self.deactivate(license, request, grant, device).await
            }
            File::Trial { request, device, parts } => self.trial(request, device, parts).await,
        }
    }
}

/// Whether the two are the same, and else what they are.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, should: &T) -> Checked {
    if is == should { Ok(()) } else { Err(format!("{what} is {is:?} and should be {should:?}")) }
}

/// Somebody who is asked for a name gives one: nobody is a stranger.
pub(crate) fn somebody(by: Who, license: usize) -> (Id, u64, Right) {
    let by = if by == Who::Nobody { Who::Stranger } else { by };
    (names::id(by.person()), by.person(), by.right(license))
}
