//! The first start: a root, a signing key, and the delegation from one to the other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use countersign_core::delegation::{Delegation, Products, Scope, ScopeType};
use countersign_core::{Id, SigningKey, UnixSeconds, file, pem};
use countersign_crash::{Point, passes};
use zeroize::Zeroizing;

use super::files::{private_folder, write_file, write_private_file};
use super::folder::{CHAIN, ROOT, SIGNING};
use super::passphrase::Passphrase;
use super::{keys_folder, root_folder};
use crate::clock::{Entropy, Rng};

/// The root's private key.
pub(super) const ROOT_PRIVATE: &str = "root.pem";
/// How long the delegation made on the first start lasts.
const DELEGATION_SECONDS: u64 = 2 * 366 * 86_400;

/// What a portal begins with.
pub(super) struct Made {
    /// The files of the keys folder.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// The root's private key, for the folder that is to be carried away and for nothing else.
    pub(super) root: Zeroizing<String>,
}

/// Makes everything in a folder beside, then moves it into place: a start that was cut off begins anew.
pub(super) fn create(
    data: &Path,
    vendor: &str,
    now: UnixSeconds,
    entropy: &dyn Entropy,
    passphrase: &Passphrase,
) -> anyhow::Result<()> {
    let (folder, beside) = (keys_folder(data), data.join("keys.partial"));
    private_folder(&beside)?;
    let made = make(vendor, now, entropy, passphrase)?;
    write_root(&root_folder(data), &made.root)?;
    for (name, bytes) in &made.files {
        write_file(&beside.join(name), bytes, if name == ROOT { 0o644 } else { 0o600 })?;
    }
    passes(Point::FirstKeysWritten);
    let moved = fs::rename(&beside, &folder);
    passes(Point::FirstKeysMoved);
    moved.with_context(|| format!("{} cannot be made", folder.display()))
}

/// Makes a root, a signing key and the delegation. Nothing is written.
pub(super) fn make(
    vendor: &str,
    now: UnixSeconds,
    entropy: &dyn Entropy,
    passphrase: &Passphrase,
) -> anyhow::Result<Made> {
    let mut rng = Rng(entropy);
    let (root, signing) = (SigningKey::generate(&mut rng), SigningKey::generate(&mut rng));
    let delegation = delegation(vendor, now, &signing, &mut rng);
    let line =
        file::CommentLine::new(&format!("{vendor} - delegation of the portal's signing key"));
    let chain = file::write(&delegation.sign(&root), &[line]);
    let sealed = passphrase.seal(&signing, entropy)?;
    let files = [
        (CHAIN, chain.into_bytes()),
        (ROOT, pem::write_public(&root.public_key()).into_bytes()),
        (SIGNING, sealed.as_bytes().to_vec()),
    ];
    let files = files.map(|(name, bytes)| (name.to_owned(), bytes)).into();
    Ok(Made { files, root: pem::write_private(&root, None, &mut rng)? })
}

/// Writes the root's private key, with a word about what to do with it.
pub(super) fn write_root(folder: &Path, root: &str) -> anyhow::Result<()> {
    private_folder(folder)?;
    write_private_file(&folder.join(ROOT_PRIVATE), root)?;
    write_private_file(&folder.join("README.txt"), ROOT_README)
}

fn delegation(
    vendor: &str,
    now: UnixSeconds,
    signing: &SigningKey,
    rng: &mut Rng<'_>,
) -> Delegation {
    Delegation {
        id: Id::random(rng),
        issued_at: now,
        issuer: vendor.to_owned(),
        holder: "portal".to_owned(),
        not_before: now.saturating_sub(3600),
        not_after: now + DELEGATION_SECONDS,
        key: signing.public_key(),
        serial: None,
        // Time resets are for support, on purpose: the portal has nobody who asks for one.
        scope: Scope {
            types: vec![
                ScopeType::Activation,
                ScopeType::Deactivation,
                ScopeType::Trial,
                ScopeType::Release,
                ScopeType::AuditCheckpoint,
            ],
            products: Products::All,
            max_days: None,
            max_grants: None,
            approved: None,
        },
    }
}

const ROOT_README: &str = "root.pem is the vendor's root key. The portal does not need it: it signs with a key that the\n\
root delegated to it (keys/signing.pem). Carry root.pem to two places that are offline, such as two\n\
USB sticks in two safes, and delete this folder. Whoever has root.pem can sign anything for you;\n\
without it you cannot delegate again when the portal's delegation ends or its key is stolen.\n";
