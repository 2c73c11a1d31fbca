//! Webhooks: a vendor's other programs hear of what happens here. What is told is written down by the store, in the transaction
//! that does it; a worker in each process sends it, signed by the Standard Webhooks specification, again and again until it
//! arrived or is hopeless.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `address`, `reach` | which addresses belong to somebody's own network; what the operator allows all the same |
//! | `target`, `resolve`, `send` | where to; names become addresses, once; one POST to the very address that was looked at |
//! | `sign` | secrets and signatures |
//! | `back_off` | when something is tried again |
//! | `worker`, `sweep` | takes what is due; tells of what ends soon, forgets what is old |
//! | `manage` | what the vendor does with webhooks, for pages and API |

pub mod address;
mod back_off;
pub(crate) mod manage;
pub mod reach;
pub mod resolve;
mod send;
mod sign;
mod sweep;
mod target;
mod worker;

use countersign_core::Id;

pub use reach::Reach;
pub use resolve::{Resolve, SystemResolver};
pub(crate) use worker::{Courier, run};

/// How the secret of a webhook is named in the vault: no user's secret fits in its place.
fn sealed_as(webhook: Id) -> String {
    format!("webhook:{webhook}")
}
