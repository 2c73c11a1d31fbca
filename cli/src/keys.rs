//! `countersign keys`

pub(crate) mod args;
mod lost;
mod paper;
mod words;

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use countersign_core::delegation::{Delegation, Longest, Products, Scope};
use countersign_core::revocations::VerifiedRevocations;
use countersign_core::rotation::Rotation;
use countersign_core::token::Unverified;
use countersign_core::trust::Roots;
use countersign_core::{Id, SigningKey, TokenType, file, pem};
use serde_json::json;

use crate::args::{Delegate, Keys, NewPassphrase, Show};
use crate::fail::{Failure, Outcome};
use crate::files::{self, Carries, Readers};
use crate::say::{self, Report};

const DAY: u64 = 86_400;

pub(crate) fn run(command: &Keys, as_json: bool) -> Outcome {
    match command {
        Keys::Root(options) => Ok(root(options, as_json)?),
        Keys::New(options) => {
            ensure_free(&options.out)?;
            let make = || Ok(SigningKey::generate(&mut files::rng()));
            let keep = "it stays here: send only the public half";
            let passphrase = files::new_passphrase(&options.passphrase)?;
            let (_, report) = write_pair(&options.out, make, passphrase.as_deref(), keep)?;
            report.print(as_json)?;
            Ok(ExitCode::SUCCESS)
        }
        Keys::Paper(options) => paper::run(options, as_json),
        Keys::Restore(options) => restore(options, as_json),
        Keys::Delegate(options) => Ok(delegate(options, as_json)?),
        Keys::Revoke(options) => lost::revoke(options, as_json),
        Keys::RotateRoot(options) => lost::rotate(options, as_json),
        Keys::Check(options) => lost::check(options, as_json),
        Keys::Show(options) => show(options, as_json),
    }
}

/// The ceremony: a key that is encrypted, a paper to have it back from, words to tell it by.
fn root(options: &args::NewRoot, as_json: bool) -> anyhow::Result<ExitCode> {
    if let Some(path) = &options.paper {
        paper::ensure_paper(path)?;
    }
    let make = || Ok(SigningKey::generate(&mut files::rng()));
    ensure_free(&options.out)?;
    let passphrase = passphrase(&options.passphrase, options.no_passphrase)?;
    let keep = "keep it offline, in two places";
    let (key, report) = write_pair(&options.out, make, passphrase.as_deref(), keep)?;
    let report = match &options.paper {
        Some(path) => {
            paper::write(path, &key).with_context(|| {
                format!(
                    "the key is made; its paper is not: countersign keys paper --key {}",
                    options.out.display()
                )
            })?;
            report.field("paper", format!("{}  ({})", path.display(), paper::KEEP))
        }
        None => report,
    };
    report.print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

fn restore(options: &args::Restore, as_json: bool) -> Outcome {
    ensure_free(&options.out)?;
    let key = paper::restore(options)?;
    let passphrase = passphrase(&options.passphrase, options.no_passphrase)?;
    let keep = "restored from its paper";
    let (_, report) = write_pair(&options.out, || Ok(key), passphrase.as_deref(), keep)?;
    report.print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

/// Where a person sits at a terminal, a key that is worth a ceremony is encrypted unless they say otherwise.
fn passphrase(options: &NewPassphrase, declined: bool) -> anyhow::Result<Option<String>> {
    let at_terminal = std::io::stdin().is_terminal() && !declined;
    let asked = options.passphrase || (at_terminal && options.passphrase_file.is_none());
    files::new_passphrase(&NewPassphrase {
        passphrase: asked,
        passphrase_file: options.passphrase_file.clone(),
    })
}

/// Whether neither half of a pair would replace a file.
fn ensure_free(out: &Path) -> anyhow::Result<()> {
    let public = out.with_extension("pub");
    if public == out {
        bail!(
            "{} is the name of the public half: choose a private name such as root.pem",
            out.display()
        );
    }
    for path in [out, &public] {
        if path.exists() {
            bail!(
                "{} is there already and is not replaced: nothing was changed. Choose another name",
                path.display()
            );
        }
    }
    Ok(())
}

/// Writes both halves of the key that `make` makes.
fn write_pair(
    out: &Path,
    make: impl FnOnce() -> anyhow::Result<SigningKey>,
    passphrase: Option<&str>,
    keep: &str,
) -> anyhow::Result<(SigningKey, Report)> {
    ensure_free(out)?;
    let public = out.with_extension("pub");
    let key = make()?;
    let text = pem::write_private(&key, passphrase, &mut files::rng())?;
    files::create(out, &text, Readers::Owner)?;
    let written = files::create(&public, pem::write_public(&key.public_key()), Readers::Everybody);
    if let Err(error) = written {
        // Half a pair helps nobody, and nothing was signed with it.
        let _ = std::fs::remove_file(out);
        return Err(error);
    }
    let (x, kid) = (key.public_key().to_string(), key.public_key().thumbprint());
    let in_words = words::fingerprint(&kid);
    let encrypted = if passphrase.is_some() { "encrypted; " } else { "not encrypted; " };
    let report = Report::new(json!({
        "private": out, "public": public, "x": x, "kid": kid.to_string(), "words": in_words,
        "encrypted": passphrase.is_some(),
    }))
    .field("private key", format!("{}  ({encrypted}{keep})", out.display()))
    .field("public key", public.display())
    .field("x", x)
    .field("kid", kid)
    .field("in words", in_words);
    Ok((key, report))
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
        serial: Some(options.serial.unwrap_or(now)),
        scope: Scope {
            types: types.collect::<Result<_, _>>().context("--types")?,
            products,
            max_days: (options.max_days > 0).then_some(options.max_days),
            max_grants: options.max_grants,
            approved: approved(options)?,
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

/// How long a grant may be that a second key approves of.
fn approved(options: &Delegate) -> anyhow::Result<Option<Longest>> {
    let Some(days) = options.approved_days else { return Ok(None) };
    let longest = if days == 0 { Longest::Unlimited } else { Longest::Days(days) };
    if options.max_days == 0 {
        bail!(
            "--approved-days needs a --max-days that the key may grant alone: nothing was written"
        );
    }
    if days > 0 && days <= options.max_days {
        bail!("--approved-days is not more than --max-days: nothing was written");
    }
    Ok(Some(longest))
}

/// What a second key's approval makes possible.
pub(crate) fn approved_words(delegation: &Delegation) -> Option<String> {
    delegation.scope.approved.map(|longest| match longest {
        Longest::Days(days) => format!("up to {days} days"),
        Longest::Unlimited => "without a limit".to_owned(),
    })
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
        "serial": delegation.serial, "scope": delegation.scope_json(), "token": token,
    }))
    .field("delegation", format!("{:?} lets {:?} sign", delegation.issuer, delegation.holder))
    .field("kid", delegation.key.thumbprint())
    .field("may sign", kinds(delegation))
    .field("products", &delegation.scope.products)
    .field("longest grant", longest)
    .maybe("with approval", approved_words(delegation))
    .maybe("most grants", delegation.scope.max_grants)
    .maybe("serial", delegation.serial)
    .field("from", format!("{} UTC", file::date(delegation.not_before)))
    .field("until", format!("{} UTC", file::date(delegation.not_after)))
}

/// Whom a revocation list names.
pub(crate) fn describe_list(verified: &VerifiedRevocations) -> Report {
    let list = &verified.list;
    let json: Vec<_> = list
        .revoked
        .iter()
        .map(|key| {
            json!({"kid": key.kid.to_string(), "compromised": key.compromised, "below": key.below})
        })
        .collect();
    let report = Report::new(json!({
        "type": TokenType::Revocations.as_str(), "issuer": list.issuer, "seq": list.seq, "signed_at": list.issued_at,
        "root": verified.root.to_string(), "revoked": json,
    }))
    .text(format!("This is a revocation list of {:?}, number {}.", list.issuer, list.seq))
    .field("signed", format!("{} UTC", file::date(list.issued_at)))
    .field("by root", verified.root);
    list.revoked.iter().fold(report, |report, key| {
        let below = key.below.map_or(String::new(), |below| format!(", serials below {below}"));
        let why =
            if key.compromised { "stolen: what it signed ends" } else { "ended: nothing new" };
        report.field("revoked", format!("{}{below} ({why})", key.kid))
    })
}

/// Which root hands over to which.
pub(crate) fn describe_rotation(rotation: &Rotation) -> Report {
    Report::new(json!({
        "type": TokenType::RootKey.as_str(), "issuer": rotation.issuer, "seq": rotation.seq, "until": rotation.until,
        "signed_at": rotation.issued_at, "old": rotation.old_kid().to_string(), "new": rotation.new_kid().to_string(),
        "x": rotation.new.to_string(),
    }))
    .text(format!("{:?} hands over to its root key number {}.", rotation.issuer, rotation.seq))
    .field("old root", rotation.old_kid())
    .field("signs until", format!("{} UTC", file::date(rotation.until)))
    .field("new root", rotation.new_kid())
    .field("x", &rotation.new)
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
        Report::new(json!({"file": name, "kind": "public", "x": key.to_string(), "kid": key.thumbprint().to_string(),
            "words": words::fingerprint(&key.thumbprint())}))
            .field("public key", name)
            .field("x", key)
            .field("kid", key.thumbprint())
            .field("in words", words::fingerprint(&key.thumbprint()))
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
            "kid": key.thumbprint().to_string(), "words": words::fingerprint(&key.thumbprint()),
        }))
        .field("private key", format!("{name}  ({note})"))
        .field("x", &key)
        .field("kid", key.thumbprint())
        .field("in words", words::fingerprint(&key.thumbprint())));
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
        TokenType::Revocations => Ok(describe_list(&roots.verify_revocations(&token)?)),
        TokenType::RootKey => {
            let mut roots = roots.clone();
            roots.learn(&[&token])?;
            Ok(describe_rotation(&Rotation::verify(&token)?))
        }
        _ => Err(Failure::refused(
            "wrong-type",
            format!("{name} is neither a key nor a delegation, revocation list or root rotation"),
            "To see what it is: countersign inspect FILE",
        )),
    }
}
