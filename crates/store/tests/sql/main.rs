//! Every SQL text of the store: written once, as a constant, in words that a second engine takes as well, and prepared
//! against the migrated schema, so that a misspelt column is found before a customer finds it.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::collections::BTreeMap;
use std::path::Path;

use countersign_store::{Options, Store};
use countersign_testing::{Engine, TestDatabase};
use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::{Batch, Connection};

mod plans;
#[path = "../../../../tests/tests/source/mod.rs"]
mod source;

use source::{Source, looks_like_sql};

/// What only one engine knows may stand here, each with its reason.
const DIALECT: &str = "engine/dialect.rs";

/// What only SQLite knows, as far as somebody writing SQL for it would reach for it.
const ONE_ENGINE_ONLY: [&str; 18] = [
    "DATETIME(",
    "STRFTIME(",
    "UNIXEPOCH(",
    "JULIANDAY(",
    "->",
    "JSON",
    "INSERT OR",
    "REPLACE INTO",
    "AUTOINCREMENT",
    "ROWID",
    "PRAGMA",
    "STRICT",
    "IFNULL(",
    " GLOB ",
    "NOCASE",
    "INDEXED BY",
    "`",
    "\"",
];

/// A constant that holds SQL.
struct Statement {
    name: String,
    sql: String,
}

#[test]
fn every_statement_is_prepared_against_the_schema_of_both_engines() {
    let (statements, database) = (statements(), migrated());
    let server = TestDatabase::new(Engine::Postgres);
    server.open(Options::default(), 0).close();
    let on_server = server.raw().prepare_all(statements.iter().map(|s| s.sql.replace('?', "$")));
    let mut refused = Vec::new();
    for (Statement { name, sql }, on_server) in statements.iter().zip(on_server) {
        let embedded = prepare(&database.1, sql).map_err(|error| error.to_string());
        match (embedded, on_server) {
            (Ok(()), Ok(())) => {}
            // What only one engine knows is known to that one.
            (Ok(()), Err(_)) | (Err(_), Ok(())) if name.starts_with(DIALECT) => {}
            both => refused.push(format!("{name}: {both:?}")),
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
    // One of each kind is known, so that a reader that finds nothing does not pass.
    for name in ["seat.rs TAKE", "seat.rs GIVE_UP", "engine/transaction.rs COMMIT"] {
        assert!(statements.iter().any(|statement| statement.name == name), "{name} was not found");
    }
}

/// Programs of their own that need no second run: they name the engine themselves, or have servers of their own.
const ON_BOTH_BY_THEMSELVES: [&str; 5] = ["postgres", "simulation", "sql", "standby.rs", "tls.rs"];

#[test]
fn every_test_of_the_store_runs_on_both_engines() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let again = std::fs::read_to_string(folder.join("postgres/main.rs")).unwrap();
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let file = if name.ends_with(".rs") { name.clone() } else { format!("{name}/main.rs") };
        let is_there = again.contains(&format!("#[path = \"../{file}\"]"));
        if !is_there && !ON_BOTH_BY_THEMSELVES.contains(&name.as_str()) {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "not in tests/postgres/main.rs: {missing:?}");
}

#[test]
fn no_sql_stands_outside_a_constant() {
    let stray: Vec<String> = sources().iter().flat_map(stray_sql).collect();
    assert!(stray.is_empty(), "{stray:#?}");
}

#[test]
fn every_statement_is_written_for_both_engines_or_in_the_dialect_file() {
    let mut narrow = Vec::new();
    for Statement { name, sql } in statements() {
        if !name.starts_with(DIALECT) {
            narrow.extend(one_engine_only(&sql).map(|word| format!("{name}: {word}")));
        }
    }
    assert!(narrow.is_empty(), "{narrow:#?}");
}

#[test]
fn every_statement_is_written_once() {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Statement { name, sql } in statements() {
        names.entry(sql).or_default().push(name);
    }
    let twice: Vec<_> = names.into_values().filter(|names| names.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:#?}");
}

#[test]
fn the_checks_see_what_they_look_for() {
    let stray = |text: &str| stray_sql(&Source::of("x.rs", text));
    assert!(stray(r#"const FIND: &str = "SELECT id FROM license";"#).is_empty());
    assert!(stray("const FIND: &'static str = \"SELECT id \\\n    FROM license\";").is_empty());
    assert!(stray("/// SELECT id FROM license\nfn find(c: C) { run(c, FIND, []) }").is_empty());
    for bad in [
        r#"fn f(c: C) { c.execute("DELETE FROM license", []) }"#,
        r#"fn f(c: C) { c.execute("delete from license", []) }"#,
        r##"fn f(c: C) { let sql = r#"UPDATE license SET plan = NULL"#; }"##,
        r#"fn f(c: C) { run(c, &format!("{COLUMNS} FROM license"), []) }"#,
        r#"const FIND: &str = concat!("SELECT id", "FROM license");"#,
        r#"const ALL: [&str; 1] = ["SELECT id FROM license"];"#,
        // Without a word of SQL in the text, the call gives it away.
        r#"fn f(c: C) { c.prepare_cached("vacuum") }"#,
        "fn f(c: C) { c.execute_batch(&made_up()) }",
        "fn f(tx: C) { find(tx, made_up, []) }",
        "fn f(c: C) { crate::list(c, &made_up(), [], map) }",
    ] {
        assert!(!stray(bad).is_empty(), "{bad}");
    }
    let found = constants(&Source::of("x.rs", "const A: &str = \"SELECT \\\n   1\";"));
    assert_eq!((found[0].name.as_str(), found[0].sql.as_str()), ("x.rs A", "SELECT 1"));
    let (_folder, database) = migrated();
    prepare(&database, "SELECT plan FROM license WHERE id = ?1").unwrap();
    prepare(&database, "SELECT plan FROM licence").unwrap_err();
    prepare(&database, "SELECT 1; SELECT plam FROM license").unwrap_err();
    for bad in [
        "INSERT OR IGNORE INTO setting VALUES (?1, ?2)",
        "SELECT datetime('now')",
        "SELECT metadata->>'a' FROM license",
        "SELECT rowid FROM license",
    ] {
        assert!(one_engine_only(bad).next().is_some(), "{bad}");
    }
}

fn sources() -> Vec<Source> {
    let mut all = Source::below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    // The engine's own tests have a table of their own, and texts that are compared.
    all.retain(|source| !source.path.ends_with("/tests.rs"));
    all
}

fn statements() -> Vec<Statement> {
    sources().iter().flat_map(constants).collect()
}

/// `const NAME: &str = "SQL";`
fn constants(source: &Source) -> Vec<Statement> {
    let constant = |text: usize| {
        let sql = source.text(text).filter(|sql| looks_like_sql(sql))?;
        let name = constant_name(source, text)?;
        Some(Statement { name: format!("{} {name}", source.path), sql: sql.to_owned() })
    };
    (0..source.tokens.len()).filter_map(constant).collect()
}

/// The name of the constant that this text alone is.
fn constant_name(source: &Source, text: usize) -> Option<&str> {
    ["const _ : & str =", "const _ : & static str ="].iter().find_map(|pattern| {
        let start = text.checked_sub(pattern.split(' ').count())?;
        let is_whole = source.is_at(start, pattern) && source.is_at(text + 1, ";");
        is_whole.then(|| source.word(start + 1)).flatten()
    })
}

fn stray_sql(source: &Source) -> Vec<String> {
    let texts = (0..source.tokens.len()).filter(|n| {
        source.text(*n).is_some_and(looks_like_sql) && constant_name(source, *n).is_none()
    });
    let texts = texts.map(|n| source.complaint(n, "SQL that is not a constant of its own"));
    texts.chain(unnamed_statements(source)).collect()
}

/// Calls that take SQL take it by the name of a constant: what is put together when it runs, no test could prepare.
fn unnamed_statements(source: &Source) -> Vec<String> {
    let mut unnamed = Vec::new();
    for method in ["prepare", "prepare_cached", "execute_batch", "query_row", "query_one"] {
        let calls = source.places(&format!(". {method} ("));
        unnamed.extend(calls.into_iter().filter(|call| !is_name(source, call + 3)));
    }
    for function in ["find", "list", "run"] {
        let calls = source.places(&format!("{function} ( _ ,"));
        // Methods of that name are others: `.find(` of an iterator.
        let functions = calls.into_iter().filter(|call| *call == 0 || !source.is_at(call - 1, "."));
        unnamed.extend(functions.filter(|call| !is_name(source, call + 4)));
    }
    let what = "a statement without the name of a constant";
    unnamed.into_iter().map(|call| source.complaint(call, what)).collect()
}

/// `NAME`, `module::NAME`, or the parameter `sql` of the few functions that hand it on.
fn is_name(source: &Source, mut token: usize) -> bool {
    while source.is_at(token + 1, ": :") {
        token += 3;
    }
    let is_constant = |word: &str| word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    source.word(token).is_some_and(|word| word == "sql" || is_constant(word))
}

/// A database with the schema of this program; the folder goes when it is dropped.
fn migrated() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    Store::open(&path, Options::default(), 0).unwrap().close();
    (folder, Connection::open(path).unwrap())
}

/// Prepares each statement of a text.
fn prepare(database: &Connection, sql: &str) -> rusqlite::Result<()> {
    let mut batch = Batch::new(database, sql);
    while batch.next()?.is_some() {}
    Ok(())
}

fn one_engine_only(sql: &str) -> impl Iterator<Item = &'static str> {
    let sql = sql.to_uppercase();
    ONE_ENGINE_ONLY.into_iter().filter(move |word| sql.contains(word))
}
