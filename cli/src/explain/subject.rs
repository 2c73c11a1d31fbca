//! What a file is by itself: its kind, what it says, and what is wrong with it whoever holds it.

use std::path::Path;

use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::rotation::Rotation;
use countersign_core::token::Unverified;
use countersign_core::trust::{Proposed, Roots, VerifiedResponse};
use countersign_core::{Code, Error, Expect, TokenType, UnixSeconds, file};

use super::verdict::Verdict;
use crate::audit;
use crate::fail::Failure;
use crate::{approve, files, keys};

const DAY: u64 = 86_400;

/// A file whose content can be compared with something.
pub(crate) enum Subject {
    Request(Box<VerifiedRequest>),
    Response(Box<VerifiedResponse>),
    /// Anything else, or nothing that can be believed.
    Other,
}

/// Reads a file. What cannot be opened is a failure, what is refused a verdict.
pub(crate) fn read(
    path: &Path,
    roots: &[countersign_core::PublicKey],
) -> Result<(Verdict, Subject, Vec<u8>), Failure> {
    let bytes = files::read_input(path)?;
    let verdict = Verdict::default();
    let text = String::from_utf8_lossy(&bytes);
    let (verdict, subject) = if text.contains("PRIVATE KEY") {
        let fact = "this is a private key: nobody but its owner should have it";
        let next = "no response and no request".to_owned();
        (verdict.what("a private key file").wrong("wrong-type", fact, Some(next)), Subject::Other)
    } else if text.contains("PUBLIC KEY") {
        let fact = "this is a public key, not a request or response";
        (verdict.what("a public key file").wrong("wrong-type", fact, None), Subject::Other)
    } else {
        match file::read(&bytes) {
            Ok(token) => of_token(&token, roots),
            Err(error) => (verdict.refused(&error, None), Subject::Other),
        }
    };
    Ok((verdict, subject, bytes))
}

fn of_token(token: &str, roots: &[countersign_core::PublicKey]) -> (Verdict, Subject) {
    let kind = match Unverified::decode(token) {
        Ok(unverified) => unverified.token_type(),
        Err(error) => return (Verdict::default().refused(&error, None), Subject::Other),
    };
    let verdict = Verdict::default().what(kind.with_article());
    if kind.is_request() {
        return match VerifiedRequest::verify(token, Expect::Request) {
            Ok(request) => {
                (request_verdict(verdict, &request), Subject::Request(Box::new(request)))
            }
            Err(error) => (verdict.refused(&error, None), Subject::Other),
        };
    }
    if roots.is_empty() {
        let next =
            "Whether it is real cannot be told without the vendor's root key: give it with --root.";
        return (verdict.next(next), Subject::Other);
    }
    let roots = Roots::new(roots.iter().cloned());
    of_vendor(verdict, kind, token, &roots)
}

fn of_vendor(verdict: Verdict, kind: TokenType, token: &str, roots: &Roots) -> (Verdict, Subject) {
    let now = files::now();
    let refused = |verdict: Verdict, error: &Error| {
        let which = limit(token, roots, error);
        (verdict.refused(error, which), Subject::Other)
    };
    match kind {
        TokenType::SigningKey => match roots.verify_delegation(token) {
            Ok(delegation) => {
                let end = delegation.not_after;
                let verdict = verdict
                    .fact("holder", &delegation.holder)
                    .fact("until", format!("{} UTC", file::date(end)))
                    .next("It belongs beside the private key that it is for: countersign keys show FILE");
                let fact = format!("the delegation ended on {} UTC", file::date(end));
                (
                    if end <= now {
                        verdict.wrong("out-of-scope", fact, Some("until".to_owned()))
                    } else {
                        verdict
                    },
                    Subject::Other,
                )
            }
            Err(error) => refused(verdict, &error),
        },
        TokenType::Revocations => match roots.verify_revocations(token) {
            Ok(list) => {
                let verdict = verdict
                    .fact("number", list.list.seq)
                    .fact("revoked keys", list.list.revoked.len());
                (
                    verdict.next("It goes into responses, which bring it to the machines."),
                    Subject::Other,
                )
            }
            Err(error) => refused(verdict, &error),
        },
        TokenType::RootKey => match learned(roots, token) {
            Ok(rotation) => {
                let verdict = verdict
                    .fact("old root", rotation.old_kid())
                    .fact("signs until", format!("{} UTC", file::date(rotation.until)))
                    .fact("new root", format!("{}, number {}", rotation.new_kid(), rotation.seq));
                (
                    verdict.next("It goes into responses; a machine installs it as it is, too."),
                    Subject::Other,
                )
            }
            Err(error) => refused(verdict, &error),
        },
        TokenType::Proposal => match roots.verify_proposal(token) {
            Ok(proposed) => (proposal_verdict(verdict, &proposed), Subject::Other),
            Err(error) => refused(verdict, &error),
        },
        TokenType::Approval => match roots.verify_approval(token) {
            Ok(approved) => {
                let verdict = verdict.fact("approved by", approve::approver(&approved));
                (
                    verdict.next("It goes back to whoever proposed: put it beside the proposal and sign again."),
                    Subject::Other,
                )
            }
            Err(error) => refused(verdict, &error),
        },
        TokenType::Release => match roots.verify_release(token) {
            Ok(release) => {
                let claims = release.claims();
                let verdict =
                    verdict.fact("product", &claims.product).fact("version", &claims.version);
                (
                    verdict.next("To check the files: countersign verify-release FILE"),
                    Subject::Other,
                )
            }
            Err(error) => refused(verdict, &error),
        },
        TokenType::AuditCheckpoint => match roots.verify_checkpoint(token) {
            Ok(checkpoint) => {
                let facts = audit::facts(&checkpoint).into_iter();
                let verdict =
                    facts.fold(verdict, |verdict, (label, value)| verdict.fact(label, value));
                let next = "It is for no machine: it proves the portal's audit log. Keep it where nobody can change it.";
                (verdict.next(next), Subject::Other)
            }
            Err(error) => refused(verdict, &error),
        },
        _ => match roots.verify_response(token, Expect::Anything) {
            Ok(response) => {
                (response_verdict(verdict, &response, now), Subject::Response(Box::new(response)))
            }
            Err(error) => refused(verdict, &error),
        },
    }
}

fn proposal_verdict(verdict: Verdict, proposed: &Proposed) -> Verdict {
    let facts = approve::facts(proposed).into_iter();
    facts.fold(verdict, |verdict, (label, value)| verdict.fact(label, value)).next(
        "It gives nothing by itself: whoever may approve looks at it and says yes with countersign approve FILE.",
    )
}

/// A rotation that hangs on one of the roots.
fn learned(roots: &Roots, token: &str) -> countersign_core::Result<Rotation> {
    roots.clone().learn(&[token])?;
    Rotation::verify(token)
}

/// The limit of a delegation that is in the way: the message says which, and this says what it is.
fn limit(token: &str, roots: &Roots, error: &Error) -> Option<String> {
    if !matches!(error.code(), Code::OutOfScope | Code::ApprovalMissing) {
        return None;
    }
    let delegation =
        super::chain::of(token).and_then(|chain| roots.verify_delegation(&chain).ok())?;
    let kinds: Vec<&str> = delegation.scope.types.iter().map(|kind| kind.as_str()).collect();
    let days =
        delegation.scope.max_days.map_or("any length".to_owned(), |days| format!("{days} days"));
    let grants =
        delegation.scope.max_grants.map_or(String::new(), |most| format!(", {most} grants"));
    let approved = keys::approved_words(&delegation)
        .map_or(String::new(), |words| format!(", {words} with an approval"));
    Some(format!(
        "the delegation of {:?}: {} for {}, {days}{approved}{grants}, from {} to {} UTC",
        delegation.holder,
        kinds.join(", "),
        delegation.scope.products,
        file::date(delegation.not_before),
        file::date(delegation.not_after)
    ))
}

fn request_verdict(verdict: Verdict, request: &VerifiedRequest) -> Verdict {
    let claims = request.claims();
    let now = files::now();
    let verdict = verdict
        .fact("product", &claims.product)
        .maybe("machine", claims.device_name())
        .fact(
            "made",
            format!("{} UTC{}", file::date(claims.issued_at), clock(claims.issued_at, now)),
        )
        .fact("request id", claims.id);
    let verdict = match &claims.ask {
        Ask::Activation { license: Some(license), .. } => verdict.fact("license", license.id),
        Ask::Deactivation { activation, .. } => verdict.fact("gives up", activation),
        _ => verdict,
    };
    verdict.next(match claims.ask {
        Ask::Activation { license: Some(_), .. } => "It is whole. It is to be taken to the public page of the portal, or signed here.",
        Ask::Activation { license: None, .. } => {
            "It is whole. It names no license: log in to the portal and upload it on the license's page, or sign it here with --license-key."
        }
        Ask::Trial { .. } => "It is whole. It is to be taken to the trial page, or signed here.",
        Ask::Deactivation { .. } => "It is whole. The portal frees the seat and gives a receipt.",
    })
}

/// A clock that is wrong explains a third of all calls about time.
fn clock(made: UnixSeconds, now: UnixSeconds) -> &'static str {
    if made > now + DAY {
        ", which has not come yet: that machine's clock is ahead"
    } else if made + 30 * DAY < now {
        ", long ago: an old file, or that machine's clock is behind"
    } else {
        ", by that machine's clock"
    }
}

fn response_verdict(verdict: Verdict, response: &VerifiedResponse, now: UnixSeconds) -> Verdict {
    let claims = response.claims();
    let signer = match response.delegation() {
        Some(delegation) => format!("{:?}, by delegation", delegation.holder),
        None => "the root key".to_owned(),
    };
    let verdict = verdict
        .fact("product", &claims.product)
        .fact("signed", format!("{} UTC, by {signer}", file::date(claims.issued_at)))
        .fact("answers", format!("request {}", claims.request.id))
        .fact("for device", claims.device)
        .maybe("approved by", response.approval().map(approve::approver));
    let Some(granted) = claims.granted() else {
        return verdict.next("It is whole: a receipt, for the records or for the machine that gave the activation up.");
    };
    let utc = |at: UnixSeconds| format!("{} UTC", file::date(at));
    let end = granted.grant.expires_at;
    let verdict = verdict
        .maybe("license", granted.grant.license.as_ref().map(|license| license.id))
        .fact("runs until", end.map_or("without an end".to_owned(), utc))
        .fact("install by", utc(granted.import_by))
        .next("It is whole. It can be installed on the machine that made the request, and on no other.");
    match end {
        Some(end) if end <= now => verdict.wrong(
            "license-expired",
            format!("the grant ended on {}", utc(end)),
            Some("runs until".to_owned()),
        ),
        _ if granted.import_by <= now => {
            let fact = format!("it had to be installed before {}", utc(granted.import_by));
            verdict.wrong(
                "import-expired",
                fact,
                Some("install by; what is installed already runs on".to_owned()),
            )
        }
        _ => verdict,
    }
}
