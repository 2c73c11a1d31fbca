//! Machines, as tests and benchmarks play them.
#![allow(dead_code, clippy::unwrap_used)] // each program uses its part of this

use countersign_core::fingerprint::Fingerprint;
use countersign_core::license_key::LicenseKey;
use countersign_core::request::{Ask, Device, LicenseProof, Request};
use countersign_core::{Id, ProductId, SigningKey};

pub(crate) const NOW: u64 = 1_790_000_000;

pub(crate) fn rng() -> impl rand_core::CryptoRng {
    rand_core::UnwrapErr(getrandom::SysRng)
}

/// A machine that makes requests with the format's own functions.
pub(crate) struct Machine {
    pub(crate) key: SigningKey,
    pub(crate) name: String,
    pub(crate) product: ProductId,
}

impl Machine {
    pub(crate) fn new(name: &str, product: &ProductId) -> Self {
        Self { key: SigningKey::generate(&mut rng()), name: name.into(), product: product.clone() }
    }

    pub(crate) fn reinstalled(&self) -> Self {
        Self {
            key: SigningKey::generate(&mut rng()),
            name: self.name.clone(),
            product: self.product.clone(),
        }
    }

    pub(crate) fn request(&self, ask: impl FnOnce(Id, Device) -> Ask) -> String {
        self.request_holding(None, ask)
    }

    /// A request that carries a response along.
    pub(crate) fn request_holding(
        &self,
        held: Option<&str>,
        ask: impl FnOnce(Id, Device) -> Ask,
    ) -> String {
        let id = Id::random(&mut rng());
        let own =
            ["machine-id", "board", "disk", "mac"].map(|c| (c, format!("{c} of {}", self.name)));
        // Many machines have the same processor model.
        let model = self.name.bytes().map(usize::from).sum::<usize>() % 8;
        let raw = own.into_iter().chain([("cpu", format!("model {model}"))]);
        let fingerprint = Fingerprint::of_raw(&self.product, raw).unwrap();
        let device = Device {
            name: Some(self.name.clone()),
            platform: None,
            app_version: None,
            fingerprint,
        };
        let ask = ask(id, device);
        let request = Request { id, issued_at: NOW, product: self.product.clone(), ask };
        request.sign_holding(&self.key, held)
    }

    pub(crate) fn activation(&self, key: &LicenseKey) -> String {
        self.activation_holding(None, key)
    }

    /// As an app makes it that has an activation.
    pub(crate) fn activation_holding(&self, held: Option<&str>, key: &LicenseKey) -> String {
        let jkt = self.key.public_key().thumbprint();
        self.request_holding(held, |id, device| Ask::Activation {
            device,
            license: Some(LicenseProof { id: key.id(), proof: key.proof(&jkt, &id) }),
        })
    }

    pub(crate) fn deactivation(&self, activation: &str) -> String {
        let activation = activation.parse().unwrap();
        self.request(|_, _| Ask::Deactivation { activation, device_name: Some(self.name.clone()) })
    }

    pub(crate) fn trial(&self) -> String {
        self.request(|_, device| Ask::Trial { device })
    }
}
