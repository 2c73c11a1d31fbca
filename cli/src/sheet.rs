//! `countersign release-sheet`: one page for whoever releases data from a site, with exactly the bytes that leave.

pub(crate) mod args;

use std::process::ExitCode;

use anyhow::ensure;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::{Expect, Hash, file};
use serde_json::{Map, Value, json};

use crate::fail::Outcome;
use crate::files::{self, Readers};
use crate::page::Page;
use crate::say::Report;
use args::Sheet;

pub(crate) fn run(options: &Sheet, as_json: bool) -> Outcome {
    ensure_html(options)?;
    let bytes = files::read_input(&options.file)?;
    let token = file::read(&bytes)?;
    let request = VerifiedRequest::verify(&token, Expect::Request)?;
    let name = options.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let page = page(&name, &bytes, &token, &request);
    files::create(&options.out, &page, Readers::Everybody)?;
    let sha256 = Hash::of(&bytes).hex();
    Report::new(
        json!({"sheet": options.out, "file": options.file, "bytes": bytes.len(), "sha256": sha256}),
    )
    .field("sheet", options.out.display())
    .field("of", format!("{}, {} bytes", options.file.display(), bytes.len()))
    .field("sha256", sha256)
    .text(
        "Open it in a browser and print it. Compare the sum before the file leaves: sha256sum FILE",
    )
    .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

fn ensure_html(options: &Sheet) -> anyhow::Result<()> {
    let is_html = options.out.extension().is_some_and(|e| e == "html" || e == "htm");
    ensure!(
        is_html,
        "--out {}: the name ends in .html. Nothing was written",
        options.out.display()
    );
    Ok(())
}

fn page(name: &str, bytes: &[u8], token: &str, request: &VerifiedRequest) -> String {
    let (header, payload) = parts(token);
    let unknown = unknown(&payload);
    let mut page = Page::new(&format!("Release sheet: {name}"));
    page.beside_qr(token, |page| {
        page.text(what(request));
        page.rows(facts(request));
    });
    page.heading("The file");
    page.rows([
        ("name", name.to_owned()),
        ("size", format!("{} bytes", bytes.len())),
        ("SHA-256", Hash::of(bytes).hex()),
        (
            "in the QR code",
            format!("the {} characters of the token, without the lines for people", token.len()),
        ),
        ("form", form(bytes, token).to_owned()),
    ]);
    let (header, payload) = (pretty(&header), pretty(&payload));
    page.columns(
        |page| {
            page.heading("Everything that is in it");
            page.text("A header, the content, and a signature of 64 bytes over both. In clear:");
            page.verbatim(&header);
            page.verbatim(&payload);
            if !unknown.is_empty() {
                let names = unknown.join(", ");
                page.text(&format!("Not known to this version of the program: {names}"));
            }
        },
        |page| {
            page.heading("The bytes");
            page.text("All of the file. Lines that begin with # are for people.");
            page.verbatim(&String::from_utf8_lossy(bytes));
        },
    );
    page.signature(&["Released by (name)", "Date", "Signature"]);
    page.finish()
}

fn what(request: &VerifiedRequest) -> &'static str {
    match request.claims().ask {
        Ask::Activation { .. } => {
            "A request for an activation of a program on one machine. It asks the vendor for a license; it has no data of the \
             site in it. What identifies the machine is hashed: serial numbers cannot be read from it."
        }
        Ask::Trial { .. } => {
            "A request for a trial of a program on one machine. It has no data of the site in it. What identifies the machine \
             is hashed: serial numbers cannot be read from it."
        }
        Ask::Deactivation { .. } => {
            "The proof that a program was given up on one machine. It frees the license at the vendor; it has no data of the \
             site in it."
        }
    }
}

fn facts(request: &VerifiedRequest) -> Vec<(&'static str, String)> {
    let claims = request.claims();
    let device = claims.device();
    let components =
        device.map(|d| d.fingerprint.components().map(|(name, _)| name).collect::<Vec<_>>());
    let license = match &claims.ask {
        Ask::Activation { license, .. } => license.map(|license| license.id.to_string()),
        _ => None,
    };
    let activation = match &claims.ask {
        Ask::Deactivation { activation, .. } => Some(activation.to_string()),
        _ => None,
    };
    let rows = [
        ("product", Some(claims.product.to_string())),
        ("machine", claims.device_name().map(str::to_owned)),
        ("system", device.and_then(|d| d.platform.clone())),
        ("program", device.and_then(|d| d.app_version.clone())),
        ("made", Some(format!("{} UTC", file::date(claims.issued_at)))),
        ("hashed parts", components.map(|names| names.join(", "))),
        ("license", license),
        ("gives up", activation),
        ("request", Some(claims.id.to_string())),
        ("key of the program", Some(request.device_key().thumbprint().to_string())),
    ];
    rows.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

/// Header and content of a token that was verified.
fn parts(token: &str) -> (Value, Value) {
    let part = |number: usize| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap_or_default());
        bytes.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or(Value::Null)
    };
    (part(0), part(1))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Members that no request of this version has: they could carry anything.
fn unknown(payload: &Value) -> Vec<String> {
    const TOP: [&str; 6] = ["jti", "iat", "aud", "device", "license", "activation"];
    const DEVICE: [&str; 4] = ["name", "platform", "app_version", "fingerprint"];
    const LICENSE: [&str; 2] = ["id", "proof"];
    let extra = |value: &Value, known: &[&str], path: &str| -> Vec<String> {
        let members: Option<&Map<String, Value>> = value.as_object();
        let names = members.into_iter().flat_map(Map::keys);
        names
            .filter(|name| !known.contains(&name.as_str()))
            .map(|name| format!("{path}{name}"))
            .collect()
    };
    [
        extra(payload, &TOP, ""),
        extra(&payload["device"], &DEVICE, "device."),
        extra(&payload["license"], &LICENSE, "license."),
    ]
    .concat()
}

/// Whether the file is written as the program writes it: blanks and line ends could carry something, too.
fn form(bytes: &[u8], token: &str) -> &'static str {
    let text = String::from_utf8_lossy(bytes);
    let comments: Vec<file::CommentLine> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| !line.starts_with("end "))
        .map(file::CommentLine::new)
        .collect();
    if file::write(token, &comments).as_bytes() == bytes {
        "as the program writes it"
    } else {
        "not as the program writes it: blanks, line ends or characters around the token differ, which could carry something \
         else. Have the request written again"
    }
}
