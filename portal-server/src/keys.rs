//! The portal's keys on disk, and their life. The portal signs with a delegated key; the root is made on the first start only so
//! that there is one, and is to be carried away.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `passphrase` | what the private key is encrypted with |
//! | `first` | what the first start makes |
//! | `folder`, `papers` | the files as bytes; what the root signed, verified |
//! | `install` | whether new papers may take the place of the present ones |
//! | `change`, `files` | writing one file, or several at once, whole or not at all |
//! | `ring` | the keys in use, and how they are replaced while the portal runs |
//! | `shared` | the folder as all nodes have it, in the database |
//! | `held` | the keys of a signer |
//! | `watch`, `ending` | looks at the folder and at the end of the delegation |
//! | `command` | `countersign-portal keys` |

mod change;
pub mod command;
pub(crate) mod ending;
mod files;
mod first;
mod folder;
#[cfg(unix)]
pub(crate) mod held;
pub(crate) mod install;
pub(crate) mod opener;
mod papers;
pub mod passphrase;
mod reseal;
mod ring;
pub(crate) mod shared;
pub(crate) mod watch;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use countersign_core::trust::Roots;
use countersign_core::{PublicKey, UnixSeconds, pem};

use crate::clock::Entropy;
use crate::signing::Signing;

pub(crate) use files::{private_folder, write_private_file};
pub(crate) use folder::Folder;
use folder::{CHAIN, ROOT, SIGNING};
pub use papers::Papers;
use passphrase::{Passphrase, Sources};
pub(crate) use ring::Ring;

/// What the portal signs with and what its answers verify against.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The delegated key with its chain, and with the revocation list and the root rotations that go into all it signs.
    pub signing: Signing,
    /// The roots as known with those rotations.
    pub trust: Roots,
    /// The roots that vendors build into their apps.
    pub roots: Vec<PublicKey>,
    /// What the root signed for the portal.
    pub papers: Papers,
}

impl Keys {
    /// What signs, with its papers.
    pub fn new(signing: Signing, papers: Papers) -> Self {
        let (trust, roots) = (papers.trust.clone(), vec![papers.root.clone()]);
        Self { signing, trust, roots, papers }
    }

    /// The time from which nothing more is signed that machines take.
    pub fn until(&self) -> UnixSeconds {
        self.papers.until()
    }
}

/// Whether the portal has run before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It has not: keys are made.
    First,
    /// It has: keys that are missing are lost, not to be made anew in silence.
    Later,
}

/// Where the portal's keys lie.
pub(crate) fn keys_folder(data: &Path) -> PathBuf {
    data.join("keys")
}

fn root_folder(data: &Path) -> PathBuf {
    data.join("root-key-carry-away")
}

/// Where the root private key still lies, if nobody has carried it away yet.
pub fn root_left_behind(data: &Path) -> Option<PathBuf> {
    let root = root_folder(data).join("root.pem");
    root.exists().then_some(root)
}

/// Loads the keys; makes them when there are none. A private key that an older release left unencrypted is encrypted.
///
/// # Errors
/// When files are unreadable, do not fit each other, only some of them are there, or the passphrase is wrong or missing.
pub fn load_or_create(
    data: &Path,
    vendor: &str,
    now: UnixSeconds,
    entropy: &dyn Entropy,
    start: Start,
    sources: &Sources,
) -> anyhow::Result<Keys> {
    Ring::open(data, vendor, now, entropy, start, sources).map(|ring| Keys::clone(&ring.keys()))
}

/// The folder as it is, with the passphrase of its private keys; both made on the first start.
fn open_folder(
    data: &Path,
    vendor: &str,
    now: UnixSeconds,
    entropy: &dyn Entropy,
    start: Start,
    sources: &Sources,
) -> anyhow::Result<(Folder, Passphrase)> {
    let keys = keys_folder(data);
    if keys.join(folder::INCOMING).exists()
        && let Some(locked) = change::lock(&keys)?
    {
        change::finish(&locked, &keys)?;
    }
    let folder = Folder::read(&keys)?;
    let passphrase = match ([SIGNING, CHAIN, ROOT].map(|name| folder.has(name)), start) {
        ([true, true, true], _) => {
            let passphrase = passphrase_of(&folder, data, entropy, sources)?;
            encrypt_in_place(&folder, &keys, entropy, &passphrase)?;
            passphrase
        }
        ([false, false, false], Start::Later) => bail!(
            "{} is missing, and this is not a new portal: its apps know the root whose delegation was there. Nothing was \
             changed: put the folder back from your backup",
            keys.display()
        ),
        ([false, false, false], Start::First) => {
            let passphrase = sources.find_or_make(data, entropy)?;
            first::create(data, vendor, now, entropy, &passphrase)?;
            passphrase
        }
        _ => bail!(
            "{} needs signing.pem, signing.chain and root.pub, and only some are there. Nothing was changed: put the \
             missing ones back from your backup",
            keys.display()
        ),
    };
    Ok((Folder::read(&keys)?, passphrase))
}

/// A passphrase is made only where nothing is encrypted yet.
fn passphrase_of(
    folder: &Folder,
    data: &Path,
    entropy: &dyn Entropy,
    sources: &Sources,
) -> anyhow::Result<Passphrase> {
    if !pem::is_encrypted(folder.text(SIGNING)?) {
        return sources.find_or_make(data, entropy);
    }
    sources.find(data)?.with_context(|| {
        format!(
            "{} is encrypted, and there is no passphrase: {} is missing, and neither --key-passphrase-file, {} nor a credential \
             {} of systemd gives one. Nothing was changed, and no key was made: put it back from your backup",
            keys_folder(data).join(SIGNING).display(),
            data.join(passphrase::FILE).display(),
            passphrase::VARIABLE,
            passphrase::CREDENTIAL,
        )
    })
}

/// What an older release wrote, or somebody put there, in clear: the encrypted file takes its place in one step.
fn encrypt_in_place(
    folder: &Folder,
    keys: &Path,
    entropy: &dyn Entropy,
    passphrase: &Passphrase,
) -> anyhow::Result<()> {
    for name in folder.private_keys() {
        if !pem::is_encrypted(folder.text(name)?) {
            let key = pem::read_private(folder.text(name)?, None).context(name)?;
            write_private_file(&keys.join(name), &passphrase.seal(&key, entropy)?)?;
        }
    }
    Ok(())
}

/// The keys of a folder.
fn load(folder: &Folder, passphrase: &Passphrase) -> anyhow::Result<Keys> {
    let papers = Papers::read(folder)?;
    let signer = papers.signer(papers.key(folder, passphrase)?)?;
    Ok(Keys::new(Signing::Here(signer), papers))
}

#[cfg(test)]
mod tests;
