//! The vendor's side of a data directory, while no portal runs on it or beside one that does.
#![allow(clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::path::Path;

use countersign_core::ProductId;
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_portal::{App, Config};
use countersign_store::{NewLicense, Options, Product, Store, Validity};

use crate::played::{NOW, rng};

pub(crate) fn product() -> ProductId {
    "acme-cad".parse().unwrap()
}

/// Makes the data directory with keys and a product, and closes it again.
pub(crate) async fn found(data: &Path) {
    let app = App::open(Config::new(data.to_owned())).await.unwrap();
    let product = Product {
        id: product(),
        name: "Acme CAD".into(),
        trial: countersign_store::TrialPolicy {
            days: Some(14),
            strategy: Strategy::Fuzzy,
            entitlements: Default::default(),
            ..countersign_store::TrialPolicy::none()
        },
        reinstall_allowance: 3,
        archived: false,
        created_at: NOW,
    };
    app.store().save_product(product, "test", NOW).await.unwrap();
    app.store().close();
}

/// The store beside the running portal, as `countersign-portal admin` opens it. Never while the portal is down: a second
/// process that has the database open would spare the next start its recovery.
pub(crate) fn open(data: &Path) -> Store {
    Store::open(&data.join("countersign.db"), Options::default(), NOW).unwrap()
}

/// Makes a license for so many machines.
pub(crate) async fn license(store: &Store, seats: u64, deactivations: Option<u64>) -> LicenseKey {
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
    key
}
