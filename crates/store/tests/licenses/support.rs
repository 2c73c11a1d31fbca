//! Support and who only reads: what they do with licenses, and where it ends.

use countersign_core::{Id, LicenseId};
use countersign_store::{
    Access, Act, Activated, Decided, LicenseScope, NewJob, Proposed, Release, ReleaseOutcome, Role,
    SUPPORT_RELEASES_PER_DAY, SUPPORT_RELEASES_PER_YEAR, User,
};

use super::world::{DAY, LIMITED, Machine, NOW, World, random_id};

impl World {
    async fn somebody(&self, name: &str, role: Role) -> User {
        self.user(name, |user| user.role = role).await
    }

    async fn limit(&self, (name, _): (&str, u64), limit: u64) {
        let settings = [(name.to_owned(), limit.to_string())].into();
        self.store.set_settings(settings, "test", NOW).await.unwrap();
    }

    /// A license with so many machines.
    async fn licensed_machines(&self, count: usize) -> (LicenseId, Vec<Id>) {
        let license = self.license(|new| new.allowed_activations = Some(50)).await;
        let mut ids = Vec::new();
        for n in 0..count {
            ids.push(self.activate(&license, &Machine::new(&format!("lab-{n}")), NOW).await);
        }
        (license, ids)
    }
}

#[tokio::test]
async fn support_releases_seats_within_the_limit_of_a_license() {
    let world = World::new().await;
    let sue = world.somebody("sue", Role::Support).await;
    let (license, machines) = world.licensed_machines(4).await;
    assert_eq!(world.store.access_to(&sue, &license).await.unwrap(), Some(Access::Support));
    world.limit(SUPPORT_RELEASES_PER_YEAR, 2).await;
    for machine in &machines[..2] {
        assert_eq!(world.release(license, *machine, &sue, NOW).await, ReleaseOutcome::Done);
    }
    let refused = world.release(license, machines[2], &sue, NOW).await;
    let again_at = Some(NOW + 365 * DAY);
    assert_eq!(refused, ReleaseOutcome::QuotaUsedUp { allowed: 2, again_at });
    // Another one of support is held to the same, whoever released before; an admin is not.
    let sam = world.somebody("sam", Role::Support).await;
    let refused = world.release(license, machines[2], &sam, NOW).await;
    assert_eq!(refused, ReleaseOutcome::QuotaUsedUp { allowed: 2, again_at });
    let ada = world.vendor().await;
    assert_eq!(world.release(license, machines[2], &ada, NOW).await, ReleaseOutcome::Done);
    world.is_sound().await;
}

#[tokio::test]
async fn attack_a_stolen_account_of_support_releases_seats_of_every_license() {
    let world = World::new().await;
    let sue = world.somebody("sue", Role::Support).await;
    world.limit(SUPPORT_RELEASES_PER_DAY, 3).await;
    let mut done = 0;
    for _ in 0..6 {
        let (license, machines) = world.licensed_machines(1).await;
        match world.release(license, machines[0], &sue, NOW + done).await {
            ReleaseOutcome::Done => done += 1,
            refused => assert_eq!(
                refused,
                ReleaseOutcome::DayUsedUp { allowed: 3, again_at: Some(NOW + DAY) }
            ),
        }
    }
    assert_eq!(done, 3);
    let (license, machines) = world.licensed_machines(1).await;
    assert_eq!(world.release(license, machines[0], &sue, NOW + DAY).await, ReleaseOutcome::Done);
    world.limit(SUPPORT_RELEASES_PER_DAY, 0).await;
    let (license, machines) = world.licensed_machines(1).await;
    assert_eq!(
        world.release(license, machines[0], &sue, NOW + 9 * DAY).await,
        ReleaseOutcome::DayUsedUp { allowed: 0, again_at: None }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_support_releases_many_seats_at_once_to_pass_the_limit() {
    let world = World::new().await;
    let sue = world.somebody("sue", Role::Support).await;
    world.limit(SUPPORT_RELEASES_PER_YEAR, 3).await;
    let (license, machines) = world.licensed_machines(12).await;
    let mut releases = Vec::new();
    for activation in machines {
        let (store, by) = (world.store.clone(), sue.id);
        let release =
            Release { license, activation, by, reason: String::new(), policy: LIMITED, now: NOW };
        releases.push(tokio::spawn(async move { store.release_seat(release).await.unwrap() }));
    }
    let mut outcomes = Vec::new();
    for release in releases {
        outcomes.push(release.await.unwrap());
    }
    let done = outcomes.iter().filter(|outcome| **outcome == ReleaseOutcome::Done).count();
    assert_eq!((done, world.get(&license).await.total_releases), (3, 3));
    world.is_sound().await;
}

#[tokio::test]
async fn who_only_reads_sees_every_license_and_takes_and_frees_no_seat() {
    let world = World::new().await;
    let ron = world.somebody("ron", Role::ReadOnly).await;
    let (license, machines) = world.licensed_machines(1).await;
    let access = world.store.access_to(&ron, &license).await.unwrap().unwrap();
    assert_eq!(access, Access::ReadOnly);
    assert!(!access.manages() && !access.acts() && access.is_vendors());
    assert!(LicenseScope::vendor(&ron).is_some());
    let refused = world.release(license, machines[0], &ron, NOW).await;
    assert_eq!(refused, ReleaseOutcome::NotTheirs);
    let (activated, _) = world.activate_by(&license, &Machine::new("own"), Some(&ron), NOW).await;
    assert!(matches!(activated, Activated::Refused(_)), "{activated:?}");
    // What is theirs they use like everybody.
    let own = world.license(|new| new.owner = Some(ron.id)).await;
    assert_eq!(world.store.access_to(&ron, &own).await.unwrap(), Some(Access::Owner));
}

#[tokio::test]
async fn what_support_may_do_under_the_two_person_rule_an_admin_approves() {
    let world = World::new().await;
    let (ada, sue) = (world.vendor().await, world.somebody("sue", Role::Support).await);
    world.somebody("bob", Role::Admin).await;
    let (license, machines) = world.licensed_machines(2).await;
    assert_eq!(world.store.begin_two_people(ada.id, NOW).await.unwrap(), Proposed::Done);
    let refused = world.release(license, machines[0], &sue, NOW).await;
    assert_eq!(refused, ReleaseOutcome::NeedsSecondPerson);
    let propose = async |act| {
        let id = random_id();
        let tell = |_| NewJob { kind: "none", payload: String::new(), once: None, run_at: NOW };
        (id, world.store.propose(id, act, sue.id, tell, NOW).await.unwrap())
    };
    let release =
        |machine: Id| Act::ReleaseSeat { license, activation: machine, reason: "lost".into() };
    assert_eq!(propose(Act::EndRule).await.1, Proposed::NotAdmin);
    let (first, done) = propose(release(machines[0])).await;
    assert_eq!(done, Proposed::Done);
    let (second, _) = propose(release(machines[1])).await;
    // Not by themselves, nor another one of support; an admin does.
    let store = &world.store;
    let sam = world.somebody("sam", Role::Support).await;
    for user in [&sue, &sam] {
        assert_eq!(store.approve_proposal(first, user.id, NOW).await.unwrap(), Decided::NotAdmin);
    }
    assert_eq!(store.refuse_proposal(first, sam.id, NOW).await.unwrap(), Decided::NotAdmin);
    assert_eq!(store.approve_proposal(first, ada.id, NOW).await.unwrap(), Decided::Done);
    assert!(store.activation(&machines[0]).await.unwrap().unwrap().release.is_some());
    // Their own they take back.
    assert_eq!(store.refuse_proposal(second, sue.id, NOW).await.unwrap(), Decided::Done);
}
