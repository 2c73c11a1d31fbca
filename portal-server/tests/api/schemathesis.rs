//! Schemathesis reads the document and tries every operation: what fits it, what does not, and what is missing.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::stand::{Stand, operations};
use crate::world::TestPortal;

/// What is checked of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
    response_schema_conformance,negative_data_rejection,unsupported_method,ignored_auth";
/// Examples for each operation and phase.
const EXAMPLES: &str = "12";

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_keeps_to_the_document_whatever_is_sent() {
    let portal = TestPortal::with(|config| config.token_rate_limit = None).await;
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
        // One: with several, CPython 3.11 now and then fails in ast.parse (gh-106905).
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
    let (release, trial, plan) = (&stand.release, &stand.trial, &stand.plan);
    format!(
        "[[operations]]\ninclude-path = \"/api/v1/releases/{{id}}/publish\"\nparameters = {{ \"path.id\" = \"{release}\" }}\n\
         [[operations]]\ninclude-path = \"/api/v1/trials/started/{{id}}\"\nparameters = {{ \"path.id\" = \"{trial}\" }}\n\
         [[operations]]\ninclude-path = \"/api/v1/trials/started/{{id}}/renew\"\nparameters = {{ \"path.id\" = \"{trial}\" }}\n\
         [[operations]]\ninclude-path = \"/api/v1/trials/started/{{id}}/extend\"\nparameters = {{ \"path.id\" = \"{trial}\" }}\n\
         [[operations]]\ninclude-path = \"/api/v1/plans/{{id}}\"\nparameters = {{ \"path.id\" = \"{plan}\" }}\n\
         [[operations]]\ninclude-path = \"/api/v1/plans/{{id}}/licenses\"\nparameters = {{ \"path.id\" = \"{plan}\" }}\n\
         [[operations]]\ninclude-path = \"/api/v1/plans/{{id}}/apply\"\nparameters = {{ \"path.id\" = \"{plan}\" }}\n"
    )
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
