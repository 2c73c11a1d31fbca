//! Every test of the store once more, on PostgreSQL: the same files. `sql` holds that none is missing here.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test
#![allow(clippy::duplicate_mod)] // two of the programs share a file, and are modules here

#[path = "../accounts/main.rs"]
mod accounts;
#[path = "../audit_chain.rs"]
mod audit_chain;
#[path = "../licenses/main.rs"]
mod licenses;
#[path = "../merge/main.rs"]
mod merge;
#[path = "../proposals.rs"]
mod proposals;
#[path = "../releases.rs"]
mod releases;
#[path = "../trials/main.rs"]
mod trials;
#[path = "../webhooks.rs"]
mod webhooks;
#[path = "../world.rs"]
mod world;
