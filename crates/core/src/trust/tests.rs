//! Signing and verifying against each other.

use super::*;
use crate::Id;
use crate::SigningKey;
use crate::delegation::{Products, Scope, ScopeType};
use crate::file;
use crate::fingerprint::{Fingerprint, Strategy};
use crate::ids::Hash;
use crate::release::{ListedFile, MOST_FILES};
use crate::response::{Answer, Binding, Grant, Granted, RequestRef};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn release(files: usize) -> Release {
    let listed = |number: usize| ListedFile {
        name: format!("{number:0>96}").parse().unwrap(),
        size: crate::MAX_TIME,
        sha256: Hash::of([number.to_le_bytes()[0]]),
    };
    Release {
        issuer: "A vendor with a name that is rather long".to_owned(),
        product: "p".repeat(64).parse().unwrap(),
        id: Id::from([7; 16]),
        issued_at: 1_000,
        version: "9".repeat(64).parse().unwrap(),
        channel: "c".repeat(32).parse().unwrap(),
        files: (0..files).map(listed).collect(),
    }
}

fn delegated(types: &[ScopeType]) -> Signer {
    let delegation = Delegation {
        id: Id::from([1; 16]),
        issued_at: 1,
        issuer: "A vendor with a name that is rather long".to_owned(),
        holder: "the portal".to_owned(),
        not_before: 1_000,
        not_after: 1_001,
        key: key(2).public_key(),
        serial: None,
        scope: Scope {
            types: types.to_vec(),
            products: Products::All,
            max_days: Some(1),
            max_grants: None,
            approved: None,
        },
    };
    let roots = Roots::new([key(1).public_key()]);
    Signer::delegated(key(2), delegation.sign(&key(1)), &roots).unwrap()
}

#[test]
fn the_longest_list_with_a_chain_fits_into_a_token_and_a_file() {
    let (roots, release) = (Roots::new([key(1).public_key()]), release(MOST_FILES));
    let token = delegated(&ScopeType::ALL).sign_release(&release).unwrap();
    let text = file::checksum_file(&token, &release);
    let verified = roots.verify_release(&file::read(text.as_bytes()).unwrap()).unwrap();
    assert_eq!(*verified.claims(), release);
    assert_eq!(verified.signer(), &key(2).public_key().thumbprint());
}

#[test]
fn what_a_verifier_would_refuse_is_not_signed() {
    let code = |result: Result<String>| result.unwrap_err().code();
    let signer = delegated(&[ScopeType::Activation, ScopeType::Trial]);
    assert_eq!(code(signer.sign_release(&release(1))), Code::OutOfScope);
    let signer = delegated(&ScopeType::ALL);
    for count in [0, MOST_FILES + 1] {
        assert_eq!(code(signer.sign_release(&release(count))), Code::BadClaim, "{count}");
    }
    let late = Release { issued_at: 1_001, ..release(1) };
    assert_eq!(code(signer.sign_release(&late)), Code::OutOfScope);
    let mut twice = release(2);
    twice.files[0].name = "A.exe".parse().unwrap();
    twice.files[1].name = "a.exe".parse().unwrap();
    assert_eq!(code(signer.sign_release(&twice)), Code::BadClaim);
}

fn counted(serial: Option<u64>, max_grants: Option<u64>) -> Signer {
    let delegation = Delegation {
        id: Id::from([1; 16]),
        issued_at: 1,
        issuer: "A vendor".to_owned(),
        holder: "support: alice".to_owned(),
        not_before: 1_000,
        not_after: 2_000,
        key: key(2).public_key(),
        serial,
        scope: Scope {
            types: ScopeType::ALL.to_vec(),
            products: Products::All,
            max_days: None,
            max_grants,
            approved: None,
        },
    };
    let roots = Roots::new([key(1).public_key()]);
    Signer::delegated(key(2), delegation.sign(&key(1)), &roots).unwrap()
}

fn response(answer: Answer) -> Response {
    Response {
        issuer: "A vendor".to_owned(),
        product: "acme-cad".parse().unwrap(),
        id: Id::from([3; 16]),
        issued_at: 1_000,
        request: RequestRef { id: Id::from([4; 16]), hash: Hash::of("request") },
        device: key(5).public_key().thumbprint(),
        answer,
    }
}

fn trial() -> Response {
    let fingerprint = serde_json::json!({"cpu": Id::from([6; 16]).to_string()});
    let fingerprint = Fingerprint::from_json(&fingerprint).unwrap();
    response(Answer::Trial(Granted {
        import_by: 3_000,
        binding: Binding { strategy: Strategy::Exact, fingerprint },
        grant: Grant {
            expires_at: None,
            renew_by: None,
            entitlements: Default::default(),
            license: None,
            metadata: Default::default(),
        },
    }))
}

#[test]
fn a_number_cannot_be_forgotten_where_grants_are_counted() {
    let roots = Roots::new([key(1).public_key()]);
    let code = |result: Result<String>| result.unwrap_err().code();
    let signer = counted(Some(7), Some(2));
    assert_eq!(signer.max_grants(), Some(2));
    assert_eq!(code(signer.sign(&trial())), Code::BadClaim);
    assert_eq!(code(signer.sign_counted(&trial(), 0)), Code::BadClaim);
    assert_eq!(code(signer.sign_counted(&trial(), 3)), Code::OutOfScope);
    for count in [1, 2] {
        let token = signer.sign_counted(&trial(), count).unwrap();
        let verified = roots.verify_response(&token, Expect::Response).unwrap();
        assert_eq!(verified.count(), Some(count));
    }
    // What is no grant has no number, with either call.
    for answer in [Answer::TimeReset, Answer::Deactivation { activation: Id::from([9; 16]) }] {
        let response = response(answer);
        for token in [signer.sign(&response), signer.sign_counted(&response, 9)] {
            let verified = roots.verify_response(&token.unwrap(), Expect::Response).unwrap();
            assert_eq!(verified.count(), None);
        }
    }
}

#[test]
fn who_counts_always_may_do_so_with_a_key_that_is_not_limited() {
    let roots = Roots::new([key(1).public_key()]);
    for signer in [counted(None, None), counted(Some(7), None), Signer::root(key(1))] {
        for token in [signer.sign(&trial()), signer.sign_counted(&trial(), 501)] {
            roots.verify_response(&token.unwrap(), Expect::Response).unwrap();
        }
    }
}

#[test]
fn the_longest_list_fits_with_a_serial_too() {
    let signer = counted(Some(crate::MAX_TIME), None);
    let token = signer.sign_release(&release(MOST_FILES)).unwrap();
    Roots::new([key(1).public_key()]).verify_release(&token).unwrap();
}

#[test]
fn a_rotation_is_signed_by_the_keys_that_it_names_or_not_at_all() {
    let rotation = Rotation {
        id: Id::from([1; 16]),
        issued_at: 1,
        issuer: "A vendor".to_owned(),
        seq: 1,
        until: 2,
        old: key(1).public_key(),
        new: key(2).public_key(),
    };
    let code = |result: Result<String>| result.unwrap_err().code();
    assert!(rotation.sign(&key(1), &key(2)).is_ok());
    assert_eq!(code(rotation.sign(&key(1), &key(3))), Code::BadSignature);
    assert_eq!(code(rotation.sign(&key(3), &key(2))), Code::BadSignature);
    let none = Rotation { seq: 0, ..rotation.clone() };
    assert_eq!(code(none.sign(&key(1), &key(2))), Code::BadClaim);
    let itself = Rotation { new: key(1).public_key(), ..rotation };
    assert_eq!(code(itself.sign(&key(1), &key(1))), Code::BadClaim);
}
