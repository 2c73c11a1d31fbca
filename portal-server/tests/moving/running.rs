//! The vendor is live: machines come while the data is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use countersign_core::Hash;
use countersign_store::Database;
use countersign_testing::Raw;
use reqwest::StatusCode;

use crate::machines::{ACTIVATIONS, Place, stop};
use crate::played::Machine;
use crate::process::Portal;
use crate::vendor::product;
use crate::{empty, file, file_of, moved, serve_on};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_running_portal_answered_before_and_while_the_data_is_moved_is_in_the_target_and_the_rest_is_refused()
 {
    let place = Place::new().await;
    let portal = Portal::start(&place.data());
    let server = empty();
    there_under_load(&place, &portal, &file_of(&place), &server).await;
    // The same the other way round, out of a server's database with a portal on it.
    let on_server = serve_on(&place, &server);
    there_under_load(&place, &on_server, &server, &file(&place.path("back.db"))).await;
    stop(portal);
    stop(on_server);
}

/// Moves while four workers activate machines until they are refused.
async fn there_under_load(place: &Place, portal: &Portal, from: &str, to: &str) {
    let key = match from.parse().unwrap() {
        Database::Sqlite(_) => place.license(100_000).await,
        server => {
            let store = countersign_store::Store::connect(&server, Default::default(), 0).unwrap();
            let key = crate::vendor::license(&store, 100_000, None).await;
            store.close();
            key
        }
    };
    let known = Machine::new("known", &product()).activation(&key);
    let (status, answer) = place.post(portal, ACTIVATIONS, &known).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (stopping, url) =
        (Arc::new(AtomicBool::new(false)), format!("{}{ACTIVATIONS}", portal.url()));
    let workers: Vec<_> = (0..4)
        .map(|worker| {
            let (stopping, url, key) = (Arc::clone(&stopping), url.clone(), key.clone());
            tokio::spawn(async move {
                let (http, mut answered) = (reqwest::Client::new(), 0_u64);
                while !stopping.load(Ordering::SeqCst) {
                    let name = format!("machine-{worker}-{answered}");
                    let request = Machine::new(&name, &product()).activation(&key);
                    let answer = http.post(&url).body(request).send().await.unwrap();
                    if answer.status() != StatusCode::OK {
                        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
                        assert!(answer.headers().contains_key("retry-after"));
                        return answered;
                    }
                    answered += 1;
                }
                answered
            })
        })
        .collect();
    let (from_, to_, data) = (from.to_owned(), to.to_owned(), place.data());
    let ran = tokio::task::spawn_blocking(move || {
        crate::machines::run(
            &data,
            &["migrate-data", "--from", &from_, "--to", &to_, "--yes", "--json"],
        )
    });
    let ran = ran.await.unwrap().well().json();
    assert_eq!(ran["checked"]["verdict"], "ok", "{ran}");
    // Every worker is refused in the end, or asked nothing after it.
    let refused = Machine::new("too-late", &product()).activation(&key);
    let (status, problem) = place.post(portal, ACTIVATIONS, &refused).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
    stopping.store(true, Ordering::SeqCst);
    let mut answered = 1;
    for worker in workers {
        answered += worker.await.unwrap();
    }
    // What is only read is still answered, and whoever asks is told that nothing is written.
    let page = place.http.get(portal.url()).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let ready = place.http.get(format!("{}/readyz", portal.url())).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let count = format!("SELECT COUNT(*) FROM activation WHERE license_id = '{}'", key.id());
    let of_request =
        format!("SELECT token FROM answer WHERE request_hash = '{}'", Hash::of(&known));
    for database in [from, to] {
        assert_eq!(answer["token"], Raw::open(&database.parse().unwrap()).value(&of_request));
        let found = Raw::open(&database.parse().unwrap()).value(&count);
        assert_eq!(found, answered.to_string(), "{database}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_beside_a_portal_is_told_where_the_data_went() {
    let place = Place::new().await;
    let server = empty();
    moved(&place, &file_of(&place), &server, &["--yes"]).well();
    for command in [
        &["admin", "webhook", "list"][..],
        &["check"],
        &["backup", "--to", place.path("backup").to_str().unwrap()],
        &["audit", "check"],
    ] {
        let ran = place.run(command);
        assert_eq!(ran.code(), 1, "{command:?} {}", ran.said());
        assert!(ran.said().contains("its data was moved to postgres://"), "{}", ran.said());
    }
    let found = place.run(&["doctor", "--json"]);
    assert_eq!(found.code(), 1);
    assert!(found.said().contains("its data was moved to postgres://"), "{}", found.said());
}
