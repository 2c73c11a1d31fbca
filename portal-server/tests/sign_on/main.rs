//! Single sign-on, over real HTTP: with a certified provider in a process of its own, and with one that lies.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod browsers;
mod certified;
mod door;
mod elsewhere;
mod factor;
mod hostile;
mod linking;
mod own_authority;
mod pages;
mod policy;
mod tokens;
mod tried;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../process/mod.rs"]
mod process;
#[path = "../world/mod.rs"]
mod world;

use std::sync::Arc;

use countersign_core::Id;
use countersign_portal::clock::SystemEntropy;
use countersign_store::{
    FactorAskedBy, IdentityDomain, IdentityDomainState, IdentityProvider, Passwords,
    ProviderChange, ProviderStatus, ProvidersOf, Provisioning, Role, User,
};

use hostile::{Provider, SECRET};
use played::{NOW, rng};
use world::browser::Answer;
use world::{CookieUser, PASSWORD, TestPortal};

/// A portal with an organization, the lab, whose provider may speak for lab.example.
struct Lab {
    portal: TestPortal,
    lab: Id,
    provider: Provider,
    id: Id,
}

impl Lab {
    async fn new() -> Self {
        let portal = portal().await;
        let lab = portal.organization("Lab").await;
        let provider = Provider::start(Arc::clone(&portal.clock)).await;
        let id = portal.trusts(Some(lab), &provider.url, |_| ()).await;
        portal.approve(id, "lab.example").await;
        Self { portal, lab, provider, id }
    }

    /// With a member, Jane, who has never logged in by it.
    async fn with_jane() -> Self {
        let lab = Self::new().await;
        lab.portal.user(|user| user.organization = Some(lab.lab)).await;
        lab
    }

    /// A new browser is sent to the provider: where to.
    async fn sent(&self) -> (CookieUser, Sent) {
        let browser = self.portal.visitor();
        let sent = start(&browser, self.id, "/licenses").await;
        (browser, sent)
    }

    /// Somebody logs in there, and comes back here.
    async fn comes(&self, subject: &str) -> (CookieUser, Answer) {
        let (browser, sent) = self.sent().await;
        let answer = browser.get(&self.provider.answers(&sent, subject)).await;
        (browser, answer)
    }

    async fn change(&self, change: impl FnOnce(&mut IdentityProvider)) {
        let store = self.portal.app.store();
        let all = ProvidersOf::Everybody;
        let mut provider = store.identity_provider(all, self.id).await.unwrap().unwrap();
        change(&mut provider);
        let done = store.change_identity_provider(all, provider, "test", NOW).await.unwrap();
        assert_eq!(done, ProviderChange::Done);
    }
}

/// A portal that goes to providers on this machine.
async fn portal() -> TestPortal {
    TestPortal::with(|config| config.sso_may_reach = vec!["127.0.0.1".parse().unwrap()]).await
}

impl TestPortal {
    /// Sets up a provider.
    async fn trusts(
        &self,
        organization: Option<Id>,
        issuer: &str,
        change: impl FnOnce(&mut IdentityProvider),
    ) -> Id {
        let id = Id::random(&mut rng());
        let secret = self.app.vault().seal_client_secret(id, SECRET, &SystemEntropy).unwrap();
        let mut provider = IdentityProvider {
            id,
            organization,
            issuer: issuer.to_owned(),
            client_id: "countersign".into(),
            client_secret: Some(secret),
            name: "Lab account".into(),
            provisioning: Provisioning::Known,
            passwords: Passwords::Allowed,
            second_factor: FactorAskedBy::Provider,
            status: ProviderStatus::Active,
            proven_at: None,
            created_at: NOW,
        };
        change(&mut provider);
        let made = self.app.store().create_identity_provider(provider, "test", NOW).await.unwrap();
        assert_eq!(made, ProviderChange::Done);
        id
    }

    /// An owner of the portal who is logged in.
    async fn owner(&self) -> CookieUser {
        let change = |user: &mut User| {
            user.email = "olga@acme.example".into();
            user.role = Role::Owner;
        };
        self.user(change).await;
        self.logged_in("olga@acme.example").await
    }

    async fn approve(&self, provider: Id, domain: &str) {
        let domain = IdentityDomain { domain: domain.into(), state: IdentityDomainState::Approved };
        let (store, all) = (self.app.store(), ProvidersOf::Everybody);
        let done = store.put_identity_domain(all, provider, domain, "test", NOW).await.unwrap();
        assert_eq!(done, ProviderChange::Done);
    }
}

/// Where a browser was sent.
struct Sent {
    url: reqwest::Url,
}

impl Sent {
    fn value(&self, name: &str) -> String {
        let mut pairs = self.url.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }
}

/// The page that sends a browser away, read.
fn sent(answer: &Answer) -> Sent {
    let refresh = answer.header("refresh");
    let url = refresh.strip_prefix("0; url=").unwrap_or_else(|| panic!("{}", answer.text));
    Sent { url: url.parse().unwrap() }
}

async fn start(browser: &CookieUser, provider: Id, next: &str) -> Sent {
    let path = format!("/login/sso/{provider}/start");
    sent(&browser.post(&path, &[("next", next)]).await.is(200))
}

/// Nobody is logged in in this browser.
async fn is_out(browser: &CookieUser) {
    assert_eq!(browser.cookie(), None);
    browser.get("/profile").await.leads_to("/login?next=/profile");
}

/// This browser is logged in as the person with this address.
async fn is_in(portal: &TestPortal, browser: &CookieUser, email: &str) {
    let session = portal.session_of(browser).await;
    let user = portal.stored_user(email).await;
    let all = portal.app.store().sessions_of(user.id, 0).await.unwrap();
    assert!(all.iter().any(|one| one.id == session), "{email}");
    browser.get("/profile").await.is(200).says(email);
}
