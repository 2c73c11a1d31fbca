//! Whoever is on the phone finds every code: docs/errors.md has a section for each one that can be answered, with the code as
//! its anchor, and none for one that cannot.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use countersign_core::Code;

/// Where functions `code` answer with literals.
const SOURCES: [(&str, &str); 4] = [
    ("portal-server/src/desk/refusal.rs", "seats-used-up"),
    ("portal-server/src/bundle/unread.rs", "zip-in-zip"),
    ("crates/client/src/error.rs", "no-deactivation-left"),
    ("crates/journal/src/error.rs", "journal-broken"),
];

/// Codes that are made where they are answered.
const ALONE: &[(&str, &str)] = &[
    ("broken-body", "portal-server/src/problem.rs"),
    ("unsupported-media-type", "portal-server/src/problem.rs"),
    ("not-found", "portal-server/src/problem.rs"),
    ("method-not-allowed", "portal-server/src/problem.rs"),
    ("rate-limited", "portal-server/src/problem.rs"),
    ("unknown-host", "portal-server/src/problem.rs"),
    ("unclear-host", "portal-server/src/problem.rs"),
    ("busy", "portal-server/src/problem.rs"),
    ("too-long-for-qr", "cli/src/qr.rs"),
    ("file-io", "cli/src/fail.rs"),
    ("usage", "cli/src/fail.rs"),
    ("not-in-policy", "cli/src/sign/desk.rs"),
    ("not-shown", "cli/src/sign/bulk.rs"),
    ("file-exists", "cli/src/sign/bulk.rs"),
    ("journal-needed", "cli/src/sign/book.rs"),
    ("grants-used-up", "cli/src/sign/book.rs"),
    ("needs-approval", "cli/src/sign/second.rs"),
    ("wrong-backup", "cli/src/keys/paper.rs"),
    ("audit-broken", "cli/src/audit.rs"),
    ("journal-unreadable", "portal-server/src/problem.rs"),
    ("journal-does-not-follow", "portal-server/src/problem.rs"),
    ("journal-too-large", "portal-server/src/problem.rs"),
    ("token-needed", "portal-server/src/problem.rs"),
    ("token-unknown", "portal-server/src/problem.rs"),
    ("token-expired", "portal-server/src/problem.rs"),
    ("token-revoked", "portal-server/src/problem.rs"),
    ("token-suspended", "portal-server/src/problem.rs"),
    ("insufficient-scope", "portal-server/src/problem.rs"),
    ("too-many-licenses", "portal-server/src/api/policy.rs"),
    ("bad-query", "portal-server/src/api/refusals.rs"),
    ("bad-if-match", "portal-server/src/api/refusals.rs"),
    ("bad-cursor", "portal-server/src/api/refusals.rs"),
    ("not-acceptable", "portal-server/src/api/refusals.rs"),
    ("bad-idempotency-key", "portal-server/src/api/refusals.rs"),
    ("idempotency-key-reused", "portal-server/src/api/refusals.rs"),
    ("idempotency-key-in-use", "portal-server/src/api/refusals.rs"),
    ("done-before", "portal-server/src/api/refusals.rs"),
    ("changed-meanwhile", "portal-server/src/api/refusals.rs"),
    ("second-person-needed", "portal-server/src/api/refusals.rs"),
    ("unfit-value", "portal-server/src/api/refusals.rs"),
    ("conflict", "portal-server/src/api/refusals.rs"),
    ("bad-lines", "portal-server/src/api/refusals.rs"),
    ("portal-unreachable", "cli/src/portal.rs"),
    ("other-answer", "cli/src/sign/online.rs"),
    ("token-file-open", "cli/src/portal/token.rs"),
];

#[test]
fn every_code_that_can_be_answered_has_its_section_and_no_other_has_one() {
    let codes = codes();
    let sections = sections(&read("docs/errors.md"));
    let missing: Vec<_> = codes.difference(&sections).collect();
    assert!(missing.is_empty(), "without a section in docs/errors.md: {missing:?}");
    let gone: Vec<_> = sections.difference(&codes).collect();
    assert!(gone.is_empty(), "no program answers these any more: {gone:?}");
}

#[test]
fn every_link_to_a_code_leads_somewhere() {
    let sections = sections(&read("docs/errors.md"));
    for page in [
        "README.md",
        "docs/guide-support.md",
        "docs/guide-vendor.md",
        "docs/guide-developer.md",
        "docs/guide-api.md",
    ] {
        let text = read(page);
        for link in text.split("errors.md#").skip(1) {
            let code = link.split([')', '`', ' ', '\n', '"']).next().unwrap();
            assert!(sections.contains(code), "{page} links to {code}");
        }
    }
}

#[test]
fn codes_and_sections_are_read_as_they_are_written() {
    let source = "fn code(&self) -> &'static str {\n match self {\n Self::A => \"a-b\",\n Self::B | Self::C => \"c\",\n }\n    }\n \
        fn other() { \"not-this\" }";
    assert_eq!(codes_of(source), ["a-b", "c"].map(str::to_owned).into());
    assert!(codes_of("fn status() { \"not-this\" }").is_empty());
    // A heading without a sentence does not count, nor one that says nothing to do.
    let text = "## Codes\n\n### a-b\n\nIt is so.\n\nSay: \"Yes.\"\n\n### c\n\n### d\n\nIt is so.\n\n### e\n\nThen: do it.\n";
    assert_eq!(sections(text), ["a-b"].map(str::to_owned).into());
}

/// Every code that a program of ours can answer.
fn codes() -> BTreeSet<String> {
    let mut codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.to_string()).collect();
    for (source, one) in SOURCES {
        let found = codes_of(&read(source));
        assert!(found.contains(one) && found.len() > 3, "not found in {source}: {found:?}");
        codes.extend(found);
    }
    for &(code, place) in ALONE {
        assert!(read(place).contains(&format!("\"{code}\"")), "{place} does not answer {code}");
        codes.insert(code.to_owned());
    }
    codes
}

/// The codes with a section that says what the code means, and what to say or to do. A heading is its own anchor.
fn sections(page: &str) -> BTreeSet<String> {
    let sections = page.split("\n### ").skip(1).filter_map(|section| {
        let section = section.split("\n## ").next()?;
        let mut paragraphs = section.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
        let (code, means) = (paragraphs.next()?, paragraphs.next()?);
        let is_advice = |text: &str| text.starts_with("Say: \"") || text.starts_with("Then: ");
        let has_advice = paragraphs.all(is_advice) && section.split("\n\n").any(is_advice);
        (has_advice && !is_advice(means)).then(|| code.to_owned())
    });
    sections.collect()
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
