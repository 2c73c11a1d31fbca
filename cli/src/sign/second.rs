//! Where this key may not grant alone: what it proposes to a second key, and signing once that has approved.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use countersign_core::request::VerifiedRequest;
use countersign_core::response::{Granted, Response};
use countersign_core::trust::{Proposed, Roots};
use countersign_core::{Hash, Id, UnixSeconds, file};
use serde_json::json;

use super::desk::{Desk, read_token};
use super::inputs::Inputs;
use crate::approve;
use crate::fail::Failure;
use crate::files::{self, Carries};
use crate::say::Report;

/// Responses that a second key has approved, signed, by the hash of their request.
pub(crate) type Approved = HashMap<Hash, (Response, String)>;

/// What becomes of a request.
pub(crate) enum Step {
    /// This key may answer it alone.
    Alone,
    /// A second key has approved: this is the response.
    Approved(Box<Response>, String),
    /// It waits for a second key.
    Proposed(Box<Waiting>),
}

/// A proposal that nobody has approved yet.
pub(crate) struct Waiting {
    /// Its file.
    pub(crate) path: PathBuf,
    proposed: Proposed,
    is_new: bool,
}

/// The approvals in files and folders, by the payload that they approve.
pub(super) fn read_approvals(
    given: &[PathBuf],
    roots: &Roots,
) -> Result<HashMap<Hash, String>, Failure> {
    let mut approvals = HashMap::new();
    for input in Inputs::ending(given, "approval") {
        let path = match input {
            Ok(input) => input.path,
            Err((path, error)) => {
                return Err(anyhow!(error).context(path.display().to_string()).into());
            }
        };
        let token = read_token(&path)?;
        let approved = roots.verify_approval(&token)?;
        approvals.insert(approved.approval().payload, token);
    }
    Ok(approvals)
}

/// What becomes of a request whose response goes to `out`: the proposal lies beside that.
pub(crate) fn step(
    desk: &Desk,
    request: &VerifiedRequest,
    out: &Path,
    now: UnixSeconds,
) -> Result<Step, Failure> {
    let response = desk.response(request, now)?;
    if !desk.signer.needs_approval(&response) {
        return Ok(Step::Alone);
    }
    let path = out.with_extension("proposal");
    if !path.exists() {
        let proposed = propose(desk, request, &response, &path)?;
        return Ok(Step::Proposed(Box::new(Waiting { path, proposed, is_new: true })));
    }
    let proposed = before(desk, &path, request, &response)?;
    match approval(desk, &path, &proposed)? {
        Some(approval) => {
            let token = desk.signer.sign_approved(&proposed, &approval, &desk.roots)?;
            Ok(Step::Approved(Box::new(proposed.response().clone()), token))
        }
        None => Ok(Step::Proposed(Box::new(Waiting { path, proposed, is_new: false }))),
    }
}

fn propose(
    desk: &Desk,
    request: &VerifiedRequest,
    response: &Response,
    path: &Path,
) -> Result<Proposed, Failure> {
    let id = Id::random(&mut files::rng());
    let token = desk.signer.propose(response, request.token(), id)?;
    let proposed = desk.roots.verify_proposal(&token)?;
    let text = file::write(&token, &approve::proposal_lines(&proposed));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(anyhow::Error::from)?;
    }
    files::write_carrier(path, &text, Carries::Proposal)?;
    Ok(proposed)
}

/// The proposal that lies there, if it is what would be proposed now: somebody may have approved of it.
fn before(
    desk: &Desk,
    path: &Path,
    request: &VerifiedRequest,
    now: &Response,
) -> Result<Proposed, Failure> {
    let other = || {
        Failure::refused(
            "file-exists",
            format!(
                "{} is there already, is not what would be proposed now, and is not replaced",
                path.display()
            ),
            "Nothing was signed. See what it is: countersign inspect FILE. If it is not needed any more, delete it and its approval.",
        )
    };
    let proposed = desk.roots.verify_proposal(&read_token(path)?).map_err(|_| other())?;
    let same = proposed.signer() == desk.kid()
        && proposed.delegation() == desk.signer.delegation()
        && proposed.request().hash() == request.hash()
        && says_the_same(proposed.response(), now);
    if same { Ok(proposed) } else { Err(other()) }
}

/// Whether two responses give the same, up to the time at which they were made.
fn says_the_same(before: &Response, now: &Response) -> bool {
    let (Some(then), Some(granted)) = (before.granted(), now.granted()) else { return false };
    let terms = |granted: &Granted| {
        let grant = countersign_core::response::Grant { expires_at: None, ..granted.grant.clone() };
        (grant, granted.binding.clone())
    };
    let days = |response: &Response, granted: &Granted| {
        granted.grant.expires_at.map(|end| end.saturating_sub(response.issued_at))
    };
    let same_end = then.grant.expires_at == granted.grant.expires_at
        || days(before, then) == days(now, granted);
    before.issuer == now.issuer && terms(then) == terms(granted) && same_end
}

/// The approval that was named, or that lies beside the proposal.
fn approval(desk: &Desk, path: &Path, proposed: &Proposed) -> Result<Option<String>, Failure> {
    let named = desk.approvals.get(&Hash::of(&proposed.proposal().payload));
    let beside = path.with_extension("approval");
    match named {
        Some(token) => Ok(Some(token.clone())),
        None if beside.exists() => read_token(&beside).map(Some),
        None => Ok(None),
    }
}

/// What a row of many says.
pub(super) fn needed(waiting: &Waiting) -> Failure {
    Failure::refused(
        "needs-approval",
        format!(
            "this key may not grant that alone: {} waits for the approval of a second key",
            waiting.path.display()
        ),
        next(waiting),
    )
}

/// What is said of one.
pub(super) fn report(waiting: &Waiting) -> Report {
    let response = waiting.proposed.response();
    let state = if waiting.is_new { "" } else { "  (made before)" };
    let report = Report::new(json!({
        "type": "proposal+jwt", "code": "needs-approval", "proposal": waiting.path, "is_new": waiting.is_new,
        "id": response.id.to_string(), "request": response.request.id.to_string(),
        "expires_at": response.granted().map(|granted| granted.grant.expires_at),
    }))
    .field("proposal", format!("{}{state}", waiting.path.display()));
    let facts = approve::facts(&waiting.proposed).into_iter();
    let facts = facts
        .filter(|(label, _)| matches!(*label, "would give" | "runs until" | "machine" | "license"));
    facts
        .fold(report, |report, (label, value)| report.field(label, value))
        .text(format!("This key may not grant that alone. {}", next(waiting)))
}

fn next(waiting: &Waiting) -> String {
    let name = |path: &Path| path.file_name().unwrap_or_default().display().to_string();
    format!(
        "Nothing was granted yet. Send {} to somebody whose key may approve: countersign approve FILE. Put the {} that comes back \
         beside it and run the same command again.",
        name(&waiting.path),
        name(&waiting.path.with_extension("approval"))
    )
}
