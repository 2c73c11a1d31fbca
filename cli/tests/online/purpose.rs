//! On purpose, not by accident: a key never signs for a portal that is away, and a portal never for a key.

use crate::lab::{Lab, activation, err, out};
use crate::liar::Liar;
use crate::portal::Portal;

#[test]
fn attack_a_portal_that_cannot_be_reached_makes_nobody_sign_offline_unasked() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    lab.ask(2);
    // Nobody listens there any more.
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for files in [&["requests/lab-1.request"][..], &["requests", "--yes"]] {
        let words = ["--portal", &closed, "--token-file", "token", "--root", "portal.pub"];
        let done = lab.run(&[&["sign"], files, &words[..]].concat());
        assert_eq!(done.status.code(), Some(1), "{}", out(&done));
        let said = err(&done);
        for part in ["does not answer", "Nothing was signed here", "--key", "journal push"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    for file in ["lab-1.response", "requests/lab-1.response", "alice.journal"] {
        assert!(!lab.path(file).exists(), "{file}");
    }
    drop(portal);
}

#[test]
fn attack_a_portal_in_the_environment_does_not_turn_signing_with_a_key_into_asking_it() {
    let lab = Lab::new();
    let heard = Liar::new(|_, _| String::new());
    lab.ask(1);
    let words = lab.signing(&["requests/lab-1.request", "--days", "9"]);
    let mut command = lab.command(&words);
    command.env("COUNTERSIGN_PORTAL", &heard.url).env("COUNTERSIGN_TOKEN", "cst_x");
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", err(&done));
    assert_eq!(lab.journaled("alice.journal").len(), 1);
    assert_eq!(heard.heard(), Vec::<String>::new());
}

#[test]
fn a_key_that_was_forgotten_is_not_made_up_for_by_a_portal_in_the_environment() {
    let lab = Lab::new();
    let heard = Liar::new(|_, _| String::new());
    lab.ask(1);
    let options: [&[&str]; 6] = [
        &["--days", "9"],
        &["--perpetual"],
        &["--import-days", "30"],
        &["--strategy", "fuzzy"],
        &["--policy", "policy.toml"],
        &["--no-journal"],
    ];
    for option in options {
        let words = [&["sign", "requests/lab-1.request"], option].concat();
        let done = lab.command(&words).env("COUNTERSIGN_PORTAL", &heard.url).output().unwrap();
        assert_eq!(done.status.code(), Some(2), "{option:?}");
        let said = err(&done);
        assert!(said.contains("COUNTERSIGN_PORTAL names a portal"), "{option:?}: {said}");
        assert!(said.contains("othing was signed"), "{said}");
    }
    assert_eq!(heard.heard(), Vec::<String>::new());
}

#[test]
fn both_ways_at_once_and_neither_are_refused() {
    let lab = Lab::new();
    lab.write(1, &activation(1, crate::lab::LICENSE));
    let refused = |words: &[&str], part: &str| {
        let done = lab.run(&[&["sign", "requests/lab-1.request"], words].concat());
        assert_eq!(done.status.code(), Some(2), "{words:?}");
        assert!(err(&done).contains(part), "{words:?}: {}", err(&done));
    };
    refused(&["--key", "alice.pem", "--portal", "http://127.0.0.1:1"], "cannot be used with");
    refused(&["--key", "root.pem", "--license", "AAAAAAAAAAAAAAAAAAAAAA"], "for a portal");
    refused(&["--portal", "http://127.0.0.1:1", "--days", "3"], "--days is for signing here");
    refused(&[], "who signs?");
    refused(&["--root", "root.pub"], "who signs?");
}
