//! Pages of lists, and the cursors between them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::stand::{Program, Stand, operations, scope};
use crate::world::TestPortal;

/// All items of a list, page by page, by the links of the answers.
async fn all(program: &Program, path: &str) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let answer = program.get(&path).await.is(200);
        let page = answer.json();
        items.extend(page["items"].as_array().unwrap().clone());
        let link = answer.header("link").split(['<', '>']).nth(1).map(str::to_owned);
        assert_eq!(link.is_some(), page["next"].is_string(), "{page}");
        if let Some(cursor) = page["next"].as_str() {
            assert!(link.as_ref().unwrap().ends_with(&format!("cursor={cursor}")));
        }
        next = link;
    }
    items
}

fn ids(items: &[Value]) -> BTreeSet<String> {
    let id = |item: &Value| match &item["id"] {
        Value::Null => item["seq"].to_string(),
        Value::String(id) => id.clone(),
        id => id.to_string(),
    };
    items.iter().map(id).collect()
}

#[tokio::test]
async fn a_list_in_pages_of_one_is_the_list() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    // One that nothing is sent to: its deliveries stay as they are.
    let webhook = stand.path("/api/v1/webhooks/{id}");
    robot.post(&format!("{webhook}/pause"), json!({})).await.is(200);
    for n in 0..4 {
        robot.post(&format!("{webhook}/test"), json!({})).await.is(200);
        let provider = json!({"name": format!("Provider {n}"), "issuer": "https://login.acme.example", "client_id": "portal"});
        robot.post("/api/v1/sign-on/providers", provider).await.is(201);
        stand.portal.organization(&format!("Organization {n}")).await;
        stand.portal.user(|user| user.email = format!("user-{n}@lab.example")).await;
        robot.post("/api/v1/products", json!({"id": format!("product-{n}")})).await.is(201);
        robot.post("/api/v1/licenses", json!({"product": "acme-cad"})).await.is(201);
        let release = json!({"product": "acme-cad", "version": format!("2.{n}.0")});
        robot.post("/api/v1/releases", release).await.is(201);
        let plan = json!({"product": "acme-cad", "name": format!("Plan {n}")});
        robot.post("/api/v1/plans", plan).await.is(201);
    }
    let of_plan = stand.path("/api/v1/plans/{id}/licenses");
    robot.post(&of_plan, json!({"count": 5})).await.is(201);
    let mut lists = 0;
    for (method, path, operation) in operations(&stand.portal).await {
        let is_list = operation["responses"]["200"]["headers"].get("Link").is_some();
        if method != "GET" || !is_list || path == "/api/v1/audit" {
            continue;
        }
        let address = stand.path(&path);
        let by_one = if address.contains('?') { "&limit=1" } else { "?limit=1" };
        let whole = all(&robot, &address).await;
        let pages = all(&robot, &format!("{address}{by_one}")).await;
        assert_eq!(pages, whole, "{path}");
        assert_eq!(ids(&whole).len(), whole.len(), "{path}");
        let least = if path.ends_with("activations") || path.ends_with("trials") { 1 } else { 5 };
        assert!(whole.len() >= least, "{path}: {}", whole.len());
        lists += 1;
    }
    assert_eq!(lists, 11);
}

#[tokio::test]
async fn the_audit_log_is_read_to_its_end_and_narrowed() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    robot.post("/api/v1/products", json!({"id": "acme-cam"})).await.is(201);
    let whole = all(&robot, "/api/v1/audit?limit=2").await;
    let stored = stand.portal.audit().await;
    assert_eq!(whole.len(), stored.len());
    assert_eq!(whole[0]["seq"], stored[0].seq);
    assert_eq!(whole[0]["actor"], format!("token:{}", robot.id));
    let own = all(&robot, &format!("/api/v1/audit?actor=token:{}&action=product", robot.id)).await;
    assert_eq!(own.len(), 1);
    assert_eq!(
        (&own[0]["action"], &own[0]["subject"]),
        (&json!("product.save"), &json!("acme-cam"))
    );
    let none = all(&robot, "/api/v1/audit?until=1").await;
    assert!(none.is_empty());
}

#[tokio::test]
async fn licenses_are_found_by_what_they_are() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let make = async |body: Value| {
        let made = robot.post("/api/v1/licenses", body).await.is(201).json();
        made["id"].as_str().unwrap().to_owned()
    };
    let short = make(json!({"product": "acme-cad", "holder": "Rosalind", "days": 5})).await;
    let long = make(json!({"product": "acme-cad", "plan": "Team"})).await;
    robot.patch(&format!("/api/v1/licenses/{long}"), json!({"status": "revoked"})).await.is(200);
    let found = async |query: &str| ids(&all(&robot, &format!("/api/v1/licenses?{query}")).await);
    let only = |id: &String| BTreeSet::from([id.clone()]);
    assert_eq!(found("state=revoked").await, only(&long));
    assert_eq!(found("state=active").await, only(&short));
    assert_eq!(found("ends_within_days=6").await, only(&short));
    assert_eq!(found("search=rosalind").await, only(&short));
    assert_eq!(found("product=other").await, BTreeSet::new());
    for order in ["created", "end", "product", "seats"] {
        assert_eq!(found(&format!("order={order}&limit=1")).await.len(), 2, "{order}");
    }
}

#[tokio::test]
async fn attack_a_cursor_that_is_changed_or_made_up_or_of_another_question_is_refused() {
    let stand = Stand::new().await;
    let portal = &stand.portal;
    let robot = portal.robot().await;
    for n in 0..3 {
        robot.post("/api/v1/products", json!({"id": format!("product-{n}")})).await.is(201);
        robot.post("/api/v1/licenses", json!({"product": "acme-cad"})).await.is(201);
    }
    let next = async |path: &str| {
        robot.get(path).await.is(200).json()["next"].as_str().unwrap().to_owned()
    };
    let cursor = next("/api/v1/products?limit=1").await;
    robot.get(&format!("/api/v1/products?limit=2&cursor={cursor}")).await.is(200);
    let refused = async |program: &Program, path: String| {
        program.get(&path).await.refuses_as(400, "bad-cursor");
    };
    let mut changed = cursor.clone().into_bytes();
    for at in 0..changed.len() {
        let before = changed[at];
        changed[at] = if before == b'A' { b'B' } else { b'A' };
        let text = String::from_utf8(changed.clone()).unwrap();
        // The last character of a text in base64url may have bits that say nothing.
        if at + 1 < changed.len() {
            refused(&robot, format!("/api/v1/products?cursor={text}")).await;
        }
        changed[at] = before;
    }
    for made_up in ["", "x", "AAAA", "acme-cad.n0", "%00", &"A".repeat(4000)] {
        refused(&robot, format!("/api/v1/products?cursor={made_up}")).await;
    }
    refused(&robot, format!("/api/v1/users?cursor={cursor}")).await;
    let of_state = next("/api/v1/licenses?state=active&limit=1").await;
    refused(&robot, format!("/api/v1/licenses?state=revoked&cursor={of_state}")).await;
    refused(&robot, format!("/api/v1/licenses?cursor={of_state}")).await;
    // Of another token, though it be of the same person.
    let ada = portal.stored_user("ada@acme.example").await;
    let other = portal.program(&ada, &countersign_store::TokenScope::ALL).await;
    refused(&other, format!("/api/v1/products?cursor={cursor}")).await;
}

#[tokio::test]
async fn attack_a_page_that_is_too_large_and_a_question_that_nobody_knows() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    for (method, path, operation) in operations(&stand.portal).await {
        let is_list = operation["responses"]["200"]["headers"].get("Link").is_some();
        if method != "GET" || !is_list || scope(&operation).is_none() {
            continue;
        }
        let address = stand.path(&path);
        let and = if address.contains('?') { '&' } else { '?' };
        for bad in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=99999999999999999999",
            "limit=x",
            "limit=",
            "limit=1&limit=2",
            "offset=7",
            "select=*",
        ] {
            let answer = robot.get(&format!("{address}{and}{bad}")).await;
            answer.refuses_as(400, "bad-query");
        }
    }
}
