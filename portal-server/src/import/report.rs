//! What an import did or would do: numbers for everybody, the first problems by name, and all of it as a table for whoever tells
//! customers their new keys.

use countersign_store::ImportSource;
use serde_json::{Map, Value, json};

use super::Mode;
use super::draft::{NoteCounts, Notes};
use super::entry::shown;
use super::source::Noun;
use super::table::Table;

/// Problems that are named on the terminal and in the JSON object; the table has all.
const MOST_SHOWN: usize = 100;
const SHOWN_AT_A_TERMINAL: usize = 20;

pub(super) const HEADINGS: [&str; 10] = [
    "what",
    "number",
    "id there",
    "outcome",
    "why and what is not carried over",
    "license key there",
    "license key here",
    "license id here",
    "owner",
    "holder",
];

/// How an entry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    Made,
    Joined,
    Unchanged,
    Updated,
    /// It stays as it is here, though the export says something else.
    Kept,
    /// It is named and not imported, as all of its kind.
    Listed,
    LeftOut,
}

impl Ending {
    const ALL: [Self; 7] = [
        Self::Made,
        Self::Joined,
        Self::Unchanged,
        Self::Updated,
        Self::Kept,
        Self::Listed,
        Self::LeftOut,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Joined => "joined",
            Self::Unchanged => "unchanged",
            Self::Updated => "updated",
            Self::Kept => "kept",
            Self::Listed => "listed",
            Self::LeftOut => "left out",
        }
    }

    fn key(self) -> &'static str {
        if self == Self::LeftOut { "left_out" } else { self.word() }
    }

    /// Whether somebody should look at it.
    fn is_problem(self) -> bool {
        matches!(self, Self::Kept | Self::LeftOut)
    }
}

/// One line of the table.
#[derive(Debug, Default)]
pub(crate) struct Line<'a> {
    pub(crate) number: usize,
    pub(crate) id: &'a str,
    pub(crate) why: &'a str,
    pub(crate) former_key: &'a str,
    pub(crate) key: &'a str,
    pub(crate) license: &'a str,
    pub(crate) owner: &'a str,
    pub(crate) holder: &'a str,
}

/// The report as it grows.
pub(crate) struct Report {
    source: ImportSource,
    table: Option<Table>,
    counts: [[u64; Ending::ALL.len()]; Noun::ALL.len()],
    problems: Vec<String>,
    problem_count: u64,
    notes: NoteCounts,
}

/// What is left of it when it is done.
#[derive(Debug)]
pub struct Summary {
    /// Everything, as one JSON object.
    pub json: Value,
    /// Whether something was left out or kept as it was here.
    pub has_problems: bool,
}

impl Report {
    pub(crate) fn new(source: ImportSource, table: Option<Table>) -> Self {
        let counts = [[0; Ending::ALL.len()]; Noun::ALL.len()];
        let notes = NoteCounts::new();
        Self { source, table, counts, problems: Vec::new(), problem_count: 0, notes }
    }

    pub(crate) fn add(
        &mut self,
        noun: Noun,
        ending: Ending,
        line: &Line<'_>,
        notes: &Notes,
    ) -> anyhow::Result<()> {
        self.counts[noun as usize][ending as usize] += 1;
        let what = noun.of(self.source);
        for note in &notes.0 {
            *self.notes.entry(note.kind).or_default() += 1;
        }
        if ending.is_problem() {
            let (word, id) = (ending.word(), shown(line.id));
            self.problem(format!("{what}[{}] id {id}: {word}: {}", line.number, line.why));
        }
        let Some(table) = &mut self.table else { return Ok(()) };
        let carried = notes.0.iter().map(|note| match note.detail.as_str() {
            "" => note.kind.to_owned(),
            detail => format!("{} ({detail})", note.kind),
        });
        let all: Vec<String> = (!line.why.is_empty())
            .then(|| line.why.to_owned())
            .into_iter()
            .chain(carried)
            .collect();
        table.row(&[
            what,
            &line.number.to_string(),
            &shown(line.id),
            ending.word(),
            &all.join("; "),
            line.former_key,
            line.key,
            line.license,
            line.owner,
            line.holder,
        ])
    }

    /// Something that is no entry of a noun.
    pub(crate) fn unknown(&mut self, place: &str) -> anyhow::Result<()> {
        self.problem(format!("left out: {place}"));
        match &mut self.table {
            Some(table) => table.row(&["", "", "", "left out", place, "", "", "", "", ""]),
            None => Ok(()),
        }
    }

    pub(crate) fn more_unknown(&mut self, count: usize) {
        self.problem_count += count as u64;
    }

    fn problem(&mut self, text: String) {
        self.problem_count += 1;
        if self.problems.len() < MOST_SHOWN {
            self.problems.push(text);
        }
    }

    /// Puts the table into its place.
    pub(crate) fn finish(self, mode: Mode, unread: &[String]) -> anyhow::Result<Summary> {
        let report = self.table.map(Table::finish).transpose()?;
        let mut counted = Map::new();
        for noun in Noun::ALL {
            let counts = &self.counts[noun as usize];
            let entries: Map<String, Value> = Ending::ALL
                .iter()
                .filter(|ending| counts[**ending as usize] > 0)
                .map(|ending| (ending.key().to_owned(), counts[*ending as usize].into()))
                .collect();
            if !entries.is_empty() {
                counted.insert(noun.of(self.source).to_owned(), entries.into());
            }
        }
        let json = json!({
            "dry_run": mode == Mode::DryRun,
            "source": self.source.as_str(),
            "entries": counted,
            "not_carried_over": self.notes,
            "problems": self.problems,
            "problem_count": self.problem_count,
            "files_not_read": unread,
            "report": report.map(|path| path.display().to_string()),
        });
        Ok(Summary { json, has_problems: self.problem_count > 0 })
    }
}

impl Summary {
    /// In words, line by line.
    pub fn lines(&self) -> Vec<String> {
        let (json, mut lines) = (&self.json, Vec::new());
        let dry_run = json["dry_run"] == true;
        lines.push(match dry_run {
            true => "dry run       nothing was changed; this is what --yes would do".to_owned(),
            false => "imported      this was done".to_owned(),
        });
        for (noun, counts) in json["entries"].as_object().into_iter().flatten() {
            let counts = counts.as_object().into_iter().flatten();
            let words: Vec<String> =
                counts.map(|(word, count)| format!("{count} {}", word.replace('_', " "))).collect();
            lines.push(format!("{noun:<13} {}", words.join(", ")));
        }
        for (kind, count) in json["not_carried_over"].as_object().into_iter().flatten() {
            lines.push(format!("not carried   {kind} of {count}"));
        }
        let files = json["files_not_read"].as_array().into_iter().flatten();
        lines.extend(
            files.filter_map(Value::as_str).map(|file| format!("not read      {}", shown(file))),
        );
        let problems: Vec<&str> =
            json["problems"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let count = json["problem_count"].as_u64().unwrap_or(0);
        for problem in problems.iter().take(SHOWN_AT_A_TERMINAL) {
            lines.push(format!("problem       {problem}"));
        }
        let more = count.saturating_sub(problems.len().min(SHOWN_AT_A_TERMINAL) as u64);
        if more > 0 {
            lines.push(format!("problem       and {more} more: --report FILE writes all of them"));
        }
        if let Some(report) = json["report"].as_str() {
            lines.push(format!("report        {report}"));
        }
        lines
    }
}
