//! Trials as the vendor sets them: the policy on its page and by command, through every door, on a real client offline, and
//! longer ones.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod client;
mod command;
mod doors;
mod extend;
mod form;
mod list;

#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;

use countersign_core::request::Ask;
use countersign_portal::clock::Clock as _;
use countersign_portal::settings::Settings;
use countersign_store::{Product, Trial, TrialAgain, TrialPolicy, TrialQuery};

use crate::played::Machine;
use crate::world::TestPortal;
use crate::world::browser::Answer;

pub(crate) fn per_version(newest: u64) -> TrialAgain {
    TrialAgain::PerMajorVersion { newest, since: None }
}

impl Machine {
    /// A trial request that names the app's version.
    fn trial_of(&self, version: &str) -> String {
        self.request(|_, mut device| {
            device.app_version = Some(version.to_owned());
            Ask::Trial { device }
        })
    }
}

impl TestPortal {
    async fn set(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = Settings::clone(&*self.app.settings().await.unwrap());
        change(&mut settings);
        self.app.save_settings(&settings, "test").await.unwrap();
    }

    async fn policy(&self, change: impl FnOnce(&mut TrialPolicy)) {
        let mut product = self.stored_product().await;
        change(&mut product.trial);
        self.app.store().save_product(product, "test", self.clock.now()).await.unwrap();
    }

    async fn stored_product(&self) -> Product {
        self.app.store().product(&self.product).await.unwrap().unwrap()
    }

    /// A trial request as a trial page posts it.
    async fn ask(&self, request: &str) -> Answer {
        let visitor = self.visitor();
        let post = visitor.request("POST", "/api/v1/trials").body(request.to_owned());
        visitor.send(post.header("content-type", "text/plain")).await
    }

    /// The newest trial that there is.
    async fn newest_trial(&self) -> Trial {
        let query = TrialQuery { most: 1, now: self.clock.now(), ..TrialQuery::default() };
        self.app.store().trial_page(&query).await.unwrap().items.remove(0)
    }
}
