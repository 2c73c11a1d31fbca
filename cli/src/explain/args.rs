//! The options of `countersign explain`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(
    override_usage = "countersign explain [OPTIONS] <FILE|CODE>",
    after_help = "Examples:\n  \
        countersign explain lab-7.response --root root.pub --against lab-7.request\n  \
        countersign explain lab-7.request --against 8KRT7-00000-00000-00000-0000P\n  \
        countersign explain lab-7.response --root root.pub --against /var/lib/acme\n  \
        countersign explain import-expired\n\n\
        Exit codes: 0 nothing is wrong with it, 1 something is, 2 wrong usage."
)]
pub(crate) struct Explain {
    /// The file that is asked about, - for standard input; or a code.
    #[arg(value_name = "FILE|CODE")]
    pub(crate) subject: String,
    /// What it has to fit: the license folder of a machine, a request or response file, or a license key or id.
    #[arg(long, value_name = "STATE|REQUEST|LICENSE", allow_hyphen_values = true)]
    pub(crate) against: Option<String>,
    /// A root public key: a key file, or the 43 characters of its x; may be given more than once.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, env = "COUNTERSIGN_ROOT")]
    pub(crate) root: Vec<String>,
    /// With a license folder: the product that it is of [default: the file's].
    #[arg(long, value_name = "ID", env = "COUNTERSIGN_PRODUCT")]
    pub(crate) product: Option<String>,
    /// With a license folder: the folder of its second copy [default: the user's data directory].
    #[arg(long, value_name = "DIR")]
    pub(crate) mirror: Option<PathBuf>,
    /// With a license folder: read the machine's components from a copy of its etc, proc and sys in this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) fingerprint_from: Option<PathBuf>,
}
