//! The trial mark: which trial this machine has had. A key that can give nothing but trials sits in a page that everybody
//! can open, so nobody counts what it gives: the machine itself takes one trial from such keys.

use countersign_core::delegation::Delegation;
use countersign_core::response::{Answer, Response};
use countersign_core::trust::VerifiedResponse;
use countersign_core::{Id, UnixSeconds};
use serde::{Deserialize, Serialize};

/// The trial with the latest end that was installed here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) product: String,
    /// The trial's id.
    pub(crate) jti: Id,
    /// When it was signed.
    pub(crate) begins: UnixSeconds,
    /// When it ends; `None` for never.
    pub(crate) ends: Option<UnixSeconds>,
}

impl Mark {
    /// What a trial leaves; `None` for other responses.
    pub(crate) fn of(response: &Response) -> Option<Self> {
        let Answer::Trial(granted) = &response.answer else { return None };
        Some(Self {
            product: response.product.to_string(),
            jti: response.id,
            begins: response.issued_at,
            ends: granted.grant.expires_at,
        })
    }

    /// Whether `other` gives no day that this trial did not. Its beginning counts as well: whoever can set the clock of the
    /// signing page could otherwise begin with a trial in the far future, and take all the time until then after it.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        other.begins >= self.begins && other.end() <= self.end()
    }

    /// The one that ends later.
    pub(crate) fn later(self, other: Self) -> Self {
        if other.end() > self.end() { other } else { self }
    }

    fn end(&self) -> UnixSeconds {
        self.ends.unwrap_or(UnixSeconds::MAX)
    }
}

/// Whether the key that signed this can give nothing but trials. What this version does not know of a scope allows nothing.
pub(crate) fn by_trial_only_key(verified: &VerifiedResponse) -> bool {
    verified.delegation().is_some_and(Delegation::is_trial_only)
}
