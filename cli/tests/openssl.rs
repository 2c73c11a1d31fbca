//! Key files go both ways: what `openssl genpkey` makes signs here, what `keys root` makes is read there. The encrypted root
//! key and `keys show` are in `verify.rs`.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::path::PathBuf;
use std::process::{Command, Output};

/// A folder in which commands run.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    fn countersign(&self, arguments: &str) -> Output {
        self.run(env!("CARGO_BIN_EXE_countersign"), arguments)
    }

    fn openssl(&self, arguments: &str) -> Output {
        self.run("openssl", arguments)
    }

    /// Runs it, to success. No argument has a space in it.
    fn run(&self, program: &str, arguments: &str) -> Output {
        let mut command = Command::new(program);
        command.args(arguments.split_whitespace()).current_dir(self.0.path());
        let done = command.env_remove("COUNTERSIGN_PASSPHRASE").output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{program} {arguments}: {said}");
        done
    }

    /// A machine's request, and how that machine is played.
    fn request(&self, root: &str) -> String {
        self.write("lab-7/etc/machine-id", "3f1c6a0de5b84f7d9a1e0b2c4d6f8a90\n");
        self.write("lab-7/etc/hostname", "lab-7\n");
        let machine = format!(
            "--product acme-cad --root {root} --state state --mirror mirror --fingerprint-from lab-7"
        );
        self.countersign(&format!("request trial --out lab-7.request {machine}"));
        machine
    }
}

#[test]
fn a_key_that_openssl_made_signs_and_openssl_agrees() {
    let desk = Desk::new();
    desk.openssl("genpkey -algorithm ed25519 -out root.pem");
    desk.openssl("pkey -in root.pem -pubout -out root.pub");
    let machine = desk.request("root.pub");
    desk.countersign("sign lab-7.request --key root.pem --days 30 --out lab-7.response");
    desk.countersign("verify --root root.pub --expect trial-response+jwt lab-7.response");
    desk.countersign(&format!("install lab-7.response {machine}"));
    desk.countersign(&format!("check {machine}"));
    let response = std::fs::read_to_string(desk.path("lab-7.response")).unwrap();
    let lines = response.lines().filter(|line| !line.starts_with('#'));
    let token: String = lines.map(str::trim).collect();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    desk.write("signed", signed);
    // 64 bytes as base64url, without the padding that openssl wants.
    desk.write("signature.txt", &format!("{}==", signature.replace('-', "+").replace('_', "/")));
    desk.openssl("base64 -d -A -in signature.txt -out signature");
    let verify = "pkeyutl -verify -pubin -inkey root.pub -rawin -in signed -sigfile signature";
    let said = desk.openssl(verify).stdout;
    assert!(String::from_utf8_lossy(&said).contains("Signature Verified Successfully"));
}

#[test]
fn an_encrypted_key_that_openssl_made_signs_with_its_passphrase() {
    let desk = Desk::new();
    desk.write("word", "open-sesame\n");
    desk.openssl("genpkey -algorithm ed25519 -aes-256-cbc -pass file:word -out root.pem");
    desk.openssl("pkey -in root.pem -passin file:word -pubout -out root.pub");
    desk.request("root.pub");
    desk.countersign(
        "sign lab-7.request --key root.pem --passphrase-file word --days 30 --out lab-7.response",
    );
    desk.countersign("verify --root root.pub --expect trial-response+jwt lab-7.response");
}

#[test]
fn openssl_reads_a_root_key_without_a_passphrase() {
    let desk = Desk::new();
    desk.countersign("keys root --out root.pem");
    let public = desk.openssl("pkey -in root.pem -pubout").stdout;
    assert_eq!(public, std::fs::read(desk.path("root.pub")).unwrap());
    let shown = desk.openssl("pkey -in root.pem -noout -text").stdout;
    assert!(String::from_utf8_lossy(&shown).starts_with("ED25519 Private-Key"));
}
