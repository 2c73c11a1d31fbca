//! `countersign journal`: whether it is whole, what was signed, where it ends.

pub(crate) mod args;
mod push;
mod show;

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use countersign_core::file;
use countersign_core::trust::Roots;
use countersign_journal::verify::{Verified, verify};
use serde_json::json;

use crate::fail::{Failure, Outcome};
use crate::files;
use crate::say::Report;
use args::{Command, Head, Signer, Verify};

/// So many findings are shown.
const SHOWN: usize = 20;

pub(crate) fn run(command: &Command, as_json: bool) -> Outcome {
    match command {
        Command::Verify(options) => check(options, as_json),
        Command::Show(options) => show::run(options, as_json),
        Command::Push(options) => push::run(options, as_json),
        Command::Head(options) => head(options, as_json),
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("{} cannot be opened", path.display()))
}

/// Everything that may have signed what is in the journal; `None` where nothing is known of it.
fn roots(journal: &Path, signer: &Signer) -> anyhow::Result<Option<Roots>> {
    let mut keys = files::read_roots(&signer.root)?;
    let beside = journal.with_extension("pub");
    match &signer.key {
        Some(key) => keys.push(files::read_public_key("--key", key)?),
        None if beside.is_file() => {
            keys.push(files::read_public_key("--key", &beside.display().to_string())?);
        }
        None => {}
    }
    Ok((!keys.is_empty()).then(|| Roots::new(keys)))
}

fn check(options: &Verify, as_json: bool) -> Outcome {
    let path = &options.journal;
    let roots = roots(path, &options.signer)?;
    let known = options.count.zip(options.head);
    let known = known.map(|(count, hash)| countersign_journal::Head { count, hash });
    let read = verify(open(path)?, roots.as_ref(), known, |_, _| ());
    let verified = read.with_context(|| format!("{} cannot be read", path.display()))?;
    let whole = verified.findings.is_empty();
    let depth = match (&roots, known) {
        _ if !whole => {
            "Keep the file as it is, as evidence. Ask whoever has a copy, and tell whoever keeps the root key."
        }
        (None, _) => {
            "The lines follow one another. The responses inside were not verified: give the signer's public key with --key."
        }
        (Some(_), None) => {
            "It is whole, as far as it goes. Whether its end was cut off, only --count and --head can tell."
        }
        (Some(_), Some(_)) => "It is whole, and nothing was cut off.",
    };
    report(path, &verified, depth).print(as_json)?;
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn report(path: &Path, verified: &Verified, last: &str) -> Report {
    let opening = verified.opening.as_ref();
    let head = verified.head;
    let findings = verified.findings.iter().take(SHOWN).map(|finding| {
        json!({"line": finding.line, "code": finding.kind.as_str(), "message": finding.fact})
    });
    let report = Report::new(json!({
        "verdict": if verified.findings.is_empty() { "ok" } else { "wrong" },
        "journal": path, "id": opening.map(|o| o.journal.to_string()), "kid": opening.map(|o| o.kid.to_string()),
        "entries": verified.entries, "count": head.map(|h| h.count), "head": head.map(|h| h.hash.to_string()),
        "wrong": verified.findings.len(), "findings": findings.collect::<Vec<_>>(),
    }))
    .field("journal", path.display())
    .maybe("kid", opening.map(|o| o.kid))
    .maybe("begun", opening.map(|o| format!("{} UTC", file::date(o.made))))
    .field("entries", verified.entries)
    .maybe("head", head.map(|h| format!("{} {}", h.count, h.hash)));
    let report = verified.findings.iter().take(SHOWN).fold(report, |report, finding| {
        let place = match finding.line {
            0 => "the end".to_owned(),
            line => format!("line {line}"),
        };
        report.field(finding.kind.as_str(), format!("{place}: {}", finding.fact))
    });
    let more = verified.findings.len().saturating_sub(SHOWN);
    report.maybe_text((more > 0).then(|| format!("… and {more} more."))).text(last)
}

fn head(options: &Head, as_json: bool) -> Outcome {
    let path = &options.journal;
    let read = verify(open(path)?, None, None, |_, _| ());
    let verified = read.with_context(|| format!("{} cannot be read", path.display()))?;
    match (verified.head, verified.findings.first()) {
        (Some(head), None) => {
            Report::new(
                json!({"journal": path, "count": head.count, "head": head.hash.to_string()}),
            )
            .field("count", head.count)
            .field("head", head.hash)
            .text("Keep both elsewhere: countersign journal verify --count N --head HASH")
            .print(as_json)?;
            Ok(ExitCode::SUCCESS)
        }
        (_, finding) => Err(Failure::refused(
            "journal-broken",
            format!(
                "{} is not whole: {}",
                path.display(),
                finding.map_or("there is no journal in it", |finding| &finding.fact)
            ),
            "See all of it: countersign journal verify FILE",
        )),
    }
}
