//! `scripts/try-cluster`, as a test runs it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use countersign_store::{Database, Options, Store};

use crate::played::NOW;

/// How long anything may take here: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(300);
const MEMBERS: [&str; 3] = ["one", "two", "three"];

/// All of it. It ends with this value.
pub(crate) struct Cluster {
    script: Child,
    folder: tempfile::TempDir,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        open_to_everybody(folder.path());
        let mut start = script(folder.path());
        let mut script = start.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(script.stdout.take().unwrap());
        let cluster = Self { script, folder };
        let mut is_ready = false;
        for line in said.lines().map_while(Result::ok) {
            println!("{line}");
            is_ready = line == "ready";
            if is_ready {
                break;
            }
        }
        assert!(is_ready, "the cluster did not start");
        cluster
    }

    /// What the script is told from another terminal, and what it says.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        let done = script(self.folder.path()).args(words).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        let wrong = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{words:?}: {said} {wrong}");
        said
    }

    pub(crate) fn address(&self, name: &str) -> String {
        self.command(&["address", name])
    }

    /// Whoever leads now. There is one.
    pub(crate) fn leader(&self) -> String {
        self.command(&["leader"])
    }

    /// The tables, by way of one member alone.
    pub(crate) fn store(&self, member: &str) -> Store {
        let authority = self.folder.path().join("cluster/tls/authority.pem");
        let database: Database = format!(
            "postgres://countersign:for-trying-only@{}/countersign?sslrootcert={}",
            self.address(member),
            authority.display()
        )
        .parse()
        .unwrap();
        Store::connect(&database, Options::default(), NOW).unwrap()
    }

    pub(crate) async fn wait_for_another_leader(&self, than: &str) -> String {
        let others = MEMBERS.iter().filter(|member| **member != than);
        let others: Vec<_> = others.map(|m| (*m, self.address(&format!("{m}-rest")))).collect();
        let until = Instant::now() + PATIENCE;
        loop {
            for (member, rest) in &others {
                if is_well(&format!("http://{rest}/primary")).await {
                    return (*member).to_owned();
                }
            }
            assert!(Instant::now() < until, "nobody took over from {than}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn wait_for_replica(&self, member: &str) {
        let rest = self.address(&format!("{member}-rest"));
        let until = Instant::now() + PATIENCE;
        while !is_well(&format!("http://{rest}/replica?replication_state=streaming")).await {
            assert!(Instant::now() < until, "{member} did not become a replica");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Only who is known to have all that was answered may take over. Who has just begun to lead, or to follow, has none such,
    /// or is none, until Patroni has looked; if the leader dies in that time, its answers wait for it to come back.
    pub(crate) async fn wait_for_synchronous_standby(&self) {
        let members: Vec<_> =
            MEMBERS.iter().map(|member| self.address(&format!("{member}-rest"))).collect();
        let until = Instant::now() + PATIENCE;
        loop {
            for rest in &members {
                if is_well(&format!("http://{rest}/synchronous")).await {
                    return;
                }
            }
            assert!(Instant::now() < until, "no member became a synchronous standby");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Nobody writes any more: what the leader has, the others have soon.
    pub(crate) async fn wait_until_all_have_the_same(&self) {
        let until = Instant::now() + PATIENCE;
        loop {
            let counted: Vec<_> = MEMBERS.iter().map(|member| self.count_answers(member)).collect();
            if counted.iter().all(|count| count.is_some() && *count == counted[0]) {
                return;
            }
            assert!(Instant::now() < until, "the members have different answers: {counted:?}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    fn count_answers(&self, member: &str) -> Option<u64> {
        let address = self.address(member);
        let database = format!("postgres://countersign:for-trying-only@{address}/countersign");
        let asked = Command::new("psql")
            .args([&database, "-Atqc", "SELECT COUNT(*) FROM answer"])
            .output()
            .unwrap();
        String::from_utf8_lossy(&asked.stdout).trim().parse().ok()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for name in ["one", "two", "three", "portal-1", "portal-2", "portal-3"] {
                let log = self.folder.path().join("cluster").join(name).join("log");
                let log = std::fs::read_to_string(log).unwrap_or_default();
                let skipped = log.lines().count().saturating_sub(25);
                eprintln!("the log of {name} ends with:");
                log.lines().skip(skipped).for_each(|line| eprintln!("  {line}"));
            }
        }
        let id = self.script.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.script.wait();
    }
}

fn script(folder: &Path) -> Command {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let mut command = Command::new(root.join("scripts/try-cluster"));
    command
        .env("COUNTERSIGN_CLUSTER", folder.join("cluster"))
        .env("COUNTERSIGN_PORTAL", env!("CARGO_BIN_EXE_countersign-portal"))
        .env_remove("RUST_LOG");
    command
}

/// PostgreSQL runs under a user of its own.
fn open_to_everybody(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

async fn is_well(url: &str) -> bool {
    let asked = reqwest::Client::new().get(url).timeout(Duration::from_secs(3)).send().await;
    asked.is_ok_and(|answer| answer.status().is_success())
}
