//! Asking on the terminal for what was not given.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};

/// What was given, or what is typed; where nobody can type, the option is named.
pub(crate) fn or_ask(
    given: Option<String>,
    option: &str,
    question: &str,
) -> anyhow::Result<String> {
    match given {
        Some(given) => Ok(given),
        None if io::stdin().is_terminal() => ask(question, None),
        None => {
            bail!("{option} is missing, and there is no terminal to ask at: nothing was written")
        }
    }
}

/// As [`or_ask`], where an empty answer is none.
pub(crate) fn or_ask_optional(
    given: Option<String>,
    question: &str,
) -> anyhow::Result<Option<String>> {
    if given.is_some() || !io::stdin().is_terminal() {
        return Ok(given);
    }
    Ok(Some(ask(question, Some(""))?).filter(|answer| !answer.is_empty()))
}

/// Asks until there is an answer; `default` is what an empty one means.
pub(crate) fn ask(question: &str, default: Option<&str>) -> anyhow::Result<String> {
    for _ in 0..3 {
        let mut error = io::stderr();
        write!(error, "{question} ")?;
        error.flush()?;
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).context("the answer cannot be read")?;
        let answer = line.trim();
        match (answer, default) {
            ("", Some(default)) => return Ok(default.to_owned()),
            ("", None) if read == 0 => break,
            ("", None) => {}
            (answer, _) => return Ok(answer.to_owned()),
        }
    }
    bail!("no answer came: nothing was written")
}
