//! What is not moved, and that everybody is told why.

use std::path::Path;
use std::process::Command;

use countersign_store::Database;
use countersign_testing::Raw;
use rusqlite::Connection;

use crate::machines::{Place, Ran};
use crate::process::Portal;
use crate::{empty, file, file_of, moved};

const SECRET: &str = "hunter2secret";

/// It ends with 1 and these words, and the source serves as before.
fn is_refused(place: &Place, from: &str, to: &str, words: &str) {
    let ran = moved(place, from, to, &["--yes"]);
    assert_eq!(ran.code(), 1, "{}", ran.said());
    assert!(ran.said().contains(words), "{words}: {}", ran.said());
    assert!(!ran.said().contains(SECRET), "{}", ran.said());
    place.run(&["check"]).well();
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_change_nothing_and_no_password_is_shown() {
    let place = Place::new().await;
    let (source, server) = (file_of(&place), empty());
    is_refused(&place, &file(&place.path("nobody.db")), &server, "there is no portal in sqlite:");
    assert!(!place.path("nobody.db").exists(), "a source is never made");
    is_refused(&place, &server, &file(&place.path("x.db")), "there is no portal in postgres:");
    is_refused(&place, &source, &source, "are the same database");
    let wrong = format!("postgres://ada:{SECRET}@db1/x?sslmode=perhaps");
    is_refused(&place, &source, &wrong, "--to: not an address of a PostgreSQL database");
    is_refused(&place, &wrong, &server, "--from: not an address of a PostgreSQL database");
    is_refused(
        &place,
        &source,
        "mysql://ada@db1/x",
        "--to: a database is sqlite:FILE or postgres://",
    );
    let nobody = format!("postgres://ada:{SECRET}@127.0.0.1:1/countersign");
    is_refused(&place, &source, &nobody, "Is the server there");
    let nowhere = file(&place.path("no/such/folder/x.db"));
    is_refused(&place, &source, &nowhere, "check the folder and its rights");
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
    command.args(["check", "--database", &wrong]);
    let ran = Ran(command.output().unwrap());
    assert_eq!(ran.code(), 1);
    assert!(ran.said().contains("--database: ") && !ran.said().contains(SECRET), "{}", ran.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_holds_anything_is_not_touched() {
    let place = Place::new().await;
    let (source, server) = (file_of(&place), empty());
    let on_server = Raw::open(&Database::Postgres(server.clone()));
    on_server
        .execute("CREATE TABLE of_somebody_else (n INT); INSERT INTO of_somebody_else VALUES (7)")
        .unwrap();
    is_refused(
        &place,
        &source,
        &server,
        "the target is not empty: it has 1 tables, such as of_somebody_else",
    );
    assert_eq!(on_server.value("SELECT n FROM of_somebody_else"), "7");
    assert_eq!(on_server.value("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"), "1");
    // Another portal's.
    let other = Place::new().await;
    is_refused(&place, &source, &file_of(&other), "the target is not empty");
    other.run(&["check"]).well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_of_another_version_is_not_moved() {
    let place = Place::new().await;
    let c = Connection::open(place.data().join("countersign.db")).unwrap();
    let server = empty();
    for (change, undo, words) in [
        (
            "UPDATE schema_migration SET number = 999 WHERE number = 28",
            "UPDATE schema_migration SET number = 28 WHERE number = 999",
            "Use the version that runs on it, or a newer one",
        ),
        (
            "UPDATE schema_migration SET number = -28 WHERE number = 28",
            "UPDATE schema_migration SET number = 28 WHERE number = -28",
            "brings it up to date",
        ),
    ] {
        c.execute_batch(change).unwrap();
        let ran = moved(&place, &file_of(&place), &server, &["--yes"]);
        assert_eq!(ran.code(), 1, "{}", ran.said());
        assert!(ran.said().contains(words), "{}", ran.said());
        c.execute_batch(undo).unwrap();
    }
    moved(&place, &file_of(&place), &server, &["--yes"]).well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_writes_and_a_disk_without_room_are_said_to_be() {
    let place = Place::new().await;
    let server = empty();
    let name = server.rsplit_once('/').unwrap().1;
    let on_server = Raw::open(&Database::Postgres(server.clone()));
    on_server
        .execute(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"))
        .unwrap();
    is_refused(&place, &file_of(&place), &server, "is it the one that takes writes (no standby)?");
    // A file may have 64 KiB there: the data has more.
    let program = env!("CARGO_BIN_EXE_countersign-portal");
    let to = place.path("small.db");
    let ran = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 128; exec \"$@\"",
            "sh",
            program,
            "migrate-data",
            "--yes",
        ])
        .args(["--from", &copied(&place), "--to", &file(&to)])
        .args(["--data", place.data().to_str().unwrap()])
        .output();
    let ran = Ran(ran.unwrap());
    assert_eq!(ran.code(), 1, "{}", ran.said());
    assert!(ran.said().contains("the target failed"), "{}", ran.said());
    assert!(ran.said().contains("a limit is reached"), "{}", ran.said());
    assert!(!to.exists(), "nothing half-done stays");
    place.run(&["check"]).well();
    drop(Portal::start(&place.data()));
}

/// The data on a server: a file of the source could not be written either, with so little room.
fn copied(place: &Place) -> String {
    let (server, copy) = (empty(), place.path("copy.db"));
    std::fs::copy(place.data().join("countersign.db"), &copy).unwrap();
    moved(place, &file(&copy), &server, &["--yes"]).well();
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn characters_that_a_server_does_not_keep_are_replaced_counted_and_told() {
    let place = Place::new().await;
    let (path, server) = (place.data().join("countersign.db"), empty());
    put(&path, "a\0b");
    let ran = moved(&place, &file_of(&place), &server, &["--yes", "--json"]).well().json();
    assert_eq!(ran["texts_changed"], 1, "{ran}");
    let on_server = Raw::open(&Database::Postgres(server));
    assert_eq!(on_server.value("SELECT value FROM setting WHERE name = 'test'"), "a\u{FFFD}b");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_source_is_not_moved_and_the_target_stays_empty() {
    let place = Place::new().await;
    let c = Connection::open(place.data().join("countersign.db")).unwrap();
    let dangling = "INSERT INTO recovery_code (user_id, code_hash) VALUES ('nobody', 'x')";
    c.execute_batch(&format!("PRAGMA foreign_keys = OFF; {dangling}")).unwrap();
    let server = empty();
    for to in [server.clone(), file(&place.path("x.db"))] {
        is_refused(&place, &file_of(&place), &to, "rows of the table recovery_code name others");
    }
    assert!(!place.path("x.db").exists());
    let on_server = Raw::open(&Database::Postgres(server));
    assert_eq!(on_server.value("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

fn put(path: &Path, value: &str) {
    let c = Connection::open(path).unwrap();
    c.execute("INSERT INTO setting (name, value) VALUES ('test', ?1)", [value]).unwrap();
}
