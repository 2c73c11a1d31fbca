//! What a vendor sees coming: licenses that are about to end, and licenses without a free seat. Read through indexes.

use std::collections::BTreeMap;

use crate::engine::Connection;
use countersign_core::UnixSeconds;

use crate::error::Result;
use crate::license::License;
use crate::row::seconds;
use crate::{Store, license_list, list};

// The index alone tells these.
const ENDING: &str = "SELECT (COALESCE(expires_at, 9007199254740991) - ?1) / 604800, COUNT(*) FROM license \
    WHERE COALESCE(expires_at, 9007199254740991) >= ?1 AND COALESCE(expires_at, 9007199254740991) < ?2 GROUP BY 1";
// Few, as a rule. "+ 0" keeps the ends from choosing the index.
const ENDING_UNUSED: &str = "SELECT (COALESCE(expires_at, 9007199254740991) - ?1) / 604800, COUNT(*) FROM license \
    WHERE status IN ('suspended', 'revoked') AND COALESCE(expires_at, 9007199254740991) + 0 >= ?1 \
    AND COALESCE(expires_at, 9007199254740991) + 0 < ?2 GROUP BY 1";
const FULL: &str = "SELECT id FROM (SELECT id, status, live_activations, allowed_activations FROM license \
    WHERE live_activations > 1 ORDER BY live_activations DESC, id DESC LIMIT 500) own \
    WHERE status = 'active' AND allowed_activations IS NOT NULL AND live_activations >= allowed_activations LIMIT 10";

const WEEK: u64 = 7 * 86_400;

impl Store {
    /// How many licenses that count end in each of so many weeks from now on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ending_by_week(&self, weeks: u64, now: UnixSeconds) -> Result<Vec<u64>> {
        self.read(|c| {
            let (all, unused) =
                (of_weeks(c, ENDING, weeks, now)?, of_weeks(c, ENDING_UNUSED, weeks, now)?);
            let of = |week: u64| {
                let count = |counts: &BTreeMap<u64, u64>| counts.get(&week).copied().unwrap_or(0);
                count(&all).saturating_sub(count(&unused))
            };
            Ok((0..weeks).map(of).collect())
        })
    }

    /// Of the 500 licenses with the most machines, those of more than one machine whose seats are all taken: at most ten.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn full_licenses(&self) -> Result<Vec<License>> {
        self.read(|c| {
            let ids = list(c, FULL, [], |row| row.text())?;
            let found = ids.iter().map(|id| license_list::read(c, id));
            Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }
}

fn of_weeks(c: &Connection, sql: &str, weeks: u64, now: UnixSeconds) -> Result<BTreeMap<u64, u64>> {
    let range = (seconds(now), seconds(now + weeks * WEEK));
    let counts = list(c, sql, range, |row| Ok((row.time()?, row.time()?)))?;
    Ok(counts.into_iter().collect())
}
