//! The options of `countersign trial-site`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::args::Passphrase;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a folder with the trial page, its settings and a workflow for GitHub Pages. Asks for what is not given.
    Init(Box<Init>),
    /// Say what is wrong with a trial page, in a folder or on the web: exit code 0 nothing, 1 something.
    Check(Check),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    countersign trial-site init trial-page --portal https://portal.acme.example \\\n           \
    --root root.pub --product acme-cad=\"Acme CAD\" --vendor \"Acme Software\"\n  \
    countersign trial-site init trial-page --standalone --key trial.pem \\\n           \
    --delegation trial.chain --root root.pub --product acme-cad --days 14 \\\n           \
    --vendor \"Acme Software\"")]
pub(crate) struct Init {
    /// The folder; made if it is missing.
    pub(crate) dir: PathBuf,
    /// The portal that answers, e.g. `https://portal.acme.example`; with --standalone only named to who brings other requests.
    #[arg(long, value_name = "URL")]
    pub(crate) portal: Option<String>,
    /// Without a portal: the page signs in the browser, with a key that can give nothing but trials.
    #[arg(long)]
    pub(crate) standalone: bool,
    /// That key, from `countersign keys new`. Everybody who opens the page can copy it.
    #[arg(long, value_name = "FILE", requires = "standalone")]
    pub(crate) key: Option<PathBuf>,
    /// Its delegation, from `countersign keys delegate --types trial`.
    #[arg(long, value_name = "FILE", requires = "standalone")]
    pub(crate) delegation: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// A root public key of yours: a key file, or the 43 characters of its x; may be given more than once.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub(crate) root: Vec<String>,
    /// A product's id, with its name for people; may be given more than once.
    #[arg(long, value_name = "ID[=NAME]")]
    pub(crate) product: Vec<String>,
    /// Your name as a vendor.
    #[arg(long, value_name = "NAME")]
    pub(crate) vendor: Option<String>,
    /// How many days a trial has; with a portal only shown, since the portal decides.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=super::config::MOST_DAYS))]
    pub(crate) days: Option<u64>,
    /// A mail address for visitors who need help.
    #[arg(long, value_name = "MAIL")]
    pub(crate) support: Option<String>,
    /// Your web site, under https.
    #[arg(long, value_name = "URL")]
    pub(crate) website: Option<String>,
    /// Your logo: png, jpg, webp or svg, at most 200 KB.
    #[arg(long, value_name = "FILE")]
    pub(crate) logo: Option<PathBuf>,
    /// The colour of buttons and links, e.g. #0b5fff
    #[arg(long, value_name = "HEX")]
    pub(crate) accent: Option<String>,
    /// The built page, for a program that was built without it: static-trial-site/dist/site
    #[arg(long, value_name = "DIR")]
    pub(crate) page: Option<PathBuf>,
    /// Write into a folder that is not empty; files of the page in it are replaced, others stay.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples: countersign trial-site check trial-page\n          \
    countersign trial-site check https://acme.github.io/trial/ --root root.pub")]
pub(crate) struct Check {
    /// The folder, or the page's address.
    #[arg(value_name = "DIR|URL")]
    pub(crate) target: String,
    /// A root public key that your app knows, to compare; may be given more than once.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub(crate) root: Vec<String>,
    /// For a folder: the address that it will have, so that the portal can be asked whether it lets the page in.
    #[arg(long, value_name = "URL")]
    pub(crate) at: Option<String>,
}
