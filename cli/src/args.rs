//! Every command and option.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Licensing for machines that never see a network.
#[derive(Debug, Parser)]
#[command(name = "countersign", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make keys.
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
    /// Say whether a file or bare token verifies: exit code 0 yes, 1 no, 2 wrong usage.
    Verify(Verify),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a vendor's root key: OUT (private, only its owner reads it) and beside it the public half, ending in .pub.
    Root(Root),
}

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign keys root --out root.pem")]
pub(crate) struct Root {
    /// Where the private key goes; an existing file is never replaced.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// A file whose first line is a passphrase to encrypt the key with.
    #[arg(long)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign verify --root root.pub --expect response lab-7.response"
)]
pub(crate) struct Verify {
    /// A root public key: a key file, or the 43 characters of its x; may be given more than once.
    #[arg(long, value_name = "KEY")]
    pub(crate) root: Vec<String>,
    /// What it must be: request, response, or a type such as trial-request+jwt.
    #[arg(long, value_name = "TYPE", default_value = "any")]
    pub(crate) expect: String,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// The file; - is standard input.
    pub(crate) file: PathBuf,
}
