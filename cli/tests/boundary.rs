//! A trial page that signs by itself hands its key to everybody. What can be had with it, from the app's SDK, the command
//! line and a portal: each thing that is worth something, tried with the key as a thief has it, beside the one thing that it
//! is for.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

#[path = "boundary/page.rs"]
mod page;
#[path = "boundary/portal.rs"]
mod portal;

use countersign_client::core::Code;
use countersign_client::core::delegation::{Products, Scope, ScopeType};
use countersign_client::core::release::Release;
use countersign_client::core::response::Answer;
use countersign_client::core::revocations::{Revocations, RevokedKey};
use countersign_client::core::rotation::Rotation;
use countersign_client::core::trust::Signer;
use countersign_client::core::{Hash, Id};

use page::{DAY, Thief, now};
use portal::Portal;

/// The one thing.
#[test]
fn a_trial_within_the_scope_is_what_the_key_is_for() {
    let thief = Thief::new();
    let trial = thief.trial(30 * DAY);
    thief.install(&thief.forged(&trial)).unwrap();
    assert!(thief.client.check().right().unwrap().is_trial());
}

// From the SDK.

#[test]
fn attack_the_app_takes_no_activation() {
    let thief = Thief::new();
    let activation = thief.activation();
    thief.refused(&thief.forged(&activation), Code::OutOfScope);
}

#[test]
fn attack_the_app_takes_no_receipt() {
    let thief = Thief::new();
    let mut receipt = thief.activation();
    receipt.answer = Answer::Deactivation { activation: receipt.id };
    thief.refused(&thief.forged(&receipt), Code::OutOfScope);
}

#[test]
fn attack_the_app_takes_no_time_from_it() {
    let thief = Thief::new();
    let mut reset = thief.activation();
    reset.answer = Answer::TimeReset;
    thief.refused(&thief.forged(&reset), Code::OutOfScope);
}

#[test]
fn attack_the_app_takes_no_longer_trial_and_none_without_an_end() {
    let thief = Thief::new();
    thief.refused(&thief.forged(&thief.trial(30 * DAY + 1)), Code::OutOfScope);
    let mut endless = thief.trial(DAY);
    if let Answer::Trial(granted) = &mut endless.answer {
        granted.grant.expires_at = None;
    }
    thief.refused(&thief.forged(&endless), Code::OutOfScope);
}

#[test]
fn attack_no_app_of_another_product_takes_a_trial() {
    let thief = Thief::of_product("acme-cam");
    thief.refused(&thief.forged(&thief.trial(DAY)), Code::OutOfScope);
}

#[test]
fn attack_the_app_takes_nothing_signed_before_or_after_the_delegation() {
    let thief = Thief::new();
    for signed_at in [thief.from() - 1, thief.until(), thief.until() + DAY] {
        let mut trial = thief.trial(DAY);
        trial.issued_at = signed_at;
        if let Answer::Trial(granted) = &mut trial.answer {
            granted.grant.expires_at = Some(signed_at + DAY);
            granted.import_by = signed_at + DAY;
        }
        thief.refused(&thief.forged(&trial), Code::OutOfScope);
    }
}

#[test]
fn attack_the_app_takes_no_second_trial() {
    let thief = Thief::new();
    thief.install(&thief.forged(&thief.trial(DAY))).unwrap();
    let second = thief.forged(&thief.trial(2 * DAY));
    assert_eq!(thief.install(&second).unwrap_err().code(), "trial-already-used");
}

#[test]
fn attack_the_app_takes_no_trial_of_another_machine_or_of_no_request() {
    let (thief, other) = (Thief::new(), Thief::new());
    thief.refused(&other.forged(&other.trial(DAY)), Code::WrongDevice);
    let mut trial = thief.trial(DAY);
    trial.device = other.trial(DAY).device;
    thief.refused(&thief.forged(&trial), Code::WrongDevice);
    let mut trial = thief.trial(DAY);
    trial.request.hash = Hash::of("no request");
    thief.refused(&thief.forged(&trial), Code::UnknownRequest);
}

#[test]
fn attack_the_key_delegates_to_nobody() {
    let thief = Thief::new();
    let wide = Scope {
        types: ScopeType::ALL.to_vec(),
        products: Products::All,
        max_days: None,
        max_grants: None,
        approved: None,
    };
    // To a fresh key, and to itself once more with a wider scope.
    for to in [page::key(9), page::key(2)] {
        let chain = thief.delegation(&to, wide.clone()).sign(&page::key(2));
        let activation = thief.activation();
        let forged = page::resign(&thief.by_root(&activation), &to, Some(&chain));
        thief.refused(&forged, Code::UntrustedKey);
    }
}

#[test]
fn attack_the_delegation_is_not_widened_by_hand() {
    let thief = Thief::new();
    for (narrow, wide) in [
        (r#""types":["trial"]"#, r#""types":["trial","activation"]"#),
        (r#""max_days":30"#, r#""max_days":null"#),
        (r#"["acme-cad"]"#, r#"["*"]"#),
    ] {
        let chain = page::changed(&thief.chain, narrow, wide);
        let forged = page::resign(&thief.by_root(&thief.trial(DAY)), &page::key(2), Some(&chain));
        thief.refused(&forged, Code::BadChain);
    }
    // Without the delegation, or as if the key were the root itself.
    let bare = page::resign(&thief.by_root(&thief.trial(DAY)), &page::key(2), None);
    thief.refused(&bare, Code::UntrustedKey);
}

#[test]
fn attack_the_key_revokes_nothing() {
    let thief = Thief::new();
    let list = Revocations {
        id: Id::from([5; 16]),
        issued_at: now(),
        issuer: "Acme".to_owned(),
        seq: 9,
        revoked: vec![RevokedKey {
            kid: page::key(3).public_key().thumbprint(),
            compromised: true,
            below: None,
        }],
    };
    thief.refused(&list.sign(&page::key(2)), Code::UntrustedKey);
    let signer = Signer::root(page::key(2)).with_revocations(Some(list.sign(&page::key(2))));
    let trial = signer.sign(&thief.trial(DAY)).unwrap();
    thief.refused(&trial, Code::UntrustedKey);
}

#[test]
fn attack_the_key_hands_over_to_no_new_root() {
    let thief = Thief::new();
    let (stolen, new) = (page::key(2), page::key(9));
    let rotation = Rotation {
        id: Id::from([8; 16]),
        issued_at: now(),
        issuer: "Acme".to_owned(),
        seq: 1,
        until: now() + DAY,
        old: stolen.public_key(),
        new: new.public_key(),
    };
    thief.refused(&rotation.sign(&stolen, &new).unwrap(), Code::UntrustedKey);
}

#[test]
fn attack_the_key_signs_no_release() {
    let thief = Thief::new();
    let release = Release {
        issuer: "Acme".to_owned(),
        product: "acme-cad".parse().unwrap(),
        id: Id::from([6; 16]),
        issued_at: now(),
        version: "9.9.9".parse().unwrap(),
        channel: "stable".parse().unwrap(),
        files: vec![countersign_client::core::release::ListedFile {
            name: "acme-cad.exe".parse().unwrap(),
            size: 7,
            sha256: Hash::of("malware"),
        }],
    };
    let by_root = Signer::root(page::key(1)).sign_release(&release).unwrap();
    let forged = page::resign(&by_root, &page::key(2), Some(&thief.chain));
    assert_eq!(thief.roots().verify_release(&forged).unwrap_err().code(), Code::OutOfScope);
    let lab = thief.lab();
    std::fs::write(lab.join("acme-cad.exe"), "malware").unwrap();
    let words =
        ["sign-release", "--key", "trial.pem", "--chain", "trial.chain", "--root", "root.pub"];
    let more = ["--product", "acme-cad", "--version", "9.9.9", "acme-cad.exe"];
    thief.command_refuses(&[&words[..], &more].concat(), "out-of-scope");
}

// From the command line.

#[test]
fn attack_the_command_signs_trials_within_the_scope_and_nothing_else() {
    let thief = Thief::new();
    let lab = thief.lab();
    let request = |name: &str, file: String| std::fs::write(lab.join(name), file).unwrap();
    request("trial.request", thief.client.request_trial().unwrap().file);
    request("activation.request", thief.client.request_activation(None).unwrap().file);
    let other = Thief::of_product("acme-cam");
    request("other.request", other.client.request_trial().unwrap().file);
    let sign = |file: &'static str, more: &[&'static str]| {
        let usual = ["sign", file, "--key", "trial.pem", "--chain", "trial.chain"];
        [&usual[..], &["--root", "root.pub", "--out", "out.response"], more].concat()
    };
    let key = "8KRT7-00000-00000-00000-0000P";
    thief.command_refuses(&sign("trial.request", &["--days", "31"]), "out-of-scope");
    thief.command_refuses(&sign("trial.request", &["--perpetual"]), "out-of-scope");
    thief.command_refuses(&sign("other.request", &["--days", "9"]), "out-of-scope");
    let activation = sign("activation.request", &["--days", "9", "--license-key", key]);
    thief.command_refuses(&activation, "out-of-scope");
    assert!(!lab.join("out.response").exists(), "nothing was written");
    let done = thief.command(&sign("trial.request", &["--days", "9"]));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn attack_what_the_command_delegates_with_it_verifies_nowhere() {
    let thief = Thief::new();
    let words = ["keys", "delegate", "--root-key", "trial.pem", "--to", "other.pub"];
    let more =
        ["--holder", "eve", "--products", "*", "--types", "activation", "--out", "eve.chain"];
    assert!(thief.command(&["keys", "new", "--out", "other.pem"]).status.success());
    // The command cannot know that this key is no root. Everybody else does.
    assert!(thief.command(&[&words[..], &more].concat()).status.success());
    thief.command_refuses(&["keys", "show", "--root", "root.pub", "eve.chain"], "untrusted-key");
    std::fs::write(
        thief.lab().join("a.request"),
        thief.client.request_activation(None).unwrap().file,
    )
    .unwrap();
    let sign =
        ["sign", "a.request", "--key", "other.pem", "--chain", "eve.chain", "--root", "root.pub"];
    let more = ["--days", "9", "--license-key", "8KRT7-00000-00000-00000-0000P"];
    thief.command_refuses(&[&sign[..], &more].concat(), "untrusted-key");
}

// From a portal.

#[test]
fn attack_the_vendors_portal_gives_nothing_for_what_the_key_signs() {
    let thief = Thief::new();
    let portal = Portal::of_the_vendor();
    let forged =
        [thief.forged(&thief.trial(DAY)), thief.forged(&thief.activation()), thief.chain.clone()];
    for token in &forged {
        for door in ["activations", "deactivations", "trials"] {
            let (status, body) = portal.post(&format!("/api/v1/{door}"), token);
            assert_eq!((status, &body["code"]), (422, &"wrong-type".into()), "{door}: {body}");
        }
        for path in ["/admin", "/admin/licenses", "/admin/settings", "/licenses", "/organization"] {
            let status = portal.visit(path, token);
            assert!(status == 303 || status == 403, "{path}: {status}");
        }
    }
}

#[test]
fn attack_a_portal_of_the_thiefs_own_gives_trials_within_the_scope_and_nothing_else() {
    let thief = Thief::new();
    let portal = Portal::with_the_stolen_key(&thief);
    let activation = thief.client.request_activation(Some(&portal.license)).unwrap();
    let (status, body) = portal.post("/api/v1/activations", &activation.token);
    assert_eq!((status, &body["code"]), (503, &"signing-failed".into()), "{body}");
    portal.trial_days(60);
    let request = thief.client.request_trial().unwrap();
    let (status, body) = portal.post("/api/v1/trials", &request.token);
    assert_eq!((status, &body["code"]), (503, &"signing-failed".into()), "{body}");
    portal.trial_days(14);
    let (status, body) = portal.post("/api/v1/trials", &request.token);
    assert_eq!(status, 200, "{body}");
    thief.install(body["token"].as_str().unwrap()).unwrap();
    assert!(thief.client.check().right().unwrap().is_trial());
}
