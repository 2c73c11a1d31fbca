//! A portal on a free port, the people who use it, and what a vendor sets up.
#![allow(dead_code, clippy::unwrap_used)] // each test program uses its part of this

pub(crate) mod browser;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::PasswordHasher as _;
use countersign_core::delegation::Delegation;
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::trust::Roots;
use countersign_core::{Hash, Id, ProductId, SigningKey, UnixSeconds, file, pem};
use countersign_portal::clock::Clock;
use countersign_portal::{App, Config, serve};
use countersign_store::{
    AuditEntry, GroupChange, Invite, License, LinkPurpose, NewJob, NewLicense, Organization,
    OrganizationChange, OrganizationKind, OrganizationRole, Plan, PlanChange, Product, Role, User,
    UserChange, UserStatus, Validity,
};

pub(crate) use browser::CookieUser;

use crate::played::{NOW, rng};

pub(crate) const DAY: u64 = 86_400;
/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A clock that stands still until it is set.
pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixSeconds {
        self.0.load(Ordering::SeqCst)
    }
}

/// A running portal of the vendor Acme with one product.
pub(crate) struct TestPortal {
    pub(crate) app: App,
    pub(crate) url: String,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) product: ProductId,
    _folder: tempfile::TempDir,
}

impl TestPortal {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// As `new`, run otherwise.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(AtomicU64::new(NOW)));
        let mut config = Config {
            vendor: "Acme".into(),
            rate_limit: None,
            trial_origins: vec!["https://acme.github.io".into()],
            clock: Arc::<TestClock>::clone(&clock),
            // When a test says so, and not in between.
            seal_every: Duration::from_secs(DAY),
            ..Config::new(folder.path().join("data"))
        };
        change(&mut config);
        let app = App::open(config).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, app.clone(), std::future::pending()));
        let product: ProductId = "acme-cad".parse().unwrap();
        app.store().save_product(acme_cad(&product), "test", NOW).await.unwrap();
        Self { app, url, clock, product, _folder: folder }
    }

    /// Starts the portal again on what is there, at another address.
    pub(crate) async fn start_again(&mut self) {
        self.app = App::open(self.app.config().clone()).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, self.app.clone(), std::future::pending()));
    }

    /// Somebody with a browser, not logged in.
    pub(crate) fn visitor(&self) -> CookieUser {
        let browser = CookieUser::new(&self.url);
        match &self.app.config().public_url {
            Some(url) => browser.at(url.split_once("://").unwrap().1.trim_end_matches('/')),
            None => browser,
        }
    }

    /// A customer who is logged in.
    pub(crate) async fn customer(&self, email: &str) -> CookieUser {
        self.customer_of(email, None).await
    }

    /// A customer of an organization who is logged in.
    pub(crate) async fn customer_of(&self, email: &str, organization: Option<Id>) -> CookieUser {
        self.user(|user| {
            user.email = email.into();
            user.organization = organization;
        })
        .await;
        self.logged_in(email).await
    }

    /// Somebody who runs the organization and is logged in.
    pub(crate) async fn runner(&self, email: &str, organization: Id) -> CookieUser {
        self.user(|user| {
            user.email = email.into();
            user.organization = Some(organization);
            user.organization_role = OrganizationRole::Admin;
        })
        .await;
        self.logged_in(email).await
    }

    /// Somebody who was invited into the organization.
    pub(crate) async fn invited(&self, email: &str, organization: Id) -> Id {
        let user = Id::random(&mut rng());
        let invite = Invite {
            user,
            organization,
            email: email.into(),
            first_name: String::new(),
            last_name: String::new(),
            organization_role: OrganizationRole::Member,
        };
        let mail = NewJob { kind: "none", payload: String::new(), once: None, run_at: NOW };
        let done = self.app.store().invite(invite, mail, "test", NOW).await.unwrap();
        assert_eq!(done, UserChange::Done);
        user
    }

    pub(crate) async fn group(&self, name: &str, organization: Id) -> Id {
        let id = Id::random(&mut rng());
        let created =
            self.app.store().create_group(id, organization, name, "test", NOW).await.unwrap();
        assert_eq!(created, GroupChange::Done);
        id
    }

    /// Offers a secret for a second factor; what is stored of it.
    pub(crate) async fn offer_totp(&self, user: Id, secret: &str) -> String {
        let entropy = countersign_portal::clock::SystemEntropy;
        let sealed = self.app.vault().seal(user, secret, &entropy).unwrap();
        self.app.store().offer_totp(user, sealed.clone()).await.unwrap();
        sealed
    }

    /// The code that an authenticator app shows `steps` after now.
    pub(crate) fn code(&self, secret: &str, steps: i64) -> String {
        let secret = totp_rs::Secret::try_from_base32(secret).ok().unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        totp.generate(self.clock.now().saturating_add_signed(30 * steps)).to_string()
    }

    /// The public id of the session that this browser has.
    pub(crate) async fn session_of(&self, browser: &CookieUser) -> Id {
        let cookie = browser.cookie().unwrap();
        let token = Hash::of(cookie.split_once('=').unwrap().1);
        let found = self.app.store().session_user(&token, self.clock.now()).await.unwrap();
        found.unwrap().1.id
    }

    /// An admin of the vendor who is logged in.
    pub(crate) async fn admin(&self) -> CookieUser {
        self.user(|user| {
            user.email = "ada@acme.example".into();
            user.role = Role::Admin;
        })
        .await;
        self.logged_in("ada@acme.example").await
    }

    /// A user with the usual password.
    pub(crate) async fn user(&self, change: impl FnOnce(&mut User)) -> User {
        let id = Id::random(&mut rng());
        let mut user = User {
            password_hash: Some(password_hash()),
            status: UserStatus::Active,
            ..User::invited(id, "jane@lab.example", Role::Customer, NOW)
        };
        change(&mut user);
        let created = self.app.store().create_user(user.clone(), "test", NOW).await.unwrap();
        assert_eq!(created, UserChange::Done);
        user
    }

    pub(crate) async fn logged_in(&self, email: &str) -> CookieUser {
        let browser = self.visitor();
        browser.log_in(email, PASSWORD).await.is(303);
        browser
    }

    pub(crate) async fn stored_user(&self, email: &str) -> User {
        self.app.store().user_by_email(email).await.unwrap().unwrap()
    }

    pub(crate) async fn suspend_user(&self, email: &str) {
        let user = User { status: UserStatus::Suspended, ..self.stored_user(email).await };
        let changed = self.app.store().change_user(user, "test", NOW).await.unwrap();
        assert_eq!(changed, UserChange::Done);
    }

    pub(crate) async fn organization(&self, name: &str) -> Id {
        let id = Id::random(&mut rng());
        self.app.store().create_organization(id, name, "test", NOW).await.unwrap();
        id
    }

    /// An organization that has customers of its own.
    pub(crate) async fn reseller(&self, name: &str) -> Id {
        let id = self.organization(name).await;
        self.make_reseller(id).await;
        id
    }

    /// Makes an organization a reseller.
    pub(crate) async fn make_reseller(&self, organization: Id) {
        let before = self.app.store().organization(organization).await.unwrap().unwrap();
        let changed = Organization { kind: OrganizationKind::Reseller, ..before };
        let changed = self.app.store().change_organization(changed, "test", NOW).await.unwrap();
        assert_eq!(changed, OrganizationChange::Done);
    }

    /// Makes an organization the customer of a reseller.
    pub(crate) async fn sold_by(&self, organization: Id, reseller: Option<Id>) {
        let before = self.app.store().organization(organization).await.unwrap().unwrap();
        let changed = Organization { reseller, ..before };
        let changed = self.app.store().change_organization(changed, "test", NOW).await.unwrap();
        assert_eq!(changed, OrganizationChange::Done);
    }

    pub(crate) async fn suspend_organization(&self, id: Id, suspended: bool) {
        let before = self.app.store().organization(id).await.unwrap().unwrap();
        let changed = Organization { suspended, ..before };
        let changed = self.app.store().change_organization(changed, "test", NOW).await.unwrap();
        assert_eq!(changed, OrganizationChange::Done);
    }

    /// The path of a link to set this user's password, which works for `seconds`.
    pub(crate) async fn password_link(&self, email: &str, seconds: u64) -> String {
        let (user, secret) = (self.stored_user(email).await, Id::random(&mut rng()).to_string());
        let until = self.clock.now() + seconds;
        let (hash, purpose) = (Hash::of(&secret), LinkPurpose::SetPassword);
        self.app.store().create_link(hash, purpose, Some(user.id), until).await.unwrap();
        format!("/password/{secret}")
    }

    /// A perpetual license of nobody with so many seats and deactivations.
    pub(crate) async fn license(&self, seats: u64, deactivations: Option<u64>) -> LicenseKey {
        self.license_with(|new| {
            new.allowed_activations = Some(seats);
            new.allowed_deactivations = deactivations;
        })
        .await
    }

    /// A license that belongs to this user.
    pub(crate) async fn license_of(&self, email: &str, seats: u64) -> LicenseKey {
        let owner = self.stored_user(email).await.id;
        self.license_with(|new| {
            new.owner = Some(owner);
            new.allowed_activations = Some(seats);
        })
        .await
    }

    pub(crate) async fn license_with(&self, change: impl FnOnce(&mut NewLicense)) -> LicenseKey {
        let mut new = NewLicense {
            key: LicenseKey::generate(&mut rng()),
            product: self.product.clone(),
            plan: Some("Pro".into()),
            holder: Some("Jane".into()),
            owner: None,
            organization: None,
            allowed_activations: None,
            allowed_deactivations: None,
            validity: Validity::Perpetual,
            response_validity: DAY,
            strategy: Strategy::Fuzzy,
            entitlements: BTreeMap::new(),
            metadata: BTreeMap::new(),
        };
        change(&mut new);
        let key = new.key.clone();
        self.app.store().create_license(new, "test", NOW).await.unwrap();
        key
    }

    /// A plan of the product with two seats for a year, changed as needed.
    pub(crate) async fn plan(&self, name: &str, change: impl FnOnce(&mut Plan)) -> Plan {
        let mut plan = Plan {
            id: Id::random(&mut rng()),
            product: self.product.clone(),
            name: name.into(),
            allowed_activations: Some(2),
            allowed_deactivations: None,
            validity: Validity::FromCreation(365 * DAY),
            response_validity: 7 * DAY,
            strategy: Strategy::Exact,
            entitlements: BTreeMap::new(),
            metadata: BTreeMap::new(),
            maintenance_days: None,
            highest_version: None,
            archived: false,
            revision: 1,
            created_at: NOW,
        };
        change(&mut plan);
        let made = self.app.store().create_plan(plan.clone(), "test", NOW).await.unwrap();
        assert_eq!(made, PlanChange::Done);
        plan
    }

    pub(crate) async fn stored(&self, key: &LicenseKey) -> License {
        self.app.store().license(&key.id()).await.unwrap().unwrap()
    }

    /// Changes a license as the vendor would.
    pub(crate) async fn change_license(&self, key: &LicenseKey, change: impl FnOnce(&mut License)) {
        let mut license = self.stored(key).await;
        change(&mut license);
        self.app.store().change_license(license, "test", NOW).await.unwrap();
    }

    /// The root's private key, which nobody has carried away yet.
    pub(crate) fn root(&self) -> SigningKey {
        let root = self.app.config().data.join("root-key-carry-away/root.pem");
        pem::read_private(&std::fs::read_to_string(root).unwrap(), None).unwrap()
    }

    /// A delegation by the root for the portal's key that is newer than the present one and ends 700 days from now, as a file.
    pub(crate) fn delegate_anew(&self) -> String {
        self.delegation(|_| ())
    }

    /// As `delegate_anew`, otherwise.
    pub(crate) fn delegation(&self, change: impl FnOnce(&mut Delegation)) -> String {
        let mut delegation = self.app.keys().papers.delegation.clone();
        delegation.serial = Some(delegation.serial.map_or(1_790_000_000, |serial| serial + 1));
        delegation.not_after = delegation.not_after.max(self.clock.now() + 700 * DAY);
        change(&mut delegation);
        file::write(&delegation.sign(&self.root()), &[])
    }

    pub(crate) async fn audit(&self) -> Vec<AuditEntry> {
        self.app.store().audit_latest(1_000).await.unwrap()
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots::new(self.app.keys().roots.iter().cloned())
    }
}

fn acme_cad(id: &ProductId) -> Product {
    Product {
        id: id.clone(),
        name: "Acme CAD".into(),
        trial: countersign_store::TrialPolicy {
            days: Some(14),
            strategy: Strategy::Fuzzy,
            entitlements: BTreeMap::new(),
            ..countersign_store::TrialPolicy::none()
        },
        reinstall_allowance: 3,
        archived: false,
        created_at: NOW,
    }
}

/// Hashed once: hashing is slow on purpose.
fn password_hash() -> String {
    static HASH: OnceLock<String> = OnceLock::new();
    let hash = || {
        let hasher = argon2::Argon2::default();
        hasher.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]).unwrap().to_string()
    };
    HASH.get_or_init(hash).clone()
}
