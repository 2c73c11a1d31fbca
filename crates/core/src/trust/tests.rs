//! Signing and verifying against each other.

use super::*;
use crate::Id;
use crate::SigningKey;
use crate::delegation::{Products, Scope, ScopeType};
use crate::file;
use crate::ids::Hash;
use crate::release::{ListedFile, MOST_FILES};

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
