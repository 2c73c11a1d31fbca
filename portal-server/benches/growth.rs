//! Durable activations a second at 64 connections, in databases that have 10^4, 10^5 and 10^6 machines already, on both engines, and
//! what the portal's memory is then. Sizes are measured in turn, several rounds each: compare the ratios to the smallest one.
//!
//! `cargo bench -p countersign-portal --bench growth -- [--quick] [--json FILE]`
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "driven/mod.rs"]
mod driven;
#[path = "../tests/played/mod.rs"]
mod played;
#[path = "capacity/portals.rs"]
mod portals;

use std::collections::BTreeMap;

use countersign_store::{Database, Options};
use countersign_testing::{Engine, Raw, Server};

use driven::drive::drive;
use driven::load::{LICENSES, Load};
use driven::median;
use portals::{Portals, Running};

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 3;

/// One database of a size, with a portal on it.
struct Site {
    running: Running,
    /// Requests of each round.
    loads: Vec<Load>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|a| a == "--quick");
    let json = arguments.iter().position(|a| a == "--json").map(|at| arguments[at + 1].clone());
    let sizes: &[u64] = if quick { &[1_000, 10_000] } else { &[10_000, 100_000, 1_000_000] };
    let count = if quick { 500 } else { 5_000 };
    let server = Server::own_with(&["max_wal_size=1GB"]);
    let mut figures = serde_json::Map::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
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
                let before = log_bytes(site.running.database());
                let driven =
                    drive(site.running.addresses(), "/api/v1/activations", load, CONNECTIONS);
                assert_eq!(site.running.stored(load), count, "every activation is there");
                rates.entry(at).or_default().push(driven.rate());
                let written = log_bytes(site.running.database()) - before;
                logged.entry(at).or_default().push(written / count as f64);
            }
        }
        println!(
            "\n{engine:?}{:>20} {:>10} {:>8} {:>10}",
            "machines before", "a second", "ratio", "log bytes"
        );
        for (at, size) in sizes.iter().enumerate() {
            let ratios: Vec<f64> =
                rates[&at].iter().zip(&rates[&0]).map(|(rate, first)| rate / first).collect();
            let (rate, ratio) = (median(&rates[&at]), median(&ratios));
            let log = median(&logged[&at]);
            println!("{size:>28} {rate:>10.0} {ratio:>8.2} {log:>10.0}");
            figures.insert(format!("{engine:?}_{size}_log_bytes_each"), log.into());
            figures.insert(format!("{engine:?}_{size}_per_second"), rate.into());
            figures.insert(format!("{engine:?}_{size}_ratio_to_smallest"), ratio.into());
        }
        sites.into_iter().for_each(|site| site.running.end());
    }
    let peak = peak_mib();
    println!(
        "\nthis process at most {peak:.0} MiB: all portals, and the load generator with its requests"
    );
    figures.insert("peak_mib".to_owned(), peak.into());
    if let Some(path) = json {
        std::fs::write(path, serde_json::Value::from(figures).to_string()).unwrap();
    }
}

fn site(engine: Engine, server: &Server, size: u64, count: usize) -> Site {
    let portals = match engine {
        Engine::Sqlite => Portals::embedded(Options::default()),
        Engine::Postgres => Portals::on(server, 1, Options::default()),
    };
    let loads: Vec<Load> = (0..ROUNDS).map(|_| Load::new(count)).collect();
    let (first, others) = loads.split_first().unwrap();
    let running = portals.start(first);
    others.iter().for_each(|load| running.set_up(load));
    fill(running.database(), size);
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

/// What has been written to PostgreSQL's log since the server was made; 0 for a file, whose log is written over.
fn log_bytes(database: &Database) -> f64 {
    match database {
        Database::Sqlite(_) => 0.0,
        Database::Postgres(_) => {
            let sql = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')";
            Raw::open(database).value(sql).parse().unwrap()
        }
    }
}

/// Machines of these licenses with their parts and answers, as the portal writes them.
fn fill(database: &Database, size: u64) {
    let raw = Raw::open(database);
    let random = match database {
        Database::Sqlite(_) => "lower(hex(randomblob(16)))",
        Database::Postgres(_) => "md5(random()::text)",
    };
    let place = match database {
        Database::Sqlite(_) => "random()",
        Database::Postgres(_) => "CAST((random() - 0.5) * 18000000000000000000 AS BIGINT)",
    };
    // In parts, so that no transaction holds all of it.
    for first in (0..size).step_by(50_000) {
        let last = (first + 50_000).min(size);
        let numbers = format!(
            "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {last}), \
             l(id, at) AS (SELECT id, row_number() OVER (ORDER BY id) FROM license)"
        );
        for sql in [
            format!(
                "{numbers} INSERT INTO activation (id, license_id, seat, device_key, fingerprint, device_name, \
                 device_name_folded, state, reinstall, created_at, import_by, door, request_id, request_hash, granted_at) \
                 SELECT 'a' || i, l.id, 's' || i, {random}, '{{}}', 'machine ' || i, 'machine ' || i, 'active', 0, 1790000000, \
                 1790086400, 'api', 'q' || i, {random}, 1790000000 FROM n JOIN l ON l.at = 1 + i % {LICENSES}"
            ),
            format!(
                "{numbers}, p(part) AS (SELECT 1 UNION ALL SELECT part + 1 FROM p WHERE part < 5) \
                 INSERT INTO machine_part (place, parts, subject) SELECT {place}, 5, 'a' || i FROM n, p"
            ),
            format!(
                "{numbers} INSERT INTO answer (request_hash, token, device_name, created_at) \
                 SELECT {random}, {}, 'machine ' || i, 1790000000 FROM n",
                token(database, random)
            ),
            format!(
                "{numbers} INSERT INTO audit (at, actor, action, subject, detail) \
                 SELECT 1790000000, 'device:' || i, 'activation.create', 'a' || i, '' FROM n"
            ),
        ] {
            raw.execute(&sql).unwrap();
        }
    }
    match database {
        Database::Sqlite(_) => raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap(),
        Database::Postgres(_) => raw.execute("VACUUM ANALYZE").unwrap(),
    }
}

/// Some 1,900 characters that cannot be made smaller.
fn token(database: &Database, random: &str) -> String {
    match database {
        Database::Sqlite(_) => "hex(randomblob(950))".to_owned(),
        Database::Postgres(_) => vec![random; 59].join(" || "),
    }
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
