//! Customers of a portal that is killed under them: they know what they sent, what came back, and what follows from it.

mod check;
mod client;
mod dice;
mod player;
mod world;

use countersign_core::license_key::LicenseKey;

pub(crate) use dice::Dice;
pub(crate) use world::World;

use check::Open;
use client::Client;
use player::{Player, Standing};

/// A license, as its vendor made it.
pub(crate) struct License {
    key: LicenseKey,
    seats: u64,
    deactivations: Option<u64>,
}
