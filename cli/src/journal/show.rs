//! `countersign journal show`: what was signed, entry by entry.

use std::collections::VecDeque;
use std::process::ExitCode;

use anyhow::Context as _;
use countersign_core::token::Unverified;
use countersign_core::trust::{Roots, VerifiedResponse};
use countersign_core::{Hash, TokenType, UnixSeconds, file};
use countersign_journal::{Entry, verify};
use serde_json::{Value, json};

use super::args::Show;
use crate::fail::Outcome;
use crate::files;
use crate::say::Report;

/// What is kept of an entry to be shown.
struct Shown {
    n: u64,
    at: UnixSeconds,
    words: String,
    json: Value,
}

pub(crate) fn run(options: &Show, as_json: bool) -> Outcome {
    let path = &options.journal;
    let roots = super::roots(path, &options.signer)?;
    let wanted = options.request.as_deref().map(|request| -> Result<Hash, crate::fail::Failure> {
        Ok(Hash::of(file::read(&files::read_input(request)?)?))
    });
    let wanted = wanted.transpose()?;
    let mut last: VecDeque<Shown> = VecDeque::new();
    let read = verify(super::open(path)?, roots.as_ref(), None, |entry, response| {
        if wanted.is_none_or(|wanted| wanted == entry.request) {
            if last.len() == options.last as usize {
                last.pop_front();
            }
            let other = roots
                .as_ref()
                .and_then(|roots| release(roots, entry).or_else(|| checkpoint(roots, entry)));
            last.push_back(match other {
                Some(other) => other,
                None => shown(entry, response),
            });
        }
    });
    let verified = read.with_context(|| format!("{} cannot be read", path.display()))?;
    let entries: Vec<&Value> = last.iter().map(|shown| &shown.json).collect();
    let report = Report::new(json!({
        "journal": path, "entries": entries, "count": verified.head.map(|h| h.count),
        "wrong": verified.findings.len(),
    }));
    let report = last.iter().fold(report, |report, shown| {
        report.field(&shown.n.to_string(), format!("{} UTC  {}", file::date(shown.at), shown.words))
    });
    let nothing = last.is_empty().then_some(match wanted {
        Some(_) => "This request was not answered by this key.",
        None => "Nothing was signed yet.",
    });
    let wrong = (!verified.findings.is_empty())
        .then_some("Something is wrong with this journal: countersign journal verify says what.");
    let unknown = (roots.is_none() && !last.is_empty()).then_some(
        "What the responses say is not shown without the signer's public key: give it with --key.",
    );
    report.maybe_text(nothing).maybe_text(wrong).maybe_text(unknown).print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

/// A release that was signed, where the entry holds one that verifies.
fn release(roots: &Roots, entry: &Entry<'_>) -> Option<Shown> {
    let verified = roots.verify_release(&entry.response).ok()?;
    let (claims, n, at) = (verified.claims(), entry.n, entry.at);
    let json = json!({
        "n": n, "at": at, "type": TokenType::Release.as_str(), "product": claims.product.as_str(),
        "id": claims.id.to_string(), "version": claims.version.as_str(), "channel": claims.channel.as_str(),
        "files": claims.files.len(),
    });
    let words = format!(
        "checksums of {} {} ({}), files: {}",
        claims.product,
        claims.version,
        claims.channel,
        claims.files.len()
    );
    Some(Shown { n, at, words, json })
}

/// A checkpoint of an audit log that was signed, where the entry holds one that verifies.
fn checkpoint(roots: &Roots, entry: &Entry<'_>) -> Option<Shown> {
    let verified = roots.verify_checkpoint(&entry.response).ok()?;
    let (claims, n, at) = (verified.claims(), entry.n, entry.at);
    let json = json!({
        "n": n, "at": at, "type": TokenType::AuditCheckpoint.as_str(), "log": claims.log.to_string(),
        "entry": claims.n, "hash": claims.hash.to_string(),
    });
    let words = format!("checkpoint of the audit log {}, up to entry {}", claims.log, claims.n);
    Some(Shown { n, at, words, json })
}

/// Of a response that was not verified nothing is told but its kind.
fn shown(entry: &Entry<'_>, response: Option<&VerifiedResponse>) -> Shown {
    let (n, at) = (entry.n, entry.at);
    if entry.is_approval() {
        let words = format!("approval of the grant {}", entry.request);
        let json = json!({"n": n, "at": at, "type": "approval+jwt", "approves": entry.request.to_string()});
        return Shown { n, at, words, json };
    }
    let base = json!({"n": n, "at": at, "request_hash": entry.request.to_string()});
    let Some(response) = response else {
        let kind = Unverified::decode(&entry.response).ok().map(|token| token.token_type());
        let words = kind.map_or("not a response", |kind| kind.words()).to_owned();
        return Shown { n, at, words: format!("{words}, not verified"), json: base };
    };
    let claims = response.claims();
    let granted = claims.granted();
    let license = granted.and_then(|g| g.grant.license.as_ref());
    let mut json = base;
    let members = json!({
        "type": claims.token_type().as_str(), "product": claims.product.as_str(), "id": claims.id.to_string(),
        "request": claims.request.id.to_string(), "device": claims.device.to_string(),
        "license": license.map(|l| l.id.to_string()), "holder": license.and_then(|l| l.holder.clone()),
        "expires_at": granted.map(|g| g.grant.expires_at), "import_by": granted.map(|g| g.import_by),
        "under": entry.under.map(|hash| hash.to_string()),
    });
    if let (Value::Object(json), Value::Object(members)) = (&mut json, members) {
        json.extend(members);
    }
    let end = granted.map(|g| match g.grant.expires_at {
        Some(end) => format!(", until {} UTC", file::date(end)),
        None => ", without an end".to_owned(),
    });
    let words = format!(
        "{} for {}{}{}, request {}",
        claims.token_type().words(),
        claims.product,
        end.unwrap_or_default(),
        license.map(|l| format!(", license {}", l.id)).unwrap_or_default(),
        claims.request.id,
    );
    Shown { n, at, words, json }
}
