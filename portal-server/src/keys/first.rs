//! The first start: a root, a signing key, and the delegation from one to the other.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use countersign_core::delegation::{Delegation, Products, Scope, ScopeType};
use countersign_core::{Id, SigningKey, UnixSeconds, file, pem};
use countersign_crash::{Point, passes};

use super::files::{private_folder, write_file, write_private_file};
use super::folder::{CHAIN, ROOT, SIGNING};
use super::passphrase::Passphrase;
use super::{keys_folder, root_folder};
use crate::clock::{Entropy, Rng};

/// How long the delegation made on the first start lasts.
const DELEGATION_SECONDS: u64 = 2 * 366 * 86_400;

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
    write_all(data, &beside, vendor, now, entropy, passphrase)?;
    passes(Point::FirstKeysWritten);
    let moved = fs::rename(&beside, &folder);
    passes(Point::FirstKeysMoved);
    moved.with_context(|| format!("{} cannot be made", folder.display()))
}

fn write_all(
    data: &Path,
    keys: &Path,
    vendor: &str,
    now: UnixSeconds,
    entropy: &dyn Entropy,
    passphrase: &Passphrase,
) -> anyhow::Result<()> {
    let mut rng = Rng(entropy);
    let (root, signing) = (SigningKey::generate(&mut rng), SigningKey::generate(&mut rng));
    let delegation = Delegation {
        id: Id::random(&mut rng),
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
    };
    let root_folder = root_folder(data);
    private_folder(&root_folder)?;
    let root_pem = pem::write_private(&root, None, &mut rng)?;
    write_private_file(&root_folder.join("root.pem"), &root_pem)?;
    write_private_file(&root_folder.join("README.txt"), ROOT_README)?;
    let line =
        file::CommentLine::new(&format!("{vendor} - delegation of the portal's signing key"));
    let chain = file::write(&delegation.sign(&root), &[line]);
    write_private_file(&keys.join(CHAIN), &chain)?;
    write_file(&keys.join(ROOT), pem::write_public(&root.public_key()).as_bytes(), 0o644)?;
    write_private_file(&keys.join(SIGNING), &passphrase.seal(&signing, entropy)?)
}

const ROOT_README: &str = "root.pem is the vendor's root key. The portal does not need it: it signs with a key that the\n\
root delegated to it (keys/signing.pem). Carry root.pem to two places that are offline, such as two\n\
USB sticks in two safes, and delete this folder. Whoever has root.pem can sign anything for you;\n\
without it you cannot delegate again when the portal's delegation ends or its key is stolen.\n";
