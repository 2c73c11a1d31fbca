//! Durable activations a second through HTTP at 64 connections, beside three baselines in the same run:
//! the same handling without a database, one commit per activation, and a bare group insert of the same rows without HTTP.
//! Rounds are interleaved and the medians compared, because machines are shared.
//!
//! `cargo bench -p countersign-portal --bench activations -- [--quick] [--json FILE] [--profile]`
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "driven/mod.rs"]
mod driven;
#[path = "../tests/played/mod.rs"]
mod played;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use countersign_portal::{App, Config, serve};
use countersign_store::Options;
use rusqlite::Connection;
use tokio::net::TcpListener;

use driven::drive::{CPU, Driven, THREADS, drive};
use driven::load::{Load, set_up, stored};
use driven::{handler, median as middle, runtime};

const CONNECTIONS: usize = 64;
/// As many rows in one commit as there are connections: the largest group that the portal can form at this load.
const GROUP: usize = CONNECTIONS;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|a| a == "--quick");
    let json = arguments.iter().position(|a| a == "--json").map(|at| arguments[at + 1].clone());
    let (rounds, count) = if quick { (1, 1_500) } else { (5, 8_000) };
    let load = Load::new(count);
    if arguments.iter().any(|a| a == "--profile") {
        // The portal alone, to be looked at with a profiler.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        for round in 0..rounds {
            let place = folder.path().join(round.to_string());
            println!("{:.0} a second", portal(&load, &place, Options::default()).rate());
        }
        return;
    }
    let single = Load::new(count / 8);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();

    let mut rates: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut cpu: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for round in 0..rounds {
        let place = |name: &str| folder.path().join(format!("{name}-{round}"));
        let mut note = |name, count: usize, rate: f64| {
            rates.entry(name).or_default().push(rate);
            for thread in THREADS {
                let spent = CPU.lock().unwrap().remove(thread).unwrap_or(0.0);
                let key = format!("{name} {thread}");
                cpu.entry(key).or_default().push(spent / count as f64 / 1e3);
            }
        };
        let data = place("portal");
        let driven = portal(&load, &data, Options::default());
        note("portal", driven.requests, driven.rate());
        let server = runtime();
        let driven = drive(&[handler::start(&server, &load)], "/", &load, CONNECTIONS);
        drop(server);
        note("handler", driven.requests, driven.rate());
        let one = Options { group_commit_max: 1, ..Options::default() };
        let driven = portal(&single, &place("single"), one);
        note("single", driven.requests, driven.rate());
        let (count, rate) = insert(&data.join("countersign.db"), &place("insert"));
        note("insert", count, rate);
        std::fs::remove_dir_all(&data).unwrap();
    }

    let median = |name: &str| middle(&rates[name]);
    let spent = |of: &str, threads: &[&str]| -> f64 {
        threads.iter().map(|thread| middle(&cpu[&format!("{of} {thread}")])).sum()
    };
    let (all, server) = (THREADS, &THREADS[..2]);
    let (portal, handler, single, insert) =
        (median("portal"), median("handler"), median("single"), median("insert"));
    let figures = [
        ("activations_per_second", portal),
        ("handler_without_database_per_second", handler),
        ("one_commit_each_per_second", single),
        ("bare_group_insert_per_second", insert),
        ("activations_ratio_to_lower_baseline", portal / handler.min(insert)),
        ("activations_ratio_to_one_commit_each", portal / single),
        ("activation_cpu_us", spent("portal", server)),
        ("activation_cpu_of_the_writer_us", spent("portal", &["store-writer"])),
        ("handler_cpu_us", spent("handler", server)),
        ("load_generator_cpu_us", spent("portal", &["load"])),
        ("activation_cpu_ratio_with_load", spent("handler", &all) / spent("portal", &all)),
    ];
    for (name, value) in figures {
        println!("{name:<42} {value:>12.2}");
    }
    if let Some(path) = json {
        let figures: serde_json::Map<_, _> =
            figures.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        std::fs::write(path, serde_json::Value::from(figures).to_string()).unwrap();
    }
}

/// The real portal on a real disk.
fn portal(load: &Load, data: &Path, options: Options) -> Driven {
    let server = runtime();
    let (address, app) = server.block_on(async {
        let config = Config { rate_limit: None, store: options, ..Config::new(data.to_owned()) };
        let app = App::open(config).await.unwrap();
        set_up(&app, load).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, app.clone(), std::future::pending()));
        (address, app)
    });
    let driven = drive(&[address], "/api/v1/activations", load, CONNECTIONS);
    server.block_on(async {
        assert_eq!(stored(&app, load).await, load.requests.len(), "every activation is there");
        app.store().close();
    });
    driven
}

/// The rows that the portal wrote, once more into an empty database of the same shape, in groups, and nothing else.
fn insert(from: &Path, folder: &PathBuf) -> (usize, f64) {
    std::fs::create_dir_all(folder).unwrap();
    let source = Connection::open(from).unwrap();
    let target = Connection::open(folder.join("copy.db")).unwrap();
    target
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16000;",
        )
        .unwrap();
    let mut shapes = source
        .prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC")
        .unwrap();
    for sql in shapes.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        target.execute_batch(&sql.unwrap()).unwrap();
    }
    target.execute_batch(&format!("ATTACH '{}' AS source", from.display())).unwrap();
    for table in ["product", "license"] {
        target.execute_batch(&format!("INSERT INTO {table} SELECT * FROM source.{table}")).unwrap();
    }
    target.execute_batch("DETACH source").unwrap();

    let tables = ["activation", "machine_part", "answer", "audit"].map(|t| Table::read(&source, t));
    let count = tables[0].rows.len();
    let start = Instant::now();
    for first in (0..count).step_by(GROUP) {
        target.prepare_cached("BEGIN IMMEDIATE").unwrap().execute([]).unwrap();
        for table in &tables {
            let share = table.rows.len() * first / count
                ..table.rows.len() * (first + GROUP).min(count) / count;
            let mut statement = target.prepare_cached(&table.insert).unwrap();
            for row in &table.rows[share] {
                statement.execute(rusqlite::params_from_iter(row)).unwrap();
            }
        }
        target.prepare_cached("COMMIT").unwrap().execute([]).unwrap();
    }
    (count, count as f64 / start.elapsed().as_secs_f64())
}

struct Table {
    insert: String,
    rows: Vec<Vec<rusqlite::types::Value>>,
}

impl Table {
    fn read(source: &Connection, name: &str) -> Self {
        let mut all = source.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = all.column_count();
        let rows = all
            .query_map([], |row| (0..columns).map(|column| row.get(column)).collect())
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let marks = vec!["?"; columns].join(", ");
        Self { insert: format!("INSERT INTO {name} VALUES ({marks})"), rows }
    }
}
