//! Lost machines at the desk: who may release, how often, and what is said when the machine is back.

use countersign_core::Id;
use countersign_core::license_key::LicenseKey;
use countersign_portal::desk::{self, Door, Effect, Refusal, Releasing, SeatKind};
use countersign_portal::language::Language;
use countersign_portal::settings::Settings;
use countersign_store::{ActivationState, OrganizationRole, Role, User};

use crate::played::Machine;
use crate::world::browser::file;
use crate::world::{DAY, TestPortal};

const JANE: &str = "jane@lab.example";

async fn release(portal: &TestPortal, user: &User, activation: Id) -> Result<(), Refusal> {
    let reason = "<b>lost</b>".to_owned();
    let releasing = Releasing { user: user.clone(), activation, reason };
    let planned = desk::release_preview(&portal.app, &releasing).await;
    let released = desk::release(&portal.app, &releasing).await;
    assert_eq!(planned.is_ok(), released.is_ok(), "{planned:?} {released:?}");
    released.map(|_| ())
}

/// Jane, her license, and so many machines activated under it.
async fn jane_with(portal: &TestPortal, count: usize) -> (User, LicenseKey, Vec<(Machine, Id)>) {
    let jane = portal.user(|user| user.name = "Jane Doe".into()).await;
    let key = portal.license_of(JANE, 5).await;
    let mut machines = Vec::new();
    for n in 0..count {
        let machine = Machine::new(&format!("lab-{n}"), &portal.product);
        let request = machine.activation(&key);
        let answered = portal.answer(&request, &portal.door(&jane, &key)).await.unwrap();
        machines.push((machine, answered.response.id));
    }
    (jane, key, machines)
}

#[tokio::test]
async fn the_owner_releases_within_the_vendors_settings_and_the_vendor_without() {
    let portal = TestPortal::new().await;
    let (jane, key, machines) = jane_with(&portal, 5).await;
    let ids: Vec<Id> = machines.iter().map(|(_, id)| *id).collect();
    release(&portal, &jane, ids[0]).await.unwrap();
    let soon = release(&portal, &jane, ids[1]).await.unwrap_err();
    assert!(matches!(soon, Refusal::ReleaseTooSoon(_)), "{soon:?}");
    portal.clock.advance(DAY);
    release(&portal, &jane, ids[1]).await.unwrap();
    portal.clock.advance(DAY);
    let used_up = release(&portal, &jane, ids[2]).await.unwrap_err();
    assert!(matches!(used_up, Refusal::ReleasesUsedUp { allowed: 2, again_at: Some(_) }));
    let ada = portal
        .user(|user| {
            user.email = "ada@acme.example".into();
            user.role = Role::Admin;
        })
        .await;
    release(&portal, &ada, ids[2]).await.unwrap();
    let gone = release(&portal, &ada, ids[2]).await.unwrap_err();
    assert!(matches!(gone, Refusal::HoldsNoSeat));
    let settings = Settings {
        releases_per_year: 4,
        release_cool_down_seconds: 0,
        ..Settings::clone(&*portal.app.settings().await.unwrap())
    };
    portal.app.save_settings(&settings, "test").await.unwrap();
    release(&portal, &jane, ids[3]).await.unwrap();
    let license = portal.stored(&key).await;
    assert_eq!((license.live_activations, license.total_releases), (1, 4));
    assert_eq!(license.total_deactivations, 0);
    portal.is_sound().await;
}

#[tokio::test]
async fn a_stranger_releases_nothing_and_learns_nothing() {
    let portal = TestPortal::new().await;
    let (_, key, machines) = jane_with(&portal, 1).await;
    let (lab, id) = (portal.organization("Lab").await, machines[0].1);
    let eve = portal
        .user(|user| {
            user.email = "eve@firm.example".into();
            user.organization = Some(lab);
        })
        .await;
    for id in [id, Id::from([1; 16])] {
        let refused = release(&portal, &eve, id).await.unwrap_err();
        assert!(matches!(refused, Refusal::UnknownActivation));
    }
    assert_eq!(portal.stored(&key).await.live_activations, 1);
    assert_eq!(portal.activation(id).await.state, ActivationState::Active);
}

#[tokio::test]
async fn who_uses_a_license_through_a_group_releases_no_machine_not_even_their_own() {
    let portal = TestPortal::new().await;
    let lab = portal.organization("Lab").await;
    let of_lab = |email: &str| {
        let email = email.to_owned();
        portal.user(move |user| {
            user.email = email;
            user.organization = Some(lab);
        })
    };
    let (joe, sue) = (of_lab("joe@lab.example").await, of_lab("sue@lab.example").await);
    let key = portal.license_with(|new| new.organization = Some(lab)).await;
    let (group, store) = (portal.group("Students", lab).await, portal.app.store());
    for user in [&joe, &sue] {
        store.add_to_group(lab, group, user.id, "test", 1).await.unwrap();
    }
    store.link_license(lab, group, key.id(), None, "test", 1).await.unwrap();
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    let id = portal.answer(&request, &portal.door(&joe, &key)).await.unwrap().response.id;
    for user in [&sue, &joe] {
        let refused = release(&portal, user, id).await.unwrap_err();
        assert!(matches!(refused, Refusal::ReleaseNotYours));
    }
    assert_eq!(portal.stored(&key).await.live_activations, 1);
    let boss = portal.user(|user| {
        user.email = "boss@lab.example".into();
        user.organization = Some(lab);
        user.organization_role = OrganizationRole::Admin;
    });
    release(&portal, &boss.await, id).await.unwrap();
    portal.is_sound().await;
}

#[tokio::test]
async fn a_machine_that_is_back_is_told_so_before_it_takes_a_new_seat() {
    for reinstalled in [false, true] {
        let portal = TestPortal::new().await;
        let (jane, key, mut machines) = jane_with(&portal, 1).await;
        let (machine, id) = machines.remove(0);
        release(&portal, &jane, id).await.unwrap();
        let machine = if reinstalled { machine.reinstalled() } else { machine };
        let (request, door) = (machine.activation(&key), portal.door(&jane, &key));
        let outcome = portal.preview(&request, &door).await.unwrap();
        assert!(matches!(outcome.effect, Effect::Activate(SeatKind::New, _)));
        let words = outcome.words(&Language::ENGLISH);
        assert!(words.contains("seat was released on"), "{words}");
        assert!(words.contains("by Jane Doe: activating it takes a new seat."), "{words}");
        // Who may not see the license is not told the name.
        let stranger = portal.preview(&request, &Door::anonymous("page")).await.unwrap();
        let words = stranger.words(&Language::ENGLISH);
        assert!(words.contains("seat was released on") && !words.contains("Jane"), "{words}");
        let browser = portal.logged_in(JANE).await;
        let page = format!("/licenses/{}/review", key.id());
        browser.upload(&page, file("a.request", &request)).await.is(200).says("by Jane Doe");
        let again = portal.answer(&request, &door).await.unwrap();
        assert_ne!(again.response.id, id);
        assert!(portal.activation(id).await.release.unwrap().came_back_at.is_some());
        assert_eq!(portal.stored(&key).await.live_activations, 1);
        portal.is_sound().await;
    }
}

#[tokio::test]
async fn a_late_proof_gets_its_receipt_again_and_again_and_no_seat() {
    let portal = TestPortal::new().await;
    let (jane, key, machines) = jane_with(&portal, 2).await;
    portal.change_license(&key, |license| license.allowed_deactivations = Some(0)).await;
    let (machine, id) = &machines[0];
    release(&portal, &jane, *id).await.unwrap();
    let (proof, door) = (machine.deactivation(&id.to_string()), Door::anonymous("api"));
    let outcome = portal.preview(&proof, &door).await.unwrap();
    assert_eq!((outcome.effect, outcome.seats.unwrap().used), (Effect::ReceiptOnly, 1));
    assert!(outcome.words(&Language::ENGLISH).contains("no further seat becomes free"));
    let receipt = portal.answer(&proof, &door).await.unwrap();
    assert!(receipt.response.granted().is_none());
    assert_eq!(portal.answer(&proof, &door).await.unwrap().token, receipt.token);
    let license = portal.stored(&key).await;
    assert_eq!((license.live_activations, license.total_deactivations), (1, 0));
    portal.is_sound().await;
}
