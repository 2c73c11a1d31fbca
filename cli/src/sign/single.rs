//! One request, answered into one file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use countersign_core::request::VerifiedRequest;
use countersign_core::response::Response;
use countersign_core::{Expect, file};
use serde_json::json;

use super::args::Sign;
use super::book::{Answered, Book};
use super::desk::Desk;
use super::second::{self, Approved, Step};
use crate::fail::Outcome;
use crate::files::{self, Carries};
use crate::say::Report;

pub(crate) fn run(options: &Sign, as_json: bool) -> Outcome {
    let path = &options.files[0];
    let token = file::read(&files::read_input(path)?)?;
    let request = VerifiedRequest::verify(&token, Expect::Request)?;
    let desk = Desk::open(options)?;
    let name = file::safe_name(request.claims().device_name().unwrap_or("machine"));
    let out = options.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.response")));
    if let Some(before) = answered_before(&out, &request, &desk) {
        let next = "This request was answered into that file before: it is left as it is.";
        report(&before, &out, None, &Book::none(), next).print(as_json)?;
        return Ok(ExitCode::SUCCESS);
    }
    files::check_carrier(&out, Carries::Response)?;
    if options.many.dry_run {
        let response = desk.response(&request, files::now())?;
        let next = if desk.signer.needs_approval(&response) {
            "Nothing was signed: this is what it would be, with the approval of a second key."
        } else {
            "Nothing was signed: this is what it would be."
        };
        report(&response, &out, None, &Book::none(), next).print(as_json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (book, note) = Book::open(options, &desk)?;
    let mut approved = Approved::new();
    if desk.signer.asks_for_approvals() && !book.knows(&request.hash())? {
        let place = if out == Path::new("-") {
            Path::new(&name).with_extension("response")
        } else {
            out.clone()
        };
        match second::step(&desk, &request, &place, files::now())? {
            Step::Alone => {}
            Step::Approved(response, token) => {
                approved.insert(request.hash(), (*response, token));
            }
            Step::Proposed(proposed) => {
                second::report(&proposed).maybe_text(note).print(as_json)?;
                return Ok(ExitCode::from(1));
            }
        }
    }
    let mut answered = book.answer(&desk, &[&request], &approved, files::now())?;
    let answered = answered.pop().expect("one request has one result")?;
    files::write_carrier(
        &out,
        &file::response_file(&answered.token, &answered.response, request.claims().device_name()),
        Carries::Response,
    )?;
    if out == Path::new("-") {
        return Ok(ExitCode::SUCCESS);
    }
    let next = if answered.is_new {
        "Carry it back to the machine and install it there."
    } else {
        "This request was answered before: it is the same response again. Carry it back to the machine and install it there."
    };
    let report = report(&answered.response, &out, Some(&answered), &book, next);
    report.maybe_text(note).print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

/// The response that already lies in the output file, if it answers this very request: the same request, the same response.
pub(crate) fn answered_before(
    out: &Path,
    request: &VerifiedRequest,
    desk: &Desk,
) -> Option<Response> {
    let token = file::read(&files::read_input(out).ok()?).ok()?;
    let verified = desk.roots.verify_response(&token, Expect::Response).ok()?;
    let same = verified.claims().request.hash == request.hash() && verified.signer() == desk.kid();
    same.then(|| verified.claims().clone())
}

pub(super) fn report(
    response: &Response,
    out: &Path,
    answered: Option<&Answered>,
    book: &Book,
    next: &str,
) -> Report {
    let end = |at: Option<u64>| {
        at.map_or("without an end".to_owned(), |at| format!("{} UTC", file::date(at)))
    };
    let granted = response.granted();
    let entry = answered.and_then(|answered| answered.entry);
    let head = book.head().filter(|_| entry.is_some());
    Report::new(json!({
        "type": response.token_type().as_str(), "id": response.id.to_string(), "request": response.request.id.to_string(),
        "file": out, "import_by": granted.map(|g| g.import_by), "expires_at": granted.map(|g| g.grant.expires_at),
        "journal": book.path(), "entry": entry, "count": head.map(|h| h.count), "head": head.map(|h| h.hash.to_string()),
    }))
    .field(response.token_type().words(), out.display())
    .field("id", response.id)
    .maybe("runs until", granted.map(|g| end(g.grant.expires_at)))
    .maybe("install by", granted.map(|g| end(Some(g.import_by))))
    .maybe("journal", entry.zip(book.path()).map(|(n, path)| format!("{}, entry {n}", path.display())))
    .maybe("head", head.map(|head| format!("{} {}", head.count, head.hash)))
    .text(next)
}
