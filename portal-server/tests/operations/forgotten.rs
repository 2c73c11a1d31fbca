//! An old copy is restored, and machines that were activated since come back.

use countersign_client::{Client, What};
use countersign_core::license_key::LicenseKey;
use reqwest::StatusCode;

use crate::machines::{ACTIVATIONS, DEACTIVATIONS, Place, stop};
use crate::process::Portal;
use crate::vendor::open;

/// Five machines are activated; the data is set back to when there were three.
async fn set_back() -> (Place, Portal, LicenseKey, Vec<Client>) {
    let place = Place::new().await;
    let portal = Portal::start(&place.data());
    let key = place.license(5).await;
    let machines: Vec<Client> = (1..=5).map(|n| place.machine(&format!("lab-{n}"))).collect();
    for machine in &machines[..3] {
        assert_eq!(place.activate(&portal, machine, &key).await.0, StatusCode::OK);
    }
    let backup = place.path("backup");
    place.run(&["backup", "--to", backup.to_str().unwrap()]).well();
    for machine in &machines[3..] {
        assert_eq!(place.activate(&portal, machine, &key).await.0, StatusCode::OK);
    }
    assert_eq!(place.stored(&key).await.live_activations, 5);
    stop(portal);
    place.run(&["restore", "--overwrite", "--from", backup.to_str().unwrap()]).well();
    let portal = Portal::start(&place.data());
    assert_eq!(place.stored(&key).await.live_activations, 3);
    (place, portal, key, machines)
}

async fn actions(place: &Place, action: &str) -> Vec<String> {
    let store = open(&place.data());
    let latest = store.audit_latest(1_000).await.unwrap();
    store.close();
    let of_action = latest.into_iter().filter(|entry| entry.action == action);
    of_action.map(|entry| entry.detail).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_that_a_restored_copy_has_forgotten_come_back_and_a_sixth_is_refused() {
    let (place, portal, key, machines) = set_back().await;
    for machine in &machines[3..] {
        let before = machine.check().right().unwrap().id();
        let (status, answer) = place.activate(&portal, machine, &key).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        // It is the same activation, renewed: the machine installed it in the place of the one that it had.
        assert_eq!(answer["id"], before.to_string());
        assert_eq!(machine.check().right().unwrap().id(), before);
    }
    let license = place.stored(&key).await;
    assert_eq!((license.live_activations, license.over_activations), (5, 0));
    assert_eq!(license.total_activations, 5);
    let (status, refused) = place.activate(&portal, &place.machine("lab-6"), &key).await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &"seats-used-up".into()));
    // Those that were never forgotten renew as ever.
    for machine in &machines[..3] {
        assert_eq!(place.activate(&portal, machine, &key).await.0, StatusCode::OK);
    }
    assert_eq!(place.stored(&key).await.live_activations, 5);
    assert_eq!(actions(&place, "activation.recognise").await.len(), 2);
    assert!(actions(&place, "activation.recognise-over").await.is_empty());
    let checked = place.run(&["check", "--json"]);
    assert_eq!(checked.well().json()["verdict"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_that_were_sold_meanwhile_make_an_overrun_that_is_counted_and_shown() {
    let (place, portal, key, machines) = set_back().await;
    for name in ["new-1", "new-2"] {
        let (status, answer) = place.activate(&portal, &place.machine(name), &key).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    for machine in &machines[3..] {
        let (status, answer) = place.activate(&portal, machine, &key).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    let license = place.stored(&key).await;
    assert_eq!((license.live_activations, license.over_activations), (5, 2));
    assert_eq!(
        place.activate(&portal, &place.machine("new-3"), &key).await.0,
        StatusCode::CONFLICT
    );
    let store = open(&place.data());
    assert_eq!(store.overruns(&key.id()).await.unwrap().len(), 2);
    assert_eq!(store.licenses_over().await.unwrap().len(), 1);
    store.close();
    assert_eq!(actions(&place, "activation.recognise-over").await, ["2", "1"]);
    // The doctor says so, and nothing is wrong with the counts.
    let found = place.run(&["doctor", "--json"]).json();
    let of_doctor = found["findings"].as_array().unwrap();
    assert!(of_doctor.iter().any(|finding| finding["code"] == "overruns"), "{found}");
    place.run(&["check"]).well();
    // One gives up: what is over goes first.
    assert_eq!(place.give_up(&portal, &machines[3]).await.0, StatusCode::OK);
    let license = place.stored(&key).await;
    assert_eq!((license.live_activations, license.over_activations), (5, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_machine_that_gave_up_gets_its_receipt_and_no_seat_is_freed_that_was_not_taken()
{
    let (place, portal, key, machines) = set_back().await;
    let (status, receipt) = place.give_up(&portal, &machines[4]).await;
    assert_eq!(status, StatusCode::OK, "{receipt}");
    let installed = machines[4].install(receipt["file"].as_str().unwrap().as_bytes()).unwrap();
    assert!(matches!(installed.what, What::Receipt { .. }));
    let license = place.stored(&key).await;
    assert_eq!((license.live_activations, license.total_deactivations), (3, 1));
    // The same proof, the same receipt.
    let proof = machines[4].deactivations().unwrap()[0].proof.file.clone();
    assert_eq!(place.post(&portal, DEACTIVATIONS, &proof).await, (StatusCode::OK, receipt));
    assert_eq!(place.stored(&key).await.total_deactivations, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_answered_before_it_was_forgotten_gets_the_same_answer_once_its_machine_is_back()
 {
    let place = Place::new().await;
    let portal = Portal::start(&place.data());
    let key = place.license(1).await;
    let backup = place.path("backup.zip");
    place.run(&["backup", "--to", backup.to_str().unwrap()]).well();
    let machine = place.machine("lab-1");
    let first = machine.request_activation(Some(&key)).unwrap().file;
    let (_, answer) = place.post(&portal, ACTIVATIONS, &first).await;
    machine.install(answer["file"].as_str().unwrap().as_bytes()).unwrap();
    stop(portal);
    place.run(&["restore", "--overwrite", "--from", backup.to_str().unwrap()]).well();
    let portal = Portal::start(&place.data());
    assert_eq!(place.activate(&portal, &machine, &key).await.0, StatusCode::OK);
    let (status, again) = place.post(&portal, ACTIVATIONS, &first).await;
    assert_eq!((status, &again["token"]), (StatusCode::OK, &answer["token"]));
    assert_eq!(place.stored(&key).await.live_activations, 1);
}
