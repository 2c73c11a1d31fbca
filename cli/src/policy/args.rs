//! The options of `countersign policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use countersign_core::ProductId;

use crate::portal::args::ToPortal;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Get a policy from the portal: what its products, and licenses if they are asked for, grant.
    Fetch(Fetch),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign policy fetch --portal https://portal.acme.example \\\n           \
    --token-file portal.token --licenses --out policy.toml\n\
    The token needs the scope policy:read, and with --licenses also license-keys:read."
)]
pub(crate) struct Fetch {
    #[command(flatten)]
    pub(crate) to_portal: ToPortal,
    /// The active licenses as well, with their keys: without them activations cannot be answered offline.
    #[arg(long)]
    pub(crate) licenses: bool,
    /// Of this product alone.
    #[arg(long, value_name = "ID")]
    pub(crate) product: Option<ProductId>,
    /// Where it goes; only you can read it.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Replace what is there.
    #[arg(long)]
    pub(crate) force: bool,
}
