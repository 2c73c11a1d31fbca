//! A vendor, machines made of directories, and a clock that can be set.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use countersign_client::core::delegation::{Delegation, Products, Scope, ScopeType};
use countersign_client::core::fingerprint::Strategy;
use countersign_client::core::request::{Ask, VerifiedRequest};
use countersign_client::core::response::{
    Answer, Binding, Entitlement, Grant, GrantLicense, Granted, RequestRef, Response,
};
use countersign_client::core::revocations::{Revocations, RevokedKey};
use countersign_client::core::rotation::Rotation;
use countersign_client::core::trust::{Roots, Signer};
use countersign_client::core::{Expect, Hash, Id, SigningKey, UnixSeconds, file};
use countersign_client::machine::Machine;
use countersign_client::{Client, Config, Mirror};

pub(crate) const NOW: UnixSeconds = 1_800_000_000;
pub(crate) const DAY: u64 = 86_400;

#[derive(Clone)]
pub(crate) struct Vendor {
    pub(crate) root: SigningKey,
    pub(crate) signer: Signer,
    /// The delegation in the signer.
    pub(crate) chain: String,
    /// What goes along with every response from the next delegation on.
    pub(crate) rotations: Vec<String>,
    pub(crate) revoked: Vec<RevokedKey>,
    /// The number of the next grant, where they are counted.
    pub(crate) count: u64,
    pub(crate) grant: Grant,
    pub(crate) strategy: Strategy,
    pub(crate) now: UnixSeconds,
}

impl Vendor {
    pub(crate) fn new() -> Self {
        let root = key(1);
        let grant = Grant {
            expires_at: Some(NOW + 365 * DAY),
            renew_by: None,
            entitlements: BTreeMap::from([("parts".to_owned(), Entitlement::Integer(500))]),
            license: Some(GrantLicense {
                id: [9; 16].into(),
                plan: None,
                holder: None,
                deactivations_left: None,
            }),
            metadata: BTreeMap::new(),
        };
        let mut vendor = Self {
            signer: Signer::root(root.clone()),
            chain: String::new(),
            root,
            rotations: Vec::new(),
            revoked: Vec::new(),
            count: 1,
            grant,
            strategy: Strategy::Fuzzy,
            now: NOW,
        };
        vendor.delegate(&key(2), NOW - DAY, NOW + 1000 * DAY);
        vendor
    }

    /// Signs with `key` from now on, under a delegation for everything in that time.
    pub(crate) fn delegate(&mut self, key: &SigningKey, begins: UnixSeconds, ends: UnixSeconds) {
        self.delegate_with(key, begins, ends, |_| ());
    }

    pub(crate) fn delegate_with(
        &mut self,
        key: &SigningKey,
        begins: UnixSeconds,
        ends: UnixSeconds,
        change: impl FnOnce(&mut Delegation),
    ) {
        let mut delegation = Delegation {
            id: Id::from([3; 16]),
            issued_at: begins,
            issuer: "Acme".to_owned(),
            holder: "portal".to_owned(),
            not_before: begins,
            not_after: ends,
            key: key.public_key(),
            serial: None,
            scope: Scope {
                types: ScopeType::ALL.to_vec(),
                products: Products::All,
                max_days: None,
                max_grants: None,
                approved: None,
            },
        };
        change(&mut delegation);
        self.chain = delegation.sign(&self.root);
        let roots = Roots::new([self.root.public_key()]);
        let signer = Signer::delegated(key.clone(), self.chain.clone(), &roots).unwrap();
        self.signer = signer.with_rotations(self.rotations.clone());
    }

    pub(crate) fn sign_as_root(&mut self) {
        self.signer = Signer::root(self.root.clone());
    }

    /// Sends a list of the revoked keys along from now on.
    pub(crate) fn sign_with_list(&mut self, seq: u64) {
        let list = self.list(seq, self.now, &self.revoked);
        self.signer = self.signer.clone().with_revocations(Some(list));
    }

    /// A revocation list of the root.
    pub(crate) fn list(&self, seq: u64, time: UnixSeconds, revoked: &[RevokedKey]) -> String {
        let id = Id::from([5; 16]);
        let issuer = "Acme".to_owned();
        Revocations { id, issued_at: time, issuer, seq, revoked: revoked.to_vec() }.sign(&self.root)
    }

    /// Answers any request with the right time.
    pub(crate) fn reset_time(&self, request: &str) -> String {
        let token = file::read(request.as_bytes()).unwrap();
        let request = VerifiedRequest::verify(&token, Expect::Request).unwrap();
        let response = self.respond(&request, [8; 16].into(), Answer::TimeReset);
        self.signer.sign(&response).unwrap()
    }

    fn respond(&self, request: &VerifiedRequest, id: Id, answer: Answer) -> Response {
        let claims = request.claims();
        Response {
            issuer: "Acme".to_owned(),
            product: claims.product.clone(),
            id,
            issued_at: self.now,
            request: RequestRef { id: claims.id, hash: request.hash() },
            device: request.device_key().thumbprint(),
            answer,
        }
    }

    /// Answers a request as a portal would.
    pub(crate) fn answer(&self, request: &str) -> Vec<u8> {
        let response = self.response(request);
        let token = self.signer.sign_counted(&response, self.count).unwrap();
        file::response_file(&token, &response, None).into_bytes()
    }

    /// What a portal would answer; the activation's id is made of its device's key.
    pub(crate) fn response(&self, request: &str) -> Response {
        let token = file::read(request.as_bytes()).unwrap();
        let request = VerifiedRequest::verify(&token, Expect::Request).unwrap();
        let claims = request.claims();
        let device = request.device_key().thumbprint();
        let id = |part: &str| {
            let hash = Hash::of(format!("{device}{part}"));
            Id::from(<[u8; 16]>::try_from(&hash.as_bytes()[..16]).unwrap())
        };
        let granted = |grant: Grant| Granted {
            import_by: self.now + 30 * DAY,
            binding: Binding {
                strategy: self.strategy,
                fingerprint: claims.device().unwrap().fingerprint.clone(),
            },
            grant,
        };
        let (id, answer) = match &claims.ask {
            Ask::Activation { .. } => (id("a"), Answer::Activation(granted(self.grant.clone()))),
            Ask::Trial { .. } => {
                let grant = Grant {
                    license: None,
                    expires_at: Some(self.now + 30 * DAY),
                    ..self.grant.clone()
                };
                (id("t"), Answer::Trial(granted(grant)))
            }
            Ask::Deactivation { activation, .. } => {
                (id("d"), Answer::Deactivation { activation: *activation })
            }
        };
        self.respond(&request, id, answer)
    }
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// Both roots sign that `old` hands over to `new`, which gets the number `seq`, the day before.
pub(crate) fn rotation(old: &SigningKey, new: &SigningKey, seq: u64, until: UnixSeconds) -> String {
    let rotation = Rotation {
        id: Id::from([6; 16]),
        issued_at: until - DAY,
        issuer: "Acme".to_owned(),
        seq,
        until,
        old: old.public_key(),
        new: new.public_key(),
    };
    rotation.sign(old, new).unwrap()
}

pub(crate) struct World {
    pub(crate) vendor: Vendor,
    clock: Arc<AtomicU64>,
    folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self { vendor: Vendor::new(), clock: Arc::new(AtomicU64::new(NOW)), folder };
        world.machine("lab-7", "1");
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn set_clock(&self, now: UnixSeconds) {
        self.clock.store(now, Ordering::SeqCst);
    }

    /// Makes, or changes, a machine of three components; `part` is what its parts are numbered with.
    pub(crate) fn machine(&self, name: &str, part: &str) -> PathBuf {
        let root = self.path("machines").join(name);
        let write = |path: &str, text: String| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("etc/hostname", format!("{name}\n"));
        write("etc/machine-id", format!("{:a>32}\n", name.len()));
        write("sys/class/dmi/id/board_name", format!("Board {part}\n"));
        write("proc/cpuinfo", format!("vendor_id : Maker\nmodel name : Model {part}\n\n"));
        root
    }

    pub(crate) fn config(&self) -> Config {
        self.config_of("acme-cad")
    }

    pub(crate) fn config_of(&self, product: &str) -> Config {
        self.config_with(product, vec![key(1)])
    }

    /// An app that was built with these roots.
    pub(crate) fn config_with(&self, product: &str, roots: Vec<SigningKey>) -> Config {
        let clock = Arc::clone(&self.clock);
        let roots = roots.iter().map(SigningKey::public_key);
        Config::new(product.parse().unwrap(), roots, self.path("state"))
            .mirror(Mirror::In(self.path("mirror")))
            .machine(Machine::of_directory(self.path("machines").join("lab-7")))
            .clock(move || clock.load(Ordering::SeqCst))
    }

    /// An app on a machine of these parts, with its state in another folder and no second copy.
    pub(crate) fn config_in(&self, folder: &str, parts: PathBuf) -> Config {
        let clock = Arc::clone(&self.clock);
        Config::new("acme-cad".parse().unwrap(), [key(1).public_key()], self.path(folder))
            .mirror(Mirror::None)
            .machine(Machine::of_directory(parts))
            .clock(move || clock.load(Ordering::SeqCst))
    }

    pub(crate) fn client(&self) -> Client {
        Client::open(self.config())
    }

    /// A client with an activation installed.
    pub(crate) fn activated(&self) -> Client {
        let client = self.client();
        let request = client.request_activation(None).unwrap();
        client.install(&self.vendor.answer(&request.file)).unwrap();
        client
    }

    pub(crate) fn copy(&self, from: &str, to: &str) {
        copy(&self.path(from), &self.path(to));
    }
}

/// Makes `to` the same as `from`, as a restored backup is.
fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
