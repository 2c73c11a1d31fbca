//! Requests answered by the portal: one, and many.

use std::fs;

use serde_json::Value;

use crate::lab::{Lab, activation, err, out, request};
use crate::liar::{Liar, answer};
use crate::portal::{Portal, write_secret};

use countersign_core::request::Ask;

fn json(lab: &Lab, words: &[&str]) -> (Option<i32>, Value) {
    let done = lab.run(&[words, &["--json"]].concat());
    let line = out(&done).lines().next().unwrap_or_default().to_owned();
    let json = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line} {}", err(&done)));
    (done.status.code(), json)
}

#[test]
fn one_request_is_shown_answered_and_got_again() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.write(1, &activation(1, &portal.license.grouped()));
    let file = "requests/lab-1.request";
    let words = [&["sign", file], &portal.options()[..]].concat();
    let shown = lab.done(&[&words[..], &["--dry-run"]].concat());
    for part in ["Jane's lab", "1 of 5 in use after this", "Nothing was signed", "without an end"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(portal.stored().live_activations, 0);
    let said = lab.done(&words);
    assert!(said.contains("Carry it back") && said.contains(&portal.url), "{said}");
    assert!(!said.contains("not verified"), "{said}");
    let response = fs::read(lab.path("lab-1.response")).unwrap();
    lab.done(&["verify", "--root", "portal.pub", "--expect", "response", "lab-1.response"]);
    assert!(lab.done(&words).contains("left as it is"));
    // Elsewhere it is the same again, and still one seat.
    lab.done(&[&words[..], &["--out", "again.response"]].concat());
    assert_eq!(fs::read(lab.path("again.response")).unwrap(), response);
    assert_eq!(portal.stored().live_activations, 1);
    let (code, said) = json(&lab, &words);
    assert_eq!((code, &said["verified"]), (Some(0), &Value::Bool(true)));
    // Nothing of a journal, and no key, was needed.
    assert!(!lab.path("alice.journal").exists());
}

#[test]
fn without_a_root_it_is_said_that_nothing_was_verified() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    let said = lab.done(&[&["sign", "requests/lab-1.request"], &portal.options()[..4]].concat());
    assert!(
        said.split_whitespace().collect::<Vec<_>>().join(" ").contains("It was not verified"),
        "{said}"
    );
    lab.done(&["verify", "--root", "portal.pub", "--expect", "response", "lab-1.response"]);
}

#[test]
fn a_folder_is_answered_in_spite_of_bad_files_and_goes_on_where_it_was() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    let key = portal.license.grouped();
    for number in 1..=7 {
        lab.write(number, &activation(number, &key));
    }
    lab.ask(8);
    fs::write(lab.path("requests/broken.request"), "rubbish").unwrap();
    let words = [&["sign", "requests"], &portal.options()[..]].concat();
    let (code, shown) = json(&lab, &[&words[..], &["--dry-run"]].concat());
    assert_eq!((code, &shown["would_sign"]), (Some(0), &Value::from(8)));
    assert_eq!(shown["codes"]["not-a-token"], 1);
    let (code, said) = json(&lab, &[&words[..], &["--yes", "--report", "report.json"]].concat());
    // Five seats for seven machines; the trial, and one file that is no request.
    assert_eq!(code, Some(1));
    assert_eq!((&said["signed"], &said["refused"]), (&Value::from(6), &Value::from(3)));
    assert_eq!(portal.stored().live_activations, 5);
    let rows: Vec<Value> =
        serde_json::from_str(&fs::read_to_string(lab.path("report.json")).unwrap()).unwrap();
    let codes = |code: &str| rows.iter().filter(|row| row["code"] == code).count();
    assert_eq!((rows.len(), codes("seats-used-up"), codes("not-a-token")), (9, 2, 1));
    let signed = rows.iter().filter(|row| row["result"] == "signed");
    assert!(signed.clone().count() == 6 && signed.clone().all(|row| row["import_by"].is_u64()));
    // One response is lost, the run is started again: that one is got again, the others are there.
    let lost = signed.map(|row| row["response"].as_str().unwrap()).next().unwrap();
    let before = fs::read(lab.path(lost)).unwrap();
    fs::remove_file(lab.path(lost)).unwrap();
    let (_, said) = json(&lab, &[&words[..], &["--yes", "--jobs", "3"]].concat());
    assert_eq!((&said["signed"], &said["there"]), (&Value::from(1), &Value::from(5)));
    assert_eq!(fs::read(lab.path(lost)).unwrap(), before);
    assert_eq!(portal.stored().live_activations, 5);
}

#[test]
fn nothing_is_signed_where_nobody_was_asked() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    let done = lab.run(&[&["sign", "requests"], &portal.options()[..]].concat());
    assert_eq!(done.status.code(), Some(2));
    assert!(err(&done).contains("there is no terminal to ask at"), "{}", err(&done));
    assert!(!lab.path("requests/lab-1.response").exists());
}

#[test]
fn support_names_the_license_of_a_request_that_carries_none() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    let bare = |device| Ask::Activation { device, license: None };
    lab.write(1, &request(1, "acme-cad", "lab-1", bare));
    lab.write(2, &request(2, "acme-cad", "lab-2", bare));
    let words = |file: &'static str| [&["sign", file], &portal.options()[..]].concat();
    let (code, said) = json(&lab, &words("requests/lab-1.request"));
    assert_eq!((code, &said["error"]), (Some(1), &Value::from("license-needed")));
    let id = portal.license.id().to_string();
    lab.done(&[&words("requests/lab-1.request")[..], &["--license", &id]].concat());
    let key = portal.license.grouped();
    lab.done(&[&words("requests/lab-2.request")[..], &["--license-key", &key]].concat());
    assert_eq!(portal.stored().live_activations, 2);
}

#[test]
fn a_portal_that_asks_for_patience_gets_it() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    // Two refusals, then what a portal would say to a preview.
    let busy = Liar::new(|_, number| match number {
        0 => answer(
            "429 Too Many Requests",
            "retry-after: 1\r\n",
            r#"{"code":"rate-limited","detail":"too many requests","advice":"Wait."}"#,
        ),
        1 => answer("503 Service Unavailable", "retry-after: 1\r\n", "the proxy says so"),
        _ => answer("200 OK", "", r#"{"outcome":{"effect":"trial","words":"A trial starts."}}"#),
    });
    let words = ["sign", "requests/lab-1.request", "--dry-run", "--portal", &busy.url];
    let said = lab.done(&[&words[..], &["--token-file", "token"]].concat());
    assert!(said.contains("A trial starts."), "{said}");
    assert_eq!(busy.heard().len(), 3);
    drop(portal);
}

#[test]
fn the_portal_and_the_token_may_stand_in_the_environment() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    let mut command = lab.command(&["sign", "requests/lab-1.request", "--root", "portal.pub"]);
    command.env("COUNTERSIGN_PORTAL", &portal.url).env("COUNTERSIGN_TOKEN_FILE", lab.path("token"));
    let done = command.output().unwrap();
    assert!(done.status.success() && out(&done).contains(&portal.url), "{}", err(&done));
    let token = fs::read_to_string(lab.path("token")).unwrap();
    write_secret(&lab, "other", "cst_wrong");
    let words = ["sign", "requests/lab-1.request", "--root", "portal.pub", "--out", "b.response"];
    let mut command = lab.command(&words);
    command.env("COUNTERSIGN_PORTAL", &portal.url).env("COUNTERSIGN_TOKEN", token.trim());
    let done = command.env("COUNTERSIGN_TOKEN_FILE", lab.path("other")).output().unwrap();
    assert!(done.status.success(), "{}", err(&done));
}
