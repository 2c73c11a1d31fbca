//! Whether what somebody brings may take the place of what the portal has. Everything is verified against the root first, and
//! what comes together is taken together or not at all. Names of files decide nothing.

use std::collections::BTreeMap;

use countersign_core::delegation::{Delegation, Products};
use countersign_core::revocations::VerifiedRevocations;
use countersign_core::rotation::Rotation;
use countersign_core::token::Unverified;
use countersign_core::trust::Roots;
use countersign_core::{Code, Error, Thumbprint, TokenType, UnixSeconds, file};

use super::folder::{CHAIN, Folder, NEXT, REVOCATIONS, SIGNING};
use super::papers::{Papers, next_public};
use crate::language::{Key, Say, When};

/// More files than this are no change of one portal's keys: its rotations, a list and a delegation.
pub(crate) const MOST_FILES: usize = 20;
/// The longest part of a file's name that is repeated.
const LONGEST_NAME: usize = 80;

/// A file that somebody brings.
#[derive(Debug, Clone)]
pub(crate) struct Brought {
    /// What it is called, for messages alone.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}

/// Whether less may come of it than there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Less {
    /// It is meant: a smaller scope, an earlier end, a list that names fewer keys.
    Meant,
    /// It would be a mistake.
    AMistake,
}

/// What is to be written, and what that changes in words for the log.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The folder as it will be.
    pub(crate) folder: Folder,
    /// The files to be written.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Entries of the audit log: action, subject, detail.
    pub(crate) entries: Vec<Entry>,
}

/// An entry of the audit log: action, subject, detail.
pub(crate) type Entry = (&'static str, String, String);

/// Why nothing is taken.
#[derive(Debug, Clone)]
pub(crate) struct Refused(pub(crate) Say);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::language::Language::ENGLISH.say(&self.0))
    }
}

impl std::error::Error for Refused {}

fn refused<T>(say: impl Into<Say>) -> Result<T, Refused> {
    Err(Refused(say.into()))
}

/// What came, by its kind.
#[derive(Default)]
struct Offer {
    delegation: Option<(String, Vec<u8>)>,
    list: Option<(String, Vec<u8>)>,
    rotations: Vec<(Rotation, String, Vec<u8>)>,
}

/// Decides what becomes of what was brought.
///
/// # Errors
/// [`Refused`]; nothing was changed.
pub(crate) fn judge(
    folder: &Folder,
    brought: Vec<Brought>,
    less: Less,
    now: UnixSeconds,
) -> Result<Plan, Refused> {
    let on_disk = |error: &anyhow::Error| {
        Refused(Say::new("keys-refused-disk").with("detail", format!("{error:#}")))
    };
    let present = Papers::read(folder).map_err(|error| on_disk(&error))?;
    let offer = Offer::of(brought)?;
    let trust = learn(&present, &offer)?;
    let list = match &offer.list {
        Some((token, _)) => Some(newer_list(&present, &trust, token, less)?),
        None => present.list.clone(),
    };
    let delegation = match &offer.delegation {
        Some((token, _)) => Some(fitting_delegation(&present, folder, &trust, token, now, less)?),
        None => None,
    };
    let (signs, root) = match &delegation {
        Some((delegation, root)) => (delegation, root),
        None => (&present.delegation, &present.delegated_by),
    };
    let kid = signs.key.thumbprint();
    if list.as_ref().is_some_and(|list| list.names(&kid, signs.serial)) {
        let key = match delegation {
            Some(_) => "keys-refused-revoked",
            None => "keys-refused-list-names-own",
        };
        return refused(key);
    }
    if trust.until(root).is_some_and(|until| until <= now) {
        return refused("keys-refused-root-ended");
    }
    let entries = entries(&offer, delegation.as_ref().map(|(d, _)| d), list.as_ref());
    let files = files(folder, &present, offer, &kid);
    let folder = folder.with(&files);
    // All of it once more as the portal reads it.
    Papers::read(&folder).map_err(|error| on_disk(&error))?;
    Ok(Plan { folder, files, entries })
}

impl Offer {
    fn of(brought: Vec<Brought>) -> Result<Self, Refused> {
        if brought.is_empty() {
            return refused("keys-refused-nothing");
        }
        if brought.len() > MOST_FILES {
            return refused(Say::new("keys-refused-many").with("most", MOST_FILES));
        }
        let mut offer = Self::default();
        for Brought { name, bytes } in brought {
            let name: String = name.chars().take(LONGEST_NAME).collect();
            offer.sort_in(&name, bytes)?;
        }
        offer.rotations.sort_by_key(|(rotation, ..)| rotation.seq);
        Ok(offer)
    }

    fn sort_in(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), Refused> {
        let say = |key: &str| Say::new(key).with("name", name);
        let is_private = bytes.windows(b"PRIVATE KEY".len()).any(|part| part == b"PRIVATE KEY");
        if is_private {
            return refused(say("keys-refused-private"));
        }
        let token = file::read(&bytes);
        let Ok(kind) = token.as_deref().map_err(|_| ()).and_then(|token| {
            Unverified::decode(token).map(|token| token.token_type()).map_err(|_| ())
        }) else {
            return refused(say("keys-refused-unreadable"));
        };
        let token = token.unwrap_or_default();
        // As the format writes it: what stood around the token decides nothing, and is not kept.
        let bytes = file::write(&token, &[]).into_bytes();
        match kind {
            TokenType::SigningKey if self.delegation.is_none() => {
                self.delegation = Some((token, bytes));
            }
            TokenType::Revocations if self.list.is_none() => self.list = Some((token, bytes)),
            TokenType::SigningKey | TokenType::Revocations => {
                return refused(say("keys-refused-twice"));
            }
            TokenType::RootKey => {
                let rotation = Rotation::verify(&token).map_err(|e| invalid(&e))?;
                self.rotations.push((rotation, token, bytes));
            }
            other => return refused(say("keys-refused-kind").with("kind", other.with_article())),
        }
        Ok(())
    }
}

/// The roots with what the rotations tell of them.
fn learn(present: &Papers, offer: &Offer) -> Result<Roots, Refused> {
    let mut trust = present.trust.clone();
    for (rotation, token, _) in &offer.rotations {
        if trust.rotation_tokens().any(|known| known == token) {
            return refused(Say::new("keys-refused-rotation-known").with("number", rotation.seq));
        }
        trust.learn(&[token]).map_err(|error| match error.code() {
            Code::UntrustedKey | Code::BadChain => {
                Refused(Say::new("keys-refused-rotation").with("detail", error.to_string()))
            }
            _ => invalid(&error),
        })?;
        if !trust.rotation_tokens().any(|known| known == token) {
            // The same rotation with a later end.
            return refused(Say::new("keys-refused-rotation-known").with("number", rotation.seq));
        }
    }
    Ok(trust)
}

/// A list that follows the present one and takes nothing back.
fn newer_list(
    present: &Papers,
    trust: &Roots,
    token: &str,
    less: Less,
) -> Result<VerifiedRevocations, Refused> {
    let list = trust.verify_revocations(token).map_err(|e| invalid(&e))?;
    let Some(before) = &present.list else { return Ok(list) };
    if present.list_token.as_deref() == Some(token) {
        return refused("keys-refused-list-same");
    }
    if !follows(&list, before, trust) {
        let numbers = Say::new("keys-refused-list-older")
            .with("number", list.seq)
            .with("present", before.seq);
        return refused(numbers);
    }
    let lost = before.revoked.iter().filter(|old| !covers(&list, old)).count();
    if lost > 0 && less == Less::AMistake {
        return refused(Say::new("keys-refused-list-forgets").with("count", lost));
    }
    Ok(list)
}

/// Whether a list may follow another: of the same root with a higher number, or of a root that came after.
pub(super) fn follows(
    list: &VerifiedRevocations,
    before: &VerifiedRevocations,
    trust: &Roots,
) -> bool {
    if list.root == before.root {
        return list.seq > before.seq;
    }
    // Lists of a root do not count for those after it.
    !trust.may_revoke(&before.root, &list.root)
}

fn covers(list: &VerifiedRevocations, old: &countersign_core::revocations::RevokedKey) -> bool {
    list.revoked.iter().any(|new| {
        let below = match (new.below, old.below) {
            (None, _) => true,
            (Some(new), Some(old)) => new >= old,
            (Some(_), None) => false,
        };
        new.kid == old.kid && below && (new.compromised || !old.compromised)
    })
}

/// A delegation for one of the portal's keys that holds now and is newer than the present one.
fn fitting_delegation(
    present: &Papers,
    folder: &Folder,
    trust: &Roots,
    token: &str,
    now: UnixSeconds,
    less: Less,
) -> Result<(Delegation, Thumbprint), Refused> {
    let delegation = trust.verify_delegation(token).map_err(|e| invalid(&e))?;
    let root = Unverified::decode(token).map_err(|e| invalid(&e))?.signer();
    if token == present.chain {
        return refused("keys-refused-delegation-same");
    }
    let before = &present.delegation;
    let is_present = delegation.key == before.key;
    if !is_present && next_public(folder).is_none_or(|next| next != delegation.key) {
        let kid = delegation.key.thumbprint().to_string();
        return refused(Say::new("keys-refused-other-key").with("key", kid));
    }
    if delegation.scope.max_grants.is_some() {
        return refused("keys-refused-counted");
    }
    if delegation.scope.approved.is_some() {
        return refused("keys-refused-approved");
    }
    if delegation.not_after <= now {
        return refused(Say::new("keys-refused-ended").with("when", When(delegation.not_after)));
    }
    if delegation.not_before > now {
        return refused(Say::new("keys-refused-early").with("when", When(delegation.not_before)));
    }
    if is_present && !is_newer(&delegation, before) {
        return refused("keys-refused-delegation-older");
    }
    let lacks = lacks(&delegation, before);
    match lacks {
        Some(what) if less == Less::AMistake => {
            refused(Say::new("keys-refused-less").with("what", Key(what)))
        }
        _ => Ok((delegation, root)),
    }
}

/// By the numbers of the root's holder where there are some, else by the dates.
pub(super) fn is_newer(delegation: &Delegation, before: &Delegation) -> bool {
    match (delegation.serial, before.serial) {
        (Some(serial), Some(known)) => serial > known,
        (None, Some(_)) => false,
        (Some(_), None) => delegation.issued_at >= before.issued_at,
        (None, None) => {
            delegation.issued_at >= before.issued_at && delegation.not_after > before.not_after
                || delegation.issued_at > before.issued_at
        }
    }
}

/// What a delegation allows less than the present one, if anything.
fn lacks(delegation: &Delegation, before: &Delegation) -> Option<&'static str> {
    let (new, old) = (&delegation.scope, &before.scope);
    if old.types.iter().any(|kind| !new.types.contains(kind)) {
        return Some("keys-less-types");
    }
    let products = match (&new.products, &old.products) {
        (Products::All, _) => true,
        (Products::Some(new), Products::Some(old)) => old.iter().all(|id| new.contains(id)),
        (Products::Some(_), Products::All) => false,
    };
    if !products {
        return Some("keys-less-products");
    }
    let days = |days: Option<u64>| days.unwrap_or(u64::MAX);
    if days(new.max_days) < days(old.max_days) {
        return Some("keys-less-days");
    }
    (delegation.not_after < before.not_after).then_some("keys-less-time")
}

/// Under which names it is written: ours, not those that somebody gave it.
fn files(
    folder: &Folder,
    present: &Papers,
    offer: Offer,
    kid: &Thumbprint,
) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for (rotation, _, bytes) in offer.rotations {
        files.insert(rotation_name(folder, rotation.seq), bytes);
    }
    files.extend(offer.list.map(|(_, bytes)| (REVOCATIONS.to_owned(), bytes)));
    if let Some((_, bytes)) = offer.delegation {
        files.insert(CHAIN.to_owned(), bytes);
        if *kid != present.delegation.key.thumbprint()
            && let Some(next) = folder.bytes(NEXT)
        {
            files.insert(SIGNING.to_owned(), next.to_vec());
        }
    }
    files
}

/// The file that has the rotation with this number already, or a new one.
fn rotation_name(folder: &Folder, seq: u64) -> String {
    let number = |name: &str| {
        let token = folder.token(name).ok().flatten()?;
        Rotation::verify(&token).ok().map(|rotation| rotation.seq)
    };
    if let Some(name) = folder.rotations().find(|name| number(name) == Some(seq)) {
        return name.to_owned();
    }
    let free = |name: &String| !folder.has(name);
    let plain = format!("rotation-{seq}.response");
    if free(&plain) { plain } else { format!("rotation-{seq}-{seq}.response") }
}

fn entries(
    offer: &Offer,
    delegation: Option<&Delegation>,
    list: Option<&VerifiedRevocations>,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (rotation, ..) in &offer.rotations {
        let until = format!("until {} UTC", file::date(rotation.until));
        entries.push(("keys.rotation", format!("root:{}", rotation.new_kid()), until));
    }
    if let (Some(_), Some(list)) = (&offer.list, list) {
        let count = format!("{} keys", list.revoked.len());
        entries.push(("keys.revocations", format!("list:{}", list.seq), count));
    }
    entries.extend(delegation.map(delegation_entry));
    entries
}

pub(super) fn delegation_entry(delegation: &Delegation) -> Entry {
    let serial = delegation.serial.map_or("no serial".to_owned(), |n| format!("serial {n}"));
    let until = file::date(delegation.not_after);
    let subject = format!("key:{}", delegation.key.thumbprint());
    ("keys.delegation", subject, format!("{serial}, until {until} UTC"))
}

/// What no root of this portal has signed, or what is broken.
fn invalid(error: &Error) -> Refused {
    let key = match error.code() {
        Code::UntrustedKey | Code::BadSignature => "keys-refused-untrusted",
        Code::RetiredKey => "keys-refused-retired",
        _ => "keys-refused-invalid",
    };
    Refused(Say::new(key).with("detail", error.to_string()))
}
