//! Mail through a real SMTP server (aiosmtpd, in a process of its own): what it takes, delays, refuses, and when it is not
//! there at all.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod delivery;
mod encrypted;
mod server;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;
