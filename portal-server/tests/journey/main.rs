//! What stands between a new portal and its first activated machine, and what came up on the way: over real HTTP.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod first_steps;
mod invitations;
mod measured;
mod photos;
mod staff_links;
mod suggestions;
mod trials;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;
