//! `policy fetch`: from the portal into a file, and signed by that file without the portal.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use countersign_store::TokenScope;

use crate::lab::{Lab, activation, err, out};
use crate::liar::{Liar, answer};
use crate::portal::Portal;

fn fetch(lab: &Lab, url: &str, more: &[&str]) -> (Option<i32>, String) {
    let words = ["policy", "fetch", "--portal", url, "--token-file", "reader", "--out", "p.toml"];
    let done = lab.run(&[&words[..], more].concat());
    (done.status.code(), format!("{} {}", out(&done), err(&done)))
}

#[test]
fn what_the_portal_grants_is_fetched_and_granted_offline_and_no_more() {
    let lab = Lab::with_scope(&[
        "--types",
        "activation,deactivation,trial",
        "--max-days",
        "0",
        "--products",
        "*",
    ]);
    let portal = Portal::for_lab(&lab);
    portal.token(&lab, "reader", &[TokenScope::ReadPolicy, TokenScope::ReadLicenseKeys]);
    let (code, said) = fetch(&lab, &portal.url, &["--licenses"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("license keys in it"), "{said}");
    let mode = fs::metadata(lab.path("p.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(lab.path("p.toml")).unwrap();
    assert!(
        text.contains(&portal.license.grouped()) && text.contains("vendor = \"Acme\""),
        "{text}"
    );
    lab.ask(1);
    lab.write(2, &activation(2, &portal.license.grouped()));
    // Under a key that the portal does not know.
    lab.write(3, &activation(3, crate::lab::LICENSE));
    let (code, said) = lab.sign_json(&["requests", "--policy", "p.toml", "--yes"]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!((&said["signed"], &said["refused"]), (&2.into(), &1.into()));
    let responses = lab.responses("requests");
    let granted = |name: &str| responses[name].1.granted().unwrap().grant.clone();
    let license = granted("lab-2").license.unwrap();
    assert_eq!(
        (license.plan.as_deref(), license.holder.as_deref()),
        (Some("Pro"), Some("Jane's lab"))
    );
    assert_eq!(granted("lab-2").expires_at, None);
    let trial = granted("lab-1").expires_at.unwrap();
    assert_eq!(trial - responses["lab-1"].1.issued_at, 14 * 86_400);
    assert_eq!(portal.stored().live_activations, 0);
}

#[test]
fn a_policy_that_is_there_is_replaced_on_purpose_alone() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    portal.token(&lab, "reader", &[TokenScope::ReadPolicy]);
    fs::write(lab.path("p.toml"), "mine").unwrap();
    let (code, said) = fetch(&lab, &portal.url, &[]);
    assert!(code == Some(1) && said.contains("is not replaced"), "{said}");
    assert_eq!(fs::read_to_string(lab.path("p.toml")).unwrap(), "mine");
    let (code, said) = fetch(&lab, &portal.url, &["--force", "--product", "acme-cad"]);
    assert_eq!(code, Some(0), "{said}");
    let text = fs::read_to_string(lab.path("p.toml")).unwrap();
    assert!(text.contains("days = 14") && !text.contains("[[licenses]]"), "{text}");
    let mode = fs::metadata(lab.path("p.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn attack_a_token_that_reads_policies_does_not_read_license_keys() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    portal.token(&lab, "reader", &[TokenScope::ReadPolicy]);
    let (code, said) = fetch(&lab, &portal.url, &["--licenses"]);
    assert!(
        code == Some(1) && said.contains("does not have the scope license-keys:read"),
        "{said}"
    );
    assert!(!lab.path("p.toml").exists());
    portal.token(&lab, "reader", &[TokenScope::AnswerRequests, TokenScope::ReadLicenseKeys]);
    let (code, said) = fetch(&lab, &portal.url, &[]);
    assert!(code == Some(1) && said.contains("does not have the scope policy:read"), "{said}");
}

#[test]
fn attack_an_answer_that_is_no_policy_is_not_put_where_one_is_expected() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    portal.token(&lab, "reader", &[TokenScope::ReadPolicy]);
    for body in ["", "<html>", "[products.a]\nseats = 9\n", "vendor = \"Acme\"\n"] {
        let liar = Liar::new(move |_, _| answer("200 OK", "", body));
        let (code, said) = fetch(&lab, &liar.url, &[]);
        assert!(code == Some(2) && said.contains("nothing was written"), "{body}: {said}");
        assert!(!lab.path("p.toml").exists());
    }
}
