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
use countersign_client::core::trust::{Roots, Signer};
use countersign_client::core::{Expect, Hash, Id, SigningKey, UnixSeconds, file};
use countersign_client::machine::Machine;
use countersign_client::{Client, Config, Mirror};

pub(crate) const NOW: UnixSeconds = 1_800_000_000;
pub(crate) const DAY: u64 = 86_400;

pub(crate) struct Vendor {
    pub(crate) root: SigningKey,
    pub(crate) signer: Signer,
    pub(crate) grant: Grant,
    pub(crate) strategy: Strategy,
    pub(crate) now: UnixSeconds,
}

impl Vendor {
    pub(crate) fn new() -> Self {
        let root = SigningKey::from_seed(&[1; 32]);
        let key = SigningKey::from_seed(&[2; 32]);
        let delegation = Delegation {
            id: Id::from([3; 16]),
            issued_at: NOW,
            issuer: "Acme".to_owned(),
            holder: "portal".to_owned(),
            not_before: NOW - DAY,
            not_after: NOW + 1000 * DAY,
            key: key.public_key(),
            scope: Scope {
                types: ScopeType::ALL.to_vec(),
                products: Products::All,
                max_days: None,
            },
        };
        let chain = delegation.sign(&root);
        let signer = Signer::delegated(key, chain, &Roots::new([root.public_key()])).unwrap();
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
        Self { root, signer, grant, strategy: Strategy::Fuzzy, now: NOW }
    }

    /// Answers a request as a portal would; the activation's id is made of its device's key.
    pub(crate) fn answer(&self, request: &str) -> Vec<u8> {
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
        let response = Response {
            issuer: "Acme".to_owned(),
            product: claims.product.clone(),
            id,
            issued_at: self.now,
            request: RequestRef { id: claims.id, hash: request.hash() },
            device,
            answer,
        };
        let token = self.signer.sign(&response).unwrap();
        file::response_file(&token, &response, claims.device_name()).into_bytes()
    }
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
        let clock = Arc::clone(&self.clock);
        Config::new(product.parse().unwrap(), [self.vendor.root.public_key()], self.path("state"))
            .mirror(Mirror::In(self.path("mirror")))
            .machine(Machine::of_directory(self.path("machines").join("lab-7")))
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
