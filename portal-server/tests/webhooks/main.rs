//! Webhooks, with real receivers: what they get, when they get it again, and what they can not make the portal do.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod addresses;
mod again;
mod events;
mod hostile;
mod names;
mod pages;
mod process;
mod receiver;
mod reference;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../process/mod.rs"]
mod program;
#[path = "../world/mod.rs"]
mod world;

use std::time::Duration;

use countersign_core::Id;
use countersign_store::{Delivery, DeliveryQuery};

use crate::world::browser::Answer;
use crate::world::{CookieUser, TestPortal};

const PATH: &str = "/admin/webhooks";

/// A webhook that was made on its page.
struct Hook {
    id: Id,
    secret: String,
}

impl Hook {
    fn path(&self) -> String {
        format!("{PATH}/{}", self.id)
    }
}

/// A portal whose operator lets webhooks reach this machine.
async fn portal() -> TestPortal {
    TestPortal::with(|config| config.webhooks_may_reach = vec!["127.0.0.0/8".parse().unwrap()])
        .await
}

fn form<'a>(url: &'a str, events: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let events = events.iter().map(|event| ("event", *event));
    [("url", url)].into_iter().chain(events).collect()
}

/// Makes a webhook on its page.
async fn hook(admin: &CookieUser, url: &str, events: &[&str]) -> Hook {
    let made = admin.post(PATH, &form(url, events)).await.is(200);
    made_of(&made)
}

/// Id and secret, from the page that shows them once.
fn made_of(made: &Answer) -> Hook {
    let between = |before: &str, after: char| {
        let (_, rest) = made.text.split_once(before).unwrap();
        rest.split(after).next().unwrap().to_owned()
    };
    let secret = between("<code id=\"secret\">", '<');
    assert!(secret.starts_with("whsec_"), "{secret}");
    Hook { id: between("href=\"/admin/webhooks/", '"').parse().unwrap(), secret }
}

/// Waits until this is so.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..2400 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it never came to be that {what}");
}

impl TestPortal {
    /// A webhook's deliveries, the newest first.
    async fn deliveries(&self, hook: &Hook) -> Vec<Delivery> {
        let query = DeliveryQuery { most: 100, ..DeliveryQuery::default() };
        self.app.store().deliveries(hook.id, &query).await.unwrap().items
    }

    /// Waits until the newest delivery has been tried so often, and that is noted.
    async fn tried(&self, hook: &Hook, tries: u32) -> Delivery {
        let is_so = async || {
            let all = self.deliveries(hook).await;
            // The clock stands still from one try to the next.
            all.first().is_some_and(|d| d.tries == tries && d.last_at == Some(self.app.now()))
        };
        until("a delivery was tried", is_so).await;
        self.deliveries(hook).await.remove(0)
    }
}
