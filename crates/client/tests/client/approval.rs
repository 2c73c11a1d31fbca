//! The two-person rule on a machine: what the thief of one key, of the other and of both can do. docs/threat-model.md names
//! these tests.

use countersign_client::core::delegation::{Longest, Products, ScopeType};
use countersign_client::core::response::Grant;
use countersign_client::core::revocations::RevokedKey;
use countersign_client::core::trust::{Proposed, Roots, Signer};
use countersign_client::core::{Expect, Hash, Id, SigningKey, file};
use countersign_client::{Client, Error, Installed};
use serde_json::json;

use crate::thief;
use crate::world::{DAY, NOW, World, key, rotation};

fn code(result: Result<Installed, Error>) -> String {
    result.map_or_else(|e| e.code().to_owned(), |_| "ok".to_owned())
}

fn roots() -> Roots {
    Roots::new([key(1).public_key()])
}

/// Support's key 2: thirty days alone, no end with an approval. Grants have no end.
fn demanding() -> World {
    let mut world = World::new();
    world.vendor.delegate_with(&key(2), NOW - DAY, NOW + 90 * DAY, |delegation| {
        delegation.holder = "support: alice".to_owned();
        delegation.serial = Some(7);
        delegation.scope.types = vec![ScopeType::Activation, ScopeType::Trial];
        delegation.scope.max_days = Some(30);
        delegation.scope.approved = Some(Longest::Unlimited);
    });
    world.vendor.grant = Grant { expires_at: None, ..world.vendor.grant };
    world
}

/// The second key, which may approve and nothing else.
fn approver(world: &World, second: &SigningKey) -> Signer {
    let mut vendor = world.vendor.clone();
    vendor.delegate_with(second, NOW - DAY, NOW + 90 * DAY, |delegation| {
        delegation.holder = "lead: bob".to_owned();
        delegation.serial = Some(3);
        delegation.scope.types = vec![ScopeType::Approval];
        delegation.scope.products = Products::Some(vec!["acme-cad".parse().unwrap()]);
    });
    vendor.signer
}

/// A request of the machine, and a perpetual grant that support's key proposes for it.
fn proposal(world: &World, client: &Client) -> Proposed {
    let request = client.request_activation(None).unwrap();
    let response = world.vendor.response(&request.file);
    let token = world.vendor.signer.propose(&response, &request.token, Id::from([1; 16])).unwrap();
    roots().verify_proposal(&token).unwrap()
}

fn approve(second: &Signer, proposed: &Proposed) -> String {
    second.approve(proposed, "Acme", NOW, Id::from([2; 16])).unwrap()
}

/// The grant as the honest desk signs it.
fn approved(world: &World, client: &Client) -> String {
    let proposed = proposal(world, client);
    let approval = approve(&approver(world, &key(3)), &proposed);
    world.vendor.signer.sign_approved(&proposed, &approval, &roots()).unwrap()
}

#[test]
fn attack_a_stolen_support_key_under_the_two_person_rule_gives_nothing_without_an_end() {
    let world = demanding();
    let client = world.client();
    // What the key may give alone, it gives.
    let mut vendor = world.vendor.clone();
    vendor.grant.expires_at = Some(NOW + 30 * DAY);
    let short = vendor.answer(&client.request_activation(None).unwrap().file);
    let token = file::read(&short).unwrap();
    let tries = |edit: &dyn Fn(&mut serde_json::Value, &mut serde_json::Value)| {
        code(client.install(thief::change(&key(2), &token, edit).as_bytes()))
    };
    let for_ever = |p: &mut serde_json::Value| p["grant"]["expires_at"] = json!(null);
    assert_eq!(tries(&|_, p| for_ever(p)), "approval-missing");
    assert_eq!(
        tries(&|_, p| p["grant"]["expires_at"] = json!(NOW + 36_500 * DAY)),
        "approval-missing"
    );
    // An approval that he makes himself: by a key of his own, by the stolen one, in the name of the second one.
    let grant = thief::change(&key(2), &token, |_, p| for_ever(p));
    let payload = Hash::of(thief::payload(&grant)).to_string();
    let forged = |by: &SigningKey, named: &SigningKey, chain: Option<&str>| {
        let mut header = json!({"alg": "EdDSA", "typ": "approval+jwt", "kid": named.public_key().thumbprint().to_string()});
        if let Some(chain) = chain {
            header["chain"] = json!(chain);
        }
        let payload = json!({"jti": Id::from([4; 16]).to_string(), "iat": NOW, "iss": "Acme",
            "approves": {"typ": "activation-response+jwt", "hash": payload}});
        thief::forge(by, &header, &payload)
    };
    let with = |approval: String| {
        tries(&|h, p| {
            for_ever(p);
            h["approval"] = json!(approval);
        })
    };
    let own = |by: &SigningKey| {
        thief::change(by, &world.vendor.chain, |header, payload| {
            header["kid"] = json!(by.public_key().thumbprint().to_string());
            payload["cnf"]["jwk"]["x"] = json!(key(66).public_key().to_string());
            payload["scope"]["types"] = json!(["approval"]);
        })
    };
    assert_eq!(with(forged(&key(66), &key(66), None)), "untrusted-key");
    assert_eq!(with(forged(&key(66), &key(66), Some(&own(&key(66))))), "untrusted-key");
    assert_eq!(with(forged(&key(66), &key(66), Some(&own(&key(2))))), "untrusted-key");
    assert_eq!(with(forged(&key(2), &key(2), Some(&world.vendor.chain))), "approval-wrong");
    assert_eq!(with(forged(&key(66), &key(1), None)), "approval-wrong", "in the root's name");
    // The approval of another grant, which he has from a file that passed through his hands.
    let other = approved(&world, &client);
    let header: serde_json::Value = serde_json::from_slice(&thief::header(&other)).unwrap();
    let approval = header["approval"].as_str().unwrap().to_owned();
    assert_eq!(with(approval), "approval-wrong");
    assert!(client.check().right().is_none(), "nothing was installed");
    assert_eq!(tries(&|_, _| ()), "ok");
    assert_eq!(client.check().right().unwrap().expires_at(), Some(NOW + 30 * DAY));
}

#[test]
fn an_approved_grant_is_installed_and_runs_and_nothing_in_it_can_be_changed() {
    let world = demanding();
    let client = world.client();
    let token = approved(&world, &client);
    // Whoever has support's key cannot change what was approved.
    for edit in ["parts", "iat", "exp", "iss"] {
        let changed = thief::change(&key(2), &token, |_, payload| match edit {
            "parts" => payload["grant"]["entitlements"]["parts"] = json!(501),
            "iss" => payload["iss"] = json!("Other"),
            time => payload[time] = json!(payload[time].as_u64().unwrap() + 1),
        });
        assert_eq!(code(client.install(changed.as_bytes())), "approval-wrong", "{edit}");
    }
    assert_eq!(code(client.install(token.as_bytes())), "ok");
    let check = world.client().check();
    assert_eq!(check.right().unwrap().expires_at(), None);
    assert_eq!(code(client.install(token.as_bytes())), "ok", "the same file again");
}

#[test]
fn attack_the_thief_of_both_keys_gives_what_both_may_until_one_is_revoked() {
    let world = demanding();
    let client = world.client();
    assert_eq!(code(client.install(approved(&world, &client).as_bytes())), "ok");
    assert!(client.check().right().is_some());
    // A list that names the second key alone is enough.
    let kid = key(3).public_key().thumbprint();
    let retired = RevokedKey { kid, compromised: false, below: None };
    client.install(world.vendor.list(1, NOW, &[retired]).as_bytes()).unwrap();
    assert!(client.check().right().is_some(), "what is installed runs on");
    assert_eq!(code(client.install(approved(&world, &client).as_bytes())), "revoked-key");
    let stolen = RevokedKey { compromised: true, ..retired };
    client.install(world.vendor.list(2, NOW, &[stolen]).as_bytes()).unwrap();
    let check = client.check();
    assert_eq!(check.standing().as_str(), "refused", "what it approved ends");
    assert!(check.fact().contains("wrong hands"), "{}", check.fact());
}

#[test]
fn attack_the_thief_of_the_approvers_key_alone_gives_nothing() {
    let world = demanding();
    let client = world.client();
    let second = approver(&world, &key(3));
    let token = approved(&world, &client);
    let header: serde_json::Value = serde_json::from_slice(&thief::header(&token)).unwrap();
    let approval = header["approval"].as_str().unwrap().to_owned();
    let own_header: serde_json::Value = serde_json::from_slice(&thief::header(&approval)).unwrap();
    // He signs the grant himself, with and without an approval, under his own delegation and under support's.
    let sign = |chain: &serde_json::Value, approval: Option<&str>| {
        let forged = thief::change(&key(3), &token, |header, payload| {
            header["kid"] = json!(key(3).public_key().thumbprint().to_string());
            header["chain"] = chain.clone();
            payload["delegation"] = json!({"hash": Hash::of(chain.as_str().unwrap()).to_string()});
            match approval {
                Some(approval) => header["approval"] = json!(approval),
                None => drop(header.as_object_mut().unwrap().remove("approval")),
            }
        });
        code(client.install(forged.as_bytes()))
    };
    assert_eq!(sign(&own_header["chain"], None), "out-of-scope");
    assert_eq!(sign(&own_header["chain"], Some(&approval)), "out-of-scope");
    assert_eq!(sign(&header["chain"], Some(&approval)), "bad-chain");
    // An approval is not a grant, and his key signs nothing else.
    assert_eq!(code(client.install(approval.as_bytes())), "wrong-type");
    let response = roots().verify_response(&token, Expect::Response).unwrap();
    assert!(second.sign(response.claims()).is_err());
    assert!(client.check().right().is_none());
    // Nor does he get round the rule by proposing: his own key is not the second one for what he proposes.
    assert!(second.propose(response.claims(), "x", Id::from([1; 16])).is_err());
}

#[test]
fn nobody_approves_what_their_own_key_proposes() {
    let mut world = demanding();
    world.vendor.delegate_with(&key(2), NOW - DAY, NOW + 90 * DAY, |delegation| {
        delegation.serial = Some(8);
        delegation.scope.max_days = Some(30);
        delegation.scope.approved = Some(Longest::Unlimited);
    });
    let client = world.client();
    let proposed = proposal(&world, &client);
    let refused = world.vendor.signer.approve(&proposed, "Acme", NOW, Id::from([2; 16]));
    assert_eq!(refused.unwrap_err().code().as_str(), "approval-wrong");
    // Nor is anything signed that lacks the approval, or has that of something else.
    let refused = world.vendor.signer.sign(proposed.response());
    assert_eq!(refused.unwrap_err().code().as_str(), "approval-missing");
    let other = approve(&approver(&world, &key(3)), &proposal(&world, &client));
    let refused = world.vendor.signer.sign_approved(&proposed, &other, &roots());
    assert_eq!(refused.unwrap_err().code().as_str(), "approval-wrong");
}

#[test]
fn an_approver_under_the_next_root_is_known_at_every_start() {
    let mut world = demanding();
    let handing_over = rotation(&key(1), &key(11), 1, NOW + 50 * DAY);
    world.vendor.rotations = vec![handing_over.clone()];
    world.vendor.signer = world.vendor.signer.clone().with_rotations(vec![handing_over.clone()]);
    let client = world.client();
    let proposed = proposal(&world, &client);
    let mut next = world.vendor.clone();
    (next.root, next.rotations) = (key(11), Vec::new());
    next.delegate_with(&key(3), NOW - DAY, NOW + 90 * DAY, |d| d.serial = Some(1));
    let approval = approve(&next.signer, &proposed);
    let mut known = roots();
    let without = world.vendor.signer.sign_approved(&proposed, &approval, &known);
    let token = without.unwrap();
    known.learn(&[&handing_over]).unwrap();
    assert_eq!(code(client.install(token.as_bytes())), "ok");
    assert!(world.client().check().right().is_some());
    // Also where the second root has replaced the first one meanwhile: what is installed runs on.
    world.set_clock(NOW + 60 * DAY);
    assert!(world.client().check().right().is_some());
}
