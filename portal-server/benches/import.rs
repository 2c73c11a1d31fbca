//! An export of very many licenses is imported; beside it, in the same run, bare inserts of the very rows that it made: prepared
//! statements, the same transactions, the same durability, and nothing read, checked or derived. And the most memory that the
//! import had at a time, with few licenses and with many: Rust's, beside which SQLite has caches of fixed sizes.
//!
//! Beside the time that passed stands the time of processors: on a machine that does other things as well, that is what compares.
//!
//! `cargo bench -p countersign-portal --bench import -- [--quick] [--json FILE]`
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use clap::Parser;
use countersign_portal::{App, Config, import};
use peak_alloc::PeakAlloc;
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, params_from_iter};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Licenses of one transaction, as the import has them.
const BATCH: usize = 250;
const ROUNDS: usize = 3;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    import: import::Arguments,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|a| a == "--quick");
    let json = arguments.iter().position(|a| a == "--json").map(|at| arguments[at + 1].clone());
    let (few, many) = if quick { (1_000, 5_000) } else { (10_000, 100_000) };
    let mut figures = serde_json::Map::new();
    for count in [few, many] {
        let (mut ratios, mut cpu_ratios) = (Vec::new(), Vec::new());
        let mut note = |name: &str, value: f64| {
            figures.insert(format!("import_{count}_{name}"), value.into());
        };
        for _ in 0..if count == few { 1 } else { ROUNDS } {
            let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
            let export = folder.path().join("export.json");
            write_export(&export, count);
            let (took, peak) = import(&folder.path().join("imported"), &export, count).await;
            let bare = bare(folder.path()).await;
            let (ratio, cpu_ratio) = (took.passed / bare.passed, took.cpu / bare.cpu);
            println!(
                "{count} licenses: imported in {:.2} s, bare inserts {:.2} s, ratio {ratio:.2} (of processors: {:.2} s, {:.2} s, \
                 {cpu_ratio:.2}), at most {peak:.1} MiB",
                took.passed, bare.passed, took.cpu, bare.cpu,
            );
            note("seconds", took.passed);
            note("bare_seconds", bare.passed);
            note("peak_mib", peak);
            ratios.push(ratio);
            cpu_ratios.push(cpu_ratio);
        }
        note("ratio_to_bare", median(&mut ratios));
        note("cpu_ratio_to_bare", median(&mut cpu_ratios));
    }
    if let Some(path) = json {
        std::fs::write(path, serde_json::Value::from(figures).to_string()).unwrap();
    }
}

fn median(of: &mut [f64]) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// Seconds.
#[derive(Clone, Copy, Default)]
struct Took {
    passed: f64,
    cpu: f64,
}

/// Measures from here on.
struct Watch {
    start: Instant,
    cpu: f64,
}

impl Watch {
    fn start() -> Self {
        Self { start: Instant::now(), cpu: cpu() }
    }

    fn took(&self) -> Took {
        Took { passed: self.start.elapsed().as_secs_f64(), cpu: cpu() - self.cpu }
    }
}

/// Seconds of processors that this process has had; Linux counts them in hundredths.
fn cpu() -> f64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/stat") else { return f64::NAN };
    let after_name = text.rsplit(')').next().unwrap();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// As the API of Cryptlex gives it: every tenth license has a customer of its own.
fn write_export(path: &Path, count: usize) {
    let mut out = BufWriter::new(File::create(path).unwrap());
    write!(out, r#"{{"products":[{{"id":"p","name":"Acme CAD","createdAt":"2018-05-06T08:49:17Z"}}],"users":["#)
        .unwrap();
    for n in 0..count / 10 {
        let comma = if n == 0 { "" } else { "," };
        write!(
            out,
            r#"{comma}{{"id":"99e2ba70-09ce-4c18-8d6c-{n:012}","name":"Jane {n}","firstName":"Jane","lastName":"{n}","email":"jane{n}@lab.example","company":"Lab {n}","role":"user","roles":["user"],"metadata":[],"tags":[],"createdAt":"2018-05-01T07:53:56.0095476Z","updatedAt":"2018-05-01T07:53:56.0095495Z"}}"#
        )
        .unwrap();
    }
    write!(out, r#"],"licenses":["#).unwrap();
    for n in 0..count {
        let (comma, user) = (if n == 0 { "" } else { "," }, n % (count / 10));
        write!(
            out,
            r#"{comma}{{"key":"{n:06X}-E8A2A3-4D31B7-8FF9C6-81A6CA-539E54","revoked":false,"suspended":false,"totalActivations":1,"totalDeactivations":3,"subscriptionInterval":"P1Y","subscriptionStartTrigger":"creation","fingerprintMatchingStrategy":"fuzzy","allowedActivations":2,"allowedDeactivations":10,"type":"node-locked","allowedFloatingClients":0,"serverSyncGracePeriod":2595000,"serverSyncInterval":3600,"leaseDuration":0,"expiresAt":"2031-07-06T08:49:17.9361143Z","allowVmActivation":true,"userLocked":false,"productId":"p","user":{{"name":"Jane {user}","email":"jane{user}@lab.example","company":"Lab {user}","id":"99e2ba70-09ce-4c18-8d6c-{user:012}"}},"allowedCountries":[],"disallowedCountries":[],"allowedIpAddresses":[],"disallowedIpAddresses":[],"featureEntitlements":[{{"featureName":"export","value":"true"}},{{"featureName":"parts","value":"500"}}],"metadata":[{{"key":"site","value":"Ulm","visible":true}},{{"key":"order","value":"{n}","visible":false}}],"tags":[],"id":"23d9646c-34f5-4d37-adeb-{n:012}","createdAt":"2018-05-06T08:49:17.9361143Z","updatedAt":"2018-05-06T08:49:17.9361158Z"}}"#
        )
        .unwrap();
    }
    out.write_all(b"]}").unwrap();
    out.into_inner().unwrap().sync_all().unwrap();
}

/// How long it took, and the most memory in MiB beyond what the open portal has.
async fn import(data: &Path, export: &Path, count: usize) -> (Took, f64) {
    let app = App::open(Config::new(data.to_owned())).await.unwrap();
    let report = data.join("report.csv");
    let words = ["import", "cryptlex", export.to_str().unwrap(), "--yes", "--report"];
    let command = Command::parse_from(words.into_iter().chain([report.to_str().unwrap()]));
    MEMORY.reset_peak_usage();
    let (before, watch) = (MEMORY.current_usage_as_mb(), Watch::start());
    let summary = import::run(&app, command.import).await.unwrap();
    let took = watch.took();
    let peak = MEMORY.peak_usage_as_mb() - before;
    assert!(!summary.has_problems);
    assert_eq!(summary.json["entries"]["licenses"]["made"], count);
    app.store().close();
    (took, f64::from(peak))
}

/// Rows of one license, by table.
type Rows = Vec<(usize, Vec<Cell>)>;

/// The tables that an import writes, with the column that names the license, and the order in which that was done.
const TABLES: [(&str, &str, &str); 4] = [
    ("license", "id", "rowid"),
    ("license_term", "license_id", "license_id"),
    ("audit", "subject", "seq"),
    ("imported", "id", "id"),
];

/// The same rows into a second database of the same schema, which has the same products and people.
async fn bare(folder: &Path) -> Took {
    let (from, to) = (folder.join("imported"), folder.join("bare"));
    App::open(Config::new(to.clone())).await.unwrap().store().close();
    let source = Connection::open(from.join("countersign.db")).unwrap();
    let target = Connection::open(to.join("countersign.db")).unwrap();
    target
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
             PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16000;",
        )
        .unwrap();
    copy(&source, &target, "product");
    let watch = Watch::start();
    copy(&source, &target, "app_user");
    let people = watch.took();
    let licenses = rows_of_licenses(&source);
    let inserts: Vec<String> = TABLES.iter().map(|(table, ..)| insert(&source, table)).collect();
    let watch = Watch::start();
    for batch in licenses.chunks(BATCH) {
        target.execute_batch("BEGIN IMMEDIATE").unwrap();
        for (table, cells) in batch.iter().flatten() {
            let mut statement = target.prepare_cached(&inserts[*table]).unwrap();
            statement.execute(params_from_iter(cells)).unwrap();
        }
        target.execute_batch("COMMIT").unwrap();
    }
    let took = watch.took();
    let count = |c: &Connection| -> i64 {
        c.query_row("SELECT COUNT(*) FROM license_term", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&source), count(&target));
    Took { passed: took.passed + people.passed, cpu: took.cpu + people.cpu }
}

fn columns(c: &Connection, table: &str) -> Vec<String> {
    let statement = c.prepare(&format!("SELECT * FROM {table}")).unwrap();
    // The log goes on with numbers of its own.
    let kept = |name: &&str| !(table == "audit" && *name == "seq");
    statement.column_names().filter(kept).map(str::to_owned).collect()
}

fn insert(c: &Connection, table: &str) -> String {
    let columns = columns(c, table);
    let values: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), values.join(", "))
}

fn read(c: &Connection, table: &str, tail: &str) -> Vec<Vec<Cell>> {
    let columns = columns(c, table);
    let sql = format!("SELECT {} FROM {table} {tail}", columns.join(", "));
    let mut statement = c.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| (0..columns.len()).map(|at| row.get(at)).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// In one transaction: a few rows beside those of the licenses.
fn copy(source: &Connection, target: &Connection, table: &str) {
    let (rows, insert) = (read(source, table, ""), insert(source, table));
    target.execute_batch("BEGIN IMMEDIATE").unwrap();
    for row in rows {
        target.prepare_cached(&insert).unwrap().execute(params_from_iter(row)).unwrap();
    }
    target.execute_batch("COMMIT").unwrap();
}

/// All rows of each license, in the order in which the licenses came.
fn rows_of_licenses(source: &Connection) -> Vec<Rows> {
    let mut places = HashMap::new();
    let mut licenses: Vec<Rows> = Vec::new();
    for (at, (table, key, order)) in TABLES.iter().enumerate() {
        let key = columns(source, table).iter().position(|column| column == key).unwrap();
        for row in read(source, table, &format!("ORDER BY {order}")) {
            let Cell::Text(license) = row[key].clone() else { continue };
            if at == 0 {
                places.insert(license, licenses.len());
                licenses.push(vec![(at, row)]);
            } else if let Some(place) = places.get(&license) {
                licenses[*place].push((at, row));
            }
        }
    }
    licenses
}
