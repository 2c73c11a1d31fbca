//! A portal with something of every noun in it, and programs with tokens.

use std::collections::BTreeSet;

use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, Id};
use countersign_portal::release::upload::{self, NewFile};
use countersign_store::{NewApiToken, NewJob, NewRelease, Role, TokenCreated, TokenScope, User};
use reqwest::RequestBuilder;
use serde_json::Value;

use crate::played::{Machine, NOW, rng};
use crate::world::browser::Answer;
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
    pub(crate) async fn ada(&self) -> User {
        self.vendor("ada@acme.example").await
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
    pub(crate) plan: Id,
    _built: tempfile::TempDir,
}

impl Stand {
    pub(crate) async fn new() -> Self {
        Self::of(TestPortal::new().await).await
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
        Self {
            portal,
            license,
            activation,
            trial,
            user,
            organization,
            release,
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
            "plans" => self.plan.to_string(),
            _ => Hash::of("no journal").to_string(),
        };
        let path = path.replace("{id}", &id).replace("{product}", self.portal.product.as_str());
        if path == "/api/v1/releases" {
            format!("{path}?product={}", self.portal.product)
        } else {
            path
        }
    }
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
