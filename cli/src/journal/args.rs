//! The options of `countersign journal`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use countersign_core::Hash;

use crate::portal::Token;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say whether a journal is whole: exit code 0 yes, 1 no. Finds what was changed, taken out, moved or repeated.
    Verify(Verify),
    /// Say what was signed.
    Show(Show),
    /// Say where a journal ends: keep it elsewhere, to prove later that nothing was cut off.
    Head(Head),
    /// Take what was signed to the portal, which counts it: seats, duplicates, what is beyond a limit, what is missing.
    Push(Push),
}

/// Whose responses the journal holds.
#[derive(Debug, Args)]
pub(crate) struct Signer {
    /// The public key that signed [default: the journal's name with .pub, if it is there].
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub(crate) key: Option<String>,
    /// A root public key, for the delegations of that key.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, env = "COUNTERSIGN_ROOT")]
    pub(crate) root: Vec<String>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign journal verify alice.journal --count 12 \\\n           \
    --head 5hvHHwS-z3bpCx2gWQrZr3sw7y8XHxDCYJBQKpGv6Ss\n\
    Without --count and --head it cannot be told whether the end was cut off."
)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) signer: Signer,
    /// The number of the entry whose hash was kept elsewhere, as every signing prints both.
    #[arg(long, value_name = "N", requires = "head")]
    pub(crate) count: Option<u64>,
    /// The hash of that entry.
    #[arg(long, value_name = "HASH", requires = "count", allow_hyphen_values = true, value_parser = hash)]
    pub(crate) head: Option<Hash>,
    /// The journal.
    pub(crate) journal: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign journal show alice.journal --last 5")]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) signer: Signer,
    /// Show this many of the last entries.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) last: u32,
    /// Show only what was answered to this request file.
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
    /// The journal.
    pub(crate) journal: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign journal push alice.journal \\\n           \
    --portal https://portal.acme.example --token-file portal.token\n\
    Only what the portal does not know yet is sent; the same command goes on where an\n\
    interrupted one ended. Pushing again changes nothing.")]
pub(crate) struct Push {
    #[command(flatten)]
    pub(crate) signer: Signer,
    /// The portal's address.
    #[arg(long, value_name = "URL", env = "COUNTERSIGN_PORTAL")]
    pub(crate) portal: String,
    #[command(flatten)]
    pub(crate) token: Token,
    /// Say what would be sent, and send nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The journals.
    #[arg(required = true, value_name = "JOURNAL")]
    pub(crate) journals: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign journal head alice.journal")]
pub(crate) struct Head {
    /// The journal.
    pub(crate) journal: PathBuf,
}

fn hash(text: &str) -> Result<Hash, String> {
    text.parse().map_err(|error| format!("{error}"))
}
