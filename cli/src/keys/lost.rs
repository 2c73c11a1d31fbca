//! Keys that are lost or end: `keys revoke`, `keys rotate-root`, `keys check`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use countersign_core::revocations::{Revocations, RevokedKey};
use countersign_core::rotation::Rotation;
use countersign_core::token::Unverified;
use countersign_core::trust::Roots;
use countersign_core::{Id, Thumbprint, TokenType, UnixSeconds, file};
use serde_json::json;

use super::args::{Check, Revoke, RotateRoot};
use super::{describe, describe_list, describe_rotation};
use crate::args::Passphrase;
use crate::fail::{Failure, Outcome};
use crate::files::{self, Carries};

const DAY: u64 = 86_400;

pub(crate) fn revoke(options: &Revoke, as_json: bool) -> Outcome {
    files::check_carrier(&options.out, Carries::Revocations)?;
    let root = files::read_private_key(&options.root_key, &options.passphrase)?;
    let roots = Roots::new([root.public_key()]);
    let so_far = match &options.list {
        Some(path) => Some(roots.verify_revocations(&read_token(path)?)?.list),
        None => None,
    };
    let now = files::now();
    // Seconds rise by themselves: a list that was made without the one before it is not taken for an older one.
    let seq = so_far.as_ref().map_or(0, |list| list.seq + 1).max(now);
    let mut revoked = so_far.map_or_else(Vec::new, |list| list.revoked);
    for name in &options.keys {
        let kid = kid_of(name, &roots)?;
        if kid == root.public_key().thumbprint() {
            return Err(Failure::refused(
                "bad-claim",
                format!("{name} is the root that signs this list"),
                "Nothing was written. A root is replaced by another: countersign keys rotate-root",
            ));
        }
        let entry = RevokedKey { kid, compromised: options.stolen, below: options.below };
        if !revoked.contains(&entry) {
            revoked.push(entry);
        }
    }
    let list = Revocations {
        id: Id::random(&mut files::rng()),
        issued_at: now,
        issuer: options.vendor.clone(),
        seq,
        revoked,
    };
    let token = list.sign(&root);
    let verified = roots.verify_revocations(&token)?;
    let lines = [
        format!("{} - signing keys that no longer count", list.issuer),
        format!("list  {}, signed {} UTC", list.seq, file::date(now)),
        "install it on a machine as a response: countersign install FILE".to_owned(),
    ];
    write(&options.out, &token, &lines, Carries::Revocations)?;
    if options.out == Path::new("-") {
        return Ok(ExitCode::SUCCESS);
    }
    let hint = if options.list.is_none() {
        "Only these keys are on it: give the list so far with --list, so that new machines hear of all of them."
    } else {
        "Put it into the portal and into what signs; a machine that waits for nothing takes the file itself."
    };
    describe_list(&verified).field("written", options.out.display()).text(hint).print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn rotate(options: &RotateRoot, as_json: bool) -> Outcome {
    files::check_carrier(&options.out, Carries::Rotation)?;
    let now = files::now();
    let old = files::read_private_key(&options.root_key, &options.passphrase)?;
    let second = options.new_passphrase_file.clone();
    let second = second.or_else(|| options.passphrase.passphrase_file.clone());
    let new =
        files::read_private_key(&options.new_root_key, &Passphrase { passphrase_file: second })?;
    let seq = match &options.after {
        Some(path) => follow(path, &old.public_key().thumbprint())? + 1,
        None => 1,
    };
    let rotation = Rotation {
        id: Id::random(&mut files::rng()),
        issued_at: now,
        issuer: options.vendor.clone(),
        seq,
        until: until(options.until.as_deref(), now)?,
        old: old.public_key(),
        new: new.public_key(),
    };
    let token = rotation.sign(&old, &new)?;
    let lines = [
        format!("{} - the root key hands over to number {seq}", rotation.issuer),
        format!("the old one signs until {} UTC", file::date(rotation.until)),
        "install it on a machine as a response: countersign install FILE".to_owned(),
    ];
    write(&options.out, &token, &lines, Carries::Rotation)?;
    if options.out == Path::new("-") {
        return Ok(ExitCode::SUCCESS);
    }
    describe_rotation(&rotation)
        .field("written", options.out.display())
        .text("Now delegate anew with the new root, and build the app with its public key. Keep this file: every later response carries it.")
        .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

/// The number of the root that signs now, by the rotation that made it one.
fn follow(path: &Path, old: &Thumbprint) -> Result<u64, Failure> {
    let before = Rotation::verify(&read_token(path)?)?;
    if before.new_kid() == *old {
        return Ok(before.seq);
    }
    Err(Failure::refused(
        "bad-chain",
        format!("{} hands over to another root than --root-key", path.display()),
        "Nothing was written. Give the rotation that made this root the current one.",
    ))
}

fn until(option: Option<&str>, now: UnixSeconds) -> anyhow::Result<UnixSeconds> {
    match option {
        Some("now") => Ok(now),
        Some(day) => match files::end_of_day("--until", day)? {
            end if end > now => Ok(end),
            _ => bail!("--until {day} has passed: nothing was written. Say now, or a later day"),
        },
        None => Ok(now + 90 * DAY),
    }
}

pub(crate) fn check(options: &Check, as_json: bool) -> Outcome {
    let mut roots = Roots::new(files::read_roots(&options.root)?);
    let rotations = options.rotation.iter().map(|path| read_token(path));
    roots.learn(&rotations.collect::<anyhow::Result<Vec<_>>>()?)?;
    let token = read_token(&options.chain)?;
    let delegation = roots.verify_delegation(&token)?;
    let kid = delegation.key.thumbprint();
    if let Some(path) = &options.key {
        let key = files::read_private_key(path, &options.passphrase)?;
        if key.public_key() != delegation.key {
            let fact =
                format!("{} is for another key than {}", options.chain.display(), path.display());
            return Err(Failure::refused(
                "bad-chain",
                fact,
                "Ask the root's holder for the delegation of this key.",
            ));
        }
    }
    if let Some(path) = &options.list {
        let list = roots.verify_revocations(&read_token(path)?)?;
        if list.names(&kid, delegation.serial) {
            let fact = format!(
                "the key of {:?} is on the revocation list {}",
                delegation.holder, list.seq
            );
            return Err(Failure::refused(
                "revoked-key",
                fact,
                "Machines that know that list take nothing new of it. Ask the root's holder for a new delegation.",
            ));
        }
    }
    let now = files::now();
    let root = Unverified::decode(&token)?.signer();
    // Nothing that hangs on a root is new when its end has come.
    let root_end = roots.until(&root);
    let end = root_end.map_or(delegation.not_after, |end| end.min(delegation.not_after));
    let wanted = now + options.days * DAY;
    let late = |fact: String| {
        Failure::refused(
            "ended-key",
            fact,
            "Ask the root's holder for a new delegation: countersign keys delegate",
        )
    };
    if end <= now {
        return Err(late(format!("it ended on {} UTC", file::date(end))));
    }
    if end <= wanted {
        return Err(late(format!(
            "it ends on {} UTC, in {} days",
            file::date(end),
            (end - now) / DAY
        )));
    }
    if delegation.not_before > now {
        let fact = format!("it begins on {} UTC", file::date(delegation.not_before));
        return Err(Failure::refused(
            "out-of-scope",
            fact,
            "Wait until then, or ask the root's holder for another one.",
        ));
    }
    describe(&delegation, &token)
        .with("verdict", json!("ok"))
        .with("days_left", (end - now) / DAY)
        .text(format!("It signs now, and for {} more days.", (end - now) / DAY))
        .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

/// The key that is meant: a public key, or the one that a delegation is for.
fn kid_of(name: &str, roots: &Roots) -> anyhow::Result<Thumbprint> {
    let path = Path::new(name);
    let chain = path.is_file().then(|| files::read_input(path)).transpose()?;
    let token = chain.and_then(|bytes| file::read(&bytes).ok());
    let is_chain = |token: &String| {
        Unverified::decode(token).is_ok_and(|t| t.token_type() == TokenType::SigningKey)
    };
    match token.filter(is_chain) {
        Some(token) => {
            let delegation = roots.verify_delegation(&token).with_context(|| {
                format!("{name} is not of this root: nothing was written. Give the key itself")
            })?;
            Ok(delegation.key.thumbprint())
        }
        None => Ok(files::read_public_key("KEY", name)?.thumbprint()),
    }
}

fn read_token(path: &Path) -> anyhow::Result<String> {
    Ok(file::read(&files::read_input(path)?)?)
}

fn write(out: &Path, token: &str, lines: &[String], what: Carries) -> anyhow::Result<()> {
    let lines: Vec<_> = lines.iter().map(|line| file::CommentLine::new(line)).collect();
    files::write_carrier(out, &file::write(token, &lines), what)
}
