//! The support desk through a portal: the real command, a real portal, and servers that only say they are one.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

#[cfg(target_os = "linux")]
#[path = "online/asked.rs"]
mod asked;
#[path = "online/attacks.rs"]
mod attacks;
#[allow(dead_code)] // the other desks use the rest
#[path = "desk/lab.rs"]
mod lab;
#[path = "online/liar.rs"]
mod liar;
#[path = "online/policy.rs"]
mod policy;
#[path = "online/portal.rs"]
mod portal;
#[path = "online/purpose.rs"]
mod purpose;
#[path = "online/sign.rs"]
mod sign;
#[allow(dead_code)] // the other desk asks for secrets as well
#[cfg(target_os = "linux")]
#[path = "desk/terminal.rs"]
mod terminal;
