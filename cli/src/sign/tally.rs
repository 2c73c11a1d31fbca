//! What came out of a run over many requests.

use std::process::ExitCode;

use countersign_journal::Head;
use serde_json::json;

use super::args::Sign;
use super::book::Book;
use super::groups::Stop;
use super::table::{Result as Became, Row};
use crate::fail::{Failure, Outcome};
use crate::say::Report;

/// So many problems are shown; the report has all of them.
const SHOWN: usize = 20;

/// How many of each, and what there is to say about those that got nothing.
#[derive(Default)]
pub(crate) struct Tally {
    signed: u64,
    again: u64,
    there: u64,
    proposed: u64,
    refused: u64,
    failed: u64,
    problems: Vec<Row>,
    pub(crate) report_failed: Option<anyhow::Error>,
}

impl Tally {
    pub(crate) fn count(&mut self, row: Row) {
        match row.result {
            Became::Signed => self.signed += 1,
            Became::Again => self.again += 1,
            Became::There => self.there += 1,
            Became::Proposed => self.proposed += 1,
            Became::Refused => self.refused += 1,
            Became::Failed => self.failed += 1,
        }
        if row.code.is_some() && self.problems.len() < SHOWN {
            self.problems.push(row);
        }
    }

    /// Whether every request got its response.
    pub(crate) fn is_well(&self) -> bool {
        self.refused + self.failed == 0 && self.report_failed.is_none()
    }

    pub(crate) fn finish(self, options: &Sign, book: &Book, ended: Stop, as_json: bool) -> Outcome {
        let bad = self.refused + self.failed + self.proposed;
        let head = book.head();
        let mut report = self.report(book, head, options);
        if bad > self.problems.len() as u64 && options.many.report.is_none() {
            let more = bad - self.problems.len() as u64;
            report = report.text(format!("… and {more} more: --report FILE has all of them."));
        }
        if let Stop::At(failure) = ended {
            report.print(as_json)?;
            return Err(failure);
        }
        report.print(as_json)?;
        if let Some(error) = self.report_failed {
            let error = error.context("the report could not be written whole");
            return Err(Failure::file(
                &error,
                "The responses are signed and handed out; the journal has all of them.",
            ));
        }
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    fn report(&self, book: &Book, head: Option<Head>, options: &Sign) -> Report {
        let journal = book.path();
        let report = Report::new(json!({
            "signed": self.signed, "again": self.again, "there": self.there,
            "needs_approval": self.proposed, "refused": self.refused,
            "failed": self.failed, "problems": self.problems, "report": options.many.report, "journal": journal,
            "count": head.map(|h| h.count), "head": head.map(|h| h.hash.to_string()),
        }));
        let count = |label: &'static str, n: u64, what: &str| {
            (n > 0).then(|| (label, format!("{n}{what}")))
        };
        let lines = [
            Some(("signed", self.signed.to_string())),
            count("again", self.again, "  (answered before: the same responses written again)"),
            count("there", self.there, "  (answered before, and the files are there)"),
            count(
                "to approve",
                self.proposed,
                "  (proposals are there: put the approvals beside them and run this again)",
            ),
            count("refused", self.refused, ""),
            count("failed", self.failed, "  (files that could not be read or written)"),
            journal.map(|path| ("journal", path.display().to_string())),
            head.map(|head| ("head", format!("{} {}", head.count, head.hash))),
            options.many.report.as_ref().map(|path| ("report", path.display().to_string())),
        ];
        let report =
            lines.into_iter().flatten().fold(report, |r, (label, text)| r.field(label, text));
        self.problems.iter().fold(report, |report, row| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            report.text(format!(
                "{}: {}: {}. {}",
                row.request.display(),
                text(&row.code),
                text(&row.message),
                text(&row.advice)
            ))
        })
    }
}
