//! A portal on a free port, with a token for support.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, Id, pem};
use countersign_portal::{App, Config, serve};
use countersign_store::{
    License, NewApiToken, NewJob, NewLicense, Product, Role, TokenCreated, TokenScope, User,
    UserStatus, Validity,
};
use tokio::runtime::Runtime;

use crate::lab::Lab;

pub(crate) struct Portal {
    pub(crate) url: String,
    pub(crate) license: LicenseKey,
    pub(crate) app: App,
    runtime: Runtime,
    ada: Id,
    _folder: tempfile::TempDir,
}

impl Portal {
    /// With a license of five seats. Its root lies in the lab as `portal.pub`, a token for support in `token`.
    pub(crate) fn for_lab(lab: &Lab) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let config = Config {
            vendor: "Acme".into(),
            rate_limit: None,
            ..Config::new(folder.path().join("data"))
        };
        let license = LicenseKey::generate(&mut rng());
        let (app, url) = runtime.block_on(async {
            let app = App::open(config).await.unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(serve(listener, app.clone(), std::future::pending()));
            (app, url)
        });
        let ada = Id::random(&mut rng());
        let portal = Self { url, license, app, runtime, ada, _folder: folder };
        portal.fill();
        let root = pem::write_public(&portal.app.keys().roots[0]);
        fs::write(lab.path("portal.pub"), root).unwrap();
        portal.token(lab, "token", &[TokenScope::AnswerRequests]);
        portal
    }

    fn fill(&self) {
        let (store, now) = (self.app.store(), self.app.now());
        let product = Product {
            id: "acme-cad".parse().unwrap(),
            name: "Acme CAD".into(),
            trial: countersign_store::TrialPolicy {
                days: Some(14),
                strategy: Strategy::Fuzzy,
                entitlements: BTreeMap::new(),
                ..countersign_store::TrialPolicy::none()
            },
            reinstall_allowance: 3,
            archived: false,
            created_at: now,
        };
        let license = NewLicense {
            key: self.license.clone(),
            product: product.id.clone(),
            plan: Some("Pro".into()),
            holder: Some("Jane's lab".into()),
            owner: None,
            organization: None,
            allowed_activations: Some(5),
            allowed_deactivations: None,
            validity: Validity::Perpetual,
            response_validity: 86_400,
            strategy: Strategy::Fuzzy,
            entitlements: BTreeMap::new(),
            metadata: BTreeMap::new(),
        };
        let ada = User {
            status: UserStatus::Active,
            ..User::invited(self.ada, "ada@acme.example", Role::Admin, now)
        };
        self.runtime.block_on(async {
            store.save_product(product, "test", now).await.unwrap();
            store.create_license(license, "test", now).await.unwrap();
            store.create_user(ada, "test", now).await.unwrap();
        });
    }

    /// Makes a token, in a file that nobody else can read.
    pub(crate) fn token(&self, lab: &Lab, name: &str, scopes: &[TokenScope]) -> (String, Id) {
        let id = Id::random(&mut rng());
        let token = format!("cst_{}", Hash::of(id.to_string()));
        let now = self.app.now();
        let new = NewApiToken {
            id,
            token: Hash::of(&token),
            user: self.ada,
            name: "laptop".into(),
            scopes: BTreeSet::from_iter(scopes.iter().copied()),
            until: now + 86_400,
            notice: NewJob { kind: "none", payload: String::new(), once: None, run_at: now },
        };
        let made = self.app.store().create_api_token(new, "test", now);
        assert_eq!(self.runtime.block_on(made).unwrap(), TokenCreated::Done);
        write_secret(lab, name, &token);
        (token, id)
    }

    pub(crate) fn revoke(&self, token: Id) {
        let revoked = self.app.store().revoke_api_token(token, "test", self.app.now());
        assert!(self.runtime.block_on(revoked).unwrap());
    }

    pub(crate) fn stored(&self) -> License {
        let id = self.license.id();
        self.runtime.block_on(self.app.store().license(&id)).unwrap().unwrap()
    }

    /// The options that name it.
    pub(crate) fn options(&self) -> [&str; 6] {
        ["--portal", &self.url, "--token-file", "token", "--root", "portal.pub"]
    }
}

pub(crate) fn write_secret(lab: &Lab, name: &str, text: &str) {
    let path = lab.path(name);
    fs::write(&path, format!("{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn rng() -> getrandom::rand_core::UnwrapErr<getrandom::SysRng> {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}
