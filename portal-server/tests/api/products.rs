//! Products, settings, activations and trials, by programs.

use serde_json::{Value, json};

use crate::played::{Machine, NOW};
use crate::stand::Stand;
use crate::world::{DAY, TestPortal};

#[tokio::test]
async fn a_product_is_created_changed_and_archived() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let body = json!({"id": "acme-cam", "name": "Acme CAM", "trial_days": 14, "trial_end": NOW + 90 * DAY, "trial_again": {"rule": "after-days", "days": 180}, "trial_strategy": "loose", "trial_entitlements": {"parts": 5}, "reinstall_allowance": 2});
    let made = robot.post("/api/v1/products", body.clone()).await.is(201);
    let path = made.header("location").to_owned();
    assert_eq!(path, "/api/v1/products/acme-cam");
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&made.json()[name], value, "{name}");
    }
    robot.post("/api/v1/products", body).await.refuses_as(409, "conflict");
    let changed =
        robot.patch(&path, json!({"trial_days": null, "archived": true})).await.is(200).json();
    assert_eq!((&changed["trial_days"], &changed["archived"]), (&Value::Null, &json!(true)));
    assert_eq!(
        (&changed["name"], &changed["trial_entitlements"]),
        (&json!("Acme CAM"), &json!({"parts": 5}))
    );
    assert_eq!(robot.get(&path).await.json(), changed);
    robot.patch(&path, json!({"name": " "})).await.refuses_as(422, "unfit-value");
    robot.patch("/api/v1/products/nothing", json!({})).await.refuses_as(404, "not-found");
    robot.get("/api/v1/products/No%20Product").await.refuses_as(404, "not-found");
}

#[tokio::test]
async fn the_trial_policy_of_a_product_is_all_in_json_and_counts_at_the_door() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let path = format!("/api/v1/products/{}", portal.product);
    let before = robot.get(&path).await.is(200).json();
    assert_eq!(
        (&before["trial_end"], &before["trial_again"]),
        (&Value::Null, &json!({"rule": "never"}))
    );
    for again in [
        json!({"rule": "per-major-version", "newest_major_version": 4}),
        json!({"rule": "after-days", "days": 30}),
        json!({"rule": "never"}),
    ] {
        let changed = robot.patch(&path, json!({"trial_again": again})).await.is(200).json();
        assert_eq!(changed["trial_again"], again);
        for stays in ["trial_days", "trial_end", "trial_strategy", "trial_entitlements"] {
            assert_eq!(changed[stays], before[stays], "{stays}");
        }
    }
    let end = NOW + 3 * DAY;
    let until =
        json!({"trial_end": end, "trial_entitlements": {"cad": true}, "trial_strategy": "exact"});
    robot.patch(&path, until).await.is(200);
    let anybody = portal.visitor();
    let machine = Machine::new("lab-1", &portal.product);
    let post = anybody.request("POST", "/api/v1/trials").body(machine.trial());
    // What comes first counts: the product's days, or the end of all trials.
    assert_eq!(anybody.send(post).await.is(200).json()["expires_at"], end);
    let terms = anybody.get(&format!("/api/v1/trials/{}", portal.product)).await.is(200).json();
    assert_eq!((&terms["end"], &terms["again"]), (&json!(end), &json!({"rule": "never"})));
    for (bad, status, code) in [
        (json!({"trial_end": NOW - 1}), 422, "unfit-value"),
        (json!({"trial_again": {"rule": "after-days", "days": 0}}), 422, "unfit-value"),
        (json!({"trial_again": {"rule": "after-days"}}), 400, "bad-json"),
        (json!({"trial_again": {"rule": "never", "days": 3}}), 400, "bad-json"),
        (json!({"trial_again": {"rule": "always"}}), 400, "bad-json"),
        (json!({"trial_again": null, "trial_newest": 4}), 400, "bad-json"),
    ] {
        robot.patch(&path, bad).await.refuses_as(status, code);
    }
    // An end that was set before may stay when it has passed.
    portal.clock.advance(4 * DAY);
    robot.patch(&path, json!({"trial_end": end, "name": "CAD"})).await.is(200);
    let none = robot.patch(&path, json!({"trial_end": null, "trial_days": null})).await.is(200);
    assert_eq!(none.json()["trial_end"], Value::Null);
    let late = Machine::new("lab-2", &portal.product).trial();
    let post = anybody.request("POST", "/api/v1/trials").body(late);
    anybody.send(post).await.refuses_as(404, "no-trial");
}

#[tokio::test]
async fn settings_are_changed_one_by_one_within_their_ranges() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let before = robot.get("/api/v1/settings").await.is(200).json();
    let change = json!({"releases_per_year": 7, "trials_per_day": 50, "trial_origins": ["https://a.example"]});
    let after = robot.patch("/api/v1/settings", change.clone()).await.is(200).json();
    for (name, value) in before.as_object().unwrap() {
        assert_eq!(&after[name], change.get(name).unwrap_or(value), "{name}");
    }
    assert_eq!(robot.get("/api/v1/settings").await.json(), after);
    for bad in [
        json!({"response_validity_cap_days": 0}),
        json!({"releases_per_year": 1001}),
        json!({"trial_work_bits": 27}),
        json!({"trials_per_day": 0}),
        json!({"trial_origins": ["nothing"]}),
        json!({"release_cool_down_seconds": 40_000_000}),
    ] {
        robot.patch("/api/v1/settings", bad).await.refuses_as(422, "unfit-value");
    }
    let unknown = robot.patch("/api/v1/settings", json!({"two_people": false})).await;
    unknown.refuses_as(400, "bad-json");
    robot
        .patch("/api/v1/settings", json!({"trials_per_day": null}))
        .await
        .is(200)
        .says("\"trials_per_day\":null");
    assert_eq!(robot.get("/api/v1/settings").await.json()["releases_per_year"], 7);
}

#[tokio::test]
async fn the_seat_of_a_lost_machine_is_released_with_its_reason() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let path = format!("/api/v1/activations/{}", stand.activation);
    let shown = robot.get(&path).await.is(200).json();
    assert_eq!((&shown["device_name"], &shown["state"]), (&json!("lab-5"), &json!("active")));
    assert_eq!(shown["license"], stand.license.id().to_string());
    let released =
        robot.post(&format!("{path}/release"), json!({"reason": "stolen"})).await.is(200).json();
    assert_eq!(
        (&released["state"], &released["release_reason"]),
        (&json!("released"), &json!("stolen"))
    );
    robot.post(&format!("{path}/release"), json!({})).await.refuses_as(409, "holds-no-seat");
    assert_eq!(stand.portal.stored(&stand.license).await.live_activations, 0);
    let of_license = format!("/api/v1/activations?license={}", stand.license.id());
    for (state, count) in [("", 1), ("&state=released", 1), ("&state=active", 0)] {
        let page = robot.get(&format!("{of_license}{state}")).await.is(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{state}");
    }
    robot
        .get("/api/v1/activations?license=AAAAAAAAAAAAAAAAAAAAAA")
        .await
        .refuses_as(404, "not-found");
    robot.get("/api/v1/activations?state=active").await.refuses_as(400, "bad-query");
    robot.get("/api/v1/activations/AAAAAAAAAAAAAAAAAAAAAA").await.refuses_as(404, "not-found");
}

#[tokio::test]
async fn trials_are_listed_beside_the_door_that_starts_them() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let shown = robot.get(&format!("/api/v1/trials/started/{}", stand.trial)).await.is(200).json();
    assert_eq!((&shown["device_name"], &shown["product"]), (&json!("lab-6"), &json!("acme-cad")));
    let anybody = stand.portal.visitor();
    let trial = Machine::new("lab-77", &stand.portal.product).trial();
    let post = anybody
        .request("POST", "/api/v1/trials")
        .header("origin", "https://acme.github.io")
        .body(trial);
    let answer = anybody.send(post).await.is(200);
    assert_eq!(answer.header("access-control-allow-origin"), "https://acme.github.io");
    let page = robot.get("/api/v1/trials").await.is(200);
    assert_eq!(page.json()["items"].as_array().unwrap().len(), 2);
    // What a page of another origin may do did not grow.
    let get = robot.request("GET", "/api/v1/trials").header("origin", "https://acme.github.io");
    assert_eq!(robot.send(get).await.is(200).header("access-control-allow-origin"), "");
    anybody.get("/api/v1/trials/acme-cad").await.is(200);
}
