//! Output: lines of label and value for people, one JSON object for programs.

use serde_json::Value;

/// Width of the labels; a longer one pushes its value aside.
const LABEL: usize = 13;

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
        self.lines.push(text.into());
        self
    }

    /// A label with its value.
    pub(crate) fn field(mut self, label: &str, value: impl std::fmt::Display) -> Self {
        self.lines.push(format!("{label:<LABEL$}  {value}"));
        self
    }

    /// A label with its value, if there is one.
    pub(crate) fn maybe(self, label: &str, value: Option<impl std::fmt::Display>) -> Self {
        match value {
            Some(value) => self.field(label, value),
            None => self,
        }
    }

    pub(crate) fn print(self, as_json: bool) {
        if as_json {
            println!("{}", self.json);
        } else {
            for line in self.lines {
                println!("{}", visible(&line));
            }
        }
    }
}

/// Text from a file may carry sequences that command a terminal: they are shown, not obeyed.
fn visible(line: &str) -> String {
    line.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect()
}
