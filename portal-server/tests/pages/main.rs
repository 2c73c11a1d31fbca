//! The pages over real HTTP, as people and their attackers use them. The files mirror the URLs.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod access;
mod admin;
mod batches;
mod headers;
mod licenses;
mod limits;
mod login;
mod password;
mod rate;
mod session;

#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;
