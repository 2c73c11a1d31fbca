//! The public trial doors: what a flood, a robot and an older page get, and that nobody else notices.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod cap;
mod lane;
mod legacy;
mod work;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;

use countersign_portal::settings::Settings;

use crate::world::TestPortal;
use crate::world::browser::Answer;

const TRIALS: &str = "/api/v1/trials";

impl TestPortal {
    async fn set(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = Settings::clone(&*self.app.settings().await.unwrap());
        change(&mut settings);
        self.app.save_settings(&settings, "test").await.unwrap();
    }

    /// A trial request as a trial page posts it.
    async fn ask(&self, query: &str, request: &str) -> Answer {
        let visitor = self.visitor();
        let post = visitor.request("POST", &format!("{TRIALS}{query}")).body(request.to_owned());
        visitor.send(post.header("content-type", "text/plain")).await
    }
}
