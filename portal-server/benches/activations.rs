//! Durable activations a second through HTTP at 64 connections, beside three baselines in the same run:
//! the same handling without a database, one commit per activation, and a bare group insert of the same rows without HTTP.
//! Rounds are interleaved and the medians compared, because machines are shared.
//!
//! `cargo bench -p countersign-portal --bench activations -- [--quick] [--json FILE] [--profile]`
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/played/mod.rs"]
mod played;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::routing::post;
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::response::{
    Answer, Binding, Grant, GrantLicense, Granted, RequestRef, Response,
};
use countersign_core::trust::Signer;
use countersign_core::{Expect, Id, ProductId, file};
use countersign_portal::signing::Signing;
use countersign_portal::{App, Config, serve};
use countersign_store::{NewLicense, Options, Product, Validity};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rusqlite::Connection;
use tokio::net::{TcpListener, TcpStream};

use played::{Machine, NOW, rng};

const CONNECTIONS: usize = 64;
/// As many rows in one commit as there are connections: the largest group that the portal can form at this load.
const GROUP: usize = CONNECTIONS;
const LICENSES: usize = 50;

struct Load {
    product: ProductId,
    keys: Vec<LicenseKey>,
    requests: Vec<Bytes>,
}

impl Load {
    fn new(count: usize) -> Self {
        let product: ProductId = "acme-cad".parse().unwrap();
        let keys: Vec<_> = (0..LICENSES).map(|_| LicenseKey::generate(&mut rng())).collect();
        let requests = (0..count)
            .map(|n| {
                Machine::new(&format!("machine-{n}"), &product).activation(&keys[n % LICENSES])
            })
            .map(Bytes::from)
            .collect();
        Self { product, keys, requests }
    }
}

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
            let (count, time) =
                portal(&load, &folder.path().join(round.to_string()), Options::default());
            println!("{:.0} a second", count as f64 / time.as_secs_f64());
        }
        return;
    }
    let single = Load::new(count / 8);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();

    let mut rates: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut cpu: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for round in 0..rounds {
        let place = |name: &str| folder.path().join(format!("{name}-{round}"));
        let mut note = |name, (count, time): (usize, Duration)| {
            rates.entry(name).or_default().push(count as f64 / time.as_secs_f64());
            for thread in THREADS {
                let spent = CPU.lock().unwrap().remove(thread).unwrap_or(0.0);
                let key = format!("{name} {thread}");
                cpu.entry(key).or_default().push(spent / count as f64 / 1e3);
            }
        };
        let data = place("portal");
        note("portal", portal(&load, &data, Options::default()));
        note("handler", handler(&load));
        let one = Options { group_commit_max: 1, ..Options::default() };
        note("single", portal(&single, &place("single"), one));
        note("insert", insert(&data.join("countersign.db"), &place("insert")));
        std::fs::remove_dir_all(&data).unwrap();
    }

    let middle = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
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

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// The real portal on a real disk.
fn portal(load: &Load, data: &Path, options: Options) -> (usize, Duration) {
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
    let time = drive(address, "/api/v1/activations", load);
    server.block_on(async {
        assert_eq!(stored(&app, load).await, load.requests.len(), "every activation is there");
        app.store().close();
    });
    (load.requests.len(), time)
}

async fn set_up(app: &App, load: &Load) {
    let product = Product {
        id: load.product.clone(),
        name: "Acme CAD".into(),
        trial: countersign_store::TrialPolicy {
            days: None,
            strategy: Strategy::Fuzzy,
            entitlements: BTreeMap::new(),
            ..countersign_store::TrialPolicy::none()
        },
        reinstall_allowance: 3,
        archived: false,
        created_at: NOW,
    };
    app.store().save_product(product, "bench", NOW).await.unwrap();
    for key in &load.keys {
        let license = NewLicense {
            key: key.clone(),
            product: load.product.clone(),
            plan: Some("Pro".into()),
            holder: Some("Jane".into()),
            owner: None,
            organization: None,
            allowed_activations: Some(1_000_000),
            allowed_deactivations: None,
            validity: Validity::Perpetual,
            response_validity: 86_400,
            strategy: Strategy::Fuzzy,
            entitlements: BTreeMap::new(),
            metadata: BTreeMap::new(),
        };
        app.store().create_license(license, "bench", NOW).await.unwrap();
    }
}

async fn stored(app: &App, load: &Load) -> usize {
    let mut sum = 0;
    for key in &load.keys {
        let license = app.store().license(&key.id()).await.unwrap().unwrap();
        sum += usize::try_from(license.live_activations).unwrap();
    }
    sum
}

/// The same work without a database: read, verify, prove, grant, sign, write the file, answer as JSON.
fn handler(load: &Load) -> (usize, Duration) {
    struct Desk {
        signer: Signer,
        keys: Vec<LicenseKey>,
        now: u64,
    }
    async fn answer(State(desk): State<Arc<Desk>>, body: Bytes) -> axum::Json<serde_json::Value> {
        let request =
            VerifiedRequest::verify(&file::read(&body).unwrap(), Expect::Request).unwrap();
        let claims = request.claims();
        let Ask::Activation { device, license: Some(proof) } = &claims.ask else { unreachable!() };
        let key = desk.keys.iter().find(|key| key.id() == proof.id).unwrap();
        let jkt = request.device_key().thumbprint();
        assert!(key.proves(&proof.proof, &jkt, &claims.id));
        let response = Response {
            issuer: "Acme".into(),
            product: claims.product.clone(),
            id: Id::random(&mut rng()),
            issued_at: desk.now,
            request: RequestRef { id: claims.id, hash: request.hash() },
            device: jkt,
            answer: Answer::Activation(Granted {
                import_by: desk.now + 86_400,
                binding: Binding {
                    strategy: Strategy::Fuzzy,
                    fingerprint: device.fingerprint.clone(),
                },
                grant: Grant {
                    expires_at: None,
                    renew_by: None,
                    entitlements: BTreeMap::new(),
                    license: Some(GrantLicense {
                        id: proof.id,
                        plan: Some("Pro".into()),
                        holder: Some("Jane".into()),
                        deactivations_left: None,
                    }),
                    metadata: BTreeMap::new(),
                },
            }),
        };
        let token = desk.signer.sign(&response).unwrap();
        let text = file::response_file(&token, &response, device.name.as_deref());
        axum::Json(serde_json::json!({
            "type": response.token_type().as_str(), "id": response.id.to_string(), "file": text, "token": token,
            "device_name": device.name, "issued_at": response.issued_at,
        }))
    }
    let server = runtime();
    let folder = tempfile::tempdir().unwrap();
    let address = server.block_on(async {
        let app = App::open(Config::new(folder.path().to_owned())).await.unwrap();
        let now = app.now();
        let keys = app.keys();
        let Signing::Here(signer) = &keys.signing else { panic!("the key is here") };
        let desk = Desk { signer: signer.clone(), keys: load.keys.clone(), now };
        let router = axum::Router::new().route("/", post(answer)).with_state(Arc::new(desk));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    });
    (load.requests.len(), drive(address, "/", load))
}

/// Sends every request once over 64 kept-alive connections, from a thread of its own.
fn drive(address: std::net::SocketAddr, path: &'static str, load: &Load) -> Duration {
    let requests = Arc::new(load.requests.clone());
    let next = Arc::new(AtomicUsize::new(0));
    let before = THREADS.map(cpu_of);
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let start = Instant::now();
            let tasks: Vec<_> = (0..CONNECTIONS)
                .map(|_| {
                    let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
                    tokio::spawn(async move {
                        let stream = TcpStream::connect(address).await.unwrap();
                        stream.set_nodelay(true).unwrap();
                        let (mut sender, connection) =
                            hyper::client::conn::http1::handshake(TokioIo::new(stream))
                                .await
                                .unwrap();
                        tokio::spawn(connection);
                        loop {
                            let at = next.fetch_add(1, Ordering::Relaxed);
                            let Some(body) = requests.get(at) else { break };
                            let request = hyper::Request::post(path)
                                .header("host", "localhost")
                                .header("content-type", "text/plain")
                                .body(Full::new(body.clone()))
                                .unwrap();
                            let answer = sender.send_request(request).await.unwrap();
                            assert_eq!(answer.status(), 200);
                            answer.into_body().collect().await.unwrap();
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            let time = start.elapsed();
            for (thread, before) in THREADS.into_iter().zip(before) {
                CPU.lock().unwrap().insert(thread, cpu_of(thread) - before);
            }
            time
        })
    };
    std::thread::Builder::new().name("load".to_owned()).spawn(work).unwrap().join().unwrap()
}

/// Time on a processor is what a busy machine leaves as it is: by threads, of the last drive, in nanoseconds.
static CPU: Mutex<BTreeMap<&str, f64>> = Mutex::new(BTreeMap::new());
const THREADS: [&str; 3] = ["store-writer", "tokio-rt-worker", "load"];

/// What the threads of this name have used; 0 where the system does not tell.
fn cpu_of(name: &str) -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks
        .map(|task| task.path())
        .filter(|task| std::fs::read_to_string(task.join("comm")).is_ok_and(|c| c.trim() == name))
        .filter_map(|task| std::fs::read_to_string(task.join("schedstat")).ok())
        .filter_map(|stat| stat.split(' ').next()?.parse::<f64>().ok())
        .sum()
}

/// The rows that the portal wrote, once more into an empty database of the same shape, in groups, and nothing else.
fn insert(from: &Path, folder: &PathBuf) -> (usize, Duration) {
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
    (count, start.elapsed())
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
