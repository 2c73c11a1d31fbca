//! What docs/ARCHITECTURE.md says that no compiler checks: who may depend on whom, what the format's code does without, where
//! SQL stands, and that every URL is in one table with its access.
//!
//! Each check is a function that returns complaints, and is shown a bad sample before it is believed.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod dependencies;
mod routes;
mod source;
mod trusted;

use std::path::{Path, PathBuf};

use source::{Source, Token, looks_like_sql};

#[test]
fn nobody_depends_on_what_it_must_not() {
    let complaints = dependencies::complaints(&dependencies::metadata(&root()));
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn the_trusted_part_has_no_clock_no_randomness_and_no_io() {
    let sources = Source::below(&root().join("crates/core/src"));
    assert!(sources.iter().any(|source| source.path == "token.rs"), "the sources were not found");
    let complaints: Vec<String> = sources.iter().flat_map(trusted::complaints).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    let lib = sources.iter().find(|source| source.path == "lib.rs").unwrap();
    assert!(
        trusted::forbids_unsafe_code(lib),
        "crates/core/src/lib.rs needs #![forbid(unsafe_code)]"
    );
}

#[test]
fn nobody_but_the_store_writes_sql() {
    let folders = source_folders(&root());
    assert!(folders.iter().any(|folder| folder.ends_with("portal-server/src")));
    let may = ["crates/store/src", "crates/testing/src"];
    let others = folders.iter().filter(|folder| !may.iter().any(|own| folder.ends_with(own)));
    let complaints: Vec<String> =
        others.flat_map(|folder| Source::below(folder)).flat_map(|source| sql(&source)).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn every_url_is_in_the_table_of_the_router_with_its_access() {
    let sources = Source::below(&root().join("portal-server/src"));
    assert!(routes::listed(&sources) > 250, "the table was not found");
    let complaints: Vec<String> = sources.iter().flat_map(routes::complaints).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// Texts that are SQL.
fn sql(source: &Source) -> Vec<String> {
    let is_sql = |n: &usize| source.text(*n).is_some_and(looks_like_sql);
    let found = (0..source.tokens.len()).filter(is_sql);
    found.map(|n| source.complaint(n, "SQL outside crates/store")).collect()
}

#[test]
fn sql_is_seen_and_words_are_left_alone() {
    let found = |text: &str| sql(&Source::of("x.rs", text)).len();
    assert_eq!(found("fn f(c: C) { c.execute(\"SELECT id \\\n  FROM license\", []) }"), 1);
    assert_eq!(found(r##"const A: &str = r#"update license set plan = "a""#;"##), 1);
    assert_eq!(found(r#"fn f() { format!("{columns} FROM {table}") }"#), 1);
    assert_eq!(found(r#"const A: &str = "Select a license from the list, or update it.";"#), 0);
    assert_eq!(found("// SELECT id FROM license\n/* /* DELETE */ FROM license */ fn f() {}"), 0);
    assert_eq!(found("-----BEGIN ENCRYPTED PRIVATE KEY-----"), 0);
}

#[test]
fn source_is_read_as_the_compiler_reads_it() {
    let words = |text: &str| -> Vec<String> {
        let word = |token| match token {
            (_, Token::Word(word)) => Some(word),
            _ => None,
        };
        Source::of("x.rs", text).tokens.into_iter().filter_map(word).collect()
    };
    assert_eq!(words("a /* b */ c // d\n e"), ["a", "c", "e"]);
    assert_eq!(words(r#"a("b \" c") d"#), ["a", "d"]);
    assert_eq!(words("a('\"') b('\\'') c('\\u{22}') d"), ["a", "b", "c", "d"]);
    assert_eq!(
        words("fn f<'a>(x: &'a str) -> char { 'x' }"),
        ["fn", "f", "a", "x", "a", "str", "char"]
    );
    assert_eq!(words(r###"a(br##"b "# c"##, b"d", c"e") f"###), ["a", "f"]);
    let source = Source::of("x.rs", "a\n\n\"b \\\n   c\" d");
    assert_eq!(source.text(1), Some("b c"));
    assert_eq!(source.complaint(2, "here"), "x.rs:4: here");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The `src` folder of every package of the workspace.
fn source_folders(root: &Path) -> Vec<PathBuf> {
    let metadata = dependencies::metadata(root);
    let manifests = metadata["packages"].as_array().unwrap().iter();
    let manifests = manifests.map(|package| Path::new(package["manifest_path"].as_str().unwrap()));
    manifests.map(|manifest| manifest.with_file_name("src")).filter(|src| src.exists()).collect()
}
