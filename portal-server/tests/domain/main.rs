//! The hosts that a portal answers under: the operator's, and the vendor's own by DNS (a real dnsmasq) and behind a real Caddy; and
//! the page about mail, with a real SMTP server.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod ask;
#[cfg(unix)]
mod caddy;
mod hosts;
mod life;
mod mail;
mod names;
mod records;
#[path = "../mail/server.rs"]
#[allow(dead_code)] // this program uses its part of it
mod server;
mod zone;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;

use std::time::Duration;

use countersign_portal::Config;
use countersign_store::{Domain, DomainCheck, DomainState, Finding, SeenRecord};

use crate::played::NOW;
use crate::world::{CookieUser, TestPortal};
use crate::zone::Zone;

/// The operator's host, and the vendor's own.
const OPERATOR: &str = "portal.operator.example";
const DOMAIN: &str = "licenses.acme.example";
const PAGE: &str = "/admin/settings/domain";

/// A portal of an operator, whose DNS is `zone`.
async fn portal_in(zone: &Zone) -> TestPortal {
    portal_with(|config| config.dns_server = Some(zone.address())).await
}

async fn portal_with(change: impl FnOnce(&mut Config)) -> TestPortal {
    TestPortal::with(|config| {
        config.public_url = Some(format!("https://{OPERATOR}"));
        // Nobody answers there.
        config.dns_server = Some("127.0.0.1:1".parse().unwrap());
        change(config);
    })
    .await
}

impl TestPortal {
    /// Somebody at this host of the portal.
    fn at(&self, host: &str) -> CookieUser {
        CookieUser::new(&self.url).at(host)
    }

    async fn domain(&self) -> Option<Domain> {
        self.app.store().domain().await.unwrap()
    }

    /// The vendor's own domain as far as this, without asking DNS; known to this process at once, not only within seconds.
    async fn has_domain(&self, state: DomainState) {
        self.store_domain(state).await;
        self.admin().await.get(PAGE).await.is(200).says(DOMAIN);
    }

    async fn store_domain(&self, state: DomainState) {
        let (store, right) = (self.app.store(), SeenRecord::plain(Finding::Right));
        store.set_domain(DOMAIN, "token", "test", NOW).await.unwrap();
        if state != DomainState::Asked {
            let domain = store.domain().await.unwrap().unwrap();
            let check = DomainCheck { pointer: right.clone(), proof: right };
            let mail = |_, _: &_, _| unreachable!("nothing is gone");
            store.note_domain_check(&domain, check, "fresh".into(), mail, NOW).await.unwrap();
        }
        if state == DomainState::Used {
            assert!(store.use_domain(DOMAIN, true, "test", NOW).await.unwrap());
        }
    }

    /// Waits until the background has seen to it.
    async fn until(&self, what: &str, is_so: impl Fn(&Domain) -> bool) -> Domain {
        for _ in 0..1200 {
            if let Some(domain) = self.domain().await.filter(|domain| is_so(domain)) {
                return domain;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{what} did not come: {:?}", self.domain().await);
    }
}
