//! A product, an admin, and machines that ask as the portal lets them.

use countersign_core::fingerprint::Fingerprint;
use countersign_core::request::Device;
use countersign_core::{Hash, Id, ProductId, SigningKey, Thumbprint};
use countersign_store::{
    BeyondLimits, ExtendTrial, ExtensionLimits, NextTrial, Options, Product, Role, StartTrial,
    Store, Trial, TrialAgain, TrialEnd, TrialExtended, TrialLimits, TrialPlan, TrialPolicy,
    TrialStarted, User, UserStatus,
};

pub(crate) const NOW: u64 = 1_790_000_000;
pub(crate) const DAY: u64 = 86_400;

pub(crate) fn rng() -> impl getrandom::rand_core::CryptoRng {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

pub(crate) fn random_id() -> Id {
    Id::random(&mut rng())
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) admin: Id,
    _database: countersign_testing::TestDatabase,
}

/// A machine with its parts, under one device key.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) key: Thumbprint,
    pub(crate) device: Device,
}

/// What a machine got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Got {
    /// A trial: its id and its end.
    Trial(Id, u64),
    /// The trial that it has, once more.
    Again(Id, u64),
    /// None, and when there is one.
    Used(NextTrial),
    /// The product has none.
    NoTrials,
}

impl Got {
    pub(crate) fn is_trial(&self) -> bool {
        matches!(self, Self::Trial(..))
    }

    pub(crate) fn id(&self) -> Id {
        match self {
            Self::Trial(id, _) | Self::Again(id, _) => *id,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn product_id() -> ProductId {
    "acme-cad".parse().unwrap()
}

pub(crate) fn per_version(newest: u64) -> TrialAgain {
    TrialAgain::PerMajorVersion { newest, since: None }
}

pub(crate) fn policy(again: TrialAgain) -> TrialPolicy {
    TrialPolicy { days: Some(14), again, ..TrialPolicy::none() }
}

impl Machine {
    pub(crate) fn new(name: &str) -> Self {
        let parts =
            ["machine-id", "board", "disk", "mac", "cpu"].map(|c| (c, format!("{c} of {name}")));
        Self::of(name, parts)
    }

    pub(crate) fn of(name: &str, parts: [(&str, String); 5]) -> Self {
        let fingerprint = Fingerprint::of_raw(&product_id(), parts).unwrap();
        let device =
            Device { name: Some(name.into()), platform: None, app_version: None, fingerprint };
        Self { key: new_key(), device }
    }

    /// The same machine, set up anew.
    pub(crate) fn reinstalled(&self) -> Self {
        Self { key: new_key(), device: self.device.clone() }
    }

    /// The same machine with so many parts replaced.
    pub(crate) fn with_new_parts(&self, count: usize, tag: &str) -> Self {
        let name = self.device.name.clone().unwrap();
        let names = ["machine-id", "board", "disk", "mac", "cpu"];
        let mut n = 0;
        let parts = names.map(|part| {
            n += 1;
            let replaced = if n <= count { tag } else { "" };
            (part, format!("{part} of {name}{replaced}"))
        });
        Self { key: self.key, device: Self::of(&name, parts).device }
    }

    pub(crate) fn version(&self, version: Option<&str>) -> Self {
        let mut other = self.clone();
        other.device.app_version = version.map(str::to_owned);
        other
    }
}

fn new_key() -> Thumbprint {
    SigningKey::generate(&mut rng()).public_key().thumbprint()
}

impl World {
    pub(crate) async fn new(trial: TrialPolicy) -> Self {
        let database = countersign_testing::test_database!();
        let store = database.open(Options::default(), NOW);
        let admin = random_id();
        let user = User {
            status: UserStatus::Active,
            ..User::invited(admin, "ada@acme.example", Role::Admin, NOW)
        };
        store.create_user(user, "test", NOW).await.unwrap();
        let world = Self { store, admin, _database: database };
        world.save(trial, NOW).await;
        world
    }

    pub(crate) async fn product(&self) -> Product {
        self.store.product(&product_id()).await.unwrap().unwrap()
    }

    pub(crate) async fn save(&self, trial: TrialPolicy, now: u64) {
        let product = Product {
            id: product_id(),
            name: "Acme CAD".into(),
            trial,
            reinstall_allowance: 3,
            archived: false,
            created_at: NOW,
        };
        self.store.save_product(product, "test", now).await.unwrap();
    }

    /// Asks with a new request, as the portal does it: sign what is planned, and again where that has become stale.
    pub(crate) async fn ask(&self, machine: &Machine, now: u64) -> Got {
        let request = Hash::of(random_id().to_string());
        self.ask_with(machine, request, now).await
    }

    pub(crate) async fn ask_with(&self, machine: &Machine, request: Hash, now: u64) -> Got {
        if let Some(answer) = self.store.answer(&request).await.unwrap() {
            return said(&answer.token);
        }
        loop {
            let terms = self.product().await;
            let plan =
                self.store.trial_plan(&terms, &machine.key, &machine.device, now).await.unwrap();
            let (id, end, again) = match plan {
                TrialPlan::Again(trial) => (trial.id, trial.expires_at, true),
                TrialPlan::Start(_) | TrialPlan::Used(_) => match terms.trial.end_from(now) {
                    TrialEnd::At(end) => (random_id(), end, false),
                    TrialEnd::NoTrials | TrialEnd::Over(_) => return Got::NoTrials,
                },
            };
            let start = self.start(terms, machine, id, end, request, now);
            match self.store.start_trial(start).await.unwrap() {
                TrialStarted::Done if again => return Got::Again(id, end),
                TrialStarted::Done => return Got::Trial(id, end),
                TrialStarted::Repeated(answer) => return said(&answer.token),
                TrialStarted::AlreadyUsed(used) => return Got::Used(used.next),
                TrialStarted::Stale => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) fn start(
        &self,
        terms: Product,
        machine: &Machine,
        id: Id,
        end: u64,
        request: Hash,
        now: u64,
    ) -> StartTrial {
        StartTrial {
            terms,
            trial: id,
            device_key: machine.key,
            device: machine.device.clone(),
            request_id: random_id(),
            request_hash: request,
            response: format!("{id} {end}"),
            expires_at: end,
            limits: TrialLimits::default(),
            by_user: None,
            now,
        }
    }

    pub(crate) async fn trial(&self, id: Id) -> Trial {
        self.store.trial(&id).await.unwrap().unwrap()
    }

    /// An admin extends it, beyond any limit.
    pub(crate) async fn extend(&self, trial: &Trial, days: u64, now: u64) -> TrialExtended {
        self.store.extend_trial(self.extension(trial, days, now)).await.unwrap()
    }

    pub(crate) fn extension(&self, trial: &Trial, days: u64, now: u64) -> ExtendTrial {
        ExtendTrial {
            trial: trial.id,
            seen_end: trial.expires_at,
            days,
            limits: ExtensionLimits { times: 1, days: 14 },
            beyond: BeyondLimits::Meant,
            by: self.admin,
            actor: format!("user:{}", self.admin),
            now,
        }
    }

    pub(crate) async fn actions(&self, action: &str) -> usize {
        let all = self.store.audit_latest(10_000).await.unwrap();
        all.iter().filter(|entry| entry.action == action).count()
    }
}

/// What an answer said when it was given first.
fn said(token: &str) -> Got {
    let (id, end) = token.split_once(' ').unwrap();
    Got::Trial(id.parse().unwrap(), end.parse().unwrap())
}
