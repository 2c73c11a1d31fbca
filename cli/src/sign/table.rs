//! What became of each request: a row for a table (CSV or JSON), written as the rows come.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use countersign_core::file;
use countersign_core::request::Request;
use countersign_core::response::Response;
use serde::Serialize;

use crate::fail::Failure;

/// What became of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Result {
    /// Signed now.
    Signed,
    /// Answered before, and the same response written again.
    Again,
    /// Answered before, and its file was there.
    There,
    /// It gets one when a second key has approved: a proposal is there.
    #[serde(rename = "needs-approval")]
    Proposed,
    /// It gets no response.
    Refused,
    /// It gets one, and its file could not be read or written.
    Failed,
}

/// One request. Times are seconds.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) request: PathBuf,
    pub(crate) result: Result,
    pub(crate) response: Option<PathBuf>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) advice: Option<String>,
    pub(crate) product: Option<String>,
    pub(crate) machine: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<&'static str>,
    pub(crate) request_id: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) expires_at: Option<u64>,
    pub(crate) import_by: Option<u64>,
    pub(crate) entry: Option<u64>,
}

const HEADINGS: [&str; 15] = [
    "request",
    "result",
    "response",
    "code",
    "message",
    "advice",
    "product",
    "machine",
    "type",
    "request_id",
    "id",
    "license",
    "expires",
    "import_by",
    "entry",
];

impl Row {
    /// A request that got nothing.
    pub(crate) fn without(request: PathBuf, result: Result, failure: &Failure) -> Self {
        Self {
            request,
            result,
            response: None,
            code: Some(failure.code().to_owned()),
            message: Some(failure.fact().to_owned()),
            advice: Some(failure.advice().to_owned()),
            product: None,
            machine: None,
            kind: None,
            request_id: None,
            id: None,
            license: None,
            expires_at: None,
            import_by: None,
            entry: None,
        }
    }

    /// With what is known of the request.
    pub(crate) fn of(mut self, request: &Request) -> Self {
        self.product = Some(request.product.to_string());
        self.machine = request.device_name().map(str::to_owned);
        self.kind = Some(request.token_type().as_str());
        self.request_id = Some(request.id.to_string());
        self
    }

    /// With what was answered.
    pub(crate) fn answered(mut self, response: &Response, entry: Option<u64>) -> Self {
        let granted = response.granted();
        self.id = Some(response.id.to_string());
        self.license = granted.and_then(|g| g.grant.license.as_ref()).map(|l| l.id.to_string());
        self.expires_at = granted.and_then(|g| g.grant.expires_at);
        self.import_by = granted.map(|g| g.import_by);
        self.entry = entry;
        self
    }

    fn cells(&self) -> [String; 15] {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let date = |at: Option<u64>| at.map(file::date).unwrap_or_default();
        let result = match self.result {
            Result::Signed => "signed",
            Result::Again => "again",
            Result::There => "there",
            Result::Proposed => "needs-approval",
            Result::Refused => "refused",
            Result::Failed => "failed",
        };
        // A receipt and a refusal end never, in another way.
        let ends = match (self.expires_at, self.import_by) {
            (None, Some(_)) => "never".to_owned(),
            (end, _) => date(end),
        };
        [
            self.request.display().to_string(),
            result.to_owned(),
            self.response.as_ref().map(|p| p.display().to_string()).unwrap_or_default(),
            text(&self.code),
            text(&self.message),
            text(&self.advice),
            text(&self.product),
            text(&self.machine),
            self.kind.unwrap_or_default().to_owned(),
            text(&self.request_id),
            text(&self.id),
            text(&self.license),
            ends,
            date(self.import_by),
            self.entry.map(|n| n.to_string()).unwrap_or_default(),
        ]
    }
}

/// The report's file.
pub(crate) enum Table {
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Json { out: BufWriter<File>, rows: u64 },
}

impl Table {
    /// Begins a report; an existing file is never replaced.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !matches!(extension, "csv" | "json") {
            bail!(
                "--report {}: the name ends in .csv or .json. Nothing was signed",
                path.display()
            );
        }
        let open = OpenOptions::new().write(true).create_new(true).open(path);
        let file = open.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => anyhow!(
                "{} is there already and is not replaced: nothing was signed. Choose another name with --report",
                path.display()
            ),
            _ => anyhow!(error).context(format!("--report {}: nothing was signed", path.display())),
        })?;
        let mut out = BufWriter::new(file);
        if extension == "json" {
            out.write_all(b"[").context("the report")?;
            return Ok(Self::Json { out, rows: 0 });
        }
        // With a byte-order mark spreadsheets read it as UTF-8.
        out.write_all("\u{FEFF}".as_bytes()).context("the report")?;
        let mut builder = csv::WriterBuilder::new();
        builder.quote_style(csv::QuoteStyle::Always).terminator(csv::Terminator::CRLF);
        let mut writer = builder.from_writer(out);
        writer.write_record(HEADINGS).context("the report")?;
        Ok(Self::Csv(Box::new(writer)))
    }

    pub(crate) fn add(&mut self, row: &Row) -> anyhow::Result<()> {
        match self {
            Self::Csv(writer) => {
                writer.write_record(row.cells().map(|cell| safe_cell(&cell)))?;
            }
            Self::Json { out, rows } => {
                out.write_all(if *rows == 0 { b"\n" } else { b",\n" })?;
                serde_json::to_writer(&mut *out, row)?;
                *rows += 1;
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let mut out = match self {
            Self::Csv(writer) => writer.into_inner().map_err(|error| error.into_error())?,
            Self::Json { mut out, .. } => {
                out.write_all(b"\n]\n")?;
                out
            }
        };
        out.flush()?;
        out.get_ref().sync_all()?;
        Ok(())
    }
}

/// Text that no spreadsheet takes for a formula, whichever separator it believes in: names of files and machines come from
/// strangers.
fn safe_cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    let mut at_start = true;
    for c in text.chars() {
        if at_start && starts_formula(c) {
            safe.push('\'');
        }
        at_start =
            matches!(c, ',' | ';' | '\t' | '|' | '\r' | '\n') || (at_start && c.is_whitespace());
        safe.push(c);
    }
    if safe.starts_with(|c: char| c.is_control()) { format!("'{safe}") } else { safe }
}

/// `=`, `+`, `-` and `@`, and what Unicode or a spreadsheet takes for them.
fn starts_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\u{FF1D}' | '\u{FF0B}' | '\u{FF0D}' | '\u{FF20}')
        || matches!(c, '\u{FE66}' | '\u{FE62}' | '\u{FE63}' | '\u{FE6B}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_a_machine_whose_name_is_a_formula() {
        for hostile in [
            "=cmd|' /C calc'!A0",
            "+1",
            "-1+1",
            "@SUM(A1)",
            "\u{FF1D}1",
            " =1",
            "a;=1",
            "a,\t@x",
            "\t=1",
            "\r=1",
        ] {
            let safe = safe_cell(hostile);
            for cell in safe.split([',', ';', '\t', '|', '\r', '\n']) {
                assert!(!cell.trim_start().starts_with(starts_formula), "{hostile:?}: {safe:?}");
            }
            assert!(!safe.starts_with(|c: char| c.is_control()), "{safe:?}");
        }
        assert_eq!(safe_cell("lab-7, second floor"), "lab-7, second floor");
    }
}
