//! All of it, and nothing else, arrives.

use countersign_portal::{App, Config, audit};
use countersign_store::Database;
use countersign_testing::Raw;
use reqwest::StatusCode;
use serde_json::Value;

use crate::machines::{ACTIVATIONS, Place, stop};
use crate::played::Machine;
use crate::process::Portal;
use crate::vendor::product;
use crate::{empty, file, file_of, filled, moved, refused_start};

/// A portal with machines that took seats and gave them up, and whose audit log is chained and signed.
async fn populated() -> Place {
    let place = Place::new().await;
    let portal = Portal::start(&place.data());
    let key = place.license(5).await;
    let machines: Vec<_> = (1..=3).map(|n| place.machine(&format!("lab-{n}"))).collect();
    for machine in &machines {
        assert_eq!(place.activate(&portal, machine, &key).await.0, StatusCode::OK);
    }
    assert_eq!(place.give_up(&portal, &machines[0]).await.0, StatusCode::OK);
    let trial = Machine::new("trial", &product()).trial();
    assert_eq!(place.post(&portal, "/api/v1/trials", &trial).await.0, StatusCode::OK);
    stop(portal);
    let app = App::open(Config::new(place.data())).await.unwrap();
    audit::make_checkpoint(&app).await.unwrap();
    app.store().close();
    place
}

/// Tables with their rows, as the program lists them.
fn listed(said: &Value) -> Vec<(String, u64)> {
    let table = |table: &Value| {
        (table["table"].as_str().unwrap().to_owned(), table["rows"].as_u64().unwrap())
    };
    said["tables"].as_array().unwrap().iter().map(table).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_with_rows_in_every_table_is_the_same_to_the_byte_on_the_server_and_back_in_a_file()
 {
    let place = populated().await;
    let source = place.data().join("countersign.db");
    filled::fill(&source);
    filled::add_edges(&source);
    let before = filled::dump(&source);
    let server = empty();
    // Dry first: it tells, and changes nothing.
    let dry = moved(&place, &file_of(&place), &server, &["--json"]).well().json();
    assert_eq!(dry["dry_run"], true, "{dry}");
    let rows: u64 = before.values().map(|rows| rows.len() as u64).sum();
    assert_eq!(dry["rows"], rows, "{dry}");
    let on_server = Raw::open(&Database::Postgres(server.clone()));
    let count = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(on_server.value(count), "0");
    assert_eq!(filled::dump(&source), before);

    let there = moved(&place, &file_of(&place), &server, &["--yes", "--json"]);
    assert!(there.said().contains("compared  100 %"), "{}", there.said());
    let there = there.json();
    assert_eq!((&there["moved"], &there["rows"]), (&true.into(), &rows.into()), "{there}");
    // Every table that either engine has, but for what is an engine's own.
    let names = |dump: &filled::Dump| dump.keys().cloned().collect::<Vec<_>>();
    let listed = listed(&there);
    assert_eq!(listed.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), names(&before));
    let mut of_server =
        on_server.column("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    of_server.retain(|name| !["commit_note", "schema_migration"].contains(&name.as_str()));
    of_server.sort();
    assert_eq!(of_server, names(&before));
    for (table, rows) in &listed {
        assert_eq!(before[table].len() as u64, *rows, "{table}");
        assert_eq!(
            on_server.value(&format!("SELECT COUNT(*) FROM {table}")),
            rows.to_string(),
            "{table}"
        );
    }
    // References are held again, and what counts by itself goes on where it was.
    let references = "SELECT COUNT(*) FROM pg_constraint WHERE contype = 'f' AND convalidated";
    assert!(on_server.value(references).parse::<u32>().unwrap() > 30);
    let dangling = "INSERT INTO recovery_code (user_id, code_hash) VALUES ('nobody', 'x')";
    assert!(on_server.execute(dangling).unwrap_err().contains("foreign key"), "{there}");

    let back = place.path("back.db");
    let again = moved(&place, &server, &file(&back), &["--yes", "--json"]).json();
    assert_eq!(again["rows"], rows, "{again}");
    assert_eq!(filled::dump(&back), before);
    let hashes = |said: &Value| said["tables"].as_array().unwrap().clone();
    assert_eq!(hashes(&again), hashes(&there));
    // Each source says where its data went.
    assert!(refused_start(&place, &file_of(&place)).contains("its data was moved to postgres://"));
    assert!(refused_start(&place, &server).contains("its data was moved to sqlite:"));
    let last = "SELECT MAX(seq) FROM audit";
    let next = "INSERT INTO audit (at, actor, action, subject, detail) VALUES (1, 'a', 'b', 'c', 'd') RETURNING seq";
    let last: i64 = on_server.value(last).parse().unwrap();
    assert_eq!(on_server.value(next), (last + 1).to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_on_the_moved_data_gives_the_same_answers_and_goes_on_with_it_and_a_check_finds_nothing()
 {
    let place = Place::new().await;
    let portal = Portal::start(&place.data());
    let key = place.license(2).await;
    let request = Machine::new("lab-1", &product()).activation(&key);
    let (status, answer) = place.post(&portal, ACTIVATIONS, &request).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    stop(portal);
    let server = empty();
    let there = moved(&place, &file_of(&place), &server, &["--yes", "--json"]).well().json();
    assert_eq!(there["checked"]["verdict"], "ok", "{there}");
    assert_eq!(there["checked"]["answers"], 1, "{there}");
    let portal = crate::serve_on(&place, &server);
    assert_eq!(place.post(&portal, ACTIVATIONS, &request).await, (StatusCode::OK, answer.clone()));
    let second = Machine::new("lab-2", &product()).activation(&key);
    let (status, of_second) = place.post(&portal, ACTIVATIONS, &second).await;
    assert_eq!(status, StatusCode::OK, "{of_second}");
    let third = Machine::new("lab-3", &product()).activation(&key);
    assert_eq!(place.post(&portal, ACTIVATIONS, &third).await.0, StatusCode::CONFLICT);
    stop(portal);
    // Back, with what was done meanwhile: the old file is put aside first.
    let data = place.data().join("countersign.db");
    std::fs::rename(&data, place.path("before.db")).unwrap();
    let back = moved(&place, &server, &file_of(&place), &["--yes", "--json"]).well().json();
    assert_eq!(back["checked"]["verdict"], "ok", "{back}");
    let portal = Portal::start(&place.data());
    assert_eq!(place.post(&portal, ACTIVATIONS, &request).await, (StatusCode::OK, answer));
    assert_eq!(place.post(&portal, ACTIVATIONS, &second).await, (StatusCode::OK, of_second));
    assert_eq!(place.post(&portal, ACTIVATIONS, &third).await.0, StatusCode::CONFLICT);
    assert_eq!(place.stored(&key).await.live_activations, 2);
}
