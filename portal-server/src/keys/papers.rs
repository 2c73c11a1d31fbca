//! What the root has signed for the portal, verified: delegation, revocation list, rotations. No private key is needed for it.

use anyhow::{Context as _, bail};
use countersign_core::delegation::Delegation;
use countersign_core::revocations::VerifiedRevocations;
use countersign_core::rotation::Rotation;
use countersign_core::token::Unverified;
use countersign_core::trust::{Roots, Signer};
use countersign_core::{PublicKey, SigningKey, Thumbprint, UnixSeconds, pem};

use super::folder::{CHAIN, Folder, NEXT, NEXT_PUBLIC, REVOCATIONS, ROOT, SIGNING};
use super::passphrase::Passphrase;

/// The papers that lie beside the portal's key.
#[derive(Debug, Clone)]
pub struct Papers {
    /// The root that vendors build into their apps.
    pub root: PublicKey,
    /// The roots as known with the rotations.
    pub trust: Roots,
    /// The delegation's token.
    pub chain: String,
    /// The delegation.
    pub delegation: Delegation,
    /// The root that signed it.
    pub delegated_by: Thumbprint,
    /// The revocation list's token.
    pub list_token: Option<String>,
    /// The revocation list.
    pub list: Option<VerifiedRevocations>,
}

impl Papers {
    /// Reads and verifies the papers of a portal's folder.
    ///
    /// # Errors
    /// When one is missing or unreadable, or they do not fit each other, or the delegation counts its grants.
    pub(crate) fn read(folder: &Folder) -> anyhow::Result<Self> {
        let papers = Self::read_counted(folder)?;
        if papers.delegation.scope.max_grants.is_some() {
            bail!(
                "{CHAIN} allows a number of grants, which the portal does not count: make one without --max-grants"
            );
        }
        Ok(papers)
    }

    /// As [`Papers::read`], for a signer, which counts grants.
    ///
    /// # Errors
    /// When one is missing or unreadable, or they do not fit each other.
    pub(crate) fn read_counted(folder: &Folder) -> anyhow::Result<Self> {
        let root = pem::read_public(folder.text(ROOT)?).context(ROOT)?;
        let chain = folder.token(CHAIN)?.with_context(|| format!("{CHAIN} is missing"))?;
        let papers = Self::verify(root, chain, &rotations(folder)?, folder.token(REVOCATIONS)?)?;
        if papers.delegation.scope.approved.is_some() {
            bail!(
                "{CHAIN} asks for approvals of a second key, which neither the portal nor its signer can get: make one without \
                 --approved-days"
            );
        }
        Ok(papers)
    }

    /// Verifies that all of it hangs on the root.
    ///
    /// # Errors
    /// When something does not, or the list names the key itself.
    pub(crate) fn verify(
        root: PublicKey,
        chain: String,
        rotations: &[String],
        list_token: Option<String>,
    ) -> anyhow::Result<Self> {
        let mut trust = Roots::new([root.clone()]);
        trust.learn(rotations).context("the root rotations do not fit root.pub")?;
        let delegation = trust
            .verify_delegation(&chain)
            .with_context(|| format!("{CHAIN} does not fit signing.pem and root.pub"))?;
        let delegated_by = Unverified::decode(&chain)?.signer();
        let list = list_token.as_deref().map(|token| trust.verify_revocations(token));
        let list = list.transpose().context(REVOCATIONS)?;
        let kid = delegation.key.thumbprint();
        if list.as_ref().is_some_and(|list| list.names(&kid, delegation.serial)) {
            bail!(
                "the portal's own key is on the list {REVOCATIONS}: no machine would take what it signs. Give it a new key and \
                 delegation"
            );
        }
        Ok(Self { root, trust, chain, delegation, delegated_by, list_token, list })
    }

    /// Whether what hangs on this root hangs on the one here too: it is the same, or one of its line.
    pub(crate) fn is_of(&self, root: &PublicKey) -> bool {
        self.trust.trusts(&root.thumbprint())
    }

    /// The time from which nothing more is signed that machines take: the end of the delegation, or of the root over it.
    pub fn until(&self) -> UnixSeconds {
        let root = self.trust.until(&self.delegated_by);
        root.map_or(self.delegation.not_after, |root| root.min(self.delegation.not_after))
    }

    /// Which of the folder's private keys the delegation is for, opened.
    pub(crate) fn key(
        &self,
        folder: &Folder,
        passphrase: &Passphrase,
    ) -> anyhow::Result<SigningKey> {
        let names = if self.is_for_next(folder) { [NEXT, SIGNING] } else { [SIGNING, NEXT] };
        for name in names.into_iter().filter(|name| folder.has(name)) {
            let key = open(folder, name, passphrase)?;
            if key.public_key() == self.delegation.key {
                return Ok(key);
            }
        }
        bail!("{CHAIN} does not fit signing.pem and root.pub: it is for another key")
    }

    /// Whether the delegation is for the key that is to follow.
    pub(crate) fn is_for_next(&self, folder: &Folder) -> bool {
        next_public(folder).is_some_and(|next| next == self.delegation.key)
    }

    /// The key with all that goes into what it signs.
    pub(crate) fn signer(&self, key: SigningKey) -> anyhow::Result<Signer> {
        let signer = Signer::delegated(key, self.chain.clone(), &self.trust)
            .with_context(|| format!("{CHAIN} does not fit signing.pem and root.pub"))?;
        let rotations = self.trust.rotation_tokens().map(str::to_owned).collect();
        Ok(signer.with_rotations(rotations).with_revocations(self.list_token.clone()))
    }
}

/// The public half of the key that is to follow.
pub(crate) fn next_public(folder: &Folder) -> Option<PublicKey> {
    let text = folder.has(NEXT).then(|| folder.text(NEXT_PUBLIC).ok()).flatten()?;
    pem::read_public(text).ok()
}

/// Checks that the public half that is carried to the root is that of the private key beside it.
///
/// # Errors
/// When it is not, or the passphrase does not open the private key.
pub(super) fn next_fits(folder: &Folder, passphrase: &Passphrase) -> anyhow::Result<()> {
    if let Some(public) = next_public(folder)
        && open(folder, NEXT, passphrase)?.public_key() != public
    {
        bail!("{NEXT_PUBLIC} is not the public half of {NEXT}");
    }
    Ok(())
}

/// Opens a private key of the folder.
///
/// # Errors
/// When the passphrase does not open it: nothing is made anew then.
pub(crate) fn open(
    folder: &Folder,
    name: &str,
    passphrase: &Passphrase,
) -> anyhow::Result<SigningKey> {
    passphrase.open(folder.text(name)?).with_context(|| {
        format!(
            "{name} is not opened by the passphrase in {}. Nothing was changed, and no key was made: start with the passphrase \
             that it was encrypted with",
            passphrase.from()
        )
    })
}

/// The tokens of the root rotations, oldest first.
fn rotations(folder: &Folder) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for name in folder.rotations() {
        let token = folder.token(name)?.unwrap_or_default();
        let rotation = Rotation::verify(&token).with_context(|| name.to_owned())?;
        found.push((rotation.seq, token));
    }
    found.sort();
    Ok(found.into_iter().map(|(_, token)| token).collect())
}
