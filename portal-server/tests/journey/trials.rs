//! That a trial became a license: one note of it, for the numbers and for the pages.

use countersign_core::Id;
use countersign_core::license_key::LicenseKey;
use countersign_portal::clock::Clock as _;
use countersign_portal::tally;
use countersign_store::CountKind;

use crate::played::Machine;
use crate::world::TestPortal;

async fn answered(portal: &TestPortal, path: &str, request: String) -> Id {
    let api = portal.visitor();
    let answer = api.send(api.request("POST", path).body(request)).await.is(200);
    answer.json()["id"].as_str().unwrap().parse().unwrap()
}

async fn activated(portal: &TestPortal, machine: &Machine, key: &LicenseKey) {
    answered(portal, "/api/v1/activations", machine.activation(key)).await;
}

async fn counted(portal: &TestPortal) -> u64 {
    tally::catch_up(&portal.app).await.unwrap();
    let counts = portal.app.store().daily_counts(0, u64::from(u32::MAX)).await.unwrap();
    counts.iter().filter(|c| c.kind == CountKind::TrialConverted).map(|c| c.count).sum()
}

#[tokio::test]
async fn a_trial_that_became_a_license_is_noted_once_for_numbers_and_pages_by_key_and_by_parts() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let key = portal.license(9, None).await;
    let (same, anew, none) = (
        Machine::new("lab-1", &portal.product),
        Machine::new("lab-2", &portal.product),
        Machine::new("lab-3", &portal.product),
    );
    let mut trials = Vec::new();
    for machine in [&same, &anew, &none] {
        trials.push(answered(&portal, "/api/v1/trials", machine.trial()).await);
    }
    portal.clock.advance(50);
    let at = portal.clock.now();
    activated(&portal, &same, &key).await;
    // Set up anew between its trial and its license: another device key, the same parts.
    activated(&portal, &anew.reinstalled(), &key).await;
    let store = portal.app.store();
    let noted = async |id: &Id| store.trial(id).await.unwrap().unwrap().converted_at;
    assert_eq!(noted(&trials[0]).await, None, "not while a machine waits for its answer");
    assert_eq!(counted(&portal).await, 2);
    for id in &trials[..2] {
        assert_eq!(noted(id).await, Some(at));
        admin.get(&format!("/admin/trials/{id}")).await.is(200).says("activated a license");
    }
    assert_eq!(noted(&trials[2]).await, None);
    admin.get(&format!("/admin/trials/{}", trials[2])).await.is(200).hides("activated a license");
    // A second license, and counting again, change neither.
    portal.clock.advance(50);
    let second = portal.license(9, None).await;
    activated(&portal, &same, &second).await;
    assert_eq!(counted(&portal).await, 2);
    assert_eq!(noted(&trials[0]).await, Some(at), "the first time");
}
