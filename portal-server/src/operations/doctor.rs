//! `countersign-portal doctor`: looks at everything that operators get wrong, and says of each finding what to do next. It looks
//! and changes nothing.

mod place;
mod portal;
mod server;
mod settings;

use std::fmt;

use serde_json::{Value, json};

use crate::config::Config;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is as it should be.
    Well,
    /// It works and may stop to.
    Warning,
    /// Something does not work, or is open to somebody.
    Problem,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable word for programs.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What there is, without a full stop.
    pub fact: String,
    /// What to do next; empty where nothing is to be done.
    pub advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<9} {:<20} {}", self.level.as_str(), self.code, self.fact)?;
        match self.advice.as_str() {
            "" => Ok(()),
            advice => write!(f, "\n{:<31}{advice}", ""),
        }
    }
}

/// What was looked at.
#[derive(Debug, Default)]
pub struct Report(Vec<Finding>);

impl Report {
    /// Everything, in the order in which it was looked at.
    pub fn findings(&self) -> &[Finding] {
        &self.0
    }

    /// The worst.
    pub fn worst(&self) -> Level {
        self.0.iter().map(|finding| finding.level).max().unwrap_or(Level::Well)
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let finding = |f: &Finding| json!({"code": f.code, "level": f.level.as_str(), "fact": f.fact, "advice": f.advice});
        json!({
            "verdict": self.worst().as_str(),
            "findings": self.0.iter().map(finding).collect::<Vec<_>>(),
        })
    }

    fn well(&mut self, code: &'static str, fact: impl Into<String>) {
        self.add(code, Level::Well, fact.into(), String::new());
    }

    fn warn(&mut self, code: &'static str, fact: impl Into<String>, advice: impl Into<String>) {
        self.add(code, Level::Warning, fact.into(), advice.into());
    }

    fn problem(&mut self, code: &'static str, fact: impl Into<String>, advice: impl Into<String>) {
        self.add(code, Level::Problem, fact.into(), advice.into());
    }

    fn add(&mut self, code: &'static str, level: Level, fact: String, advice: String) {
        self.0.push(Finding { code, level, fact, advice });
    }
}

/// Looks at a portal as it would be served with this configuration, running or not.
pub async fn run(config: &Config) -> Report {
    let mut report = Report::default();
    place::look(config, &mut report);
    server::look(config, &mut report);
    settings::look(config, &mut report);
    portal::look(config, &mut report).await;
    report
}
