//! A move that is killed, wherever it was.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use countersign_store::Database;
use countersign_testing::Raw;
use reqwest::StatusCode;
use rusqlite::Connection;

use crate::machines::{Place, stop};
use crate::process::Portal;
use crate::{empty, file, file_of, moved, refused_start};

/// So many that a process is killed long before they are moved.
const MANY: &str = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 150000) \
    INSERT INTO license_list (id, done, licenses, users, imported_at) SELECT 'list-' || n, n, n, n, n FROM n";

/// Starts to move, and kills it at the first rows.
fn kill_at_work(place: &Place, from: &str, to: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
    command.args(["migrate-data", "--yes", "--from", from, "--to", to, "--data"]).arg(place.data());
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut told = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut told).unwrap();
    assert!(told.starts_with("moved "), "{told}");
    child.kill().unwrap();
    child.wait().unwrap();
}

async fn with_many_rows() -> Place {
    let place = Place::new().await;
    let c = Connection::open(place.data().join("countersign.db")).unwrap();
    c.execute_batch(MANY).unwrap();
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_killed_leaves_a_target_that_is_refused_a_source_that_serves_and_is_done_again()
 {
    let place = with_many_rows().await;
    let server = empty();
    for to in [server.clone(), file(&place.path("other.db"))] {
        kill_at_work(&place, &file_of(&place), &to);
        let said = refused_start(&place, &to);
        assert!(said.contains("it is not whole") && said.contains("sqlite:"), "{said}");
        let ran = moved(&place, &to, &file(&place.path("x.db")), &["--yes"]);
        assert_eq!(ran.code(), 1);
        assert!(ran.said().contains("it is not whole"), "{}", ran.said());
        // The source takes writes.
        let portal = Portal::start(&place.data());
        let key = place.license(1).await;
        assert_eq!(
            place.activate(&portal, &place.machine(&key.id().to_string()), &key).await.0,
            StatusCode::OK
        );
        stop(portal);
    }
    let ran = moved(&place, &file_of(&place), &server, &["--yes", "--json"]).well().json();
    assert_eq!((&ran["moved"], &ran["checked"]["answers"]), (&true.into(), &2.into()), "{ran}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_killed_between_its_two_commits_is_ended_by_the_same_command() {
    let place = with_many_rows().await;
    let server = empty();
    kill_at_work(&place, &file_of(&place), &server);
    // As if it had been killed when the source was marked and the target not committed.
    let on_server = Raw::open(&Database::Postgres(server.clone()));
    let mark = on_server.value("SELECT name FROM schema_migration WHERE number = 1000002");
    let id = mark.split_once(' ').unwrap().0;
    let c = Connection::open(place.data().join("countersign.db")).unwrap();
    let gone = "INSERT INTO schema_migration (number, name, applied_at) VALUES (1000001, ?1 || ' postgres://somewhere/x', 1)";
    c.execute(gone, [id]).unwrap();
    assert!(refused_start(&place, &file_of(&place)).contains("its data was moved to postgres://"));
    let elsewhere = moved(&place, &file_of(&place), &empty(), &["--yes"]);
    assert_eq!(elsewhere.code(), 1);
    assert!(elsewhere.said().contains("was moved to postgres://"), "{}", elsewhere.said());
    let ran = moved(&place, &file_of(&place), &server, &["--yes", "--json"]).well().json();
    assert_eq!(ran["moved"], true, "{ran}");
    // And once more: all of it is there.
    let again = moved(&place, &file_of(&place), &server, &["--yes", "--json"]).well().json();
    assert_eq!(again["moved"], false, "{again}");
    stop(crate::serve_on(&place, &server));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_was_moved_serves_again_when_it_is_told_to() {
    let place = Place::new().await;
    let reopen = ["migrate-data", "--reopen-source", "--from"];
    let source = file_of(&place);
    let unmoved = place.run(&[&reopen[..], &[&source, "--yes"]].concat());
    assert!(
        unmoved.code() == 1 && unmoved.said().contains("not marked as moved"),
        "{}",
        unmoved.said()
    );
    let server = empty();
    moved(&place, &source, &server, &["--yes"]).well();
    let back = file(&place.path("back.db"));
    moved(&place, &server, &back, &["--yes"]).well();
    for (source, others) in [(&source, "postgres://"), (&server, "sqlite:")] {
        let dry = place.run(&[&reopen[..], &[source]].concat());
        assert_eq!(dry.code(), 1, "{}", dry.said());
        assert!(refused_start(&place, source).contains("was moved to"));
        let done = place.run(&[&reopen[..], &[source, "--yes", "--json"]].concat()).well().json();
        assert!(done["was_moved_to"].as_str().unwrap().starts_with(others), "{done}");
        let portal = crate::serve_on(&place, source);
        let (machine, key) =
            (place.machine(&format!("of-{}", others.len())), license_on(source).await);
        assert_eq!(place.activate(&portal, &machine, &key).await.0, StatusCode::OK);
        stop(portal);
    }
}

async fn license_on(database: &str) -> countersign_core::license_key::LicenseKey {
    let database: Database = database.parse().unwrap();
    let store = countersign_store::Store::connect(&database, Default::default(), 0).unwrap();
    let key = crate::vendor::license(&store, 1, None).await;
    store.close();
    key
}
