//! What the vendor sells, and what may never be sold twice.

use countersign_core::ProductId;
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_store::{NewLicense, Product, Store, TrialPolicy, Validity};

use crate::played::{NOW, rng};

/// Seats of the license that everybody wants.
const SEATS: u64 = 25;

/// The licenses.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) product: ProductId,
    /// For any number of machines.
    pub(crate) wide: Vec<LicenseKey>,
    /// For fewer than want it.
    pub(crate) narrow: LicenseKey,
}

pub(crate) async fn found(store: &Store) -> World {
    let product: ProductId = "acme-cad".parse().unwrap();
    let new = Product {
        id: product.clone(),
        name: "Acme CAD".into(),
        trial: TrialPolicy { strategy: Strategy::Fuzzy, ..TrialPolicy::none() },
        reinstall_allowance: 3,
        archived: false,
        created_at: NOW,
    };
    store.save_product(new, "test", NOW).await.unwrap();
    let narrow = license(store, &product, Some(SEATS)).await;
    let mut wide = Vec::new();
    for _ in 0..8 {
        wide.push(license(store, &product, None).await);
    }
    World { product, wide, narrow }
}

async fn license(store: &Store, product: &ProductId, seats: Option<u64>) -> LicenseKey {
    let key = LicenseKey::generate(&mut rng());
    let new = NewLicense {
        key: key.clone(),
        product: product.clone(),
        plan: None,
        holder: None,
        owner: None,
        organization: None,
        allowed_activations: seats,
        allowed_deactivations: None,
        validity: Validity::Perpetual,
        response_validity: 86_400,
        strategy: Strategy::Fuzzy,
        entitlements: Default::default(),
        metadata: Default::default(),
    };
    store.create_license(new, "test", NOW).await.unwrap();
    key
}

impl World {
    /// No seat was sold twice, and what is counted is there.
    pub(crate) async fn check(&self, store: &Store) {
        for key in self.wide.iter().chain([&self.narrow]) {
            let license = store.license(&key.id()).await.unwrap().unwrap();
            let most = u32::try_from(license.live_activations).unwrap() + 1;
            let there = store.activations(&key.id(), most).await.unwrap().len();
            assert_eq!(license.live_activations, there as u64);
        }
        let narrow = store.license(&self.narrow.id()).await.unwrap().unwrap();
        assert_eq!(narrow.live_activations, SEATS, "of seats that everybody wants, all are taken");
    }
}
