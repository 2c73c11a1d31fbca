//! Tokens of programs, over real HTTP: the page that makes them, what they open and what they do not, and the desk that support
//! works at with one.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod attacks;
mod ends;
mod page;
mod requests;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;

use std::collections::BTreeSet;

use countersign_core::{Hash, Id};
use countersign_store::{
    ApiToken, NewApiToken, NewJob, Role, TokenCreated, TokenScope, User, UserStatus,
};
use reqwest::RequestBuilder;
use serde_json::json;

use played::rng;
use world::browser::Answer;
use world::{DAY, TestPortal};

/// A program that has a token.
struct Program {
    browser: world::CookieUser,
    token: String,
    id: Id,
}

impl Program {
    fn post(&self, path: &str, body: &serde_json::Value) -> RequestBuilder {
        self.browser.request("POST", path).bearer_auth(&self.token).json(body)
    }

    /// Has a request answered.
    async fn answer(&self, request: &str) -> Answer {
        self.browser.send(self.post("/api/v1/requests", &json!({"request": request}))).await
    }

    /// Looks at what that would do.
    async fn preview(&self, request: &str) -> Answer {
        let body = json!({"request": request});
        self.browser.send(self.post("/api/v1/requests/preview", &body)).await
    }
}

impl TestPortal {
    /// An admin of the vendor, not logged in.
    async fn ada(&self) -> User {
        self.user(|user| {
            user.email = "ada@acme.example".into();
            user.role = Role::Admin;
            user.status = UserStatus::Active;
        })
        .await
    }

    /// A program with a token of this user, as the store makes it.
    async fn program(&self, user: &User, scopes: &[TokenScope]) -> Program {
        let (id, secret) = (Id::random(&mut rng()), Id::random(&mut rng()));
        let token = format!("cst_{}", Hash::of(secret.to_string()));
        let new = NewApiToken {
            id,
            token: Hash::of(&token),
            user: user.id,
            name: "adas-own".into(),
            scopes: BTreeSet::from_iter(scopes.iter().copied()),
            until: self.clock_now() + 90 * DAY,
            notice: NewJob { kind: "none", payload: String::new(), once: None, run_at: 1 },
        };
        let made = self.app.store().create_api_token(new, "test", self.clock_now()).await;
        assert_eq!(made.unwrap(), TokenCreated::Done);
        Program { browser: self.visitor(), token, id }
    }

    /// A program that answers requests for Ada.
    async fn support(&self) -> Program {
        let ada = self.ada().await;
        self.program(&ada, &[TokenScope::AnswerRequests]).await
    }

    fn clock_now(&self) -> u64 {
        self.app.now()
    }

    async fn tokens_of(&self, user: &User) -> Vec<ApiToken> {
        self.app.store().api_tokens_of(user.id, self.clock_now()).await.unwrap()
    }
}
