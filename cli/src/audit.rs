//! `countersign audit`: whether a portal's audit log is whole, up to where it is proven, where it ends.

pub(crate) mod args;

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use countersign_audit::{Finding, Known, Verified, verify};
use countersign_core::trust::{Roots, VerifiedCheckpoint};
use countersign_core::{UnixSeconds, file};
use serde_json::{Value, json};

use crate::fail::{Failure, Outcome};
use crate::files;
use crate::say::Report;
use args::{Command, Head, Verify};

/// So many findings are shown.
const SHOWN: usize = 20;

pub(crate) fn run(command: &Command, as_json: bool) -> Outcome {
    match command {
        Command::Verify(options) => check(options, as_json),
        Command::Head(options) => head(options, as_json),
    }
}

/// Something that was kept elsewhere, as it was given.
struct Kept {
    name: String,
    signed_at: Option<UnixSeconds>,
}

/// A checkpoint that does not count: which, code and fact.
struct Refused {
    name: String,
    code: &'static str,
    fact: String,
}

fn check(options: &Verify, as_json: bool) -> Outcome {
    let roots = Roots::new(files::read_roots(&options.root)?);
    let (mut known, mut kept, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for path in &options.checkpoint {
        let name = path.display().to_string();
        match read_checkpoint(path, &roots)? {
            Ok(verified) => {
                let claims = verified.claims();
                let head = countersign_audit::Head { n: claims.n, hash: claims.hash };
                known.push(Known { name: name.clone(), log: Some(claims.log), head });
                kept.push(Kept { name, signed_at: Some(claims.issued_at) });
            }
            Err(error) => {
                refused.push(Refused {
                    name,
                    code: error.code().as_str(),
                    fact: error.to_string(),
                });
            }
        }
    }
    if let Some((n, hash)) = options.count.zip(options.head) {
        let name = "--count and --head".to_owned();
        let head = countersign_audit::Head { n, hash };
        known.push(Known { name: name.clone(), log: None, head });
        kept.push(Kept { name, signed_at: None });
    }
    let verified = walk(&options.log, options.from, known)?;
    let is_well = verified.findings.is_empty() && refused.is_empty();
    report(&options.log, &verified, &kept, &refused).print(as_json)?;
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What cannot be opened is a failure, what does not verify is told with the rest.
fn read_checkpoint(
    path: &Path,
    roots: &Roots,
) -> Result<countersign_core::Result<VerifiedCheckpoint>, Failure> {
    let bytes = files::read_input(path)?;
    Ok(file::read(&bytes).and_then(|token| roots.verify_checkpoint(&token)))
}

fn walk(log: &Path, from: Option<u64>, known: Vec<Known>) -> anyhow::Result<Verified> {
    let open = File::open(log).with_context(|| format!("{} cannot be opened", log.display()))?;
    verify(open, from, known).with_context(|| format!("{} cannot be read", log.display()))
}

fn report(log: &Path, verified: &Verified, kept: &[Kept], refused: &[Refused]) -> Report {
    let proven = verified.proven.and_then(|(n, by)| Some((n, kept.get(by)?)));
    let findings = &verified.findings;
    let is_well = findings.is_empty() && refused.is_empty();
    let finding = |f: &Finding| json!({"line": f.line, "code": f.kind.as_str(), "message": f.fact});
    let wrong = |r: &Refused| json!({"checkpoint": r.name, "code": r.code, "message": r.fact});
    let all: Vec<Value> = findings.iter().take(SHOWN).map(finding).collect();
    let report = Report::new(json!({
        "verdict": if is_well { "ok" } else { "wrong" }, "log": log,
        "id": verified.opening.as_ref().map(|o| o.log.to_string()), "first": verified.first,
        "entries": verified.entries, "count": verified.head.map(|h| h.n),
        "head": verified.head.map(|h| h.hash.to_string()),
        "proven": proven.map(|(n, _)| n), "proven_by": proven.map(|(_, by)| by.name.clone()),
        "proven_at": proven.and_then(|(_, by)| by.signed_at),
        "wrong": findings.len(), "findings": all, "refused": refused.iter().map(wrong).collect::<Vec<_>>(),
    }))
    .field("audit log", log.display())
    .maybe("id", verified.opening.as_ref().map(|o| o.log))
    .maybe("begun", verified.opening.as_ref().map(|o| format!("{} UTC", file::date(o.made))))
    .field("entries", entries(verified))
    .maybe("head", verified.head.map(|h| format!("{} {}", h.n, h.hash)))
    .field("proven", proven.map_or("nothing of it".to_owned(), |(n, by)| proof(n, by)));
    let report = findings.iter().take(SHOWN).fold(report, |report, finding| {
        let place = match finding.line {
            0 => String::new(),
            line => format!("line {line}: "),
        };
        report.field(finding.kind.as_str(), format!("{place}{}", finding.fact))
    });
    let report = refused.iter().fold(report, |report, refused| {
        report.field(refused.code, format!("{}: {}", refused.name, refused.fact))
    });
    let more = findings.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("… and {more} more."));
    report.maybe_text(more).text(last(verified, proven.map(|(n, _)| n), is_well))
}

fn entries(verified: &Verified) -> String {
    let count = verified.entries;
    match verified.first {
        Some(first) if verified.opening.is_none() => format!("{count}, from entry {first} on"),
        _ => count.to_string(),
    }
}

fn proof(n: u64, by: &Kept) -> String {
    let signed = by.signed_at.map(|at| format!(", signed {} UTC", file::date(at)));
    format!("up to entry {n}, by {}{}", by.name, signed.unwrap_or_default())
}

fn last(verified: &Verified, proven: Option<u64>, is_well: bool) -> String {
    let count = verified.head.map_or(0, |head| head.n);
    match proven {
        _ if !is_well => "Keep the file and the checkpoints as they are, as evidence. Compare with the portal \
            (countersign-portal audit check) and with other copies. A part of a log needs --from."
            .to_owned(),
        Some(n) if n >= count => "It is whole, and all of it is proven.".to_owned(),
        Some(n) => format!("It is whole. The entries after {n} are proven by the next checkpoint that is kept."),
        None => "Its lines follow one another. That all of it was not made anew, only a checkpoint can tell that was kept elsewhere: \
            --checkpoint FILE --root KEY."
            .to_owned(),
    }
}

fn head(options: &Head, as_json: bool) -> Outcome {
    let path = &options.log;
    let verified = walk(path, None, Vec::new())?;
    match (verified.head, verified.findings.first()) {
        (Some(head), None) => {
            Report::new(json!({
                "log": path, "id": verified.opening.map(|o| o.log.to_string()), "count": head.n,
                "head": head.hash.to_string(),
            }))
            .field("count", head.n)
            .field("head", head.hash)
            .text("Keep both elsewhere: countersign audit verify LOG --count N --head HASH")
            .print(as_json)?;
            Ok(ExitCode::SUCCESS)
        }
        (_, finding) => Err(Failure::refused(
            "audit-broken",
            format!(
                "{} is not whole: {}",
                path.display(),
                finding.map_or("there is no audit log in it", |finding| &finding.fact)
            ),
            "See all of it: countersign audit verify FILE",
        )),
    }
}

/// What is known of a checkpoint, for `inspect` and `explain`.
pub(crate) fn facts(verified: &VerifiedCheckpoint) -> [(&'static str, String); 5] {
    let claims = verified.claims();
    let signer = match verified.delegation() {
        Some(delegation) => format!("{:?}, by delegation", delegation.holder),
        None => "the root key".to_owned(),
    };
    [
        ("vendor", claims.issuer.clone()),
        ("audit log", claims.log.to_string()),
        ("ended with", format!("entry {}", claims.n)),
        ("its hash", claims.hash.to_string()),
        ("signed", format!("{} UTC, by {signer}", file::date(claims.issued_at))),
    ]
}

/// The claims, for programs.
pub(crate) fn json_of(verified: &VerifiedCheckpoint) -> Value {
    let claims = verified.claims();
    json!({
        "type": "audit-checkpoint+jwt", "verdict": "ok", "issuer": claims.issuer, "log": claims.log.to_string(),
        "n": claims.n, "hash": claims.hash.to_string(), "signed_at": claims.issued_at,
        "signer": verified.signer().to_string(),
    })
}
