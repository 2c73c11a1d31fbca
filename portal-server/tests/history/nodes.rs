//! The portals that clients talk to, and what is done to them.

use std::process::Command;
use std::sync::RwLock;
use std::time::{Duration, Instant};

use countersign_testing::Engine;

use crate::own::Own;

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
    /// Processes of our own, on data of their own.
    Own(Own),
    /// By the commands of whoever runs them, if there are any.
    Others { kill: Option<String>, start: Option<String> },
}

impl Nodes {
    /// Those that are named, or so many of our own.
    pub(crate) async fn found(engine: Engine, count: usize) -> Self {
        let named = |name: &str| std::env::var(name).ok();
        let Some(urls) = named("COUNTERSIGN_NODES") else { return Self::own(engine, count).await };
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

    async fn own(engine: Engine, count: usize) -> Self {
        let (own, token) = Own::begin(engine, count).await;
        Self {
            urls: own.urls().into_iter().map(RwLock::new).collect(),
            control: Control::Own(own),
            token,
            product: crate::own::PRODUCT.into(),
            http: reqwest::Client::new(),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.urls.len()
    }

    pub(crate) fn url(&self, node: usize) -> String {
        self.urls[node].read().unwrap().clone()
    }

    /// What can be done to the database that they share.
    pub(crate) fn own_database(&self) -> Option<&crate::own::Shared> {
        match &self.control {
            Control::Own(own) => own.shared.as_ref(),
            Control::Others { .. } => None,
        }
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
            Control::Own(own) => {
                own.restart(node).clone_into(&mut self.urls[node].write().unwrap());
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

    /// Waits until whoever listens there is ready again, or nobody listens there any more.
    pub(crate) async fn wait_until_it_is_ready(&self, url: &str) {
        let until = Instant::now() + STARTS_WITHIN;
        while Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let ready = self.http.get(format!("{url}/readyz")).send().await;
            if ready.is_ok_and(|ready| ready.status().is_server_error()) {
                continue;
            }
            return;
        }
    }

    /// All of them answer.
    pub(crate) async fn wait_until_all_answer(&self) {
        for node in 0..self.count() {
            self.wait_until_it_answers(node).await;
        }
    }

    async fn wait_until_it_answers(&self, node: usize) {
        let until = Instant::now() + STARTS_WITHIN;
        loop {
            let ready = self.http.get(format!("{}/readyz", self.url(node))).send().await;
            let said = match ready {
                Ok(ready) if ready.status().is_success() => return,
                Ok(ready) => ready.text().await.unwrap_or_default(),
                Err(error) => error.to_string(),
            };
            assert!(Instant::now() < until, "node {node} did not come back: {said}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The database of our own nodes is whole.
    pub(crate) async fn check(&self) {
        if let Control::Own(own) = &self.control {
            own.check().await;
        }
    }
}
