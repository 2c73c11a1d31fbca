//! Seats of groups: their cap holds beside the license's own count, whatever happens at once.

use std::sync::Arc;

use countersign_store::{Activated, ActivationRefusal, Deactivated, ReleaseOutcome};

use super::world::{Machine, NOW, World};

#[tokio::test]
async fn who_has_access_through_a_group_takes_its_seats_up_to_the_cap() {
    let world = World::new().await;
    let lab = world.organization("Lab").await;
    let (jane, boss) = (world.member("jane", lab).await, world.runner("boss", lab).await);
    let license = world.license(|new| new.organization = Some(lab)).await;
    let group = world.group(lab, &[&jane], license, Some(1)).await;
    let (a, b, c) = (Machine::new("a"), Machine::new("b"), Machine::new("c"));
    let (done, first) = world.activate_by(&license, &a, Some(&jane), NOW).await;
    assert_eq!(done, Activated::Done);
    let stored = world.store.activation(&first).await.unwrap().unwrap();
    assert_eq!((stored.group, stored.by_name.as_deref()), (Some(group), Some("jane")));
    let refused = Activated::Refused(ActivationRefusal::GroupSeatsUsedUp { allowed: 1 });
    assert_eq!(world.activate_by(&license, &b, Some(&jane), NOW).await.0, refused);
    // Whoever runs the organization, and a machine with the license's key, take from the license.
    assert_eq!(world.activate_by(&license, &b, Some(&boss), NOW).await.0, Activated::Done);
    world.activate(&license, &c, NOW).await;
    assert_eq!(world.get(&license).await.live_activations, 3);
    world.is_sound().await;
    // A seat that comes back is the group's again.
    assert_eq!(world.deactivate(first, &a).await, Deactivated::Done);
    let d = Machine::new("d");
    assert_eq!(world.activate_by(&license, &d, Some(&jane), NOW).await.0, Activated::Done);
    world.is_sound().await;
}

#[tokio::test]
async fn a_machine_keeps_its_groups_seat_when_it_is_renewed_or_reinstalled() {
    let world = World::new().await;
    let lab = world.organization("Lab").await;
    let jane = world.member("jane", lab).await;
    let license = world
        .license(|new| {
            new.organization = Some(lab);
            new.allowed_deactivations = Some(0);
        })
        .await;
    let group = world.group(lab, &[&jane], license, Some(1)).await;
    let a = Machine::new("a");
    let again = a.reinstalled();
    for machine in [&a, &a, &again] {
        let (done, id) = world.activate_by(&license, machine, Some(&jane), NOW).await;
        assert_eq!(done, Activated::Done);
        let stored = world.store.activation(&id).await.unwrap().unwrap();
        assert_eq!(stored.group, Some(group));
        world.is_sound().await;
    }
    // Given up beyond the limit: the seat stays with that machine, and counts for the group.
    let (_, id) = world.activate_by(&license, &again, Some(&jane), NOW).await;
    assert_eq!(world.deactivate(id, &again).await, Deactivated::UsedUp { allowed: 0 });
    world.is_sound().await;
    let (kept, id) = world.activate_by(&license, &again, Some(&jane), NOW).await;
    assert_eq!(kept, Activated::Done);
    assert_eq!(world.store.activation(&id).await.unwrap().unwrap().group, Some(group));
    // Released: it is free for the group.
    let boss = world.runner("boss", lab).await;
    assert_eq!(world.release(license, id, &boss, NOW).await, ReleaseOutcome::Done);
    world.is_sound().await;
    let b = Machine::new("b");
    assert_eq!(world.activate_by(&license, &b, Some(&jane), NOW).await.0, Activated::Done);
    world.is_sound().await;
}

#[tokio::test]
async fn the_next_group_is_asked_when_the_first_one_is_full() {
    let world = World::new().await;
    let lab = world.organization("Lab").await;
    let jane = world.member("jane", lab).await;
    let license = world.license(|new| new.organization = Some(lab)).await;
    for cap in [1, 2] {
        world.group(lab, &[&jane], license, Some(cap)).await;
    }
    for n in 0..3 {
        let machine = Machine::new(&format!("m{n}"));
        let done = world.activate_by(&license, &machine, Some(&jane), NOW).await.0;
        assert_eq!(done, Activated::Done);
    }
    let refused = Activated::Refused(ActivationRefusal::GroupSeatsUsedUp { allowed: 3 });
    assert_eq!(world.activate_by(&license, &Machine::new("m3"), Some(&jane), NOW).await.0, refused);
    world.is_sound().await;
}

#[tokio::test]
async fn a_group_without_a_cap_ends_where_the_license_ends() {
    let world = World::new().await;
    let lab = world.organization("Lab").await;
    let jane = world.member("jane", lab).await;
    let license = world
        .license(|new| {
            new.organization = Some(lab);
            new.allowed_activations = Some(1);
        })
        .await;
    world.group(lab, &[&jane], license, None).await;
    let done = world.activate_by(&license, &Machine::new("a"), Some(&jane), NOW).await.0;
    assert_eq!(done, Activated::Done);
    let refused = Activated::Refused(ActivationRefusal::SeatsUsedUp { allowed: 1 });
    assert_eq!(world.activate_by(&license, &Machine::new("b"), Some(&jane), NOW).await.0, refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_at_once_never_pass_the_cap_of_their_group_nor_the_seats_of_the_license() {
    let world = Arc::new(World::new().await);
    let lab = world.organization("Lab").await;
    let jane = Arc::new(world.member("jane", lab).await);
    for (cap, seats, taken) in [(3, 5, 3), (5, 3, 3)] {
        let license = world
            .license(|new| {
                new.organization = Some(lab);
                new.allowed_activations = Some(seats);
            })
            .await;
        world.group(lab, &[&jane], license, Some(cap)).await;
        let tasks = (0..32).map(|n| {
            let (world, jane) = (Arc::clone(&world), Arc::clone(&jane));
            tokio::spawn(async move {
                let machine = Machine::new(&format!("{license}-{n}"));
                world.activate_by(&license, &machine, Some(&jane), NOW).await.0
            })
        });
        let mut done = 0;
        for task in tasks.collect::<Vec<_>>() {
            match task.await.unwrap() {
                Activated::Done => done += 1,
                Activated::Refused(
                    ActivationRefusal::GroupSeatsUsedUp { .. }
                    | ActivationRefusal::SeatsUsedUp { .. },
                ) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((done, world.get(&license).await.live_activations), (taken, taken));
        world.is_sound().await;
    }
}

#[tokio::test]
async fn somebody_who_left_the_group_meanwhile_takes_no_seat_of_it() {
    let world = World::new().await;
    let lab = world.organization("Lab").await;
    let jane = world.member("jane", lab).await;
    let license = world.license(|new| new.organization = Some(lab)).await;
    let group = world.group(lab, &[&jane], license, Some(3)).await;
    world.store.remove_from_group(lab, group, jane.id, "test", NOW).await.unwrap();
    let machine = Machine::new("a");
    let activate = countersign_store::Activate {
        terms: world.get(&license).await,
        activation: super::world::random_id(),
        request_id: super::world::random_id(),
        request_hash: countersign_core::Hash::of("request"),
        device_key: machine.key,
        device: machine.device,
        response: "response".into(),
        expires_at: None,
        import_by: NOW + 1,
        door: "portal",
        by_user: Some(jane.id),
        right: countersign_store::Right::Access,
        now: NOW,
    };
    let refused = Activated::Refused(ActivationRefusal::UnknownLicense);
    assert_eq!(world.store.activate(activate).await.unwrap(), refused);
    assert_eq!(world.get(&license).await.live_activations, 0);
    world.is_sound().await;
}
