//! The portal, as a journal is taken to it.

use anyhow::anyhow;
use serde_json::Value;

use super::super::args::Push;
use crate::fail::Failure;
use crate::portal;

pub(super) struct Portal(portal::Portal);

impl Portal {
    pub(super) fn of(options: &Push) -> Result<Self, Failure> {
        let named = options.to_portal.named().ok_or_else(|| {
            anyhow!(
                "to which portal? Nothing was pushed. Give --portal URL, or set COUNTERSIGN_PORTAL"
            )
        })?;
        portal::Portal::open(&named, &options.to_portal).map(Self)
    }

    /// What the portal knows of the journal with this first line, and the hash of entry `n` there.
    pub(super) fn known(&self, journal: &str, n: u64) -> Result<Value, Failure> {
        let text = self.0.get(&format!("/api/v1/journals/{journal}?n={n}"));
        let text = text.map_err(as_it_was)?;
        serde_json::from_str(&text).map_err(|_| as_it_was(self.0.no_json()))
    }

    pub(super) fn push(&self, part: &[u8]) -> Result<Value, Failure> {
        self.0.post_lines("/api/v1/journals", part).map_err(as_it_was)
    }
}

fn as_it_was(failure: impl Into<Failure>) -> Failure {
    failure.into().then("The journal is as it was.")
}
