//! `countersign keys`

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use countersign_core::delegation::{Delegation, Products, Scope};
use countersign_core::token::Unverified;
use countersign_core::trust::Roots;
use countersign_core::{Id, SigningKey, TokenType, file, pem};
use serde_json::json;

use crate::args::{Delegate, Keys, NewKey, Show};
use crate::fail::{Failure, Outcome};
use crate::files::{self, Carries, Readers};
use crate::say::{self, Report};

const DAY: u64 = 86_400;

pub(crate) fn run(command: &Keys, as_json: bool) -> Outcome {
    match command {
        Keys::Root(options) => Ok(make(options, "keep it offline, in two places", as_json)?),
        Keys::New(options) => {
            Ok(make(options, "it stays here: send only the public half", as_json)?)
        }
        Keys::Delegate(options) => Ok(delegate(options, as_json)?),
        Keys::Show(options) => show(options, as_json),
    }
}

fn make(options: &NewKey, keep: &str, as_json: bool) -> anyhow::Result<ExitCode> {
    let public = options.out.with_extension("pub");
    if public == options.out {
        bail!(
            "{} is the name of the public half: choose a private name such as root.pem",
            options.out.display()
        );
    }
    for path in [&options.out, &public] {
        if path.exists() {
            bail!(
                "{} is there already and is not replaced: nothing was changed. Choose another name",
                path.display()
            );
        }
    }
    let passphrase = files::new_passphrase(&options.passphrase)?;
    let mut rng = files::rng();
    let key = SigningKey::generate(&mut rng);
    let text = pem::write_private(&key, passphrase.as_deref(), &mut rng)?;
    files::create(&options.out, &text, Readers::Owner)?;
    let written = files::create(&public, pem::write_public(&key.public_key()), Readers::Everybody);
    if let Err(error) = written {
        // Half a pair helps nobody, and nothing was signed with it.
        let _ = std::fs::remove_file(&options.out);
        return Err(error);
    }
    let (x, kid) = (key.public_key().to_string(), key.public_key().thumbprint().to_string());
    let encrypted = if passphrase.is_some() { "encrypted; " } else { "not encrypted; " };
    Report::new(json!({"private": options.out, "public": public, "x": x, "kid": kid, "encrypted": passphrase.is_some()}))
        .field("private key", format!("{}  ({encrypted}{keep})", options.out.display()))
        .field("public key", public.display())
        .field("x", x)
        .field("kid", kid)
        .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

fn delegate(options: &Delegate, as_json: bool) -> anyhow::Result<ExitCode> {
    let now = files::now();
    let types = options.types.iter().map(|kind| kind.trim().parse());
    let products: Products = options.products.parse().context("--products")?;
    let delegation = Delegation {
        id: Id::random(&mut files::rng()),
        issued_at: now,
        issuer: options.vendor.clone(),
        holder: options.holder.clone(),
        not_before: options.from.as_deref().map_or(Ok(now), |day| files::day("--from", day))?,
        not_after: options
            .until
            .as_deref()
            .map_or(Ok(now + 90 * DAY), |day| files::end_of_day("--until", day))?,
        key: files::read_public_key("--to", &options.to)?,
        scope: Scope {
            types: types.collect::<Result<_, _>>().context("--types")?,
            products,
            max_days: (options.max_days > 0).then_some(options.max_days),
        },
    };
    if delegation.not_after <= delegation.not_before || delegation.not_after <= now {
        bail!(
            "the delegation would be over before it begins: nothing was written. Check --from and --until"
        );
    }
    let root = files::read_private_key(&options.root_key, &options.passphrase)?;
    if root.public_key() == delegation.key {
        bail!("--to is the root key itself, which needs no delegation: nothing was written");
    }
    let token = delegation.sign(&root);
    let text = file::write(&token, &comments(&delegation));
    files::write_carrier(&options.out, &text, Carries::Delegation)?;
    if options.out == Path::new("-") {
        return Ok(ExitCode::SUCCESS);
    }
    describe(&delegation, &token)
        .field("written", options.out.display())
        .text("Give this file to the holder: it goes into each response that the key signs.")
        .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

fn comments(delegation: &Delegation) -> Vec<file::CommentLine> {
    [
        format!("{} - delegation for {}", delegation.issuer, delegation.holder),
        format!("may sign {} for {}", kinds(delegation), delegation.scope.products),
        format!("until {} UTC", file::date(delegation.not_after)),
    ]
    .iter()
    .map(|line| file::CommentLine::new(line))
    .collect()
}

fn kinds(delegation: &Delegation) -> String {
    delegation.scope.types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
}

/// What a delegation allows.
pub(crate) fn describe(delegation: &Delegation, token: &str) -> Report {
    let longest = match delegation.scope.max_days {
        Some(days) => format!("{days} days"),
        None => "without a limit".to_owned(),
    };
    Report::new(json!({
        "type": TokenType::SigningKey.as_str(), "id": delegation.id.to_string(), "issuer": delegation.issuer,
        "holder": delegation.holder, "kid": delegation.key.thumbprint().to_string(),
        "not_before": delegation.not_before, "not_after": delegation.not_after,
        "scope": delegation.scope_json(), "token": token,
    }))
    .field("delegation", format!("{:?} lets {:?} sign", delegation.issuer, delegation.holder))
    .field("kid", delegation.key.thumbprint())
    .field("may sign", kinds(delegation))
    .field("products", &delegation.scope.products)
    .field("longest grant", longest)
    .field("from", format!("{} UTC", file::date(delegation.not_before)))
    .field("until", format!("{} UTC", file::date(delegation.not_after)))
}

fn show(options: &Show, as_json: bool) -> Outcome {
    let roots = Roots::new(files::read_roots(&options.root)?);
    for (number, name) in options.files.iter().enumerate() {
        if number > 0 && !as_json {
            say::print("")?;
        }
        show_one(name, &roots, options)?.print(as_json)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show_one(name: &str, roots: &Roots, options: &Show) -> Result<Report, Failure> {
    let public = |key: &countersign_core::PublicKey| {
        Report::new(json!({"file": name, "kind": "public", "x": key.to_string(), "kid": key.thumbprint().to_string()}))
            .field("public key", name)
            .field("x", key)
            .field("kid", key.thumbprint())
    };
    if let Ok(key) = name.parse() {
        return Ok(public(&key));
    }
    let bytes = files::read_input(Path::new(name))?;
    let text = String::from_utf8_lossy(&bytes);
    if text.contains("PRIVATE KEY") {
        let key = files::read_private_key(Path::new(name), &options.passphrase)?.public_key();
        let encrypted = pem::is_encrypted(&text);
        let note = if encrypted { "encrypted" } else { "not encrypted" };
        return Ok(Report::new(json!({
            "file": name, "kind": "private", "encrypted": encrypted, "x": key.to_string(),
            "kid": key.thumbprint().to_string(),
        }))
        .field("private key", format!("{name}  ({note})"))
        .field("x", &key)
        .field("kid", key.thumbprint()));
    }
    if let Some(key) = text.trim().parse().ok().or_else(|| pem::read_public(&text).ok()) {
        return Ok(public(&key));
    }
    let token = file::read(&bytes)?;
    match Unverified::decode(&token)?.token_type() {
        TokenType::SigningKey if options.root.is_empty() => Err(Failure::refused(
            "untrusted-key",
            format!(
                "{name} is a delegation; without the root key it cannot be told whether it is a real one"
            ),
            "Give the root's public key with --root.",
        )),
        TokenType::SigningKey => Ok(describe(&roots.verify_delegation(&token)?, &token)),
        _ => Err(Failure::refused(
            "wrong-type",
            format!("{name} is neither a key nor a delegation"),
            "To see what it is: countersign inspect FILE",
        )),
    }
}
