//! `countersign explain`: what somebody on the phone reads out.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::lab::{LICENSE, Lab, activation, deactivation, out};

fn explain(lab: &Lab, words: &[&str]) -> (Option<i32>, Value) {
    let done = lab.run(&[&["explain"], words, &["--json"]].concat());
    let json = serde_json::from_slice(&done.stdout);
    (
        done.status.code(),
        json.unwrap_or_else(|e| panic!("{e}: {}{}", out(&done), crate::lab::err(&done))),
    )
}

/// Two machines whose requests were answered.
fn answered() -> Lab {
    let lab = Lab::new();
    lab.ask(1);
    lab.ask(2);
    lab.sign_json(&["requests", "--days", "30", "--yes"]);
    lab
}

#[test]
fn a_response_fits_its_own_request_and_no_other_and_what_differs_is_named() {
    let lab = answered();
    let (code, said) = explain(
        &lab,
        &["requests/lab-1.response", "--root", "root.pub", "--against", "requests/lab-1.request"],
    );
    assert_eq!(
        (code, &said["verdict"], &said["code"]),
        (Some(0), &"ok".into(), &Value::Null),
        "{said}"
    );
    assert_eq!(said["facts"]["fits"], "it is the answer to this request");
    let (code, said) = explain(
        &lab,
        &["requests/lab-1.response", "--root", "root.pub", "--against", "requests/lab-2.request"],
    );
    assert_eq!(
        (code, &said["code"], &said["anchor"]),
        (Some(1), &"wrong-device".into(), &"docs/errors.md#wrong-device".into())
    );
    assert!(said["which"].as_str().unwrap().starts_with("device key: "), "{said}");
    assert!(said["say"].as_str().unwrap().contains("make a new request"), "{said}");
    // The other way round it is the same question.
    let (_, said) = explain(
        &lab,
        &["requests/lab-2.request", "--root", "root.pub", "--against", "requests/lab-1.response"],
    );
    assert_eq!(said["code"], "wrong-device");
    let (code, said) =
        explain(&lab, &["requests/lab-1.request", "--against", "requests/lab-2.request"]);
    assert_eq!(
        (code, &said["facts"]["components"]),
        (Some(0), &"1 of 2 differ: machine-id".into()),
        "{said}"
    );
}

#[test]
fn a_response_by_itself_says_what_it_grants_and_a_limit_is_named() {
    let lab = answered();
    let (code, said) = explain(&lab, &["requests/lab-1.response"]);
    assert_eq!(
        (code, &said["facts"]),
        (Some(0), &serde_json::json!({})),
        "nothing is believed without a root: {said}"
    );
    let text = lab.done(&["explain", "requests/lab-1.response", "--root", "root.pub"]);
    for line in [
        "verdict        ok",
        "signed         ",
        "\"support: alice\", by delegation",
        "runs until     ",
        "then           ",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(text.lines().count() <= 24, "one screen: {text}");
    // Another vendor's root.
    lab.done(&["keys", "root", "--out", "other.pem"]);
    let (code, said) = explain(&lab, &["requests/lab-1.response", "--root", "other.pub"]);
    assert_eq!((code, &said["code"]), (Some(1), &"untrusted-key".into()));
}

#[test]
fn a_license_key_is_compared_with_the_proof_in_the_request() {
    let lab = Lab::new();
    lab.write(1, &activation(1, LICENSE));
    lab.write(2, &deactivation(2));
    let other = countersign_core::license_key::LicenseKey::generate(
        &mut getrandom::rand_core::UnwrapErr(getrandom::SysRng),
    );
    let against = |file: &str, what: &str| explain(&lab, &[file, "--against", what]);
    let (code, said) = against("requests/lab-1.request", &LICENSE.to_lowercase());
    assert_eq!((code, &said["verdict"]), (Some(0), &"ok".into()), "{said}");
    let id = said["facts"]["license"].as_str().unwrap().to_owned();
    assert_eq!(against("requests/lab-1.request", &id).0, Some(0));
    let (code, said) = against("requests/lab-1.request", &other.grouped());
    assert_eq!((code, &said["code"]), (Some(1), &"wrong-proof".into()));
    assert!(said["which"].as_str().unwrap().contains(&id), "{said}");
    assert_eq!(against("requests/lab-1.request", &other.id().to_string()).1["code"], "wrong-proof");
    assert_eq!(against("requests/lab-2.request", LICENSE).1["code"], "wrong-type");
}

#[test]
fn a_license_folder_is_asked_by_the_code_that_installs_and_is_not_touched() {
    let lab = answered();
    fs::create_dir_all(lab.path("lab-7/etc")).unwrap();
    fs::write(lab.path("lab-7/etc/machine-id"), "3f1c6a0de5b84f7d9a1e0b2c4d6f8a90\n").unwrap();
    let machine = ["--root", "root.pub", "--mirror", "copy", "--fingerprint-from", "lab-7"];
    let on = |words: &[&str]| {
        let own = ["--product", "acme-cad", "--state", "lic"];
        lab.done(&[words, &machine[..], &own[..]].concat())
    };
    on(&["request", "trial", "--out", "a.request"]);
    on(&["request", "trial", "--out", "b.request"]);
    lab.sign(&["a.request", "--days", "3", "--out", "a.response"]);
    let against = |file: &str| explain(&lab, &[&[file, "--against", "lic"], &machine[..]].concat());
    let before = fs::read(lab.path("lic/state.json")).unwrap();
    let (code, said) = against("a.response");
    assert_eq!(
        (code, &said["facts"]["fits"]),
        (Some(0), &"that machine would install it".into()),
        "{said}"
    );
    let (code, said) = against("requests/lab-1.response");
    assert_eq!((code, &said["code"]), (Some(1), &"wrong-device".into()), "{said}");
    assert_eq!(
        against("b.request").1["facts"]["fits"],
        "it was made there, and waits for its response"
    );
    assert_eq!(fs::read(lab.path("lic/state.json")).unwrap(), before);
    // Another machine with a copy of the folder.
    fs::write(lab.path("lab-7/etc/machine-id"), "77777777777777777777777777777701\n").unwrap();
    let (code, said) = against("a.response");
    assert_eq!((code, &said["code"]), (Some(1), &"wrong-machine".into()), "{said}");
    assert_eq!(said["which"], "components: machine-id; strategy fuzzy");
}

#[test]
fn a_code_is_explained_without_a_file() {
    let lab = Lab::new();
    let (code, said) = explain(&lab, &["seats-used-up"]);
    assert_eq!((code, &said["anchor"]), (Some(0), &"docs/errors.md#seats-used-up".into()));
    assert!(said["say"].as_str().unwrap().contains("All seats are in use"), "{said}");
    let neither = lab.run(&["explain", "no-such-code"]);
    assert_eq!(neither.status.code(), Some(2));
}

#[test]
fn files_that_are_no_requests_say_what_they_are() {
    let lab = answered();
    let code = |file: &str| explain(&lab, &[file, "--root", "root.pub"]);
    assert_eq!(code("root.pem").1["code"], "wrong-type");
    assert!(code("root.pem").1["reason"].as_str().unwrap().contains("nobody but its owner"));
    assert_eq!(code("alice.pub").1["code"], "wrong-type");
    assert_eq!(code("alice.chain").0, Some(0));
    let text = fs::read_to_string(lab.path("requests/lab-1.request")).unwrap();
    fs::write(lab.path("cut.request"), text.replacen('.', "!", 3)).unwrap();
    let (_, said) = code("cut.request");
    assert_eq!(said["code"], "damaged-file");
    assert!(said["reason"].as_str().unwrap().contains("line"), "{said}");
}

#[test]
fn every_token_vector_is_explained_by_its_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/tokens.json");
    let vectors: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let roots: Vec<&str> =
        vectors["roots"].as_object().unwrap().values().map(|x| x.as_str().unwrap()).collect();
    let lab = Lab::new();
    let mut explained = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let (token, verdict) = (case["token"].as_str().unwrap(), case["verdict"].as_str().unwrap());
        // What is explained was not expected to be anything.
        if token.is_empty() || verdict == "wrong-type" {
            continue;
        }
        let mut command =
            lab.command(&["explain", "--json", "--root", roots[0], "--root", roots[1], "-"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        let said: Value = serde_json::from_slice(&done.stdout).unwrap();
        let code = said["code"].as_str().unwrap_or("ok");
        // Theirs is another time.
        let late = verdict == "ok"
            && matches!(code, "import-expired" | "license-expired" | "out-of-scope");
        assert!(code == verdict || late, "{}: {said}", case["name"]);
        assert_eq!(said["say"].is_string(), code != "ok", "{}: {said}", case["name"]);
        explained += 1;
    }
    assert!(explained > 50, "{explained}");
}
