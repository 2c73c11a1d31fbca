//! The token: from a file that nobody else can read, or from the environment.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::args::ToPortal;
use crate::fail::Failure;

const TOKEN: &str = "COUNTERSIGN_TOKEN";
const TOKEN_FILE: &str = "COUNTERSIGN_TOKEN_FILE";

pub(super) fn read(options: &ToPortal) -> Result<String, Failure> {
    let of_environment = || std::env::var_os(TOKEN_FILE).map(PathBuf::from);
    let (text, place) = match (&options.token_file, std::env::var(TOKEN)) {
        (Some(file), _) => (of_file(file)?, file.display().to_string()),
        (None, Ok(token)) => (token, TOKEN.to_owned()),
        (None, Err(_)) => match of_environment() {
            Some(file) => (of_file(&file)?, file.display().to_string()),
            None => return Err(missing("there is no token for the portal".to_owned())),
        },
    };
    let token = text.lines().next().unwrap_or_default().trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match token.strip_prefix("cst_") {
        Some(rest) if rest.len() == 43 && rest.chars().all(fits) => Ok(token.to_owned()),
        // What else stands there may be another secret: it is not repeated.
        _ => Err(missing(format!("there is no token in {place}"))),
    }
}

fn of_file(path: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("the token file {} cannot be read", path.display()))?;
    if is_open(path) {
        return Err(Failure::refused(
            "token-file-open",
            format!("others on this machine can read the token file {}", path.display()),
            format!(
                "Nothing was sent. Close it: chmod 600 {}. If somebody may have read it, revoke the token on the portal's page \
                 API tokens and make a new one.",
                path.display()
            ),
        ));
    }
    Ok(text)
}

fn missing(fact: String) -> Failure {
    Failure::refused(
        "token-needed",
        fact,
        "Nothing was sent. Make a token on the portal's page API tokens, put it into a file that nobody else can read, and \
         name that with --token-file or in COUNTERSIGN_TOKEN_FILE.",
    )
}

#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = fs::metadata(path);
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}
