//! A signer's folder with keys, a signer on it in this process, and what the web layer would send to it.
#![allow(dead_code)] // each module uses its part of this

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use countersign_core::delegation::{Delegation, Products, Scope, ScopeType};
use countersign_core::response::Response;
use countersign_core::token::Unverified;
use countersign_core::trust::Roots;
use countersign_core::{Id, ProductId, SigningKey, TokenType, UnixSeconds, file, pem};
use countersign_journal::verify::Verified;
use countersign_portal::clock::{Clock, SystemEntropy};
use countersign_portal::keys::passphrase::Sources;
use countersign_portal::signer::limits::Limits;
use countersign_portal::signer::{Options, open};
use serde_json::Value;
use tokio::sync::oneshot;

pub(crate) use crate::asked::{Peer, answer_to, asked, by_earlier, by_request, granted};
use crate::played::{NOW, rng};

pub(crate) const DAY: u64 = 86_400;

/// A clock that stands still until it is set.
pub(crate) struct StillClock(AtomicU64);

impl StillClock {
    pub(crate) fn set(&self, now: UnixSeconds) {
        self.0.store(now, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> UnixSeconds {
        self.0.load(Ordering::SeqCst)
    }
}

/// Keys in a signer's folder.
pub(crate) struct Keys {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) root: SigningKey,
    pub(crate) key: SigningKey,
}

impl Keys {
    /// Under a delegation for acme-cad, from an hour before to thirty days after `NOW`.
    pub(crate) fn new(change: impl FnOnce(&mut Delegation)) -> Self {
        let (root, key) = (SigningKey::generate(&mut rng()), SigningKey::generate(&mut rng()));
        let keys = Self { folder: tempfile::tempdir().unwrap(), root, key };
        let mut delegation = delegation(&keys.key);
        change(&mut delegation);
        fs::create_dir_all(keys.place()).unwrap();
        keys.put("root.pub", &pem::write_public(&keys.root.public_key()));
        keys.put("signing.pem", &pem::write_private(&keys.key, None, &mut rng()).unwrap());
        keys.delegate(&delegation);
        keys
    }

    /// The signer's folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("signer")
    }

    /// The folder in it with the keys.
    pub(crate) fn place(&self) -> PathBuf {
        self.data().join("keys")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Puts a file into the folder as people do, all of it at once.
    pub(crate) fn put(&self, name: &str, text: &str) {
        let beside = self.folder.path().join("beside");
        fs::write(&beside, text).unwrap();
        fs::rename(beside, self.place().join(name)).unwrap();
    }

    pub(crate) fn delegate(&self, delegation: &Delegation) {
        self.put("signing.chain", &file::write(&delegation.sign(&self.root), &[]));
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots::new([self.root.public_key()])
    }

    pub(crate) fn journal(&self) -> PathBuf {
        journal_in(&self.data())
    }

    /// The journal, read to its end: the tokens in it, and what is wrong with it.
    pub(crate) fn journaled(&self) -> (Vec<String>, Verified) {
        journaled(&self.journal(), &self.roots())
    }
}

/// The one journal in a signer's folder.
pub(crate) fn journal_in(data: &Path) -> PathBuf {
    let found = fs::read_dir(data.join("journals")).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<_> = found.filter(|path| path.extension().unwrap() == "journal").collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

/// Without the checkpoints of its audit log that a portal lets be signed now and then.
pub(crate) fn journaled(journal: &Path, roots: &Roots) -> (Vec<String>, Verified) {
    let mut tokens = Vec::new();
    let file = fs::File::open(journal).unwrap();
    let verified = countersign_journal::verify(file, Some(roots), None, |entry, _| {
        let kind = Unverified::decode(&entry.response).unwrap().token_type();
        if kind != TokenType::AuditCheckpoint {
            tokens.push(entry.response.clone().into_owned());
        }
    });
    (tokens, verified.unwrap())
}

pub(crate) fn delegation(key: &SigningKey) -> Delegation {
    Delegation {
        id: Id::random(&mut rng()),
        issued_at: NOW - 3_600,
        issuer: "Acme".into(),
        holder: "portal".into(),
        not_before: NOW - 3_600,
        not_after: NOW + 30 * DAY,
        key: key.public_key(),
        serial: Some(1),
        scope: Scope {
            types: ScopeType::ALL.to_vec(),
            products: Products::Some(vec![product()]),
            max_days: Some(365),
            max_grants: None,
            approved: None,
        },
    }
}

pub(crate) fn product() -> ProductId {
    "acme-cad".parse().unwrap()
}

/// A signer that runs in this process, at `NOW`.
pub(crate) struct Stand {
    pub(crate) keys: Keys,
    pub(crate) clock: Arc<StillClock>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<tokio::task::JoinHandle<()>>,
}

impl Stand {
    pub(crate) fn new() -> Self {
        Self::with(|_| (), |_| ())
    }

    pub(crate) fn with(
        delegation: impl FnOnce(&mut Delegation),
        limits: impl FnOnce(&mut Limits),
    ) -> Self {
        let clock = Arc::new(StillClock(AtomicU64::new(NOW)));
        let mut stand = Self { keys: Keys::new(delegation), clock, stop: None, serving: None };
        stand.start(limits);
        stand
    }

    /// Starts the signer on its folder.
    pub(crate) fn start(&mut self, change: impl FnOnce(&mut Limits)) {
        let mut options = self.options();
        change(&mut options.limits);
        let (stop, stopped) = oneshot::channel::<()>();
        let running = open(options).unwrap();
        self.serving = Some(tokio::spawn(running.serve(async {
            let _ = stopped.await;
        })));
        self.stop = Some(stop);
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            data: self.keys.data(),
            socket: self.keys.socket(),
            passphrase: Sources::default(),
            allowed: Vec::new(),
            limits: Limits::default(),
            clock: Arc::<StillClock>::clone(&self.clock),
            entropy: Arc::new(SystemEntropy),
        }
    }

    /// Ends it, as a service manager does.
    pub(crate) async fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.serving.take().unwrap().await.unwrap();
    }

    /// Starts it again, when its lock is free.
    pub(crate) async fn restart(&mut self, change: impl FnOnce(&mut Limits)) {
        self.stop().await;
        self.start(change);
    }

    pub(crate) async fn connect(&self) -> Peer {
        Peer::connect(&self.keys.socket()).await
    }

    /// What it says to one message on a connection of its own.
    pub(crate) async fn says(&self, message: &Value) -> Value {
        self.connect().await.says(message).await
    }

    /// It signs this, for this request: the token.
    pub(crate) async fn signs(&self, request: &str, response: &Response) -> String {
        let said = self.says(&by_request(request, response)).await;
        said["token"].as_str().unwrap_or_else(|| panic!("not signed: {said}")).to_owned()
    }

    /// It does not: the code.
    pub(crate) async fn declines(&self, message: &Value) -> String {
        let said = self.says(message).await;
        assert_eq!(said["said"], "declined", "it was signed: {said}");
        assert!(!said["fact"].as_str().unwrap().is_empty());
        said["code"].as_str().unwrap().to_owned()
    }

    /// Nothing stands in the journal.
    #[track_caller]
    pub(crate) fn has_signed_nothing(&self) {
        let (tokens, verified) = self.keys.journaled();
        assert!(tokens.is_empty() && verified.findings.is_empty(), "{verified:?}");
    }
}
