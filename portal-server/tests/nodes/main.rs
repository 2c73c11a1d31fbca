//! Two portals on one database: whatever somebody does in two requests, the second one may reach the other node; and what both
//! do in the background is done once. With a real PostgreSQL server.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod background;
mod between;
mod everyday;
#[path = "../sign_on/hostile.rs"]
#[allow(dead_code)] // this program uses its part of it
mod hostile;
mod keys;
#[cfg(unix)]
mod outage;
mod sign_on;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../process/mod.rs"]
mod process;
#[path = "../webhooks/receiver.rs"]
#[allow(dead_code)] // this program uses its part of it
mod receiver;
#[path = "../api/stand.rs"]
#[allow(dead_code)] // this program uses its part of it
mod stand;
#[path = "../world/mod.rs"]
mod world;

use std::time::Duration;

use countersign_portal::Config;
use countersign_portal::release::Place;
use countersign_store::Database;
use countersign_testing::{Raw, shared_server};
use zeroize::Zeroizing;

use crate::world::{CookieUser, TestPortal};

/// Of all nodes. As random as one that is made, so that it needs no dear tries.
const PASSPHRASE: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

/// Two nodes, each with a folder of its own, and one database.
struct Nodes {
    a: TestPortal,
    b: TestPortal,
    database: Database,
    releases: tempfile::TempDir,
}

impl Nodes {
    async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// As `new`, both run otherwise.
    async fn with(change: impl Fn(&mut Config)) -> Self {
        let database = Database::Postgres(shared_server().create_database());
        let releases = tempfile::tempdir().unwrap();
        let node = async || {
            TestPortal::with(|config| {
                of_all(config, &database);
                config.releases = Place::Folder(releases.path().to_owned());
                change(config);
            })
            .await
        };
        Self { a: node().await, b: node().await, database, releases }
    }

    /// Time goes by, on both.
    fn advance(&self, seconds: u64) {
        self.a.clock.advance(seconds);
        self.b.clock.advance(seconds);
    }

    /// What both keep at hand is older than it may be.
    fn moments_later(&self) {
        self.advance(3);
    }

    fn raw(&self) -> Raw {
        Raw::open(&self.database)
    }
}

/// What all nodes are told.
fn of_all(config: &mut Config, database: &Database) {
    config.database = database.clone();
    config.key_passphrase.variable = Some(Zeroizing::new(PASSPHRASE.to_owned()));
    config.webhooks_may_reach = vec!["127.0.0.0/8".parse().unwrap()];
    config.sso_may_reach = vec!["127.0.0.1".parse().unwrap()];
}

/// The same browser, whose next request a load balancer sends to this node.
fn at(node: &TestPortal, browser: &CookieUser) -> CookieUser {
    let there = node.visitor();
    there.plant(browser.cookie().as_deref().unwrap_or_default());
    there
}

/// Where a browser was sent, for the provider.
struct Sent {
    url: reqwest::Url,
}

impl Sent {
    fn value(&self, name: &str) -> String {
        let mut pairs = self.url.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }
}

/// Waits until this is so.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..1200 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came to be that {what}");
}
