//! What lies beside the portal's key goes into everything that it signs.

use countersign_core::response::{Answer, RequestRef, Response};
use countersign_core::revocations::{Revocations, RevokedKey};
use countersign_core::rotation::Rotation;
use countersign_core::trust::Signer;
use countersign_core::{Expect, Hash, Id, SigningKey, Thumbprint, file};

use std::collections::BTreeMap;
use std::fs;

use super::folder::NEXT;
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
        self.load_with(start, &Sources::default())
    }

    fn load_with(&self, start: Start, sources: &Sources) -> anyhow::Result<Keys> {
        load_or_create(self.0.path(), "Acme", NOW, &SystemEntropy, start, sources)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("keys").join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// All files of the folder with their bytes.
    fn state(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.path("")).unwrap().map(|entry| entry.unwrap().path());
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        entries
            .filter(|path| path.is_file())
            .map(|path| (name(&path), fs::read(&path).unwrap()))
            .collect()
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

    /// A delegation for `key` like the present one, until a day later, with a serial.
    fn delegate(&self, to: &PublicKey, serial: u64) -> String {
        let mut delegation = self.load(Start::Later).unwrap().papers.delegation;
        delegation.key = to.clone();
        delegation.serial = Some(serial);
        delegation.not_after += 86_400;
        delegation.sign(&self.root())
    }

    /// The next key, sealed as the present one is.
    fn make_next(&self, seed: u8) -> SigningKey {
        let passphrase = Sources::default().find(self.0.path()).unwrap().unwrap();
        let next = key(seed);
        let pem = passphrase.seal(&next, &SystemEntropy).unwrap();
        write_private_file(&self.path(NEXT), &pem).unwrap();
        fs::write(self.path("next.pub"), pem::write_public(&next.public_key())).unwrap();
        next
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

#[test]
fn the_private_key_is_encrypted_from_the_first_start_on() {
    let folder = Folder::new();
    assert!(pem::is_encrypted(&folder.text(SIGNING)));
    assert!(pem::read_private(&folder.text(SIGNING), Some("countersign")).is_err());
    folder.load(Start::Later).unwrap();
    assert!(!folder.0.path().join("keys/key-passphrase").exists(), "it lies outside");
}

#[test]
fn a_key_that_an_older_release_left_in_clear_is_encrypted_at_the_next_start() {
    let folder = Folder::new();
    let keys = folder.load(Start::Later).unwrap();
    let passphrase = Sources::default().find(folder.0.path()).unwrap().unwrap();
    let key = passphrase.open(&folder.text(SIGNING)).unwrap();
    let clear = pem::write_private(&key, None, &mut crate::clock::Rng(&SystemEntropy)).unwrap();
    fs::write(folder.path(SIGNING), clear.as_bytes()).unwrap();
    fs::remove_file(folder.0.path().join(passphrase::FILE)).unwrap();
    // A start that was cut off after it made the passphrase, and one in the middle of writing.
    fs::write(folder.path("signing.partial"), "half a fi").unwrap();
    let again = folder.load(Start::Later).unwrap();
    assert_eq!(again.signing.kid(), keys.signing.kid());
    assert!(pem::is_encrypted(&folder.text(SIGNING)));
    assert!(!folder.state().contains_key("signing.partial"));
}

#[test]
fn a_wrong_or_missing_passphrase_is_said_and_nothing_is_made_anew() {
    let folder = Folder::new();
    let before = folder.state();
    let file = folder.0.path().join(passphrase::FILE);
    let right = fs::read_to_string(&file).unwrap();
    fs::write(&file, "another one\n").unwrap();
    let refused = folder.refused();
    assert!(refused.contains("is not opened by the passphrase in"), "{refused}");
    assert!(refused.contains("no key was made"), "{refused}");
    fs::remove_file(&file).unwrap();
    let refused = folder.refused();
    assert!(refused.contains("there is no passphrase") && refused.contains("no key was made"));
    assert!(!file.exists());
    assert_eq!(folder.state(), before);
    // Carried to another place, it is as good.
    let elsewhere = folder.0.path().join("elsewhere");
    fs::write(&elsewhere, right).unwrap();
    let sources = Sources { file: Some(elsewhere), ..Sources::default() };
    folder.load_with(Start::Later, &sources).unwrap();
    assert!(!file.exists());
}

#[test]
fn attack_a_copy_of_the_keys_folder_without_its_passphrase_signs_nothing() {
    let folder = Folder::new();
    folder.make_next(9);
    let thief = tempfile::tempdir().unwrap();
    fs::create_dir(thief.path().join("keys")).unwrap();
    for (name, bytes) in folder.state() {
        assert!(!String::from_utf8_lossy(&bytes).contains("BEGIN PRIVATE KEY"), "{name}");
        fs::write(thief.path().join("keys").join(name), bytes).unwrap();
    }
    for sources in [
        Sources::default(),
        Sources { variable: Some("guess".to_owned().into()), ..Sources::default() },
    ] {
        for start in [Start::First, Start::Later] {
            let loaded = load_or_create(thief.path(), "Acme", NOW, &SystemEntropy, start, &sources);
            assert!(loaded.is_err());
        }
    }
}

#[test]
fn a_delegation_for_the_next_key_makes_it_the_signing_key_in_one_step() {
    let folder = Folder::new();
    let old = *folder.load(Start::Later).unwrap().signing.kid();
    let next = folder.make_next(9);
    assert_eq!(*folder.load(Start::Later).unwrap().signing.kid(), old);
    folder.put(CHAIN, &folder.delegate(&next.public_key(), 2));
    let keys = folder.load(Start::Later).unwrap();
    assert_eq!(*keys.signing.kid(), next.public_key().thumbprint());
    let state = folder.state();
    assert!(!state.contains_key(NEXT) && !state.contains_key("next.pub"), "{:?}", state.keys());
    assert_eq!(*folder.load(Start::Later).unwrap().signing.kid(), *keys.signing.kid());
}

/// Every state on disk that a crash in the middle of a change can leave is the one before it or the one after it.
#[test]
fn a_change_that_was_cut_off_anywhere_is_done_or_not_done() {
    let folder = Folder::new();
    let old = *folder.load(Start::Later).unwrap().signing.kid();
    let next = folder.make_next(9);
    let chain = file::write(&folder.delegate(&next.public_key(), 2), &[]);
    let files: BTreeMap<String, Vec<u8>> = [
        (CHAIN.to_owned(), chain.into_bytes()),
        (SIGNING.to_owned(), fs::read(folder.path(NEXT)).unwrap()),
    ]
    .into();
    let (beside, incoming) = (folder.path("incoming.partial"), folder.path("incoming"));
    // Not decided: one file of two is written beside.
    fs::create_dir(&beside).unwrap();
    fs::write(beside.join(CHAIN), &files[CHAIN]).unwrap();
    assert_eq!(*folder.load(Start::Later).unwrap().signing.kid(), old);
    // Decided, and one file of two is in its place.
    fs::remove_dir_all(&beside).unwrap();
    for first in [CHAIN, SIGNING] {
        let before = folder.state();
        fs::create_dir(&incoming).unwrap();
        for (name, bytes) in &files {
            let place = if name == first { folder.path(name) } else { incoming.join(name) };
            fs::write(place, bytes).unwrap();
        }
        let keys = folder.load(Start::Later).unwrap();
        assert_eq!(*keys.signing.kid(), next.public_key().thumbprint(), "{first} first");
        assert!(!incoming.exists() && !folder.path(NEXT).exists());
        for (name, bytes) in before {
            fs::write(folder.path(&name), bytes).unwrap();
        }
    }
    // And as it is done when nothing is cut off, with what an earlier crash left beside.
    fs::create_dir(&beside).unwrap();
    let locked = change::lock(&folder.path("")).unwrap().unwrap();
    assert!(change::lock(&folder.path("")).unwrap().is_none(), "one at a time");
    change::commit(&locked, &folder.path(""), &files).unwrap();
    drop(locked);
    assert_eq!(*folder.load(Start::Later).unwrap().signing.kid(), next.public_key().thumbprint());
}

#[test]
fn a_root_that_ends_before_the_delegation_ends_the_portals_signing() {
    let folder = Folder::new();
    let before = folder.load(Start::Later).unwrap();
    assert_eq!(before.until(), before.papers.delegation.not_after);
    folder.put("rotation-1.response", &rotation(&folder.root(), &key(11), 1));
    assert_eq!(folder.load(Start::Later).unwrap().until(), NOW + 1_000_001);
}

#[test]
fn a_delegation_that_asks_for_a_second_keys_approval_is_not_for_a_portal() {
    let folder = Folder::new();
    let keys = folder.load(Start::Later).unwrap();
    let mut delegation = keys.signing.delegation().unwrap().clone();
    delegation.serial = Some(1);
    delegation.scope.max_days = Some(30);
    folder.put("signing.chain", &delegation.sign(&folder.root()));
    folder.load(Start::Later).unwrap();
    delegation.scope.approved = Some(countersign_core::delegation::Longest::Unlimited);
    folder.put("signing.chain", &delegation.sign(&folder.root()));
    assert!(folder.refused().contains("--approved-days"), "{}", folder.refused());
}
