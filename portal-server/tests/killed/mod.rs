//! Customers of a portal that is killed under them: they know what they sent, what came back, and what follows from it.

mod check;
mod client;
mod dice;
mod player;
mod world;

use std::path::Path;

use countersign_core::ProductId;
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_portal::{App, Config};
use countersign_store::{NewLicense, Product, Store, Validity};

pub(crate) use dice::Dice;
pub(crate) use world::World;

use check::Open;
use client::Client;
use player::{Player, Standing};

use crate::played::{NOW, rng};

/// A license, as its vendor made it.
pub(crate) struct License {
    pub(crate) key: LicenseKey,
    pub(crate) seats: u64,
    pub(crate) deactivations: Option<u64>,
}

impl License {
    pub(crate) async fn create(store: &Store, seats: u64, deactivations: Option<u64>) -> Self {
        let key = LicenseKey::generate(&mut rng());
        let new = NewLicense {
            key: key.clone(),
            product: product(),
            plan: None,
            holder: None,
            owner: None,
            organization: None,
            allowed_activations: Some(seats),
            allowed_deactivations: deactivations,
            validity: Validity::Perpetual,
            response_validity: 86_400,
            strategy: Strategy::Fuzzy,
            entitlements: Default::default(),
            metadata: Default::default(),
        };
        store.create_license(new, "test", NOW).await.unwrap();
        Self { key, seats, deactivations }
    }
}

fn product() -> ProductId {
    "acme-cad".parse().unwrap()
}

/// Makes the data directory with keys and a product, and closes it again.
pub(crate) async fn found(data: &Path) {
    let app = App::open(Config::new(data.to_owned())).await.unwrap();
    let product = Product {
        id: product(),
        name: "Acme CAD".into(),
        trial_days: Some(14),
        trial_strategy: Strategy::Fuzzy,
        trial_entitlements: Default::default(),
        reinstall_allowance: 3,
        archived: false,
        created_at: NOW,
    };
    app.store().save_product(product, "test", NOW).await.unwrap();
    app.store().close();
}
