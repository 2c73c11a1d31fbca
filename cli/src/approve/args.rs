//! The options of `countersign approve`.

use std::path::PathBuf;

use clap::Args;

use crate::args::Passphrase;
use crate::sign::args::JournalAt;

#[derive(Debug, Args)]
#[command(
    override_usage = "countersign approve [OPTIONS] --key <FILE> <FILE|DIR>...",
    after_help = "Example: countersign approve lab-7.proposal --key bob.pem --chain bob.chain \\\n           \
    --root root.pub\n\
    Read what is shown: your key stands for it as much as the one that proposes it. Send\n\
    the approval back to whoever proposed. It fits this one grant and nothing else; each\n\
    approval is written into the journal of your key."
)]
pub(crate) struct Approve {
    /// Proposal files, or folders: all files in them that end in .proposal.
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) files: Vec<PathBuf>,
    /// The private key that approves: another one than that which proposes.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The delegation of that key, for approvals.
    #[arg(long, value_name = "FILE", requires = "root")]
    pub(crate) chain: Option<PathBuf>,
    /// The root public key that signed the delegations.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, env = "COUNTERSIGN_ROOT")]
    pub(crate) root: Vec<String>,
    /// The vendor's newest revocation list: what a key on it proposes is refused.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
    /// A root rotation; may be given more than once, oldest first.
    #[arg(long, value_name = "FILE")]
    pub(crate) rotation: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// Where the approval goes [default: beside the proposal, with .approval]; of several: the folder for them.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Do not ask whether what is shown is to be approved.
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) journal: JournalAt,
}
