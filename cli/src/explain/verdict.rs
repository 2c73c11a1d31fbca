//! What is to be said about a file: one screen.

use countersign_core::Error;
use serde_json::{Map, Value, json};

use super::codes;
use crate::fail::Failure;
use crate::say::Report;

/// Whether something is wrong, and everything that goes with it.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// What the file is, if that could be told.
    what: Option<String>,
    /// Labels with values, in the order in which they are shown.
    facts: Vec<(&'static str, String)>,
    /// What is wrong: its code and the fact.
    wrong: Option<(String, String)>,
    /// The component, the limit or the file that decides.
    which: Option<String>,
    /// What to do where nothing is wrong.
    next: Option<String>,
}

impl Verdict {
    pub(crate) fn what(mut self, what: impl Into<String>) -> Self {
        self.what = Some(what.into());
        self
    }

    pub(crate) fn fact(mut self, label: &'static str, value: impl ToString) -> Self {
        self.facts.push((label, value.to_string()));
        self
    }

    pub(crate) fn maybe(self, label: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.fact(label, value),
            None => self,
        }
    }

    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// The first thing that is wrong counts.
    pub(crate) fn wrong(
        mut self,
        code: &str,
        fact: impl Into<String>,
        which: Option<String>,
    ) -> Self {
        if self.wrong.is_none() {
            self.wrong = Some((code.to_owned(), fact.into()));
            self.which = which;
        }
        self
    }

    pub(crate) fn refused(self, error: &Error, which: Option<String>) -> Self {
        self.wrong(error.code().as_str(), error.to_string(), which)
    }

    pub(crate) fn failed(self, failure: &Failure, which: Option<String>) -> Self {
        self.wrong(failure.code(), failure.fact(), which)
    }

    pub(crate) fn is_wrong(&self) -> bool {
        self.wrong.is_some()
    }

    pub(crate) fn report(self) -> Report {
        let facts: Map<String, Value> =
            self.facts.iter().map(|(label, value)| ((*label).to_owned(), json!(value))).collect();
        let code = self.wrong.as_ref().map(|(code, _)| code.clone());
        let section = code.as_deref().and_then(codes::section);
        let say = section.as_ref().and_then(|section| section.say.clone());
        let means = section.as_ref().map(|section| section.means.clone());
        let then = section.and_then(|section| section.then);
        let then = then.or(self.next);
        let anchor = code.as_ref().map(|code| format!("{}#{code}", codes::PLACE));
        let reason = self.wrong.map(|(_, fact)| fact);
        let verdict = code.as_ref().map_or_else(|| "ok".to_owned(), |code| format!("no: {code}"));
        let report = Report::new(json!({
            "verdict": if code.is_none() { "ok" } else { "refused" }, "code": code, "what": self.what, "reason": reason,
            "which": self.which, "means": means, "say": say, "then": then, "anchor": anchor, "facts": facts,
        }))
        .field("verdict", verdict)
        .maybe("it is", self.what)
        .maybe("reason", reason)
        .maybe("which", self.which)
        .maybe("means", means);
        let report = self
            .facts
            .into_iter()
            .fold(report, |report, (label, value)| report.field(label, value));
        report
            .maybe("say", say.map(|say| format!("\"{say}\"")))
            .maybe("then", then)
            .maybe("more", anchor)
    }
}
