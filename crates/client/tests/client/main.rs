//! The SDK against a vendor that signs with the format's own functions, on real files.
#![allow(clippy::unwrap_used)] // helpers of tests, too

mod approval;
mod faults;
mod keys;
mod lifecycle;
mod standing;
mod stolen;
mod thief;
mod time;
mod trials;
mod world;
