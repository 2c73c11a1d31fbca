//! A store with organizations and people, as these tests need them.

use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, Id, LicenseId, ProductId};
use countersign_store::{
    Invite, LinkPurpose, NewApiToken, NewJob, NewLicense, NewSession, Options, Organization,
    OrganizationKind, OrganizationRole, Product, Role, Store, TokenCreated, TokenScope, User,
    UserChange, UserStatus, Validity,
};

pub(crate) const NOW: u64 = 1_790_000_000;

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) database: countersign_testing::TestDatabase,
}

pub(crate) fn random_id() -> Id {
    Id::random(&mut getrandom::rand_core::UnwrapErr(getrandom::SysRng))
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = countersign_testing::test_database!();
        let store = database.open(Options::default(), NOW);
        let product = Product {
            id: product(),
            name: "Acme CAD".into(),
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
        store.save_product(product, "test", NOW).await.unwrap();
        Self { store, database }
    }

    /// A token of this user that may do everything.
    pub(crate) async fn token(&self, user: Id) -> Id {
        let id = random_id();
        let new = NewApiToken {
            id,
            token: Hash::of(id.to_string()),
            user,
            name: "laptop".into(),
            scopes: TokenScope::ALL.into_iter().collect(),
            until: NOW + 86_400,
            notice: job("token"),
        };
        let created = self.store.create_api_token(new, "test", NOW).await.unwrap();
        assert_eq!(created, TokenCreated::Done);
        id
    }

    pub(crate) async fn organization(&self, allowed_users: Option<u64>) -> Id {
        let id = random_id();
        self.store.create_organization(id, "Lab", "test", NOW).await.unwrap();
        self.allow_users(id, allowed_users).await;
        id
    }

    pub(crate) async fn allow_users(&self, id: Id, allowed_users: Option<u64>) {
        let changed = Organization {
            id,
            name: "Lab".into(),
            suspended: false,
            allowed_users,
            kind: OrganizationKind::Customer,
            reseller: None,
            created_at: NOW,
        };
        let changed = self.store.change_organization(changed, "test", NOW).await.unwrap();
        assert_eq!(changed, countersign_store::OrganizationChange::Done);
    }

    /// Somebody who can log in.
    pub(crate) async fn user(&self, email: &str, organization: Option<Id>) -> User {
        let user = User {
            status: UserStatus::Active,
            password_hash: Some("hash".into()),
            name: email.split('@').next().unwrap().into(),
            organization,
            ..User::invited(random_id(), email, Role::Customer, NOW)
        };
        self.created(user).await
    }

    /// Somebody who runs the organization.
    pub(crate) async fn admin(&self, email: &str, organization: Id) -> User {
        let user = User {
            status: UserStatus::Active,
            password_hash: Some("hash".into()),
            organization: Some(organization),
            organization_role: OrganizationRole::Admin,
            ..User::invited(random_id(), email, Role::Customer, NOW)
        };
        self.created(user).await
    }

    async fn created(&self, user: User) -> User {
        let id = user.id;
        assert_eq!(self.store.create_user(user, "test", NOW).await.unwrap(), UserChange::Done);
        self.get(id).await
    }

    pub(crate) async fn get(&self, id: Id) -> User {
        self.store.user(id).await.unwrap().unwrap()
    }

    pub(crate) async fn invite(&self, organization: Id, email: &str) -> (Id, UserChange) {
        let user = random_id();
        let invite = Invite {
            user,
            organization,
            email: email.into(),
            first_name: String::new(),
            last_name: String::new(),
            organization_role: OrganizationRole::Member,
        };
        (user, self.store.invite(invite, job("invite"), "test", NOW).await.unwrap())
    }

    pub(crate) async fn link(&self, purpose: LinkPurpose, user: Id, detail: Option<&str>) -> Hash {
        let token = Hash::of(random_id().to_string());
        let detail = detail.map(str::to_owned);
        let until = NOW + 1000;
        self.store.create_link_about(token, purpose, Some(user), detail, until).await.unwrap();
        token
    }

    pub(crate) async fn session(&self, user: Id) -> (Hash, Id) {
        let (token, id) = (Hash::of(random_id().to_string()), random_id());
        let new = NewSession {
            token,
            id,
            user,
            user_agent: "Firefox".repeat(100),
            address: "192.0.2.1".into(),
            until: NOW + 1000,
        };
        self.store.create_session(new, NOW).await.unwrap();
        (token, id)
    }

    pub(crate) async fn license(&self, organization: Option<Id>, owner: Option<Id>) -> LicenseId {
        let key = LicenseKey::generate(&mut getrandom::rand_core::UnwrapErr(getrandom::SysRng));
        let new = NewLicense {
            key,
            product: product(),
            plan: None,
            holder: None,
            owner,
            organization,
            allowed_activations: Some(5),
            allowed_deactivations: None,
            validity: Validity::Perpetual,
            response_validity: 1000,
            strategy: Strategy::Fuzzy,
            entitlements: Default::default(),
            metadata: Default::default(),
        };
        self.store.create_license(new, "test", NOW).await.unwrap()
    }

    /// What happened in the organization, oldest first.
    pub(crate) async fn log(&self, organization: Id) -> Vec<String> {
        let entries = self.store.audit_of_organization(organization, None, 1000).await.unwrap();
        entries.into_iter().rev().map(|entry| entry.action).collect()
    }
}

fn product() -> ProductId {
    "acme-cad".parse().unwrap()
}

pub(crate) fn job(payload: &str) -> NewJob {
    NewJob { kind: "mail", payload: payload.into(), once: None, run_at: NOW }
}
