//! Keys: what is sent again is done once.

use countersign_core::Hash;
use countersign_store::TokenScope;
use serde_json::{Value, json};

use crate::stand::{Program, Stand, example, operations};
use crate::world::browser::picture;
use crate::world::{DAY, TestPortal};

const PRODUCTS: &str = "/api/v1/products";

async fn created(portal: &TestPortal) -> usize {
    portal.audit().await.iter().filter(|entry| entry.action == "license.create").count()
}

fn new_license() -> Value {
    json!({"product": "acme-cad", "holder": "Jane"})
}

#[tokio::test]
async fn the_same_again_with_the_same_key_does_nothing_more_and_gets_the_same_answer() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let first = robot.keyed("POST", "/api/v1/licenses", "k1", new_license()).await.is(201);
    let location = first.header("location").to_owned();
    // What has changed since does not show: it is the answer of then.
    robot.patch(&location, json!({"holder": "Joe"})).await.is(200);
    for key in ["k1", "\"k1\"", " k1 "] {
        let again = robot.keyed("POST", "/api/v1/licenses", key, new_license()).await.is(201);
        assert_eq!((&again.text, again.header("location")), (&first.text, location.as_str()));
    }
    assert_eq!(created(&portal).await, 1);
    robot.keyed("POST", "/api/v1/licenses", "k2", new_license()).await.is(201);
    robot.post("/api/v1/licenses", new_license()).await.is(201);
    assert_eq!(created(&portal).await, 3);
}

#[tokio::test]
async fn every_write_of_the_document_is_done_once_with_a_key() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let mut count = 0;
    let writes = operations(&stand.portal).await;
    let takes_key = |operation: &Value| {
        operation["parameters"].as_array().unwrap().iter().any(|p| p["name"] == "Idempotency-Key")
    };
    // What has to be there comes before what needs it, and what ends something last.
    let mut writes: Vec<_> = writes.into_iter().filter(|(_, _, o)| takes_key(o)).collect();
    let rank = |path: &str| match path.rsplit('/').next().unwrap() {
        "pause" | "finish" => 0,
        "resume" => 1,
        "disable" => 2,
        "use" => 4,
        "remove" => 5,
        "publish" => 6,
        "archive" => 7,
        "delete" => 8,
        _ => 3,
    };
    writes.sort_by_key(|(_, path, _)| rank(path));
    let logo = robot.request("POST", "/api/v1/look/pictures/logo");
    let logo = logo.header("content-type", "image/png").body(picture(64, 64));
    robot.send(logo).await.is(200);
    for (method, path, operation) in writes {
        let (address, key) = (
            stand.path(&path).replace("?product=acme-cad", ""),
            format!("key of {method} {path}").replace(' ', "-"),
        );
        let mut body = example(&operation);
        if path.ends_with("licenses/{id}") {
            body = json!({"status": "suspended"});
        }
        if path == "/api/v1/users" {
            body["email"] = json!("new@lab.example");
        }
        let first = robot.keyed(&method, &address, &key, body.clone()).await;
        assert!(first.status.is_success(), "{method} {path}: {}", first.text);
        let done = stand.portal.audit().await.len();
        let again = robot.keyed(&method, &address, &key, body).await;
        if first.json().get("secret").is_some() {
            // It was said once, and is not kept for anybody.
            again.refuses_as(409, "done-before").hides("whsec_");
        } else {
            assert_eq!((again.status, &again.text), (first.status, &first.text), "{method} {path}");
        }
        assert_eq!(stand.portal.audit().await.len(), done, "{method} {path} was done twice");
        count += 1;
    }
    assert!(count >= 40, "{count}");
}

#[tokio::test]
async fn attack_the_same_key_for_something_else_does_nothing() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let license = format!("/api/v1/licenses/{}", stand.license.id());
    robot.keyed("POST", "/api/v1/licenses", "k", new_license()).await.is(201);
    let other = json!({"product": "acme-cad", "holder": "Mallory"});
    let before = stand.portal.audit().await.len();
    for (method, path, body) in [
        ("POST", "/api/v1/licenses", other),
        ("POST", "/api/v1/licenses?limit=1", new_license()),
        ("POST", PRODUCTS, json!({"id": "x"})),
        ("PATCH", license.as_str(), json!({"holder": "Mallory"})),
    ] {
        let answer = robot.keyed(method, path, "k", body).await;
        if path.contains('?') {
            answer.refuses_as(400, "bad-query");
        } else {
            answer.refuses_as(422, "idempotency-key-reused");
        }
    }
    assert_eq!(stand.portal.audit().await.len(), before);
}

#[tokio::test]
async fn attack_a_key_of_another_token_opens_nothing() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let eve = portal.vendor("eve@acme.example").await;
    let other = portal.program(&eve, &[TokenScope::WriteLicenses]).await;
    let first = robot.keyed("POST", "/api/v1/licenses", "k", new_license()).await.is(201);
    // Their own key of the same name: another license, and not a word of the first one.
    let second = other.keyed("POST", "/api/v1/licenses", "k", new_license()).await.is(201);
    assert_ne!(first.json()["id"], second.json()["id"]);
    assert_eq!(created(&portal).await, 2);
    // A token without the scope gets no stored answer either.
    let reader = portal.program(&eve, &[TokenScope::ReadLicenses]).await;
    let asked = reader.keyed("POST", "/api/v1/licenses", "k", new_license()).await;
    asked.refuses_as(403, "insufficient-scope");
}

#[tokio::test]
async fn attack_the_same_write_many_times_at_once_is_done_once() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let send = || robot.keyed("POST", "/api/v1/licenses", "at-once", new_license());
    let answers = futures_util::future::join_all((0..24).map(|_| send())).await;
    assert_eq!(created(&portal).await, 1);
    let done: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(!done.is_empty());
    assert!(done.iter().all(|answer| answer.text == done[0].text));
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        // The other one is at it, or has just done it and not yet noted its answer.
        let code = refused.json()["code"].clone();
        assert!(
            ["idempotency-key-in-use", "done-before"].contains(&code.as_str().unwrap()),
            "{code}"
        );
        assert_eq!(refused.status, 409);
    }
    let after = send().await.is(201);
    assert_eq!(after.text, done[0].text);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_not_done_again_and_says_where_to_look() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let first = robot.keyed("POST", "/api/v1/licenses", "k", new_license()).await.is(201);
    // As if the portal had been killed after the license was there and before its answer was noted.
    let database =
        rusqlite::Connection::open(portal.app.config().data.join("countersign.db")).unwrap();
    let lost = "UPDATE api_once SET status = NULL, answer = NULL";
    assert_eq!(database.execute(lost, []).unwrap(), 1);
    let again = robot.keyed("POST", "/api/v1/licenses", "k", new_license()).await;
    let again = again.refuses_as(409, "done-before").json();
    assert_eq!(again["location"], first.header("location"));
    robot.get(again["location"].as_str().unwrap()).await.is(200);
    assert_eq!(created(&portal).await, 1);
}

#[tokio::test]
async fn what_was_refused_leaves_no_key_behind() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let product = json!({"id": "acme-cam"});
    robot.post(PRODUCTS, product.clone()).await.is(201);
    robot.keyed("POST", PRODUCTS, "k", product).await.refuses_as(409, "conflict");
    // Another body with that key: nothing was done with it.
    robot.keyed("POST", PRODUCTS, "k", json!({"id": "acme-cim"})).await.is(201);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day_and_keeps_nothing_secret() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    robot.keyed("POST", "/api/v1/licenses", "k-of-ada", new_license()).await.is(201);
    portal.clock.advance(DAY - 1);
    robot.keyed("POST", "/api/v1/licenses", "k-of-ada", new_license()).await.is(201);
    assert_eq!(created(&portal).await, 1);
    portal.clock.advance(1);
    robot.keyed("POST", "/api/v1/licenses", "k-of-ada", new_license()).await.is(201);
    assert_eq!(created(&portal).await, 2);
    let database =
        rusqlite::Connection::open(portal.app.config().data.join("countersign.db")).unwrap();
    let rows: (i64, String) = database
        .query_row("SELECT COUNT(*), MAX(key_hash) FROM api_once", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(rows, (1, Hash::of("k-of-ada").to_string()));
}

#[tokio::test]
async fn what_is_no_key_is_refused_before_anything_is_done() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    for key in ["", "\"\"", "a b", &"x".repeat(256)] {
        let answer = robot.keyed("POST", "/api/v1/licenses", key, new_license()).await;
        answer.refuses_as(400, "bad-idempotency-key");
    }
    let two = robot.request("POST", "/api/v1/licenses").json(&new_license());
    let two = two.header("idempotency-key", "a").header("idempotency-key", "b");
    robot.send(two).await.refuses_as(400, "bad-idempotency-key");
    assert_eq!(created(&portal).await, 0);
    let reader: &Program = &robot;
    // Reading takes none, and is not disturbed by one.
    let get = reader.request("GET", "/api/v1/licenses").header("idempotency-key", "a b");
    reader.send(get).await.is(200);
}
