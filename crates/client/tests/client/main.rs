//! The SDK against a vendor that signs with the format's own functions, on real files.
#![allow(clippy::unwrap_used)] // helpers of tests, too

mod faults;
mod lifecycle;
mod standing;
mod trials;
mod world;
