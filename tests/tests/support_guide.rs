//! Whoever is on the phone finds every code: docs/guide-support.md has an anchor for each one that can be answered, and none
//! for one that cannot.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use countersign_core::Code;

#[test]
fn every_code_of_the_format_has_its_anchor_in_the_support_guide() {
    let anchors = anchors(&read("docs/guide-support.md"));
    let missing: Vec<&str> = Code::ALL
        .iter()
        .map(|code| code.as_str())
        .filter(|code| !anchors.contains(*code))
        .collect();
    assert!(missing.is_empty(), "without a row in docs/guide-support.md: {missing:?}");
}

#[test]
fn every_refusal_of_the_portal_has_its_anchor_in_the_support_guide() {
    let codes = codes_of(&read("portal-server/src/desk/refusal.rs"));
    assert!(codes.contains("seats-used-up") && codes.len() > 10, "not found: {codes:?}");
    let missing: Vec<_> =
        codes.difference(&anchors(&read("docs/guide-support.md"))).cloned().collect();
    assert!(missing.is_empty(), "without a row in docs/guide-support.md: {missing:?}");
}

#[test]
fn every_reason_not_to_read_a_file_has_its_anchor_in_the_support_guide() {
    let codes = codes_of(&read("portal-server/src/bundle/unread.rs"));
    assert!(codes.contains("zip-in-zip") && codes.len() > 6, "not found: {codes:?}");
    let missing: Vec<_> =
        codes.difference(&anchors(&read("docs/guide-support.md"))).cloned().collect();
    assert!(missing.is_empty(), "without a row in docs/guide-support.md: {missing:?}");
}

#[test]
fn every_code_of_the_machine_has_its_anchor_in_the_support_guide() {
    let codes = codes_of(&read("crates/client/src/error.rs"));
    assert!(codes.contains("no-deactivation-left"), "not found: {codes:?}");
    let missing: Vec<_> =
        codes.difference(&anchors(&read("docs/guide-support.md"))).cloned().collect();
    assert!(missing.is_empty(), "without a row in docs/guide-support.md: {missing:?}");
}

#[test]
fn the_support_guide_explains_no_code_that_is_gone() {
    let mut codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.to_string()).collect();
    codes.extend(codes_of(&read("portal-server/src/desk/refusal.rs")));
    codes.extend(codes_of(&read("portal-server/src/bundle/unread.rs")));
    codes.extend(codes_of(&read("crates/client/src/error.rs")));
    // These are made where they are answered.
    for (code, place) in [
        ("rate-limited", "portal-server/src/problem.rs"),
        ("busy", "portal-server/src/problem.rs"),
        ("too-long-for-qr", "cli/src/qr.rs"),
        ("file-io", "cli/src/fail.rs"),
        ("usage", "cli/src/fail.rs"),
    ] {
        assert!(read(place).contains(&format!("\"{code}\"")), "{place} does not answer {code}");
        codes.insert(code.to_owned());
    }
    let gone: Vec<_> =
        anchors(&read("docs/guide-support.md")).difference(&codes).cloned().collect();
    assert!(gone.is_empty(), "no program answers these any more: {gone:?}");
}

#[test]
fn codes_and_anchors_are_read_as_they_are_written() {
    let source = "fn code(&self) -> &'static str {\n match self {\n Self::A => \"a-b\",\n Self::B | Self::C => \"c\",\n }\n    }\n \
        fn other() { \"not-this\" }";
    assert_eq!(codes_of(source), ["a-b", "c"].map(str::to_owned).into());
    assert!(codes_of("fn status() { \"not-this\" }").is_empty());
    // An anchor without its row, in which the code is shown, does not count.
    let text = "| <a id=\"a-b\"></a>`a-b` | x | y |\n<a id=\"c\"></a>\n| <a id=\"d\"></a>`e` | x | y |\n| <a id=\"f\"></a>`f` | x |  |";
    assert_eq!(anchors(text), ["a-b"].map(str::to_owned).into());
}

/// The codes with an anchor in a row of a table that shows the code, says what it means and what to say.
fn anchors(guide: &str) -> BTreeSet<String> {
    let rows = guide.lines().filter_map(|line| {
        let (code, rest) = line.strip_prefix("| <a id=\"")?.split_once("\"></a>`")?;
        let cells: Vec<&str> = rest.strip_prefix(code)?.strip_prefix("` |")?.split('|').collect();
        let said = cells.len() == 3 && cells[..2].iter().all(|cell| !cell.trim().is_empty());
        said.then(|| code.to_owned())
    });
    rows.collect()
}

/// The string literals in the function `code` of a source.
fn codes_of(source: &str) -> BTreeSet<String> {
    let Some((_, body)) = source.split_once("fn code(&self) -> &'static str {") else {
        return BTreeSet::new();
    };
    let body = body.split_once("\n    }\n").map_or(body, |(body, _)| body);
    body.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
