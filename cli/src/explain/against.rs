//! Whether a file fits something else: another file, or a license. What does not fit is named.

use std::path::Path;

use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::trust::VerifiedResponse;
use countersign_core::{Code, Error, LicenseId, install};

use super::args::Explain;
use super::state;
use super::subject::{self, Subject};
use super::verdict::Verdict;
use crate::fail::Failure;
use crate::files;

/// What the file has to fit.
enum Against {
    State,
    Key(LicenseKey),
    License(LicenseId),
    File,
}

impl Against {
    fn of(text: &str) -> Self {
        let path = Path::new(text);
        if path.is_dir() {
            return Self::State;
        }
        match (path.exists() || text == "-", text.parse(), text.parse()) {
            (false, Ok(key), _) => Self::Key(key),
            (false, _, Ok(id)) => Self::License(id),
            _ => Self::File,
        }
    }
}

pub(crate) fn compare(
    verdict: Verdict,
    subject: &Subject,
    bytes: &[u8],
    against: &str,
    options: &Explain,
) -> Result<Verdict, Failure> {
    match (Against::of(against), subject) {
        (Against::State, _) => state::compare(verdict, subject, bytes, Path::new(against), options),
        (Against::Key(key), Subject::Request(request)) => Ok(with_key(verdict, request, &key)),
        (Against::Key(key), Subject::Response(response)) => {
            Ok(of_license(verdict, response, &key.id()))
        }
        (Against::License(id), Subject::Request(request)) => {
            Ok(names_license(verdict, request, &id))
        }
        (Against::License(id), Subject::Response(response)) => {
            Ok(of_license(verdict, response, &id))
        }
        (Against::File, _) => with_file(verdict, subject, against, options),
        (_, Subject::Other) => Ok(verdict),
    }
}

/// Whether the machine knew this license key.
fn with_key(verdict: Verdict, request: &VerifiedRequest, key: &LicenseKey) -> Verdict {
    let Ask::Activation { license, .. } = &request.claims().ask else {
        return no_license(verdict);
    };
    let Some(license) = license else {
        return verdict.next(
            "The request names no license: sign it here with this --license-key, or upload it on the license's page.",
        );
    };
    let jkt = request.device_key().thumbprint();
    if license.id != key.id() {
        let which =
            format!("license {} in the request, {} is that of the key", license.id, key.id());
        verdict.wrong("wrong-proof", "another license key was typed on that machine", Some(which))
    } else if key.proves(&license.proof, &jkt, &request.claims().id) {
        verdict.fact("license key", "it is the one that was typed on that machine")
    } else {
        let fact = "the request names this license, and was made without knowing its key";
        verdict.wrong("wrong-proof", fact, Some("the proof".to_owned()))
    }
}

fn names_license(verdict: Verdict, request: &VerifiedRequest, id: &LicenseId) -> Verdict {
    match &request.claims().ask {
        Ask::Activation { license: Some(license), .. } if license.id == *id => {
            verdict.fact("license", "it is this one")
        }
        Ask::Activation { license: Some(license), .. } => {
            let which = format!("license {} in the request", license.id);
            verdict.wrong("wrong-proof", "the request is for another license", Some(which))
        }
        Ask::Activation { license: None, .. } => {
            verdict.next("The request names no license: sign it here with --license-key, or upload it on the license's page.")
        }
        _ => no_license(verdict),
    }
}

fn no_license(verdict: Verdict) -> Verdict {
    let fact = "trial and deactivation requests name no license";
    verdict.wrong("wrong-type", fact, Some("the kind of request".to_owned()))
}

fn of_license(verdict: Verdict, response: &VerifiedResponse, id: &LicenseId) -> Verdict {
    let license = response.claims().granted().and_then(|granted| granted.grant.license.as_ref());
    match license {
        Some(license) if license.id == *id => verdict.fact("license", "it is this one"),
        Some(license) => {
            let which = format!("license {}", license.id);
            verdict.wrong("unknown-license", "the response is of another license", Some(which))
        }
        None => verdict.wrong(
            "wrong-type",
            "the response is of no license: a trial, or a receipt",
            None,
        ),
    }
}

fn with_file(
    verdict: Verdict,
    subject: &Subject,
    against: &str,
    options: &Explain,
) -> Result<Verdict, Failure> {
    let roots = files::read_roots(&options.root)?;
    let (other, there, _) = subject::read(Path::new(against), &roots)?;
    Ok(match (subject, &there) {
        (Subject::Response(response), Subject::Request(request))
        | (Subject::Request(request), Subject::Response(response)) => {
            answers(verdict, request, response)
        }
        (Subject::Request(one), Subject::Request(two)) => same_machine(verdict, one, two),
        (Subject::Other, _) => verdict,
        _ if other.is_wrong() => verdict.fact(
            "against",
            format!("{against} is not whole itself: countersign explain {against}"),
        ),
        _ => verdict
            .fact("against", format!("{against} is nothing that this file can be compared with")),
    })
}

/// Whether a response is the answer to a request: what the machine that made it would say.
fn answers(verdict: Verdict, request: &VerifiedRequest, response: &VerifiedResponse) -> Verdict {
    let (asked, answered) = (request.claims(), response.claims());
    if asked.product != answered.product {
        let fact =
            format!("the request is for {}, the response for {}", asked.product, answered.product);
        return verdict.wrong("wrong-product", fact, Some("product".to_owned()));
    }
    let device = request.device_key().thumbprint();
    if device != answered.device {
        let which = format!("device key: {device} asked, {} was answered", answered.device);
        return verdict.wrong(
            "wrong-device",
            "the response is for another machine or installation",
            Some(which),
        );
    }
    let verdict = match (answered.granted(), asked.device()) {
        (Some(granted), Some(device)) => {
            match install::check_machine(&granted.binding, Some(&device.fingerprint)) {
                Ok(()) => verdict,
                Err(error) => verdict.refused(
                    &error,
                    Some(components(&error.to_string(), granted.binding.strategy)),
                ),
            }
        }
        _ => verdict,
    };
    if request.hash() == answered.request.hash {
        return verdict.fact("fits", "it is the answer to this request");
    }
    let fact =
        format!("the response answers the request {}, not {}", answered.request.id, asked.id);
    let error = Error::new(Code::UnknownRequest, fact);
    verdict.refused(&error, Some("the request; both are of the same machine".to_owned()))
}

/// The parts that an error of [`Code::WrongMachine`] names, and how much of them may differ.
pub(super) fn components(fact: &str, strategy: Strategy) -> String {
    let changed = fact.split_once("changed: ").map_or("none can be read", |(_, names)| names);
    format!("components: {changed}; strategy {strategy}")
}

/// Whether two requests are of the same machine, and what changed between them.
fn same_machine(verdict: Verdict, one: &VerifiedRequest, two: &VerifiedRequest) -> Verdict {
    if one.hash() == two.hash() {
        return verdict.fact("against", "it is the same request");
    }
    let same_key = one.device_key() == two.device_key();
    let key = if same_key {
        "the same device key"
    } else {
        "another device key: installed anew, or another machine"
    };
    let verdict = verdict.fact("against", key);
    let (Some(now), Some(before)) = (one.claims().device(), two.claims().device()) else {
        return verdict;
    };
    let changed: Vec<String> =
        Strategy::Exact.compare(&before.fingerprint, &now.fingerprint).changed;
    let total = before.fingerprint.components().count();
    verdict.fact(
        "components",
        match changed.as_slice() {
            [] => format!("all {total} are the same"),
            some => format!("{} of {total} differ: {}", some.len(), some.join(", ")),
        },
    )
}
