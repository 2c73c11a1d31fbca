//! A portal's data, who talks to it, and what must hold whenever it has ended.

use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output};
use std::time::{Duration, Instant};

use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_crash::Point;
use countersign_portal::{App, Config};
use countersign_store::{Database, NewLicense, Product, TrialPolicy, Validity};
use countersign_testing::{Engine, TestDatabase};
use serde_json::Value;

use crate::Dice;
use crate::client::Client;
use crate::played::{NOW, rng};
use crate::process::Portal;

pub(crate) const PRODUCT: &str = "acme-cad";
const CLIENTS: u64 = 6;
/// Seats of each license: fewer than machines that ask.
const SEATS: [u64; 3] = [3, 50, 100_000];
/// Earlier answers of each client that are asked for again each time, beside the latest round's.
const OLDER: usize = 10;
/// How long something may take that happens by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

const OVERSOLD: &str = "SELECT l.id FROM license l WHERE l.allowed_activations < (SELECT COUNT(*) FROM activation a \
    WHERE a.license_id = l.id AND a.state IN ('active', 'returned'))";

pub(crate) struct Site {
    database: TestDatabase,
    engine: Engine,
    pub(crate) data: PathBuf,
    licenses: Vec<LicenseKey>,
    clients: Vec<Client>,
    /// How many answers each client had when the latest round began.
    before: Vec<usize>,
    pub(crate) dice: Dice,
    /// SQLite's log of another length than usual.
    pub(crate) log_pages: Option<u32>,
    ends: u64,
    ends_while_starting: u64,
    looked_up: usize,
}

/// How a portal came up.
pub(crate) type Started = Result<Portal, ExitStatus>;

impl Site {
    /// With keys, a product and licenses.
    pub(crate) async fn new(engine: Engine, mut dice: Dice) -> Self {
        let mut site = Self::empty(engine, dice.part());
        let config = Config { database: site.address(), ..Config::new(site.data.clone()) };
        let app = App::open(config).await.unwrap();
        let product = Product {
            id: PRODUCT.parse().unwrap(),
            name: "Acme CAD".into(),
            trial: TrialPolicy { strategy: Strategy::Fuzzy, ..TrialPolicy::none() },
            reinstall_allowance: 3,
            archived: false,
            created_at: NOW,
        };
        app.store().save_product(product, "test", NOW).await.unwrap();
        for seats in SEATS {
            let key = LicenseKey::generate(&mut rng());
            let new = license(&key, seats);
            app.store().create_license(new, "test", NOW).await.unwrap();
            site.licenses.push(key);
        }
        app.store().close();
        site
    }

    /// Without anything yet.
    pub(crate) fn empty(engine: Engine, mut dice: Dice) -> Self {
        let database = TestDatabase::new(engine);
        let clients = (0..CLIENTS).map(|number| Client::new(number, dice.part())).collect();
        Self {
            data: database.folder().join("data"),
            database,
            engine,
            licenses: Vec::new(),
            clients,
            before: vec![0; CLIENTS as usize],
            dice,
            log_pages: None,
            ends: 0,
            ends_while_starting: 0,
            looked_up: 0,
        }
    }

    fn address(&self) -> Database {
        match self.engine {
            Engine::Sqlite => Database::Sqlite(self.data.join("countersign.db")),
            Engine::Postgres => self.database.database().clone(),
        }
    }

    fn prepare(&self, command: &mut Command, at: Option<(Point, u64)>) {
        command.env_remove("RUST_LOG");
        if let Database::Postgres(address) = self.address() {
            command.env("COUNTERSIGN_DATABASE", address);
        }
        if let Some(pages) = self.log_pages {
            command.env("COUNTERSIGN_LOG_PAGES", pages.to_string());
        }
        if let Some((point, passage)) = at {
            command.env("COUNTERSIGN_CRASH_AT", format!("{point:?}#{passage}"));
        }
    }

    /// Starts the portal, which ends at that passage of that point.
    pub(crate) fn portal(&self, at: Option<(Point, u64)>) -> Started {
        self.portal_with(at, &[])
    }

    pub(crate) fn portal_with(&self, at: Option<(Point, u64)>, options: &[&str]) -> Started {
        Portal::try_start_with(&self.data, |command| {
            command.args(["--rate-limit", "0"]).args(options);
            self.prepare(command, at);
        })
    }

    /// Runs a command of the portal beside it.
    pub(crate) fn run(&self, arguments: &[&str], at: Option<(Point, u64)>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
        command.args(arguments).arg("--data").arg(&self.data);
        self.prepare(&mut command, at);
        command.output().unwrap()
    }

    /// A command that succeeds, and what it prints as JSON.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat(), None);
        assert!(ran.status.success(), "{arguments:?}: {ran:?}");
        serde_json::from_slice(&ran.stdout).unwrap()
    }

    /// All clients ask for one thing after the other, until the portal has ended by itself; how.
    pub(crate) async fn play_until_it_ends(&mut self, mut portal: Portal) -> ExitStatus {
        self.begin_round();
        let url = portal.url().to_owned();
        let played = tokio::time::timeout(PATIENCE, self.play(&url)).await;
        assert!(played.is_ok(), "the portal never came to that point");
        self.ends += 1;
        portal.end_of_its_own()
    }

    /// The same, until it is killed.
    pub(crate) async fn play_until_killed(&mut self, portal: Portal, after: Duration) {
        self.begin_round();
        let url = portal.url().to_owned();
        let kill = async {
            tokio::time::sleep(after).await;
            portal.kill();
        };
        tokio::join!(self.play(&url), kill);
        self.ends += 1;
    }

    /// Nobody asks for anything while it ends.
    pub(crate) fn note_end_while_starting(&mut self) {
        self.ends_while_starting += 1;
    }

    pub(crate) fn kill_while_starting(&mut self) {
        // A start takes some tens of milliseconds, more where others use the machine.
        let after = Duration::from_millis(self.dice.below(120));
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&self.data);
        self.prepare(&mut command, None);
        let mut child = command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
        self.note_end_while_starting();
    }

    fn begin_round(&mut self) {
        self.before = self.clients.iter().map(|client| client.answered.len()).collect();
    }

    async fn play(&mut self, url: &str) {
        let licenses = &self.licenses;
        let playing = self.clients.iter_mut().map(|client| client.play(url, licenses));
        futures_util::future::join_all(playing).await;
    }

    /// What is open gets its answer; what was answered in the latest round, and some of what was answered before, is the answer.
    pub(crate) async fn verify(&mut self, portal: &Portal) {
        let rounds = self.before.clone();
        self.verify_from(portal, |client| rounds[client].saturating_sub(OLDER)).await;
    }

    /// All that was ever answered.
    pub(crate) async fn verify_everything(&mut self, portal: &Portal) {
        self.verify_from(portal, |_| 0).await;
    }

    async fn verify_from(&mut self, portal: &Portal, first: impl Fn(usize) -> usize) {
        let url = portal.url();
        let each = self.clients.iter_mut().enumerate().map(|(number, client)| {
            let first = first(number);
            async move {
                client.settle(url).await;
                client.repeat(url, first).await
            }
        });
        self.looked_up += futures_util::future::join_all(each).await.iter().sum::<usize>();
    }

    /// The command that operators have finds nothing: seats, answers, the audit log, release files; and nothing is oversold.
    pub(crate) fn check(&self) {
        let checked = self.run(&["check"], None);
        assert!(checked.status.success(), "{checked:?}");
        let database = self.address();
        let oversold = countersign_testing::Raw::open(&database).column(OVERSOLD);
        assert!(oversold.is_empty(), "oversold: {oversold:?}");
    }

    pub(crate) fn report(&self, began: Instant) {
        let answers: usize = self.clients.iter().map(|client| client.answered.len()).sum();
        let refused: u64 = self.clients.iter().map(|client| client.refused).sum();
        println!(
            "{} ends under load, {} more while it started",
            self.ends, self.ends_while_starting
        );
        println!(
            "{answers} answers, asked for {} times after an end: none lost, none changed",
            self.looked_up
        );
        println!("{refused} refusals; {:.0?}", began.elapsed());
        assert!(answers as u64 >= self.ends, "there was no load to speak of");
    }
}

fn license(key: &LicenseKey, seats: u64) -> NewLicense {
    NewLicense {
        key: key.clone(),
        product: PRODUCT.parse().unwrap(),
        plan: None,
        holder: None,
        owner: None,
        organization: None,
        allowed_activations: Some(seats),
        allowed_deactivations: None,
        validity: Validity::Perpetual,
        response_validity: 86_400,
        strategy: Strategy::Fuzzy,
        entitlements: Default::default(),
        metadata: Default::default(),
    }
}
