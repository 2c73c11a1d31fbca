//! How a command fails: code, fact, advice, exit code.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::json;

use crate::say;

/// The result of a command.
pub(crate) type Outcome = Result<ExitCode, Failure>;

/// Why a command did not do what it was asked.
#[derive(Debug, Clone)]
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

    /// A file could not be read or written, or was not named right: exit code 2.
    pub(crate) fn file(error: &anyhow::Error, advice: impl Into<String>) -> Self {
        let by_system = error.chain().any(|cause| cause.is::<io::Error>());
        Self {
            code: if by_system { "file-io" } else { "usage" }.to_owned(),
            fact: format!("{error:#}"),
            advice: advice.into(),
            exit: 2,
        }
    }

    /// Arguments that do not fit: exit code 2.
    pub(crate) fn usage(error: &clap::Error) -> Self {
        let text = error.to_string();
        let mut parts = text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>());
        let fact = parts.next().unwrap_or_default().join(" ");
        let advice = parts.find(|part| part.first() == Some(&"Usage:")).unwrap_or_default();
        Self {
            code: "usage".to_owned(),
            fact: fact.trim_start_matches("error: ").to_owned(),
            advice: advice.join(" "),
            exit: 2,
        }
    }

    /// The same with something that is done all the same.
    pub(crate) fn but(mut self, done: impl AsRef<str>) -> Self {
        self.advice = format!("{} {}", done.as_ref(), self.advice).trim_end().to_owned();
        self
    }

    /// The same with a further advice.
    pub(crate) fn then(&self, further: &str) -> Self {
        let advice = format!("{} {further}", self.advice).trim().to_owned();
        Self { advice, ..self.clone() }
    }

    /// The same with another advice.
    pub(crate) fn advising(self, advice: &str) -> Self {
        Self { advice: advice.to_owned(), ..self }
    }

    /// Fact and advice, in a line.
    pub(crate) fn words(&self) -> String {
        let mut fact = self.fact.clone();
        if let Some(first) = fact.get(..1) {
            fact = format!("{}{}", first.to_uppercase(), &fact[1..]);
        }
        format!("{fact}. {}", self.advice)
    }

    /// Whether it was refused for what it is, rather than that a file could not be read or written.
    pub(crate) fn is_refusal(&self) -> bool {
        self.exit == 1
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    pub(crate) fn fact(&self) -> &str {
        &self.fact
    }

    pub(crate) fn advice(&self) -> &str {
        &self.advice
    }

    /// Says it, and gives the exit code. Where even that cannot be written, the exit code is all there is.
    pub(crate) fn report(&self, as_json: bool) -> ExitCode {
        if as_json {
            let json = json!({"error": self.code, "message": self.fact, "advice": self.advice});
            if say::write(&format!("{json}\n")).is_err() {
                let _ = writeln!(io::stderr(), "{json}");
            }
        } else {
            let fact = say::wrapped(&format!("error: {}", self.fact), 0);
            let advice = say::wrapped(&self.advice, 0);
            let _ = writeln!(io::stderr(), "{}", format!("{fact}\n{advice}").trim_end());
        }
        ExitCode::from(self.exit)
    }
}

impl From<countersign_core::Error> for Failure {
    fn from(error: countersign_core::Error) -> Self {
        Self::refused(error.code().as_str(), error.to_string(), error.advice())
    }
}

impl From<countersign_journal::Error> for Failure {
    fn from(error: countersign_journal::Error) -> Self {
        let exit = if matches!(error, countersign_journal::Error::Io { .. }) { 2 } else { 1 };
        Self {
            code: error.code().to_owned(),
            fact: error.to_string(),
            advice: error.advice().to_owned(),
            exit,
        }
    }
}

impl From<countersign_client::Error> for Failure {
    fn from(error: countersign_client::Error) -> Self {
        use countersign_client::Error;
        let exit = if matches!(error, Error::Io { .. }) { 2 } else { 1 };
        let option = match &error {
            Error::WhichActivation(_) => " The option is --activation ID.",
            Error::NoDeactivationLeft => " The option is --accept-lost-seat.",
            _ => "",
        };
        Self {
            code: error.code().to_owned(),
            fact: error.to_string(),
            advice: format!("{}{option}", error.advice()),
            exit,
        }
    }
}

/// Arguments that do not fit, files that cannot be read or written.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let advice = advice(&error);
        Self::file(&error, advice)
    }
}

/// State and way out, where the fact does not say them itself.
fn advice(error: &anyhow::Error) -> &'static str {
    let Some(cause) = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()) else {
        let says_it = error.chain().any(|cause| cause.to_string().contains("othing was"));
        return if says_it { "" } else { "Nothing was changed. --help shows what fits." };
    };
    match cause.kind() {
        io::ErrorKind::NotFound => "Nothing was changed. Check the name and the folder.",
        io::ErrorKind::IsADirectory => "Nothing was changed. Give the name of a file in it.",
        io::ErrorKind::PermissionDenied => {
            "Nothing was changed. Do it as a user who may, or have the permissions changed."
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "Free some space on that disk, or choose another."
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_out_of_a_lost_seat_names_its_option() {
        let failure = Failure::from(countersign_client::Error::NoDeactivationLeft);
        assert_eq!((failure.code.as_str(), failure.exit), ("no-deactivation-left", 1));
        assert!(failure.advice.ends_with("The option is --accept-lost-seat."), "{failure:?}");
    }
}
