//! The document says what the router has, and the router has what the document says.

use std::collections::BTreeSet;

use countersign_portal::access::Access;
use countersign_portal::routes;
use serde_json::Value;

use crate::stand::{example, operations, scope};
use crate::world::TestPortal;

/// What is under `/api/v1` and no operation: the document itself.
const NOT_DESCRIBED: [&str; 1] = ["/api/v1/openapi.json"];

#[tokio::test]
async fn every_route_is_in_the_document_and_every_operation_is_a_route() {
    let portal = TestPortal::new().await;
    let described: BTreeSet<(String, String)> =
        operations(&portal).await.into_iter().map(|(method, path, _)| (method, path)).collect();
    let mut routed = BTreeSet::new();
    for route in routes(&portal.app) {
        if !route.path.starts_with("/api/v1/") || NOT_DESCRIBED.contains(&&*route.path) {
            continue;
        }
        match route.method {
            Some(method) => {
                routed.insert((method.to_string(), route.path));
            }
            None => {
                for method in methods(&portal, &route.path).await {
                    routed.insert((method, route.path.clone()));
                }
            }
        }
    }
    assert_eq!(described, routed);
    assert!(described.len() > 35, "{}", described.len());
}

/// What the running portal says that it takes there.
async fn methods(portal: &TestPortal, path: &str) -> Vec<String> {
    let visitor = portal.visitor();
    let answer =
        visitor.send(visitor.request("DELETE", path)).await.refuses_as(405, "method-not-allowed");
    let allow = answer.header("allow").split(',').map(str::trim).map(str::to_owned);
    allow.filter(|method| method != "HEAD").collect()
}

#[tokio::test]
async fn every_operation_says_its_scope_and_its_problems_and_gives_an_example() {
    let portal = TestPortal::new().await;
    let routes = routes(&portal.app);
    let errors =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md")).unwrap();
    let (mut names, mut codes) = (BTreeSet::new(), 0);
    for (method, path, operation) in operations(&portal).await {
        let of_path = || routes.iter().filter(|route| route.path == path);
        let own = of_path().find(|r| r.method.as_ref().is_some_and(|m| m.as_str() == method));
        let access = own.or_else(|| of_path().find(|r| r.method.is_none())).unwrap().access;
        let expected = match access {
            Access::Token(scope) => Some(scope),
            _ => None,
        };
        assert_eq!(scope(&operation), expected, "{method} {path}");
        assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{operation}");
        assert!(!operation["summary"].as_str().unwrap().is_empty());
        if operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .any(|p| p["name"] == "Idempotency-Key")
        {
            assert!(example(&operation).is_object(), "{method} {path} has no example");
        }
        for (status, answer) in operation["responses"].as_object().unwrap() {
            if status.starts_with('2') {
                continue;
            }
            for code in answer["description"].as_str().unwrap().split('`').skip(1).step_by(2) {
                assert!(errors.contains(&format!("\n### {code}\n")), "docs/errors.md: {code}");
                codes += 1;
            }
        }
    }
    assert!(codes > 200, "{codes}");
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_a_name_means_one_thing() {
    let portal = TestPortal::new().await;
    let document = portal.visitor().get("/api/v1/openapi.json").await.is(200).json();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for reference in &found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let unused: Vec<_> = document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| !found.contains(&format!("#/components/schemas/{name}")))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
    // Numbers at the end: two types wanted the same name.
    let doubled = document["components"]["schemas"].as_object().unwrap();
    let doubled: Vec<_> =
        doubled.keys().filter(|n| n.ends_with(|c: char| c.is_ascii_digit())).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                found.push(reference.to_owned());
            }
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn who_has_the_document_already_does_not_get_it_again() {
    let portal = TestPortal::new().await;
    let anybody = portal.visitor();
    let first = anybody.get("/api/v1/openapi.json").await.is(200);
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() > 20, "{tag}");
    assert_eq!(first.header("content-type"), "application/json");
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".into()] {
        let get = anybody.request("GET", "/api/v1/openapi.json").header("if-none-match", &known);
        let answer = anybody.send(get).await.is(304);
        assert_eq!((answer.header("etag"), answer.text.as_str()), (tag.as_str(), ""));
    }
    let get = anybody.request("GET", "/api/v1/openapi.json").header("if-none-match", "\"other\"");
    anybody.send(get).await.is(200);
}
