//! The support desk: real processes on real files.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

#[cfg(target_os = "linux")]
#[path = "desk/asked.rs"]
mod asked;
#[path = "desk/bulk.rs"]
mod bulk;
#[path = "desk/explain.rs"]
mod explain;
#[path = "desk/journal.rs"]
mod journal;
#[allow(dead_code)] // the benchmark uses the rest
#[path = "desk/lab.rs"]
mod lab;
#[cfg(target_os = "linux")]
#[path = "desk/terminal.rs"]
mod terminal;
