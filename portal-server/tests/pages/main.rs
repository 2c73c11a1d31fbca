//! The pages over real HTTP, as people and their attackers use them. The files mirror the URLs.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod licenses;
mod login;
mod password;
#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;
