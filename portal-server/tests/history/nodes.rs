//! The nodes: where they are, and how one is killed and started again.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::{Mutex, RwLock};
use std::time::{Duration, Instant};

use countersign_core::fingerprint::Strategy;
use countersign_core::{Hash, Id};
use countersign_portal::{App, Config};
use countersign_store::{
    NewApiToken, NewJob, Options, Product, Role, Store, TokenCreated, TokenScope, TrialPolicy,
    User, UserStatus,
};

use crate::played::{NOW, rng};
use crate::process::Portal;

/// How long a node may take until it answers.
const STARTS_WITHIN: Duration = Duration::from_secs(120);

pub(crate) struct Nodes {
    urls: Vec<RwLock<String>>,
    control: Control,
    pub(crate) token: String,
    pub(crate) product: String,
    pub(crate) http: reqwest::Client,
}

/// How nodes are killed and started.
enum Control {
    /// A process of our own, on its own data.
    Own { folder: tempfile::TempDir, portal: Mutex<Option<Portal>> },
    /// By the commands of whoever runs them, if there are any.
    Others { kill: Option<String>, start: Option<String> },
}

impl Nodes {
    /// Those that are named, or one of our own over SQLite.
    pub(crate) async fn found() -> Self {
        let named = |name: &str| std::env::var(name).ok();
        let Some(urls) = named("COUNTERSIGN_NODES") else { return Self::own().await };
        Self {
            urls: urls.split(',').map(|url| RwLock::new(url.trim().to_owned())).collect(),
            control: Control::Others {
                kill: named("COUNTERSIGN_NODE_KILL"),
                start: named("COUNTERSIGN_NODE_START"),
            },
            token: named("COUNTERSIGN_TOKEN").expect("COUNTERSIGN_TOKEN names a token"),
            product: named("COUNTERSIGN_PRODUCT").expect("COUNTERSIGN_PRODUCT names a product"),
            http: reqwest::Client::new(),
        }
    }

    async fn own() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let app = App::open(Config::new(data.clone())).await.unwrap();
        let token = populate(app.store(), app.now()).await;
        app.store().close();
        let portal = start(&data);
        Self {
            urls: vec![RwLock::new(portal.url().to_owned())],
            control: Control::Own { folder, portal: Mutex::new(Some(portal)) },
            token,
            product: PRODUCT.into(),
            http: reqwest::Client::new(),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.urls.len()
    }

    pub(crate) fn url(&self, node: usize) -> String {
        self.urls[node].read().unwrap().clone()
    }

    /// Kills a node and starts it again; whether it can.
    pub(crate) async fn kill(&self, node: usize) -> bool {
        let is_killed = tokio::task::block_in_place(|| self.kill_now(node));
        if is_killed {
            self.wait_until_it_answers(node).await;
        }
        is_killed
    }

    fn kill_now(&self, node: usize) -> bool {
        match &self.control {
            Control::Own { folder, portal } => {
                let mut portal = portal.lock().unwrap();
                portal.take().unwrap().kill();
                let started = start(&folder.path().join("data"));
                started.url().clone_into(&mut self.urls[node].write().unwrap());
                *portal = Some(started);
                true
            }
            Control::Others { kill: Some(kill), start: Some(start) } => {
                for command in [kill, start] {
                    let shell = Command::new("sh")
                        .args(["-c", command])
                        .env("NODE", node.to_string())
                        .status();
                    assert!(shell.unwrap().success(), "{command}");
                }
                true
            }
            Control::Others { .. } => false,
        }
    }

    async fn wait_until_it_answers(&self, node: usize) {
        let until = Instant::now() + STARTS_WITHIN;
        loop {
            let ready = self.http.get(format!("{}/readyz", self.url(node))).send().await;
            if ready.is_ok_and(|ready| ready.status().is_success()) {
                return;
            }
            assert!(Instant::now() < until, "node {node} did not start again");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The database of our own node is whole.
    pub(crate) async fn check(&self) {
        if let Control::Own { folder, portal } = &self.control {
            let path = folder.path().join("data/countersign.db");
            let store = Store::open(&path, Options::default(), NOW).unwrap();
            let damaged = store.integrity_check().await.unwrap();
            assert!(damaged.is_empty(), "{damaged:#?}");
            // Such an answer would say that nothing is known, which explains everything.
            let log = portal.lock().unwrap().as_ref().unwrap().log();
            let fault =
                |line: &&str| line.contains("ConstraintViolation") || line.contains("panicked");
            let faults: Vec<&str> = log.lines().filter(fault).take(5).collect();
            assert!(faults.is_empty(), "{faults:#?}");
        }
    }
}

const PRODUCT: &str = "acme-cad";

fn start(data: &std::path::Path) -> Portal {
    Portal::start_with(data, |command| {
        command.args(["--rate-limit", "0", "--token-rate-limit", "0"]);
    })
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
