//! What a person at a terminal is asked, and what becomes of the answer.

use std::fs;

use crate::lab::{Lab, trial};
use crate::second;
use crate::terminal::Terminal;

#[test]
fn a_person_sees_what_would_be_granted_and_says_yes_or_no() {
    let lab = Lab::new();
    lab.ask(1);
    lab.ask(2);
    lab.write(3, &trial(3, "acme-cam"));
    let words = lab.signing(&["requests", "--days", "30", "--report", "r.csv"]);
    let mut no = Terminal::run(&lab, &words);
    no.wait_for("2 trials, the longest until");
    no.wait_for("1 out-of-scope");
    no.wait_for("Sign this? [y/N]");
    no.type_line("");
    assert_eq!(no.end().0, Some(2));
    assert!(lab.responses("requests").is_empty() && !lab.path("r.csv").exists());
    let mut yes = Terminal::run(&lab, &words);
    yes.wait_for("Sign this? [y/N]");
    yes.type_line("y");
    let (code, shown) = yes.end();
    assert_eq!((code, lab.responses("requests").len()), (Some(1), 2), "{shown}");
    assert!(lab.path("r.csv").exists());
}

#[test]
fn who_approves_sees_what_would_be_given_to_whom_by_whom_and_says_yes_or_no() {
    let lab = second::two();
    let request = second::ask(&lab, 1);
    lab.sign_json(&second::perpetual(&[&request, "--out", "late.response"]));
    let words = ["approve", "late.proposal", "--key", "bob/bob.pem", "--chain", "bob/bob.chain"];
    let words = [&words[..], &["--root", "root.pub"]].concat();
    let mut no = Terminal::run(&lab, &words);
    for shown in ["support: alice", "activation of acme-cad", "without an end", "lab-1", "Jane"] {
        no.wait_for(shown);
    }
    no.wait_for("Approve this? [y/N]");
    no.type_line("n");
    assert_eq!(no.end().0, Some(2));
    assert!(!lab.path("late.approval").exists() && !lab.path("bob/bob.journal").exists());
    let mut yes = Terminal::run(&lab, &words);
    yes.wait_for("Approve this? [y/N]");
    yes.type_line("y");
    let (code, shown) = yes.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("late.approval") && lab.path("late.approval").exists(), "{shown}");
}

#[test]
fn attack_a_request_that_slips_in_between_question_and_answer() {
    let lab = Lab::new();
    lab.ask(1);
    let mut asked = Terminal::run(&lab, &lab.signing(&["requests", "--days", "30"]));
    asked.wait_for("Sign this? [y/N]");
    lab.ask(2);
    fs::write(lab.path("requests/lab-1b.request"), trial(1, "acme-cad")).unwrap();
    asked.type_line("y");
    let (code, shown) = asked.end();
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("not-shown"), "{shown}");
    // What was shown under another name is the same request.
    let names: Vec<String> = lab.responses("requests").into_keys().collect();
    assert_eq!(names, ["lab-1", "lab-1b"]);
}
