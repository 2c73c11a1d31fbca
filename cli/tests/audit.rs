//! `countersign audit`: a portal's log as somebody checks it who has the file, checkpoints that were kept, and the root's public key.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::path::PathBuf;
use std::process::{Command, Output};

use countersign_portal::audit::{self, Export};
use countersign_portal::{App, Config};
use serde_json::Value;
use tokio::runtime::Runtime;

/// A portal's log with two checkpoints, `1.checkpoint` and `2.checkpoint`, and the portal's root.
struct Lab {
    folder: tempfile::TempDir,
    /// How many entries the first checkpoint is of.
    first: u64,
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let config = Config { vendor: "Acme".into(), ..Config::new(path("data")) };
        let first = Runtime::new().unwrap().block_on(async {
            let app = App::open(config).await.unwrap();
            let first = keep(&app, &path("1.checkpoint")).await;
            for n in 0..5 {
                let (id, name) = (countersign_client::core::Id::from([n; 16]), format!("lab {n}"));
                app.store().create_organization(id, &name, "test", 1_790_000_000).await.unwrap();
            }
            keep(&app, &path("2.checkpoint")).await;
            let (mut export, mut log) = (Export::begin(&app, None).await.unwrap(), String::new());
            while let Some(piece) = export.next().await.unwrap() {
                log.push_str(&piece);
            }
            std::fs::write(path("audit.jsonl"), log).unwrap();
            app.store().close();
            first
        });
        std::fs::copy(path("data/keys/root.pub"), path("root.pub")).unwrap();
        Self { folder, first }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(words).current_dir(self.folder.path()).env_remove("COUNTERSIGN_ROOT");
        command.output().unwrap()
    }

    fn verify(&self, words: &[&str]) -> (Option<i32>, Value) {
        let base = ["audit", "verify", "audit.jsonl", "--json"];
        let run = self.run(&[&base[..], words].concat());
        (run.status.code(), serde_json::from_slice(&run.stdout).unwrap())
    }

    fn with_both(&self) -> (Option<i32>, Value) {
        self.verify(&["--root", "root.pub", "--checkpoint", "1.checkpoint", "2.checkpoint"])
    }

    fn change(&self, change: impl FnOnce(&mut Vec<String>)) {
        let text = std::fs::read_to_string(self.path("audit.jsonl")).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        change(&mut lines);
        std::fs::write(self.path("audit.jsonl"), lines.join("\n") + "\n").unwrap();
    }
}

async fn keep(app: &App, path: &std::path::Path) -> u64 {
    let made = audit::make_checkpoint(app).await.unwrap();
    let log = audit::log(app).await.unwrap().id;
    std::fs::write(path, audit::carrier(app.vendor(), log, &made)).unwrap();
    made.n
}

fn words(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(all).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_whole_log_is_proven_up_to_its_last_checkpoint_with_what_proves_it() {
    let lab = Lab::new();
    let (code, said) = lab.with_both();
    assert_eq!((code, &said["verdict"]), (Some(0), &"ok".into()), "{said}");
    assert_eq!(said["proven"], lab.first + 5);
    assert_eq!((&said["proven_by"], &said["count"]), (&"2.checkpoint".into(), &said["proven"]));
    let (_, said) = lab.verify(&["--root", "root.pub", "--checkpoint", "1.checkpoint"]);
    assert_eq!(said["proven"], lab.first);
    let text = lab.run(&["audit", "verify", "audit.jsonl"]);
    assert!(text.status.success() && words(&text).contains("nothing of it"), "{text:?}");
    // Without the root nobody's checkpoint counts.
    let run = lab.run(&["audit", "verify", "audit.jsonl", "--checkpoint", "1.checkpoint"]);
    assert_eq!(run.status.code(), Some(2));
    assert_eq!(lab.run(&["audit", "verify", "missing.jsonl"]).status.code(), Some(2));
}

#[test]
fn a_changed_line_is_named_and_a_checkpoint_before_it_still_proves_what_it_did() {
    let lab = Lab::new();
    let at = usize::try_from(lab.first).unwrap() + 2;
    lab.change(|lines| lines[at] = lines[at].replace("\"test\"", "\"ada\""));
    let (code, said) = lab.with_both();
    assert_eq!((code, &said["findings"][0]["line"]), (Some(1), &(at + 1).into()), "{said}");
    assert_eq!(said["proven"], lab.first);
    let text = lab.run(&["audit", "verify", "audit.jsonl"]);
    assert!(words(&text).contains(&format!("changed line {}: entry {at}", at + 1)), "{text:?}");
    let head = lab.run(&["audit", "head", "audit.jsonl"]);
    assert!(head.status.code() == Some(1) && words(&head).contains("is not whole"), "{head:?}");
}

#[test]
fn a_log_that_was_cut_behind_a_checkpoint_is_found() {
    let lab = Lab::new();
    lab.change(|lines| lines.truncate(lines.len() - 2));
    let (code, said) = lab.with_both();
    assert_eq!((code, &said["findings"][0]["code"]), (Some(1), &"cut-off".into()), "{said}");
    assert_eq!(said["proven"], lab.first);
}

#[test]
fn a_head_that_was_written_down_proves_as_a_checkpoint_does() {
    let lab = Lab::new();
    let head = lab.run(&["audit", "head", "audit.jsonl", "--json"]);
    let head: Value = serde_json::from_slice(&head.stdout).unwrap();
    let (count, hash) = (head["count"].to_string(), head["head"].as_str().unwrap());
    let (code, said) = lab.verify(&["--count", &count, "--head", hash]);
    assert_eq!((code, &said["proven"]), (Some(0), &head["count"]), "{said}");
    lab.change(|lines| drop(lines.pop()));
    assert_eq!(lab.verify(&["--count", &count, "--head", hash]).0, Some(1));
}

#[test]
fn attack_checkpoints_that_are_not_the_portals_prove_nothing() {
    let (lab, other) = (Lab::new(), Lab::new());
    std::fs::copy(other.path("2.checkpoint"), lab.path("2.checkpoint")).unwrap();
    let (code, said) = lab.with_both();
    assert_eq!((code, &said["refused"][0]["code"]), (Some(1), &"untrusted-key".into()), "{said}");
    assert_eq!(said["proven"], lab.first, "the other one still counts");
    // With both roots it is a checkpoint, of another log.
    std::fs::copy(other.path("root.pub"), lab.path("other.pub")).unwrap();
    let both = ["--root", "root.pub", "--root", "other.pub", "--checkpoint", "2.checkpoint"];
    let (code, said) = lab.verify(&both);
    assert_eq!((code, &said["findings"][0]["code"]), (Some(1), &"other-log".into()), "{said}");
    assert_eq!(said["proven"], Value::Null);
}

#[test]
fn a_checkpoint_is_inspected_verified_and_explained_for_what_it_is() {
    let lab = Lab::new();
    let root = ["--root", "root.pub", "1.checkpoint"];
    let run = |command: &str| lab.run(&[&[command], &root[..]].concat());
    let inspected = run("inspect");
    assert!(words(&inspected).contains("countersign audit verify"), "{inspected:?}");
    let verified = run("verify");
    assert!(words(&verified).contains("this is an audit log checkpoint, and it verifies"));
    let explained = lab.run(&["explain", "1.checkpoint", "--root", "root.pub"]);
    assert!(words(&explained).contains("It is for no machine"), "{explained:?}");
    let unknown = lab.run(&["inspect", "1.checkpoint"]);
    assert!(words(&unknown).contains("an audit log checkpoint"), "{unknown:?}");
}
