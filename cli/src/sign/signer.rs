//! A key with its delegation, under the roots that are given, and what travels in all that it signs.

use std::path::Path;

use countersign_core::Hash;
use countersign_core::trust::{Roots, Signer};

use super::desk::{check_list, read_token};
use crate::args::{Passphrase, Under};
use crate::fail::Failure;
use crate::files;

pub(crate) struct Signing {
    pub(crate) signer: Signer,
    /// Verify what this key signed.
    pub(crate) roots: Roots,
    /// The hash of the delegation, unless the key is a root.
    pub(crate) delegation: Option<Hash>,
}

impl Signing {
    /// As the options say; nothing is signed yet.
    pub(crate) fn open(
        path: &Path,
        passphrase: &Passphrase,
        under: &Under,
    ) -> Result<Self, Failure> {
        let key = files::read_private_key(path, passphrase)?;
        let mut roots = files::read_roots(&under.root)?;
        let rotations = under.rotation.iter().map(|path| read_token(path));
        let rotations = rotations.collect::<Result<Vec<_>, Failure>>()?;
        let (signer, delegation) = match &under.chain {
            Some(path) => {
                let chain = read_token(path)?;
                let hash = Hash::of(&chain);
                let mut trusted = Roots::new(roots.iter().cloned());
                trusted.learn(&rotations)?;
                (Signer::delegated(key, chain, &trusted)?, Some(hash))
            }
            None if roots.is_empty() || roots.contains(&key.public_key()) => {
                roots.push(key.public_key());
                (Signer::root(key), None)
            }
            None => return Err(no_chain(path)),
        };
        let mut roots = Roots::new(roots);
        roots.learn(&rotations)?;
        let list = under.list.as_deref().map(read_token).transpose()?;
        if let Some(list) = &list {
            check_list(list, &roots, &signer)?;
        }
        let signer = signer.with_rotations(rotations).with_revocations(list);
        Ok(Self { signer, roots, delegation })
    }
}

fn no_chain(key: &Path) -> Failure {
    Failure::refused(
        "untrusted-key",
        format!("{} is none of the keys given with --root", key.display()),
        "Nothing was signed: no app would take it. Give the key's delegation with --chain.",
    )
}
