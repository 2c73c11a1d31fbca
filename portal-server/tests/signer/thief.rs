//! The thief has got through a hole in the web layer: he speaks to the signer as the portal does, and has all that the portal
//! has but the key.

use countersign_core::delegation::Products;
use countersign_core::release::{ListedFile, Release};
use countersign_core::response::{Answer, Response};
use countersign_core::revocations::{Revocations, RevokedKey};
use countersign_core::trust::Signer;
use countersign_core::{Expect, Hash, Id, SigningKey, Thumbprint, file};
use serde_json::json;

use crate::played::{Machine, NOW, rng};
use crate::stand::{
    DAY, Stand, answer_to, asked, by_earlier, by_request, delegation, granted, product,
};

#[tokio::test]
async fn a_machine_that_asked_gets_its_answer_by_a_signer() {
    let stand = Stand::new();
    let (machine, license, request) = asked();
    let token = stand.signs(&request, &answer_to(&request, license.id())).await;
    let verified = stand.keys.roots().verify_response(&token, Expect::Response).unwrap();
    assert_eq!(verified.claims().device, machine.key.public_key().thumbprint());
    let trial = machine.trial();
    stand.signs(&trial, &answer_to(&trial, license.id())).await;
    let proof = machine.deactivation(&Id::random(&mut rng()).to_string());
    stand.signs(&proof, &answer_to(&proof, license.id())).await;
    let (tokens, verified) = stand.keys.journaled();
    assert!(tokens.contains(&token));
    assert_eq!((tokens.len(), verified.findings.len()), (3, 0), "{verified:?}");
}

#[tokio::test]
async fn attack_the_socket_alone_signs_nothing_that_no_machine_asked_for() {
    let stand = Stand::new();
    let (_, license, request) = asked();
    let response = answer_to(&request, license.id());
    // His own text, a token that nobody signed, a request of another name, no evidence at all.
    let mut parts: Vec<&str> = request.split('.').collect();
    let cut = &parts[2][1..];
    let other = format!("A{cut}");
    parts[2] = if parts[2].starts_with('A') { cut } else { &other };
    let unsigned = parts.join(".");
    for forged in ["", "x", "a.b.c", unsigned.as_str()] {
        stand.declines(&by_request(forged, &response)).await;
    }
    let made_up = json!({"v": 1, "do": "sign", "response": response.to_unsigned()});
    assert_eq!(stand.declines(&made_up).await, "bad-message");
    // A response is no request, whoever signed it.
    let token = Signer::root(SigningKey::generate(&mut rng())).sign(&response).unwrap();
    assert_eq!(stand.declines(&by_request(&token, &response)).await, "wrong-type");
    stand.has_signed_nothing();
}

#[tokio::test]
async fn attack_one_request_gives_nothing_to_a_second_device() {
    let stand = Stand::new();
    let (_, license, request) = asked();
    let second = Machine::new("lab-8", &product()).activation(&license);
    let good = answer_to(&request, license.id());
    let other = answer_to(&second, license.id());
    let device = Response { device: other.device, ..good.clone() };
    let mut bound = good.clone();
    granted(&mut bound).binding.fingerprint =
        granted(&mut other.clone()).binding.fingerprint.clone();
    let named = Response { request: other.request, ..good.clone() };
    let hash = Response {
        request: countersign_core::response::RequestRef {
            hash: Hash::of("another"),
            ..good.request
        },
        ..good.clone()
    };
    for response in [device, bound, named, hash, other] {
        assert_eq!(stand.declines(&by_request(&request, &response)).await, "not-asked-for");
    }
    stand.has_signed_nothing();
    stand.signs(&request, &good).await;
}

#[tokio::test]
async fn attack_another_product_kind_or_license_than_the_request_is_refused() {
    let stand = Stand::with(|delegation| delegation.scope.products = Products::All, |_| ());
    let (machine, license, request) = asked();
    let good = answer_to(&request, license.id());
    let product = Response { product: "acme-cam".parse().unwrap(), ..good.clone() };
    let mut under = good.clone();
    granted(&mut under).grant.license.as_mut().unwrap().id = [9; 16].into();
    let trial = match good.answer.clone() {
        Answer::Activation(granted) => Answer::Trial(granted),
        other => other,
    };
    let trial = Response { answer: trial, ..good.clone() };
    let receipt = Answer::Deactivation { activation: good.id };
    let receipt = Response { answer: receipt, ..good.clone() };
    let reset = Response { answer: Answer::TimeReset, ..good.clone() };
    for response in [product, under, trial, receipt, reset] {
        assert_eq!(stand.declines(&by_request(&request, &response)).await, "not-asked-for");
    }
    // A trial is no activation, and a proof of one activation is no receipt of another.
    let asked = machine.trial();
    let trial = answer_to(&asked, license.id());
    let activation = Response { answer: good.answer.clone(), ..trial.clone() };
    assert_eq!(stand.declines(&by_request(&asked, &activation)).await, "not-asked-for");
    let proof = machine.deactivation(&Id::from([1; 16]).to_string());
    let receipt = Answer::Deactivation { activation: Id::from([2; 16]) };
    let receipt = Response { answer: receipt, ..answer_to(&proof, license.id()) };
    assert_eq!(stand.declines(&by_request(&proof, &receipt)).await, "not-asked-for");
    stand.has_signed_nothing();
}

#[tokio::test]
async fn attack_a_grant_longer_than_the_scope_or_outside_its_products_is_refused() {
    let stand = Stand::new();
    let (_, license, request) = asked();
    let with_end = |end: Option<u64>| {
        let mut response = answer_to(&request, license.id());
        granted(&mut response).grant.expires_at = end;
        by_request(&request, &response)
    };
    for end in [None, Some(NOW + 365 * DAY + 1)] {
        assert_eq!(stand.declines(&with_end(end)).await, "out-of-scope");
    }
    let other = Machine::new("lab-7", &"acme-cam".parse().unwrap()).activation(&license);
    let response = answer_to(&other, license.id());
    assert_eq!(stand.declines(&by_request(&other, &response)).await, "out-of-scope");
    stand.has_signed_nothing();
    assert_eq!(stand.says(&with_end(Some(NOW + 365 * DAY))).await["said"], "signed");
}

#[tokio::test]
async fn attack_a_back_dated_or_future_time_of_signing_is_refused() {
    let stand = Stand::new();
    let (_, license, request) = asked();
    let at = |issued_at: u64| {
        let response = Response { issued_at, ..answer_to(&request, license.id()) };
        by_request(&request, &response)
    };
    for issued_at in [0, NOW - 301, NOW + 301, NOW - 3_600 * 24, NOW + DAY] {
        assert_eq!(stand.declines(&at(issued_at)).await, "other-time");
    }
    stand.has_signed_nothing();
    for issued_at in [NOW - 300, NOW + 300] {
        assert_eq!(stand.says(&at(issued_at)).await["said"], "signed");
    }
    // Its own clock says that the key has ended: a time within the tolerance does not help.
    stand.clock.set(NOW + 30 * DAY);
    assert_eq!(stand.declines(&at(NOW + 30 * DAY - 1)).await, "other-time");
}

#[tokio::test]
async fn a_renewal_is_signed_for_the_machine_of_an_earlier_response() {
    let stand = Stand::new();
    let (_, license, request) = asked();
    let first = answer_to(&request, license.id());
    let earlier = stand.signs(&request, &first).await;
    stand.clock.set(NOW + DAY);
    let mut renewal = Response { issued_at: NOW + DAY, ..first };
    granted(&mut renewal).grant.expires_at = Some(NOW + 90 * DAY);
    let said = stand.says(&by_earlier(&earlier, &renewal)).await;
    let token = said["token"].as_str().unwrap();
    assert!(stand.keys.roots().verify_response(token, Expect::Response).is_ok());
}

#[tokio::test]
async fn attack_a_renewal_by_a_forged_earlier_response_is_refused() {
    let stand = Stand::new();
    let (_, license, request) = asked();
    let response = answer_to(&request, license.id());
    // By a key of his own: as a root, and under a delegation that he made himself.
    let (root, key) = (SigningKey::generate(&mut rng()), SigningKey::generate(&mut rng()));
    let own = Signer::root(root.clone()).sign(&response).unwrap();
    let roots = countersign_core::trust::Roots::new([root.public_key()]);
    let chained = Signer::delegated(key.clone(), delegation(&key).sign(&root), &roots).unwrap();
    let chained = chained.sign(&response).unwrap();
    for forged in [own.as_str(), chained.as_str()] {
        assert_eq!(stand.declines(&by_earlier(forged, &response)).await, "untrusted-key");
    }
    // The request is none either, nor a receipt.
    assert_eq!(stand.declines(&by_earlier(&request, &response)).await, "wrong-type");
    stand.has_signed_nothing();
}

#[tokio::test]
async fn attack_a_renewal_for_another_machine_license_or_activation_is_refused() {
    let stand = Stand::new();
    let (machine, license, request) = asked();
    let first = answer_to(&request, license.id());
    let earlier = stand.signs(&request, &first).await;
    let second = Machine::new("lab-8", &product()).activation(&license);
    let other = answer_to(&second, license.id());
    let device = Response { device: other.device, ..first.clone() };
    let named = Response { request: other.request, ..first.clone() };
    let activation = Response { id: Id::random(&mut rng()), ..first.clone() };
    let mut bound = first.clone();
    granted(&mut bound).binding.fingerprint =
        granted(&mut other.clone()).binding.fingerprint.clone();
    let mut under = first.clone();
    granted(&mut under).grant.license.as_mut().unwrap().id = [9; 16].into();
    let product_id = product();
    let product = Response { product: "acme-cam".parse().unwrap(), ..first.clone() };
    let receipt =
        Response { answer: Answer::Deactivation { activation: first.id }, ..first.clone() };
    for response in [device, named, activation, bound, under, product, receipt, other] {
        assert_eq!(stand.declines(&by_earlier(&earlier, &response)).await, "not-asked-for");
    }
    // A trial is renewed by a trial of this machine, and by nothing else.
    let trial = machine.trial();
    let answer = answer_to(&trial, license.id());
    let had = stand.signs(&trial, &answer).await;
    let elsewhere = answer_to(&Machine::new("lab-9", &product_id).trial(), license.id());
    let Answer::Trial(of_trial) = &answer.answer else { panic!("{answer:?}") };
    let licensed = Response { answer: Answer::Activation(of_trial.clone()), ..answer.clone() };
    let receipt =
        Response { answer: Answer::Deactivation { activation: answer.id }, ..answer.clone() };
    let another = Response { id: Id::random(&mut rng()), ..answer.clone() };
    for response in [elsewhere, receipt, another] {
        assert_eq!(stand.declines(&by_earlier(&had, &response)).await, "not-asked-for");
    }
    // An activation without a license is none.
    assert_eq!(stand.declines(&by_earlier(&had, &licensed)).await, "bad-claim");
    let mut longer = answer.clone();
    granted(&mut longer).grant.expires_at = Some(NOW + 60 * DAY);
    assert!(stand.says(&by_earlier(&had, &longer)).await["token"].is_string());
    // A receipt is not renewed.
    let given_up = machine.deactivation(&first.id.to_string());
    let answer = answer_to(&given_up, license.id());
    let had = stand.signs(&given_up, &answer).await;
    assert_eq!(stand.declines(&by_earlier(&had, &answer)).await, "not-asked-for");
    // Nor is anything dated before what it renews.
    let before = Response { issued_at: NOW - 1, ..first };
    assert_eq!(stand.declines(&by_earlier(&earlier, &before)).await, "not-asked-for");
}

/// A stolen support key that is known to be stolen makes no evidence, one that was retired does.
#[tokio::test]
async fn attack_an_earlier_response_by_a_key_that_is_known_to_be_stolen_is_no_evidence() {
    for compromised in [false, true] {
        let mut stand = Stand::new();
        let (_, license, request) = asked();
        let response = answer_to(&request, license.id());
        let alice = SigningKey::generate(&mut rng());
        let chain = delegation(&alice).sign(&stand.keys.root);
        let signer = Signer::delegated(alice.clone(), chain, &stand.keys.roots()).unwrap();
        let earlier = signer.sign(&response).unwrap();
        let list = list_of(&stand, alice.public_key().thumbprint(), compromised);
        stand.keys.put("revocations.response", &list);
        stand.restart(|_| ()).await;
        let said = stand.says(&by_earlier(&earlier, &response)).await;
        let wanted = if compromised { "declined" } else { "signed" };
        assert_eq!(said["said"], wanted, "{said}");
    }
}

fn list_of(stand: &Stand, kid: Thumbprint, compromised: bool) -> String {
    let list = Revocations {
        id: Id::random(&mut rng()),
        issued_at: NOW,
        issuer: "Acme".into(),
        seq: 1,
        revoked: vec![RevokedKey { kid, compromised, below: None }],
    };
    file::write(&list.sign(&stand.keys.root), &[])
}

#[tokio::test]
async fn attack_the_key_does_not_come_out_of_the_socket() {
    let stand = Stand::new();
    let mut peer = stand.connect().await;
    let seed = std::fs::read_to_string(stand.keys.place().join("signing.pem")).unwrap();
    let secret: String = seed.lines().filter(|line| !line.starts_with('-')).collect();
    let mut heard = String::new();
    for what in ["state", "sign", "sign-release", "key", "signing.pem", "../signing.pem"] {
        let asked = json!({"v": 1, "do": what});
        heard += &stand.says(&asked).await.to_string();
    }
    heard += &peer.says(&json!({"v": 1, "do": "state"})).await.to_string();
    assert!(heard.contains("chain") && !heard.contains(&secret[secret.len() - 40..]), "{heard}");
}

#[tokio::test]
async fn everything_that_the_thief_had_signed_stands_in_the_journal() {
    let stand = Stand::new();
    let mut had = Vec::new();
    for _ in 0..5 {
        // His own machines: they ask, so they are answered. That is what is left to him.
        let (_, license, request) = asked();
        had.push(stand.signs(&request, &answer_to(&request, license.id())).await);
    }
    let release = release();
    let ask = json!({"v": 1, "do": "sign-release", "release": release.to_unsigned()});
    had.push(stand.says(&ask).await["token"].as_str().unwrap().to_owned());
    let (tokens, verified) = stand.keys.journaled();
    assert_eq!(tokens, had);
    assert!(verified.findings.is_empty(), "{verified:?}");
    assert_eq!(verified.head.unwrap().count, 6);
}

pub(crate) fn release() -> Release {
    Release {
        issuer: "Acme".into(),
        product: product(),
        id: Id::random(&mut rng()),
        issued_at: NOW,
        version: "1.0.0".parse().unwrap(),
        channel: "stable".parse().unwrap(),
        files: vec![ListedFile { name: "a.zip".parse().unwrap(), size: 1, sha256: Hash::of("a") }],
    }
}
