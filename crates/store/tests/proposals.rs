//! The two-person rule, by those who would go round it.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::collections::BTreeMap;

use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::{Id, LicenseId};
use countersign_store::{
    Act, Decided, License, LicenseChange, NewJob, NewLicense, Options, Product, ProposalState,
    Proposed, ReleaseLimits, Role, Store, StoreError, User, UserStatus, Validity,
};

const NOW: u64 = 1_790_000_000;
const DAY: u64 = 86_400;

fn rng() -> impl getrandom::rand_core::CryptoRng {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

/// Two admins, the rule on.
struct World {
    store: Store,
    ada: Id,
    bob: Id,
    _database: countersign_testing::TestDatabase,
}

impl World {
    async fn new() -> Self {
        let database = countersign_testing::test_database!();
        let store = database.open(Options::default(), NOW);
        let product = Product {
            id: "acme-cad".parse().unwrap(),
            name: "Acme CAD".into(),
            trial: countersign_store::TrialPolicy {
                days: None,
                strategy: Strategy::Fuzzy,
                entitlements: BTreeMap::new(),
                ..countersign_store::TrialPolicy::none()
            },
            reinstall_allowance: 3,
            archived: false,
            created_at: NOW,
        };
        store.save_product(product, "test", NOW).await.unwrap();
        let world =
            Self { store, ada: Id::from([1; 16]), bob: Id::from([2; 16]), _database: database };
        world.admin(world.ada, "ada@acme.example").await;
        assert_eq!(world.begin().await, Proposed::NobodyElse, "a rule that nobody could meet");
        world.admin(world.bob, "bob@acme.example").await;
        assert_eq!(world.begin().await, Proposed::Done);
        world
    }

    async fn begin(&self) -> Proposed {
        self.store.begin_two_people(self.ada, NOW).await.unwrap()
    }

    async fn admin(&self, id: Id, email: &str) {
        let user =
            User { status: UserStatus::Active, ..User::invited(id, email, Role::Admin, NOW) };
        self.store.create_user(user, "test", NOW).await.unwrap();
    }

    async fn suspend(&self, id: Id) {
        let user = self.store.user(id).await.unwrap().unwrap();
        let user = User { status: UserStatus::Suspended, ..user };
        self.store.change_user(user, "test", NOW).await.unwrap();
    }

    async fn propose(&self, act: Act, by: Id) -> (Id, Proposed) {
        let id = Id::random(&mut rng());
        let tell = |admin: Id| NewJob {
            kind: "mail",
            payload: admin.to_string(),
            once: None,
            run_at: NOW,
        };
        (id, self.store.propose(id, act, by, tell, NOW).await.unwrap())
    }

    /// A proposal of Ada's.
    async fn waiting(&self, act: Act) -> Id {
        let (id, proposed) = self.propose(act, self.ada).await;
        assert_eq!(proposed, Proposed::Done);
        id
    }

    async fn approve(&self, id: Id, by: Id) -> Decided {
        self.store.approve_proposal(id, by, NOW + DAY).await.unwrap()
    }

    async fn license(&self, validity: Validity) -> Result<LicenseId, StoreError> {
        self.store.create_license(new(validity), "test", NOW).await
    }

    async fn stored(&self, id: &LicenseId) -> License {
        self.store.license(id).await.unwrap().unwrap()
    }

    async fn count(&self) -> usize {
        self.store.licenses(100).await.unwrap().len()
    }
}

fn new(validity: Validity) -> NewLicense {
    NewLicense {
        key: LicenseKey::generate(&mut rng()),
        product: "acme-cad".parse().unwrap(),
        plan: Some("Pro".into()),
        holder: Some("Jane".into()),
        owner: None,
        organization: None,
        allowed_activations: Some(3),
        allowed_deactivations: None,
        validity,
        response_validity: DAY,
        strategy: Strategy::Fuzzy,
        entitlements: BTreeMap::from([(
            "parts".into(),
            countersign_core::response::Entitlement::Integer(7),
        )]),
        metadata: Default::default(),
    }
}

fn perpetual() -> Act {
    let highest_version = Some("2.x".parse().unwrap());
    let limits = ReleaseLimits { maintenance_until: Some(NOW + DAY), highest_version };
    Act::CreateLicense { new: Box::new(new(Validity::Perpetual)), limits }
}

#[tokio::test]
async fn a_license_without_an_end_is_created_by_two_and_is_what_the_first_wanted() {
    let world = World::new().await;
    let act = perpetual();
    let Act::CreateLicense { new: wanted, limits } = act.clone() else { unreachable!() };
    let id = world.waiting(act).await;
    assert_eq!(world.count().await, 0);
    assert_eq!(world.store.proposals_waiting(NOW).await.unwrap().len(), 1);
    // The other one gets the mail, and nobody else.
    let jobs = world.store.take_jobs("mail", 10, 60, NOW).await.unwrap();
    assert_eq!(jobs.iter().map(|job| &*job.payload).collect::<Vec<_>>(), [world.bob.to_string()]);
    assert_eq!(world.approve(id, world.bob).await, Decided::Done);
    let made = world.stored(&wanted.key.id()).await;
    assert_eq!(
        (made.validity, made.plan, made.allowed_activations),
        (Validity::Perpetual, wanted.plan, Some(3))
    );
    assert_eq!(made.entitlements, wanted.entitlements);
    let terms = world.store.release_terms_of(&made.id).await.unwrap().unwrap();
    assert_eq!(terms.limits, limits);
    let log = world.store.audit_latest(20).await.unwrap();
    let said: Vec<_> = log.iter().map(|e| (&*e.action, &*e.actor)).collect();
    let (ada, bob) = (format!("user:{}", world.ada), format!("user:{}", world.bob));
    assert!(
        said.contains(&("proposal.make", &ada)) && said.contains(&("license.create", &ada)),
        "{said:?}"
    );
    assert!(said.contains(&("proposal.approve", &bob)), "{said:?}");
}

#[tokio::test]
async fn attack_no_door_creates_or_extends_to_an_end_that_is_as_good_as_none() {
    let world = World::new().await;
    let far = 3651 * DAY;
    for validity in [
        Validity::Perpetual,
        Validity::Fixed(NOW + far),
        Validity::FromCreation(far),
        Validity::FromFirstActivation(far),
    ] {
        let refused = world.license(validity).await.unwrap_err();
        assert!(matches!(refused, StoreError::NeedsSecondPerson), "{validity:?}: {refused}");
        let limits = ReleaseLimits::default();
        world.store.create_limited_license(new(validity), limits, "test", NOW).await.unwrap_err();
    }
    assert_eq!(world.count().await, 0);
    let id = world.license(Validity::Fixed(NOW + 365 * DAY)).await.unwrap();
    for end in [Some(NOW + far), None] {
        let changed = License { expires_at: end, ..world.stored(&id).await };
        let limits = ReleaseLimits::default();
        let refused = world.store.change_license(changed.clone(), "test", NOW).await.unwrap();
        assert_eq!(refused, LicenseChange::NeedsSecondPerson);
        let refused =
            world.store.change_limited_license(changed, limits, "test", NOW).await.unwrap();
        assert_eq!(refused, LicenseChange::NeedsSecondPerson);
    }
    let near = License { expires_at: Some(NOW + 3650 * DAY), ..world.stored(&id).await };
    assert_eq!(world.store.change_license(near, "test", NOW).await.unwrap(), LicenseChange::Done);
}

#[tokio::test]
async fn attack_nobody_approves_their_own_proposal() {
    let world = World::new().await;
    let id = world.waiting(perpetual()).await;
    assert_eq!(world.approve(id, world.ada).await, Decided::OwnProposal);
    assert_eq!(world.count().await, 0);
    // They may take it back, and then it is over.
    assert_eq!(world.store.refuse_proposal(id, world.ada, NOW).await.unwrap(), Decided::Done);
    assert_eq!(world.approve(id, world.bob).await, Decided::Over);
    assert_eq!(world.count().await, 0);
}

#[tokio::test]
async fn attack_a_suspended_admin_a_customer_or_nobody_approves_nothing() {
    let world = World::new().await;
    let (cy, jane) = (Id::from([3; 16]), Id::from([4; 16]));
    world.admin(cy, "cy@acme.example").await;
    world.suspend(cy).await;
    let customer = User::invited(jane, "jane@lab.example", Role::Customer, NOW);
    let customer = User { status: UserStatus::Active, ..customer };
    world.store.create_user(customer, "test", NOW).await.unwrap();
    let id = world.waiting(perpetual()).await;
    for by in [cy, jane, Id::from([9; 16])] {
        assert_eq!(world.approve(id, by).await, Decided::NotAdmin);
        assert_eq!(world.store.refuse_proposal(id, by, NOW).await.unwrap(), Decided::NotAdmin);
        assert_eq!(world.propose(perpetual(), by).await.1, Proposed::NotAdmin);
    }
    assert_eq!(world.count().await, 0);
    assert_eq!(world.approve(id, world.bob).await, Decided::Done);
}

#[tokio::test]
async fn attack_a_proposal_is_approved_once_whoever_asks_how_often() {
    let world = World::new().await;
    let cy = Id::from([3; 16]);
    world.admin(cy, "cy@acme.example").await;
    let id = world.waiting(perpetual()).await;
    let (store, bob) = (&world.store, world.bob);
    let both =
        tokio::join!(store.approve_proposal(id, bob, NOW), store.approve_proposal(id, cy, NOW));
    let both = [both.0.unwrap(), both.1.unwrap()];
    assert!(both.contains(&Decided::Done) && both.contains(&Decided::Over), "{both:?}");
    assert_eq!(world.approve(id, bob).await, Decided::Over);
    assert_eq!(world.count().await, 1);
}

#[tokio::test]
async fn attack_a_proposal_whose_license_changed_meanwhile_is_stale() {
    let world = World::new().await;
    let id = world.license(Validity::Fixed(NOW + 365 * DAY)).await.unwrap();
    let extend = |license: &License| Act::ExtendLicense {
        license: license.id,
        revision: license.revision,
        expires_at: NOW + 9_999 * DAY,
    };
    let proposal = world.waiting(extend(&world.stored(&id).await)).await;
    let changed = License { holder: Some("Mallory".into()), ..world.stored(&id).await };
    assert_eq!(
        world.store.change_license(changed, "test", NOW).await.unwrap(),
        LicenseChange::Done
    );
    assert_eq!(world.approve(proposal, world.bob).await, Decided::Stale);
    assert_eq!(world.stored(&id).await.expires_at, Some(NOW + 365 * DAY));
    assert_eq!(world.store.proposal(proposal).await.unwrap().unwrap().state, ProposalState::Stale);
    // As it is now.
    let proposal = world.waiting(extend(&world.stored(&id).await)).await;
    assert_eq!(world.approve(proposal, world.bob).await, Decided::Done);
    assert_eq!(world.stored(&id).await.expires_at, Some(NOW + 9_999 * DAY));
}

#[tokio::test]
async fn a_proposal_of_somebody_who_was_suspended_since_and_one_of_a_week_ago_come_to_nothing() {
    let world = World::new().await;
    let cy = Id::from([3; 16]);
    world.admin(cy, "cy@acme.example").await;
    let old = world.waiting(perpetual()).await;
    assert_eq!(world.store.approve_proposal(old, cy, NOW + 7 * DAY).await.unwrap(), Decided::Over);
    assert!(world.store.proposals_waiting(NOW + 7 * DAY).await.unwrap().is_empty());
    let id = world.waiting(perpetual()).await;
    // The first admin owns the portal: somebody else has to, first.
    world.store.change_role(cy, Role::Owner, "test", NOW).await.unwrap();
    world.suspend(world.ada).await;
    assert_eq!(world.approve(id, world.bob).await, Decided::Stale);
    assert_eq!(world.count().await, 0);
}

#[tokio::test]
async fn the_rule_ends_by_two_people() {
    let world = World::new().await;
    let id = world.waiting(Act::EndRule).await;
    assert_eq!(world.approve(id, world.ada).await, Decided::OwnProposal);
    assert!(world.store.needs_two_people().await.unwrap());
    assert_eq!(world.approve(id, world.bob).await, Decided::Done);
    assert!(!world.store.needs_two_people().await.unwrap());
    world.license(Validity::Perpetual).await.unwrap();
}

#[tokio::test]
async fn who_is_left_alone_can_propose_nothing() {
    let world = World::new().await;
    world.suspend(world.bob).await;
    assert_eq!(world.propose(Act::EndRule, world.ada).await.1, Proposed::NobodyElse);
    // Whoever runs the host can end it.
    world.store.end_two_people("admin-command", NOW).await.unwrap();
    assert!(!world.store.needs_two_people().await.unwrap());
}

#[tokio::test]
async fn a_flood_of_proposals_ends() {
    let world = World::new().await;
    for _ in 0..100 {
        world.waiting(Act::EndRule).await;
    }
    assert_eq!(world.propose(Act::EndRule, world.ada).await.1, Proposed::TooMany);
}
