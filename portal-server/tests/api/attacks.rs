//! Whoever sends what no program of good will sends.

use serde_json::{Value, json};

use crate::stand::{Stand, example, filled, operations, scope};

/// Members that nobody sets by a body.
const NOT_TO_BE_SET: [(&str, &str); 12] = [
    ("id", "\"AAAAAAAAAAAAAAAAAAAAAA\""),
    ("role", "\"admin\""),
    ("password_hash", "\"x\""),
    ("live_activations", "0"),
    ("total_activations", "0"),
    ("revision", "7"),
    ("created_at", "1"),
    ("key", "\"AAAAA-AAAAA\""),
    ("two_factor", "false"),
    ("published_at", "1"),
    ("checksums", "\"x\""),
    ("__proto__", "{}"),
];

fn writes(operations: Vec<(String, String, Value)>) -> Vec<(String, String, Value)> {
    let takes_key = |operation: &Value| {
        operation["parameters"].as_array().unwrap().iter().any(|p| p["name"] == "Idempotency-Key")
    };
    operations.into_iter().filter(|(_, _, operation)| takes_key(operation)).collect()
}

#[tokio::test]
async fn attack_members_that_nobody_sets_are_refused_and_nothing_is_changed() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let before = stand.portal.audit().await.len();
    let mut count = 0;
    for (method, path, operation) in writes(operations(&stand.portal).await) {
        let address = stand.path(&path).replace("?product=acme-cad", "");
        for (name, value) in NOT_TO_BE_SET {
            let mut body = example(&operation);
            if (path.as_str(), method.as_str(), name) == ("/api/v1/products", "POST", "id") {
                continue;
            }
            body[name] = serde_json::from_str(value).unwrap();
            let request = robot.request(&method, &address).json(&body);
            let answer = robot.send(request).await.refuses_as(400, "bad-json");
            assert!(answer.json()["detail"].as_str().unwrap().contains(name), "{}", answer.text);
            count += 1;
        }
    }
    assert!(count > 150, "{count}");
    assert_eq!(stand.portal.audit().await.len(), before);
}

#[tokio::test]
async fn attack_a_member_twice_a_deep_body_and_what_is_no_object() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let before = stand.portal.audit().await.len();
    let deep = |n: usize| format!("{{\"name\":{}1{}}}", "[".repeat(n), "]".repeat(n));
    let bodies = [
        "{\"name\":\"a\",\"name\":\"b\"}".to_owned(),
        "{\"metadata\":{\"a\":{\"value\":\"1\"},\"a\":{\"value\":\"2\"}},\"product\":\"acme-cad\"}"
            .to_owned(),
        "{\"entitlements\":{\"a\":1,\"a\":2},\"product\":\"acme-cad\"}".to_owned(),
        deep(20),
        deep(100_000),
        "[]".to_owned(),
        "null".to_owned(),
        "7".to_owned(),
        "{".to_owned(),
        "{}x".to_owned(),
        "{\"name\":\"\\ud800\"}".to_owned(),
        "\u{feff}{}".to_owned(),
    ];
    for (method, path, _) in writes(operations(&stand.portal).await) {
        let address = stand.path(&path).replace("?product=acme-cad", "");
        for body in &bodies {
            let request =
                robot.request(&method, &address).header("content-type", "application/json");
            robot.send(request.body(body.clone())).await.refuses_as(400, "bad-json");
        }
        let not_text = robot.request(&method, &address).header("content-type", "application/json");
        robot.send(not_text.body(vec![b'{', 0xff, b'}'])).await.refuses_as(400, "bad-json");
    }
    assert_eq!(stand.portal.audit().await.len(), before);
}

#[tokio::test]
async fn attack_a_body_of_ten_megabytes_is_not_read() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    // With a client of its own: its connections end in the middle.
    let ada = stand.portal.stored_user("ada@acme.example").await;
    let hog = stand.portal.program(&ada, &countersign_store::TokenScope::ALL).await;
    for bytes in [257 * 1024, 10 * 1024 * 1024] {
        let body = format!("{{\"name\":\"{}\"}}", "x".repeat(bytes));
        let post =
            hog.request("POST", "/api/v1/organizations").header("content-type", "application/json");
        // The connection may be gone before all is sent: then nothing was answered, and nothing was done.
        if let Ok(answer) = post.body(body).send().await {
            assert_eq!(answer.status(), 413);
        }
    }
    assert!(stand.portal.app.store().organizations().await.unwrap().len() == 1);
    robot.post("/api/v1/organizations", json!({"name": "Lab 3"})).await.is(201);
}

#[tokio::test]
async fn attack_another_type_of_body_or_answer_and_another_method_are_refused_as_such() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let before = stand.portal.audit().await.len();
    for (method, path, operation) in operations(&stand.portal).await {
        let address = stand.path(&path);
        let anybody = stand.portal.visitor();
        for other in ["PUT", "DELETE", "PROPFIND"] {
            let answer = anybody.send(anybody.request(other, &address)).await;
            let answer = answer.refuses_as(405, "method-not-allowed");
            assert!(answer.header("allow").contains(&method), "{path}: {}", answer.header("allow"));
        }
        if scope(&operation).is_none() || operation["responses"].get("406").is_none() {
            continue;
        }
        let strange = robot.request(&method, &address).header("accept", "text/html");
        let strange = if method == "GET" { strange } else { filled(strange, &operation) };
        let is_toml = path.ends_with("/policy") || path.contains("/journals");
        if !is_toml {
            robot.send(strange).await.refuses_as(406, "not-acceptable");
        }
    }
    for (method, path, _) in writes(operations(&stand.portal).await) {
        let address = stand.path(&path).replace("?product=acme-cad", "");
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
            let request = robot.request(&method, &address).header("content-type", kind).body("{}");
            robot.send(request).await.refuses_as(415, "unsupported-media-type");
        }
        let two = robot.request(&method, &address).header("content-type", "application/json");
        let two = two.header("content-type", "text/plain").body("{}");
        robot.send(two).await.refuses_as(415, "unsupported-media-type");
    }
    assert_eq!(stand.portal.audit().await.len(), before);
}

#[tokio::test]
async fn attack_headers_that_claim_another_method_address_or_person_are_not_looked_at() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let before = stand.portal.audit().await.len();
    for (name, value) in [
        ("x-http-method-override", "PATCH"),
        ("x-method-override", "DELETE"),
        ("x-original-url", "/api/v1/settings"),
        ("x-rewrite-url", "/admin"),
        ("x-forwarded-user", "ada@acme.example"),
        ("x-api-key", "cst_x"),
    ] {
        let get = robot.request("GET", "/api/v1/products").header(name, value);
        robot.send(get).await.is(200).says("acme-cad");
    }
    // A second way to say how long a body is: the server takes neither, and the rest is no second request.
    let smuggled = robot.request("POST", "/api/v1/products").header("transfer-encoding", "chunked");
    let smuggled = smuggled.header("content-length", "2").json(&json!({"id": "smuggled"}));
    if let Ok(answer) = smuggled.send().await {
        assert!(answer.status().is_client_error() || answer.status() == 201);
    }
    let products = robot.get("/api/v1/products").await.is(200).json();
    assert!(products["items"].as_array().unwrap().len() <= 2);
    assert!(stand.portal.audit().await.len() <= before + 1);
}

#[tokio::test]
async fn attack_ids_of_things_that_are_not_there_or_no_ids_are_not_found_and_name_nothing() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let mut count = 0;
    for (method, path, operation) in operations(&stand.portal).await {
        if !path.contains("{id}") || scope(&operation).is_none() || path.contains("/journals/") {
            continue;
        }
        for id in [
            "AAAAAAAAAAAAAAAAAAAAAA",
            "x",
            "%00",
            "..%2f..%2fadmin",
            "AAAAAAAAAAAAAAAAAAAAAB",
            "'%20OR%201=1",
            &"A".repeat(3000),
        ] {
            let start = if path.ends_with("/pieces") { "?start=0" } else { "" };
            let address = format!("{}{start}", path.replace("{id}", id));
            let request = robot.request(&method, &address);
            let request = if method == "GET" { request } else { filled(request, &operation) };
            robot.send(request).await.refuses_as(404, "not-found");
            count += 1;
        }
    }
    assert!(count > 90, "{count}");
}
