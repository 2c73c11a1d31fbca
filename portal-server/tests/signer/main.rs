//! The signer as a process of its own: what it signs for whoever reaches its socket, and a portal that has no key.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

#[path = "../played/mod.rs"]
mod played;
#[path = "../process/mod.rs"]
mod process;
#[path = "../world/mod.rs"]
mod world;

mod asked;
mod away;
mod bounds;
mod child;
mod killed;
mod place;
mod protocol;
mod stand;
mod thief;
mod whole;
