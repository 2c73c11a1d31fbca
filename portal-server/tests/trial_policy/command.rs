//! `countersign-portal admin product`: the same policy by command line.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign-portal");

/// A data directory of the vendor Acme.
fn installation() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let init =
        Command::new(PROGRAM).args(["init", "--vendor", "Acme", "--data"]).arg(data).output();
    assert!(init.as_ref().unwrap().status.success(), "{init:?}");
    folder
}

fn admin(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(["admin", "product"]).args(arguments).arg("--data").arg(folder.join("data"));
    command.output().unwrap()
}

fn works(folder: &Path, arguments: &[&str]) -> Value {
    let output = admin(folder, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_products_trials_are_set_and_changed_by_command() {
    let folder = installation();
    let here = folder.path();
    works(here, &["create", "--id", "acme-cad", "--trial-days", "14", "--trial-again-days", "90"]);
    let trial = |arguments: &[&str]| {
        works(here, &[&["trial", "acme-cad"], arguments].concat())["trial"].clone()
    };
    let shown = trial(&[]);
    assert_eq!(
        shown,
        json!({"days": 14, "until": null, "again": "after-days", "again_number": 90, "strategy": "fuzzy"})
    );
    let shown = trial(&["--trial-again", "per-major-version", "--trial-newest-version", "2"]);
    assert_eq!((&shown["again"], &shown["again_number"]), (&json!("per-major-version"), &json!(2)));
    let shown = trial(&["--trial-newest-version", "3", "--trial-until", "2099-12-31"]);
    assert_eq!((&shown["again_number"], &shown["until"]), (&json!(3), &json!("2099-12-31")));
    assert_eq!(shown["days"], 14, "what is not given stays");
    let shown = trial(&["--trial-until", "none", "--trial-days", "0", "--trial-again", "never"]);
    assert_eq!(
        (&shown["days"], &shown["until"], &shown["again"]),
        (&json!(null), &json!(null), &json!("never"))
    );
}

#[test]
fn a_command_that_does_not_go_says_why_and_changes_nothing() {
    let folder = installation();
    let here = folder.path();
    works(here, &["create", "--id", "acme-cad", "--trial-days", "14"]);
    let before = works(here, &["trial", "acme-cad"]);
    for (arguments, says) in [
        (&["trial", "acme-cad", "--trial-until", "2020-01-01"][..], "has passed"),
        (&["trial", "acme-cad", "--trial-until", "soon"], "day"),
        (&["trial", "acme-cad", "--trial-again", "after-days"], "say after how many"),
        (&["trial", "acme-cad", "--trial-again-days", "0"], "say after how many"),
        (&["trial", "acme-cad", "--trial-again", "per-major-version"], "which is the newest"),
        (&["trial", "acme-cam"], "there is no product acme-cam"),
    ] {
        let output = admin(here, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(said.contains(says) && said.contains("nothing was changed"), "{said}");
    }
    assert_eq!(works(here, &["trial", "acme-cad"]), before);
}
