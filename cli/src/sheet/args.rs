//! The options of `countersign release-sheet`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign release-sheet lab-7.request --out lab-7.html\n\
    Print it: it holds everything that leaves with the file, to be signed by whoever\n\
    releases data from your site. Nothing is in the file that is not on the sheet.")]
pub(crate) struct Sheet {
    /// The request file that is to leave.
    pub(crate) file: PathBuf,
    /// Where the page goes, an HTML file; an existing file is not replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
