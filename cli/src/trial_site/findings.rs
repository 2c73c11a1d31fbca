//! What is right, doubtful and wrong about a trial page.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::fail::Outcome;
use crate::say::Report;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    Warning,
    Problem,
}

#[derive(Debug)]
struct Finding {
    level: Level,
    /// What it is about, in a stable word.
    what: &'static str,
    words: String,
}

/// All of them, in the order in which they were found.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    pub(crate) fn ok(&mut self, what: &'static str, words: impl Into<String>) {
        self.add(Level::Ok, what, words);
    }

    /// It works, and whoever set it up should think about it.
    pub(crate) fn warning(&mut self, what: &'static str, words: impl Into<String>) {
        self.add(Level::Warning, what, words);
    }

    /// It does not work, or it is dangerous.
    pub(crate) fn problem(&mut self, what: &'static str, words: impl Into<String>) {
        self.add(Level::Problem, what, words);
    }

    fn add(&mut self, level: Level, what: &'static str, words: impl Into<String>) {
        self.0.push(Finding { level, what, words: words.into() });
    }

    pub(crate) fn has_problem(&self) -> bool {
        self.count(Level::Problem) > 0
    }

    /// The words of all problems.
    pub(crate) fn problems(&self) -> Vec<&str> {
        self.0.iter().filter(|f| f.level == Level::Problem).map(|f| f.words.as_str()).collect()
    }

    fn count(&self, level: Level) -> usize {
        self.0.iter().filter(|finding| finding.level == level).count()
    }

    /// As lines of a report: warnings and problems alone.
    pub(crate) fn doubts(&self, report: Report) -> Report {
        let doubtful = self.0.iter().filter(|finding| finding.level != Level::Ok);
        doubtful.fold(report, |report, f| {
            report.field(f.level.word(), format!("{}: {}", f.what, f.words))
        })
    }

    pub(crate) fn json(&self) -> Value {
        let one =
            |f: &Finding| json!({"level": f.level.word(), "what": f.what, "message": f.words});
        self.0.iter().map(one).collect()
    }

    /// Says all of it: exit code 0 without a problem, 1 with one.
    pub(crate) fn print(&self, target: &str, as_json: bool) -> Outcome {
        let (problems, warnings) = (self.count(Level::Problem), self.count(Level::Warning));
        let json = json!({"target": target, "ok": problems == 0, "findings": self.json()});
        let report = self.0.iter().fold(Report::new(json), |report, f| {
            report.field(f.level.word(), format!("{}: {}", f.what, f.words))
        });
        let verdict = match (problems, warnings) {
            (0, 0) => "Nothing is wrong.".to_owned(),
            (0, _) => format!("It works; {} to think about.", things(warnings)),
            _ => format!("{} to put right.", upper(&things(problems))),
        };
        report.text(verdict).print(as_json)?;
        Ok(ExitCode::from(u8::from(problems > 0)))
    }
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

fn things(count: usize) -> String {
    if count == 1 { "one thing".to_owned() } else { format!("{count} things") }
}

fn upper(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or(String::new(), |first| format!("{}{}", first.to_uppercase(), chars.as_str()))
}
