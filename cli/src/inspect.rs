//! `countersign inspect`: what a file is, for which machine, whether it verifies, and what to do with it.

use std::process::ExitCode;

use countersign_core::request::{Ask, Request, VerifiedRequest};
use countersign_core::response::{Answer, Response};
use countersign_core::rotation::Rotation;
use countersign_core::token::Unverified;
use countersign_core::trust::{Roots, VerifiedResponse};
use countersign_core::{Code, Expect, TokenType, file};
use serde_json::{Value, json};

use crate::approve;
use crate::args::Inspect;
use crate::audit;
use crate::fail::{Failure, Outcome};
use crate::files;
use crate::keys;
use crate::release;
use crate::say::Report;

pub(crate) fn run(options: &Inspect, as_json: bool) -> Outcome {
    let roots = files::read_roots(&options.root)?;
    let bytes = files::read_input(&options.file)?;
    let text = String::from_utf8_lossy(&bytes);
    if text.contains("PRIVATE KEY") || text.contains("PUBLIC KEY") {
        return Err(Failure::refused(
            "wrong-type",
            format!("{} is a key, not a request or response", options.file.display()),
            "To see which one: countersign keys show FILE",
        ));
    }
    let token = file::read(&bytes)?;
    let token_type = Unverified::decode(&token)?.token_type();
    if roots.is_empty() && !token_type.is_request() {
        return unknown_signer(&token, token_type, as_json);
    }
    let roots = Roots::new(roots);
    let report = match token_type {
        TokenType::SigningKey => keys::describe(&roots.verify_delegation(&token)?, &token)
            .text("It verifies. It belongs beside the private key that it is for."),
        TokenType::Revocations => keys::describe_list(&roots.verify_revocations(&token)?).text(
            "It verifies. Machines take it with countersign install, or inside any response.",
        ),
        TokenType::RootKey => {
            let mut roots = roots;
            roots.learn(&[&token])?;
            keys::describe_rotation(&Rotation::verify(&token)?).text(
                "It verifies. Machines take it with countersign install, or inside any response.",
            )
        }
        TokenType::Release => {
            let verified = roots.verify_release(&token)?;
            let described = release::describe(&verified, release::json_of(&verified));
            let listed = verified.claims().files.iter();
            listed
                .fold(described, |report, file| {
                    report
                        .field("file", format!("{}  {} bytes", file.name, file.size))
                        .field("sha256", file.sha256.hex())
                })
                .text("It verifies. To check the files: countersign verify-release --root KEY FILE")
        }
        TokenType::Proposal => {
            approve::describe(&roots.verify_proposal(&token)?).text(
                "It verifies. It gives nothing by itself: another key has to approve of it, with countersign approve FILE.",
            )
        }
        TokenType::Approval => approve::describe_approval(&roots.verify_approval(&token)?).text(
            "It verifies, and gives nothing by itself: put it beside its proposal, where the key that proposed signs.",
        ),
        TokenType::AuditCheckpoint => {
            let verified = roots.verify_checkpoint(&token)?;
            let facts = audit::facts(&verified).into_iter();
            facts
                .fold(Report::new(audit::json_of(&verified)), |report, (label, value)| {
                    report.field(label, value)
                })
                .text(
                    "It verifies. Keep it where nobody can change it. To check a log: countersign audit verify LOG \
                     --checkpoint FILE --root KEY",
                )
        }
        _ if token_type.is_request() => {
            request(&VerifiedRequest::verify(&token, Expect::Request)?, &roots)
        }
        _ => response(&roots.verify_response(&token, Expect::Response)?),
    };
    report.print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

/// Without a root nothing inside can be believed, and so nothing inside is shown.
fn unknown_signer(token: &str, token_type: TokenType, as_json: bool) -> Outcome {
    let unverified = Unverified::decode(token)?;
    Report::new(json!({"type": token_type.as_str(), "signer": unverified.signer().to_string(), "verdict": null}))
        .text(format!("This is {}, and the file is whole.", token_type.with_article()))
        .field("signed by", unverified.signer())
        .text("Whether it is real cannot be told without the vendor's root key: give it with --root.")
        .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

fn request(verified: &VerifiedRequest, roots: &Roots) -> Report {
    let claims = verified.claims();
    let device = claims.device();
    let license = match &claims.ask {
        Ask::Activation { license, .. } => license.map(|l| l.id.to_string()),
        _ => None,
    };
    let (what, next) = request_words(claims, license.is_some());
    let (held, held_words) = held(verified, roots).unzip();
    let components = device
        .map(|d| d.fingerprint.components().map(|(name, _)| name).collect::<Vec<_>>().join(", "));
    Report::new(json!({
        "type": claims.token_type().as_str(), "verdict": "ok", "id": claims.id.to_string(),
        "product": claims.product.as_str(), "made_at": claims.issued_at, "device_name": claims.device_name(),
        "platform": device.and_then(|d| d.platform.clone()), "app_version": device.and_then(|d| d.app_version.clone()),
        "device": verified.device_key().thumbprint().to_string(), "license": license, "hash": verified.hash().to_string(), "holds": held,
    }))
    .text(format!("This is {what}. It is whole, and signed by the machine that made it."))
    .field("product", &claims.product)
    .maybe("machine", claims.device_name())
    .maybe("platform", device.and_then(|d| d.platform.as_deref()))
    .maybe("app version", device.and_then(|d| d.app_version.as_deref()))
    .maybe("components", components)
    .field("made", format!("{} UTC, by that machine's clock", file::date(claims.issued_at)))
    .field("request id", claims.id)
    .field("device key", verified.device_key().thumbprint())
    .maybe("license", license)
    .maybe("gives up", match &claims.ask {
        Ask::Deactivation { activation, .. } => Some(activation),
        _ => None,
    })
    .maybe("brings along", held_words)
    .text(next)
}

/// The response that the machine says it has (docs/format.md, `holds`): as JSON and in words. It is worth what its own signature
/// says, and the request is none the worse for a wrong one.
fn held(verified: &VerifiedRequest, roots: &Roots) -> Option<(Value, String)> {
    let token = verified.holds()?;
    if roots.thumbprints().next().is_none() {
        let words = "a response, of which nothing is believed without the vendor's root key: give it with --root";
        return Some((json!({"verdict": null}), words.to_owned()));
    }
    let response = match roots.verify_installed(token) {
        Ok(response) => response,
        Err(error) => {
            let words = format!("a response that counts for nothing: {error}");
            return Some((json!({"verdict": error.code().as_str()}), words));
        }
    };
    let claims = response.claims();
    let (verdict, words) = if claims.device != verified.device_key().thumbprint() {
        (
            Code::WrongDevice.as_str(),
            "the response of another machine, which counts for nothing".to_owned(),
        )
    } else if claims.product != verified.claims().product {
        (
            Code::WrongProduct.as_str(),
            "the response for another product, which counts for nothing".to_owned(),
        )
    } else {
        ("ok", format!("activation {}, signed {} UTC", claims.id, file::date(claims.issued_at)))
    };
    let id = claims.id.to_string();
    Some((json!({"verdict": verdict, "id": id, "signed_at": claims.issued_at}), words))
}

fn request_words(claims: &Request, names_license: bool) -> (&'static str, &'static str) {
    match claims.ask {
        Ask::Activation { .. } if names_license => (
            "an activation request, under a license",
            "Take it to the vendor's portal, on the public page; it is not a license itself.",
        ),
        Ask::Activation { .. } => (
            "an activation request without a license key",
            "Log in to the vendor's portal, open the license and upload it there.",
        ),
        Ask::Trial { .. } => {
            ("a trial request", "Take it to the vendor's trial page; it is not a license itself.")
        }
        Ask::Deactivation { .. } => (
            "a deactivation request: the proof that a machine gave its activation up",
            "Take it to the vendor's portal, which frees the seat and gives a receipt.",
        ),
    }
}

fn response(verified: &VerifiedResponse) -> Report {
    let claims = verified.claims();
    let signer = match verified.delegation() {
        Some(delegation) => format!("{:?}, by delegation", delegation.holder),
        None => "the root key".to_owned(),
    };
    let report = Report::new(json!({
        "type": claims.token_type().as_str(), "verdict": "ok", "id": claims.id.to_string(), "issuer": claims.issuer,
        "product": claims.product.as_str(), "signed_at": claims.issued_at, "request": claims.request.id.to_string(),
        "device": claims.device.to_string(), "signer": verified.signer().to_string(),
        "import_by": claims.granted().map(|g| g.import_by),
        "expires_at": claims.granted().map(|g| g.grant.expires_at),
    }))
    .text(format!("This is {} of {:?}. It verifies.", claims.token_type().with_article(), claims.issuer))
    .field("product", &claims.product)
    .field("signed", format!("{} UTC, by {signer}", file::date(claims.issued_at)))
    .field("answers", format!("request {}", claims.request.id))
    .field("for device", claims.device);
    let report = report
        .maybe("grant number", verified.count())
        .maybe("approved by", verified.approval().map(approve::approver));
    match &claims.answer {
        Answer::TimeReset => report.text(format!(
            "It sets that machine's time to {} UTC, once. Install it there; it fits no other.",
            file::date(claims.issued_at)
        )),
        Answer::Deactivation { activation } => report.field("gives up", activation).text(
            "Keep it for the records, or install it on the machine that gave the activation up.",
        ),
        Answer::Activation(granted) | Answer::Trial(granted) => {
            let end = granted.grant.expires_at;
            report
                .field(
                    "runs until",
                    end.map_or("without an end".to_owned(), |at| format!("{} UTC", file::date(at))),
                )
                .field("install by", format!("{} UTC", file::date(granted.import_by)))
                .maybe("license", granted.grant.license.as_ref().map(|l| l.id))
                .text(install_words(claims))
        }
    }
}

fn install_words(claims: &Response) -> String {
    let by = claims.granted().map_or(0, |g| g.import_by);
    if files::now() >= by {
        "The time to install it has passed: make a new request on that machine and take that one to the vendor.".to_owned()
    } else {
        "Carry it to the machine that made the request and install it there; it fits no other."
            .to_owned()
    }
}
