//! Accounts against a real database file: organizations and their limit, groups, invitations, addresses, second factors,
//! sessions, jobs, and what an organization reads in its log.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod email;
mod groups;
mod invitations;
mod jobs;
mod login;
mod members;
mod migration;
mod roles;
mod token_window;
mod vendor;
mod world;
