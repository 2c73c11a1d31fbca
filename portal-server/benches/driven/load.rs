//! Requests of machines, and the licenses that they are for.

use std::collections::BTreeMap;

use countersign_core::ProductId;
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_portal::App;
use countersign_store::{NewLicense, Product, Validity};
use hyper::body::Bytes;

use crate::played::{Machine, NOW, rng};

/// As many as a busy vendor sells from at the same moment.
pub(crate) const LICENSES: usize = 50;

pub(crate) struct Load {
    pub(crate) product: ProductId,
    pub(crate) keys: Vec<LicenseKey>,
    pub(crate) requests: Vec<Bytes>,
}

impl Load {
    pub(crate) fn new(count: usize) -> Self {
        Self::of(count, LICENSES)
    }

    /// Requests of so many machines, for so many licenses in turn.
    pub(crate) fn of(count: usize, licenses: usize) -> Self {
        let product: ProductId = "acme-cad".parse().unwrap();
        let keys: Vec<_> = (0..licenses).map(|_| LicenseKey::generate(&mut rng())).collect();
        let requests = (0..count)
            .map(|n| {
                Machine::new(&format!("machine-{n}"), &product).activation(&keys[n % licenses])
            })
            .map(Bytes::from)
            .collect();
        Self { product, keys, requests }
    }
}

/// The product and the licenses.
pub(crate) async fn set_up(app: &App, load: &Load) {
    let product = Product {
        id: load.product.clone(),
        name: "Acme CAD".into(),
        trial: countersign_store::TrialPolicy {
            days: None,
            strategy: Strategy::Fuzzy,
            entitlements: BTreeMap::new(),
            ..countersign_store::TrialPolicy::none()
        },
        reinstall_allowance: 3,
        archived: false,
        created_at: NOW,
    };
    app.store().save_product(product, "bench", NOW).await.unwrap();
    for key in &load.keys {
        let license = NewLicense {
            key: key.clone(),
            product: load.product.clone(),
            plan: Some("Pro".into()),
            holder: Some("Jane".into()),
            owner: None,
            organization: None,
            allowed_activations: Some(1_000_000),
            allowed_deactivations: None,
            validity: Validity::Perpetual,
            response_validity: 86_400,
            strategy: Strategy::Fuzzy,
            entitlements: BTreeMap::new(),
            metadata: BTreeMap::new(),
        };
        app.store().create_license(license, "bench", NOW).await.unwrap();
    }
}

/// How many machines the licenses have.
pub(crate) async fn stored(app: &App, load: &Load) -> usize {
    let mut sum = 0;
    for key in &load.keys {
        let license = app.store().license(&key.id()).await.unwrap().unwrap();
        sum += usize::try_from(license.live_activations).unwrap();
    }
    sum
}
