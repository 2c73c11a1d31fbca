//! `countersign sign`: answering a request with a key file, without a server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use countersign_core::fingerprint::Strategy;
use countersign_core::request::{Ask, Device, LicenseProof, VerifiedRequest};
use countersign_core::response::{
    Answer, Binding, Entitlement, Grant, GrantLicense, Granted, RequestRef, Response,
};
use countersign_core::trust::{Roots, Signer};
use countersign_core::{Expect, Id, LicenseId, UnixSeconds, file};
use serde_json::json;

use crate::args::Sign;
use crate::fail::{Failure, Outcome};
use crate::files::{self, Carries};
use crate::say::Report;

const DAY: u64 = 86_400;

pub(crate) fn run(options: &Sign, as_json: bool) -> Outcome {
    let token = file::read(&files::read_input(&options.file)?)?;
    let request = VerifiedRequest::verify(&token, Expect::Request)?;
    let claims = request.claims();
    let key = files::read_private_key(&options.key, &options.passphrase)?;
    let mut roots = files::read_roots(&options.root)?;
    let signer = match &options.chain {
        Some(path) => {
            let chain = file::read(&files::read_input(path)?)?;
            Signer::delegated(key, chain, &Roots::new(roots.iter().cloned()))?
        }
        None if roots.is_empty() || roots.contains(&key.public_key()) => {
            roots.push(key.public_key());
            Signer::root(key)
        }
        None => return Err(no_chain(options)),
    };
    let roots = Roots::new(roots);
    let name = file::safe_name(claims.device_name().unwrap_or("machine"));
    let out = options.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.response")));
    if let Some(before) = answered_before(&out, &request, &roots, &signer) {
        report(
            &before,
            &out,
            "This request was answered into that file before: it is left as it is.",
        )
        .print(as_json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let now = files::now();
    let response = Response {
        issuer: options.vendor.clone(),
        product: claims.product.clone(),
        id: Id::random(&mut files::rng()),
        issued_at: now,
        request: RequestRef { id: claims.id, hash: request.hash() },
        device: request.device_key().thumbprint(),
        answer: answer(options, &request, now)?,
    };
    let token = signer.sign(&response)?;
    files::write_carrier(
        &out,
        &file::response_file(&token, &response, claims.device_name()),
        Carries::Response,
    )?;
    if out == Path::new("-") {
        return Ok(ExitCode::SUCCESS);
    }
    report(&response, &out, "Carry it back to the machine and install it there.").print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

fn no_chain(options: &Sign) -> Failure {
    Failure::refused(
        "untrusted-key",
        format!("{} is none of the keys given with --root", options.key.display()),
        "Nothing was signed: no app would take it. Give the key's delegation with --chain.",
    )
}

/// The response that already lies in the output file, if it answers this very request: the same request, the same response.
fn answered_before(
    out: &Path,
    request: &VerifiedRequest,
    roots: &Roots,
    signer: &Signer,
) -> Option<Response> {
    let token = file::read(&files::read_input(out).ok()?).ok()?;
    let verified = roots.verify_response(&token, Expect::Response).ok()?;
    let same =
        verified.claims().request.hash == request.hash() && verified.signer() == signer.kid();
    same.then(|| verified.claims().clone())
}

fn report(response: &Response, out: &Path, next: &str) -> Report {
    let end = |at: Option<u64>| {
        at.map_or("without an end".to_owned(), |at| format!("{} UTC", file::date(at)))
    };
    let granted = response.granted();
    Report::new(json!({
        "type": response.token_type().as_str(), "id": response.id.to_string(), "request": response.request.id.to_string(),
        "file": out, "import_by": granted.map(|g| g.import_by), "expires_at": granted.map(|g| g.grant.expires_at),
    }))
    .field(response.token_type().words(), out.display())
    .field("id", response.id)
    .maybe("runs until", granted.map(|g| end(g.grant.expires_at)))
    .maybe("install by", granted.map(|g| end(Some(g.import_by))))
    .text(next)
}

fn answer(options: &Sign, request: &VerifiedRequest, now: UnixSeconds) -> Result<Answer, Failure> {
    match &request.claims().ask {
        Ask::Activation { device, license } => {
            let license = license_of(options, request, license.as_ref())?;
            let license = GrantLicense {
                id: license,
                plan: options.plan.clone(),
                holder: options.holder.clone(),
                deactivations_left: None,
            };
            Ok(Answer::Activation(granted(options, device, Some(license), now)?))
        }
        Ask::Trial { device } => Ok(Answer::Trial(granted(options, device, None, now)?)),
        Ask::Deactivation { activation, .. } => {
            Ok(Answer::Deactivation { activation: *activation })
        }
    }
}

/// The license that the grant stands on: the typed key's, whose proof must fit where the request carries one.
fn license_of(
    options: &Sign,
    request: &VerifiedRequest,
    carried: Option<&LicenseProof>,
) -> Result<LicenseId, Failure> {
    let typed = options.license_key.as_deref().map(files::read_license_key).transpose()?;
    match (typed, carried) {
        (Some(key), Some(carried)) => {
            let jkt = request.device_key().thumbprint();
            if key.id() == carried.id && key.proves(&carried.proof, &jkt, &request.claims().id) {
                Ok(key.id())
            } else {
                Err(Failure::refused(
                    "wrong-proof",
                    "the request was not made with this license key",
                    "Nothing was signed. Ask the customer which license key was typed on the machine.",
                ))
            }
        }
        (Some(key), None) => Ok(key.id()),
        (None, Some(_)) => Err(Failure::refused(
            "wrong-proof",
            "the request names a license, and without its key it cannot be told whether the customer has it",
            "Nothing was signed. Give the license key with --license-key.",
        )),
        (None, None) => Err(Failure::refused(
            "unknown-license",
            "the request names no license",
            "Nothing was signed. Say which license it is for with --license-key.",
        )),
    }
}

fn granted(
    options: &Sign,
    device: &Device,
    license: Option<GrantLicense>,
    now: UnixSeconds,
) -> Result<Granted, Failure> {
    let expires_at = match (options.days, &options.until, options.perpetual) {
        (Some(days), ..) => Some(now + days * DAY),
        (None, Some(day), _) => Some(files::end_of_day("--until", day)?),
        (None, None, true) => None,
        _ => {
            return Err(anyhow!(
                "how long may it run? Nothing was signed. Give --days N, --until YYYY-MM-DD or --perpetual"
            )
            .into());
        }
    };
    if expires_at.is_some_and(|end| end <= now) {
        return Err(anyhow!("the grant would be over already: nothing was signed").into());
    }
    let strategy: Strategy = options.strategy.parse().context("--strategy")?;
    let features = options.features.iter().map(|text| feature(text));
    Ok(Granted {
        import_by: now + options.import_days * DAY,
        binding: Binding { strategy, fingerprint: device.fingerprint.clone() },
        grant: Grant {
            expires_at,
            renew_by: None,
            entitlements: features.collect::<anyhow::Result<BTreeMap<_, _>>>()?,
            license,
            metadata: BTreeMap::new(),
        },
    })
}

/// `cad`, `parts=500`, `edition=pro`.
fn feature(text: &str) -> anyhow::Result<(String, Entitlement)> {
    let (name, value) = text.split_once('=').unwrap_or((text, "true"));
    anyhow::ensure!(!name.is_empty(), "--feature {text}: it has no name");
    Ok((name.to_owned(), Entitlement::from_text(value)))
}
