//! The support desk: real processes on real files.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

#[cfg(target_os = "linux")]
#[path = "desk/asked.rs"]
mod asked;
#[path = "desk/bulk.rs"]
mod bulk;
#[path = "desk/journal.rs"]
mod journal;
#[path = "desk/lab.rs"]
mod lab;
#[cfg(target_os = "linux")]
#[path = "desk/terminal.rs"]
mod terminal;
