//! The verbs against a real database file: limits, races, refusals, neighbours in one commit.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::sync::Arc;

use countersign_core::fingerprint::{Fingerprint, Strategy};
use countersign_core::license_key::LicenseKey;
use countersign_core::request::Device;
use countersign_core::{Hash, Id, LicenseId, ProductId, SigningKey, Thumbprint};
use countersign_store::{
    Activate, Activated, ActivationRefusal, ActivationState, Deactivate, Deactivated, License,
    LicenseChange, LicenseStatus, NewJob, NewLicense, Options, Product, Right, Role, Seat,
    StartTrial, Store, Throttle, TrialLimits, TrialStarted, User, UserStatus, Validity,
};

const NOW: u64 = 1_790_000_000;

fn rng() -> impl getrandom::rand_core::CryptoRng {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

struct World {
    store: Store,
    product: ProductId,
    terms: Product,
    _database: countersign_testing::TestDatabase,
}

impl World {
    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let database = countersign_testing::test_database!();
        let store = database.open(options, NOW);
        let product: ProductId = "acme-cad".parse().unwrap();
        let acme = Product {
            id: product.clone(),
            name: "Acme CAD".into(),
            trial: countersign_store::TrialPolicy {
                days: Some(14),
                strategy: Strategy::Fuzzy,
                entitlements: Default::default(),
                ..countersign_store::TrialPolicy::none()
            },
            reinstall_allowance: 3,
            archived: false,
            created_at: NOW,
        };
        store.save_product(acme.clone(), "test", NOW).await.unwrap();
        Self { store, product, terms: acme, _database: database }
    }

    async fn license(&self, seats: Option<u64>, deactivations: Option<u64>) -> LicenseId {
        self.license_with(seats, deactivations, Validity::Perpetual).await
    }

    async fn license_with(
        &self,
        seats: Option<u64>,
        deactivations: Option<u64>,
        validity: Validity,
    ) -> LicenseId {
        let new = NewLicense {
            key: LicenseKey::generate(&mut rng()),
            product: self.product.clone(),
            plan: None,
            holder: None,
            owner: None,
            organization: None,
            allowed_activations: seats,
            allowed_deactivations: deactivations,
            validity,
            response_validity: 1000,
            strategy: Strategy::Fuzzy,
            entitlements: Default::default(),
            metadata: Default::default(),
        };
        self.store.create_license(new, "test", NOW).await.unwrap()
    }

    async fn get(&self, id: &LicenseId) -> License {
        self.store.license(id).await.unwrap().unwrap()
    }

    /// A request of `machine`, signed as a renewal where that is what it is; retried as the portal does.
    async fn activate(&self, license: &LicenseId, machine: &Machine, now: u64) -> (Activated, Id) {
        let request_hash = Hash::of(Id::random(&mut rng()).to_string());
        loop {
            let read = self.get(license).await;
            let seat = self
                .store
                .activation_plan(license, &machine.key, &machine.device.fingerprint, &[], now)
                .await
                .unwrap();
            let activation = match seat {
                Ok(Seat::Renewal(own)) => own.id,
                _ => Id::random(&mut rng()),
            };
            let activate = Activate {
                terms: read.clone(),
                activation,
                request_id: Id::random(&mut rng()),
                request_hash,
                device_key: machine.key,
                device: machine.device.clone(),
                response: format!("response of {activation}"),
                expires_at: read.grant_end(now),
                import_by: now + 1000,
                door: "api",
                by_user: None,
                right: Right::Key,
                now,
            };
            match self.store.activate(activate).await.unwrap() {
                Activated::Stale => {}
                other => return (other, activation),
            }
        }
    }

    async fn deactivate(&self, activation: Id, machine: &Machine) -> Deactivated {
        let deactivate = Deactivate {
            activation,
            device_key: machine.key,
            request_hash: Hash::of(Id::random(&mut rng()).to_string()),
            receipt: "receipt".into(),
            by_user: None,
            now: NOW + 10,
        };
        self.store.deactivate(deactivate).await.unwrap()
    }
}

#[derive(Clone)]
struct Machine {
    key: Thumbprint,
    device: Device,
}

impl Machine {
    fn new(name: &str, product: &ProductId) -> Self {
        let raw =
            ["machine-id", "board", "disk", "mac", "cpu"].map(|c| (c, format!("{c} of {name}")));
        let fingerprint = Fingerprint::of_raw(product, raw).unwrap();
        let device =
            Device { name: Some(name.into()), platform: None, app_version: None, fingerprint };
        Self { key: new_key(), device }
    }

    fn reinstalled(&self) -> Self {
        Self { key: new_key(), device: self.device.clone() }
    }
}

fn new_key() -> Thumbprint {
    SigningKey::generate(&mut rng()).public_key().thumbprint()
}

#[tokio::test]
async fn seats_are_taken_and_come_back() {
    let world = World::new().await;
    let license = world.license(Some(1), Some(1)).await;
    let (a, b) = (Machine::new("a", &world.product), Machine::new("b", &world.product));
    let (done, first) = world.activate(&license, &a, NOW).await;
    assert_eq!(done, Activated::Done);
    let refused = Activated::Refused(ActivationRefusal::SeatsUsedUp { allowed: 1 });
    assert_eq!(world.activate(&license, &b, NOW).await.0, refused);
    assert_eq!(world.deactivate(first, &b).await, Deactivated::OtherDevice);
    assert_eq!(world.deactivate(first, &a).await, Deactivated::Done);
    assert_eq!(world.activate(&license, &b, NOW).await.0, Activated::Done);
    assert!(world.store.integrity_check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_renewal_keeps_the_activation_and_takes_no_seat() {
    let world = World::new().await;
    let license = world.license(Some(1), None).await;
    let a = Machine::new("a", &world.product);
    let (_, first) = world.activate(&license, &a, NOW).await;
    let (renewed, second) = world.activate(&license, &a, NOW + 5).await;
    assert_eq!((renewed, second), (Activated::Done, first));
    assert_eq!(world.get(&license).await.live_activations, 1);
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer() {
    let world = World::new().await;
    let license = world.license(Some(5), None).await;
    let a = Machine::new("a", &world.product);
    let activate = Activate {
        terms: world.get(&license).await,
        activation: Id::random(&mut rng()),
        request_id: Id::random(&mut rng()),
        request_hash: Hash::of("one"),
        device_key: a.key,
        device: a.device.clone(),
        response: "first".into(),
        expires_at: None,
        import_by: NOW + 1,
        door: "api",
        by_user: None,
        right: Right::Key,
        now: NOW,
    };
    let again = Activate {
        response: "second".into(),
        activation: Id::random(&mut rng()),
        ..activate.clone()
    };
    assert_eq!(world.store.activate(activate).await.unwrap(), Activated::Done);
    let Activated::Repeated(answer) = world.store.activate(again).await.unwrap() else { panic!() };
    assert_eq!(answer.token, "first");
    assert_eq!(world.get(&license).await.live_activations, 1);
}

#[tokio::test]
async fn a_reinstalled_machine_takes_over_its_own_seat_within_the_allowance() {
    let world = World::new().await;
    let license = world.license(Some(2), None).await;
    let mut machine = Machine::new("a", &world.product);
    let (_, first) = world.activate(&license, &machine, NOW).await;
    for n in 1..=3 {
        machine = machine.reinstalled();
        assert_eq!(world.activate(&license, &machine, NOW + n).await.0, Activated::Done);
        assert_eq!(world.get(&license).await.live_activations, 1);
    }
    assert_eq!(
        world.store.activation(&first).await.unwrap().unwrap().state,
        ActivationState::Replaced
    );
    assert_eq!(
        world.deactivate(first, &Machine::new("a", &world.product)).await,
        Deactivated::OtherDevice
    );
    let fourth = machine.reinstalled();
    let refused = Activated::Refused(ActivationRefusal::ReinstallsUsedUp { allowed: 3 });
    assert_eq!(world.activate(&license, &fourth, NOW + 9).await.0, refused);
    let next_year = world.activate(&license, &fourth, NOW + 366 * 86_400).await.0;
    assert_eq!(next_year, Activated::Done);
}

#[tokio::test]
async fn a_proof_beyond_the_limit_is_recorded_and_the_seat_stays_with_that_machine() {
    let world = World::new().await;
    let license = world.license(Some(1), Some(0)).await;
    let (a, b) = (Machine::new("a", &world.product), Machine::new("b", &world.product));
    let (_, first) = world.activate(&license, &a, NOW).await;
    assert_eq!(world.deactivate(first, &a).await, Deactivated::UsedUp { allowed: 0 });
    assert_eq!(
        world.store.activation(&first).await.unwrap().unwrap().state,
        ActivationState::Returned
    );
    let refused = Activated::Refused(ActivationRefusal::SeatsUsedUp { allowed: 1 });
    assert_eq!(world.activate(&license, &b, NOW).await.0, refused);
    let (again, second) = world.activate(&license, &a, NOW).await;
    assert_eq!(again, Activated::Done);
    assert_ne!(first, second);
    assert_eq!(world.get(&license).await.live_activations, 1);
    assert!(world.store.integrity_check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_raised_limit_lets_a_recorded_proof_free_its_seat() {
    let world = World::new().await;
    let license = world.license(Some(1), Some(0)).await;
    let a = Machine::new("a", &world.product);
    let (_, first) = world.activate(&license, &a, NOW).await;
    world.deactivate(first, &a).await;
    let raised = License { allowed_deactivations: Some(1), ..world.get(&license).await };
    assert_eq!(world.store.change_license(raised, "test", NOW).await.unwrap(), LicenseChange::Done);
    assert_eq!(world.deactivate(first, &a).await, Deactivated::Done);
    assert_eq!(world.get(&license).await.live_activations, 0);
}

#[tokio::test]
async fn limits_cannot_be_set_below_what_is_used() {
    let world = World::new().await;
    let license = world.license(Some(2), None).await;
    world.activate(&license, &Machine::new("a", &world.product), NOW).await;
    let lowered = License { allowed_activations: Some(0), ..world.get(&license).await };
    let refused = LicenseChange::BelowUse { live: 1, deactivations: 0 };
    assert_eq!(world.store.change_license(lowered, "test", NOW).await.unwrap(), refused);
}

#[tokio::test]
async fn status_and_end_are_refusals_of_their_own() {
    let world = World::new().await;
    let a = Machine::new("a", &world.product);
    for (status, refusal) in [
        (LicenseStatus::Suspended, ActivationRefusal::Suspended),
        (LicenseStatus::Revoked, ActivationRefusal::Revoked),
    ] {
        let license = world.license(Some(1), None).await;
        let changed = License { status, ..world.get(&license).await };
        world.store.change_license(changed, "test", NOW).await.unwrap();
        assert_eq!(world.activate(&license, &a, NOW).await.0, Activated::Refused(refusal));
    }
    let ended = world.license_with(Some(1), None, Validity::Fixed(NOW)).await;
    let expired = Activated::Refused(ActivationRefusal::Expired { at: NOW });
    assert_eq!(world.activate(&ended, &a, NOW).await.0, expired);
}

#[tokio::test]
async fn the_first_activation_starts_the_validity_once() {
    let world = World::new().await;
    let license = world.license_with(Some(2), None, Validity::FromFirstActivation(100)).await;
    world.activate(&license, &Machine::new("a", &world.product), NOW + 7).await;
    world.activate(&license, &Machine::new("b", &world.product), NOW + 50).await;
    assert_eq!(world.get(&license).await.expires_at, Some(NOW + 107));
}

#[tokio::test]
async fn one_trial_per_machine_even_after_a_reinstallation() {
    let world = World::new().await;
    let start = |machine: &Machine, request: &str| StartTrial {
        terms: world.terms.clone(),
        trial: Id::random(&mut rng()),
        device_key: machine.key,
        device: machine.device.clone(),
        request_id: Id::random(&mut rng()),
        request_hash: Hash::of(request),
        response: "trial".into(),
        expires_at: NOW + 100,
        limits: TrialLimits::default(),
        by_user: None,
        now: NOW,
    };
    let a = Machine::new("a", &world.product);
    assert_eq!(world.store.start_trial(start(&a, "1")).await.unwrap(), TrialStarted::Done);
    assert!(matches!(
        world.store.start_trial(start(&a, "1")).await.unwrap(),
        TrialStarted::Repeated(_)
    ));
    assert!(matches!(
        world.store.start_trial(start(&a, "2")).await.unwrap(),
        TrialStarted::AlreadyUsed(_)
    ));
    let reinstalled = a.reinstalled();
    assert!(matches!(
        world.store.start_trial(start(&reinstalled, "3")).await.unwrap(),
        TrialStarted::AlreadyUsed(_)
    ));
    let b = Machine::new("b", &world.product);
    assert_eq!(world.store.start_trial(start(&b, "4")).await.unwrap(), TrialStarted::Done);
}

fn trial(world: &World, name: &str, limits: &TrialLimits, now: u64) -> StartTrial {
    let machine = Machine::new(name, &world.product);
    StartTrial {
        terms: world.terms.clone(),
        trial: Id::random(&mut rng()),
        device_key: machine.key,
        device: machine.device,
        request_id: Id::random(&mut rng()),
        request_hash: Hash::of(format!("{name} {now}")),
        response: "trial".into(),
        expires_at: now + 100,
        limits: limits.clone(),
        by_user: None,
        now,
    }
}

fn cap_letter(admin: Id, per_day: u64, now: u64) -> NewJob {
    let payload = format!("{admin} {per_day}");
    NewJob { kind: "letter", payload, once: None, run_at: now }
}

#[tokio::test]
async fn attack_a_race_starts_no_more_trials_in_a_day_than_may_be_and_the_admins_hear_of_it_once() {
    let world = World::new().await;
    for (email, role) in [("a@acme.example", Role::Admin), ("c@lab.example", Role::Customer)] {
        let user = User::invited(Id::random(&mut rng()), email, role, NOW);
        let user = User { status: UserStatus::Active, ..user };
        world.store.create_user(user, "test", NOW).await.unwrap();
    }
    let limits = TrialLimits { per_day: Some(7), per_machine: None, notice: Some(cap_letter) };
    let (store, limits) = (&world.store, &limits);
    // Some start before there is a cap: they count.
    for name in ["early-1", "early-2"] {
        let start = trial(&world, name, &TrialLimits::default(), NOW);
        assert_eq!(store.start_trial(start).await.unwrap(), TrialStarted::Done);
    }
    let names: Vec<String> = (0..40).map(|n| format!("machine-{n}")).collect();
    let starts: Vec<_> = names
        .iter()
        .map(|name| {
            let (store, start) = (store.clone(), trial(&world, name, limits, NOW));
            tokio::spawn(async move { store.start_trial(start).await.unwrap() })
        })
        .collect();
    let mut ended = Vec::new();
    for start in starts {
        ended.push(start.await.unwrap());
    }
    assert_eq!(ended.iter().filter(|end| **end == TrialStarted::Done).count(), 5);
    assert_eq!(ended.iter().filter(|end| **end == TrialStarted::CapReached).count(), 35);
    let letters = store.take_jobs("letter", 50, 1, NOW).await.unwrap();
    assert_eq!(letters.len(), 1, "one to each admin: {letters:?}");
    assert!(letters[0].payload.ends_with(" 7"));

    let known = ended.iter().position(|end| *end == TrialStarted::Done).unwrap();
    let again = store.start_trial(trial(&world, &names[known], limits, NOW)).await.unwrap();
    assert!(matches!(again, TrialStarted::Repeated(_)), "a known request is answered as before");
    let tomorrow = (NOW / 86_400 + 1) * 86_400;
    let fresh = store.start_trial(trial(&world, "fresh", limits, tomorrow)).await.unwrap();
    assert_eq!(fresh, TrialStarted::Done);
}

#[tokio::test]
async fn attack_one_machine_that_asks_again_and_again_waits() {
    let world = World::new().await;
    let policy = Throttle { free: 3, first_wait: 60, longest_wait: 600, forget_after: 1000 };
    let limits = TrialLimits { per_machine: Some(policy), ..TrialLimits::default() };
    let ask = async |name: &str, second: u64| {
        let start = trial(&world, name, &limits, NOW + second);
        world.store.start_trial(start).await.unwrap()
    };
    assert_eq!(ask("a", 0).await, TrialStarted::Done);
    for second in 1..=3 {
        assert!(matches!(ask("a", second).await, TrialStarted::AlreadyUsed(_)), "{second}");
    }
    assert_eq!(ask("a", 4).await, TrialStarted::TooOften(NOW + 63));
    assert_eq!(ask("a", 62).await, TrialStarted::TooOften(NOW + 63), "waiting costs nothing");
    assert!(matches!(ask("a", 0).await, TrialStarted::Repeated(_)), "the first request again");
    assert_eq!(ask("b", 4).await, TrialStarted::Done, "others do not wait");
    assert!(matches!(ask("a", 63).await, TrialStarted::AlreadyUsed(_)));
}

#[tokio::test]
async fn a_throttled_subject_waits_longer_each_time_but_not_for_ever() {
    let world = World::new().await;
    let policy = Throttle { free: 2, first_wait: 10, longest_wait: 100, forget_after: 1000 };
    let mut waits = Vec::new();
    let mut now = NOW;
    for _ in 0..8 {
        let taken = world.store.throttle_take(vec![("login:a".to_owned(), policy)], now).await;
        assert_eq!(taken.unwrap(), None);
        let until = world.store.throttled_until("login:a", now).await.unwrap();
        waits.push(until.map_or(0, |until| until - now));
        now = until.unwrap_or(now);
    }
    assert_eq!(waits, [0, 0, 10, 20, 40, 80, 100, 100]);
    assert_eq!(world.store.throttled_until("login:a", now + 101).await.unwrap(), None);
}

#[tokio::test]
async fn attempts_at_once_are_let_through_no_further_than_one_after_the_other() {
    let world = Arc::new(World::new().await);
    let policy = Throttle { free: 2, first_wait: 10, longest_wait: 100, forget_after: 1000 };
    let subjects = move || vec![("login:a".to_owned(), policy)];
    let attempts = (0..50).map(|_| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.store.throttle_take(subjects(), NOW).await })
    });
    let mut waits = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        waits.push(attempt.await.unwrap().unwrap());
    }
    assert_eq!(waits.iter().filter(|wait| wait.is_none()).count(), 3);
    assert!(waits.iter().flatten().all(|until| *until == NOW + 10), "who waits is not counted");
    world.store.throttle_clear("login:a").await.unwrap();
    assert_eq!(world.store.throttle_take(subjects(), NOW).await.unwrap(), None);
}

async fn race(options: Options) {
    let world = Arc::new(World::with(options).await);
    for _ in 0..40 {
        let license = world.license(Some(5), None).await;
        let tasks = (0..32).map(|n| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let machine = Machine::new(&format!("{license}-{n}"), &world.product);
                world.activate(&license, &machine, NOW).await.0
            })
        });
        let mut done = 0;
        for task in tasks.collect::<Vec<_>>() {
            match task.await.unwrap() {
                Activated::Done => done += 1,
                Activated::Refused(ActivationRefusal::SeatsUsedUp { allowed: 5 }) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((done, world.get(&license).await.live_activations), (5, 5));
    }
    assert!(world.store.integrity_check().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_at_once_never_oversell_five_seats() {
    race(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_without_group_commit() {
    race(Options { group_commit_max: 1, readers: 2, writers: 3, ..Options::default() }).await;
}

#[tokio::test]
async fn a_refused_write_does_not_undo_its_neighbours() {
    let world = World::new().await;
    let key = LicenseKey::generate(&mut rng());
    let new = NewLicense {
        key: key.clone(),
        product: world.product.clone(),
        plan: None,
        holder: None,
        owner: None,
        organization: None,
        allowed_activations: None,
        allowed_deactivations: None,
        validity: Validity::Perpetual,
        response_validity: 1,
        strategy: Strategy::Exact,
        entitlements: Default::default(),
        metadata: Default::default(),
    };
    let other = NewLicense { key: LicenseKey::generate(&mut rng()), ..new.clone() };
    let (store, twin) = (&world.store, new.clone());
    let (first, duplicate, neighbour) = tokio::join!(
        store.create_license(new, "test", NOW),
        store.create_license(twin, "test", NOW),
        store.create_license(other, "test", NOW),
    );
    assert!(duplicate.unwrap_err().is_constraint());
    for id in [first.unwrap(), neighbour.unwrap()] {
        assert!(store.license(&id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let database = countersign_testing::test_database!();
    database.open(Options::default(), NOW).close();
    let future = "INSERT INTO schema_migration VALUES (999, 'from the future', 0)";
    database.raw().execute(future).unwrap();
    let error = Store::connect(database.database(), Options::default(), NOW).unwrap_err();
    assert!(error.to_string().contains("newer version"), "{error}");
}
