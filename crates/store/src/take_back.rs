//! Taking a journal's machines back: its key was stolen, and what it gave is nobody's of the vendor.

use crate::engine::Connection;
use countersign_core::{Hash, Id, UnixSeconds};

use crate::error::Result;
use crate::release::{self, Release, ReleaseOutcome, ReleasePolicy};
use crate::row::{Columns, seconds};
use crate::{Store, activation, audit, find, list, run};

const LIVE: &str = "SELECT COUNT(*) FROM journal_entry e JOIN activation a ON a.id = e.response_id \
    WHERE e.journal = ?1 AND e.verdict = 'counted' AND a.state IN ('active', 'returned')";
const SOME: &str = "SELECT n, response_id FROM journal_entry WHERE journal = ?1 AND verdict = 'counted' AND n > ?2 \
    ORDER BY n LIMIT 200";
const NOTE: &str = "UPDATE journal SET taken_back_at = ?2 WHERE id = ?1";

impl Store {
    /// How many machines hold a seat that a journal gave.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn machines_of_journal(&self, journal: &Hash) -> Result<u64> {
        let id = journal.to_string();
        Ok(self.read(|c| find(c, LIVE, [&id], |row| row.time()))?.unwrap_or(0))
    }

    /// Releases the seats that some of a journal's entries after number `from` gave, by one of the vendor's admins. The number
    /// to go on after; `None`: that was all.
    ///
    /// # Errors
    /// When the database fails: of this part nothing is stored then.
    pub async fn take_back_journal(
        &self,
        journal: Hash,
        from: u64,
        by: Id,
        reason: String,
        policy: ReleasePolicy,
        now: UnixSeconds,
    ) -> Result<Option<u64>> {
        self.write(move |c| {
            let id = journal.to_string();
            let row = |row: &mut Columns<'_>| Ok((row.time()?, row.text()?));
            let some: Vec<(u64, String)> = list(c, SOME, (&id, seconds(from)), row)?;
            let Some((last, _)) = some.last() else {
                run(c, NOTE, (&id, seconds(now)))?;
                audit::record(c, now, &format!("user:{by}"), "journal.take-back", &id, "")?;
                return Ok(None);
            };
            for (_, activation) in &some {
                release_one(c, activation, by, &reason, policy, now)?;
            }
            Ok(Some(*last))
        })
        .await
    }
}

fn release_one(
    c: &Connection,
    activation: &str,
    by: Id,
    reason: &str,
    policy: ReleasePolicy,
    now: UnixSeconds,
) -> Result<()> {
    let Some(machine) = activation::find_activation(c, activation)? else { return Ok(()) };
    let reason = reason.to_owned();
    let release =
        Release { license: machine.license, activation: machine.id, by, reason, policy, now };
    // What holds no seat any more is left as it is.
    let _: ReleaseOutcome = release::release_in(c, &release)?;
    Ok(())
}
