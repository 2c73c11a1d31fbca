//! Where a command's output goes, and what happens when it cannot go there.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test
#![cfg(target_os = "linux")] // for /dev/full

use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Command, Output, Stdio};

struct Lab(tempfile::TempDir);

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("lab-7/etc")).unwrap();
        std::fs::write(folder.path().join("lab-7/etc/hostname"), "lab-7\n").unwrap();
        let id = "3f1c6a0de5b84f7d9a1e0b2c4d6f8a90\n";
        std::fs::write(folder.path().join("lab-7/etc/machine-id"), id).unwrap();
        let lab = Self(folder);
        assert!(
            lab.command(&["keys", "root", "--out", "root.pem"]).output().unwrap().status.success()
        );
        lab
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(words).current_dir(self.path()).env("RUST_BACKTRACE", "0");
        command.env_remove("COUNTERSIGN_PASSPHRASE");
        command
    }

    fn on_machine(&self, words: &[&str]) -> Command {
        let mut command = self.command(words);
        command.args(["--product", "acme-cad", "--root", "root.pub", "--state", "lic"]);
        command.args(["--mirror", "copy", "--fingerprint-from", "lab-7"]);
        command
    }

    fn activate(&self) {
        for mut step in [
            self.on_machine(&["request", "activation", "--out", "a.request"]),
            self.command(&[
                "sign",
                "a.request",
                "--key",
                "root.pem",
                "--perpetual",
                "--license-key",
                "8KRT7-00000-00000-00000-0000P",
                "--out",
                "a.response",
            ]),
            self.on_machine(&["install", "a.response"]),
        ] {
            let done = step.output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
    }
}

fn full() -> Stdio {
    Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap())
}

fn words(output: &[u8]) -> String {
    String::from_utf8_lossy(output).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error_not_a_panic() {
    let lab = Lab::new();
    lab.activate();
    for mut command in [
        lab.on_machine(&["check"]),
        lab.on_machine(&["status", "--json"]),
        lab.command(&["verify", "--root", "root.pub", "a.response"]),
        lab.on_machine(&["request", "trial", "--out", "-"]),
    ] {
        let done = command.stdout(full()).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(done.status.code(), Some(2), "{command:?}");
        let said = words(&done.stderr);
        assert!(said.contains("could not be written") && said.contains("No space left"), "{said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    // Not even the error can be said: the exit code says it.
    let mut command = lab.on_machine(&["check", "--nonsense"]);
    assert_eq!(command.stdout(full()).stderr(full()).status().unwrap().code(), Some(2));
    let mut command = lab.command(&["inspect", "missing"]);
    assert_eq!(command.stdout(full()).stderr(full()).status().unwrap().code(), Some(2));
}

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    let lab = Lab::new();
    lab.activate();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = lab.on_machine(&["status"]);
    let done: Output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((done.status.code(), words(&done.stderr).as_str()), (Some(0), ""));
    // But a file that nobody took is one: it carries something.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = lab.on_machine(&["request", "trial", "--out", "-"]);
    let done = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(done.status.code(), Some(2), "{}", words(&done.stderr));
}

#[test]
fn a_proof_that_could_not_be_written_says_that_the_activation_is_given_up_all_the_same() {
    let lab = Lab::new();
    lab.activate();
    let mut command = lab.on_machine(&["request", "deactivation", "--out", "-"]);
    let done = command.stdout(full()).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    let said = words(&done.stderr);
    assert!(said.contains("is given up. The app does not run here any more."), "{said}");
    assert!(said.contains("run this again with another --out"), "{said}");
    let mut again = lab.on_machine(&["request", "deactivation", "--out", "back.request"]);
    assert!(again.output().unwrap().status.success());
    assert!(lab.path().join("back.request").exists());
}

#[test]
fn the_options_that_a_refused_deactivation_needs_are_named() {
    let lab = Lab::new();
    lab.activate();
    let second = [
        lab.on_machine(&["request", "activation", "--out", "b.request"]),
        lab.command(&[
            "sign",
            "b.request",
            "--key",
            "root.pem",
            "--days",
            "9",
            "--license-key",
            "8KRT7-00000-00000-00000-0000P",
            "--out",
            "b.response",
        ]),
        lab.on_machine(&["install", "b.response"]),
    ];
    for mut step in second {
        assert!(step.output().unwrap().status.success());
    }
    let refused = lab.on_machine(&["request", "deactivation"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(words(&refused.stderr).contains("--activation ID"), "{}", words(&refused.stderr));
}

#[test]
fn an_empty_passphrase_protects_nothing_and_is_refused() {
    let lab = Lab::new();
    let mut command = lab.command(&["keys", "root", "--passphrase", "--out", "closed.pem"]);
    let refused = command.env("COUNTERSIGN_PASSPHRASE", "").output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(!lab.path().join("closed.pem").exists());
}

#[test]
fn attack_a_machine_name_that_turns_the_text_round_is_shown_as_it_is() {
    let lab = Lab::new();
    std::fs::write(lab.path().join("lab-7/etc/hostname"), "lab\u{202e}tseuqer.exe\n").unwrap();
    lab.on_machine(&["request", "trial", "--out", "t.request"]).output().unwrap();
    let shown = lab.command(&["inspect", "t.request"]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("lab\\u{202e}tseuqer.exe"), "{shown}");
}

#[test]
fn a_device_without_end_in_the_way_of_a_file_is_not_read_to_its_end() {
    let lab = Lab::new();
    lab.activate();
    for out in ["/dev/zero", "/dev/full"] {
        let mut command = lab.command(&["sign", "a.request", "--key", "root.pem", "--days", "3"]);
        let refused = command.args(["--out", out]).output().unwrap();
        assert!(matches!(refused.status.code(), Some(1 | 2)), "{out}");
    }
}

#[test]
fn what_a_request_brings_along_is_believed_by_its_own_signature_alone() {
    let lab = Lab::new();
    lab.activate();
    let asked = lab.on_machine(&["request", "activation", "--out", "c.request"]).output().unwrap();
    assert!(asked.status.success(), "{asked:?}");
    let other = lab.command(&["keys", "root", "--out", "other.pem"]).output().unwrap();
    assert!(other.status.success(), "{other:?}");
    let inspect = |more: &[&str]| {
        let shown = lab.command(&[&["inspect", "c.request"], more].concat()).output().unwrap();
        assert!(shown.status.success(), "the request is none the worse for it: {shown:?}");
        String::from_utf8(shown.stdout).unwrap()
    };
    let json = |more: &[&str]| -> serde_json::Value {
        serde_json::from_str(&inspect(&[more, &["--json"]].concat())).unwrap()
    };
    assert!(inspect(&[]).contains("brings along"), "{}", inspect(&[]));
    assert!(json(&[])["holds"]["verdict"].is_null() && json(&[])["holds"].get("id").is_none());
    let response = ["inspect", "a.response", "--root", "root.pub", "--json"];
    let response = lab.command(&response).output().unwrap().stdout;
    let response: serde_json::Value = serde_json::from_slice(&response).unwrap();
    let known = json(&["--root", "root.pub"]);
    assert_eq!(known["holds"]["verdict"], "ok");
    assert_eq!(known["holds"]["id"], response["id"], "the activation that it has");
    assert_eq!(known["holds"]["signed_at"], response["signed_at"]);
    assert!(inspect(&["--root", "root.pub"]).contains("brings along   activation "));
    let unknown = json(&["--root", "other.pub"]);
    assert_eq!(unknown["holds"], serde_json::json!({"verdict": "untrusted-key"}));
    assert!(inspect(&["--root", "other.pub"]).contains("counts for nothing"));
}
