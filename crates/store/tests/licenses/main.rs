//! Licenses and machines against a real database file: who sees what, lists and searches page by page, seats of groups,
//! releases without proof, renewals without a request, and what a database of an earlier release keeps.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod access;
mod groups;
mod lists;
mod machines;
mod migration;
mod places;
mod plans;
mod races;
mod releases;
mod renewals;
mod resellers;
mod support;
mod world;
