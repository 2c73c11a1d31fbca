//! People who have a license through a group, at the desk.

use countersign_core::Id;
use countersign_core::license_key::LicenseKey;
use countersign_portal::desk::{Door, Refusal};
use countersign_store::{GroupChange, User};

use crate::played::{Machine, NOW};
use crate::world::TestPortal;

/// Jane of the organization Lab, whose group may take so many of five seats.
async fn jane_with_cap(portal: &TestPortal, cap: u64) -> (User, LicenseKey, Id) {
    let lab = portal.organization("Lab").await;
    let jane = portal.user(|user| user.organization = Some(lab)).await;
    let key = portal
        .license_with(|new| {
            new.organization = Some(lab);
            new.allowed_activations = Some(5);
        })
        .await;
    let (group, store) = (portal.group("Students", lab).await, portal.app.store());
    let added = store.add_to_group(lab, group, jane.id, "test", NOW).await.unwrap();
    let linked = store.link_license(lab, group, key.id(), Some(cap), "test", NOW).await.unwrap();
    assert_eq!((added, linked), (GroupChange::Done, GroupChange::Done));
    (jane, key, group)
}

#[tokio::test]
async fn a_group_that_has_its_seats_is_refused_by_its_own_reason_at_every_door() {
    let portal = TestPortal::new().await;
    let (jane, key, group) = jane_with_cap(&portal, 1).await;
    let machine = |name: &str| Machine::new(name, &portal.product);
    let (portal_door, page) = (
        portal.door(&jane, &key),
        Door { name: "page", license: None, ..portal.door(&jane, &key) },
    );
    let a = machine("a");
    let first = portal.answer(&a.activation(&key), &page).await.unwrap();
    let stored = portal.activation(first.response.id).await;
    assert_eq!((stored.group, stored.by_user), (Some(group), Some(jane.id)));
    for door in [&portal_door, &page] {
        let request = machine("b").activation(&key);
        let planned = portal.preview(&request, door).await.unwrap_err();
        let refused = portal.answer(&request, door).await.unwrap_err();
        for refusal in [planned, refused] {
            assert!(matches!(refusal, Refusal::GroupSeatsUsedUp(1)), "{refusal:?}");
            assert_eq!((refusal.code(), refusal.status().as_u16()), ("group-seats-used-up", 409));
        }
    }
    assert_eq!(portal.stored(&key).await.live_activations, 1);
    // A renewal takes no seat.
    let renewed = portal.answer(&a.activation(&key), &portal_door).await.unwrap();
    assert_eq!(renewed.response.id, first.response.id);
    portal.is_sound().await;
}

#[tokio::test]
async fn a_machine_without_a_person_takes_its_seat_from_the_license() {
    let portal = TestPortal::new().await;
    let (_, key, _) = jane_with_cap(&portal, 0).await;
    let request = Machine::new("a", &portal.product).activation(&key);
    let answered = portal.answer(&request, &Door::anonymous("api")).await.unwrap();
    assert_eq!(portal.activation(answered.response.id).await.group, None);
    portal.is_sound().await;
}
