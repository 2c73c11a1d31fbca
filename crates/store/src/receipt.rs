//! Receipts: which request gave an activation up. The signed receipt itself is that request's answer.

use crate::engine::Connection;
use countersign_core::{Hash, Id};

use crate::error::Result;
use crate::{Store, find, run};

const FIND: &str = "SELECT request_hash FROM receipt WHERE activation_id = ?1";
const INSERT: &str = "INSERT INTO receipt (activation_id, request_hash) VALUES (?1, ?2) \
    ON CONFLICT (activation_id) DO NOTHING";

impl Store {
    /// Hash of the request that gave this activation up; unknown for what was given up before receipts were linked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn receipt_of(&self, activation: &Id) -> Result<Option<Hash>> {
        self.read(|c| find(c, FIND, [activation.to_string()], |row| row.parsed("request hash")))
    }
}

/// The first receipt of an activation stays its receipt.
pub(crate) fn insert(c: &Connection, activation: &str, request_hash: &Hash) -> Result<()> {
    run(c, INSERT, (activation, request_hash.to_string()))?;
    Ok(())
}
