//! The API for programs, over real HTTP: by its own document, by every scope, and by whoever wants more than they may.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod attacks;
mod customers;
mod document;
mod guide;
mod licenses;
mod limits;
mod lists;
mod longer;
mod once;
mod overview;
mod plans;
mod products;
mod releases;
mod schemathesis;
mod scopes;
mod stand;
mod tables;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;
