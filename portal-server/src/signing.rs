//! Who signs for the portal. Every response, checksum list and checkpoint goes through here, with what shows that it was asked for.

use countersign_core::checkpoint::Checkpoint;
use countersign_core::delegation::Delegation;
use countersign_core::release::Release;
use countersign_core::response::Response;
use countersign_core::trust::Signer;
use countersign_core::{Error, Thumbprint};

/// What shows that a response was asked for. Whoever signs in a process of its own does not take the portal's word for it.
#[derive(Debug, Clone, Copy)]
pub enum Evidence<'a> {
    /// The token of the request that it answers.
    Request(&'a str),
    /// The token of the response that the machine got last: a renewal has no request of its own.
    Earlier(Option<&'a str>),
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum NotSigned {
    /// Every verifier would refuse it, or the delegation does not cover it.
    #[error(transparent)]
    Refused(#[from] Error),
}

/// Who has the key.
#[derive(Debug, Clone)]
pub enum Signing {
    /// This process.
    Here(Signer),
}

impl Signing {
    /// Signs a response: the bare token.
    ///
    /// # Errors
    /// [`NotSigned`]; nothing is half-done then.
    #[allow(clippy::unused_async)] // a signer in another process is waited for
    pub async fn sign(
        &self,
        evidence: Evidence<'_>,
        response: &Response,
    ) -> Result<String, NotSigned> {
        let Self::Here(signer) = self;
        let _ = evidence;
        Ok(signer.sign(response)?)
    }

    /// Signs the checksum list of a release: the bare token.
    ///
    /// # Errors
    /// [`NotSigned`]; nothing is half-done then.
    #[allow(clippy::unused_async)] // a signer in another process is waited for
    pub async fn sign_release(&self, release: &Release) -> Result<String, NotSigned> {
        let Self::Here(signer) = self;
        Ok(signer.sign_release(release)?)
    }

    /// Signs a checkpoint of the audit log: the bare token.
    ///
    /// # Errors
    /// [`NotSigned`]; nothing is half-done then.
    #[allow(clippy::unused_async)] // a signer in another process is waited for
    pub async fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<String, NotSigned> {
        let Self::Here(signer) = self;
        Ok(signer.sign_checkpoint(checkpoint)?)
    }

    /// How many bytes the token of a response would have.
    ///
    /// # Errors
    /// When it could not be signed.
    pub fn length_of(&self, response: &Response) -> Result<usize, Error> {
        let Self::Here(signer) = self;
        signer.sign(response).map(|token| token.len())
    }

    /// The key's thumbprint.
    pub fn kid(&self) -> &Thumbprint {
        let Self::Here(signer) = self;
        signer.kid()
    }

    /// The delegation that the key signs under; `None` for a root.
    pub fn delegation(&self) -> Option<&Delegation> {
        let Self::Here(signer) = self;
        signer.delegation()
    }
}
