//! `countersign journal` on the journal of a signer process, in which a request may stand more than once, and releases.

use std::fs;

use countersign_core::release::{ListedFile, Release};
use countersign_core::response::{Answer, RequestRef, Response};
use countersign_core::trust::Signer;
use countersign_core::{Hash, Id, SigningKey, pem};
use countersign_journal::{Form, Journal, New};
use serde_json::Value;

use crate::lab::{Lab, err, out};

/// Two answers to one request, and a release between them.
fn write(lab: &Lab) {
    let text = fs::read_to_string(lab.path("alice.pem")).unwrap();
    let key = pem::read_private(&text, None).unwrap();
    let mut rng = getrandom::rand_core::UnwrapErr(getrandom::SysRng);
    let (path, kid) = (lab.path("key.journal"), key.public_key().thumbprint());
    let (mut journal, _) =
        Journal::open_as(Form::Signatures, &path, &kid, 1_000, &mut rng).unwrap();
    let entries = [receipt(&key, 1), release(&key), receipt(&key, 2)];
    journal.lock().unwrap().append(&entries).unwrap();
    fs::copy(lab.path("alice.pub"), lab.path("key.pub")).unwrap();
}

fn receipt(key: &SigningKey, number: u8) -> New {
    let request = Hash::of("the same request");
    let response = Response {
        issuer: "Acme".to_owned(),
        product: "acme-cad".parse().unwrap(),
        id: Id::from([number; 16]),
        issued_at: 1_000,
        request: RequestRef { id: Id::from([9; 16]), hash: request },
        device: key.public_key().thumbprint(),
        answer: Answer::Deactivation { activation: Id::from([8; 16]) },
    };
    let token = Signer::root(key.clone()).sign(&response).unwrap();
    New { at: 1_000, request, response: token, under: None }
}

fn release(key: &SigningKey) -> New {
    let release = Release {
        issuer: "Acme".to_owned(),
        product: "acme-cad".parse().unwrap(),
        id: Id::from([7; 16]),
        issued_at: 1_000,
        version: "4.2.0".parse().unwrap(),
        channel: "stable".parse().unwrap(),
        files: vec![ListedFile { name: "a.zip".parse().unwrap(), size: 1, sha256: Hash::of("a") }],
    };
    let token = Signer::root(key.clone()).sign_release(&release).unwrap();
    New { at: 1_000, request: Hash::of(release.id.to_string()), response: token, under: None }
}

#[test]
fn the_journal_of_a_signer_process_is_verified_and_shown() {
    let lab = Lab::new();
    write(&lab);
    let verified = lab.done(&["journal", "verify", "key.journal", "--json"]);
    let verified: Value = serde_json::from_str(&verified).unwrap();
    assert_eq!((&verified["verdict"], &verified["entries"]), (&"ok".into(), &3.into()));
    let shown = lab.done(&["journal", "show", "key.journal"]);
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("checksums of acme-cad 4.2.0 (stable), files: 1"), "{shown}");
    assert!(!shown.contains("not verified"), "{shown}");
    let head = lab.done(&["journal", "head", "key.journal", "--json"]);
    let head: Value = serde_json::from_str(&head).unwrap();
    assert_eq!(head["count"], 3);
    // A line taken out is found in this form, too.
    let text = fs::read_to_string(lab.path("key.journal")).unwrap();
    let kept: Vec<&str> =
        text.lines().enumerate().filter(|(n, _)| *n != 2).map(|(_, l)| l).collect();
    fs::write(lab.path("key.journal"), kept.join("\n") + "\n").unwrap();
    let found = lab.run(&["journal", "verify", "key.journal"]);
    assert!(out(&found).contains("entry 2 is missing"), "{}", out(&found));
}

#[test]
fn support_does_not_sign_into_the_journal_of_a_signer_process() {
    let lab = Lab::new();
    write(&lab);
    lab.ask(1);
    let before = fs::read(lab.path("key.journal")).unwrap();
    let refused = lab.sign(&["requests/lab-1.request", "--days", "3", "--journal", "key.journal"]);
    assert!(!refused.status.success());
    assert!(err(&refused).contains("of another form"), "{}", err(&refused));
    assert_eq!(fs::read(lab.path("key.journal")).unwrap(), before);
}
