//! The portal's keys on disk. The portal signs with a delegated key; the root is made on the first start only so that
//! there is one, and is to be carried away.

mod files;
pub mod passphrase;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use countersign_core::delegation::{Delegation, Products, Scope, ScopeType};
use countersign_core::rotation::Rotation;
use countersign_core::trust::{Roots, Signer};
use countersign_core::{Id, PublicKey, SigningKey, UnixSeconds, file, pem};

use crate::clock::{Entropy, Rng};
use crate::keys::files::write_file;
use crate::signing::Signing;

pub(crate) use files::{private_folder, write_private_file};

/// How long the delegation made on the first start lasts.
const DELEGATION_SECONDS: u64 = 2 * 366 * 86_400;

/// What the portal signs with and what its answers verify against.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The delegated key with its chain, and with the revocation list and the root rotations that go into all it signs.
    pub signing: Signing,
    /// The roots as known with those rotations.
    pub trust: Roots,
    /// The roots that vendors build into their apps.
    pub roots: Vec<PublicKey>,
}

/// Whether the portal has run before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It has not: keys are made.
    First,
    /// It has: keys that are missing are lost, not to be made anew in silence.
    Later,
}

/// Where the keys lie under the data directory.
struct Places {
    folder: PathBuf,
    signing: PathBuf,
    chain: PathBuf,
    root_public: PathBuf,
    root_folder: PathBuf,
}

impl Places {
    fn under(data: &Path) -> Self {
        let folder = data.join("keys");
        Self {
            signing: folder.join("signing.pem"),
            chain: folder.join("signing.chain"),
            root_public: folder.join("root.pub"),
            root_folder: data.join("root-key-carry-away"),
            folder,
        }
    }
}

/// Where the root private key still lies, if nobody has carried it away yet.
pub fn root_left_behind(data: &Path) -> Option<PathBuf> {
    let root = Places::under(data).root_folder.join("root.pem");
    root.exists().then_some(root)
}

/// Loads the keys; makes them when there are none.
///
/// # Errors
/// When files are unreadable, do not fit each other, or only some of them are there.
pub fn load_or_create(
    data: &Path,
    vendor: &str,
    now: UnixSeconds,
    entropy: &dyn Entropy,
    start: Start,
) -> anyhow::Result<Keys> {
    let places = Places::under(data);
    let there = [&places.signing, &places.chain, &places.root_public].map(|path| path.exists());
    match there {
        [true, true, true] => load(&places),
        [false, false, false] if start == Start::Later => bail!(
            "{} is missing, and this is not a new portal: its apps know the root whose delegation was there. Nothing was \
             changed: put the folder back from your backup",
            places.folder.display()
        ),
        [false, false, false] => {
            create(data, vendor, now, entropy)?;
            load(&places)
        }
        _ => bail!(
            "{} needs signing.pem, signing.chain and root.pub, and only some are there. Nothing was changed: put the \
             missing ones back from your backup",
            places.folder.display()
        ),
    }
}

fn load(places: &Places) -> anyhow::Result<Keys> {
    let read = |path: &Path| {
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let root = pem::read_public(&read(&places.root_public)?)
        .with_context(|| places.root_public.display().to_string())?;
    let key = pem::read_private(&read(&places.signing)?, None)
        .with_context(|| places.signing.display().to_string())?;
    let chain = file::read(read(&places.chain)?.as_bytes())?;
    let rotations = rotations(&places.folder)?;
    let mut trust = Roots::new([root.clone()]);
    trust.learn(&rotations).with_context(|| {
        format!("the root rotations in {} do not fit root.pub", places.folder.display())
    })?;
    let signer = Signer::delegated(key, chain, &trust).with_context(|| {
        format!("{} does not fit signing.pem and root.pub", places.chain.display())
    })?;
    if signer.max_grants().is_some() {
        bail!(
            "{} allows a number of grants, which the portal does not count: make one without --max-grants",
            places.chain.display()
        );
    }
    let list = revocations(&places.folder, &trust, &signer)?;
    let signer = signer.with_rotations(rotations).with_revocations(list);
    Ok(Keys { signing: Signing::Here(signer), trust, roots: vec![root] })
}

/// The tokens of `rotation-*.response`, oldest first.
fn rotations(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("rotation-") && name.ends_with(".response") {
            let token = token_in(&path)?;
            let rotation = Rotation::verify(&token).with_context(|| path.display().to_string())?;
            found.push((rotation.seq, token));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, token)| token).collect())
}

/// The token of `revocations.response`, if there is one.
fn revocations(folder: &Path, trust: &Roots, signer: &Signer) -> anyhow::Result<Option<String>> {
    let path = folder.join("revocations.response");
    if !path.exists() {
        return Ok(None);
    }
    let token = token_in(&path)?;
    let list = trust.verify_revocations(&token).with_context(|| path.display().to_string())?;
    if list.names(signer.kid(), signer.delegation().and_then(|d| d.serial)) {
        bail!(
            "the portal's own key is on the list {}: no machine would take what it signs. Give it a new key and delegation",
            path.display()
        );
    }
    Ok(Some(token))
}

fn token_in(path: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    file::read(&bytes).with_context(|| path.display().to_string())
}

/// Makes everything in a folder beside, then moves it into place: a start that was cut off begins anew.
fn create(
    data: &Path,
    vendor: &str,
    now: UnixSeconds,
    entropy: &dyn Entropy,
) -> anyhow::Result<()> {
    let (places, beside) = (Places::under(data), data.join("keys.partial"));
    let partial = Places {
        signing: beside.join("signing.pem"),
        chain: beside.join("signing.chain"),
        root_public: beside.join("root.pub"),
        folder: beside.clone(),
        root_folder: places.root_folder.clone(),
    };
    write_all(&partial, vendor, now, entropy)?;
    fs::rename(&beside, &places.folder)
        .with_context(|| format!("{} cannot be made", places.folder.display()))
}

fn write_all(
    places: &Places,
    vendor: &str,
    now: UnixSeconds,
    entropy: &dyn Entropy,
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
        },
    };
    private_folder(&places.folder)?;
    private_folder(&places.root_folder)?;
    let root_pem = pem::write_private(&root, None, &mut rng)?;
    write_private_file(&places.root_folder.join("root.pem"), &root_pem)?;
    write_private_file(&places.root_folder.join("README.txt"), ROOT_README)?;
    let line =
        file::CommentLine::new(&format!("{vendor} - delegation of the portal's signing key"));
    write_private_file(&places.chain, &file::write(&delegation.sign(&root), &[line]))?;
    write_file(&places.root_public, &pem::write_public(&root.public_key()), 0o644)?;
    write_private_file(&places.signing, &pem::write_private(&signing, None, &mut rng)?)
}

const ROOT_README: &str = "root.pem is the vendor's root key. The portal does not need it: it signs with a key that the\n\
root delegated to it (keys/signing.pem). Carry root.pem to two places that are offline, such as two\n\
USB sticks in two safes, and delete this folder. Whoever has root.pem can sign anything for you;\n\
without it you cannot delegate again when the portal's delegation ends or its key is stolen.\n";

#[cfg(test)]
mod tests;
