//! What docs/guide-developer.md shows of the example is what the example says: each Rust block of the guide stands in
//! crates/client/examples/app.rs, line for line, whatever its indentation.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::fs;
use std::path::Path;

#[test]
fn every_rust_block_of_the_developer_guide_stands_in_the_example() {
    let (guide, example) = (read("docs/guide-developer.md"), read("crates/client/examples/app.rs"));
    let blocks = blocks(&guide);
    assert!(blocks.len() >= 6, "the blocks were not found: {blocks:#?}");
    let strange: Vec<_> = blocks.iter().filter(|block| !stands_in(block, &example)).collect();
    assert!(strange.is_empty(), "not in the example: {strange:#?}");
}

#[test]
fn a_line_that_was_changed_or_moved_is_seen() {
    let guide = "text\n```rust\na();\n    b();\n```\n```\nc();\n```\n";
    let block = &blocks(guide)[0];
    assert_eq!((blocks(guide).len(), block.as_slice()), (1, ["a();", "b();"].as_slice()));
    assert!(stands_in(block, "fn f() {\n    a();\n        b();\n}"));
    assert!(!stands_in(block, "a();\nx();\nb();"));
    assert!(!stands_in(block, "b();\na();"));
}

fn blocks(guide: &str) -> Vec<Vec<&str>> {
    let after = guide.split("```rust\n").skip(1);
    after.map(|text| lines(text.split("```").next().unwrap_or_default())).collect()
}

fn stands_in(block: &[&str], source: &str) -> bool {
    lines(source).windows(block.len()).any(|lines| lines == block)
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
