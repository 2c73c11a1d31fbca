//! The API for what a vendor automates beside licenses: webhooks, domain, single sign-on, mail, look, files of releases. With real
//! receivers, a real DNS server, connections that break, and whoever wants more than they may.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod command;
mod domain;
mod look;
mod mail;
mod secrets;
mod settings;
mod sign_on;
mod uploads;
mod webhooks;

#[path = "../played/mod.rs"]
mod played;
#[path = "../webhooks/receiver.rs"]
#[allow(dead_code)] // this program uses its part of it
mod receiver;
#[path = "../api/stand.rs"]
#[allow(dead_code)] // this program uses its part of it
mod stand;
#[path = "../world/mod.rs"]
mod world;
#[path = "../domain/zone.rs"]
#[allow(dead_code)] // this program uses its part of it
mod zone;

use std::time::Duration;

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
