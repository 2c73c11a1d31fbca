//! Whoever stands at the machine finds its state: docs/guide-machine.md has a row and a section for each word that `check` says.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::fs;
use std::path::Path;

#[test]
fn every_state_of_a_machine_has_its_row_and_its_section() {
    let (guide, states) =
        (read("docs/guide-machine.md"), states(&read("crates/client/src/check.rs")));
    assert!(states.iter().any(|state| state == "clock-set-back"), "not found: {states:?}");
    let missing: Vec<_> = states.iter().filter(|state| !explains(&guide, state)).collect();
    assert!(missing.is_empty(), "not in docs/guide-machine.md: {missing:?}");
}

#[test]
fn a_state_without_its_row_or_its_section_is_seen() {
    assert!(explains("| [on](#on) | yes |\n### on\n", "on"));
    assert!(!explains("| [on](#on) | yes |\n### one\n", "on"));
    assert!(!explains("### on\n", "on"));
    let source = "fn as_str(&self) -> &'static str {\n match self {\n Self::A => \"a-b\",\n }\n    }\n fn f() { \"x\" }";
    assert_eq!(states(source), ["a-b"]);
}

fn explains(guide: &str, state: &str) -> bool {
    let (row, section) = (format!("| [{state}](#{state}) |"), format!("### {state}"));
    guide.lines().any(|line| line.starts_with(&row)) && guide.lines().any(|line| line == section)
}

/// The string literals in the function `as_str` of a source.
fn states(source: &str) -> Vec<String> {
    let body = source.split_once("fn as_str(&self) -> &'static str {").unwrap().1;
    let body = body.split_once("\n    }\n").map_or(body, |(body, _)| body);
    body.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
