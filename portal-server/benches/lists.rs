//! Pages of lists as a browser gets them: session, query, words, HTML. Beside them, through the same kind of server in the same
//! rounds on the same database, a bare read of one row by its primary key.
//!
//! `cargo bench -p countersign-portal --bench lists -- [--quick] [--json FILE]`
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "../../crates/store/benches/filled/mod.rs"]
mod filled;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::routing::get;
use countersign_core::{Hash, Id};
use countersign_portal::{App, Config, serve};
use countersign_store::{NewSession, User};
use tokio::net::TcpListener;

use filled::{Filled, NOW, fill, rng};

const RUNS: usize = 200;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|a| a == "--quick");
    let json = arguments.iter().position(|a| a == "--json").map(|at| arguments[at + 1].clone());
    let sizes: &[usize] = if quick { &[1_000, 10_000] } else { &[10_000, 100_000, 1_000_000] };
    let mut figures = serde_json::Map::new();
    for size in sizes {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let filled = fill(&folder.path().join("countersign.db"), *size).await;
        println!("\n{size} licenses");
        for (name, page, pk) in measure(folder.path(), &filled).await {
            println!("{name:<28} {page:>9.0} us {:>6.1} x {pk:.0} us", page / pk);
            figures.insert(format!("{name}_{size}_us"), page.into());
            figures.insert(format!("{name}_{size}_ratio_to_pk"), (page / pk).into());
        }
    }
    if let Some(path) = json {
        std::fs::write(path, serde_json::Value::from(figures).to_string()).unwrap();
    }
}

/// Medians in microseconds: of a page, and of the row.
async fn measure(data: &std::path::Path, filled: &Filled) -> Vec<(&'static str, f64, f64)> {
    let config = Config { rate_limit: None, ..Config::new(data.to_owned()) };
    let app = App::open(config).await.unwrap();
    let portal = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, app.clone(), std::future::pending()));
        format!("http://{address}")
    };
    let bare = bare(filled).await;
    let client = reqwest::Client::new();
    let (vendor, boss) = (cookie(&app, &filled.vendor).await, cookie(&app, &filled.boss).await);
    let pages = [
        ("http_list_vendor", "/licenses", &vendor),
        ("http_list_vendor_by_end", "/licenses?sort=end", &vendor),
        ("http_list_organization", "/licenses", &boss),
        ("http_list_suspended", "/licenses?status=suspended", &boss),
        ("http_search_machine", "/licenses?q=lab-77-pc", &vendor),
    ];
    let mut medians = Vec::new();
    for (name, path, cookie) in pages {
        let (mut page, mut pk) = (Vec::new(), Vec::new());
        for n in 0..RUNS {
            let id = filled.ids[n * 31 % filled.ids.len()];
            let start = Instant::now();
            let answer = client.get(format!("{bare}/{id}")).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.bytes().await.unwrap();
            pk.push(start.elapsed());
            let start = Instant::now();
            let ask = client.get(format!("{portal}{path}")).header("cookie", cookie);
            let answer = ask.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            answer.bytes().await.unwrap();
            page.push(start.elapsed());
        }
        let median = |mut times: Vec<Duration>| {
            times.sort();
            times[times.len() / 2].as_secs_f64() * 1e6
        };
        medians.push((name, median(page), median(pk)));
    }
    medians
}

/// One license by its id, as JSON, without anything around it.
async fn bare(filled: &Filled) -> String {
    let store = Arc::new(filled.store.clone());
    let read = |State(store): State<Arc<countersign_store::Store>>, Path(id): Path<String>| async move {
        let license = store.license(&id.parse().unwrap()).await.unwrap().unwrap();
        axum::Json(
            serde_json::json!({"id": id, "holder": license.holder, "end": license.expires_at}),
        )
    };
    let router = axum::Router::new().route("/{id}", get(read)).with_state(store);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// A session of this user.
async fn cookie(app: &App, user: &User) -> String {
    let secret = format!("of {}", user.id);
    let session = NewSession {
        token: Hash::of(&secret),
        id: Id::random(&mut rng()),
        user: user.id,
        user_agent: String::new(),
        address: String::new(),
        until: app.now() + 86_400,
    };
    app.store().create_session(session, app.now().max(NOW)).await.unwrap();
    format!("countersign={secret}")
}
