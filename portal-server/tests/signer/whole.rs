//! The whole loop by both real processes: the portal without a key, the signer with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use countersign_core::trust::Roots;
use countersign_core::{Expect, pem};
use countersign_store::{Options, Product, Store};
use serde_json::Value;

use crate::child::{self, PROGRAM, Signer};
use crate::played::{Machine, NOW, rng};
use crate::process::Portal;
use crate::stand::{journal_in, journaled, product};

/// A portal that was set up with its key, which then moved to a signer.
struct Site {
    folder: tempfile::TempDir,
    roots: Roots,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        run(&["init", "--vendor", "Acme", "--data", text(&data)]);
        let roots = Roots::new([root_in(&data.join("keys"))]);
        let site = Self { folder, roots };
        let moved =
            child::run(&["init", "--from", text(&data), "--data", text(&site.signer_data())]);
        assert!(moved.status.success(), "{moved:?}");
        assert!(!data.join("keys/signing.pem").exists());
        site
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn signer_data(&self) -> PathBuf {
        self.folder.path().join("signer")
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn signer(&self) -> Signer {
        Signer::start(&self.signer_data(), &self.socket())
    }

    fn portal(&self) -> Portal {
        Portal::start_with(&self.data(), |command| {
            command.args(["--rate-limit", "0", "--signer"]).arg(self.socket());
        })
    }

    /// `countersign-portal admin …`, which asks the signer as well.
    fn admin(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["admin"];
        all.extend(arguments);
        let (data, socket) = (self.data(), self.socket());
        all.extend(["--json", "--data", text(&data), "--signer", text(&socket)]);
        serde_json::from_str(&run(&all)).unwrap()
    }

    async fn found(&self) {
        let store =
            Store::open(&self.data().join("countersign.db"), Options::default(), NOW).unwrap();
        let acme = Product {
            id: product(),
            name: "Acme CAD".into(),
            trial: countersign_store::TrialPolicy {
                days: Some(14),
                strategy: countersign_core::fingerprint::Strategy::Fuzzy,
                entitlements: Default::default(),
                ..countersign_store::TrialPolicy::none()
            },
            reinstall_allowance: 3,
            archived: false,
            created_at: NOW,
        };
        store.save_product(acme, "test", NOW).await.unwrap();
        store.close();
    }
}

fn run(arguments: &[&str]) -> String {
    let output = Command::new(PROGRAM).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn root_in(keys: &Path) -> countersign_core::PublicKey {
    pem::read_public(&fs::read_to_string(keys.join("root.pub")).unwrap()).unwrap()
}

async fn post(portal: &Portal, path: &str, request: &str) -> Option<(u16, Value)> {
    let post = reqwest::Client::new().post(format!("{}{path}", portal.url()));
    let answer = post.body(request.to_owned()).send().await.ok()?;
    Some((answer.status().as_u16(), answer.json().await.ok()?))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_activate_renew_deactivate_give_trials_and_sign_a_release() {
    let site = Site::new();
    site.found().await;
    let signer = site.signer();
    let portal = site.portal();
    let made = site.admin(&["license", "create", "--product", "acme-cad", "--activations", "1"]);
    let key = made["key"].as_str().unwrap().parse().unwrap();
    let machine = Machine::new("lab-7", &product());
    let (status, first) =
        post(&portal, "/api/v1/activations", &machine.activation(&key)).await.unwrap();
    assert_eq!(status, 200, "{first}");
    let (status, renewed) =
        post(&portal, "/api/v1/activations", &machine.activation(&key)).await.unwrap();
    assert_eq!((status, &renewed["id"]), (200, &first["id"]));
    let proof = machine.deactivation(first["id"].as_str().unwrap());
    let (status, receipt) = post(&portal, "/api/v1/deactivations", &proof).await.unwrap();
    assert_eq!(status, 200, "{receipt}");
    let (status, trial) = post(&portal, "/api/v1/trials", &machine.trial()).await.unwrap();
    assert_eq!(status, 200, "{trial}");
    for answer in [&first, &renewed, &receipt, &trial] {
        let token = answer["token"].as_str().unwrap();
        site.roots.verify_response(token, Expect::Response).unwrap();
    }
    let file = site.folder.path().join("acme-1.0.0.zip");
    fs::write(&file, "a release").unwrap();
    let made = site.admin(&["release", "create", "--product", "acme-cad", "--version", "1.0.0"]);
    let id = made["id"].as_str().unwrap().to_owned();
    site.admin(&["release", "add-file", &id, text(&file)]);
    let published = site.admin(&["release", "publish", &id]);
    assert_eq!(published["status"], "published", "{published}");
    let shown = child::run(&["show", "--socket", text(&site.socket())]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    // The portal lets a checkpoint of its audit log be signed, when it has run for some seconds.
    assert!(["5", "6"].iter().any(|n| shown.contains(&format!("journal       {n} "))), "{shown}");
    signer.terminate();
    let (tokens, verified) = journaled(&journal_in(&site.signer_data()), &site.roots);
    assert_eq!((tokens.len(), verified.findings.len()), (5, 0), "{verified:?}");
}

/// Whoever takes the portal over can have a checkpoint of a log that was made anew, but the signer's journal tells.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_second_checkpoint_of_one_entry_shows_in_the_signers_journal() {
    let site = Site::new();
    let signer = site.signer();
    let (data, socket) = (site.data(), site.socket());
    let place = ["--data", text(&data), "--signer", text(&socket)];
    let sign = || run(&[&["audit", "checkpoint"], &place[..]].concat());
    let first = sign();
    let token = countersign_core::file::read(first.as_bytes()).unwrap();
    let checkpoint = site.roots.verify_checkpoint(&token).unwrap();
    assert_eq!(sign(), first, "nothing has happened since");
    let whole = || journaled(&journal_in(&site.signer_data()), &site.roots).1.findings;
    assert_eq!(whole(), []);
    let database = rusqlite::Connection::open(data.join("countersign.db")).unwrap();
    database
        .execute_batch(
            "PRAGMA foreign_keys = OFF; UPDATE audit SET actor = 'nobody' WHERE seq = 1; \
             DELETE FROM audit_chain; DELETE FROM audit_checkpoint",
        )
        .unwrap();
    drop(database);
    let second = sign();
    let second = countersign_core::file::read(second.as_bytes()).unwrap();
    let second = site.roots.verify_checkpoint(&second).unwrap();
    assert_eq!(second.claims().n, checkpoint.claims().n);
    assert!(whole()[0].fact.contains("say different things"), "{:?}", whole());
    signer.terminate();
}

/// Customers go on while the signer is killed and started again: each gets its answer or hears that nothing was used up, and
/// every answer stands in the journal.
#[tokio::test(flavor = "multi_thread")]
async fn a_signer_killed_under_a_portal_leaves_every_customer_with_an_answer_or_nothing_used_up() {
    let site = Site::new();
    site.found().await;
    let mut signer = site.signer();
    let portal = std::sync::Arc::new(site.portal());
    let made = site.admin(&["license", "create", "--product", "acme-cad"]);
    let key: countersign_core::license_key::LicenseKey =
        made["key"].as_str().unwrap().parse().unwrap();
    let mut tokens = Vec::new();
    let mut away = 0;
    for round in 0..4 {
        let customers: Vec<_> = (0..8)
            .map(|number| {
                let (portal, key) = (std::sync::Arc::clone(&portal), key.clone());
                tokio::spawn(async move {
                    let mut answers = Vec::new();
                    for turn in 0..6 {
                        let name = format!("lab-{round}-{number}-{turn}");
                        let request = Machine::new(&name, &product()).activation(&key);
                        answers.push(post(&portal, "/api/v1/activations", &request).await.unwrap());
                    }
                    answers
                })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(
            rand_core::Rng::next_u64(&mut rng()) % 300,
        ))
        .await;
        tokio::task::spawn_blocking(|| signer.kill()).await.unwrap();
        for customer in customers {
            for (status, answer) in customer.await.unwrap() {
                match (status, answer["code"].as_str()) {
                    (200, None) => tokens.push(answer["token"].as_str().unwrap().to_owned()),
                    (503, Some("signer-away")) => away += 1,
                    _ => panic!("{status} {answer}"),
                }
            }
        }
        signer = tokio::task::block_in_place(|| site.signer());
    }
    // It recovers by itself.
    let request = Machine::new("at the end", &product()).activation(&key);
    let (status, answer) = post(&portal, "/api/v1/activations", &request).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    tokens.push(answer["token"].as_str().unwrap().to_owned());
    assert_eq!(tokens.len() + away, 4 * 8 * 6 + 1);
    signer.terminate();
    let (journaled, verified) = journaled(&journal_in(&site.signer_data()), &site.roots);
    assert!(verified.findings.is_empty(), "{verified:?}");
    let lost = tokens.iter().filter(|token| !journaled.contains(token)).count();
    assert_eq!(lost, 0, "of {} tokens", tokens.len());
}

#[test]
fn the_signers_commands_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, socket) = (folder.path().join("keys"), folder.path().join("socket"));
    let said = child::refused(&keys, &socket, &[]);
    assert!(said.contains("cannot be opened"), "{said}");
    let shown = child::run(&["show", "--socket", text(&socket)]);
    assert!(!shown.status.success());
    let said = String::from_utf8(shown.stderr).unwrap();
    assert!(said.contains("does not answer"), "{said}");
}

/// The commands for a portal's keys serve a signer's folder as well.
#[test]
fn a_delegation_is_installed_into_the_folder_of_a_signer_while_it_runs() {
    let keys = crate::killed::keys_for_today();
    let signer = Signer::start(&keys.data(), &keys.socket());
    let data = keys.data();
    let shown = run(&["keys", "show", "--json", "--data", text(&data)]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["signing_key"], keys.key.public_key().thumbprint().to_string());
    let made = run(&["keys", "new", "--json", "--data", text(&data)]);
    let made: Value = serde_json::from_str(&made).unwrap();
    let next: countersign_core::PublicKey = made["next_x"].as_str().unwrap().parse().unwrap();
    let mut delegation = crate::killed::delegation_for_today(&keys.key);
    delegation.key = next.clone();
    delegation.serial = Some(2);
    let chain = keys.folder.path().join("new.chain");
    fs::write(&chain, countersign_core::file::write(&delegation.sign(&keys.root), &[])).unwrap();
    run(&["keys", "install", text(&chain), "--data", text(&data)]);
    let wanted = next.thumbprint().to_string();
    for _ in 0..600 {
        let shown = child::run(&["show", "--socket", text(&keys.socket())]);
        if String::from_utf8(shown.stdout).unwrap().contains(&wanted) {
            return signer.terminate();
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the signer did not take it");
}

/// The units name options that there are.
#[test]
fn the_units_for_systemd_start_what_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("packaging/systemd");
    let mut found = 0;
    for unit in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(unit.unwrap().path()).unwrap();
        let command = text.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
        let arguments = command.strip_prefix("/usr/local/bin/countersign-portal ").unwrap();
        let mut all: Vec<&str> = arguments.split(' ').collect();
        all.push("--help");
        assert!(run(&all).contains("Usage:"), "{command}");
        let all: Vec<&str> = arguments.split(' ').chain(["--no-such-option", "--help"]).collect();
        assert!(!Command::new(PROGRAM).args(all).output().unwrap().status.success());
        found += 1;
    }
    assert_eq!(found, 2);
}
