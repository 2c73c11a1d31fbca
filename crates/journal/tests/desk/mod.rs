//! A key with a journal in a folder, and responses that it signed.

use std::fs;
use std::path::{Path, PathBuf};

use countersign_core::release::{ListedFile, Release};
use countersign_core::response::{Answer, RequestRef, Response};
use countersign_core::trust::Signer;
use countersign_core::{Hash, Id, SigningKey, Thumbprint};
use countersign_journal::{Form, Journal, New, Opened, Result};

pub(crate) struct Desk {
    pub(crate) key: SigningKey,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alice.journal");
        Self { key: SigningKey::from_seed(&[2; 32]), path, _folder: folder }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn kid(&self) -> Thumbprint {
        self.key.public_key().thumbprint()
    }

    pub(crate) fn try_open(&self) -> Result<(Journal, Opened)> {
        Journal::open(&self.path, &self.kid(), 1_000, &mut rng())
    }

    pub(crate) fn open_as(&self, form: Form) -> Result<(Journal, Opened)> {
        Journal::open_as(form, &self.path, &self.kid(), 1_000, &mut rng())
    }

    pub(crate) fn open(&self) -> (Journal, Opened) {
        self.try_open().unwrap()
    }

    pub(crate) fn sign(&self, count: u64) -> Vec<New> {
        self.sign_from(1, count)
    }

    pub(crate) fn sign_from(&self, first: u64, count: u64) -> Vec<New> {
        (first..first + count).map(|number| response(&self.key, number)).collect()
    }

    /// A journal of so many entries.
    pub(crate) fn write(&self, count: u64) {
        self.write_more(1, count);
    }

    pub(crate) fn write_more(&self, first: u64, count: u64) {
        self.open().0.lock().unwrap().append(&self.sign_from(first, count)).unwrap();
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        fs::read_to_string(&self.path).unwrap().lines().map(str::to_owned).collect()
    }

    pub(crate) fn replace(&self, lines: &[String]) {
        fs::write(&self.path, lines.join("\n") + "\n").unwrap();
    }
}

/// A receipt for the request of this number.
pub(crate) fn response(key: &SigningKey, number: u64) -> New {
    let request = Hash::of(number.to_string());
    let response = Response {
        issuer: "Acme".to_owned(),
        product: "acme-cad".parse().unwrap(),
        id: Id::random(&mut rng()),
        issued_at: 1_000 + number,
        request: RequestRef { id: Id::random(&mut rng()), hash: request },
        device: key.public_key().thumbprint(),
        answer: Answer::Deactivation { activation: Id::from([1; 16]) },
    };
    let token = Signer::root(key.clone()).sign(&response).unwrap();
    New { at: response.issued_at, request, response: token, under: None }
}

pub(crate) fn rng() -> getrandom::rand_core::UnwrapErr<getrandom::SysRng> {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

/// A release under this number, as a signer process journals it.
pub(crate) fn release(key: &SigningKey, number: u64) -> New {
    let release = Release {
        issuer: "Acme".to_owned(),
        product: "acme-cad".parse().unwrap(),
        id: Id::random(&mut rng()),
        issued_at: 1_000 + number,
        version: "1.0.0".parse().unwrap(),
        channel: "stable".parse().unwrap(),
        files: vec![ListedFile {
            name: "a.zip".parse().unwrap(),
            size: number,
            sha256: Hash::of(number.to_string()),
        }],
    };
    let token = Signer::root(key.clone()).sign_release(&release).unwrap();
    let request = Hash::of(release.id.to_string());
    New { at: release.issued_at, request, response: token, under: None }
}
