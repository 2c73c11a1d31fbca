//! The options of `countersign audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use countersign_core::Hash;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say whether a portal's audit log is whole, and up to where it is proven: exit code 0 nothing is wrong, 1 something is. Finds what was
    /// changed, taken out, moved, repeated, put in or cut off.
    Verify(Verify),
    /// Say where an audit log ends: keep it elsewhere, to prove later that nothing before it was changed.
    Head(Head),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign audit verify audit.jsonl --root root.pub \\\n           \
    --checkpoint kept/*.checkpoint\n\
    The log: countersign-portal audit export --out audit.jsonl\n\
    Without a checkpoint it cannot be told whether all of it was made anew."
)]
pub(crate) struct Verify {
    /// The log, as the portal exports it.
    pub(crate) log: PathBuf,
    /// A checkpoint that was kept elsewhere; may be given more than once.
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "root")]
    pub(crate) checkpoint: Vec<PathBuf>,
    /// A root public key, to verify checkpoints with: a key file, or the 43 characters of its x; may be given more than once.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, env = "COUNTERSIGN_ROOT")]
    pub(crate) root: Vec<String>,
    /// The number of the entry whose hash was kept elsewhere, as countersign audit head prints both.
    #[arg(long, value_name = "N", requires = "head")]
    pub(crate) count: Option<u64>,
    /// The hash of that entry.
    #[arg(long, value_name = "HASH", requires = "count", allow_hyphen_values = true, value_parser = hash)]
    pub(crate) head: Option<Hash>,
    /// The file is a part of a log that begins with this entry.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) from: Option<u64>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign audit head audit.jsonl")]
pub(crate) struct Head {
    /// The log, as the portal exports it.
    pub(crate) log: PathBuf,
}

fn hash(text: &str) -> Result<Hash, String> {
    text.parse().map_err(|error| format!("{error}"))
}
