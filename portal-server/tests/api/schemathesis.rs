//! Schemathesis reads the document and tries every operation: what fits it, what does not, and what is missing.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::stand::{Stand, operations, reached_here};
use crate::world::TestPortal;

/// What is checked of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
    response_schema_conformance,negative_data_rejection,unsupported_method,ignored_auth";
/// Operations that would find nothing by themselves, and do not end what they find.
const KNOWN: [&str; 23] = [
    "/api/v1/releases/{id}/publish",
    "/api/v1/releases/{id}/visibility",
    "/api/v1/releases/{id}/uploads",
    "/api/v1/releases/{id}/uploads/{upload}",
    "/api/v1/trials/started/{id}",
    "/api/v1/trials/started/{id}/renew",
    "/api/v1/trials/started/{id}/extend",
    "/api/v1/trials/started/{id}/response",
    "/api/v1/plans/{id}",
    "/api/v1/plans/{id}/licenses",
    "/api/v1/plans/{id}/preview",
    "/api/v1/plans/{id}/apply",
    "/api/v1/webhooks/{id}",
    "/api/v1/webhooks/{id}/secret",
    "/api/v1/webhooks/{id}/pause",
    "/api/v1/webhooks/{id}/resume",
    "/api/v1/webhooks/{id}/deliveries",
    "/api/v1/webhooks/{id}/deliveries/{delivery}",
    "/api/v1/webhooks/{id}/deliveries/{delivery}/resend",
    "/api/v1/webhooks/{id}/resend",
    "/api/v1/sign-on/providers/{id}",
    "/api/v1/sign-on/providers/{id}/domains",
    "/api/v1/sign-on/providers/{id}/domains/remove",
];
/// Examples for each operation and phase.
const EXAMPLES: &str = "12";

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_keeps_to_the_document_whatever_is_sent() {
    let portal = TestPortal::with(|config| {
        config.token_rate_limit = None;
        reached_here(config);
    })
    .await;
    let stand = Stand::of(portal).await;
    let robot = stand.portal.robot().await;
    no_waits(&stand.portal);
    let count = operations(&stand.portal).await.len();
    let report = tempfile::tempdir().unwrap();
    let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../python");
    std::fs::write(report.path().join("schemathesis.toml"), things(&stand)).unwrap();
    let mut run = Command::new("python3");
    run.env("PYTHONPATH", &packages)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_COLOR", "1")
        .current_dir(report.path())
        .args([
            "-m",
            "schemathesis.cli",
            "run",
            &format!("{}/api/v1/openapi.json", stand.portal.url),
        ])
        .args(["--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", "20261126"])
        .args(["--phases", "examples,coverage,fuzzing", "--mode", "all"])
        // Two of them meet in Python 3.11's parser now and then: "AST constructor recursion depth mismatch".
        .args(["--workers", "1"])
        .args(["--header", &format!("Authorization: Bearer {}", robot.token)])
        .args(["--generation-database", "none", "--continue-on-failure", "--request-timeout", "60"])
        .args(["--report", "ndjson", "--report-ndjson-path", "events.ndjson"]);
    let output = tokio::task::spawn_blocking(move || run.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "scripts/test installs schemathesis into target/python\n{said}\n{complained}"
    );
    let events = std::fs::read_to_string(report.path().join("events.ndjson")).unwrap();
    let tested = tested(&events);
    assert_eq!(tested.len(), count, "{said}");
}

/// Whoever guesses tokens waits after a while (`tokens/attacks.rs`); here each guess is to hear that it is none.
fn no_waits(portal: &TestPortal) {
    let database =
        rusqlite::Connection::open(portal.app.config().data.join("countersign.db")).unwrap();
    for event in ["INSERT", "UPDATE"] {
        let trigger = format!(
            "CREATE TRIGGER no_waits_{event} AFTER {event} ON throttle WHEN NEW.subject LIKE 'token-from:%' \
             BEGIN DELETE FROM throttle WHERE subject = NEW.subject; END"
        );
        database.execute_batch(&trigger).unwrap();
    }
}

/// Ids of what is there, for operations that would find nothing by themselves.
fn things(stand: &Stand) -> String {
    let mut text = String::new();
    for path in KNOWN {
        let known = stand.path(path);
        let names = path.split('/').zip(known.split('/')).filter(|(name, _)| name.starts_with('{'));
        let values = names.map(|(name, value)| {
            format!("\"path.{}\" = \"{value}\"", name.trim_matches(['{', '}']))
        });
        let values: Vec<String> = values.collect();
        let parameters = values.join(", ");
        writeln!(
            text,
            "[[operations]]\ninclude-path = \"{path}\"\nparameters = {{ {parameters} }}"
        )
        .unwrap();
    }
    text
}

/// The operations that were tried.
fn tested(events: &str) -> std::collections::BTreeSet<String> {
    let mut labels = std::collections::BTreeSet::new();
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let Some(finished) = event.get("ScenarioFinished") else { continue };
        if let Some(label) = finished["recorder"]["label"].as_str() {
            labels.insert(label.to_owned());
        }
    }
    labels
}
