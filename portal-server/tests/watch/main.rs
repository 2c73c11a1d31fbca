//! What an operator sees of a portal, and what it does when too much is asked of it: metrics, logs, traces, lanes, the end.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod cardinality;
#[cfg(unix)]
mod draining;
#[allow(dead_code)] // this program uses its part of it
#[path = "../program/world.rs"]
mod installation;
mod logs;
mod measured;
mod operations;
mod overload;
#[path = "../played/mod.rs"]
mod played;
#[path = "../process/mod.rs"]
mod process;
mod scrape;
#[cfg(unix)]
mod traces;
#[path = "../world/mod.rs"]
mod world;

use world::browser;
