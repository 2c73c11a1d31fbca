//! Output: lines of label and value for people, at most 80 columns where words allow it; one JSON object for programs.

use std::io::{self, Write as _};

use anyhow::Context as _;
use serde_json::Value;

/// Width of the labels; a longer one pushes its value aside.
const LABEL: usize = 13;
const COLUMNS: usize = 80;

/// What a command has to say, in both forms.
pub(crate) struct Report {
    lines: Vec<String>,
    json: Value,
}

impl Report {
    pub(crate) fn new(json: Value) -> Self {
        Self { lines: Vec::new(), json }
    }

    /// A sentence.
    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.lines.push(wrapped(&text.into(), 0));
        self
    }

    /// A label with its value.
    pub(crate) fn field(mut self, label: &str, value: impl std::fmt::Display) -> Self {
        self.lines.push(wrapped(&format!("{label:<LABEL$}  {value}"), LABEL + 2));
        self
    }

    /// A label with its value, if there is one.
    pub(crate) fn maybe(self, label: &str, value: Option<impl std::fmt::Display>) -> Self {
        match value {
            Some(value) => self.field(label, value),
            None => self,
        }
    }

    /// A further member of the object for programs.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.json[name] = value.into();
        self
    }

    /// A sentence, if there is one.
    pub(crate) fn maybe_text(self, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.text(text),
            None => self,
        }
    }

    /// The lines for people.
    pub(crate) fn to_text(&self) -> String {
        self.lines.join("\n")
    }

    pub(crate) fn print(self, as_json: bool) -> anyhow::Result<()> {
        let text = if as_json { self.json.to_string() } else { self.to_text() };
        print(&text)
    }
}

/// Prints lines. Whoever stops reading them (`| head -1`) has read enough.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    match write(&format!("{text}\n")) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error)
            .context("what was asked is done, and standard output could not be written to say so"),
        _ => Ok(()),
    }
}

/// Writes to standard output, all of it.
pub(crate) fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Breaks a line between words; what follows the first is indented. Words that are too long, such as paths, stay whole.
pub(crate) fn wrapped(line: &str, indent: usize) -> String {
    let line = visible(line);
    let (mut rest, mut lines) = (line.as_str(), Vec::new());
    loop {
        let width = if lines.is_empty() { COLUMNS } else { COLUMNS - indent };
        let Some((end, _)) = rest.char_indices().nth(width) else { break };
        // Not within the label.
        let from = if lines.is_empty() { rest.floor_char_boundary(indent) } else { 0 };
        let fits = end + usize::from(rest[end..].starts_with(' '));
        let before = rest[from..fits].rfind(' ').map(|at| from + at);
        let Some(at) = before.or_else(|| rest[end..].find(' ').map(|at| end + at)) else { break };
        lines.push(rest[..at].trim_end());
        rest = rest[at..].trim_start();
    }
    lines.push(rest);
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

/// Text from a file may carry sequences that command a terminal, or turn the direction of the text: they are shown, not
/// obeyed.
fn visible(line: &str) -> String {
    let commands = |c: char| {
        c.is_control()
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    line.chars()
        .flat_map(|c| if commands(c) { c.escape_default().collect() } else { vec![c] })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_into_80_columns_between_words() {
        let text = "word ".repeat(40);
        for (line, number) in wrapped(text.trim(), 0).lines().zip(1..) {
            assert!(line.chars().count() <= 80 && !line.ends_with(' '), "{number}: {line}");
        }
        let field = wrapped(&format!("to do          {}", text.trim()), 15);
        assert!(field.lines().all(|line| line.len() <= 80));
        assert!(field.lines().skip(1).all(|line| line.starts_with("               word")));
        assert_eq!(wrapped("root.pem  (not encrypted)", 15), "root.pem  (not encrypted)");
    }

    #[test]
    fn a_long_path_stays_whole_and_wide_letters_break_nothing() {
        let path = format!("/{}", "ä".repeat(100));
        assert_eq!(wrapped(&path, 15), path);
        let in_words = wrapped(&format!("error: {path} cannot be read"), 0);
        assert_eq!(in_words, format!("error:\n{path}\ncannot be read"));
        assert_eq!(wrapped(&"é ".repeat(79), 0).lines().count(), 2);
    }

    #[test]
    fn attack_text_that_commands_the_terminal_or_turns_itself_round_is_shown() {
        assert_eq!(wrapped("lab\u{1b}[2J", 0), "lab\\u{1b}[2J");
        assert_eq!(wrapped("lab\u{202e}gpj.exe", 0), "lab\\u{202e}gpj.exe");
    }
}
