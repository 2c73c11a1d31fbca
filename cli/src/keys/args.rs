//! Options of `countersign keys` that are about making and keeping a root.

use std::path::PathBuf;

use clap::Args;

use crate::args::{NewPassphrase, Passphrase};

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign keys root --out root.pem --paper root.html\n\
    At a terminal the key is encrypted with a passphrase, which is asked for. Write\n\
    the words of its fingerprint down where apps are built: they tell this key from\n\
    any other. Print the paper, keep it where only you can get at it, and delete its\n\
    file: whoever has the paper has the key.")]
pub(crate) struct NewRoot {
    /// Where the private key goes; an existing file is never replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Also write a page to be printed, from which the key can be typed in again: .html or .txt.
    #[arg(long, value_name = "FILE")]
    pub(crate) paper: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: NewPassphrase,
    /// Leave the key unencrypted, also at a terminal.
    #[arg(long, conflicts_with_all = ["passphrase", "passphrase_file"])]
    pub(crate) no_passphrase: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign keys paper --key root.pem --out root.html\n\
    Whoever has the paper has the key, without its passphrase. Print it, keep it\n\
    where only you can get at it, and delete the file.")]
pub(crate) struct Paper {
    /// The private key.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Where the page goes: .html or .txt; an existing file is never replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign keys restore --out root.pem\n\
    Type the 24 words of the key and the 8 of its fingerprint, in any number of\n\
    lines, then an empty line. The first four letters of each word are enough.")]
pub(crate) struct Restore {
    /// Where the private key goes; an existing file is never replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// A file with the words, such as a scanned QR code [default: standard input].
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// The public key that it has to be, instead of the words of the fingerprint.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub(crate) public: Option<String>,
    #[command(flatten)]
    pub(crate) passphrase: NewPassphrase,
    /// Leave the key unencrypted, also at a terminal.
    #[arg(long, conflicts_with_all = ["passphrase", "passphrase_file"])]
    pub(crate) no_passphrase: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign keys revoke alice.pub --stolen --root-key root.pem \\\n           \
    --list revocations.response --out revocations.response\n    \
    The file goes to machines as it is (countersign install), and into every response\n    \
    that is signed from then on. What was revoked stays so."
)]
pub(crate) struct Revoke {
    /// The keys: .pub files, the 43 characters of their x, or their delegations.
    #[arg(required = true, value_name = "KEY")]
    pub(crate) keys: Vec<String>,
    /// The root's private key file.
    #[arg(long, value_name = "FILE")]
    pub(crate) root_key: PathBuf,
    /// Somebody else may have them: what they signed ends, also where it is installed. Without this they only sign nothing new.
    #[arg(long)]
    pub(crate) stolen: bool,
    /// Only under delegations with a lower serial, or with none.
    #[arg(long, value_name = "SERIAL", value_parser = clap::value_parser!(u64).range(1..=MAX))]
    pub(crate) below: Option<u64>,
    /// The list so far, whose entries go on.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
    /// Your name as a vendor.
    #[arg(long, default_value = "vendor")]
    pub(crate) vendor: String,
    /// Where the list goes: a new file, or the list so far.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
}

const MAX: u64 = countersign_core::MAX_TIME;

#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign keys rotate-root --root-key root.pem --new-root-key root-2.pem \\\n           \
    --until 2027-06-30 --out rotation-1.response\n    \
    A stolen root ends at once: --until now. Machines learn of it from any response, or\n    \
    from this file. What is installed runs on."
)]
pub(crate) struct RotateRoot {
    /// The private key file of the root that ends.
    #[arg(long, value_name = "FILE")]
    pub(crate) root_key: PathBuf,
    /// The private key file of the root that follows: made with countersign keys root.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_root_key: PathBuf,
    /// The last day that the old root signs on, UTC, or `now` [default: in 90 days].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) until: Option<String>,
    /// The rotation before this one; without it the old root is your first.
    #[arg(long, value_name = "FILE")]
    pub(crate) after: Option<PathBuf>,
    /// Your name as a vendor.
    #[arg(long, default_value = "vendor")]
    pub(crate) vendor: String,
    /// Where the rotation goes; an existing file is never replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// A file with the new key's passphrase in its first line [default: the old one's].
    #[arg(long, value_name = "FILE")]
    pub(crate) new_passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign keys check alice.chain --key alice.pem --root root.pub --days 30\n    \
    Exit code 0: it signs now, and in so many days; 1: it does not; 2: wrong usage."
)]
pub(crate) struct Check {
    /// The delegation.
    pub(crate) chain: PathBuf,
    /// A root public key: a key file, or the 43 characters of its x.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, required = true)]
    pub(crate) root: Vec<String>,
    /// The private key that it has to be for.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The newest revocation list.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
    /// Root rotations, oldest first.
    #[arg(long, value_name = "FILE")]
    pub(crate) rotation: Vec<PathBuf>,
    /// For how many days from now it has to sign.
    #[arg(long, value_name = "DAYS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=36_500))]
    pub(crate) days: u64,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
}
