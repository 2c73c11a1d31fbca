//! The program `countersign-portal` as its operator runs it: real processes on one data directory.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod admin;
mod audit;
#[allow(dead_code)] // this program uses its part of it
#[path = "../world/browser.rs"]
mod browser;
mod logs;
#[path = "../played/mod.rs"]
mod played;
#[path = "../process/mod.rs"]
mod process;
#[cfg(unix)]
mod shutdown;
mod world;
