//! Pages that vendors had before: only address and product id change in them.

use countersign_core::Expect;
use serde_json::{Value, json};

use crate::played::{Machine, NOW};
use crate::world::browser::Answer;
use crate::world::{DAY, TestPortal};

const PATH: &str = "/v3/trial-activations/offline-activate";
const PAGE: &str = "https://acme.github.io";

async fn send(portal: &TestPortal, body: &Value) -> Answer {
    let visitor = portal.visitor();
    let post = visitor.request("POST", PATH).header("origin", PAGE);
    visitor.send(post.header("content-type", "application/json").body(body.to_string())).await
}

#[track_caller]
fn refuses(answer: Answer, status: u16, code: &str) -> Answer {
    let answer = answer.is(status);
    assert_eq!(answer.header("access-control-allow-origin"), PAGE);
    let json = answer.json();
    let members: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(members, ["code", "message"], "{json}");
    assert_eq!(json["code"], code);
    assert!(json["message"].as_str().unwrap().len() > 20, "{json}");
    answer
}

async fn import_by(portal: &TestPortal, name: &str, validity: Option<u64>) -> u64 {
    let request = Machine::new(name, &portal.product).trial();
    let mut body = json!({"offlineRequest": request, "productId": "acme-cad"});
    if let Some(seconds) = validity {
        body["responseValidity"] = seconds.into();
    }
    let answer = send(portal, &body).await.is(200);
    let json = answer.json();
    assert_eq!(json.as_object().unwrap().len(), 1, "{json}");
    let token = json["offlineResponse"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    let verified = portal.roots().verify_response(token, Expect::Response).unwrap();
    let granted = verified.claims().granted().unwrap();
    assert_eq!(granted.grant.expires_at, Some(NOW + 14 * DAY));
    granted.import_by - NOW
}

#[tokio::test]
async fn a_request_gets_its_response_and_its_validity_is_capped_by_the_vendor() {
    let portal = TestPortal::new().await;
    assert_eq!(import_by(&portal, "a", None).await, 14 * DAY);
    assert_eq!(import_by(&portal, "b", Some(3_600)).await, 3_600);
    assert_eq!(import_by(&portal, "c", Some(400 * DAY)).await, 14 * DAY, "not after its end");
    portal.set(|settings| settings.response_validity_cap_days = 5).await;
    assert_eq!(import_by(&portal, "d", Some(400 * DAY)).await, 5 * DAY);
    assert_eq!(import_by(&portal, "e", Some(u64::MAX)).await, 5 * DAY);
}

#[tokio::test]
async fn the_same_request_has_the_same_response_through_both_doors() {
    let portal = TestPortal::new().await;
    let request = Machine::new("lab-7", &portal.product).trial();
    let body = json!({"offlineRequest": request, "productId": "acme-cad", "responseValidity": 60});
    let first = send(&portal, &body).await.is(200).json();
    assert_eq!(send(&portal, &body).await.json(), first);
    let native = portal.ask("", &request).await.is(200).json();
    assert_eq!(native["token"], first["offlineResponse"]);
}

#[tokio::test]
async fn refusals_have_the_status_of_the_native_address_and_the_older_shape() {
    let portal = TestPortal::new().await;
    let machine = Machine::new("lab-7", &portal.product);
    let body =
        |request: &str, product: &str| json!({"offlineRequest": request, "productId": product});
    refuses(send(&portal, &body(&machine.trial(), "acme-cam")).await, 422, "wrong-product");
    refuses(send(&portal, &body("rubbish !", "acme-cad")).await, 422, "damaged-file");
    let key = portal.license(1, None).await;
    let activation = body(&machine.activation(&key), "acme-cad");
    refuses(send(&portal, &activation).await, 422, "wrong-type");
    let unknown = Machine::new("lab-7", &"acme-cam".parse().unwrap()).trial();
    refuses(send(&portal, &body(&unknown, "acme-cam")).await, 404, "unknown-product");
    send(&portal, &body(&machine.trial(), "acme-cad")).await.is(200);
    let used = send(&portal, &body(&machine.trial(), "acme-cad")).await;
    refuses(used, 409, "trial-already-used");
    for wrong in [
        json!({"offlineRequest": machine.trial()}),
        json!({"productId": "acme-cad"}),
        json!({"offlineRequest": 7, "productId": "acme-cad"}),
        json!({"offlineRequest": "a.b.c", "productId": "acme-cad", "responseValidity": -1}),
        json!({"offlineRequest": "a.b.c", "productId": "acme-cad", "responseValidity": "1"}),
        json!([]),
    ] {
        refuses(send(&portal, &wrong).await, 400, "bad-json");
    }
    let large = body(&"a".repeat(200_000), "acme-cad");
    refuses(send(&portal, &large).await, 413, "too-long");
    portal.set(|settings| settings.trial_work_bits = 10).await;
    let fresh = Machine::new("lab-8", &portal.product).trial();
    refuses(send(&portal, &body(&fresh, "acme-cad")).await, 428, "work-required");
}

#[tokio::test]
async fn limits_of_an_address_and_of_a_day_speak_to_it_too() {
    let portal = TestPortal::with(|config| config.rate_limit = Some(1)).await;
    portal.set(|settings| settings.trials_per_day = Some(1)).await;
    let body = |name: &str| {
        let request = Machine::new(name, &portal.product).trial();
        json!({"offlineRequest": request, "productId": "acme-cad"})
    };
    send(&portal, &body("a")).await.is(200);
    let capped = refuses(send(&portal, &body("b")).await, 429, "trial-cap-reached");
    assert!(capped.header("retry-after").parse::<u64>().unwrap() > 0);
    let mut limited = None;
    for n in 0..20 {
        let answer = send(&portal, &body(&format!("machine-{n}"))).await;
        if answer.json()["code"] == "rate-limited" {
            limited = Some(answer);
            break;
        }
    }
    let limited = refuses(limited.expect("a limit"), 429, "rate-limited");
    assert_eq!(limited.header("retry-after"), "1");
}

#[tokio::test]
async fn only_pages_that_are_named_may_send_json_here() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    for path in [PATH, super::TRIALS] {
        for (origin, allowed) in [(PAGE, PAGE), ("https://evil.example", "")] {
            let ask = visitor.request("OPTIONS", path).header("origin", origin);
            let ask = ask.header("access-control-request-method", "POST");
            let ask = ask.header("access-control-request-headers", "content-type");
            let answer = visitor.send(ask).await.is(200);
            assert_eq!(answer.header("access-control-allow-origin"), allowed, "{path}");
            assert_eq!(answer.header("access-control-allow-headers"), "content-type");
            assert_eq!(answer.header("access-control-allow-methods"), "GET,POST");
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    }
}
