//! `/api/v1/requests`: any kind of request, in the name of whoever's token it is.

use countersign_core::Expect;
use countersign_core::request::Ask;
use serde_json::json;

use crate::played::{Machine, NOW};
use crate::world::{DAY, TestPortal};

#[tokio::test]
async fn every_kind_of_request_is_answered_as_the_preview_said_in_the_owners_name() {
    let portal = TestPortal::new().await;
    let support = portal.support().await;
    let ada = format!("user:{}", portal.stored_user("ada@acme.example").await.id);
    let key = portal.license(2, Some(2)).await;
    let machine = Machine::new("lab-7", &portal.product);
    let activation = machine.activation(&key);
    let shown = support.preview(&activation).await.is(200).json();
    let outcome = &shown["outcome"];
    assert_eq!((&outcome["effect"], &outcome["seat"]), (&json!("activate"), &json!("new")));
    assert_eq!(outcome["license"], key.id().to_string());
    assert_eq!((&outcome["plan"], &outcome["holder"]), (&json!("Pro"), &json!("Jane")));
    assert_eq!(outcome["expires_at"], json!(null));
    assert_eq!(outcome["import_by"], json!(NOW + DAY));
    assert_eq!((&outcome["seats_used"], &outcome["seats_allowed"]), (&json!(1), &json!(2)));
    assert_eq!(portal.stored(&key).await.live_activations, 0);
    let answer = support.answer(&activation).await.is(200).json();
    assert_eq!((&answer["import_by"], &answer["expires_at"]), (&json!(NOW + DAY), &json!(null)));
    let id = answer["id"].as_str().unwrap();
    let entry = &portal.audit().await[0];
    assert_eq!((&*entry.action, &*entry.actor), ("activation.create", &*ada));
    let stored = portal.app.store().activation(&id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(stored.door, "support");

    let deactivation = machine.deactivation(id);
    let shown = support.preview(&deactivation).await.is(200).json();
    assert_eq!(shown["outcome"]["effect"], "free-seat");
    support.answer(&deactivation).await.is(200);
    let entry = &portal.audit().await[0];
    assert_eq!((&*entry.action, &*entry.actor), ("activation.deactivate", &*ada));

    let trial = Machine::new("lab-8", &portal.product).trial();
    let shown = support.preview(&trial).await.is(200).json();
    assert_eq!(shown["outcome"]["effect"], "trial");
    assert_eq!(shown["outcome"]["expires_at"], json!(NOW + 14 * DAY));
    support.answer(&trial).await.is(200);
    let entry = &portal.audit().await[0];
    assert_eq!((&*entry.action, &*entry.actor), ("trial.start", &*ada));
}

#[tokio::test]
async fn the_same_request_gets_the_same_bytes_and_one_seat_however_often_it_is_sent() {
    let portal = TestPortal::new().await;
    let support = portal.support().await;
    let key = portal.license(5, None).await;
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    let first = support.answer(&request).await.is(200);
    portal.clock.advance(3600);
    let again = support.answer(&request).await.is(200);
    assert_eq!(again.text, first.text);
    // Through the public door, too.
    let visitor = portal.visitor();
    let public = visitor.send(visitor.request("POST", "/api/v1/activations").body(request.clone()));
    assert_eq!(public.await.json()["token"], first.json()["token"]);
    assert_eq!(portal.stored(&key).await.live_activations, 1);
    let shown = support.preview(&request).await.is(200).json();
    assert_eq!(shown["outcome"]["effect"], "again");
    assert_eq!(shown["outcome"]["license"], key.id().to_string());
    // As a file.
    let post = support.post("/api/v1/requests", &json!({"request": request}));
    let file = support.browser.send(post.header("accept", "text/plain")).await.is(200);
    let token = countersign_core::file::read(file.text.as_bytes()).unwrap();
    assert_eq!(token, first.json()["token"]);
    portal.roots().verify_response(&token, Expect::Response).unwrap();
}

#[tokio::test]
async fn support_names_the_license_of_a_request_that_carries_none_by_id_or_key() {
    let portal = TestPortal::new().await;
    let support = portal.support().await;
    let key = portal.license(2, None).await;
    let bare = |name: &str| {
        Machine::new(name, &portal.product)
            .request(|_, device| Ask::Activation { device, license: None })
    };
    let request = bare("lab-7");
    support.answer(&request).await.refuses_as(422, "license-needed");
    let shown = support.preview(&request).await.is(200).json();
    assert_eq!(shown["refusal"]["code"], "license-needed");
    assert!(shown["refusal"]["advice"].as_str().unwrap().len() > 10);
    for (request, license) in [(request, key.id().to_string()), (bare("lab-8"), key.grouped())] {
        let body = json!({"request": request, "license": license});
        let answer = support.browser.send(support.post("/api/v1/requests", &body)).await.is(200);
        assert_eq!(answer.json()["type"], "activation-response+jwt");
    }
    assert_eq!(portal.stored(&key).await.live_activations, 2);
    for unknown in ["AAAAAAAAAAAAAAAAAAAAAA", "no such thing", ""] {
        let body = json!({"request": bare("lab-9"), "license": unknown});
        let answer = support.browser.send(support.post("/api/v1/requests", &body)).await;
        answer.refuses_as(404, "unknown-license");
    }
}

#[tokio::test]
async fn attack_a_token_takes_no_more_seats_than_a_license_has() {
    let portal = TestPortal::new().await;
    let support = portal.support().await;
    let key = portal.license(1, None).await;
    support.answer(&Machine::new("lab-7", &portal.product).activation(&key)).await.is(200);
    let second = Machine::new("lab-8", &portal.product).activation(&key);
    let shown = support.preview(&second).await.is(200).json();
    assert_eq!(shown["refusal"]["code"], "seats-used-up");
    assert_eq!(shown["refusal"]["holders"], json!(["lab-7"]));
    support.answer(&second).await.refuses_as(409, "seats-used-up");
    assert_eq!(portal.stored(&key).await.live_activations, 1);
}

#[tokio::test]
async fn what_is_no_request_is_refused_by_its_code() {
    let portal = TestPortal::new().await;
    let support = portal.support().await;
    for (body, status, code) in [
        (json!({"request": "rubbish"}), 422, "not-a-token"),
        (json!({"request": 7}), 400, "bad-json"),
        (json!({"licence": "a", "request": "b"}), 400, "bad-json"),
        (json!(["x"]), 400, "bad-json"),
        (json!({"request": "x".repeat(200_000)}), 413, "too-long"),
    ] {
        for path in ["/api/v1/requests", "/api/v1/requests/preview"] {
            support.browser.send(support.post(path, &body)).await.refuses_as(status, code);
        }
    }
    let get = support.browser.request("GET", "/api/v1/requests").bearer_auth(&support.token);
    support.browser.send(get).await.refuses_as(405, "method-not-allowed");
}
