//! What a root signs for a portal, what a thief would like it to have signed, and how either is brought.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use countersign_core::revocations::{Revocations, RevokedKey};
use countersign_core::rotation::Rotation;
use countersign_core::{Id, PublicKey, SigningKey, Thumbprint, file, pem};
use reqwest::multipart::{Form, Part};

use crate::played::{NOW, rng};
use crate::world::browser::Answer;
use crate::world::{CookieUser, TestPortal};

pub(crate) const PAGE: &str = "/admin/keys";

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

pub(crate) fn kid(seed: u8) -> Thumbprint {
    key(seed).public_key().thumbprint()
}

/// A list that revokes these keys.
pub(crate) fn list(root: &SigningKey, seq: u64, kids: &[Thumbprint]) -> String {
    let revoked =
        kids.iter().map(|kid| RevokedKey { kid: *kid, compromised: true, below: None }).collect();
    let id = Id::random(&mut rng());
    let list = Revocations { id, issued_at: NOW, issuer: "Acme".to_owned(), seq, revoked };
    file::write(&list.sign(root), &[])
}

pub(crate) fn rotation(old: &SigningKey, new: &SigningKey, seq: u64, until: u64) -> String {
    let rotation = Rotation {
        id: Id::random(&mut rng()),
        issued_at: NOW,
        issuer: "Acme".to_owned(),
        seq,
        until,
        old: old.public_key(),
        new: new.public_key(),
    };
    file::write(&rotation.sign(old, new).unwrap(), &[])
}

/// The form with files of these names.
pub(crate) fn form(files: &[(&str, &str)]) -> Form {
    files.iter().fold(Form::new(), |form, (name, text)| {
        form.part("file", Part::text((*text).to_owned()).file_name((*name).to_owned()))
    })
}

pub(crate) async fn bring(admin: &CookieUser, files: &[(&str, &str)]) -> Answer {
    admin.upload(PAGE, form(files)).await
}

impl TestPortal {
    pub(crate) fn keys_folder(&self) -> std::path::PathBuf {
        self.app.config().data.join("keys")
    }

    /// What is signed with, and what goes into it.
    pub(crate) fn signs_with(&self) -> (String, Option<u64>, usize, u64) {
        let keys = self.app.keys();
        let list = keys.papers.list.as_ref().map(|list| list.seq);
        (keys.papers.chain.clone(), list, keys.trust.rotations().count(), keys.until())
    }

    /// Everything that a refusal must not touch: the files, what is used, what is noted.
    pub(crate) async fn untouched(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let audit = self.audit().await.len();
        (files(&self.keys_folder()), files(&self.app.config().data), self.signs_with(), audit)
    }

    /// Makes the next key as the command does; its public half.
    pub(crate) async fn next_key(&self) -> PublicKey {
        use countersign_portal::keys::command::{KeysCommand, run};
        run(self.app.config(), KeysCommand::New).await.unwrap();
        let text = std::fs::read_to_string(self.keys_folder().join("next.pub")).unwrap();
        pem::read_public(&text).unwrap()
    }

    /// Waits until this is so.
    pub(crate) async fn until(&self, what: &str, is_so: impl AsyncFn(&Self) -> bool) {
        for _ in 0..1200 {
            if is_so(self).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it never came to be that {what}");
    }

    /// What `/readyz` says.
    pub(crate) async fn ready(&self) -> serde_json::Value {
        self.visitor().get("/readyz").await.json()
    }
}

/// The files of a folder but the lock, the database and what logs it, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let is_kept = path.is_file() && name != "lock" && !name.starts_with("countersign.db");
            let bytes = if is_kept { std::fs::read(&path).unwrap() } else { Vec::new() };
            (name, bytes)
        })
        .filter(|(name, _)| name != "lock" && !name.starts_with("countersign.db"))
        .collect()
}
