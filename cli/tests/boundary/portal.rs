//! Portals on free ports: the vendor's own, and one that a thief runs with what lay in the page.
#![allow(dead_code)] // each test program uses its part of this

use std::collections::BTreeMap;

use countersign_client::core::fingerprint::Strategy;
use countersign_client::core::license_key::LicenseKey;
use countersign_client::core::{ProductId, pem};
use countersign_portal::settings::Settings;
use countersign_portal::{App, Config, serve};
use countersign_store::{NewLicense, Product, Validity};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::page::{DAY, Thief, key, now};

pub(crate) struct Portal {
    pub(crate) url: String,
    pub(crate) license: LicenseKey,
    app: App,
    runtime: Runtime,
    _folder: tempfile::TempDir,
}

impl Portal {
    pub(crate) fn of_the_vendor() -> Self {
        Self::start(tempfile::tempdir().unwrap())
    }

    /// The thief's: the page's key signs, and the vendor's root is what apps know.
    pub(crate) fn with_the_stolen_key(thief: &Thief) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("data/keys");
        std::fs::create_dir_all(&keys).unwrap();
        std::fs::copy(thief.path().join("trial.pem"), keys.join("signing.pem")).unwrap();
        std::fs::copy(thief.path().join("trial.chain"), keys.join("signing.chain")).unwrap();
        std::fs::write(keys.join("root.pub"), pem::write_public(&key(1).public_key())).unwrap();
        Self::start(folder)
    }

    fn start(folder: tempfile::TempDir) -> Self {
        let runtime = Runtime::new().unwrap();
        let license = LicenseKey::generate(&mut getrandom::rand_core::UnwrapErr(getrandom::SysRng));
        let config = Config {
            vendor: "Acme".into(),
            rate_limit: None,
            ..Config::new(folder.path().join("data"))
        };
        let (app, url) = runtime.block_on(async {
            let app = App::open(config).await.unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(serve(listener, app.clone(), std::future::pending()));
            (app, url)
        });
        let portal = Self { url, license, app, runtime, _folder: folder };
        portal.trial_days(14);
        portal.make_license();
        portal
    }

    pub(crate) fn trial_days(&self, days: u64) {
        let product = Product {
            id: product(),
            name: "Acme CAD".into(),
            trial: countersign_store::TrialPolicy {
                days: Some(days),
                strategy: Strategy::Fuzzy,
                entitlements: BTreeMap::new(),
                ..countersign_store::TrialPolicy::none()
            },
            reinstall_allowance: 3,
            archived: false,
            created_at: now(),
        };
        let saved = self.app.store().save_product(product, "test", now());
        self.runtime.block_on(saved).unwrap();
    }

    /// The vendor's root, as apps and pages name it.
    pub(crate) fn root(&self) -> String {
        self.app.keys().roots[0].to_string()
    }

    /// Lets pages of this origin in.
    pub(crate) fn allow(&self, origin: &str) {
        self.runtime.block_on(async {
            let mut settings = Settings::clone(&*self.app.settings().await.unwrap());
            settings.trial_origins = vec![origin.to_owned()];
            self.app.save_settings(&settings, "test").await.unwrap();
        });
    }

    fn make_license(&self) {
        let license = NewLicense {
            key: self.license.clone(),
            product: product(),
            plan: None,
            holder: None,
            owner: None,
            organization: None,
            allowed_activations: Some(5),
            allowed_deactivations: None,
            validity: Validity::Perpetual,
            response_validity: DAY,
            strategy: Strategy::Fuzzy,
            entitlements: BTreeMap::new(),
            metadata: BTreeMap::new(),
        };
        let made = self.app.store().create_license(license, "test", now());
        self.runtime.block_on(made).unwrap();
    }

    /// What a program gets that posts this.
    pub(crate) fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let post = agent().post(format!("{}{path}", self.url)).header("content-type", "text/plain");
        let mut answer = post.send(body).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The status that somebody gets who shows this token in every way that programs know.
    pub(crate) fn visit(&self, path: &str, token: &str) -> u16 {
        let get = agent().get(format!("{}{path}", self.url));
        let get = get.header("authorization", format!("Bearer {token}"));
        get.header("cookie", format!("countersign={token}")).call().unwrap().status().as_u16()
    }
}

fn product() -> ProductId {
    "acme-cad".parse().unwrap()
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.build().into()
}
