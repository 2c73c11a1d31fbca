//! What lies beside the portal's key goes into everything that it signs.

use countersign_core::response::{Answer, RequestRef, Response};
use countersign_core::revocations::{Revocations, RevokedKey};
use countersign_core::{Expect, Hash, Thumbprint};

use super::*;
use crate::clock::SystemEntropy;

const NOW: UnixSeconds = 1_800_000_000;

struct Folder(tempfile::TempDir);

impl Folder {
    /// Of a portal that has been started once.
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.load(Start::First).unwrap();
        folder
    }

    fn load(&self, start: Start) -> anyhow::Result<Keys> {
        load_or_create(self.0.path(), "Acme", NOW, &SystemEntropy, start)
    }

    fn root(&self) -> SigningKey {
        let path = root_left_behind(self.0.path()).unwrap();
        pem::read_private(&fs::read_to_string(path).unwrap(), None).unwrap()
    }

    fn put(&self, name: &str, token: &str) {
        fs::write(self.0.path().join("keys").join(name), file::write(token, &[])).unwrap();
    }

    fn refused(&self) -> String {
        format!("{:#}", self.load(Start::Later).unwrap_err())
    }
}

fn signer(keys: &Keys) -> &Signer {
    let Signing::Here(signer) = &keys.signing else { panic!("the key is here") };
    signer
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn list(root: &SigningKey, kid: Thumbprint) -> String {
    let revoked = vec![RevokedKey { kid, compromised: true, below: None }];
    let id = Id::from([1; 16]);
    Revocations { id, issued_at: NOW, issuer: "Acme".to_owned(), seq: 1, revoked }.sign(root)
}

fn rotation(old: &SigningKey, new: &SigningKey, seq: u64) -> String {
    let rotation = Rotation {
        id: Id::from([2; 16]),
        issued_at: NOW,
        issuer: "Acme".to_owned(),
        seq,
        until: NOW + 1_000_000 + seq,
        old: old.public_key(),
        new: new.public_key(),
    };
    rotation.sign(old, new).unwrap()
}

fn receipt(at: UnixSeconds) -> Response {
    Response {
        issuer: "Acme".to_owned(),
        product: "acme-cad".parse().unwrap(),
        id: Id::from([3; 16]),
        issued_at: at,
        request: RequestRef { id: Id::from([4; 16]), hash: Hash::of("request") },
        device: key(5).public_key().thumbprint(),
        answer: Answer::Deactivation { activation: Id::from([6; 16]) },
    }
}

#[test]
fn a_revocation_list_and_rotations_in_the_folder_ride_in_everything_that_is_signed() {
    let folder = Folder::new();
    let (first, second, third) = (folder.root(), key(11), key(12));
    // In the order of their numbers, whatever their names are.
    folder.put("rotation-b.response", &rotation(&first, &second, 1));
    folder.put("rotation-a.response", &rotation(&second, &third, 2));
    let stranger = key(66).public_key().thumbprint();
    folder.put("revocations.response", &list(&second, stranger));
    let keys = folder.load(Start::Later).unwrap();
    let token = signer(&keys).sign(&receipt(NOW)).unwrap();
    let app = Roots::new([first.public_key()]);
    let verified = app.verify_response(&token, Expect::Response).unwrap();
    assert!(verified.roots().trusts(&third.public_key().thumbprint()));
    assert!(verified.revocations().unwrap().names(&stranger, None));
    assert_eq!(keys.trust.rotations().count(), 2);
}

#[test]
fn a_list_that_names_the_portals_own_key_and_papers_that_do_not_fit_stop_the_start() {
    let folder = Folder::new();
    let own = *folder.load(Start::Later).unwrap().signing.kid();
    folder.put("revocations.response", &list(&folder.root(), own));
    assert!(folder.refused().contains("own key is on the list"), "{}", folder.refused());
    folder.put("revocations.response", &list(&key(66), own));
    assert!(folder.refused().contains("revocations.response"), "{}", folder.refused());
    fs::remove_file(folder.0.path().join("keys/revocations.response")).unwrap();
    folder.put("rotation-1.response", &rotation(&key(66), &key(67), 1));
    assert!(folder.refused().contains("do not fit root.pub"), "{}", folder.refused());
}

#[test]
fn a_delegation_that_counts_grants_is_not_for_a_portal() {
    let folder = Folder::new();
    let keys = folder.load(Start::Later).unwrap();
    let mut delegation = keys.signing.delegation().unwrap().clone();
    delegation.serial = Some(1);
    folder.put("signing.chain", &delegation.sign(&folder.root()));
    folder.load(Start::Later).unwrap();
    delegation.scope.max_grants = Some(5);
    folder.put("signing.chain", &delegation.sign(&folder.root()));
    assert!(folder.refused().contains("--max-grants"), "{}", folder.refused());
}
