//! A store with a product, organizations, people, licenses and machines.

use countersign_core::fingerprint::{Fingerprint, Strategy};
use countersign_core::license_key::LicenseKey;
use countersign_core::request::Device;
use countersign_core::{Hash, Id, LicenseId, ProductId, SigningKey, Thumbprint};
use countersign_store::{
    Activate, Activated, Deactivate, Deactivated, GroupChange, License, NewLicense, Options,
    OrganizationRole, Product, Release, ReleaseOutcome, ReleasePolicy, Right, Role, Seat, Store,
    User, UserChange, UserStatus, Validity,
};

pub(crate) const NOW: u64 = 1_790_000_000;
pub(crate) const DAY: u64 = 86_400;
pub(crate) const LIMITED: ReleasePolicy = ReleasePolicy { per_year: 2, cool_down: DAY };

pub(crate) fn rng() -> impl getrandom::rand_core::CryptoRng {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

pub(crate) fn random_id() -> Id {
    Id::random(&mut rng())
}

pub(crate) fn product(id: &str) -> ProductId {
    id.parse().unwrap()
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) database: countersign_testing::TestDatabase,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = countersign_testing::test_database!();
        let store = database.open(Options::default(), NOW);
        let world = Self { store, database };
        world.product("acme-cad", "Acme CAD").await;
        world
    }

    pub(crate) async fn product(&self, id: &str, name: &str) {
        let product = Product {
            id: product(id),
            name: name.into(),
            trial: countersign_store::TrialPolicy {
                days: None,
                strategy: Strategy::Fuzzy,
                entitlements: Default::default(),
                ..countersign_store::TrialPolicy::none()
            },
            reinstall_allowance: 3,
            archived: false,
            created_at: NOW,
        };
        self.store.save_product(product, "test", NOW).await.unwrap();
    }

    pub(crate) async fn organization(&self, name: &str) -> Id {
        let id = random_id();
        self.store.create_organization(id, name, "test", NOW).await.unwrap();
        id
    }

    /// Somebody who can log in, changed as needed.
    pub(crate) async fn user(&self, name: &str, change: impl FnOnce(&mut User)) -> User {
        let email = format!("{name}@lab.example");
        let mut user = User {
            status: UserStatus::Active,
            password_hash: Some("hash".into()),
            name: name.into(),
            ..User::invited(random_id(), email, Role::Customer, NOW)
        };
        change(&mut user);
        let id = user.id;
        assert_eq!(self.store.create_user(user, "test", NOW).await.unwrap(), UserChange::Done);
        self.store.user(id).await.unwrap().unwrap()
    }

    pub(crate) async fn member(&self, name: &str, organization: Id) -> User {
        self.user(name, |user| user.organization = Some(organization)).await
    }

    pub(crate) async fn runner(&self, name: &str, organization: Id) -> User {
        self.user(name, |user| {
            user.organization = Some(organization);
            user.organization_role = OrganizationRole::Admin;
        })
        .await
    }

    pub(crate) async fn vendor(&self) -> User {
        self.user("ada", |user| user.role = Role::Admin).await
    }

    /// A group of the organization with these people and this license.
    pub(crate) async fn group(
        &self,
        organization: Id,
        users: &[&User],
        license: LicenseId,
        cap: Option<u64>,
    ) -> Id {
        let (id, store) = (random_id(), &self.store);
        let name = format!("group {id}");
        let done = store.create_group(id, organization, &name, "test", NOW).await.unwrap();
        assert_eq!(done, GroupChange::Done);
        for user in users {
            let done = store.add_to_group(organization, id, user.id, "test", NOW).await.unwrap();
            assert_eq!(done, GroupChange::Done);
        }
        let linked = store.link_license(organization, id, license, cap, "test", NOW).await.unwrap();
        assert_eq!(linked, GroupChange::Done);
        id
    }

    /// A perpetual license of nobody with five seats, changed as needed.
    pub(crate) async fn license(&self, change: impl FnOnce(&mut NewLicense)) -> LicenseId {
        self.license_at(NOW, change).await
    }

    pub(crate) async fn license_at(
        &self,
        now: u64,
        change: impl FnOnce(&mut NewLicense),
    ) -> LicenseId {
        let mut new = NewLicense {
            key: LicenseKey::generate(&mut rng()),
            product: product("acme-cad"),
            plan: None,
            holder: None,
            owner: None,
            organization: None,
            allowed_activations: Some(5),
            allowed_deactivations: None,
            validity: Validity::Perpetual,
            response_validity: 1000,
            strategy: Strategy::Fuzzy,
            entitlements: Default::default(),
            metadata: Default::default(),
        };
        change(&mut new);
        self.store.create_license(new, "test", now).await.unwrap()
    }

    pub(crate) async fn get(&self, id: &LicenseId) -> License {
        self.store.license(id).await.unwrap().unwrap()
    }

    /// A machine without a person behind it.
    pub(crate) async fn activate(&self, license: &LicenseId, machine: &Machine, now: u64) -> Id {
        let (done, id) = self.activate_by(license, machine, None, now).await;
        assert_eq!(done, Activated::Done);
        id
    }

    /// As the portal does: planned, signed, stored; again when something changed in between.
    pub(crate) async fn activate_by(
        &self,
        license: &LicenseId,
        machine: &Machine,
        user: Option<&User>,
        now: u64,
    ) -> (Activated, Id) {
        let request_hash = Hash::of(random_id().to_string());
        let groups = match user {
            Some(user) => {
                let access = self.store.access_to(user, license).await.unwrap();
                access.map(|access| access.groups()).unwrap_or_default()
            }
            None => vec![],
        };
        loop {
            let read = self.get(license).await;
            let (key, print) = (&machine.key, &machine.device.fingerprint);
            let seat = self.store.activation_plan(license, key, print, &groups, now).await.unwrap();
            let activation = match seat {
                Ok(Seat::Renewal(own)) => own.id,
                _ => random_id(),
            };
            let activate = Activate {
                terms: read.clone(),
                activation,
                request_id: random_id(),
                request_hash,
                device_key: machine.key,
                device: machine.device.clone(),
                response: format!("response of {activation}"),
                expires_at: read.grant_end(now),
                import_by: now + 1000,
                door: "portal",
                by_user: user.map(|user| user.id),
                right: if user.is_some() { Right::Access } else { Right::Key },
                now,
            };
            match self.store.activate(activate).await.unwrap() {
                Activated::Stale => {}
                other => return (other, activation),
            }
        }
    }

    pub(crate) async fn deactivate(&self, activation: Id, machine: &Machine) -> Deactivated {
        let deactivate = Deactivate {
            activation,
            device_key: machine.key,
            request_hash: Hash::of(random_id().to_string()),
            receipt: "receipt".into(),
            by_user: None,
            now: NOW + 10,
        };
        self.store.deactivate(deactivate).await.unwrap()
    }

    pub(crate) async fn release(
        &self,
        license: LicenseId,
        activation: Id,
        by: &User,
        now: u64,
    ) -> ReleaseOutcome {
        self.release_by(license, activation, by, LIMITED, now).await
    }

    pub(crate) async fn release_by(
        &self,
        license: LicenseId,
        activation: Id,
        by: &User,
        policy: ReleasePolicy,
        now: u64,
    ) -> ReleaseOutcome {
        let reason = "stolen on a train".into();
        let release = Release { license, activation, by: by.id, reason, policy, now };
        self.store.release_seat(release).await.unwrap()
    }

    pub(crate) async fn is_sound(&self) {
        assert_eq!(self.store.integrity_check().await.unwrap(), Vec::<String>::new());
    }
}

#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) key: Thumbprint,
    pub(crate) device: Device,
}

impl Machine {
    pub(crate) fn new(name: &str) -> Self {
        let raw =
            ["machine-id", "board", "disk", "mac", "cpu"].map(|c| (c, format!("{c} of {name}")));
        let fingerprint = Fingerprint::of_raw(&product("acme-cad"), raw).unwrap();
        let device = Device {
            name: Some(name.into()),
            platform: Some("linux-x86_64".into()),
            app_version: Some("3.1".into()),
            fingerprint,
        };
        Self { key: new_key(), device }
    }

    pub(crate) fn reinstalled(&self) -> Self {
        Self { key: new_key(), device: self.device.clone() }
    }
}

fn new_key() -> Thumbprint {
    SigningKey::generate(&mut rng()).public_key().thumbprint()
}
