//! Which portal, with which token.

use std::path::PathBuf;

use clap::Args;

/// The variable that names the portal.
const PORTAL: &str = "COUNTERSIGN_PORTAL";

/// How a portal is spoken to. A token never stands on the command line: every program on the machine can read that.
#[derive(Debug, Args)]
#[command(next_help_heading = "Portal")]
pub(crate) struct ToPortal {
    /// The address of the vendor's portal, which does it [default: COUNTERSIGN_PORTAL, unless a --key signs].
    #[arg(long, value_name = "URL")]
    pub(crate) portal: Option<String>,
    /// A file with the token in its first line, which nobody else can read [default: COUNTERSIGN_TOKEN, or the file that
    /// COUNTERSIGN_TOKEN_FILE names].
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Seconds until an answer must be there.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
    /// Send the token over a network without encryption.
    #[arg(long)]
    pub(crate) insecure_http: bool,
}

impl Default for ToPortal {
    fn default() -> Self {
        Self { portal: None, token_file: None, timeout: 120, insecure_http: false }
    }
}

/// A portal that was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) url: String,
    /// Where it was named, for words.
    pub(crate) by: &'static str,
}

impl ToPortal {
    /// The portal of the option, or of the environment.
    pub(crate) fn named(&self) -> Option<Named> {
        if let Some(url) = &self.portal {
            return Some(Named { url: url.clone(), by: "--portal" });
        }
        let url = std::env::var(PORTAL).ok().filter(|url| !url.trim().is_empty());
        url.map(|url| Named { url, by: PORTAL })
    }
}
