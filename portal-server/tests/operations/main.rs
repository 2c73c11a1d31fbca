//! What an operator does beside serving: backups, restoring an old one while machines go on, looking for faults, and disks and
//! clocks that fail under a running portal.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod backup;
mod clocks;
mod disks;
mod doctor;
mod forgotten;
mod machines;
mod stolen_grants;

#[path = "../played/mod.rs"]
mod played;
#[path = "../process/mod.rs"]
mod process;
#[path = "../vendor/mod.rs"]
mod vendor;
#[path = "../world/mod.rs"]
mod world;
