//! Real portals, each with a runtime and a data folder of its own, over a database that they share.
#![allow(dead_code, clippy::unwrap_used)] // each program uses its part of this

use std::net::SocketAddr;

use countersign_portal::{App, Config, serve};
use countersign_store::{Database, Options};
use countersign_testing::Server;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::driven::load::{Load, set_up, stored};
use crate::driven::runtime;

/// What is to be started.
pub(crate) struct Portals {
    database: Option<Database>,
    nodes: usize,
    options: Options,
}

/// What runs.
pub(crate) struct Running {
    nodes: Vec<Node>,
    addresses: Vec<SocketAddr>,
    _folder: tempfile::TempDir,
}

struct Node {
    runtime: Runtime,
    app: App,
    serving: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

impl Portals {
    /// One, with its own file.
    pub(crate) fn embedded(options: Options) -> Self {
        Self { database: None, nodes: 1, options }
    }

    /// So many on a new database.
    pub(crate) fn on(server: &Server, nodes: usize, options: Options) -> Self {
        let database = Database::Postgres(server.create_database());
        Self { database: Some(database), nodes, options }
    }

    /// Where the database is.
    pub(crate) fn address(&self) -> &str {
        match &self.database {
            Some(Database::Postgres(address)) => address,
            _ => panic!("a file has no address"),
        }
    }

    pub(crate) fn start(self, load: &Load) -> Running {
        // On the disk that the program is built on, and not in memory.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut running = Running { nodes: Vec::new(), addresses: Vec::new(), _folder: folder };
        for node in 0..self.nodes {
            let data = running._folder.path().join(node.to_string());
            if node > 0 {
                copy(&running._folder.path().join("0"), &data);
            }
            let runtime = runtime();
            let config = Config { rate_limit: None, store: self.options, ..Config::new(data) };
            let config = match &self.database {
                Some(database) => Config { database: database.clone(), ..config },
                None => config,
            };
            let (stop, stopped) = oneshot::channel();
            let (app, address, serving) = runtime.block_on(async {
                let app = App::open(config).await.unwrap();
                if node == 0 {
                    set_up(&app, load).await;
                }
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                let served = serve(listener, app.clone(), async { drop(stopped.await) });
                (app, address, tokio::spawn(async { served.await.unwrap() }))
            });
            running.nodes.push(Node { runtime, app, serving, stop });
            running.addresses.push(address);
        }
        running
    }
}

impl Running {
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where all of them have their data.
    pub(crate) fn database(&self) -> &Database {
        &self.nodes[0].app.config().database
    }

    /// Licenses for further requests.
    pub(crate) fn set_up(&self, load: &Load) {
        let Node { runtime, app, .. } = &self.nodes[0];
        runtime.block_on(set_up(app, load));
    }

    pub(crate) fn stored(&self, load: &Load) -> usize {
        let Node { runtime, app, .. } = &self.nodes[0];
        runtime.block_on(stored(app, load))
    }

    /// Runs it beside the first node.
    pub(crate) fn block_on<T>(&self, task: impl AsyncFnOnce(App) -> T) -> T {
        let Node { runtime, app, .. } = &self.nodes[0];
        runtime.block_on(task(app.clone()))
    }

    pub(crate) fn end(self) {
        for Node { runtime, serving, stop, .. } in self.nodes {
            stop.send(()).unwrap();
            runtime.block_on(serving).unwrap();
        }
    }
}

/// The keys of the first one.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}
