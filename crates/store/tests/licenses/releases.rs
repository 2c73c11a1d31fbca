//! Seats of lost machines: a quota, a cool-down, and what happens when the machine comes back.

use std::sync::Arc;

use countersign_core::Hash;
use countersign_store::{
    Activated, ActivationState, Deactivate, Deactivated, NewLicense, Release, ReleaseOutcome,
    ReleasePolicy,
};

use super::world::{DAY, LIMITED, Machine, NOW, World, random_id};

#[tokio::test]
async fn a_released_seat_is_free_and_who_did_it_when_and_why_is_kept() {
    let world = World::new().await;
    let lab = world.organization("Lab").await;
    let jane = world.member("jane", lab).await;
    let license = world
        .license(|new| {
            new.owner = Some(jane.id);
            new.organization = Some(lab);
            new.allowed_activations = Some(1);
            new.allowed_deactivations = Some(0);
        })
        .await;
    let id = world.activate(&license, &Machine::new("a"), NOW).await;
    let release = Release {
        license,
        activation: id,
        by: jane.id,
        reason: format!(" {}", "é".repeat(300)),
        policy: LIMITED,
        now: NOW + 5,
    };
    assert_eq!(world.store.release_plan(&release).await.unwrap(), ReleaseOutcome::Done);
    assert_eq!(world.get(&license).await.live_activations, 1, "a plan changes nothing");
    assert_eq!(world.store.release_seat(release).await.unwrap(), ReleaseOutcome::Done);
    let read = world.get(&license).await;
    assert_eq!((read.live_activations, read.total_releases, read.total_deactivations), (0, 1, 0));
    let stored = world.store.activation(&id).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.ended_at), (ActivationState::Released, Some(NOW + 5)));
    let released = stored.release.unwrap();
    assert_eq!((released.by, released.by_name.as_deref()), (jane.id, Some("jane")));
    assert_eq!((released.reason, released.came_back_at), ("é".repeat(200), None));
    let log = world.store.audit_of_organization(lab, None, 1).await.unwrap();
    assert_eq!(
        (log[0].action.as_str(), log[0].subject.clone()),
        ("activation.release", id.to_string())
    );
    assert_eq!(log[0].actor, format!("user:{}", jane.id));
    world.activate(&license, &Machine::new("b"), NOW + 6).await;
    world.is_sound().await;
}

#[tokio::test]
async fn the_quota_and_the_cool_down_hold_for_the_license_and_not_for_the_vendor() {
    let world = World::new().await;
    let (jane, ada) = (world.user("jane", |_| ()).await, world.vendor().await);
    let license = world.license(|new| new.owner = Some(jane.id)).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(world.activate(&license, &Machine::new(&format!("m{n}")), NOW).await);
    }
    let year = 365 * DAY;
    assert_eq!(world.release(license, ids[0], &jane, NOW).await, ReleaseOutcome::Done);
    let soon = ReleaseOutcome::TooSoon { again_at: NOW + DAY };
    assert_eq!(world.release(license, ids[1], &jane, NOW + DAY - 1).await, soon);
    assert_eq!(world.release(license, ids[1], &jane, NOW + DAY).await, ReleaseOutcome::Done);
    let used_up = ReleaseOutcome::QuotaUsedUp { allowed: 2, again_at: Some(NOW + year) };
    assert_eq!(world.release(license, ids[2], &jane, NOW + 30 * DAY).await, used_up);
    let free = world.release(license, ids[2], &ada, NOW + 30 * DAY).await;
    assert_eq!(free, ReleaseOutcome::Done);
    // What the vendor released counts as well: two of the three have left the year by then.
    let then = NOW + DAY + year;
    assert_eq!(world.release(license, ids[3], &jane, then).await, ReleaseOutcome::Done);
    let none = ReleasePolicy { per_year: 0, cool_down: 0 };
    let never = ReleaseOutcome::QuotaUsedUp { allowed: 0, again_at: None };
    assert_eq!(world.release_by(license, ids[4], &jane, none, then + year).await, never);
    // Another license has its own quota.
    let other = world.license(|new| new.owner = Some(jane.id)).await;
    let id = world.activate(&other, &Machine::new("o"), NOW).await;
    assert_eq!(world.release(other, id, &jane, then).await, ReleaseOutcome::Done);
    world.is_sound().await;
}

#[tokio::test]
async fn what_holds_no_seat_is_not_released_and_another_licenses_machine_does_not_exist() {
    let world = World::new().await;
    let jane = world.user("jane", |_| ()).await;
    let own = |new: &mut NewLicense| new.owner = Some(jane.id);
    let (license, other) = (world.license(own).await, world.license(own).await);
    let a = Machine::new("a");
    let id = world.activate(&license, &a, NOW).await;
    assert_eq!(world.release(other, id, &jane, NOW).await, ReleaseOutcome::Unknown);
    assert_eq!(world.release(license, random_id(), &jane, NOW).await, ReleaseOutcome::Unknown);
    world.deactivate(id, &a).await;
    let gone = ReleaseOutcome::HoldsNoSeat(ActivationState::Deactivated);
    assert_eq!(world.release(license, id, &jane, NOW).await, gone);
    assert_eq!(world.get(&license).await.total_releases, 0);
    world.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_releases_at_once_pass_neither_the_quota_nor_the_cool_down() {
    let world = Arc::new(World::new().await);
    let jane = Arc::new(world.user("jane", |_| ()).await);
    let license =
        world.license(|new| (new.allowed_activations, new.owner) = (None, Some(jane.id))).await;
    let mut tasks = Vec::new();
    for n in 0..16 {
        let id = world.activate(&license, &Machine::new(&format!("m{n}")), NOW).await;
        let (world, jane) = (Arc::clone(&world), Arc::clone(&jane));
        let policy = ReleasePolicy { per_year: 3, cool_down: 0 };
        let release = async move { world.release_by(license, id, &jane, policy, NOW + 1).await };
        tasks.push(tokio::spawn(release));
    }
    let mut done = 0;
    for task in tasks {
        done += u32::from(task.await.unwrap() == ReleaseOutcome::Done);
    }
    let read = world.get(&license).await;
    assert_eq!((done, read.total_releases, read.live_activations), (3, 3, 13));
    world.is_sound().await;
}

#[tokio::test]
async fn one_seat_released_twice_at_once_is_freed_once() {
    let world = World::new().await;
    let ada = world.vendor().await;
    let license = world.license(|_| ()).await;
    let id = world.activate(&license, &Machine::new("a"), NOW).await;
    world.activate(&license, &Machine::new("b"), NOW).await;
    let release = || world.release(license, id, &ada, NOW);
    let outcomes = tokio::join!(release(), release());
    let gone = ReleaseOutcome::HoldsNoSeat(ActivationState::Released);
    assert_eq!(outcomes, (ReleaseOutcome::Done, gone));
    assert_eq!(world.get(&license).await.live_activations, 1);
    world.is_sound().await;
}

#[tokio::test]
async fn a_machine_that_comes_back_is_recognised_by_its_key_or_its_parts_and_takes_a_new_seat() {
    let world = World::new().await;
    let jane = world.user("jane", |_| ()).await;
    for reinstalled in [false, true] {
        let license = world
            .license(|new| (new.allowed_activations, new.owner) = (Some(2), Some(jane.id)))
            .await;
        let a = Machine::new("a");
        let id = world.activate(&license, &a, NOW).await;
        world.release(license, id, &jane, NOW).await;
        let back = if reinstalled { a.reinstalled() } else { a };
        let before = async |machine: &Machine| {
            let print = &machine.device.fingerprint;
            world.store.released_before(&license, &machine.key, print).await.unwrap()
        };
        assert_eq!(before(&back).await.unwrap().id, id);
        assert_eq!(before(&Machine::new("stranger")).await, None);
        let again = world.activate(&license, &back, NOW + 7).await;
        assert_ne!(again, id);
        let read = world.get(&license).await;
        assert_eq!((read.live_activations, read.total_activations), (1, 2), "a new seat");
        let former = world.store.activation(&id).await.unwrap().unwrap();
        assert_eq!(former.release.unwrap().came_back_at, Some(NOW + 7));
        let noted = world.store.audit_latest(1).await.unwrap().swap_remove(0);
        assert_eq!(noted.action, "activation.after-release");
        assert_eq!((noted.subject, noted.detail), (again.to_string(), id.to_string()));
        // That was said once; from now on it is a machine like any other.
        world.deactivate(again, &back).await;
        assert_eq!(before(&back).await, None);
        world.is_sound().await;
    }
}

#[tokio::test]
async fn a_machine_that_comes_back_gets_no_seat_when_none_is_free() {
    let world = World::new().await;
    let jane = world.user("jane", |_| ()).await;
    let license =
        world.license(|new| (new.allowed_activations, new.owner) = (Some(1), Some(jane.id))).await;
    let (a, b) = (Machine::new("a"), Machine::new("b"));
    let id = world.activate(&license, &a, NOW).await;
    world.release(license, id, &jane, NOW).await;
    world.activate(&license, &b, NOW).await;
    assert!(matches!(world.activate_by(&license, &a, None, NOW).await.0, Activated::Refused(_)));
    let former = world.store.activation(&id).await.unwrap().unwrap();
    assert_eq!(former.release.unwrap().came_back_at, None, "nothing was stored");
}

#[tokio::test]
async fn a_late_proof_gets_its_receipt_and_frees_no_further_seat() {
    let world = World::new().await;
    let jane = world.user("jane", |_| ()).await;
    let license = world
        .license(|new| {
            new.owner = Some(jane.id);
            new.allowed_activations = Some(2);
            new.allowed_deactivations = Some(0);
        })
        .await;
    let (a, b) = (Machine::new("a"), Machine::new("b"));
    let id = world.activate(&license, &a, NOW).await;
    world.activate(&license, &b, NOW).await;
    world.release(license, id, &jane, NOW).await;
    let (plan, _) = world.store.deactivation_plan(&id, &a.key).await.unwrap();
    assert_eq!(plan, Deactivated::Done, "not refused for the used-up deactivations");
    assert_eq!(world.deactivate(id, &b).await, Deactivated::OtherDevice);
    let proof = Deactivate {
        activation: id,
        device_key: a.key,
        request_hash: Hash::of("late"),
        receipt: "receipt".into(),
        by_user: None,
        now: NOW + 20,
    };
    assert_eq!(world.store.deactivate(proof.clone()).await.unwrap(), Deactivated::Done);
    let Deactivated::Repeated(answer) = world.store.deactivate(proof).await.unwrap() else {
        panic!("the same proof gets the same receipt")
    };
    assert_eq!(answer.token, "receipt");
    let read = world.get(&license).await;
    assert_eq!((read.live_activations, read.total_deactivations, read.total_releases), (1, 0, 1));
    let stored = world.store.activation(&id).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.ended_at), (ActivationState::Released, Some(NOW)));
    assert_eq!(stored.release.unwrap().came_back_at, Some(NOW + 20));
    let print = &a.device.fingerprint;
    assert_eq!(world.store.released_before(&license, &a.key, print).await.unwrap(), None);
    world.is_sound().await;
}
