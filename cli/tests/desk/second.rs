//! Two people for what has no end: one proposes, another approves, a file each way.

use std::fs;
use std::process::Output;

use countersign_core::response::Response;
use serde_json::Value;

use crate::lab::{LICENSE, Lab, activation, err, out};

const SCOPE: [&str; 8] = [
    "--types",
    "activation,deactivation,trial",
    "--max-days",
    "30",
    "--approved-days",
    "0",
    "--products",
    "acme-cad",
];

/// Alice's laptop with the demand, and Bob's beside it, whose key may approve.
pub(crate) fn two() -> Lab {
    let lab = Lab::with_scope(&SCOPE);
    fs::create_dir(lab.path("bob")).unwrap();
    second(&lab, "bob/bob", "lead: bob", "approval", "acme-cad");
    lab
}

fn second(lab: &Lab, name: &str, holder: &str, types: &str, products: &str) {
    let file = |ending: &str| format!("{name}.{ending}");
    lab.done(&["keys", "new", "--out", &file("pem")]);
    let (public, chain) = (file("pub"), file("chain"));
    let words = ["keys", "delegate", "--root-key", "root.pem", "--to", &public, "--holder", holder];
    let scope = ["--types", types, "--products", products, "--out", &chain];
    lab.done(&[&words[..], &scope].concat());
}

pub(crate) fn perpetual<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [more, &["--perpetual", "--license-key", LICENSE, "--holder", "Jane"]].concat()
}

fn approve(lab: &Lab, key: &str, words: &[&str]) -> Output {
    let (pem, chain) = (format!("{key}.pem"), format!("{key}.chain"));
    let own = ["approve", "--key", &pem, "--chain", &chain, "--root", "root.pub", "--json"];
    lab.run(&[&own[..], words].concat())
}

fn json(done: &Output) -> Value {
    serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}{}", out(done), err(done)))
}

pub(crate) fn ask(lab: &Lab, number: usize) -> String {
    lab.write(number, &activation(number, LICENSE));
    format!("requests/lab-{number}.request")
}

fn perpetual_of(lab: &Lab, folder: &str, name: &str) -> Response {
    lab.responses(folder).remove(name).unwrap().1
}

#[test]
fn two_people_give_a_grant_without_an_end_with_one_file_each_way() {
    let lab = two();
    let request = ask(&lab, 1);
    let words = perpetual(&[&request, "--out", "late.response"]);
    let (code, said) = lab.sign_json(&words);
    assert_eq!((code, &said["code"]), (Some(1), &"needs-approval".into()), "{said}");
    assert!(lab.path("late.proposal").exists() && !lab.path("late.response").exists());
    assert_eq!(lab.journaled("alice.journal").len(), 0, "nothing is granted");
    // The same command again changes nothing: it is the same proposal.
    let proposal = fs::read(lab.path("late.proposal")).unwrap();
    assert_eq!(lab.sign_json(&words).1["is_new"], false);
    assert_eq!(fs::read(lab.path("late.proposal")).unwrap(), proposal);
    // Bob gets the file, looks, and says yes.
    fs::copy(lab.path("late.proposal"), lab.path("bob/late.proposal")).unwrap();
    let said = json(&approve(&lab, "bob/bob", &["bob/late.proposal", "--yes"]));
    assert_eq!(
        (&said["approved"], &said["approvals"][0]["entry"]),
        (&1.into(), &1.into()),
        "{said}"
    );
    assert_eq!(said["approvals"][0]["proposed"]["device_name"], "lab-1");
    assert_eq!(lab.journaled("bob/bob.journal").len(), 1);
    let approval = fs::read(lab.path("bob/late.approval")).unwrap();
    // Asked again he gives the same one.
    approve(&lab, "bob/bob", &["bob/late.proposal", "--yes"]);
    assert_eq!(fs::read(lab.path("bob/late.approval")).unwrap(), approval);
    assert_eq!(lab.journaled("bob/bob.journal").len(), 1);
    // It comes back, and the same command gives the response; from then on always the same one.
    fs::copy(lab.path("bob/late.approval"), lab.path("late.approval")).unwrap();
    let (code, said) = lab.sign_json(&words);
    assert_eq!((code, &said["entry"]), (Some(0), &1.into()), "{said}");
    let response = perpetual_of(&lab, ".", "late");
    assert_eq!(response.granted().unwrap().grant.expires_at, None);
    let first = fs::read(lab.path("late.response")).unwrap();
    for file in ["late.response", "late.approval", "late.proposal"] {
        fs::remove_file(lab.path(file)).unwrap();
    }
    assert_eq!(lab.sign_json(&words).0, Some(0));
    assert_eq!(fs::read(lab.path("late.response")).unwrap(), first);
    assert_eq!(lab.journaled("alice.journal").len(), 1);
    let shown = lab.done(&["inspect", "--root", "root.pub", "late.response"]);
    assert!(shown.contains("approved by    \"lead: bob\", by delegation"), "{shown}");
    // What she may give alone she gives alone.
    let request = ask(&lab, 2);
    let (code, _) =
        lab.sign_json(&[&request, "--days", "30", "--license-key", LICENSE, "--out", "2.response"]);
    assert_eq!(code, Some(0));
}

#[test]
fn a_named_approval_is_found_wherever_it_lies() {
    let lab = two();
    let words = ask(&lab, 1);
    let words = perpetual(&[&words, "--out", "late.response"]);
    lab.sign_json(&words);
    fs::create_dir(lab.path("back")).unwrap();
    let said =
        json(&approve(&lab, "bob/bob", &["late.proposal", "--yes", "--out", "back/x.approval"]));
    assert_eq!(said["approved"], 1, "{said}");
    assert_eq!(lab.sign_json(&words).0, Some(1), "it does not lie beside the proposal");
    let named = [&words[..], &["--approval", "back"]].concat();
    assert_eq!(lab.sign_json(&named).0, Some(0));
    assert_eq!(lab.responses(".").len(), 1);
}

#[test]
fn attack_nobody_approves_their_own_proposal() {
    let lab = two();
    let request = ask(&lab, 1);
    lab.sign_json(&perpetual(&[&request, "--out", "late.response"]));
    let refused = approve(&lab, "alice", &["late.proposal", "--yes"]);
    assert_eq!(
        (refused.status.code(), &json(&refused)["error"]),
        (Some(1), &"approval-wrong".into())
    );
    // Nor with a delegation that lets her key approve.
    let words =
        ["keys", "delegate", "--root-key", "root.pem", "--to", "alice.pub", "--holder", "alice"];
    let scope = ["--types", "approval", "--products", "*", "--out", "both.chain"];
    lab.done(&[&words[..], &scope].concat());
    fs::copy(lab.path("alice.pem"), lab.path("both.pem")).unwrap();
    let refused = approve(&lab, "both", &["late.proposal", "--yes"]);
    assert_eq!(json(&refused)["error"], "approval-wrong");
    assert!(json(&refused)["advice"].as_str().unwrap().contains("two keys"), "{}", out(&refused));
    assert!(!lab.path("late.approval").exists());
}

#[test]
fn attack_an_approval_of_another_proposal_or_by_a_key_that_may_not_gives_nothing() {
    let lab = two();
    second(&lab, "carol", "trial desk", "trial", "acme-cad");
    second(&lab, "dave", "other product", "approval", "acme-cam");
    let request = ask(&lab, 1);
    let words = perpetual(&[&request, "--out", "late.response"]);
    lab.sign_json(&words);
    for key in ["carol", "dave"] {
        let refused = approve(&lab, key, &["late.proposal", "--yes"]);
        assert_eq!(
            (refused.status.code(), &json(&refused)["error"]),
            (Some(1), &"out-of-scope".into()),
            "{key}"
        );
    }
    // Bob approves; Alice proposes something else in its place, and keeps his approval.
    json(&approve(&lab, "bob/bob", &["late.proposal", "--yes"]));
    fs::remove_file(lab.path("late.proposal")).unwrap();
    let more = [&words[..], &["--feature", "parts=9999"]].concat();
    assert_eq!(lab.sign_json(&more).1["code"], "needs-approval");
    let (code, said) = lab.sign_json(&more);
    assert_eq!((code, &said["error"]), (Some(1), &"approval-wrong".into()), "{said}");
    // The other way round, a proposal that is not what is asked now is not signed, approved or not.
    let (code, said) = lab.sign_json(&words);
    assert_eq!((code, &said["error"]), (Some(1), &"file-exists".into()), "{said}");
    assert_eq!(lab.journaled("alice.journal").len(), 0);
    // A revoked key proposes in vain where Bob has the list.
    let revoke = [
        "keys",
        "revoke",
        "alice.chain",
        "--stolen",
        "--root-key",
        "root.pem",
        "--out",
        "list.response",
    ];
    lab.done(&revoke);
    let refused = approve(&lab, "bob/bob", &["late.proposal", "--yes", "--list", "list.response"]);
    assert_eq!(json(&refused)["error"], "revoked-key");
    // And nothing is approved unseen.
    let unasked = approve(&lab, "bob/bob", &["late.proposal"]);
    assert_eq!(unasked.status.code(), Some(2));
    assert!(err(&unasked).contains("without an end") || out(&unasked).contains("no terminal"));
}

#[test]
fn many_requests_wait_for_one_look_of_a_second_person() {
    let lab = two();
    for number in 1..=3 {
        ask(&lab, number);
    }
    lab.ask(4);
    let policy = format!(
        "[products.acme-cad]\ndays = 30\n[[licenses]]\nkey = \"{LICENSE}\"\nperpetual = true\n"
    );
    fs::write(lab.path("policy.toml"), policy).unwrap();
    let words = ["requests", "--policy", "policy.toml", "--yes", "--report", "r.csv"];
    let (code, said) = lab.sign_json(&words);
    assert_eq!(
        (code, &said["signed"], &said["needs_approval"]),
        (Some(1), &1.into(), &3.into()),
        "{said}"
    );
    let report = fs::read_to_string(lab.path("r.csv")).unwrap();
    assert_eq!(report.matches("\"needs-approval\"").count(), 6, "result and code: {report}");
    // Bob takes the folder of proposals. One of them was changed on the way: the rest is approved.
    fs::create_dir(lab.path("bob/in")).unwrap();
    for number in 1..=3 {
        let name = format!("lab-{number}.proposal");
        let mut text = fs::read_to_string(lab.path(format!("requests/{name}"))).unwrap();
        if number == 2 {
            text = text
                .lines()
                .filter(|line| !line.starts_with("# end"))
                .collect::<Vec<_>>()
                .join("\n");
            text.truncate(text.len() - 9);
        }
        fs::write(lab.path(format!("bob/in/{name}")), text).unwrap();
    }
    let done = approve(&lab, "bob/bob", &["bob/in", "--yes", "--out", "requests"]);
    let said = json(&done);
    assert_eq!(
        (done.status.code(), &said["approved"], &said["refused"]),
        (Some(1), &2.into(), &1.into()),
        "{said}"
    );
    let words = ["requests", "--policy", "policy.toml", "--yes"];
    let (code, said) = lab.sign_json(&words);
    assert_eq!(
        (code, &said["signed"], &said["there"], &said["needs_approval"]),
        (Some(1), &2.into(), &1.into(), &1.into()),
        "{said}"
    );
    assert_eq!(lab.check_books("requests", "alice.journal"), 3);
    assert_eq!(lab.journaled("bob/bob.journal").len(), 2);
    // The first look at many tells how many need a second key.
    let shown = lab.sign(&["requests", "--policy", "policy.toml", "--dry-run"]);
    assert!(out(&shown).contains("to approve     3 of them"), "{}", out(&shown));
}

#[test]
fn numbered_grants_and_approved_ones_live_in_one_journal() {
    let lab = Lab::with_scope(&[&SCOPE[..], &["--max-grants", "3"]].concat());
    second(&lab, "bob", "lead: bob", "approval", "*");
    lab.ask(1);
    lab.ask(2);
    let request = ask(&lab, 3);
    let short = |n: usize, name: &str| {
        lab.sign_json(&[&format!("requests/lab-{n}.request"), "--days", "9", "--out", name]).0
    };
    let words = perpetual(&[&request, "--out", "3.response"]);
    assert_eq!(short(1, "1.response"), Some(0));
    lab.sign_json(&words);
    json(&approve(&lab, "bob", &["3.proposal", "--yes"]));
    assert_eq!(lab.sign_json(&words).0, Some(0));
    assert_eq!(short(2, "2.response"), Some(0));
    assert_eq!(lab.journaled("alice.journal").len(), 3);
}

#[test]
fn the_new_files_explain_themselves() {
    let lab = two();
    let request = ask(&lab, 1);
    lab.sign_json(&perpetual(&[&request, "--out", "late.response"]));
    json(&approve(&lab, "bob/bob", &["late.proposal", "--yes"]));
    for (file, words) in [("late.proposal", "without an end"), ("late.approval", "lead: bob")] {
        let shown = lab.done(&["inspect", "--root", "root.pub", file]);
        assert!(shown.contains(words) && shown.contains("It verifies"), "{shown}");
        let shown = lab.done(&["explain", "--root", "root.pub", file]);
        assert!(shown.contains(words) && shown.contains("verdict        ok"), "{shown}");
        assert!(lab.done(&["verify", "--root", "root.pub", file]).starts_with("ok: "));
        let unknown = lab.done(&["inspect", file]);
        assert!(unknown.contains("cannot be told") && !unknown.contains("lead: bob"), "{unknown}");
    }
    let shown = lab.done(&["keys", "show", "--root", "root.pub", "alice.chain"]);
    assert!(shown.contains("with approval  without a limit"), "{shown}");
    let shown = lab.done(&["journal", "show", "bob/bob.journal", "--root", "root.pub"]);
    assert!(shown.contains("approval of the grant"), "{shown}");
    for (days, approved) in [("0", "0"), ("30", "30"), ("30", "29")] {
        let words =
            ["keys", "delegate", "--root-key", "root.pem", "--to", "alice.pub", "--holder", "x"];
        let scope = [
            "--products",
            "*",
            "--out",
            "x.chain",
            "--max-days",
            days,
            "--approved-days",
            approved,
        ];
        assert_eq!(
            lab.run(&[&words[..], &scope].concat()).status.code(),
            Some(2),
            "{days} {approved}"
        );
        assert!(!lab.path("x.chain").exists());
    }
}
