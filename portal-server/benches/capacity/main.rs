//! Durable activations a second, and how long each takes, by the number of connections: on the embedded engine, and on PostgreSQL by
//! one and by two portals that share it. Beside them in the same rounds: the same handling without a database, one commit for each
//! activation, and `pgbench` with the statements of an activation. Medians of interleaved rounds, because machines are shared.
//!
//! `cargo bench -p countersign-portal --bench capacity -- [--quick] [--json FILE] [--rounds N]`
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "../driven/mod.rs"]
mod driven;
mod pgbench;
#[path = "../../tests/played/mod.rs"]
mod played;
mod portals;

use std::collections::BTreeMap;

use countersign_store::Options;
use countersign_testing::Server;

use driven::drive::{Driven, drive};
use driven::load::Load;
use driven::{handler, median, runtime};
use portals::Portals;

const CONNECTIONS: [usize; 4] = [1, 8, 64, 256];
/// Requests before what is measured.
const WARM: usize = 400;
const PATH: &str = "/api/v1/activations";

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Handler,
    Sqlite,
    SqliteOneCommitEach,
    Postgres,
    PostgresTwoNodes,
    PostgresOneCommitEach,
    Pgbench,
}

const ALL: [What; 7] = [
    What::Handler,
    What::Sqlite,
    What::SqliteOneCommitEach,
    What::Postgres,
    What::PostgresTwoNodes,
    What::PostgresOneCommitEach,
    What::Pgbench,
];

/// A second, 50th and 99th percentile in milliseconds.
type Figures = (f64, f64, f64);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).map(|at| &arguments[at + 1]);
    let quick = arguments.iter().any(|a| a == "--quick");
    let rounds = value("--rounds").map_or(if quick { 1 } else { 3 }, |n| n.parse().unwrap());
    let server = Server::own_with(&["max_connections=320", "max_wal_size=1GB"]);
    let mut measured: BTreeMap<(usize, What), Vec<Figures>> = BTreeMap::new();
    for round in 0..rounds {
        for connections in CONNECTIONS {
            // About as long for each number of connections.
            let count = if quick { 100 + connections * 2 } else { 300 + connections.min(64) * 90 };
            for what in ALL {
                let figures = measure(what, connections, count, &server);
                println!("round {round}: {what:?} at {connections}: {figures:.2?}");
                measured.entry((connections, what)).or_default().push(figures);
            }
        }
    }
    report(&measured, value("--json").map(String::as_str));
}

fn measure(what: What, connections: usize, count: usize, server: &Server) -> Figures {
    let (many, one) = (Options::default(), Options { group_commit_max: 1, ..Options::default() });
    // One commit each is slow: a quarter says as much.
    let count = match what {
        What::SqliteOneCommitEach | What::PostgresOneCommitEach => count / 4 + connections,
        _ => count,
    };
    let load = Load::new(count);
    let driven = match what {
        What::Handler => {
            let server = runtime();
            drive(&[handler::start(&server, &load)], "/", &load, connections)
        }
        What::Sqlite => portals(&load, Portals::embedded(many), connections),
        What::SqliteOneCommitEach => portals(&load, Portals::embedded(one), connections),
        What::Postgres => portals(&load, Portals::on(server, 1, many), connections),
        What::PostgresTwoNodes => portals(&load, Portals::on(server, 2, many), connections),
        What::PostgresOneCommitEach => portals(&load, Portals::on(server, 1, one), connections),
        What::Pgbench => return pgbench::run(&load, server, connections, count),
    };
    (driven.rate(), driven.percentile(50), driven.percentile(99))
}

fn portals(load: &Load, portals: Portals, connections: usize) -> Driven {
    let running = portals.start(load);
    // Statements are prepared and caches filled, as in a portal that has run for a while.
    let warm = Load::new(WARM);
    running.set_up(&warm);
    drive(running.addresses(), PATH, &warm, 8);
    let driven = drive(running.addresses(), PATH, load, connections);
    assert_eq!(running.stored(load), load.requests.len(), "every activation is there");
    running.end();
    driven
}

fn report(measured: &BTreeMap<(usize, What), Vec<Figures>>, json: Option<&str>) {
    let mut figures = serde_json::Map::new();
    println!(
        "\n{:<24} {:>11} {:>9} {:>9} {:>9}",
        "", "connections", "a second", "p50 ms", "p99 ms"
    );
    for ((connections, what), rounds) in measured {
        let of = |pick: fn(&Figures) -> f64| median(&rounds.iter().map(pick).collect::<Vec<_>>());
        let (rate, half, most) = (of(|f| f.0), of(|f| f.1), of(|f| f.2));
        println!(
            "{:<24} {connections:>11} {rate:>9.0} {half:>9.2} {most:>9.2}",
            format!("{what:?}")
        );
        for (name, value) in [("per_second", rate), ("p50_ms", half), ("p99_ms", most)] {
            figures.insert(format!("{what:?}_{connections}_{name}"), value.into());
        }
    }
    println!("\nratios, each of the same round");
    for connections in CONNECTIONS {
        let ratio = |what: What, to: &[What]| {
            let rates = |what: What| measured[&(connections, what)].iter().map(|f| f.0);
            let lower = |round: usize| {
                to.iter().map(|w| rates(*w).nth(round).unwrap()).fold(f64::INFINITY, f64::min)
            };
            median(&rates(what).enumerate().map(|(n, rate)| rate / lower(n)).collect::<Vec<_>>())
        };
        let ratios = [
            ("sqlite_to_handler", ratio(What::Sqlite, &[What::Handler])),
            ("sqlite_to_one_commit_each", ratio(What::Sqlite, &[What::SqliteOneCommitEach])),
            ("postgres_to_lower", ratio(What::Postgres, &[What::Handler, What::Pgbench])),
            ("postgres_to_pgbench", ratio(What::Postgres, &[What::Pgbench])),
            ("postgres_two_nodes_to_one", ratio(What::PostgresTwoNodes, &[What::Postgres])),
            ("postgres_to_one_commit_each", ratio(What::Postgres, &[What::PostgresOneCommitEach])),
        ];
        for (name, value) in ratios {
            println!("{name:<32} {connections:>3} {value:>6.2}");
            figures.insert(format!("{name}_{connections}"), value.into());
        }
    }
    if let Some(path) = json {
        std::fs::write(path, serde_json::Value::from(figures).to_string()).unwrap();
    }
}
