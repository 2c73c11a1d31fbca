//! `countersign verify` and `keys root` as processes: every token and file vector, and openssl as the other side.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use countersign_core::key::SigningKey;
use serde_json::Value;

fn countersign(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn every_token_vector_gets_its_verdict() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/tokens.json");
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let roots: Vec<&str> =
        vectors["roots"].as_object().unwrap().values().map(|x| x.as_str().unwrap()).collect();
    for case in vectors["cases"].as_array().unwrap() {
        let (token, expect) = (case["token"].as_str().unwrap(), case["expect"].as_str().unwrap());
        // An empty file is a damaged file; only a program can hand over an empty token.
        let verdict =
            if token.is_empty() { "damaged-file" } else { case["verdict"].as_str().unwrap() };
        let found = countersign(
            &["verify", "--json", "--root", roots[0], "--root", roots[1], "--expect", expect, "-"],
            token,
        );
        let answer: Value = serde_json::from_slice(&found.stdout).unwrap();
        assert_eq!(answer["verdict"], verdict, "{}: {answer}", case["name"]);
        assert_eq!(found.status.code(), Some(i32::from(verdict != "ok")), "{}", case["name"]);
    }
}

#[test]
fn wrong_usage_is_two() {
    for arguments in [
        &["verify"][..],
        &["verify", "/no/such/file"],
        &["verify", "--expect", "nonsense", "-"],
        &["verify", "--root", "nonsense", "-"],
    ] {
        let found = countersign(arguments, "");
        assert_eq!(found.status.code(), Some(2), "{arguments:?}");
        assert!(!found.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_key_that_looks_like_an_option_is_a_key() {
    let public = |seed: u8| SigningKey::from_seed(&[seed; 32]).public_key().to_string();
    let x = (0..=255).map(public).find(|x| x.starts_with('-')).unwrap();
    let found = countersign(&["verify", "--root", &x, "--json", "-"], "a.b.c");
    let answer: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!((found.status.code(), answer["verdict"].as_str()), (Some(1), Some("bad-encoding")));
}

#[test]
fn a_root_key_is_private_never_replaced_and_readable_by_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let (key, phrase) = (folder.path().join("root.pem"), folder.path().join("phrase"));
    std::fs::write(&phrase, "open sesame\n").unwrap();
    let out = key.to_str().unwrap();
    let make =
        ["keys", "root", "--out", out, "--passphrase-file", phrase.to_str().unwrap(), "--json"];
    let made: Value = serde_json::from_slice(&countersign(&make, "").stdout).unwrap();
    assert_eq!(made["x"].as_str().unwrap().len(), 43);
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&key).unwrap().permissions())
            & 0o777,
        0o600
    );
    assert_eq!(countersign(&make, "").status.code(), Some(2));
    let passphrase = format!("file:{}", phrase.display());
    let read = Command::new("openssl")
        .args(["pkey", "-in", out, "-passin", &passphrase, "-pubout"])
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    assert_eq!(read.stdout, std::fs::read(folder.path().join("root.pub")).unwrap());
}

#[test]
fn keys_that_openssl_makes_are_read_encrypted_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let openssl = |arguments: &[&str]| {
        let done = Command::new("openssl").args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", &path("plain.pem")]);
    openssl(&[
        "pkcs8",
        "-topk8",
        "-v2",
        "aes-256-cbc",
        "-passout",
        "pass:word",
        "-in",
        &path("plain.pem"),
        "-out",
        &path("closed.pem"),
    ]);
    openssl(&["pkey", "-in", &path("plain.pem"), "-pubout", "-out", &path("plain.pub")]);
    std::fs::write(path("word"), "word\n").unwrap();
    let x = |name: &str| {
        let shown = countersign(
            &["keys", "show", "--json", "--passphrase-file", &path("word"), &path(name)],
            "",
        );
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        shown["x"].as_str().unwrap().to_owned()
    };
    assert_eq!(x("plain.pem"), x("plain.pub"));
    assert_eq!(x("plain.pem"), x("closed.pem"));
    openssl(&["genpkey", "-algorithm", "rsa", "-out", &path("rsa.pem")]);
    let refused = countersign(&["keys", "show", &path("rsa.pem")], "");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not an Ed25519 key"));
}
