//! Keys that are lost, with real processes: a laptop is stolen, a root is replaced, a clock was ahead.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// A folder with a root, the laptop of support, and a machine.
struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.machine("lab-7");
        world.done(&["keys", "root", "--out", "root.pem"]);
        world.done(&["keys", "new", "--out", "alice.pem"]);
        world.delegate("root.pem", "alice.pub", "alice.chain", &[]);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn machine(&self, name: &str) {
        fs::create_dir_all(self.path(name).join("etc")).unwrap();
        fs::write(self.path(name).join("etc/hostname"), name).unwrap();
        let id: String = name.bytes().cycle().take(16).map(|byte| format!("{byte:02x}")).collect();
        fs::write(self.path(name).join("etc/machine-id"), id).unwrap();
    }

    fn delegate(&self, root: &str, to: &str, out: &str, more: &[&str]) {
        let words = [
            "keys",
            "delegate",
            "--root-key",
            root,
            "--to",
            to,
            "--holder",
            "support: alice",
            "--products",
            "acme-cad",
            "--types",
            "trial,time-reset",
            "--out",
            out,
        ];
        self.done(&[&words[..], more].concat());
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        for name in ["COUNTERSIGN_PASSPHRASE", "COUNTERSIGN_ROOT", "COUNTERSIGN_PRODUCT"] {
            command.env_remove(name);
        }
        command.args(words).arg("--json").current_dir(self.0.path()).output().unwrap()
    }

    fn done(&self, words: &[&str]) -> Value {
        let done = self.run(words);
        let (out, err) =
            (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{words:?}: {out}{err}");
        serde_json::from_str(&out).unwrap_or(Value::Null)
    }

    /// The code of a refusal.
    fn refused(&self, words: &[&str]) -> String {
        let done = self.run(words);
        assert_eq!(done.status.code(), Some(1), "{words:?}: {done:?}");
        let json: Value = serde_json::from_slice(&done.stdout).unwrap();
        json["error"].as_str().unwrap().to_owned()
    }

    /// A command on a machine, whose app was built with this root.
    fn on<'a>(&self, machine: &'a str, root: &'a str, words: &[&'a str]) -> Vec<&'a str> {
        let places: &[&str] = match machine {
            "lab-7" => &["--state", "lic-7", "--mirror", "copy-7"],
            _ => &["--state", "lic-8", "--mirror", "copy-8"],
        };
        let more = ["--product", "acme-cad", "--root", root, "--fingerprint-from", machine];
        [words, &more, places].concat()
    }

    /// A trial that `key` signs for a machine of that app; the code of its refusal, or "ok".
    fn trial(&self, machine: &str, app: &str, key: &str, chain: &str, root: &str) -> String {
        let _ = fs::remove_file(self.path("t.response"));
        let _ = fs::remove_file(self.path("t.request"));
        self.done(&self.on(machine, app, &["request", "trial", "--out", "t.request"]));
        self.done(&[
            "sign",
            "t.request",
            "--key",
            key,
            "--chain",
            chain,
            "--root",
            root,
            "--days",
            "9",
            "--no-journal",
            "--yes",
            "--out",
            "t.response",
        ]);
        self.install(machine, app, "t.response")
    }

    fn install(&self, machine: &str, app: &str, file: &str) -> String {
        let done = self.run(&self.on(machine, app, &["install", file]));
        let json: Value = serde_json::from_slice(&done.stdout).unwrap();
        json["error"].as_str().unwrap_or("ok").to_owned()
    }
}

#[test]
fn a_lost_laptop_from_theft_to_harmless() {
    let world = World::new();
    world.machine("lab-8");
    // Monday: the laptop is in use. A machine has a trial of it.
    assert_eq!(world.trial("lab-7", "root.pub", "alice.pem", "alice.chain", "root.pub"), "ok");
    let check = ["keys", "check", "alice.chain", "--key", "alice.pem", "--root", "root.pub"];
    assert_eq!(world.done(&check)["verdict"], "ok");
    // Tuesday: it is stolen. Until machines hear of it the thief signs what Alice could.
    assert_eq!(world.trial("lab-8", "root.pub", "alice.pem", "alice.chain", "root.pub"), "ok");
    // Wednesday: the root's holder revokes it, and gives Alice a new key and delegation.
    let list = world.done(&[
        "keys",
        "revoke",
        "alice.chain",
        "--stolen",
        "--root-key",
        "root.pem",
        "--out",
        "list.response",
    ]);
    assert_eq!(list["revoked"][0]["compromised"], true);
    world.done(&["keys", "new", "--out", "alice-2.pem"]);
    world.delegate("root.pem", "alice-2.pub", "alice-2.chain", &[]);
    let check = [&check[..], &["--list", "list.response"]].concat();
    assert_eq!(world.refused(&check), "revoked-key");
    // The list goes to the machines: what the thief signed ends, and he signs nothing new.
    for machine in ["lab-7", "lab-8"] {
        assert_eq!(world.install(machine, "root.pub", "list.response"), "ok");
        let check = world.run(&world.on(machine, "root.pub", &["check"]));
        assert_eq!(check.status.code(), Some(1), "{check:?}");
        let (key, chain) = ("alice.pem", "alice.chain");
        assert_eq!(world.trial(machine, "root.pub", key, chain, "root.pub"), "revoked-key");
        // Honest people go on.
        let (key, chain) = ("alice-2.pem", "alice-2.chain");
        assert_eq!(world.trial(machine, "root.pub", key, chain, "root.pub"), "ok");
    }
    // An older list does not bring the key back, and a second one keeps the first one's entries.
    world.done(&["keys", "new", "--out", "bob.pem"]);
    let list = world.done(&[
        "keys",
        "revoke",
        "bob.pub",
        "--list",
        "list.response",
        "--root-key",
        "root.pem",
        "--out",
        "list.response",
    ]);
    assert_eq!(list["revoked"].as_array().unwrap().len(), 2);
}

#[test]
fn a_root_hands_over_and_machines_follow() {
    let world = World::new();
    assert_eq!(world.trial("lab-7", "root.pub", "alice.pem", "alice.chain", "root.pub"), "ok");
    for n in ["2", "3"] {
        world.done(&["keys", "root", "--out", &format!("root-{n}.pem")]);
    }
    let rotate = |old: &str, new: &str, out: &str, more: &[&str]| {
        let words = [
            "keys",
            "rotate-root",
            "--root-key",
            old,
            "--new-root-key",
            new,
            "--until",
            "now",
            "--out",
            out,
        ];
        world.done(&[&words[..], more].concat())
    };
    assert_eq!(rotate("root.pem", "root-2.pem", "r1.response", &[])["seq"], 1);
    let second = rotate("root-2.pem", "root-3.pem", "r2.response", &["--after", "r1.response"]);
    assert_eq!(second["seq"], 2);
    let words = [
        "keys",
        "rotate-root",
        "--root-key",
        "root.pem",
        "--new-root-key",
        "root-3.pem",
        "--after",
        "r1.response",
        "--out",
        "r3.response",
    ];
    assert_eq!(world.refused(&words), "bad-chain");
    // The machine hears of both, in their order.
    assert_eq!(world.install("lab-7", "root.pub", "r2.response"), "untrusted-key");
    assert_eq!(world.install("lab-7", "root.pub", "r1.response"), "ok");
    assert_eq!(world.install("lab-7", "root.pub", "r2.response"), "ok");
    let check = world.run(&world.on("lab-7", "root.pub", &["check"]));
    assert!(check.status.success(), "what was installed runs on");
    // The old root signs nothing new for it, the new one does.
    assert_eq!(
        world.trial("lab-7", "root.pub", "alice.pem", "alice.chain", "root.pub"),
        "retired-key"
    );
    world.delegate("root-3.pem", "alice.pub", "alice-3.chain", &[]);
    assert_eq!(world.trial("lab-7", "root.pub", "alice.pem", "alice-3.chain", "root-3.pub"), "ok");
    // An app that is built with the newest root alone runs the same.
    let check = world.run(&world.on("lab-7", "root-3.pub", &["check"]));
    assert!(check.status.success(), "{check:?}");
    // The desk sees it too.
    let words = ["keys", "check", "alice.chain", "--root", "root.pub", "--rotation", "r1.response"];
    // One that was made in the very second of its root's end never counted.
    assert!(["ended-key", "retired-key"].contains(&world.refused(&words).as_str()));
    for (file, typ) in [("r1.response", "root-key+jwt"), ("alice-3.chain", "signing-key+jwt")] {
        let root = if file == "r1.response" { "root.pub" } else { "root-3.pub" };
        assert_eq!(world.done(&["inspect", file, "--root", root])["type"], typ);
        assert_eq!(world.done(&["verify", file, "--root", root, "--expect", typ])["verdict"], "ok");
        assert_eq!(world.done(&["keys", "show", file, "--root", root])["type"], typ);
    }
}

#[test]
fn a_delegation_has_a_serial_and_says_how_many_grants_it_gives() {
    let world = World::new();
    let shown = |file: &str| world.done(&["keys", "show", file, "--root", "root.pub"]);
    assert!(shown("alice.chain")["serial"].as_u64().unwrap() > 1_700_000_000);
    world.delegate("root.pem", "alice.pub", "few.chain", &["--max-grants", "500", "--serial", "7"]);
    assert_eq!(shown("few.chain")["serial"], 7);
    assert_eq!(shown("few.chain")["scope"]["max_grants"], 500);
    let below = [
        "keys",
        "revoke",
        "alice.pub",
        "--below",
        "8",
        "--root-key",
        "root.pem",
        "--out",
        "l.response",
    ];
    assert_eq!(world.done(&below)["revoked"][0]["below"], 8);
    let check = |chain: &str| {
        let words = ["keys", "check", chain, "--root", "root.pub", "--list", "l.response"];
        world.run(&words).status.code()
    };
    assert_eq!((check("few.chain"), check("alice.chain")), (Some(1), Some(0)));
    let days = ["keys", "check", "alice.chain", "--root", "root.pub", "--days", "91"];
    assert_eq!(world.refused(&days), "ended-key");
    let other = ["keys", "check", "alice.chain", "--root", "root.pub", "--key", "root.pem"];
    assert_eq!(world.refused(&other), "bad-chain");
    let root = ["keys", "revoke", "root.pub", "--root-key", "root.pem", "--out", "r.response"];
    assert_eq!(world.refused(&root), "bad-claim");
}

#[test]
fn lists_and_rotations_ride_in_every_response_that_is_signed() {
    let world = World::new();
    world.done(&["keys", "root", "--out", "root-2.pem"]);
    world.done(&["keys", "new", "--out", "bob.pem"]);
    world.delegate("root-2.pem", "alice.pub", "alice-2.chain", &[]);
    world.done(&[
        "keys",
        "rotate-root",
        "--root-key",
        "root.pem",
        "--new-root-key",
        "root-2.pem",
        "--out",
        "r1.response",
    ]);
    world.done(&["keys", "revoke", "bob.pub", "--root-key", "root-2.pem", "--out", "l.response"]);
    let sign = |key: &'static str, chain: &'static str| {
        vec![
            "sign",
            "t.request",
            "--key",
            key,
            "--chain",
            chain,
            "--root",
            "root.pub",
            "--days",
            "9",
            "--list",
            "l.response",
            "--rotation",
            "r1.response",
            "--no-journal",
            "--out",
            "t.response",
        ]
    };
    world.done(&world.on("lab-7", "root.pub", &["request", "trial", "--out", "t.request"]));
    world.delegate("root-2.pem", "bob.pub", "bob.chain", &[]);
    assert_eq!(world.refused(&sign("bob.pem", "bob.chain")), "revoked-key");
    world.done(&sign("alice.pem", "alice-2.chain"));
    // The app was built with the first root: it learns of the second, and of the list, from the one response.
    assert_eq!(world.install("lab-7", "root.pub", "t.response"), "ok");
    assert_eq!(
        world.trial("lab-7", "root.pub", "bob.pem", "bob.chain", "root-2.pub"),
        "revoked-key"
    );
    let known = world.done(&world.on("lab-7", "root.pub", &["install", "l.response"]));
    assert_eq!(known["new"], false);
    let known = world.done(&world.on("lab-7", "root.pub", &["install", "r1.response"]));
    assert_eq!(known["new"], false);
}

#[test]
fn lists_and_rotations_ride_in_the_checksums_of_a_release() {
    let world = World::new();
    world.done(&["keys", "root", "--out", "root-2.pem"]);
    world.done(&["keys", "new", "--out", "bob.pem"]);
    let build: Vec<&str> = "keys delegate --root-key root-2.pem --to bob.pub --holder build --types release --products acme-cad \
         --out build.chain"
        .split_whitespace()
        .collect();
    world.done(&build);
    let rotate = "keys rotate-root --root-key root.pem --new-root-key root-2.pem --out r1.response";
    world.done(&rotate.split_whitespace().collect::<Vec<_>>());
    world.done(&["keys", "new", "--out", "eve.pem"]);
    world.done(&["keys", "revoke", "eve.pub", "--root-key", "root-2.pem", "--out", "l.response"]);
    world.done(&["keys", "revoke", "bob.pub", "--root-key", "root-2.pem", "--out", "b.response"]);
    std::fs::write(world.path("cad.tar.gz"), "a program").unwrap();
    let sign = |list: &'static str| {
        let words = "sign-release cad.tar.gz --key bob.pem --chain build.chain --root root.pub --product acme-cad --version 2.0.0 \
            --rotation r1.response --out cad.checksums --list";
        words.split_whitespace().chain([list]).collect::<Vec<_>>()
    };
    assert_eq!(world.refused(&sign("b.response")), "revoked-key");
    world.done(&sign("l.response"));
    // Whoever knows the first root alone learns of the second from the checksums themselves.
    let verify = ["verify-release", "--root", "root.pub", "cad.checksums", "cad.tar.gz"];
    world.done(&verify);
}

#[test]
fn a_clock_that_was_ahead_is_put_right_by_support() {
    let world = World::new();
    world.done(&world.on("lab-7", "root.pub", &["request", "trial", "--out", "t.request"]));
    world.done(&[
        "sign",
        "t.request",
        "--key",
        "alice.pem",
        "--chain",
        "alice.chain",
        "--root",
        "root.pub",
        "--time-reset",
        "--no-journal",
        "--out",
        "reset.response",
    ]);
    let words = ["inspect", "reset.response", "--root", "root.pub"];
    assert_eq!(world.done(&words)["type"], "time-reset+jwt");
    let reset = world.done(&world.on("lab-7", "root.pub", &["install", "reset.response"]));
    assert_eq!(reset["installed"], "time-reset");
    assert_eq!(world.install("lab-7", "root.pub", "reset.response"), "superseded");
}
