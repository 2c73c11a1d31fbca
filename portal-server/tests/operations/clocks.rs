//! The clock of the server jumps.

use std::sync::Arc;

use countersign_client::machine::Machine as OwnMachine;
use countersign_client::{Client, Config, Mirror};
use countersign_core::license_key::LicenseKey;
use countersign_portal::clock::Clock as _;
use reqwest::StatusCode;
use serde_json::Value;

use crate::played::{Machine, NOW};
use crate::world::{DAY, TestClock, TestPortal};

/// Some days after the key began: before that, nothing is signed.
const LATER: u64 = NOW + 10 * DAY;
const ACTIVATIONS: &str = "/api/v1/activations";

impl TestPortal {
    fn set_back(&self, seconds: u64) {
        self.clock.advance(0_u64.wrapping_sub(seconds));
    }

    async fn bring(&self, request: &str) -> (StatusCode, Value) {
        let url = format!("{}{ACTIVATIONS}", self.url);
        let answer =
            reqwest::Client::new().post(url).body(request.to_owned()).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn ready(&self) -> (StatusCode, Value) {
        let answer = reqwest::get(format!("{}/readyz", self.url)).await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}

/// A machine whose own clock is right.
fn client(portal: &TestPortal, folder: &std::path::Path) -> Client {
    let path = folder.join("machine/etc");
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("machine-id"), "0123456789abcdef0123456789abcdef\n").unwrap();
    let config =
        Config::new(portal.product.clone(), portal.app.keys().roots.clone(), folder.join("state"))
            .mirror(Mirror::In(folder.join("mirror")))
            .machine(OwnMachine::of_directory(folder.join("machine")))
            .clock(|| LATER);
    Client::open(config)
}

async fn renew(portal: &TestPortal, client: &Client, key: &LicenseKey) {
    let request = client.request_activation(Some(key)).unwrap().file;
    let (status, answer) = portal.bring(&request).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    client.install(answer["file"].as_str().unwrap().as_bytes()).unwrap();
}

#[tokio::test]
async fn a_clock_that_went_back_is_said_and_what_is_answered_then_can_be_installed() {
    let portal = TestPortal::new().await;
    portal.clock.advance(10 * DAY);
    let license = portal.license(3, None).await;
    let folder = tempfile::tempdir().unwrap();
    let client = client(&portal, folder.path());
    renew(&portal, &client, &license).await;
    let (first, second) = (
        Machine::new("a", &portal.product).activation(&license),
        Machine::new("b", &portal.product).activation(&license),
    );
    let answered = portal.bring(&first).await;
    assert_eq!(portal.ready().await.0, StatusCode::OK);

    portal.set_back(3 * DAY);
    assert_eq!(portal.bring(&first).await, answered, "the same request, the same answer");
    assert_eq!(portal.bring(&second).await.0, StatusCode::OK);
    // A machine that is renewed now gets nothing that is older than what it has.
    renew(&portal, &client, &license).await;
    let stored = portal.stored(&license).await;
    assert_eq!((stored.live_activations, stored.over_activations), (3, 0));
    let (status, ready) = portal.ready().await;
    assert_eq!(status, StatusCode::OK, "{ready}");
    assert!(ready["warning"].as_str().unwrap().contains("72 hours behind"), "{ready}");

    portal.clock.advance(3 * DAY);
    assert_eq!(portal.ready().await.1["warning"], Value::Null);
    renew(&portal, &client, &license).await;
    assert!(portal.app.store().integrity_check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_clock_that_is_past_the_end_of_the_key_signs_nothing_and_all_is_well_once_it_is_set() {
    let portal = TestPortal::new().await;
    let license = portal.license(3, None).await;
    let before = Machine::new("a", &portal.product).activation(&license);
    let answered = portal.bring(&before).await;
    let ten_years = 3_653 * DAY;
    portal.clock.advance(ten_years);
    assert_eq!(Arc::<TestClock>::clone(&portal.clock).now(), NOW + ten_years);
    assert_eq!(portal.bring(&before).await, answered, "what was signed is handed out");
    let request = Machine::new("b", &portal.product).activation(&license);
    let (status, refused) = portal.bring(&request).await;
    assert_eq!(
        (status, &refused["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"signing-failed".into()),
        "{refused}"
    );
    assert_eq!(portal.stored(&license).await.live_activations, 1);
    assert_eq!(portal.ready().await.0, StatusCode::SERVICE_UNAVAILABLE);
    portal.set_back(ten_years);
    assert_eq!(portal.bring(&request).await.0, StatusCode::OK);
    assert_eq!(portal.ready().await.0, StatusCode::OK);
    assert_eq!(portal.stored(&license).await.live_activations, 2);
}
