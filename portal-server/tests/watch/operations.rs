//! The dashboard, the alerts and the operator's page, against what a real process measures.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::installation::Installation;
use crate::scrape::{self, Scrape};

fn file(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/operations");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// A process to which a little of everything has happened.
async fn measured() -> Scrape {
    let here = Installation::new();
    let server = here.serve_with("warn", &["--metrics", "127.0.0.1:0"]);
    let visitor = server.visitor();
    visitor.log_in("nobody@lab.example", "not a password of anybody").await.is(403);
    visitor.send(visitor.request("POST", "/api/v1/activations").body("rubbish")).await.is(422);
    scrape::of_process(&server).await
}

/// The words of a query that are no functions: names of series, and of labels.
fn words(query: &str) -> impl Iterator<Item = &str> {
    query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

fn check_query(query: &str, scrape: &Scrape) {
    let names = scrape.names();
    let queried: Vec<_> = words(query)
        .filter(|word| word.starts_with("countersign_") || word.starts_with("process_"))
        .collect();
    assert!(!queried.is_empty() || query.starts_with("up{"), "{query} asks for nothing of ours");
    for name in queried {
        assert!(names.contains(name), "{name} is not measured, and asked for in {query}");
    }
    let labels: BTreeSet<_> =
        scrape.label_names().into_iter().chain(["instance", "job", "le"]).collect();
    for grouped in query.split("by (").skip(1) {
        for label in words(grouped.split(')').next().unwrap()) {
            assert!(labels.contains(label), "nothing has the label {label}: {query}");
        }
    }
}

/// Every member of this name, at any depth.
fn members<'a>(json: &'a Value, name: &str, found: &mut Vec<&'a str>) {
    match json {
        Value::Object(object) => {
            found.extend(object.get(name).and_then(Value::as_str));
            object.values().for_each(|value| members(value, name, found));
        }
        Value::Array(array) => array.iter().for_each(|value| members(value, name, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_dashboard_asks_for_nothing_that_is_not_measured() {
    let dashboard: Value = serde_json::from_str(&file("grafana-dashboard.json")).unwrap();
    let scrape = measured().await;
    let mut queries = Vec::new();
    members(&dashboard, "expr", &mut queries);
    assert!(queries.len() >= 30, "{queries:?}");
    queries.iter().for_each(|query| check_query(query, &scrape));
    let mut ids: Vec<_> =
        dashboard["panels"].as_array().unwrap().iter().map(|p| &p["id"]).collect();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "each panel has an id of its own");
    let sources = ["prometheus", "datasource"];
    let mut uids = Vec::new();
    members(&dashboard["panels"], "uid", &mut uids);
    assert!(uids.iter().all(|uid| *uid == "${datasource}"), "it is provisioned anywhere: {uids:?}");
    let variable = &dashboard["templating"]["list"][0];
    assert_eq!([variable["query"].as_str(), variable["type"].as_str()], sources.map(Some));
}

#[tokio::test]
async fn every_alert_asks_for_what_is_measured_and_has_its_paragraph() {
    let rules: Value = serde_saphyr::from_str(&file("alerts.yml")).unwrap();
    let (scrape, page) = (measured().await, file("README.md"));
    let headings: BTreeSet<_> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let mut led_to = BTreeSet::new();
    for rule in rules["groups"][0]["rules"].as_array().unwrap() {
        let name = rule["alert"].as_str().unwrap();
        check_query(rule["expr"].as_str().unwrap(), &scrape);
        assert!(
            ["page", "ticket"].contains(&rule["labels"]["severity"].as_str().unwrap()),
            "{name}"
        );
        assert!(rule["annotations"]["summary"].is_string(), "{name}");
        let runbook = rule["annotations"]["runbook"].as_str().unwrap();
        let anchor = runbook.strip_prefix("docs/operations/README.md#").unwrap();
        let heading = headings.iter().find(|heading| heading.to_lowercase() == anchor);
        led_to.insert(*heading.unwrap_or_else(|| panic!("{name} has no paragraph")));
    }
    assert!(led_to.len() >= 15);
    let unused: Vec<_> =
        headings.iter().filter(|h| h.starts_with("Countersign") && !led_to.contains(*h)).collect();
    assert!(unused.is_empty(), "no alert leads to {unused:?}");
}

#[tokio::test]
async fn the_operators_page_names_everything_that_is_measured_and_nothing_else() {
    let (scrape, page) = (measured().await, file("README.md"));
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let first = line.split('|').nth(1).unwrap();
        let ours = |word: &&str| word.starts_with("countersign_") || word.starts_with("process_");
        named.extend(first.split('`').filter(ours).map(|word| word.split('{').next().unwrap()));
    }
    let base = |name: &str| {
        let ends = ["_bucket", "_sum", "_count"];
        let timed = ends.into_iter().find_map(|end| name.strip_suffix(end));
        timed.unwrap_or(name).to_owned()
    };
    let measured: BTreeSet<String> = scrape.names().into_iter().map(base).collect();
    let missing: Vec<_> = measured.iter().filter(|name| !named.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
    let gone: Vec<_> = named.iter().filter(|name| !measured.contains(**name)).collect();
    assert!(gone.is_empty(), "on the page, and not measured: {gone:?}");
}
