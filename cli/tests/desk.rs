//! The support desk: real processes on real files.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

#[cfg(target_os = "linux")]
#[path = "desk/asked.rs"]
mod asked;
#[path = "desk/bulk.rs"]
mod bulk;
#[path = "desk/counted.rs"]
mod counted;
#[path = "desk/explain.rs"]
mod explain;
#[path = "desk/journal.rs"]
mod journal;
#[path = "desk/keys.rs"]
mod keys;
#[allow(dead_code)] // the benchmark uses the rest
#[path = "desk/lab.rs"]
mod lab;
#[path = "desk/qr.rs"]
mod qr;
#[path = "desk/reference.rs"]
mod reference;
#[path = "desk/second.rs"]
mod second;
#[path = "desk/sheet.rs"]
mod sheet;
#[path = "desk/signatures.rs"]
mod signatures;
#[cfg(target_os = "linux")]
#[path = "desk/terminal.rs"]
mod terminal;
