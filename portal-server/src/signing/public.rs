//! What everybody may know of a signing key: root, delegation, rotations, revocation list.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use countersign_core::delegation::Delegation;
use countersign_core::response::Response;
use countersign_core::rotation::Rotation;
use countersign_core::trust::{Roots, Signer};
use countersign_core::{Error, Hash, PublicKey, SigningKey, Thumbprint, file, pem};
use serde::{Deserialize, Serialize};

/// As it lies in a folder and travels to the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Public {
    /// The root that vendors build into their apps: the `x` of its key.
    pub root: String,
    /// The root's delegation.
    pub chain: String,
    /// Rotations of the root, oldest first.
    pub rotations: Vec<String>,
    /// The revocation list.
    pub revocations: Option<String>,
}

/// The same, verified.
#[derive(Debug, Clone)]
pub struct Known {
    /// As it came.
    pub public: Public,
    /// The root that vendors build into their apps.
    pub root: PublicKey,
    /// The roots as known with the rotations.
    pub trust: Roots,
    /// The thumbprint of the signing key.
    pub kid: Thumbprint,
    /// Its delegation.
    pub delegation: Delegation,
}

impl Public {
    /// Reads a folder of keys: root.pub, signing.chain, rotation-*.response, revocations.response.
    ///
    /// # Errors
    /// When a file is missing or unreadable.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let root = folder.join("root.pub");
        let text = fs::read_to_string(&root)
            .with_context(|| format!("{} cannot be read", root.display()))?;
        let list = folder.join("revocations.response");
        Ok(Self {
            root: pem::read_public(&text).with_context(|| root.display().to_string())?.to_string(),
            chain: token_in(&folder.join("signing.chain"))?,
            rotations: rotations(folder)?,
            revocations: list.exists().then(|| token_in(&list)).transpose()?,
        })
    }

    /// What tells one from another.
    pub fn hash(&self) -> Hash {
        let rotations = self.rotations.iter().map(String::as_str);
        let all = [self.root.as_str(), &self.chain, self.revocations.as_deref().unwrap_or("-")];
        Hash::of(all.into_iter().chain(rotations).collect::<Vec<_>>().join("\n"))
    }

    /// Verifies that all of it hangs on the root.
    ///
    /// # Errors
    /// When something does not, or when the list names the key itself.
    pub fn verify(self) -> anyhow::Result<Known> {
        let root: PublicKey = self.root.parse().context("the root key")?;
        let mut trust = Roots::new([root.clone()]);
        trust.learn(&self.rotations).context("the root rotations do not fit root.pub")?;
        let delegation = trust.verify_delegation(&self.chain).context("signing.chain")?;
        anyhow::ensure!(
            delegation.scope.approved.is_none(),
            "signing.chain asks for approvals of a second key, which a portal cannot get: make one without --approved-days"
        );
        let kid = delegation.key.thumbprint();
        if let Some(list) = &self.revocations {
            let list = trust.verify_revocations(list).context("revocations.response")?;
            anyhow::ensure!(
                !list.names(&kid, delegation.serial),
                "the signing key is on the revocation list: no machine would take what it signs. Give it a new key and \
                 delegation"
            );
        }
        Ok(Known { public: self, root, trust, kid, delegation })
    }
}

impl Known {
    /// How many bytes the token of a response would have.
    ///
    /// # Errors
    /// When the delegation does not cover it, or it says too much.
    pub fn length_of(&self, response: &Response) -> Result<usize, Error> {
        // Any key will do: all keys and signatures have the same length. It stands under a root of its own.
        let key = SigningKey::from_seed(&[1; 32]);
        let root = SigningKey::from_seed(&[2; 32]);
        let delegation = Delegation { key: key.public_key(), ..self.delegation.clone() };
        let chain = delegation.sign(&root);
        // What this version does not know of a scope was not written again.
        let lost = self.public.chain.len().saturating_sub(chain.len());
        let signer = Signer::delegated(key, chain, &Roots::new([root.public_key()]))?
            .with_rotations(self.public.rotations.clone())
            .with_revocations(self.public.revocations.clone());
        let token = match signer.max_grants() {
            Some(most) => signer.sign_counted(response, most)?,
            None => signer.sign(response)?,
        };
        Ok(token.len() + lost.div_ceil(3) * 4)
    }
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

fn token_in(path: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    file::read(&bytes).with_context(|| path.display().to_string())
}
