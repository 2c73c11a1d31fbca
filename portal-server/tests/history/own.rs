//! Portals of our own: one over SQLite, or several over a PostgreSQL server that is ours as well and waits for its disk. They reach it
//! by way of somebody who cuts connections in the middle of a commit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use countersign_core::fingerprint::Strategy;
use countersign_core::{Hash, Id};
use countersign_portal::{App, Config};
use countersign_store::{
    Database, NewApiToken, NewJob, Options, Product, Role, Store, TokenCreated, TokenScope,
    TrialPolicy, User, UserStatus,
};
use countersign_testing::{Cutter, Engine, Raw, Server, Stop};

use crate::Dice;
use crate::played::{NOW, rng};
use crate::process::Portal;

pub(crate) const PRODUCT: &str = "acme-cad";
/// How often a node is started while the database is away.
const STARTS: usize = 200;

/// Licenses by what their activations say and what is allowed.
const OVERSOLD: &str = "SELECT l.id FROM license l WHERE l.allowed_activations < (SELECT COUNT(*) FROM activation a \
    WHERE a.license_id = l.id AND a.state IN ('active', 'returned'))";

pub(crate) struct Own {
    nodes: Vec<Node>,
    database: Database,
    /// None over SQLite.
    pub(crate) shared: Option<Shared>,
    _folder: tempfile::TempDir,
}

struct Node {
    data: PathBuf,
    portal: Mutex<Option<Portal>>,
}

/// A PostgreSQL server, and who stands before it.
pub(crate) struct Shared {
    server: Server,
    pub(crate) cutter: Cutter,
    name: String,
}

impl Own {
    /// Starts them; the token of an admin's program.
    pub(crate) async fn begin(engine: Engine, count: usize) -> (Self, String) {
        let folder = tempfile::tempdir().unwrap();
        let data: Vec<PathBuf> =
            (0..count).map(|node| folder.path().join(format!("data-{node}"))).collect();
        let shared = (engine == Engine::Postgres).then(Shared::start);
        assert!(shared.is_some() || count == 1, "a file has one node");
        let database = match &shared {
            Some(shared) => Database::Postgres(shared.server.address(&shared.name)),
            None => Database::Sqlite(data[0].join("countersign.db")),
        };
        let config = Config { database: database.clone(), ..Config::new(data[0].clone()) };
        let app = App::open(config).await.unwrap();
        let token = populate(app.store(), app.now()).await;
        app.store().close();
        // The signing key is in the first one's folder; with it they sign as one.
        data[1..].iter().for_each(|other| copy(&data[0], other));
        let nodes = data
            .into_iter()
            .map(|data| Node { portal: Mutex::new(Some(start(&data, shared.as_ref()))), data });
        let nodes = nodes.collect();
        (Self { nodes, database, shared, _folder: folder }, token)
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        let url = |node: &Node| node.portal.lock().unwrap().as_ref().unwrap().url().to_owned();
        self.nodes.iter().map(url).collect()
    }

    /// Kills a node and starts it again; its address.
    pub(crate) fn restart(&self, node: usize) -> String {
        let Node { data, portal } = &self.nodes[node];
        let mut portal = portal.lock().unwrap();
        portal.take().unwrap().kill();
        let started = start(data, self.shared.as_ref());
        let url = started.url().to_owned();
        *portal = Some(started);
        url
    }

    /// The database is whole, by the store, by the command that operators have, and by its rows.
    pub(crate) async fn check(&self) {
        let store = Store::connect(&self.database, Options::default(), NOW).unwrap();
        let damaged = store.integrity_check().await.unwrap();
        assert!(damaged.is_empty(), "{damaged:#?}");
        store.close();
        let oversold = Raw::open(&self.database).column(OVERSOLD);
        assert!(oversold.is_empty(), "oversold: {oversold:?}");
        let mut check = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
        check.arg("check").arg("--data").arg(&self.nodes[0].data).env_remove("RUST_LOG");
        if let Database::Postgres(address) = &self.database {
            check.env("COUNTERSIGN_DATABASE", address);
        }
        let checked = tokio::task::block_in_place(|| check.output().unwrap());
        assert!(checked.status.success(), "{checked:?}");
        // Such an answer would say that nothing is known, which explains everything.
        for node in &self.nodes {
            let log = node.portal.lock().unwrap().as_ref().unwrap().log();
            let is_fault = |line: &&str| {
                ["ConstraintViolation", "violates", "panicked", "the store is closed"]
                    .iter()
                    .any(|w| line.contains(w))
            };
            let faults: Vec<&str> = log.lines().filter(is_fault).take(5).collect();
            assert!(faults.is_empty(), "{faults:#?}");
        }
    }
}

impl Shared {
    fn start() -> Self {
        let server = Server::own();
        let address = server.create_database();
        let name = address.rsplit('/').next().unwrap().to_owned();
        Self { cutter: Cutter::before(&server), server, name }
    }

    /// Ends the server as the dice say, and starts it again.
    pub(crate) fn restart(&self, dice: &mut Dice) {
        match dice.below(3) {
            0 => self.server.stop(Stop::Fast),
            1 => self.server.stop(Stop::Immediate),
            _ => self.server.kill(),
        }
        self.server.start_again();
    }

    /// Ends some connections, wherever they are; how many.
    pub(crate) fn terminate(&self, most: u64) -> u64 {
        self.server.terminate(&self.name, most) as u64
    }
}

/// Starts a node; as a service manager does, again and again while the database is away.
fn start(data: &Path, shared: Option<&Shared>) -> Portal {
    for _ in 0..STARTS {
        let started = Portal::try_start_with(data, |command| {
            command.args(["--rate-limit", "0", "--token-rate-limit", "0"]);
            if let Some(shared) = shared {
                command.env("COUNTERSIGN_DATABASE", shared.cutter.address(&shared.name));
            }
        });
        if let Ok(portal) = started {
            return portal;
        }
        assert!(shared.is_some(), "the portal ended before it listened");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("a node does not start any more");
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

/// A product, and an admin whose program has a token.
async fn populate(store: &Store, now: u64) -> String {
    let product = Product {
        id: PRODUCT.parse().unwrap(),
        name: "Acme CAD".into(),
        trial: TrialPolicy { strategy: Strategy::Fuzzy, ..TrialPolicy::none() },
        reinstall_allowance: 2,
        archived: false,
        created_at: now,
    };
    store.save_product(product, "test", now).await.unwrap();
    let user = User {
        status: UserStatus::Active,
        password_hash: Some("none".into()),
        ..User::invited(Id::random(&mut rng()), "ada@acme.example", Role::Admin, now)
    };
    let id = user.id;
    store.create_user(user, "test", now).await.unwrap();
    let token = format!("cst_{}", Hash::of(Id::random(&mut rng()).to_string()));
    let new = NewApiToken {
        id: Id::random(&mut rng()),
        token: Hash::of(&token),
        user: id,
        name: "history".into(),
        scopes: BTreeSet::from(TokenScope::ALL),
        until: now + 80 * 86_400,
        notice: NewJob { kind: "none", payload: String::new(), once: None, run_at: 1 },
    };
    let made = store.create_api_token(new, "test", now).await.unwrap();
    assert_eq!(made, TokenCreated::Done);
    token
}
