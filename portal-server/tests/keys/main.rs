//! The life of the portal's own keys: new ones while it runs, warnings before they end.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod attacks;
mod command;
mod hand;
mod page;
mod papers;
mod rehearsal;
mod warnings;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../process/mod.rs"]
mod process;
#[path = "../world/mod.rs"]
mod world;
