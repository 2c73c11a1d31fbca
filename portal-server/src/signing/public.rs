//! What everybody may know of a signing key, as it travels from the signer to the portal: root, delegation, rotations, list.

use anyhow::Context as _;
use countersign_core::delegation::Delegation;
use countersign_core::response::Response;
use countersign_core::trust::{Roots, Signer};
use countersign_core::{Error, Hash, SigningKey};
use serde::{Deserialize, Serialize};

use crate::keys::Papers;

/// The papers beside a key, not verified yet.
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

impl Public {
    /// What travels of these papers.
    pub fn of(papers: &Papers) -> Self {
        Self {
            root: papers.root.to_string(),
            chain: papers.chain.clone(),
            rotations: papers.trust.rotation_tokens().map(str::to_owned).collect(),
            revocations: papers.list_token.clone(),
        }
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
    pub fn verify(self) -> anyhow::Result<Papers> {
        let root = self.root.parse().context("the root key")?;
        Papers::verify(root, self.chain, &self.rotations, self.revocations)
    }
}

/// How many bytes the token of a response would have that is signed with these papers.
///
/// # Errors
/// When the delegation does not cover it, or it says too much.
pub fn length_of(papers: &Papers, response: &Response) -> Result<usize, Error> {
    // Any key will do: all keys and signatures have the same length. It stands under a root of its own.
    let key = SigningKey::from_seed(&[1; 32]);
    let root = SigningKey::from_seed(&[2; 32]);
    let delegation = Delegation { key: key.public_key(), ..papers.delegation.clone() };
    let chain = delegation.sign(&root);
    // What this version does not know of a scope was not written again.
    let lost = papers.chain.len().saturating_sub(chain.len());
    let signer = Signer::delegated(key, chain, &Roots::new([root.public_key()]))?
        .with_rotations(papers.trust.rotation_tokens().map(str::to_owned).collect())
        .with_revocations(papers.list_token.clone());
    let token = match signer.max_grants() {
        Some(most) => signer.sign_counted(response, most)?,
        None => signer.sign(response)?,
    };
    Ok(token.len() + lost.div_ceil(3) * 4)
}
