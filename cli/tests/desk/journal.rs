//! `countersign journal`, and what one signing does to it.

use std::fs;

use serde_json::Value;

use crate::lab::{Lab, err, out};

#[test]
fn every_signing_prints_the_head_by_which_a_lost_tail_is_found() {
    let lab = Lab::new();
    for number in 1..=3 {
        lab.ask(number);
    }
    let mut heads = Vec::new();
    for number in 1..=3 {
        let request = format!("requests/lab-{number}.request");
        let (_, said) =
            lab.sign_json(&[&request, "--days", "3", "--out", &format!("{number}.response")]);
        assert_eq!(said["entry"], number);
        heads.push(said["head"].as_str().unwrap().to_owned());
    }
    let verify = |count: &str, head: &str| {
        lab.run(&["journal", "verify", "alice.journal", "--count", count, "--head", head])
    };
    assert!(verify("3", &heads[2]).status.success() && verify("1", &heads[0]).status.success());
    let shown = lab.done(&["journal", "head", "alice.journal", "--json"]);
    assert!(shown.contains(&heads[2]), "{shown}");
    let text = fs::read_to_string(lab.path("alice.journal")).unwrap();
    let kept: Vec<&str> = text.lines().take(2).collect();
    fs::write(lab.path("alice.journal"), kept.join("\n") + "\n").unwrap();
    let found = verify("3", &heads[2]);
    assert_eq!(found.status.code(), Some(1));
    assert!(out(&found).contains("the entries 2 to 3 are missing"), "{}", out(&found));
    // The same request again is another response now: the two heads tell it.
    lab.sign(&["requests/lab-2.request", "--days", "3", "--out", "again.response"]);
    lab.sign(&["requests/lab-3.request", "--days", "3", "--out", "again-3.response"]);
    assert_eq!(verify("3", &heads[2]).status.code(), Some(1));
}

#[test]
fn a_changed_journal_is_signed_into_no_more_and_verify_says_which_line() {
    let lab = Lab::new();
    for number in 1..=4 {
        lab.ask(number);
    }
    lab.sign_json(&["requests", "--days", "3", "--yes"]);
    let text = fs::read_to_string(lab.path("alice.journal")).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = lines[2].find("\"at\":").unwrap() + 5;
    lines[2].replace_range(at..=at, "9");
    fs::write(lab.path("alice.journal"), lines.join("\n") + "\n").unwrap();
    let found = lab.run(&["journal", "verify", "alice.journal", "--json"]);
    assert_eq!(found.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(
        (&found["findings"][0]["line"], &found["verdict"]),
        (&3.into(), &"wrong".into()),
        "{found}"
    );
    lab.ask(5);
    let refused = lab.sign(&["requests/lab-5.request", "--days", "3"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("journal verify"), "{}", err(&refused));
    assert!(!lab.path("lab-5.response").exists());
}

#[test]
fn show_tells_what_was_signed_and_to_whom_and_nothing_that_does_not_verify() {
    let lab = Lab::new();
    for number in 1..=3 {
        lab.ask(number);
    }
    lab.sign_json(&["requests", "--days", "3", "--yes"]);
    let shown = lab.done(&["journal", "show", "alice.journal", "--last", "2", "--json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let entries = shown["entries"].as_array().unwrap();
    assert_eq!(entries.iter().map(|e| e["n"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 3]);
    assert!(
        entries.iter().all(|e| e["product"] == "acme-cad" && e["type"] == "trial-response+jwt")
    );
    assert!(entries.iter().all(|e| e["under"].is_string()), "grants count under their delegation");
    let one =
        lab.done(&["journal", "show", "alice.journal", "--request", "requests/lab-2.request"]);
    assert!(one.contains("trial response for acme-cad, until"), "{one}");
    lab.ask(9);
    let none =
        lab.done(&["journal", "show", "alice.journal", "--request", "requests/lab-9.request"]);
    assert!(none.contains("was not answered by this key"), "{none}");
    // By nobody's key nothing inside is believed.
    fs::rename(lab.path("alice.pub"), lab.path("elsewhere.pub")).unwrap();
    let unknown = lab.done(&["journal", "show", "alice.journal"]);
    assert!(unknown.contains("not verified") && !unknown.contains("acme-cad"), "{unknown}");
}

#[test]
fn a_torn_last_line_is_cut_with_a_message_and_signing_goes_on() {
    let lab = Lab::new();
    for number in 1..=2 {
        lab.ask(number);
    }
    lab.sign(&["requests/lab-1.request", "--days", "3"]);
    let whole = fs::read(lab.path("alice.journal")).unwrap();
    fs::write(lab.path("alice.journal"), [&whole[..], b"{\"n\":2,\"at\":17"].concat()).unwrap();
    let torn = lab.run(&["journal", "verify", "alice.journal"]);
    assert!(torn.status.code() == Some(1) && out(&torn).contains("torn"), "{}", out(&torn));
    let done = lab.sign(&["requests/lab-2.request", "--days", "3"]);
    let said = out(&done).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("14 bytes were cut off"), "{said}");
    assert_eq!(lab.journaled("alice.journal").len(), 2);
}

#[test]
fn another_keys_journal_is_not_written_into() {
    let lab = Lab::new();
    lab.ask(1);
    lab.sign(&["requests/lab-1.request", "--days", "3"]);
    let words = [
        "sign",
        "requests/lab-1.request",
        "--key",
        "root.pem",
        "--days",
        "3",
        "--journal",
        "alice.journal",
    ];
    let refused = lab.run(&[&words[..], &["--out", "x.response"]].concat());
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("is that of the key"), "{}", err(&refused));
    assert!(!lab.path("x.response").exists());
}

#[test]
fn a_file_that_is_no_journal_is_refused_and_left_alone() {
    let lab = Lab::new();
    lab.ask(1);
    fs::write(lab.path("notes.txt"), "my notes\nand more\n").unwrap();
    let refused = lab.sign(&["requests/lab-1.request", "--days", "3", "--journal", "notes.txt"]);
    assert_eq!(refused.status.code(), Some(1), "{}", err(&refused));
    assert_eq!(fs::read(lab.path("notes.txt")).unwrap(), b"my notes\nand more\n");
    assert_eq!(lab.run(&["journal", "verify", "notes.txt"]).status.code(), Some(1));
    assert_eq!(lab.run(&["journal", "head", "notes.txt"]).status.code(), Some(1));
    assert_eq!(lab.run(&["journal", "verify", "missing.journal"]).status.code(), Some(2));
}
