//! The options of `countersign completions` and `countersign man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign completions bash\n\
    Write it where your shell looks for completions, for bash for instance to\n\
    ~/.local/share/bash-completion/completions/countersign")]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign man --out man/man1")]
pub(crate) struct Man {
    /// The folder for the pages; made if it is missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}
