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
