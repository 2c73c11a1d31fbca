//! Proposals and approvals in words: what would be granted to which machine, by whom.

use countersign_core::file::{self, CommentLine};
use countersign_core::response::Entitlement;
use countersign_core::trust::{Approved, Proposed};
use countersign_core::{TokenType, UnixSeconds};
use serde_json::{Value, json};

use crate::say::Report;

fn utc(at: UnixSeconds) -> String {
    format!("{} UTC", file::date(at))
}

fn end(proposed: &Proposed) -> String {
    let granted = proposed.response().granted();
    granted.and_then(|g| g.grant.expires_at).map_or("without an end".to_owned(), utc)
}

fn machine(proposed: &Proposed) -> String {
    let request = proposed.request().claims();
    let platform = request.device().and_then(|device| device.platform.as_deref());
    let names: Vec<&str> = request.device_name().into_iter().chain(platform).collect();
    if names.is_empty() { "a machine without a name".to_owned() } else { names.join(", ") }
}

fn kind(proposed: &Proposed) -> &'static str {
    match proposed.response().token_type() {
        TokenType::TrialResponse => "trial",
        _ => "activation",
    }
}

/// Who proposes.
pub(crate) fn proposer(proposed: &Proposed) -> String {
    match proposed.delegation() {
        Some(delegation) => format!("{:?}", delegation.holder),
        None => "whoever holds the root key".to_owned(),
    }
}

/// Who approved, and when.
pub(crate) fn approver(approved: &Approved) -> String {
    let who = match approved.delegation() {
        Some(delegation) => format!("{:?}, by delegation", delegation.holder),
        None => "the root key".to_owned(),
    };
    format!("{who}, {}", utc(approved.approval().issued_at))
}

/// What would be granted, to whom, by whom.
pub(crate) fn facts(proposed: &Proposed) -> Vec<(&'static str, String)> {
    let (response, request) = (proposed.response(), proposed.request().claims());
    let granted = response.granted();
    let license = granted.and_then(|granted| granted.grant.license.as_ref());
    let features = granted.map(|granted| {
        let all = granted.grant.entitlements.iter().map(|(name, value)| match value {
            Entitlement::On => name.clone(),
            Entitlement::Integer(number) => format!("{name}={number}"),
            Entitlement::Text(text) => format!("{name}={text}"),
        });
        all.collect::<Vec<_>>().join(", ")
    });
    let made = format!("{}, by that machine's clock", utc(request.issued_at));
    let by = format!("{}, {}", proposer(proposed), utc(proposed.proposal().issued_at));
    [
        ("proposed by", Some(by)),
        ("its key", Some(proposed.signer().to_string())),
        ("would give", Some(format!("{} of {}", kind(proposed), response.product))),
        ("runs until", Some(end(proposed))),
        ("machine", Some(machine(proposed))),
        ("license", license.map(|license| license.id.to_string())),
        ("holder", license.and_then(|license| license.holder.clone())),
        ("plan", license.and_then(|license| license.plan.clone())),
        ("features", features.filter(|features| !features.is_empty())),
        ("install by", granted.map(|granted| utc(granted.import_by))),
        ("request", Some(format!("{}, made {made}", request.id))),
    ]
    .into_iter()
    .filter_map(|(label, value)| Some((label, value?)))
    .collect()
}

/// A proposal.
pub(crate) fn describe(proposed: &Proposed) -> Report {
    let report = Report::new(json(proposed))
        .text("This is a proposal: a grant that one key may not give alone.");
    facts(proposed).into_iter().fold(report, |report, (label, value)| report.field(label, value))
}

/// An approval.
pub(crate) fn describe_approval(approved: &Approved) -> Report {
    let approval = approved.approval();
    Report::new(json!({
        "type": TokenType::Approval.as_str(), "verdict": "ok", "id": approval.id.to_string(), "issuer": approval.issuer,
        "signed_at": approval.issued_at, "signer": approved.approver().to_string(),
        "approves": {"typ": approval.token_type.as_str(), "hash": approval.payload.to_string()},
    }))
    .text(format!("This is an approval: a second key of {:?} lets one grant be given.", approval.issuer))
    .field("approved by", approver(approved))
    .field("its key", approved.approver())
    .field("approves", format!("{} with the payload {}", approval.token_type.words(), approval.payload))
}

/// For programs.
pub(super) fn json(proposed: &Proposed) -> Value {
    let response = proposed.response();
    let granted = response.granted();
    json!({
        "type": TokenType::Proposal.as_str(), "verdict": "ok", "id": proposed.proposal().id.to_string(),
        "signer": proposed.signer().to_string(), "holder": proposed.delegation().map(|d| d.holder.clone()),
        "signed_at": proposed.proposal().issued_at, "product": response.product.as_str(),
        "gives": response.token_type().as_str(), "activation": response.id.to_string(),
        "request": response.request.id.to_string(), "device": response.device.to_string(),
        "device_name": proposed.request().claims().device_name(),
        "expires_at": granted.map(|g| g.grant.expires_at), "import_by": granted.map(|g| g.import_by),
        "license": granted.and_then(|g| g.grant.license.as_ref()).map(|license| license.id.to_string()),
    })
}

/// In short.
pub(super) fn in_a_line(proposed: &Proposed) -> String {
    let product = &proposed.response().product;
    format!("{} of {product} for {}, {}", kind(proposed), machine(proposed), end(proposed))
}

/// The lines for people in a proposal file.
pub(crate) fn proposal_lines(proposed: &Proposed) -> Vec<CommentLine> {
    let product = &proposed.response().product;
    lines([
        format!("{product} - proposal of {} (nothing to install)", article(proposed)),
        format!("for        {}, {}", machine(proposed), end(proposed)),
        format!("proposed   by {}, {}", proposer(proposed), utc(proposed.proposal().issued_at)),
        "approve    countersign approve THIS-FILE".to_owned(),
    ])
}

/// The lines for people in an approval file.
pub(super) fn approval_lines(proposed: &Proposed, approved: &Approved) -> Vec<CommentLine> {
    let product = &proposed.response().product;
    lines([
        format!("{product} - approval of {} (nothing to install)", article(proposed)),
        format!("for        {}, {}", machine(proposed), end(proposed)),
        format!("approved   by {}", approver(approved)),
        format!("send it to {}", proposer(proposed)),
    ])
}

fn article(proposed: &Proposed) -> String {
    format!("{} {}", if kind(proposed) == "trial" { "a" } else { "an" }, kind(proposed))
}

fn lines(texts: [String; 4]) -> Vec<CommentLine> {
    texts.iter().map(|line| CommentLine::new(line)).collect()
}
