//! What a vendor looks at each morning, and what a support person looks for: over real HTTP, against a plain model.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod counter;
mod dropped;
mod numbers;
mod search;

#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;

use countersign_core::Id;
use countersign_core::license_key::LicenseKey;
use countersign_portal::tally;
use reqwest::multipart::{Form, Part};

use played::Machine;
use world::browser::Answer;
use world::{CookieUser, TestPortal};

impl TestPortal {
    /// Answers a request as a machine sends it; the id of what it got.
    async fn answered(&self, path: &str, request: &str) -> Id {
        let answer = self.asked(path, request).await.is(200);
        answer.json()["id"].as_str().unwrap().parse().unwrap()
    }

    async fn asked(&self, path: &str, request: &str) -> Answer {
        let api = self.visitor();
        api.send(api.request("POST", path).body(request.to_owned())).await
    }

    async fn activated(&self, machine: &Machine, key: &LicenseKey) -> Id {
        self.answered("/api/v1/activations", &machine.activation(key)).await
    }

    async fn counted(&self) {
        tally::catch_up(&self.app).await.unwrap();
        assert_eq!(self.app.store().uncounted().await.unwrap(), 0);
    }
}

/// What a support person drops.
async fn drop_file(staff: &CookieUser, name: &str, content: impl Into<Vec<u8>>) -> Answer {
    let file = Part::bytes(content.into()).file_name(name.to_owned());
    staff.upload("/admin/activations", Form::new().part("file", file)).await
}

/// What a support person types into the field.
async fn type_in(staff: &CookieUser, text: &str) -> Answer {
    staff.upload("/admin/activations", Form::new().text("q", text.to_owned())).await
}

/// What the field leads to.
async fn search(staff: &CookieUser, text: &str) -> Answer {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("q", text);
    staff.get(&format!("/admin/activations?{}", query.finish())).await
}
