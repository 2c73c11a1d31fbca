//! Many requests, answered by the portal several at a time: looked at first, asked about. One bad file never stops the rest; a
//! portal that cannot be worked with does, and the same command goes on where it was.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::anyhow;
use countersign_core::request::VerifiedRequest;
use countersign_core::{Hash, file};

use super::super::args::Sign;
use super::super::book::Book;
use super::super::bulk::{
    Written, agreed, blank, ensure_agreed, ensure_files, is_new_to, not_shown, progress, read,
    target, unreadable, write,
};
use super::super::groups;
use super::super::inputs::{Input, Inputs};
use super::super::survey::{Look, Survey};
use super::super::table::{Result as Became, Row, Table};
use super::super::tally::Tally;
use super::{Answer, Portal, look_of};
use crate::fail::{Failure, Outcome};
use crate::files;
use crate::portal::Refused;

/// Requests under way at a time: more would not be answered faster, and the portal has others to answer.
const AT_ONCE: usize = 8;

type Found = Result<Input, (PathBuf, io::Error)>;

pub(super) fn run(options: &Sign, portal: &Portal, as_json: bool) -> Outcome {
    ensure_files(options)?;
    if options.many.dry_run {
        let survey = survey(options, portal, as_json)?;
        survey.report("Nothing was signed.").print(as_json)?;
        return Ok(ExitCode::SUCCESS);
    }
    ensure_agreed(options)?;
    let mut table = options.many.report.as_deref().map(Table::create).transpose()?;
    let shown = match options.many.yes {
        true => None,
        false => {
            let survey = survey(options, portal, as_json)?;
            if !agreed(&survey)? {
                options.many.report.iter().for_each(|path| drop(std::fs::remove_file(path)));
                return Err(anyhow!("nothing was signed").into());
            }
            // What was answered before is no new grant.
            Some(survey)
        }
    };
    let mut tally = Tally::default();
    let bar = progress(options, as_json);
    let shown = shown.as_ref().map(|survey| &survey.shown);
    let work = |inputs: Vec<Found>| {
        inputs.into_iter().map(|input| answer(options, portal, shown, input)).collect()
    };
    let inputs = Inputs::new(&options.files);
    let ended = groups::each_of(1, inputs, at_once(options), work, |row: Row| {
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
    tally.finish(options, &Book::none(), ended, as_json)
}

fn at_once(options: &Sign) -> usize {
    options.many.jobs.map_or(AT_ONCE, usize::from)
}

fn survey(options: &Sign, portal: &Portal, as_json: bool) -> Result<Survey, Failure> {
    let look = |inputs: Vec<Found>| inputs.into_iter().map(|input| look(portal, input)).collect();
    Survey::of(options, 1, at_once(options), look, &progress(options, as_json))
}

/// The error concerns all of it.
fn look(portal: &Portal, input: Found) -> Result<Look, Failure> {
    let input = match input {
        Ok(input) => input,
        Err((path, error)) => {
            return Ok(Look::Refused(path.display().to_string(), unreadable(error)));
        }
    };
    let name = input.path.display().to_string();
    let request = match read(&input) {
        Ok(request) => request,
        Err(failure) => return Ok(Look::Refused(name, failure)),
    };
    match portal.preview(&request) {
        Ok(preview) => Ok(look_of(&request, name, &preview)),
        Err(Refused::This(failure)) => Ok(Look::Refused(name, failure)),
        Err(Refused::All(failure)) => Err(failure),
    }
}

fn answer(
    options: &Sign,
    portal: &Portal,
    shown: Option<&HashSet<Hash>>,
    input: Found,
) -> Result<Row, Failure> {
    let input = match input {
        Ok(input) => input,
        Err((path, error)) => {
            return Ok(Row::without(path, Became::Failed, &unreadable(error)));
        }
    };
    let request = match read(&input) {
        Ok(request) => request,
        Err(failure) => {
            let became = if failure.is_refusal() { Became::Refused } else { Became::Failed };
            return Ok(Row::without(input.path, became, &failure));
        }
    };
    let out = target(&input, options.out.as_deref());
    if let Some(row) = there(&input, &out, &request, portal) {
        return Ok(row);
    }
    let refused = |failure: &Failure| {
        Row::without(input.path.clone(), Became::Refused, failure).of(request.claims())
    };
    if is_new_to(shown, &request) && !is_answered(portal, &request)? {
        return Ok(refused(&not_shown()));
    }
    match portal.answer(&request) {
        Ok(answer) => Ok(hand_out(&input, &out, &request, &answer)),
        Err(Refused::This(failure)) => Ok(refused(&failure)),
        Err(Refused::All(failure)) => Err(failure),
    }
}

/// Whether the portal answered it before: then it gets the same again, shown or not.
fn is_answered(portal: &Portal, request: &VerifiedRequest) -> Result<bool, Failure> {
    match portal.preview(request) {
        Ok(preview) => Ok(matches!(look_of(request, String::new(), &preview), Look::Again)),
        Err(Refused::This(_)) => Ok(false),
        Err(Refused::All(failure)) => Err(failure),
    }
}

/// What a run before this one wrote, if a root tells that it is the vendor's.
fn there(input: &Input, out: &Path, request: &VerifiedRequest, portal: &Portal) -> Option<Row> {
    let token = file::read(&files::read_input(out).ok()?).ok()?;
    let response = portal.verified(request, &token).ok()??;
    let row = Row { response: Some(out.to_owned()), ..blank(&input.path, Became::There) };
    Some(row.of(request.claims()).answered(&response, None))
}

fn hand_out(input: &Input, out: &Path, request: &VerifiedRequest, answer: &Answer) -> Row {
    let text = match &answer.response {
        Some(response) => {
            file::response_file(&answer.token, response, request.claims().device_name())
        }
        None => answer.json["file"].as_str().unwrap_or(&answer.token).to_owned(),
    };
    let row = match write(out, &text, &answer.token) {
        Ok(Written::Now) => blank(&input.path, Became::Signed),
        Ok(Written::Before) => blank(&input.path, Became::There),
        Err(failure) => {
            let advice = "The portal has the response: put this right and run the same command again, which gets it again.";
            let failure = failure.advising(advice);
            Row::without(input.path.clone(), Became::Failed, &failure)
        }
    };
    let mut row = Row { response: Some(out.to_owned()), ..row }.of(request.claims());
    match &answer.response {
        Some(response) => row.answered(response, None),
        None => {
            row.id = answer.json["id"].as_str().map(str::to_owned);
            row.expires_at = answer.json["expires_at"].as_u64();
            row.import_by = answer.json["import_by"].as_u64();
            row
        }
    }
}
