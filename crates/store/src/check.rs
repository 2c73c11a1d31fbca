//! What is in the database, row by row, for whoever compares it with what it should be.

use countersign_core::{Hash, Id};

use crate::error::Result;
use crate::row::Columns;
use crate::{Store, find, list};

const ANSWERS: &str = "SELECT request_hash, token FROM answer WHERE request_hash > ?1 ORDER BY request_hash LIMIT 500";
const WITHOUT_ANSWER: &str = "SELECT a.id FROM activation a WHERE a.id > ?1 AND a.request_hash IS NOT NULL \
    AND NOT EXISTS (SELECT 1 FROM answer w WHERE w.request_hash = a.request_hash) ORDER BY a.id LIMIT 100";
const OVER: &str =
    "SELECT COUNT(*) FROM license WHERE over_activations > 0 OR over_deactivations > 0";

/// An answer as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Hash of its request.
    pub request: Hash,
    /// The signed response.
    pub token: String,
}

impl Store {
    /// Some answers in the order of their requests, those after `after`; none: that was all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answers_after(&self, after: Option<&Hash>) -> Result<Vec<StoredAnswer>> {
        let after = after.map(Hash::to_string).unwrap_or_default();
        let map = |row: &mut Columns<'_>| {
            Ok(StoredAnswer { request: row.parsed("request hash")?, token: row.text()? })
        };
        self.read(|c| list(c, ANSWERS, [&after], map))
    }

    /// Activations after `after` whose request has no answer, at most 100: there should be none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn activations_without_answer(&self, after: Option<&Id>) -> Result<Vec<Id>> {
        let after = after.map(Id::to_string).unwrap_or_default();
        self.read(|c| list(c, WITHOUT_ANSWER, [&after], |row| row.parsed("activation id")))
    }

    /// How many licenses have more in use than they allow.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_licenses_over(&self) -> Result<u64> {
        Ok(self.read(|c| find(c, OVER, [], |row| row.time()))?.unwrap_or(0))
    }
}
