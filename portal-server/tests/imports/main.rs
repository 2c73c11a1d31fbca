//! `countersign-portal import …` as its operator runs it: real processes on real files, beside a portal or alone.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

#[allow(dead_code)] // this program uses its part of it
#[path = "../world/browser.rs"]
mod browser;
mod changes;
mod hostile;
#[cfg(unix)]
mod killed;
#[path = "../played/mod.rs"]
mod played;
#[path = "../process/mod.rs"]
mod process;
mod shapes;
mod used;
mod world;
