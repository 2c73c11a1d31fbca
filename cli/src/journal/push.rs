//! `countersign journal push`: what was signed here, taken to the portal, which counts it.

mod gather;
mod tell;

use std::process::ExitCode;

use countersign_journal::part::MOST_ENTRIES;
use serde_json::{Value, json};

use super::args::Push;
use crate::fail::{Failure, Outcome};
use crate::portal::{Portal, Purpose};
use crate::say::Report;
use gather::{Gathered, Standing, gather};
use tell::Tally;

const PURPOSE: Purpose = Purpose {
    scope: "journal:push",
    state: "Nothing more was pushed, and the journal is as it was.",
    way_out: "Check the address and the network, and push again.",
};

pub(crate) fn run(options: &Push, as_json: bool) -> Outcome {
    let portal = Portal::open(&options.portal, &options.token, PURPOSE)?;
    let (mut pushed, mut is_odd, mut lines) = (Vec::new(), false, Vec::new());
    for path in &options.journals {
        let gathered = gather(path, options)?;
        let standing = gathered.standing(&portal)?;
        let tally = match options.dry_run {
            true => Tally::default(),
            false => push(&gathered, &standing, &portal, as_json)?,
        };
        is_odd |= tally.is_odd() || standing.is_odd();
        lines.push(tell::report(&gathered, &standing, &tally, options.dry_run));
        pushed.push(tell::json(&gathered, &standing, &tally));
    }
    let report = Report::new(json!({"dry_run": options.dry_run, "journals": pushed}));
    let report = lines.into_iter().fold(report, |report, lines: Vec<(String, String)>| {
        lines.into_iter().fold(report, |report, (label, value)| match label.is_empty() {
            true => report.text(value),
            false => report.field(&label, value),
        })
    });
    report.print(as_json)?;
    Ok(if is_odd { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Sends what is not known there, part by part. What has arrived stays: the next push goes on after it.
fn push(
    gathered: &Gathered,
    standing: &Standing,
    portal: &Portal,
    as_json: bool,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let left = (gathered.head.count + 1).saturating_sub(standing.from);
    let bar = match as_json || left <= MOST_ENTRIES as u64 {
        true => indicatif::ProgressBar::hidden(),
        false => indicatif::ProgressBar::new(left),
    };
    let mut parts = gathered.parts(standing.from)?;
    while let Some((body, entries)) = parts.next(gathered)? {
        let answer: Value = portal.push("/api/v1/journals", &body).map_err(|failure| {
            failure.but(format!(
                "{} entries of {} have arrived; the same command goes on after them.",
                tally.received,
                gathered.path.display()
            ))
        })?;
        tally.add(&answer);
        bar.inc(entries);
    }
    bar.finish_and_clear();
    Ok(tally)
}
