//! docs/threat-model.md names a test for each thing that can be stolen: every one of them exists, and every row has one.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDERS: [&str; 4] = ["crates", "cli", "portal-server", "tests"];

#[test]
fn every_row_of_the_threat_model_names_tests_that_exist() {
    let text = fs::read_to_string(top().join("docs/threat-model.md")).unwrap();
    let rows = rows(&text);
    assert!(rows.len() >= 20, "the rows were not found: {}", rows.len());
    let tests = tests();
    assert!(tests.len() > 300, "the tests were not found: {}", tests.len());
    for (stolen, names) in rows {
        assert!(!names.is_empty(), "nobody plays: {stolen}");
        let missing: Vec<_> = names.iter().filter(|name| !tests.contains(*name)).collect();
        assert!(missing.is_empty(), "{stolen}: no such test: {missing:?}");
    }
}

#[test]
fn a_row_without_a_test_and_a_test_that_is_gone_are_seen() {
    let text = "| stolen | can |\n| --- | --- |\n| hat | wear it | `is_worn` `keys: a hat` |\n| coat | `x` | none |\ntext `y` |";
    let rows = rows(text);
    assert_eq!(rows[0], ("hat".to_owned(), vec!["is_worn".to_owned(), "keys: a hat".to_owned()]));
    assert_eq!(rows[1], ("coat".to_owned(), vec![]));
    assert_eq!(rows.len(), 2);
    let mut found = BTreeSet::new();
    tests_of(
        "#[test]\nfn a() {}\nfn helper() {}\n    #[tokio::test]\n    async fn b() {\n#[cfg(unix)]\n#[test]\n#[ignore]\nfn c() {}",
        &mut found,
    );
    assert_eq!(found, ["a", "b", "c"].map(str::to_owned).into());
}

/// What is stolen, with the names in the last column.
fn rows(text: &str) -> Vec<(String, Vec<String>)> {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let is_row = |line: &&str| {
        line.starts_with("| ") && !line.starts_with("| stolen |") && !line.starts_with("| --- |")
    };
    let row = |line: &str| {
        let cells = cells(line);
        let names = cells.last().unwrap().split('`').skip(1).step_by(2).map(str::to_owned);
        (cells[0].clone(), names.collect())
    };
    text.lines().filter(is_row).map(row).collect()
}

/// The names of all tests, and of all vectors of keys and trust.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in FOLDERS {
        for path in sources(&top().join(folder)) {
            tests_of(&fs::read_to_string(path).unwrap(), &mut found);
        }
    }
    for file in ["keys", "trust"] {
        let path = top().join("tests/vectors").join(format!("{file}.json"));
        let vectors: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let cases = vectors["cases"].as_array().unwrap();
        found
            .extend(cases.iter().map(|case| format!("{file}: {}", case["name"].as_str().unwrap())));
    }
    found
}

/// Functions that come after an attribute of a test.
fn tests_of(source: &str, found: &mut BTreeSet<String>) {
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(name) = function {
            if is_test {
                found.extend(name.split('(').next().map(str::to_owned));
            }
            is_test = false;
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap_or_default().to_owned();
        if path.is_dir() && name != "node_modules" && name != "target" {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
    found
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
