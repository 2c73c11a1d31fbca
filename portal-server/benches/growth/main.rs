//! Durable activations a second at 64 connections, in databases that have 10^4, 10^5 and 10^6 machines already, on both engines, and
//! what the portal's memory is then. Sizes are measured in turn, several rounds each: compare the ratios to the smallest one.
//!
//! `cargo bench -p countersign-portal --bench growth -- [--quick] [--machines N,N,…] [--engine sqlite|postgres] [--json FILE] [--set NAME=VALUE]`
//!
//! `--set`, as often as needed, is a setting of the PostgreSQL server beside Debian's own.
//!
//! A machine takes 3.3 KB in SQLite and 4.2 in PostgreSQL: 10^7 of them 33 and 42 GB, one engine after the other.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "../driven/mod.rs"]
mod driven;
mod fill;
#[path = "../../tests/played/mod.rs"]
mod played;
#[path = "../capacity/portals.rs"]
mod portals;
mod reads;

use std::collections::BTreeMap;

use countersign_store::{Database, Options};
use countersign_testing::{Engine, Raw, Server};

use driven::drive::drive;
use driven::load::Load;
use driven::median;
use portals::{Portals, Running};

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 5;

/// One database of a size, with a portal on it.
struct Site {
    running: Running,
    /// Requests of each round.
    loads: Vec<Load>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|a| a == "--quick");
    let option = |name: &str| arguments.iter().position(|a| a == name).map(|at| &arguments[at + 1]);
    let sizes: Vec<u64> = match option("--machines") {
        Some(list) => list.split(',').map(|size| size.parse().unwrap()).collect(),
        None if quick => vec![1_000, 10_000],
        None => vec![10_000, 100_000, 1_000_000],
    };
    let engines = match option("--engine").map(String::as_str) {
        None => vec![Engine::Sqlite, Engine::Postgres],
        Some("sqlite") => vec![Engine::Sqlite],
        Some("postgres") => vec![Engine::Postgres],
        Some(other) => panic!("{other} is no engine"),
    };
    let count = if quick { 500 } else { 5_000 };
    let mut settings = vec!["max_wal_size=1GB"];
    let set = arguments.iter().zip(arguments.iter().skip(1)).filter(|(name, _)| *name == "--set");
    settings.extend(set.map(|(_, setting)| setting.as_str()));
    let server = Server::own_with(&settings);
    let mut figures = serde_json::Map::new();
    for engine in engines {
        let sites: Vec<Site> =
            sizes.iter().map(|size| site(engine, &server, *size, count)).collect();
        if let Some(largest) = sites.last() {
            let bytes = bytes(largest.running.database()) / *sizes.last().unwrap() as f64;
            println!(
                "\n{engine:?}: {bytes:.0} bytes in the database for each machine, indexes included"
            );
            figures.insert(format!("{engine:?}_bytes_each"), bytes.into());
        }
        let mut rates: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        let mut logged: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for round in 0..ROUNDS {
            for (at, site) in sites.iter().enumerate() {
                let load = &site.loads[round];
                let before = written(site.running.database());
                let driven =
                    drive(site.running.addresses(), "/api/v1/activations", load, CONNECTIONS);
                assert_eq!(site.running.stored(load), count, "every activation is there");
                rates.entry(at).or_default().push(driven.rate());
                let after = written(site.running.database());
                logged.entry(at).or_default().push((after - before) / count as f64);
            }
        }
        println!(
            "\n{engine:?}{:>20} {:>10} {:>8} {:>10}",
            "machines before", "a second", "ratio", "written"
        );
        for (at, size) in sizes.iter().enumerate() {
            let ratios: Vec<f64> =
                rates[&at].iter().zip(&rates[&0]).map(|(rate, first)| rate / first).collect();
            let (rate, ratio) = (median(&rates[&at]), median(&ratios));
            let written = median(&logged[&at]);
            println!("{size:>28} {rate:>10.0} {ratio:>8.2} {written:>10.0}");
            figures.insert(format!("{engine:?}_{size}_written_bytes_each"), written.into());
            figures.insert(format!("{engine:?}_{size}_per_second"), rate.into());
            figures.insert(format!("{engine:?}_{size}_ratio_to_smallest"), ratio.into());
        }
        let memory = memory_mib();
        println!("{memory:>28.0} MiB: all these portals, and the load generator with its requests");
        figures.insert(format!("{engine:?}_memory_mib"), memory.into());
        for (site, size) in sites.into_iter().zip(&sizes) {
            for (name, milliseconds) in reads::pages(&site.running) {
                println!("{size:>28} {milliseconds:>10.2} ms  {name}");
                figures.insert(format!("{engine:?}_{size}_{name}_ms"), milliseconds.into());
            }
            site.running.end();
        }
    }
    if let Some(path) = option("--json") {
        std::fs::write(path, serde_json::Value::from(figures).to_string()).unwrap();
    }
}

fn site(engine: Engine, server: &Server, size: u64, count: usize) -> Site {
    let portals = match engine {
        Engine::Sqlite => Portals::embedded(Options::default()),
        Engine::Postgres => Portals::on(server, 1, Options::default()),
    };
    let loads: Vec<Load> = (0..ROUNDS).map(|_| Load::of(count, count / 5)).collect();
    let (first, others) = loads.split_first().unwrap();
    let running = portals.start(first);
    others.iter().for_each(|load| running.set_up(load));
    fill::fill(running.database(), size);
    println!("{engine:?}: {size} machines are there");
    Site { running, loads }
}

/// How large the database is.
fn bytes(database: &Database) -> f64 {
    let sql = match database {
        Database::Sqlite(path) => return std::fs::metadata(path).unwrap().len() as f64,
        Database::Postgres(_) => "SELECT pg_database_size(current_database())",
    };
    Raw::open(database).value(sql).parse().unwrap()
}

/// Bytes that have been written: to the embedded engine's log and file together, as the system counts what this process writes; to
/// PostgreSQL's log, without what its checkpoints write.
fn written(database: &Database) -> f64 {
    match database {
        Database::Sqlite(_) => {
            let counted = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
            let line = counted.lines().find_map(|line| line.strip_prefix("write_bytes: "));
            line.and_then(|bytes| bytes.parse().ok()).unwrap_or(f64::NAN)
        }
        Database::Postgres(_) => {
            let sql = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')";
            Raw::open(database).value(sql).parse().unwrap()
        }
    }
}

/// What this process has for itself: not the system's cache of a file, which it only looks through.
fn memory_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
