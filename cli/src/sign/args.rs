//! The options of `countersign sign`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::args::{Passphrase, days};
use crate::portal::Token;

/// Options that say what is granted: a policy file says it instead.
const TERMS: [&str; 8] =
    ["days", "until", "perpetual", "import_days", "strategy", "features", "plan", "holder"];

/// What only a key here needs; the portal knows its own terms.
const WITH_A_KEY: [&str; 20] = [
    "key",
    "chain",
    "list",
    "rotation",
    "approval",
    "passphrase_file",
    "vendor",
    "policy",
    "days",
    "until",
    "perpetual",
    "time_reset",
    "import_days",
    "strategy",
    "features",
    "license_key",
    "license_keys",
    "plan",
    "holder",
    "journal",
];

#[derive(Debug, Args)]
#[command(
    override_usage = "countersign sign [OPTIONS] <--key <FILE>|--portal <URL>> <FILE|DIR>...",
    after_help = "Examples:\n  \
        countersign sign lab-7.request --key alice.pem --chain alice.chain \\\n    \
        --root root.pub --days 30\n  \
        countersign sign late.request --key alice.pem --chain alice.chain \\\n    \
        --root root.pub --time-reset\n  \
        countersign sign requests --key alice.pem --chain alice.chain \\\n    \
        --root root.pub --policy policy.toml --report report.csv\n  \
        countersign sign lab-7.request --portal https://portal.acme.example \\\n    \
        --token-file portal.token --root root.pub\n\n\
        Each response is written into the key's journal before it is handed out, and the\n\
        same request gets the same response for ever. A run that was ended can be\n\
        started again: it goes on where it was. Where a second key has to approve of a\n\
        grant, a proposal is written in the place of the response: send it to whoever\n\
        approves, put the approval that comes back beside it, run the same again. The seats of a license are counted by\n\
        the portal, not here: what is signed here is not known there."
)]
pub(crate) struct Sign {
    /// Request files, or folders: all files in them that end in .request. A single - is standard input.
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) files: Vec<PathBuf>,
    /// The private key that signs: a root, or a delegated one with --chain and --root.
    #[arg(long, value_name = "FILE", required_unless_present = "portal")]
    key: Option<PathBuf>,
    /// The delegation of that key.
    #[arg(long, value_name = "FILE", requires = "root")]
    pub(crate) chain: Option<PathBuf>,
    /// The root public key that signed the delegation.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, env = "COUNTERSIGN_ROOT")]
    pub(crate) root: Vec<String>,
    /// The vendor's newest revocation list, which goes into each response.
    #[arg(long, value_name = "FILE", requires = "root")]
    pub(crate) list: Option<PathBuf>,
    /// A root rotation, which goes into each response; may be given more than once, oldest first. Apps that are older than
    /// rotations refuse such responses.
    #[arg(long, value_name = "FILE", requires = "root")]
    pub(crate) rotation: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// The approval of a second key for what this one may not grant alone, or a folder of them [default: beside the proposal, with
    /// .approval]. May be given more than once.
    #[arg(long, value_name = "FILE|DIR", requires = "chain")]
    pub(crate) approval: Vec<PathBuf>,
    /// Where the response goes [default: the machine's name with .response, here]; - is standard output. For several
    /// requests: the folder for the responses [default: each beside its request].
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) grant: Terms,
    #[command(flatten)]
    pub(crate) many: Many,
    #[command(flatten)]
    pub(crate) journal: JournalAt,
    #[command(flatten)]
    pub(crate) through: Through,
}

impl Sign {
    /// The private key's file: the arguments have one where they name no portal.
    pub(crate) fn key(&self) -> &Path {
        self.key.as_deref().unwrap_or_else(|| Path::new(""))
    }
}

/// Through the portal.
#[derive(Debug, Args)]
#[command(next_help_heading = "Portal")]
pub(crate) struct Through {
    /// Have the portal at this address answer, under the limits of the licenses, instead of signing with a key here. Needs a
    /// token with the scope requests:answer, and --root. Where the portal does not answer nothing is signed.
    #[arg(long, value_name = "URL", conflicts_with_all = WITH_A_KEY)]
    pub(crate) portal: Option<String>,
    /// The license, by its id or key, for activation requests that name none.
    #[arg(long, value_name = "LICENSE", allow_hyphen_values = true, requires = "portal")]
    pub(crate) license: Option<String>,
    #[command(flatten)]
    pub(crate) token: Token,
}

/// What is granted.
#[derive(Debug, Args)]
pub(crate) struct Terms {
    /// Your name as a vendor [default: vendor, or the policy's].
    #[arg(long)]
    pub(crate) vendor: Option<String>,
    /// A file that says what is granted for which product and license, instead of the options below.
    #[arg(long, value_name = "FILE", conflicts_with_all = TERMS)]
    pub(crate) policy: Option<PathBuf>,
    /// The grant runs for this many days from now.
    #[arg(long, group = "end", value_parser = days(1))]
    pub(crate) days: Option<u64>,
    /// The grant runs to the end of this day, UTC.
    #[arg(long, value_name = "YYYY-MM-DD", group = "end")]
    pub(crate) until: Option<String>,
    /// The grant has no end.
    #[arg(long, group = "end")]
    pub(crate) perpetual: bool,
    /// Grant nothing: answer with a time reset, for a machine whose clock was ahead and that refuses to run since. Any request
    /// of that machine will do, and it is answered with nothing else.
    #[arg(long, conflicts_with_all = TERMS, conflicts_with = "policy")]
    pub(crate) time_reset: bool,
    /// The response must be installed within this many days.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = days(1))]
    pub(crate) import_days: u64,
    /// How much of the machine must stay the same: exact, fuzzy or loose.
    #[arg(long, default_value = "fuzzy")]
    pub(crate) strategy: String,
    /// A feature that is granted: NAME, NAME=NUMBER or NAME=WORD; may be given more than once.
    #[arg(long = "feature", value_name = "NAME[=VALUE]")]
    pub(crate) features: Vec<String>,
    /// The license key, for activations: checks the proof in the request, and names the license where it carries none. May be
    /// given more than once. - reads it from standard input.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub(crate) license_key: Vec<String>,
    /// A file with license keys, one a line.
    #[arg(long, value_name = "FILE")]
    pub(crate) license_keys: Option<PathBuf>,
    /// The plan's name, shown to the user.
    #[arg(long)]
    pub(crate) plan: Option<String>,
    /// Who holds the license, shown to the user.
    #[arg(long)]
    pub(crate) holder: Option<String>,
}

/// For several requests at once.
#[derive(Debug, Args)]
#[command(next_help_heading = "Several requests")]
pub(crate) struct Many {
    /// Do not ask whether what is shown is to be signed.
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
    /// Show what would be granted and sign nothing.
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// A table of what became of each request: .csv or .json.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// How many requests are answered at a time [default: as many as there are processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
}

/// Where the journal is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Journal")]
pub(crate) struct JournalAt {
    /// The journal of the key [default: the key's name with .journal].
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Sign without a journal: nothing is remembered, and nobody can tell afterwards what was signed.
    #[arg(long, conflicts_with = "journal")]
    pub(crate) no_journal: bool,
}
