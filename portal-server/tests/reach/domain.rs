//! The vendor's own domain, by programs, with a real DNS server.

use countersign_store::TokenScope;
use serde_json::{Value, json};

use crate::stand::{Program, Stand};
use crate::world::TestPortal;
use crate::zone::{Zone, cname, txt};

const PATH: &str = "/api/v1/domain";
const DOMAIN: &str = "licenses.acme.example";
const OPERATOR: &str = "portal.operator.example";

async fn portal_in(zone: &Zone) -> TestPortal {
    TestPortal::with(|config| {
        config.public_url = Some(format!("https://{OPERATOR}"));
        config.dns_server = Some(zone.address());
    })
    .await
}

/// What was found of each record.
fn findings(shown: &Value) -> Vec<&str> {
    let records = shown["domain"]["records"].as_array().unwrap();
    records.iter().map(|record| record["finding"].as_str().unwrap()).collect()
}

/// Asks DNS, and asks again where the background just did.
async fn checked(portal: &TestPortal, robot: &Program) -> Value {
    for _ in 0..100 {
        portal.clock.advance(6);
        let answer = robot.post(&format!("{PATH}/check"), json!({})).await;
        if answer.status == 200 {
            return answer.json();
        }
        answer.refuses_as(429, "rate-limited");
    }
    panic!("DNS is never asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_is_set_its_records_are_told_and_found_and_it_is_used_and_removed() {
    let mut zone = Zone::new();
    let portal = portal_in(&zone).await;
    let robot = portal.robot().await;
    let none = robot.get(PATH).await.is(200).json();
    assert_eq!(none["domain"], Value::Null);
    assert_eq!(none["links_begin_with"], format!("https://{OPERATOR}"));
    robot.post(&format!("{PATH}/check"), json!({})).await.refuses_as(422, "unfit-value");
    robot.post(&format!("{PATH}/remove"), json!({})).await.refuses_as(422, "unfit-value");

    let set = robot.post(PATH, json!({"name": "Licenses.Acme.Example."})).await.is(200).json();
    assert_eq!(
        (&set["domain"]["name"], &set["domain"]["state"]),
        (&json!(DOMAIN), &json!("asked"))
    );
    let records = set["domain"]["records"].as_array().unwrap().clone();
    assert_eq!((&records[0]["type"], &records[0]["value"]), (&json!("CNAME"), &json!(OPERATOR)));
    assert_eq!(records[1]["name"], format!("_countersign.{DOMAIN}"));
    let wanted = json!({"name": DOMAIN, "used": true});
    robot.post(&format!("{PATH}/use"), wanted.clone()).await.refuses_as(422, "unfit-value");

    let missing = checked(&portal, &robot).await;
    assert!(findings(&missing).iter().all(|finding| *finding != "right"), "{missing}");
    let proof = records[1]["value"].as_str().unwrap();
    zone.has(&[cname(DOMAIN, OPERATOR), txt(&format!("_countersign.{DOMAIN}"), proof)]);
    let found = checked(&portal, &robot).await;
    assert_eq!(findings(&found), ["right", "right"]);
    assert_eq!(found["domain"]["state"], "verified");
    let used = robot.post(&format!("{PATH}/use"), wanted).await.is(200).json();
    assert_eq!(used["links_begin_with"], format!("https://{DOMAIN}"));
    let other = json!({"name": "other.acme.example", "used": true});
    robot.post(&format!("{PATH}/use"), other).await.refuses_as(422, "unfit-value");
    let removed = robot.post(&format!("{PATH}/remove"), json!({})).await.is(200).json();
    assert_eq!(removed["domain"], Value::Null);
    assert_eq!(removed["links_begin_with"], format!("https://{OPERATOR}"));
}

#[tokio::test]
async fn attack_names_that_no_domain_of_a_vendor_is() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let before = stand.portal.audit().await.len();
    for name in [
        "localhost",
        "127.0.0.1",
        "[::1]",
        "acme",
        "https://acme.example/path",
        "a b.example",
        "-a.example",
        "*.acme.example",
        "evil.example@acme.example",
        "",
        &format!("{}.example", "a".repeat(64)),
    ] {
        let answer = robot.post(PATH, json!({"name": name})).await;
        assert_eq!(answer.status, 422, "{name}: {}", answer.text);
    }
    assert_eq!(stand.portal.audit().await.len(), before);
    robot.get(PATH).await.is(200).says("\"name\":\"licenses.acme.example\"");
}

#[tokio::test]
async fn attack_a_token_for_settings_moves_no_domain() {
    let stand = Stand::new().await;
    let ada = stand.portal.ada().await;
    let scopes = [TokenScope::ReadSettings, TokenScope::WriteSettings];
    let program = stand.portal.program(&ada, &scopes).await;
    program.get(PATH).await.is(200);
    let before = stand.portal.audit().await.len();
    for (path, body) in [
        (PATH.to_owned(), json!({"name": "evil.example"})),
        (format!("{PATH}/check"), json!({})),
        (format!("{PATH}/use"), json!({"name": "licenses.acme.example", "used": true})),
        (format!("{PATH}/remove"), json!({})),
    ] {
        program.post(&path, body).await.refuses_as(403, "insufficient-scope");
    }
    assert_eq!(stand.portal.audit().await.len(), before);
}

#[tokio::test]
async fn a_portal_that_is_tried_out_has_no_domain() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let shown = robot.get(PATH).await.is(200).json();
    assert_eq!((&shown["operator_url"], &shown["domain"]), (&Value::Null, &Value::Null));
    robot.post(PATH, json!({"name": "a.example"})).await.refuses_as(422, "unfit-value");
}
