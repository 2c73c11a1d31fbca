//! The count of a license's seats and deactivations: the one place that changes it.
//!
//! The portal gives no seat beyond the limit, which a CHECK holds. What other signers gave without knowing of each other may be
//! beyond it: that is counted apart, in `over_activations` and `over_deactivations`, and together they are what is in use. So
//! while something is over no seat is given, and one that comes back is taken from what is over.

use crate::engine::Connection;
use countersign_core::LicenseId;

use crate::error::Result;
use crate::row::seconds;
use crate::{find, put, run};

// The limit is held by the CHECK and not by a WHERE: on a server the commit goes with it in one round trip, and the server itself
// has to refuse both. How many rows were changed would be known too late.
const TAKE: &str = "UPDATE license SET live_activations = live_activations + 1, \
    total_activations = total_activations + 1 WHERE id = ?1";
const GIVE_BACK: &str = "UPDATE license SET \
    live_activations = CASE WHEN over_activations > 0 THEN live_activations ELSE live_activations - 1 END, \
    over_activations = CASE WHEN over_activations > 0 THEN over_activations - 1 ELSE 0 END WHERE id = ?1";
const GIVE_UP: &str = "UPDATE license SET total_deactivations = total_deactivations + 1, revision = revision + 1 \
    WHERE id = ?1 AND (allowed_deactivations IS NULL OR total_deactivations < allowed_deactivations)";
const ALLOWED: &str = "SELECT COALESCE(allowed_deactivations, 0) FROM license WHERE id = ?1";
// What is in use is shared out anew by the limit as it is now: as much as is allowed, and what is over.
const SHARE: &str = "UPDATE license SET \
    live_activations = CASE WHEN allowed_activations IS NULL OR live_activations + over_activations + ?2 <= allowed_activations \
        THEN live_activations + over_activations + ?2 ELSE allowed_activations END, \
    over_activations = CASE WHEN allowed_activations IS NULL OR live_activations + over_activations + ?2 <= allowed_activations \
        THEN 0 ELSE live_activations + over_activations + ?2 - allowed_activations END, \
    total_activations = total_activations + ?3, \
    total_deactivations = CASE WHEN allowed_deactivations IS NULL OR total_deactivations + over_deactivations + ?4 <= allowed_deactivations \
        THEN total_deactivations + over_deactivations + ?4 ELSE allowed_deactivations END, \
    over_deactivations = CASE WHEN allowed_deactivations IS NULL OR total_deactivations + over_deactivations + ?4 <= allowed_deactivations \
        THEN 0 ELSE total_deactivations + over_deactivations + ?4 - allowed_deactivations END \
    WHERE id = ?1";

/// What merging changes of a license's count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Merged {
    /// Machines that hold a seat, more or fewer.
    pub(crate) live: i64,
    /// Seats that were taken.
    pub(crate) taken: u64,
    /// Activations that were given up.
    pub(crate) given_up: u64,
}

/// Takes a seat that is known to be free in this transaction: anything else is a failure.
pub(crate) fn take_free(c: &Connection, license: &LicenseId) -> Result<()> {
    put(c, TAKE, [license.to_string()])
}

/// A machine holds its seat no more.
pub(crate) fn give_back(c: &Connection, license: &LicenseId) -> Result<()> {
    run(c, GIVE_BACK, [license.to_string()]).map(|_| ())
}

/// A machine gave its seat up, and that counts as a deactivation; where none is left, how many there are, and nothing changes.
pub(crate) fn give_up(c: &Connection, license: &LicenseId) -> Result<std::result::Result<(), u64>> {
    let id = license.to_string();
    if run(c, GIVE_UP, [&id])? == 0 {
        return Ok(Err(find(c, ALLOWED, [&id], |row| row.time())?.unwrap_or(0)));
    }
    give_back(c, license).map(Ok)
}

/// Counts what was merged, beyond the limits where it is.
pub(crate) fn merge(c: &Connection, license: &LicenseId, merged: Merged) -> Result<()> {
    let Merged { live, taken, given_up } = merged;
    let values = (license.to_string(), live, seconds(taken), seconds(given_up));
    run(c, SHARE, values).map(|_| ())
}
