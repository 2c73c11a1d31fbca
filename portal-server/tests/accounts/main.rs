//! Accounts and organizations over real HTTP, with the mails that the portal really writes.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod email;
mod forgot;
mod host;
mod invitations;
mod language;
mod look;
mod organization;
mod profile;
mod second_factor;
mod sessions;
mod stolen;
mod throttles;
mod vault;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;
