//! Grants that are brought along by those who should not, or are not what they say. The license's only seat is taken: whoever
//! gets an answer has got a seat beyond the limit.

use countersign_core::license_key::LicenseKey;
use countersign_core::request::VerifiedRequest;
use countersign_core::response::{
    Answer, Binding, Grant, GrantLicense, Granted, RequestRef, Response,
};
use countersign_core::revocations::{Revocations, RevokedKey};
use countersign_core::trust::Signer;
use countersign_core::{Expect, Id, LicenseId, ProductId, SigningKey, file};
use countersign_portal::desk::{self, Releasing};
use countersign_portal::signing::Signing;
use reqwest::StatusCode;
use serde_json::Value;

use crate::played::{Machine, NOW, rng};
use crate::world::{DAY, TestPortal};

/// A portal, and a license whose only seat somebody has.
async fn full() -> (TestPortal, LicenseKey) {
    let portal = TestPortal::new().await;
    let license = portal.license(1, None).await;
    let holder = Machine::new("holder", &portal.product).activation(&license);
    assert_eq!(ask(&portal, &holder).await.0, StatusCode::OK);
    (portal, license)
}

async fn ask(portal: &TestPortal, request: &str) -> (StatusCode, Value) {
    post(portal, "/api/v1/activations", request).await
}

async fn post(portal: &TestPortal, path: &str, request: &str) -> (StatusCode, Value) {
    let url = format!("{}{path}", portal.url);
    let answer = reqwest::Client::new().post(url).body(request.to_owned()).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

fn signer(portal: &TestPortal) -> Signer {
    match &portal.app.keys().signing {
        Signing::Here(signer) => signer.clone(),
        other => panic!("{other:?}"),
    }
}

/// A grant as the portal gives it, of which nothing is stored: it was signed after the copy that was restored.
fn grant(
    signer: &Signer,
    machine: &Machine,
    key: &LicenseKey,
    license: LicenseId,
    product: &ProductId,
) -> (Id, String) {
    let request = VerifiedRequest::verify(&machine.activation(key), Expect::Request).unwrap();
    let id = Id::random(&mut rng());
    let response = Response {
        issuer: "Acme".into(),
        product: product.clone(),
        id,
        issued_at: NOW,
        request: RequestRef { id: request.claims().id, hash: request.hash() },
        device: machine.key.public_key().thumbprint(),
        answer: Answer::Activation(Granted {
            import_by: NOW + 30 * DAY,
            binding: Binding {
                strategy: countersign_core::fingerprint::Strategy::Fuzzy,
                fingerprint: request.claims().device().unwrap().fingerprint.clone(),
            },
            grant: Grant {
                expires_at: None,
                renew_by: None,
                entitlements: Default::default(),
                license: Some(GrantLicense {
                    id: license,
                    plan: None,
                    holder: None,
                    deactivations_left: None,
                }),
                metadata: Default::default(),
            },
        }),
    };
    (id, signer.sign(&response).unwrap())
}

/// The seat is not given, and nothing is written.
async fn refused(portal: &TestPortal, license: &LicenseKey, request: &str) {
    let before = (portal.stored(license).await, portal.audit().await.len());
    let (status, answer) = ask(portal, request).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::CONFLICT, &"seats-used-up".into()),
        "{answer}"
    );
    assert_eq!((portal.stored(license).await, portal.audit().await.len()), before);
}

#[tokio::test]
async fn a_grant_of_the_portals_own_key_counts_again_though_the_limit_is_used_up() {
    let (portal, license) = full().await;
    let machine = Machine::new("a", &portal.product);
    let (id, token) = grant(&signer(&portal), &machine, &license, license.id(), &portal.product);
    let (status, answer) = ask(&portal, &machine.activation_holding(Some(&token), &license)).await;
    assert_eq!((status, &answer["id"]), (StatusCode::OK, &id.to_string().into()), "{answer}");
    let stored = portal.stored(&license).await;
    assert_eq!((stored.live_activations, stored.over_activations), (1, 1));
    assert!(portal.app.store().integrity_check().await.unwrap().is_empty());
}

#[tokio::test]
async fn attack_a_forged_grant_takes_no_seat() {
    let (portal, license) = full().await;
    let machine = Machine::new("a", &portal.product);
    let own = Signer::root(SigningKey::generate(&mut rng()));
    let (_, forged) = grant(&own, &machine, &license, license.id(), &portal.product);
    refused(&portal, &license, &machine.activation_holding(Some(&forged), &license)).await;
    // A true one in which something was changed, and what is no token at all.
    let (_, token) = grant(&signer(&portal), &machine, &license, license.id(), &portal.product);
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    for wrong in [format!("{rest}.{turned}"), rest.to_owned(), "x".repeat(8_000), String::new()] {
        refused(&portal, &license, &machine.activation_holding(Some(&wrong), &license)).await;
    }
}

#[tokio::test]
async fn attack_a_grant_of_another_vendor_takes_no_seat() {
    let (portal, license) = full().await;
    let other = TestPortal::new().await;
    let machine = Machine::new("a", &portal.product);
    let (_, token) = grant(&signer(&other), &machine, &license, license.id(), &portal.product);
    refused(&portal, &license, &machine.activation_holding(Some(&token), &license)).await;
}

#[tokio::test]
async fn attack_a_grant_of_another_product_or_license_takes_no_seat() {
    let (portal, license) = full().await;
    let machine = Machine::new("a", &portal.product);
    let signer = signer(&portal);
    let product: ProductId = "acme-other".parse().unwrap();
    let (_, of_product) = grant(&signer, &machine, &license, license.id(), &product);
    let cheap = portal.license(5, None).await;
    let (_, of_license) = grant(&signer, &machine, &cheap, cheap.id(), &portal.product);
    for token in [of_product, of_license] {
        refused(&portal, &license, &machine.activation_holding(Some(&token), &license)).await;
    }
    assert_eq!(portal.stored(&cheap).await.live_activations, 0);
}

#[tokio::test]
async fn attack_a_grant_brought_by_another_device_takes_no_seat_and_frees_none() {
    let (portal, license) = full().await;
    let (victim, thief) = (Machine::new("a", &portal.product), Machine::new("b", &portal.product));
    let (id, token) = grant(&signer(&portal), &victim, &license, license.id(), &portal.product);
    refused(&portal, &license, &thief.activation_holding(Some(&token), &license)).await;
    let activation = id;
    let proof = thief.request_holding(Some(&token), |_, _| {
        countersign_core::request::Ask::Deactivation { activation, device_name: None }
    });
    let (status, answer) = post(&portal, "/api/v1/deactivations", &proof).await;
    assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &"unknown-activation".into()));
    assert_eq!(portal.stored(&license).await.total_deactivations, 0);
}

#[tokio::test]
async fn attack_a_grant_of_an_activation_that_was_given_up_takes_no_seat() {
    let portal = TestPortal::new().await;
    let license = portal.license(1, None).await;
    let machine = Machine::new("a", &portal.product);
    let (_, answer) = ask(&portal, &machine.activation(&license)).await;
    let token = answer["token"].as_str().unwrap();
    let proof = machine.deactivation(answer["id"].as_str().unwrap());
    assert_eq!(post(&portal, "/api/v1/deactivations", &proof).await.0, StatusCode::OK);
    let holder = Machine::new("holder", &portal.product).activation(&license);
    assert_eq!(ask(&portal, &holder).await.0, StatusCode::OK);
    refused(&portal, &license, &machine.activation_holding(Some(token), &license)).await;
}

#[tokio::test]
async fn attack_the_same_grant_brought_twice_takes_one_seat() {
    let (portal, license) = full().await;
    let machine = Machine::new("a", &portal.product);
    let (id, token) = grant(&signer(&portal), &machine, &license, license.id(), &portal.product);
    let requests: Vec<String> =
        (0..8).map(|_| machine.activation_holding(Some(&token), &license)).collect();
    let asked = requests.iter().map(|request| ask(&portal, request));
    for (status, answer) in futures_util::future::join_all(asked).await {
        assert_eq!((status, &answer["id"]), (StatusCode::OK, &id.to_string().into()), "{answer}");
    }
    let stored = portal.stored(&license).await;
    assert_eq!((stored.live_activations, stored.over_activations), (1, 1));
    assert_eq!(stored.total_activations, 2);
    let recognised = portal.audit().await;
    let recognised = recognised.iter().filter(|entry| entry.action == "activation.recognise");
    assert_eq!(recognised.count(), 1);
}

#[tokio::test]
async fn attack_a_grant_of_a_key_that_was_revoked_or_has_ended_takes_no_seat() {
    let (mut portal, license) = full().await;
    let machine = Machine::new("a", &portal.product);
    let support = |ends: u64| {
        let key = SigningKey::generate(&mut rng());
        let public = key.public_key();
        let chain = portal.delegation(|delegation| {
            delegation.key = public;
            delegation.not_after = ends;
        });
        let chain = file::read(chain.as_bytes()).unwrap();
        Signer::delegated(key, chain, &portal.roots()).unwrap()
    };
    let (current, ended) = (support(NOW + 700 * DAY), support(NOW + DAY));
    let grant =
        |signer: &Signer| grant(signer, &machine, &license, license.id(), &portal.product).1;
    let (of_current, of_ended) = (grant(&current), grant(&ended));
    portal.clock.advance(2 * DAY);
    refused(&portal, &license, &machine.activation_holding(Some(&of_ended), &license)).await;
    // What support's key signs offline counts while nothing speaks against it,
    let kid = *current.kid();
    let list = Revocations {
        id: Id::random(&mut rng()),
        issued_at: NOW,
        issuer: "Acme".into(),
        seq: 1,
        revoked: vec![RevokedKey { kid, compromised: true, below: None }],
    };
    let path = portal.app.config().data.join("keys/revocations.response");
    std::fs::write(path, list.sign(&portal.root())).unwrap();
    portal.start_again().await;
    // and no more once it is revoked.
    refused(&portal, &license, &machine.activation_holding(Some(&of_current), &license)).await;
}

#[tokio::test]
async fn attack_a_machine_whose_seat_was_released_since_gets_it_back_by_no_grant_of_before() {
    let portal = TestPortal::new().await;
    let license = portal.license(1, None).await;
    let machine = Machine::new("a", &portal.product);
    let (_, answer) = ask(&portal, &machine.activation(&license)).await;
    let admin = portal
        .user(|user| {
            user.email = "boss@acme.example".into();
            user.role = countersign_store::Role::Owner;
        })
        .await;
    let id: Id = answer["id"].as_str().unwrap().parse().unwrap();
    let releasing = Releasing { user: admin, activation: id, reason: "lost".into() };
    desk::release(&portal.app, &releasing).await.unwrap();
    let holder = Machine::new("holder", &portal.product).activation(&license);
    assert_eq!(ask(&portal, &holder).await.0, StatusCode::OK);
    let token = answer["token"].as_str().unwrap();
    refused(&portal, &license, &machine.activation_holding(Some(token), &license)).await;
    // Nor by another one of the same machine, of that time.
    let (_, other) = grant(&signer(&portal), &machine, &license, license.id(), &portal.product);
    refused(&portal, &license, &machine.activation_holding(Some(&other), &license)).await;
}
