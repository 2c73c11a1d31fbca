//! A server that waits for its standby with every commit, and what becomes of a write when that wait is ended from outside.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::time::{Duration, Instant};

use countersign_store::{Database, FaultKind, Options, Result, Store};
use countersign_testing::{Raw, Server};
use tokio::task::JoinHandle;

const NOW: u64 = 1_790_000_000;
/// Connections whose commit waits for the standby.
const WAITING: &str = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
const PATIENCE: Duration = Duration::from_secs(120);

struct World {
    server: Server,
    raw: Raw,
    store: Store,
}

impl World {
    /// A server whose standby is not there, and a store on it.
    fn new() -> Self {
        let server = Server::own();
        let database: Database = server.create_database().parse().unwrap();
        let store = Store::connect(&database, Options::default(), NOW).unwrap();
        let raw = Raw::open(&database);
        raw.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'").unwrap();
        raw.execute("SELECT pg_reload_conf()").unwrap();
        let until = Instant::now() + PATIENCE;
        while raw.value("SHOW synchronous_standby_names") != "standby" {
            assert!(Instant::now() < until);
        }
        Self { server, raw, store }
    }

    fn write(&self) -> JoinHandle<Result<()>> {
        let store = self.store.clone();
        tokio::spawn(async move { store.probe_writing(NOW + 1).await })
    }

    /// Waits until a commit of another connection than that one waits.
    async fn wait_for_waiting(&self, other_than: Option<&str>) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let waiting = self.raw.column(WAITING);
            if let Some(pid) = waiting.into_iter().find(|pid| Some(pid.as_str()) != other_than) {
                return pid;
            }
            assert!(Instant::now() < until, "no commit waits");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// From now on nobody is waited for, as if the standby had come back.
    fn standby_is_there(&self) {
        self.raw.execute("ALTER SYSTEM RESET synchronous_standby_names").unwrap();
        self.raw.execute("SELECT pg_reload_conf()").unwrap();
    }

    /// It was answered after the standby was there; or, if that took long, was not, and is done when it is asked again.
    async fn is_done(&self, write: JoinHandle<Result<()>>) {
        match write.await.unwrap() {
            Ok(()) => {}
            Err(error) => {
                assert_eq!(error.kind(), Some(FaultKind::Lost), "{error}");
                self.store.probe_writing(NOW + 1).await.unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_wait_for_the_standby_somebody_cancels_is_not_answered() {
    let world = World::new();
    let write = world.write();
    let pid = world.wait_for_waiting(None).await;
    // PostgreSQL tells whoever asked that it is committed then, with a warning.
    world.raw.execute(&format!("SELECT pg_cancel_backend({pid})")).unwrap();
    world.wait_for_waiting(Some(&pid)).await;
    assert!(!write.is_finished(), "it was answered, and is on one disk only");
    world.standby_is_there();
    world.is_done(write).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_shows_after_a_crash_is_not_answered_before_the_standby_has_it() {
    let world = World::new();
    let write = world.write();
    let pid = world.wait_for_waiting(None).await;
    world.server.kill();
    world.server.start_again();
    // Its log had the commit, and now it is there for everybody to see.
    assert_eq!(world.raw.value("SELECT COUNT(*) FROM setting WHERE name = 'written_at'"), "1");
    let until = Instant::now() + PATIENCE;
    while !write.is_finished() && world.raw.column(WAITING).iter().all(|waiting| *waiting == pid) {
        assert!(Instant::now() < until, "no commit waits, and nobody was answered");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Where the server took long to start, it was given up.
    if write.is_finished() {
        let error = write.await.unwrap().expect_err("it was answered, and is on one disk only");
        assert_eq!(error.kind(), Some(FaultKind::Lost), "{error}");
        world.standby_is_there();
        return world.store.probe_writing(NOW + 1).await.unwrap();
    }
    world.standby_is_there();
    world.is_done(write).await;
}
