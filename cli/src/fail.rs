//! How a command fails: code, fact, advice, exit code.

use std::process::ExitCode;

use serde_json::json;

/// The result of a command.
pub(crate) type Outcome = Result<ExitCode, Failure>;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    code: String,
    fact: String,
    advice: String,
    exit: u8,
}

impl Failure {
    /// Something was refused: exit code 1.
    pub(crate) fn refused(code: &str, fact: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { code: code.to_owned(), fact: fact.into(), advice: advice.into(), exit: 1 }
    }

    /// Says it, and gives the exit code.
    pub(crate) fn report(&self, as_json: bool) -> ExitCode {
        if as_json {
            println!(
                "{}",
                json!({"error": self.code, "message": self.fact, "advice": self.advice})
            );
        } else {
            eprintln!("error: {}", self.fact);
            if !self.advice.is_empty() {
                eprintln!("{}", self.advice);
            }
        }
        ExitCode::from(self.exit)
    }
}

impl From<countersign_core::Error> for Failure {
    fn from(error: countersign_core::Error) -> Self {
        Self::refused(error.code().as_str(), error.to_string(), error.advice())
    }
}

impl From<countersign_client::Error> for Failure {
    fn from(error: countersign_client::Error) -> Self {
        let exit = if matches!(error, countersign_client::Error::Io { .. }) { 2 } else { 1 };
        Self {
            code: error.code().to_owned(),
            fact: error.to_string(),
            advice: error.advice(),
            exit,
        }
    }
}

/// Arguments that do not fit, files that cannot be read or written.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self {
            code: "usage".to_owned(),
            fact: format!("{error:#}"),
            advice: String::new(),
            exit: 2,
        }
    }
}
