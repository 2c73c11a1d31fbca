//! The thief: what can be done, and what cannot, with each thing that somebody took from a machine, from support or from
//! the vendor. docs/threat-model.md names these tests.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD as BASE64, Engine as _};
use countersign_client::core::delegation::{Products, ScopeType};
use countersign_client::core::license_key::LicenseKey;
use countersign_client::core::request::{Ask, VerifiedRequest};
use countersign_client::core::revocations::RevokedKey;
use countersign_client::core::trust::Roots;
use countersign_client::core::{Expect, Hash, file};
use countersign_client::{Client, Error, Installed, Losing};
use serde_json::json;

use crate::thief;
use crate::world::{DAY, NOW, World, key, rotation};

fn code(result: Result<Installed, Error>) -> String {
    result.map_or_else(|e| e.code().to_owned(), |_| "ok".to_owned())
}

/// The thief's own machine, of other parts.
fn elsewhere(world: &World) -> Client {
    let machine = world.machine("thief-1", "9");
    Client::open(world.config_in("elsewhere", machine))
}

#[test]
fn a_stolen_request_file_gives_nothing_to_another_machine() {
    let world = World::new();
    let (client, thief) = (world.client(), elsewhere(&world));
    let license: LicenseKey = "8KRT7-00000-00000-00000-0000P".parse().unwrap();
    let request = client.request_activation(Some(&license)).unwrap();
    // Neither the key nor a part's number can be read from it.
    let readable = read(&request.token);
    for secret in [license.normal(), "Board 1", "Model 1", "aaaaa"] {
        assert!(!readable.contains(secret), "{secret} in {readable}");
    }
    // The answer to it fits the machine that asked, and no other.
    let answer = world.vendor.answer(&request.file);
    thief.request_trial().unwrap();
    assert_eq!(code(thief.install(&answer)), "wrong-device");
    assert_eq!(code(client.install(&answer)), "ok");
    // The thief's own key under it is another request, whose proof does not fit.
    let own = key(66);
    let forged = thief::change(&own, &request.token, |header, _| {
        header["jwk"]["x"] = json!(own.public_key().to_string());
    });
    let forged = verified(&forged);
    let proof = license_of(&forged);
    assert!(!license.proves(&proof, &own.public_key().thumbprint(), &forged.claims().id));
}

#[test]
fn a_stolen_response_file_installs_nowhere_else_and_cannot_be_changed() {
    let world = World::new();
    let (client, thief) = (world.client(), elsewhere(&world));
    let answer = world.vendor.answer(&client.request_activation(None).unwrap().file);
    thief.request_activation(None).unwrap();
    assert_eq!(code(thief.install(&answer)), "wrong-device");
    let token = file::read(&answer).unwrap();
    let device = thief.status().unwrap().device.unwrap().to_string();
    let signature = token.rsplit('.').next().unwrap();
    let forged =
        thief::change(&key(66), &token, |_, payload| payload["cnf"]["jkt"] = json!(device));
    let forged = format!("{}.{signature}", forged.rsplit_once('.').unwrap().0);
    assert_eq!(code(thief.install(forged.as_bytes())), "bad-signature");
}

#[test]
fn a_stolen_machine_image_runs_where_the_parts_are_the_same_and_nowhere_else() {
    let world = World::new();
    let client = world.activated();
    world.copy("state", "elsewhere");
    let image = |parts| Client::open(world.config_in("elsewhere", parts));
    // A clone with the ids of the original cannot be told from it.
    assert!(image(world.path("machines/lab-7")).check().right().is_some());
    // On other hardware it ends.
    let other = image(world.machine("another-box", "9"));
    assert_eq!(other.check().standing().as_str(), "machine-changed");
    // Giving one of them up destroys that grant alone: a seat comes back once, the portal knows the activation by its id.
    let given_up = client.deactivate(None, Losing::Refuse).unwrap().activation;
    let clone = image(world.path("machines/lab-7"));
    assert_eq!(clone.deactivate(None, Losing::Refuse).unwrap().activation, given_up);
}

#[test]
fn a_stolen_support_key_signs_what_its_delegation_allows_until_it_ends_or_is_revoked() {
    let mut world = World::new();
    let client = world.client();
    world.vendor.delegate_with(&key(2), NOW - DAY, NOW + 30 * DAY, |delegation| {
        delegation.serial = Some(7);
        delegation.scope.types = vec![ScopeType::Trial];
        delegation.scope.products = Products::Some(vec!["acme-cad".parse().unwrap()]);
        delegation.scope.max_days = Some(30);
        delegation.scope.max_grants = Some(500);
    });
    let honest = world.vendor.answer(&client.request_trial().unwrap().file);
    let token = file::read(&honest).unwrap();
    let tries = |edit: &dyn Fn(&mut serde_json::Value, &mut serde_json::Value)| {
        code(client.install(thief::change(&key(2), &token, edit).as_bytes()))
    };
    // Longer, another product, another kind, more of them, outside its time, under a delegation of his own.
    let longer = tries(&|_, p| p["grant"]["expires_at"] = json!(NOW + 31 * DAY));
    let for_ever = tries(&|_, p| p["grant"]["expires_at"] = json!(null));
    let product = tries(&|_, p| p["aud"] = json!("acme-cam"));
    let number = tries(&|_, p| p["delegation"]["count"] = json!(501));
    let later = tries(&|_, p| p["iat"] = json!(NOW + 30 * DAY));
    assert_eq!([longer, for_ever, product, number, later], ["out-of-scope"; 5]);
    let kind = tries(&|h, p| {
        h["typ"] = json!("activation-response+jwt");
        p["grant"]["license"] = json!({"id": "A".repeat(22)});
    });
    assert_eq!(kind, "out-of-scope");
    let wider = thief::change(&key(2), &world.vendor.chain, |header, payload| {
        header["kid"] = json!(key(2).public_key().thumbprint().to_string());
        payload["scope"]["max_days"] = json!(null);
    });
    assert_eq!(tries(&|h, _| h["chain"] = json!(wider)), "untrusted-key");
    let unsigned = format!("{}.{}", wider.rsplit_once('.').unwrap().0, "A".repeat(86));
    assert_eq!(tries(&|h, _| h["chain"] = json!(unsigned)), "untrusted-key");
    // What it allows the thief can do, on any machine that asks, until the vendor's list is there.
    assert_eq!(tries(&|_, _| ()), "ok");
    let revoked =
        RevokedKey { kid: key(2).public_key().thumbprint(), compromised: true, below: Some(8) };
    client.install(world.vendor.list(1, NOW, &[revoked]).as_bytes()).unwrap();
    assert_eq!(tries(&|_, _| ()), "revoked-key");
    assert_eq!(client.check().standing().as_str(), "refused", "what the thief signed ends");
    // The honest holder signs on with the same key under the next serial.
    world.vendor.delegate_with(&key(2), NOW - DAY, NOW + 30 * DAY, |d| d.serial = Some(8));
    let request = client.request_trial().unwrap();
    assert_eq!(code(client.install(&world.vendor.answer(&request.file))), "ok");
}

#[test]
fn a_number_of_grants_does_not_bind_a_thief_and_shows_in_the_numbers() {
    // A machine knows its own grants alone: each of them takes number 1 from a copied key.
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let mut world = World::new();
        world.vendor.delegate_with(&key(2), NOW - DAY, NOW + 30 * DAY, |delegation| {
            delegation.serial = Some(1);
            delegation.scope.max_grants = Some(1);
        });
        let client = world.client();
        let answer = world.vendor.answer(&client.request_trial().unwrap().file);
        assert_eq!(code(client.install(&answer)), "ok");
        let roots = Roots::new([key(1).public_key()]);
        let token = file::read(&answer).unwrap();
        numbers.push(roots.verify_response(&token, Expect::Response).unwrap().count().unwrap());
    }
    assert_eq!(numbers, [1, 1, 1], "which the journal's merge finds");
}

#[test]
fn a_stolen_root_signs_anything_until_the_machine_knows_its_successor() {
    let world = World::new();
    let client = world.activated();
    let stolen = key(1);
    let mut thief = world.vendor.clone();
    thief.delegate(&key(66), 0, NOW + 9000 * DAY);
    let request = client.request_trial().unwrap();
    assert_eq!(code(client.install(&thief.answer(&request.file))), "ok", "nobody knows yet");
    // The vendor hands over, as of before the theft.
    let handover = rotation(&stolen, &key(101), 1, NOW - 5 * DAY);
    client.install(handover.as_bytes()).unwrap();
    assert!(client.check().right().is_some(), "what was installed runs on");
    // Whatever date the thief puts on it, nothing of his is new any more.
    for now in [NOW, NOW - 6 * DAY, NOW - 400 * DAY] {
        thief.now = now;
        let request = client.request_trial().unwrap();
        assert_eq!(code(client.install(&thief.answer(&request.file))), "retired-key");
        thief.sign_as_root();
        assert_eq!(code(client.install(&thief.answer(&request.file))), "retired-key");
        thief.delegate(&key(66), 0, NOW + 9000 * DAY);
    }
    let list = thief.list(9, NOW - 6 * DAY, &[]);
    assert_eq!(code(client.install(list.as_bytes())), "retired-key");
    let again = rotation(&stolen, &key(66), 1, NOW - 5 * DAY);
    assert_eq!(code(client.install(again.as_bytes())), "untrusted-key");
}

#[test]
fn a_stolen_revocation_list_or_rotation_is_of_no_use_but_to_be_installed() {
    let world = World::new();
    let client = world.activated();
    let list = world.vendor.list(2, NOW, &[]);
    let edited = thief::change(&key(66), &list, |_, p| {
        p["revoked"] =
            json!([{"kid": key(2).public_key().thumbprint().to_string(), "compromised": true}]);
    });
    assert_eq!(code(client.install(edited.as_bytes())), "bad-signature");
    let handover = rotation(&key(1), &key(101), 1, NOW);
    let edited = thief::change(&key(66), &handover, |h, _| {
        h["jwk"]["x"] = json!(key(66).public_key().to_string());
    });
    assert_eq!(code(client.install(edited.as_bytes())), "bad-signature");
    assert!(client.check().right().is_some());
}

fn read(token: &str) -> String {
    let parts = token.split('.').take(2).map(|part| BASE64.decode(part).unwrap());
    parts.map(|part| String::from_utf8(part).unwrap()).collect()
}

fn verified(token: &str) -> VerifiedRequest {
    VerifiedRequest::verify(token, Expect::Request).unwrap()
}

fn license_of(request: &VerifiedRequest) -> Hash {
    let Ask::Activation { license: Some(license), .. } = &request.claims().ask else {
        panic!("it names a license")
    };
    license.proof
}
