//! One request, answered by the portal into one file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use countersign_core::request::VerifiedRequest;
use countersign_core::{Expect, file};
use serde_json::{Value, json};

use super::super::args::Sign;
use super::Portal;
use crate::fail::{Failure, Outcome};
use crate::files::{self, Carries};
use crate::say::Report;

pub(super) fn run(options: &Sign, portal: &Portal, as_json: bool) -> Outcome {
    let token = file::read(&files::read_input(&options.files[0])?)?;
    let request = VerifiedRequest::verify(&token, Expect::Request)?;
    if options.many.dry_run {
        let preview = portal.preview(&request).map_err(Failure::from)?;
        shown(portal, &preview).print(as_json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let name = file::safe_name(request.claims().device_name().unwrap_or("machine"));
    let out = options.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.response")));
    let is_there = is_answered(&out, &request, portal);
    if !is_there {
        files::check_carrier(&out, Carries::Response)?;
    }
    let answer = portal.answer(&request).map_err(Failure::from)?;
    let text = match &answer.response {
        Some(response) => {
            file::response_file(&answer.token, response, request.claims().device_name())
        }
        None => answer.json["file"].as_str().unwrap_or(&answer.token).to_owned(),
    };
    if !is_there {
        files::write_carrier(&out, &text, Carries::Response)?;
    }
    if out == Path::new("-") {
        return Ok(ExitCode::SUCCESS);
    }
    let next = match is_there {
        true => "This request was answered into that file before: it is left as it is.",
        false => "Carry it back to the machine and install it there.",
    };
    report(portal, &answer.json, &out).text(next).print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the file there is the vendor's response to this request.
fn is_answered(out: &Path, request: &VerifiedRequest, portal: &Portal) -> bool {
    let there = files::read_input(out).ok().and_then(|bytes| file::read(&bytes).ok());
    there.is_some_and(|token| matches!(portal.verified(request, &token), Ok(Some(_))))
}

fn end(at: Option<u64>) -> String {
    at.map_or("without an end".to_owned(), |at| format!("{} UTC", file::date(at)))
}

fn report(portal: &Portal, answer: &Value, out: &Path) -> Report {
    let import_by = answer["import_by"].as_u64();
    let report = Report::new(json!({
        "type": answer["type"], "id": answer["id"], "request": answer["request_id"], "file": out,
        "import_by": import_by, "expires_at": answer["expires_at"], "portal": portal.url(), "verified": portal.verifies(),
    }));
    let report = report
        .field("response", out.display())
        .field("id", answer["id"].as_str().unwrap_or_default())
        .field("portal", portal.url())
        .maybe("runs until", import_by.map(|_| end(answer["expires_at"].as_u64())))
        .maybe("install by", import_by.map(|at| end(Some(at))));
    report.maybe_text((!portal.verifies()).then_some(
        "It was not verified: give the root public key with --root, and what the vendor did not sign is not handed out.",
    ))
}

/// What would be done.
fn shown(portal: &Portal, preview: &Value) -> Report {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let (outcome, refusal) = (&preview["outcome"], &preview["refusal"]);
    let import_by = outcome["import_by"].as_u64();
    let seats =
        outcome["seats_used"].as_u64().map(|used| match outcome["seats_allowed"].as_u64() {
            Some(allowed) => format!("{used} of {allowed} in use after this"),
            None => format!("{used} in use after this"),
        });
    Report::new(preview.clone())
        .field("portal", portal.url())
        .maybe("product", text(&preview["product_name"]))
        .maybe("machine", text(&preview["device_name"]))
        .maybe("would", text(&outcome["words"]))
        .maybe("license", text(&outcome["license"]))
        .maybe("holder", text(&outcome["holder"]))
        .maybe("runs until", import_by.map(|_| end(outcome["expires_at"].as_u64())))
        .maybe("install by", import_by.map(|at| end(Some(at))))
        .maybe("seats", seats)
        .maybe("refused", text(&refusal["code"]))
        .maybe_text(text(&refusal["detail"]))
        .maybe_text(text(&refusal["advice"]))
        .text("Nothing was signed: this is what the portal would do.")
}
