//! The API for programs, over real HTTP: by its own document, by every scope, and by whoever wants more than they may.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod attacks;
mod customers;
mod document;
mod guide;
mod licenses;
mod limits;
mod lists;
mod once;
mod products;
mod releases;
mod schemathesis;
mod scopes;
mod stand;

#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;
