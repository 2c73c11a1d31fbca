//! A portal with something of every noun in it, and programs with tokens.

use std::collections::BTreeSet;

use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, Id};
use countersign_portal::clock::SystemEntropy;
use countersign_portal::release::upload::{self, NewFile};
use countersign_store::{
    DeliveryQuery, DomainCheck, FactorAskedBy, Finding, IdentityDomain, IdentityDomainState,
    IdentityProvider, NewApiToken, NewJob, NewRelease, NewUpload, NewWebhook, Passwords, Piece,
    PieceTaken, ProviderChange, ProviderStatus, ProvidersOf, Provisioning, Role, SeenRecord,
    TokenCreated, TokenScope, Topic, UploadBegun, User, WebhookCreated,
};
use reqwest::RequestBuilder;
use serde_json::Value;

use crate::played::{Machine, NOW, rng};
use crate::world::browser::{Answer, picture};
use crate::world::{CookieUser, DAY, TestPortal};

/// A program that has a token.
pub(crate) struct Program {
    browser: CookieUser,
    pub(crate) token: String,
    pub(crate) id: Id,
}

impl Program {
    pub(crate) fn with(browser: CookieUser, token: String, id: Id) -> Self {
        Self { browser, token, id }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.browser.request(method, path).bearer_auth(&self.token)
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        self.browser.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request("POST", path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request("PATCH", path).json(&body)).await
    }

    /// The same with a key.
    pub(crate) async fn keyed(&self, method: &str, path: &str, key: &str, body: Value) -> Answer {
        self.send(self.request(method, path).header("idempotency-key", key).json(&body)).await
    }
}

impl TestPortal {
    /// The owner of the portal, not logged in.
    pub(crate) async fn ada(&self) -> User {
        self.user(|user| {
            user.email = "ada@acme.example".into();
            user.role = Role::Owner;
        })
        .await
    }

    /// An admin of the vendor, not logged in.
    pub(crate) async fn vendor(&self, email: &str) -> User {
        self.user(|user| {
            user.email = email.into();
            user.role = Role::Admin;
        })
        .await
    }

    /// A program with a token of this user, as the store makes it.
    pub(crate) async fn program(&self, user: &User, scopes: &[TokenScope]) -> Program {
        let (id, secret) = (Id::random(&mut rng()), Id::random(&mut rng()));
        let token = format!("cst_{}", Hash::of(secret.to_string()));
        let new = NewApiToken {
            id,
            token: Hash::of(&token),
            user: user.id,
            name: "a program".into(),
            scopes: BTreeSet::from_iter(scopes.iter().copied()),
            until: self.app.now() + 90 * DAY,
            notice: NewJob { kind: "none", payload: String::new(), once: None, run_at: 1 },
        };
        let made = self.app.store().create_api_token(new, "test", self.app.now()).await;
        assert_eq!(made.unwrap(), TokenCreated::Done);
        Program { browser: self.visitor(), token, id }
    }

    /// A program of Ada's that may do everything.
    pub(crate) async fn robot(&self) -> Program {
        let ada = self.ada().await;
        self.program(&ada, &TokenScope::ALL).await
    }
}

/// One of each noun.
pub(crate) struct Stand {
    pub(crate) portal: TestPortal,
    pub(crate) license: LicenseKey,
    pub(crate) activation: String,
    pub(crate) trial: String,
    pub(crate) user: Id,
    pub(crate) organization: Id,
    pub(crate) release: Id,
    file: Id,
    upload: Id,
    webhook: Id,
    delivery: i64,
    provider: Id,
    pub(crate) plan: Id,
    _built: tempfile::TempDir,
}

impl Stand {
    pub(crate) async fn new() -> Self {
        Self::of(TestPortal::with(reached_here).await).await
    }

    pub(crate) async fn of(portal: TestPortal) -> Self {
        let organization = portal.organization("Lab").await;
        let user = portal.user(|user| user.organization = Some(organization)).await.id;
        let license = portal.license_with(|new| new.organization = Some(organization)).await;
        let plan = portal.plan("Stand", |plan| plan.allowed_activations = Some(5)).await.id;
        portal.change_license(&license, |license| license.plan_id = Some(plan)).await;
        let anybody = portal.visitor();
        let ask = async |door: &str, request: String| {
            let answer = anybody.send(anybody.request("POST", door).body(request)).await;
            answer.is(200).json()["id"].as_str().unwrap().to_owned()
        };
        let machine = Machine::new("lab-5", &portal.product);
        let activation = ask("/api/v1/activations", machine.activation(&license)).await;
        let trial = ask("/api/v1/trials", Machine::new("lab-6", &portal.product).trial()).await;
        let built = tempfile::tempdir().unwrap();
        let release = drafted(&portal, built.path()).await;
        let file = portal.app.store().release_files(release).await.unwrap()[0].id;
        let upload = uploaded(&portal, release).await;
        let (webhook, delivery) = hooked(&portal).await;
        let provider = trusted(&portal, organization).await;
        verified(&portal).await;
        Self {
            portal,
            license,
            activation,
            trial,
            user,
            organization,
            release,
            file,
            upload,
            webhook,
            delivery,
            provider,
            plan,
            _built: built,
        }
    }

    /// A path of the document with what is there.
    pub(crate) fn path(&self, path: &str) -> String {
        let id = match path.split('/').nth(3).unwrap() {
            "products" => self.portal.product.to_string(),
            "licenses" => self.license.id().to_string(),
            "users" => self.user.to_string(),
            "organizations" => self.organization.to_string(),
            "activations" => self.activation.clone(),
            "trials" => self.trial.clone(),
            "releases" => self.release.to_string(),
            "webhooks" => self.webhook.to_string(),
            "sign-on" => self.provider.to_string(),
            "plans" => self.plan.to_string(),
            _ => Hash::of("no journal").to_string(),
        };
        let path = path.replace("{id}", &id).replace("{product}", self.portal.product.as_str());
        let path = path.replace("{delivery}", &self.delivery.to_string());
        let path = path.replace("{upload}", &self.upload.to_string());
        let path = path.replace("{file}", &self.file.to_string()).replace("{picture}", "logo");
        if path == "/api/v1/releases" {
            format!("{path}?product={}", self.portal.product)
        } else if path.ends_with("/pieces") {
            format!("{path}?start=0")
        } else {
            path
        }
    }
}

/// A portal whose own address is that of this machine, under which there can be a domain.
pub(crate) fn reached_here(config: &mut countersign_portal::Config) {
    config.public_url = Some("http://127.0.0.1".into());
    // Nobody answers there.
    config.dns_server = Some("127.0.0.1:1".parse().unwrap());
}

/// A file of which all is there, and which nobody has put together yet.
async fn uploaded(portal: &TestPortal, release: Id) -> Id {
    let (store, id, key) = (portal.app.store(), Id::random(&mut rng()), Id::random(&mut rng()));
    let (name, platform) = ("doc.pdf".parse().unwrap(), String::new());
    let new = NewUpload { id, release, name, platform, size: 5 };
    let begun = store.begin_upload(new, NOW).await.unwrap();
    assert!(matches!(begun, UploadBegun::Goes(_)));
    let storage_key = key.to_string();
    std::fs::write(portal.app.config().data.join("releases").join(&storage_key), b"a doc").unwrap();
    let piece = Piece { start: 0, size: 5, storage_key };
    assert_eq!(store.take_piece(id, piece, NOW).await.unwrap(), PieceTaken::Done(5));
    id
}

/// A webhook that is active, with a delivery that was given up.
async fn hooked(portal: &TestPortal) -> (Id, i64) {
    let (store, id) = (portal.app.store(), Id::random(&mut rng()));
    let topics = BTreeSet::from([Topic::LicenseEnding]);
    let (url, secret) = ("https://hooks.acme.invalid/in?key=hidden".into(), "sealed".into());
    let new = NewWebhook { id, url, topics, secret };
    assert_eq!(store.create_webhook(new, "test", NOW).await.unwrap(), WebhookCreated::Done);
    assert!(store.test_webhook(id, Id::random(&mut rng()), "test", NOW).await.unwrap());
    assert!(store.stop_webhook(id, "test", NOW).await.unwrap());
    assert!(store.resume_webhook(id, "test", NOW).await.unwrap());
    let query = DeliveryQuery { most: 10, ..DeliveryQuery::default() };
    (id, store.deliveries(id, &query).await.unwrap().items[0].seq)
}

/// A provider of the organization that speaks for lab.example.
async fn trusted(portal: &TestPortal, organization: Id) -> Id {
    let (store, id) = (portal.app.store(), Id::random(&mut rng()));
    let secret = portal.app.vault().seal_client_secret(id, "hidden secret", &SystemEntropy);
    let provider = IdentityProvider {
        id,
        organization: Some(organization),
        issuer: "https://login.lab.example".into(),
        client_id: "portal".into(),
        client_secret: Some(secret.unwrap()),
        name: "Lab".into(),
        provisioning: Provisioning::Known,
        passwords: Passwords::Allowed,
        second_factor: FactorAskedBy::Provider,
        status: ProviderStatus::Active,
        proven_at: None,
        created_at: NOW,
    };
    let made = store.create_identity_provider(provider, "test", NOW).await.unwrap();
    assert_eq!(made, ProviderChange::Done);
    let state = IdentityDomainState::Approved;
    let domain = IdentityDomain { domain: "lab.example".into(), state };
    let all = ProvidersOf::Everybody;
    let done = store.put_identity_domain(all, id, domain, "test", NOW).await.unwrap();
    assert_eq!(done, ProviderChange::Done);
    id
}

/// The vendor's own domain, verified.
async fn verified(portal: &TestPortal) {
    let (store, right) = (portal.app.store(), SeenRecord::plain(Finding::Right));
    store.set_domain("licenses.acme.example", "token", "test", NOW).await.unwrap();
    let domain = store.domain().await.unwrap().unwrap();
    let check = DomainCheck { pointer: right.clone(), proof: right };
    let mail = |_, _: &_, _| unreachable!("nothing is gone");
    store.note_domain_check(&domain, check, "fresh".into(), mail, NOW).await.unwrap();
}

/// The request with the body that the operation's example is.
pub(crate) fn filled(request: RequestBuilder, operation: &Value) -> RequestBuilder {
    let content = &operation["requestBody"]["content"];
    if content.get("application/json").is_some() {
        return request.json(&example(operation));
    }
    let (kind, bytes) = match content.get("image/png") {
        Some(_) => ("image/png", picture(64, 64)),
        None => ("application/octet-stream", b"x".to_vec()),
    };
    request.header("content-type", kind).body(bytes)
}

/// A draft with one file.
async fn drafted(portal: &TestPortal, built: &std::path::Path) -> Id {
    let release = Id::random(&mut rng());
    let new = NewRelease {
        id: release,
        product: portal.product.clone(),
        channel: "stable".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        notes: "# New".into(),
    };
    portal.app.store().create_release(new, "test", NOW).await.unwrap();
    let path = built.join("cad.bin");
    std::fs::write(&path, b"a program").unwrap();
    let new = NewFile { release, path, name: None, platform: "any".into() };
    upload::add(&portal.app, new, "test").await.unwrap();
    release
}

/// The operations of the document as it is served: method in capitals, path, and what is said of it.
pub(crate) async fn operations(portal: &TestPortal) -> Vec<(String, String, Value)> {
    let document = portal.visitor().get("/api/v1/openapi.json").await.is(200).json();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push((method.to_ascii_uppercase(), path.clone(), operation.clone()));
        }
    }
    all
}

/// The scope that an operation takes.
pub(crate) fn scope(operation: &Value) -> Option<TokenScope> {
    let scope = operation["security"][0]["token"][0].as_str()?;
    Some(scope.parse().unwrap())
}

/// The body that the document gives as an example.
pub(crate) fn example(operation: &Value) -> Value {
    operation["requestBody"]["content"]["application/json"]["examples"]["example"]["value"].clone()
}
