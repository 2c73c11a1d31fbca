//! Two desks without a network and a portal, with real processes: what they signed is pushed, counted, and given up again.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use countersign_client::core::fingerprint::Strategy;
use countersign_client::core::license_key::LicenseKey;
use countersign_client::core::{Hash, Id, ProductId};
use countersign_portal::{App, Config, serve};
use countersign_store::{
    License, NewApiToken, NewJob, NewLicense, Product, Role, TokenCreated, TokenScope, User,
    UserStatus, Validity,
};
use serde_json::Value;
use tokio::runtime::Runtime;

const DAY: u64 = 86_400;

/// A folder with two desks and some machines, and a portal that is served.
struct World {
    folder: tempfile::TempDir,
    url: String,
    license: LicenseKey,
    app: App,
    runtime: Runtime,
}

impl World {
    fn new(seats: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let config = Config {
            vendor: "Acme".into(),
            rate_limit: None,
            ..Config::new(folder.path().join("data"))
        };
        let license = LicenseKey::generate(&mut rng());
        let (app, url) = runtime.block_on(async {
            let app = App::open(config).await.unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(serve(listener, app.clone(), std::future::pending()));
            set_up(&app, &license, seats).await;
            (app, url)
        });
        let world = Self { folder, url, license, app, runtime };
        fs::write(world.path("key.txt"), format!("{}\n", world.license.grouped())).unwrap();
        fs::copy(world.path("data/keys/root.pub"), world.path("root.pub")).unwrap();
        for desk in ["alice", "bob"] {
            world.desk(desk);
        }
        for (name, scope) in
            [("portal.token", TokenScope::PushJournal), ("other.token", TokenScope::AnswerRequests)]
        {
            let token = world.token(scope);
            world.secret(name, &token);
        }
        world
    }

    /// A token in a file that nobody else can read: another one would not be sent.
    fn secret(&self, name: &str, token: &str) {
        let mut open = fs::OpenOptions::new();
        open.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        let mut file = open.open(self.path(name)).unwrap();
        std::io::Write::write_all(&mut file, format!("{token}\n").as_bytes()).unwrap();
    }

    fn desk(&self, name: &str) {
        self.done(&["keys", "new", "--out", &format!("{name}.pem")]);
        self.done(&[
            "keys",
            "delegate",
            "--root-key",
            "data/root-key-carry-away/root.pem",
            "--to",
            &format!("{name}.pub"),
            "--holder",
            &format!("support: {name}"),
            "--types",
            "activation,deactivation",
            "--products",
            "acme-cad",
            "--max-days",
            "30",
            "--max-grants",
            "500",
            "--out",
            &format!("{name}.chain"),
        ]);
    }

    /// A token of an admin of the vendor.
    fn token(&self, scope: TokenScope) -> String {
        let (id, now) = (Id::random(&mut rng()), self.app.now());
        let token = format!("cst_{}", Hash::of(id.to_string()));
        self.runtime.block_on(async {
            let ada = self.app.store().user_by_email("ada@acme.example").await.unwrap().unwrap();
            let new = NewApiToken {
                id: Id::random(&mut rng()),
                token: Hash::of(&token),
                user: ada.id,
                name: "laptop".into(),
                scopes: BTreeSet::from([scope]),
                until: now + DAY,
                notice: NewJob { kind: "none", payload: String::new(), once: None, run_at: 1 },
            };
            let made = self.app.store().create_api_token(new, "test", now).await.unwrap();
            assert_eq!(made, TokenCreated::Done);
        });
        token
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        for name in ["PASSPHRASE", "ROOT", "PRODUCT", "PORTAL", "TOKEN"] {
            command.env_remove(format!("COUNTERSIGN_{name}"));
        }
        command.args(words).arg("--json").current_dir(self.folder.path()).output().unwrap()
    }

    fn done(&self, words: &[&str]) -> Value {
        let done = self.run(words);
        let (out, err) =
            (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{words:?}: {out}{err}");
        serde_json::from_str(out.lines().next().unwrap_or_default()).unwrap_or(Value::Null)
    }

    /// The code of a refusal.
    fn refused(&self, words: &[&str]) -> String {
        let done = self.run(words);
        assert_eq!(done.status.code(), Some(1), "{words:?}: {done:?}");
        let json: Value = serde_json::from_slice(&done.stdout).unwrap();
        json["error"].as_str().unwrap().to_owned()
    }

    /// A command on a machine with the app on it.
    fn on(&self, machine: &str, words: &[&str]) -> Value {
        let etc = self.path(machine).join("etc");
        if !etc.exists() {
            fs::create_dir_all(&etc).unwrap();
            fs::write(etc.join("hostname"), machine).unwrap();
            let id: String = machine.bytes().cycle().take(16).map(|b| format!("{b:02x}")).collect();
            fs::write(etc.join("machine-id"), id).unwrap();
        }
        let (state, mirror) = (format!("{machine}/lic"), format!("{machine}/copy"));
        let more = ["--product", "acme-cad", "--root", "root.pub", "--fingerprint-from", machine];
        let places = ["--state", state.as_str(), "--mirror", mirror.as_str()];
        self.done(&[words, &more, &places].concat())
    }

    /// A machine asks a desk and installs its answer.
    fn activate(&self, machine: &str, desk: &str) {
        let request = format!("{machine}.request");
        let key = self.license.grouped();
        self.on(machine, &["request", "activation", "--license-key", &key, "--out", &request]);
        let response = self.sign(&request, desk);
        self.on(machine, &["install", &response]);
    }

    fn sign(&self, request: &str, desk: &str) -> String {
        let response = format!("{request}-{desk}.response");
        let (key, chain) = (format!("{desk}.pem"), format!("{desk}.chain"));
        let words = ["sign", request, "--key", &key, "--chain", &chain, "--root", "root.pub"];
        let more = ["--days", "9", "--license-keys", "key.txt", "--yes", "--out", &response];
        self.done(&[&words[..], &more].concat());
        response
    }

    fn pushing<'a>(&'a self, journals: &[&'a str]) -> Vec<&'a str> {
        let words = ["journal", "push", "--portal", &self.url, "--token-file", "portal.token"];
        [&words[..], journals].concat()
    }

    fn license(&self) -> License {
        let id = self.license.id();
        self.runtime.block_on(self.app.store().license(&id)).unwrap().unwrap()
    }

    /// What the portal answers to a file; its own file.
    fn post(&self, path: &str, file: &str, out: &str) -> u16 {
        let body = fs::read(self.path(file)).unwrap();
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent: ureq::Agent = config.build().into();
        let post = agent.post(format!("{}{path}", self.url)).header("accept", "text/plain");
        let mut answer = post.header("content-type", "text/plain").send(&body).unwrap();
        fs::write(self.path(out), answer.body_mut().read_to_vec().unwrap()).unwrap();
        answer.status().as_u16()
    }
}

async fn set_up(app: &App, license: &LicenseKey, seats: u64) {
    let (now, product): (_, ProductId) = (app.now(), "acme-cad".parse().unwrap());
    let acme = Product {
        id: product.clone(),
        name: "Acme CAD".into(),
        trial: countersign_store::TrialPolicy {
            days: None,
            strategy: Strategy::Fuzzy,
            entitlements: BTreeMap::new(),
            ..countersign_store::TrialPolicy::none()
        },
        reinstall_allowance: 3,
        archived: false,
        created_at: now,
    };
    app.store().save_product(acme, "test", now).await.unwrap();
    let new = NewLicense {
        key: license.clone(),
        product,
        plan: None,
        holder: None,
        owner: None,
        organization: None,
        allowed_activations: Some(seats),
        allowed_deactivations: None,
        validity: Validity::Perpetual,
        response_validity: DAY,
        strategy: Strategy::Fuzzy,
        entitlements: BTreeMap::new(),
        metadata: BTreeMap::new(),
    };
    app.store().create_license(new, "test", now).await.unwrap();
    let ada = User::invited(Id::random(&mut rng()), "ada@acme.example", Role::Admin, now);
    let ada = User { status: UserStatus::Active, ..ada };
    app.store().create_user(ada, "test", now).await.unwrap();
}

fn rng() -> impl getrandom::rand_core::CryptoRng {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

#[test]
fn two_desks_push_what_they_signed_and_a_machine_of_theirs_gives_its_seat_back_at_the_portal() {
    let world = World::new(1);
    world.activate("lab-7", "alice");
    world.activate("lab-8", "bob");
    // The same request at the other desk: one machine, one seat.
    world.sign("lab-7.request", "bob");
    let dry = [&world.pushing(&["alice.journal", "bob.journal"])[..], &["--dry-run"]].concat();
    assert_eq!(world.done(&dry)["journals"][1]["from"], 1);
    assert_eq!(world.license().seats_in_use(), 0, "nothing was pushed");

    let pushed = world.done(&world.pushing(&["alice.journal", "bob.journal"]));
    let journals = pushed["journals"].as_array().unwrap();
    assert_eq!((&journals[0]["new"], &journals[1]["new"]), (&1.into(), &2.into()), "{pushed}");
    assert_eq!(journals[1]["duplicates"], 1, "{pushed}");
    assert_eq!(journals[1]["over"][0]["over_activations"], 1, "{pushed}");
    let license = world.license();
    assert_eq!((license.live_activations, license.over_activations), (1, 1));

    let again = world.done(&world.pushing(&["alice.journal", "bob.journal"]));
    assert_eq!(
        (&again["journals"][0]["sent"], &again["journals"][1]["sent"]),
        (&0.into(), &0.into())
    );

    // The machine gives up at the portal what alice had given.
    world.on("lab-7", &["request", "deactivation", "--out", "proof.request"]);
    assert_eq!(world.post("/api/v1/deactivations", "proof.request", "receipt.response"), 200);
    world.on("lab-7", &["install", "receipt.response"]);
    let license = world.license();
    assert_eq!((license.live_activations, license.over_activations), (1, 0));
    assert_eq!(license.total_deactivations, 1);
    // The other one gives up at a desk that has no network, and the seat comes back with the next push.
    world.on("lab-8", &["request", "deactivation", "--out", "proof-8.request"]);
    let receipt = world.sign("proof-8.request", "alice");
    world.on("lab-8", &["install", &receipt]);
    let pushed = world.done(&world.pushing(&["alice.journal"]));
    assert_eq!(pushed["journals"][0]["verdicts"]["receipt"], 1, "{pushed}");
    assert_eq!(world.license().seats_in_use(), 0);
    let found = world.runtime.block_on(world.app.store().integrity_check()).unwrap();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn attack_who_has_no_token_another_scope_or_a_journal_that_was_tampered_with_pushes_nothing() {
    let world = World::new(5);
    world.activate("lab-7", "alice");
    let push = ["journal", "push", "alice.journal", "--portal", &world.url];
    assert_eq!(world.refused(&push), "token-needed");
    world.secret("wrong.token", &format!("cst_{}", "nobodys".repeat(7).split_at(43).0));
    let with = |token: &'static str| [&push[..], &["--token-file", token]].concat();
    assert_eq!(world.refused(&with("wrong.token")), "token-unknown");
    assert_eq!(world.refused(&with("other.token")), "insufficient-scope");
    let text = fs::read_to_string(world.path("alice.journal")).unwrap();
    fs::write(world.path("alice.journal"), text.replacen("\"n\":1", "\"n\":2", 1)).unwrap();
    assert_eq!(world.refused(&with("portal.token")), "journal-broken");
    fs::write(world.path("alice.journal"), &text).unwrap();
    let nowhere = ["journal", "push", "alice.journal", "--portal", "http://127.0.0.1:1"];
    let nowhere = [&nowhere[..], &["--token-file", "portal.token"]].concat();
    assert_eq!(world.refused(&nowhere), "portal-unreachable");
    assert_eq!(world.license().seats_in_use(), 0);
}

#[test]
fn an_older_copy_and_a_rewritten_journal_are_told_apart() {
    let world = World::new(5);
    world.activate("lab-7", "alice");
    let first = fs::read(world.path("alice.journal")).unwrap();
    world.activate("lab-8", "alice");
    let whole = fs::read(world.path("alice.journal")).unwrap();
    world.done(&world.pushing(&["alice.journal"]));
    // The end was cut off: the portal knows more.
    fs::write(world.path("alice.journal"), &first).unwrap();
    let told = world.run(&world.pushing(&["alice.journal"]));
    assert_eq!(told.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["journals"][0]["standing"], "shorter");
    // And it is signed on: two entries have one number now, and one grant number was used twice.
    world.activate("lab-9", "alice");
    let told = world.run(&world.pushing(&["alice.journal"]));
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["journals"][0]["standing"], "forked", "{told}");
    assert_eq!(told["journals"][0]["new"], 1, "what is new of it counts: {told}");
    assert_eq!(told["journals"][0]["twice"][0]["number"], 2, "{told}");
    assert_eq!(world.license().seats_in_use(), 3);
    fs::write(world.path("alice.journal"), &whole).unwrap();
    assert_eq!(world.run(&world.pushing(&["alice.journal"])).status.code(), Some(1));
}
