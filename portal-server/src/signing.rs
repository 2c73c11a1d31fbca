//! Who signs for the portal. Every response, checksum list and checkpoint goes through here, with what shows that it was asked for.

#[cfg(unix)]
mod client;
mod public;
#[cfg(unix)]
mod there;

use countersign_core::checkpoint::Checkpoint;
use countersign_core::delegation::Delegation;
use countersign_core::release::Release;
use countersign_core::response::Response;
use countersign_core::trust::Signer;
use countersign_core::{Error, Thumbprint};

#[cfg(unix)]
pub use client::{Away, Client, State};
pub use public::{Public, length_of};
#[cfg(unix)]
pub use there::{There, open, watch};

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
    /// The signer wants to see what was signed before, and the portal has nothing to show.
    #[error("there is no earlier response that the signer could be shown")]
    NoEvidence,
    /// The signer does not answer.
    #[cfg(unix)]
    #[error(transparent)]
    Away(#[from] Away),
    /// The signer is there, and cannot sign: its disk is full, its journal wrong.
    #[error("the signer cannot write its journal now")]
    Unable,
    /// The signer signs no more of this for so many seconds.
    #[error("the signer did not sign: {fact}")]
    TooMuch {
        /// The limit.
        fact: String,
        /// Seconds.
        retry_after: u64,
    },
    /// The signer does not sign this.
    #[cfg(unix)]
    #[error("the signer did not sign: {} ({})", .0.fact, .0.code)]
    Declined(crate::signer::wire::Declined),
}

/// Who has the key.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)] // a process has one of it
pub enum Signing {
    /// This process.
    Here(Signer),
    /// A process of its own.
    #[cfg(unix)]
    There(There),
}

impl Signing {
    /// Signs a response: the bare token.
    ///
    /// # Errors
    /// [`NotSigned`]; nothing is half-done then.
    pub async fn sign(
        &self,
        evidence: Evidence<'_>,
        response: &Response,
    ) -> Result<String, NotSigned> {
        match self {
            Self::Here(signer) => Ok(signer.sign(response)?),
            #[cfg(unix)]
            Self::There(there) => there.sign(evidence, response).await,
        }
    }

    /// Signs the checksum list of a release: the bare token.
    ///
    /// # Errors
    /// [`NotSigned`]; nothing is half-done then.
    pub async fn sign_release(&self, release: &Release) -> Result<String, NotSigned> {
        match self {
            Self::Here(signer) => Ok(signer.sign_release(release)?),
            #[cfg(unix)]
            Self::There(there) => there.sign_release(release).await,
        }
    }

    /// Signs a checkpoint of the audit log: the bare token.
    ///
    /// # Errors
    /// [`NotSigned`]; nothing is half-done then.
    pub async fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<String, NotSigned> {
        match self {
            Self::Here(signer) => Ok(signer.sign_checkpoint(checkpoint)?),
            #[cfg(unix)]
            Self::There(there) => there.sign_checkpoint(checkpoint).await,
        }
    }

    /// How many bytes the token of a response would have.
    ///
    /// # Errors
    /// When it could not be signed.
    pub fn length_of(&self, response: &Response) -> Result<usize, Error> {
        match self {
            Self::Here(signer) => signer.sign(response).map(|token| token.len()),
            #[cfg(unix)]
            Self::There(there) => length_of(&there.papers, response),
        }
    }

    /// Whether every signature stands in somebody else's journal, and counts for their limits: what will be refused is
    /// found out before it is signed.
    pub fn is_counted(&self) -> bool {
        match self {
            Self::Here(_) => false,
            #[cfg(unix)]
            Self::There(_) => true,
        }
    }

    /// Whether whoever has the key answers now.
    pub async fn is_reachable(&self) -> bool {
        match self {
            Self::Here(_) => true,
            #[cfg(unix)]
            Self::There(there) => there.is_reachable().await,
        }
    }

    /// The key's thumbprint.
    pub fn kid(&self) -> &Thumbprint {
        match self {
            Self::Here(signer) => signer.kid(),
            #[cfg(unix)]
            Self::There(there) => &there.kid,
        }
    }

    /// The delegation that the key signs under; `None` for a root.
    pub fn delegation(&self) -> Option<&Delegation> {
        match self {
            Self::Here(signer) => signer.delegation(),
            #[cfg(unix)]
            Self::There(there) => Some(&there.papers.delegation),
        }
    }
}
