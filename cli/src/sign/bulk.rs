//! Many requests: looked at first, asked about, then answered in parallel. One bad file never stops the rest, and a run that
//! was ended goes on where it was when it is started again.

use std::collections::HashSet;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use countersign_core::request::VerifiedRequest;
use countersign_core::{Expect, Hash, file};
use indicatif::{ProgressBar, ProgressStyle};

use super::args::Sign;
use super::book::{Answered, Book};
use super::desk::Desk;
use super::groups;
use super::inputs::{Input, Inputs};
use super::second::{self, Approved, Step};
use super::single::answered_before;
use super::survey::Survey;
use super::table::{Result as Became, Row, Table};
use super::tally::Tally;
use crate::fail::{Failure, Outcome};
use crate::files;
use crate::say;

pub(crate) fn run(options: &Sign, as_json: bool) -> Outcome {
    ensure_files(options)?;
    let desk = Desk::open(options)?;
    if options.many.dry_run {
        let survey = Survey::make(options, &desk, &Book::none(), &progress(options, as_json))?;
        survey.report("Nothing was signed.").print(as_json)?;
        return Ok(ExitCode::SUCCESS);
    }
    ensure_agreed(options)?;
    let mut table = options.many.report.as_deref().map(Table::create).transpose()?;
    let (book, note) = Book::open(options, &desk)?;
    let note = note.into_iter().filter(|_| !as_json);
    note.for_each(|note| drop(writeln!(io::stderr(), "{}", say::wrapped(&note, 0))));
    let shown = if options.many.yes {
        None
    } else {
        let survey = Survey::make(options, &desk, &book, &progress(options, as_json))?;
        if !agreed(&survey)? {
            if let Some(path) = &options.many.report {
                let _ = std::fs::remove_file(path);
            }
            return Err(anyhow!("nothing was signed").into());
        }
        Some(survey.shown)
    };
    let mut tally = Tally::default();
    let bar = progress(options, as_json);
    let inputs = Inputs::new(&options.files);
    let answer = |inputs: Vec<_>| answer(options, &desk, &book, shown.as_ref(), inputs);
    let ended = groups::each(inputs, jobs(options), answer, |row: Row| {
        bar.inc(1);
        if let Some(table) = &mut table
            && let Err(error) = table.add(&row)
        {
            tally.report_failed.get_or_insert(error);
        }
        tally.count(row);
    });
    bar.finish_and_clear();
    if let Some(Err(error)) = table.map(Table::finish) {
        tally.report_failed.get_or_insert(error);
    }
    tally.finish(options, &book, ended, as_json)
}

/// How many are answered at a time.
pub(crate) fn jobs(options: &Sign) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    options.many.jobs.map_or(cores, usize::from)
}

pub(super) fn ensure_agreed(options: &Sign) -> anyhow::Result<()> {
    ensure!(
        options.many.yes || io::stdin().is_terminal(),
        "there is no terminal to ask at whether all of this is to be signed: nothing was signed. Look at it with --dry-run, \
         then say --yes"
    );
    Ok(())
}

fn ensure_files(options: &Sign) -> anyhow::Result<()> {
    ensure!(
        !options.files.iter().any(|path| path == Path::new("-")),
        "- is standard input, which has one request: nothing was signed. Name it alone"
    );
    ensure!(
        !options.grant.time_reset,
        "a time reset is for one machine: nothing was signed. Name its request alone"
    );
    if let Some(out) = &options.out {
        ensure!(
            out != Path::new("-"),
            "several responses cannot go to standard output: nothing was signed. Give a folder with --out"
        );
        std::fs::create_dir_all(out)
            .with_context(|| format!("--out {}: it could not be made", out.display()))?;
    }
    Ok(())
}

/// A bar where a person looks at it.
fn progress(options: &Sign, as_json: bool) -> ProgressBar {
    if as_json || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let total = Inputs::new(&options.files).count() as u64;
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {per_sec}  {eta} left");
    let bar = ProgressBar::new(total);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn agreed(survey: &Survey) -> anyhow::Result<bool> {
    say::print(&survey.report("").to_text())?;
    if survey.shown.is_empty() && survey.again == 0 {
        return Ok(false);
    }
    asks("Sign this? [y/N] ")
}

/// Asks at the terminal.
pub(super) fn asks(question: &str) -> anyhow::Result<bool> {
    let _ = write!(io::stderr(), "{question}");
    let _ = io::stderr().flush();
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

type Found = Result<Input, (PathBuf, io::Error)>;

/// Answers a group. The error is the journal's, and ends the run.
fn answer(
    options: &Sign,
    desk: &Desk,
    book: &Book,
    shown: Option<&HashSet<Hash>>,
    inputs: Vec<Found>,
) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::with_capacity(inputs.len());
    let mut asked: Vec<(Input, PathBuf, VerifiedRequest)> = Vec::with_capacity(inputs.len());
    for input in inputs {
        let input = match input {
            Ok(input) => input,
            Err((path, error)) => {
                rows.push(Row::without(path, Became::Failed, &unreadable(error)));
                continue;
            }
        };
        match read(&input) {
            Ok(request) if is_new_to(shown, &request) && !book.knows(&request.hash())? => {
                rows.push(
                    Row::without(input.path, Became::Refused, &not_shown()).of(request.claims()),
                );
            }
            Ok(request) => {
                let out = target(&input, options.out.as_deref());
                asked.push((input, out, request));
            }
            Err(failure) => {
                let became = if failure.is_refusal() { Became::Refused } else { Became::Failed };
                rows.push(Row::without(input.path, became, &failure));
            }
        }
    }
    // What lies there already was answered before there was a journal, or without it.
    asked.retain(|(input, out, request)| {
        let before = out.exists().then(|| answered_before(out, request, desk)).flatten();
        if let Some(before) = &before {
            let row = Row { response: Some(out.clone()), ..blank(&input.path, Became::There) };
            rows.push(row.of(request.claims()).answered(before, None));
        }
        before.is_none()
    });
    let approved = with_second(desk, book, &mut asked, &mut rows)?;
    let requests: Vec<&VerifiedRequest> = asked.iter().map(|(.., request)| request).collect();
    let answers = book.answer(desk, &requests, &approved, files::now())?;
    rows.extend(asked.iter().zip(answers).map(
        |((input, out, request), answered)| match answered {
            Ok(answered) => hand_out(input, out, request, &answered),
            Err(failure) => {
                Row::without(input.path.clone(), Became::Refused, &failure).of(request.claims())
            }
        },
    ));
    Ok(rows)
}

/// Signs what a second key has approved, and takes out what it has not, with a proposal.
fn with_second(
    desk: &Desk,
    book: &Book,
    asked: &mut Vec<(Input, PathBuf, VerifiedRequest)>,
    rows: &mut Vec<Row>,
) -> Result<Approved, Failure> {
    let mut approved = Approved::new();
    if !desk.signer.asks_for_approvals() {
        return Ok(approved);
    }
    let mut rest = Vec::with_capacity(asked.len());
    for (input, out, request) in asked.drain(..) {
        if book.knows(&request.hash())? {
            rest.push((input, out, request));
            continue;
        }
        let without = |result, failure: &Failure| {
            Row::without(input.path.clone(), result, failure).of(request.claims())
        };
        match second::step(desk, &request, &out, files::now()) {
            Ok(Step::Alone) => {}
            Ok(Step::Approved(response, token)) => {
                approved.insert(request.hash(), (*response, token));
            }
            Ok(Step::Proposed(proposed)) => {
                rows.push(without(Became::Proposed, &second::needed(&proposed)));
                continue;
            }
            Err(failure) => {
                rows.push(without(Became::Refused, &failure));
                continue;
            }
        }
        rest.push((input, out, request));
    }
    *asked = rest;
    Ok(approved)
}

/// A request, verified.
pub(crate) fn read(input: &Input) -> Result<VerifiedRequest, Failure> {
    let token = file::read(&files::read_input(&input.path)?)?;
    Ok(VerifiedRequest::verify(&token, Expect::Request)?)
}

pub(crate) fn unreadable(error: io::Error) -> Failure {
    Failure::from(anyhow!(error).context("it cannot be read"))
}

fn is_new_to(shown: Option<&HashSet<Hash>>, request: &VerifiedRequest) -> bool {
    shown.is_some_and(|shown| !shown.contains(&request.hash()))
}

pub(super) fn not_shown() -> Failure {
    Failure::refused(
        "not-shown",
        "the request came after it was asked what is to be signed",
        "Nothing was signed for it. Run the same command again, which shows it.",
    )
}

/// Where the response goes: beside the request, or at the same place below another folder.
pub(super) fn target(input: &Input, folder: Option<&Path>) -> PathBuf {
    let beside = folder.map_or_else(|| input.path.clone(), |folder| folder.join(&input.name));
    if beside.extension().is_some_and(|e| e.eq_ignore_ascii_case("request")) {
        return beside.with_extension("response");
    }
    let mut name = beside.into_os_string();
    name.push(".response");
    name.into()
}

pub(super) fn blank(path: &Path, result: Became) -> Row {
    let row = Row::without(path.to_owned(), result, &Failure::refused("", "", ""));
    Row { code: None, message: None, advice: None, ..row }
}

/// The entry is on disk: the file may go out, and can be written again at any time.
pub(super) fn hand_out(
    input: &Input,
    out: &Path,
    request: &VerifiedRequest,
    answered: &Answered,
) -> Row {
    let text =
        file::response_file(&answered.token, &answered.response, request.claims().device_name());
    let row = match write(out, &text, &answered.token) {
        Ok(Written::Now) if answered.is_new => blank(&input.path, Became::Signed),
        Ok(Written::Now) => blank(&input.path, Became::Again),
        Ok(Written::Before) => blank(&input.path, Became::There),
        Err(failure) => Row::without(input.path.clone(), Became::Failed, &failure),
    };
    Row { response: Some(out.to_owned()), ..row }
        .of(request.claims())
        .answered(&answered.response, answered.entry)
}

enum Written {
    Now,
    Before,
}

fn write(out: &Path, text: &str, token: &str) -> Result<Written, Failure> {
    if let Ok(metadata) = out.metadata() {
        let there = files::read_input(out).ok().and_then(|bytes| file::read(&bytes).ok());
        match there {
            Some(there) if there == token => return Ok(Written::Before),
            // What a crash of the system leaves of a file that was not written out.
            None if metadata.is_file() && metadata.len() == 0 => {}
            _ => return Err(other_there(out)),
        }
    }
    let written =
        files::write_unsynced(out, text).or_else(|error| match (error.kind(), out.parent()) {
            (io::ErrorKind::NotFound, Some(folder)) => {
                std::fs::create_dir_all(folder).and_then(|()| files::write_unsynced(out, text))
            }
            _ => Err(error),
        });
    written.map(|()| Written::Now).map_err(|error| {
        let fact = format!("{} could not be written", out.display());
        Failure::file(
            &anyhow!(error).context(fact),
            "It is signed and in the journal: put this right and run the same command again, which writes the file.",
        )
    })
}

fn other_there(out: &Path) -> Failure {
    Failure::refused(
        "file-exists",
        format!("{} is there already, is not this response, and is not replaced", out.display()),
        "The response is in the journal: run this again with another --out, which writes the file.",
    )
}
