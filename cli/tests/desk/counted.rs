//! Delegations that count their grants: the journal is what counts, and its numbers tell what is missing in it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;

use countersign_core::delegation::{Delegation, Products, Scope, ScopeType};
use countersign_core::response::Answer;
use countersign_core::trust::Roots;
use countersign_core::{Expect, Hash, Id, TokenType, file, pem};
use serde_json::Value;

use crate::lab::{Lab, deactivation, err, out};

/// The key of support may give so many grants.
fn allow(lab: &Lab, serial: u64, max_grants: u64) {
    let read = |name: &str| fs::read_to_string(lab.path(name)).unwrap();
    let delegation = Delegation {
        id: Id::from([u8::try_from(serial).unwrap(); 16]),
        issued_at: 1_700_000_000,
        issuer: "Acme".to_owned(),
        holder: "support: alice".to_owned(),
        not_before: 1_700_000_000,
        not_after: 4_000_000_000,
        key: pem::read_public(&read("alice.pub")).unwrap(),
        serial: Some(serial),
        scope: Scope {
            types: ScopeType::ALL.to_vec(),
            products: Products::All,
            max_days: Some(30),
            max_grants: Some(max_grants),
            approved: None,
        },
    };
    let token = delegation.sign(&pem::read_private(&read("root.pem"), None).unwrap());
    fs::write(lab.path("alice.chain"), file::write(&token, &[])).unwrap();
}

/// The numbers of the grants in a folder, as an app reads them.
fn numbers(lab: &Lab, folder: &str) -> Vec<u64> {
    let root = fs::read_to_string(lab.path("root.pub")).unwrap();
    let roots = Roots::new([pem::read_public(&root).unwrap()]);
    let tokens = lab.responses(folder).into_values().map(|(token, _)| token);
    let mut numbers: Vec<u64> = tokens
        .filter_map(|token| roots.verify_response(&token, Expect::Response).unwrap().count())
        .collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn the_last_allowed_grant_passes_and_the_next_is_refused_and_receipts_do_not_count() {
    let lab = Lab::new();
    allow(&lab, 1, 7);
    (0..10).for_each(|n| drop(lab.ask(n)));
    lab.write(20, &deactivation(20));
    let (code, said) = lab.sign_json(&["requests", "--days", "30", "--yes"]);
    assert_eq!(
        (code, &said["signed"], &said["refused"]),
        (Some(1), &8.into(), &3.into()),
        "{said}"
    );
    assert!(said["problems"].as_array().unwrap().iter().all(|row| row["code"] == "grants-used-up"));
    assert_eq!(numbers(&lab, "requests"), (1..=7).collect::<Vec<_>>());
    // The same requests again take no number; one more takes none, either.
    let (_, said) = lab.sign_json(&["requests", "--days", "30", "--yes"]);
    assert_eq!(
        (&said["signed"], &said["there"], &said["refused"]),
        (&0.into(), &8.into(), &3.into())
    );
    lab.write(21, &deactivation(21));
    assert!(lab.sign(&["requests/lab-21.request", "--out", "r.response"]).status.success());
    // Another delegation of the same key has a count of its own.
    allow(&lab, 2, 2);
    let (_, said) = lab.sign_json(&["requests", "--days", "30", "--yes", "--out", "second"]);
    assert_eq!((&said["signed"], &said["refused"]), (&2.into(), &1.into()), "{said}");
    lab.journaled("alice.journal");
}

#[test]
fn two_signers_at_the_same_time_use_no_number_twice() {
    let lab = Lab::new();
    allow(&lab, 1, 500);
    (0..600).for_each(|n| drop(lab.ask(n)));
    fs::create_dir(lab.path("more")).unwrap();
    for n in 300..600 {
        let name = format!("lab-{n}.request");
        fs::rename(lab.path(format!("requests/{name}")), lab.path(format!("more/{name}"))).unwrap();
    }
    let runs = ["requests", "more"].map(|folder| {
        let words = lab.signing(&[folder, "--days", "30", "--yes", "--json"]);
        lab.command(&words).stdout(Stdio::piped()).spawn().unwrap()
    });
    let said: Vec<Value> = runs
        .into_iter()
        .map(|run| serde_json::from_slice(&run.wait_with_output().unwrap().stdout).unwrap())
        .collect();
    let sum = |name: &str| said.iter().map(|s| s[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("signed"), sum("refused")), (500, 100), "{said:?}");
    let all: BTreeSet<u64> =
        [numbers(&lab, "requests"), numbers(&lab, "more")].concat().into_iter().collect();
    assert_eq!(all, (1..=500).collect());
    assert_eq!(lab.journaled("alice.journal").len(), 500);
}

#[test]
fn without_the_journal_nothing_is_granted_that_has_to_be_counted() {
    let lab = Lab::new();
    allow(&lab, 1, 5);
    lab.ask(1);
    for words in [["requests", "--yes"], ["requests/lab-1.request", "--yes"]] {
        let refused = lab.sign(&[&words[..], &["--days", "3", "--no-journal"]].concat());
        assert_eq!(refused.status.code(), Some(1));
        let said =
            (out(&refused) + &err(&refused)).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("Sign without --no-journal"), "{said}");
    }
    assert!(lab.responses("requests").is_empty());
}

#[test]
fn attack_entries_taken_out_and_the_chain_made_anew_leave_a_gap_in_the_numbers() {
    let lab = Lab::new();
    allow(&lab, 1, 50);
    (0..6).for_each(|n| drop(lab.ask(n)));
    lab.sign_json(&["requests", "--days", "30", "--yes"]);
    let text = fs::read_to_string(lab.path("alice.journal")).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.remove(3);
    // The chain needs no key to be made anew: numbers and hashes fit again.
    let mut forged = vec![lines[0].to_owned()];
    for (line, n) in lines[1..].iter().zip(1..) {
        let mut entry: Value = serde_json::from_str(line).unwrap();
        entry["n"] = n.into();
        entry["prev"] = Hash::of(forged.last().unwrap()).to_string().into();
        forged.push(entry.to_string());
    }
    fs::write(lab.path("alice.journal"), forged.join("\n") + "\n").unwrap();
    let found = lab.run(&["journal", "verify", "alice.journal", "--json"]);
    let said: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!((found.status.code(), &said["wrong"]), (Some(1), &1.into()), "{said}");
    let finding = &said["findings"][0];
    assert_eq!(finding["code"], "missing");
    assert!(
        finding["message"].as_str().unwrap().contains("grant 3 stands nowhere before it"),
        "{said}"
    );
}

#[test]
fn a_time_reset_is_signed_for_one_machine_and_installed_there() {
    let lab = Lab::new();
    allow(&lab, 1, 5);
    fs::create_dir_all(lab.path("lab-7/etc")).unwrap();
    fs::write(lab.path("lab-7/etc/machine-id"), "3f1c6a0de5b84f7d9a1e0b2c4d6f8a90\n").unwrap();
    let machine = |words: &[&str]| {
        let own = [
            "--product",
            "acme-cad",
            "--root",
            "root.pub",
            "--state",
            "lic",
            "--mirror",
            "copy",
            "--fingerprint-from",
            "lab-7",
        ];
        lab.done(&[words, &own[..]].concat())
    };
    machine(&["request", "trial", "--out", "late.request"]);
    let (code, said) = lab.sign_json(&["late.request", "--time-reset", "--out", "late.response"]);
    assert_eq!(
        (code, &said["type"], &said["entry"]),
        (Some(0), &"time-reset+jwt".into(), &1.into()),
        "{said}"
    );
    assert!(machine(&["install", "late.response"]).contains("time"), "it is installed");
    let token = file::read(&fs::read(lab.path("late.response")).unwrap()).unwrap();
    let root = fs::read_to_string(lab.path("root.pub")).unwrap();
    let roots = Roots::new([pem::read_public(&root).unwrap()]);
    let reset = roots.verify_response(&token, Expect::Type(TokenType::TimeReset)).unwrap();
    assert_eq!((&reset.claims().answer, reset.count()), (&Answer::TimeReset, None));
    let many = lab.sign(&["requests", "--time-reset", "--yes"]);
    assert_eq!(many.status.code(), Some(2), "for one machine at a time");
    lab.journaled("alice.journal");
}
