//! A database that goes away and comes back, and nodes that are started again one after the other while everybody goes on.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_core::license_key::LicenseKey;
use countersign_store::Database;
use countersign_testing::Raw;
use reqwest::Client;

use crate::played::Machine;
use crate::process::Portal;
use crate::{Nodes, PASSPHRASE, until};

/// Lets nobody into the database any more, and ends who is in, or lets everybody in again.
fn close(database: &Database, closed: bool) {
    let Database::Postgres(address) = database else { panic!("a server") };
    let (server, name) = address.rsplit_once('/').unwrap();
    let raw = Raw::Postgres(format!("{server}/postgres"));
    raw.execute(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {}", !closed)).unwrap();
    if closed {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname =";
        raw.rows(&format!("{end} '{name}'"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_says_that_its_database_is_away_and_goes_on_by_itself_when_it_is_back() {
    let nodes = Nodes::new().await;
    let key = nodes.a.license(5, None).await;
    let visitor = nodes.a.visitor();
    let request = Machine::new("lab-7", &nodes.a.product).activation(&key);
    let ask = async || {
        let post = visitor.request("POST", "/api/v1/activations").body(request.clone());
        visitor.send(post).await
    };
    let first = ask().await.is(200).text;
    let ready = async |node: &crate::TestPortal| node.visitor().get("/readyz").await;
    assert_eq!(
        (ready(&nodes.a).await.status, ready(&nodes.b).await.status),
        (200.try_into().unwrap(), 200.try_into().unwrap())
    );
    close(&nodes.database, true);
    for node in [&nodes.a, &nodes.b] {
        until("it says that it is not ready", async || ready(node).await.status == 503).await;
        assert_eq!(ready(node).await.json()["database"], false);
        // It lives: nobody is to start it again.
        node.visitor().get("/healthz").await.is(200);
    }
    let refused = ask().await;
    assert_eq!(refused.status, 503, "{}", refused.text);
    close(&nodes.database, false);
    for node in [&nodes.a, &nodes.b] {
        until("it is ready again", async || ready(node).await.status == 200).await;
    }
    assert_eq!(ask().await.is(200).text, first);
    let other = Machine::new("lab-8", &nodes.a.product).activation(&key);
    let there = nodes.b.visitor();
    there.send(there.request("POST", "/api/v1/activations").body(other)).await.is(200);
    assert!(nodes.b.app.store().integrity_check().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_are_noticed_by_nobody() {
    let nodes = Nodes::new().await;
    let key = nodes.a.license(500, None).await;
    let raw = nodes.raw();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for n in 0..40 {
        let node = if n % 2 == 0 { &nodes.a } else { &nodes.b };
        if n % 4 == 0 {
            raw.rows(end);
        }
        let request = Machine::new(&format!("lab-{n}"), &node.product).activation(&key);
        let visitor = node.visitor();
        visitor.send(visitor.request("POST", "/api/v1/activations").body(request)).await.is(200);
    }
    assert_eq!(nodes.b.stored(&key).await.live_activations, 40);
    assert!(nodes.a.app.store().integrity_check().await.unwrap().is_empty());
}

/// What a load balancer knows of a node.
struct Backend {
    url: Mutex<String>,
    is_ready: AtomicBool,
    /// Requests that it was sent and has not answered.
    under_way: AtomicUsize,
}

/// Asks every node whether it is ready, again and again, and sends requests to those that are.
struct Balancer {
    backends: [Backend; 2],
    next: AtomicUsize,
    http: Client,
}

impl Balancer {
    fn of(portals: [&Portal; 2]) -> Arc<Self> {
        let backends = portals.map(|portal| Backend {
            url: Mutex::new(portal.url().to_owned()),
            is_ready: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
        });
        let balancer = Arc::new(Self { backends, next: AtomicUsize::new(0), http: Client::new() });
        let watching = Arc::clone(&balancer);
        tokio::spawn(async move {
            loop {
                for backend in &watching.backends {
                    backend.look(&watching.http).await;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        balancer
    }

    /// The status of the answer; 0 when there was none.
    async fn post(&self, body: &str) -> u16 {
        for _ in 0..100 {
            let turn = self.next.fetch_add(1, Ordering::SeqCst);
            let backend = &self.backends[turn % self.backends.len()];
            backend.under_way.fetch_add(1, Ordering::SeqCst);
            let status = match backend.is_ready.load(Ordering::SeqCst) {
                true => Some(self.send(backend, body).await),
                false => None,
            };
            backend.under_way.fetch_sub(1, Ordering::SeqCst);
            if let Some(status) = status {
                return status;
            }
        }
        0
    }

    async fn send(&self, backend: &Backend, body: &str) -> u16 {
        let url = format!("{}/api/v1/activations", backend.url.lock().unwrap());
        let answer = self.http.post(url).body(body.to_owned()).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }
}

impl Backend {
    async fn look(&self, http: &Client) {
        let url = format!("{}/readyz", self.url.lock().unwrap());
        let answer = http.get(url).timeout(Duration::from_secs(5)).send().await;
        let is_ready = answer.is_ok_and(|answer| answer.status() == 200);
        self.is_ready.store(is_ready, Ordering::SeqCst);
    }

    async fn becomes(&self, ready: bool) {
        let is_so = async || self.is_ready.load(Ordering::SeqCst) == ready;
        until("the balancer has seen it", is_so).await;
    }
}

fn serve(data: &Path, database: &str) -> Portal {
    Portal::start_with(data, |command| {
        command.args(["--rate-limit", "0", "--drain-seconds", "120", "--database", database]);
        command.env("COUNTERSIGN_KEY_PASSPHRASE", PASSPHRASE);
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_are_started_again_one_after_the_other_without_a_failed_request() {
    let nodes = Nodes::new().await;
    let key = nodes.a.license(100_000, None).await;
    let Database::Postgres(database) = &nodes.database else { panic!("a server") };
    let folder = tempfile::tempdir().unwrap();
    let folders = ["one", "two"].map(|name| folder.path().join(name));
    let mut portals: Vec<Portal> =
        folders.iter().map(|data| tokio::task::block_in_place(|| serve(data, database))).collect();
    let balancer = Balancer::of([&portals[0], &portals[1]]);
    for backend in &balancer.backends {
        backend.becomes(true).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|client| {
            let (balancer, stop) = (Arc::clone(&balancer), Arc::clone(&stop));
            let (key, product): (LicenseKey, _) = (key.clone(), nodes.a.product.clone());
            tokio::spawn(async move {
                let mut statuses = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    let name = format!("lab-{client}-{}", statuses.len());
                    let request = Machine::new(&name, &product).activation(&key);
                    statuses.push(balancer.post(&request).await);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                statuses
            })
        })
        .collect();
    for (n, backend) in balancer.backends.iter().enumerate() {
        portals[n].terminate();
        backend.becomes(false).await;
        let is_idle = async || backend.under_way.load(Ordering::SeqCst) == 0;
        until("all that was sent there is answered", is_idle).await;
        // Nobody is sent there any more: the rest of the time needs not be waited for.
        portals[n].terminate();
        let ended = tokio::task::block_in_place(|| portals[n].end_of_its_own());
        assert!(ended.success(), "{ended}");
        portals[n] = tokio::task::block_in_place(|| serve(&folders[n], database));
        portals[n].url().clone_into(&mut backend.url.lock().unwrap());
        backend.becomes(true).await;
    }
    stop.store(true, Ordering::SeqCst);
    let mut statuses = Vec::new();
    for client in clients {
        statuses.extend(client.await.unwrap());
    }
    assert!(statuses.len() > 8, "{}", statuses.len());
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(nodes.b.stored(&key).await.live_activations, statuses.len() as u64);
}
