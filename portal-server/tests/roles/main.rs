//! The vendor's people and resellers, over real HTTP: what each of them sees and does, and what they try.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod attacks;
mod pages;
mod reseller;
mod staff;
mod support;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;

use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, Id, LicenseId};
use countersign_store::{NewLicense, NewSession, Role, User};

use played::{Machine, NOW, rng};
use world::{CookieUser, TestPortal};

impl TestPortal {
    /// Somebody with this role, in no organization.
    async fn person(&self, name: &str, role: Role) -> User {
        self.user(|user| {
            user.email = format!("{name}@acme.example");
            user.name = name.into();
            user.role = role;
        })
        .await
    }

    /// A session without a login, which would take a password hash each.
    async fn session(&self, user: &User) -> CookieUser {
        let secret = Id::random(&mut rng()).to_string();
        let new = NewSession {
            token: Hash::of(&secret),
            id: Id::random(&mut rng()),
            user: user.id,
            user_agent: "test".into(),
            address: "192.0.2.1".into(),
            until: NOW + 100 * world::DAY,
        };
        self.app.store().create_session(new, NOW).await.unwrap();
        let browser = self.visitor();
        browser.plant(&format!("countersign={secret}"));
        browser
    }

    /// Somebody with this role and a browser.
    async fn logged_in_as(&self, name: &str, role: Role) -> (User, CookieUser) {
        let user = self.person(name, role).await;
        let browser = self.session(&user).await;
        (user, browser)
    }

    async fn change_role(&self, user: &User, role: Role) {
        let done = self.app.store().change_role(user.id, role, "test", NOW).await.unwrap();
        assert_eq!(done, countersign_store::UserChange::Done);
    }

    /// A machine with a seat of the license; its page.
    async fn machine_of(&self, key: &LicenseKey, name: &str) -> String {
        let request = Machine::new(name, &self.product).activation(key);
        let api = self.visitor();
        let answer = api.send(api.request("POST", "/api/v1/activations").body(request)).await;
        let id = answer.is(200).json()["id"].as_str().unwrap().to_owned();
        format!("/licenses/{}/machines/{id}", key.id())
    }
}

/// A reseller with its admin, a customer of its own, and a license and a machine there.
struct Sales {
    seller: Id,
    rita: User,
    browser: CookieUser,
    lab: Id,
    key: LicenseKey,
    machine: String,
}

impl Sales {
    async fn new(portal: &TestPortal, name: &str) -> Self {
        let seller = portal.reseller(&format!("{name} Sales")).await;
        let lab = portal.organization(&format!("{name} Lab")).await;
        portal.sold_by(lab, Some(seller)).await;
        let rita = portal
            .user(|user| {
                user.email = format!("rita@{}.example", name.to_lowercase());
                user.name = format!("Rita of {name}");
                (user.role, user.organization) = (Role::ResellerAdmin, Some(seller));
            })
            .await;
        let key = portal
            .license_with(|new: &mut NewLicense| {
                new.holder = Some(format!("{name} Lab"));
                new.organization = Some(lab);
            })
            .await;
        let machine = portal.machine_of(&key, &format!("{}-7", name.to_lowercase())).await;
        let browser = portal.session(&rita).await;
        Self { seller, rita, browser, lab, key, machine }
    }

    fn license(&self) -> LicenseId {
        self.key.id()
    }

    fn page(&self) -> String {
        format!("/licenses/{}", self.key.id())
    }
}
