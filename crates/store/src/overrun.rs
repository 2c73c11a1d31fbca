//! Overruns: machines that hold a seat of a license beyond its limit, since signers gave it that knew nothing of each other.
//! Which of them are beyond it is said when it is asked, by the time of signing: so it does not matter in what order they came.

use crate::engine::Connection;
use countersign_core::{Hash, LicenseId, UnixSeconds};

use crate::activation::{self, Activation};
use crate::error::Result;
use crate::license::{self, License};
use crate::row::{Columns, seconds};
use crate::{Store, find, list};

/// So many are named, of a license and of all licenses.
const MOST: u64 = 100;

// Since when a machine holds its seat: since the seat was taken that it holds, or since the first of the device's grants after
// the last one that it gave up.
const NEWEST: &str = "SELECT o.id, CASE WHEN o.earlier < o.since THEN o.earlier ELSE o.since END AS first FROM ( \
    SELECT a.id AS id, CASE WHEN s.created_at < a.created_at THEN s.created_at ELSE a.created_at END AS since, \
    (SELECT MIN(p.created_at) FROM activation p WHERE p.license_id = a.license_id AND p.device_key = a.device_key \
        AND p.state IN ('deactivated', 'replaced', 'released') AND p.state = 'replaced' AND NOT EXISTS ( \
            SELECT 1 FROM activation q WHERE q.license_id = a.license_id AND q.device_key = a.device_key \
            AND q.state IN ('deactivated', 'replaced', 'released') AND q.state <> 'replaced' \
            AND q.granted_at >= p.granted_at)) AS earlier \
    FROM activation a LEFT JOIN activation s ON s.id = a.seat \
    WHERE a.license_id = ?1 AND a.state IN ('active', 'returned')) o ORDER BY first DESC, o.id DESC LIMIT ?2";
const SIGNED_IN: &str = "SELECT e.journal, j.holder, e.n FROM journal_entry e JOIN journal j ON j.id = e.journal \
    WHERE e.response_id = ?1 AND e.verdict IN ('counted', 'known') ORDER BY e.journal, e.n LIMIT 1";
const LICENSES: &str = "SELECT id FROM license WHERE over_activations > 0 OR over_deactivations > 0 ORDER BY id LIMIT 100";

/// A machine beyond the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overrun {
    /// Its activation.
    pub machine: Activation,
    /// Since when it holds a seat, by the times of signing.
    pub since: UnixSeconds,
    /// The journal that it stands in; `None` where the portal answered it.
    pub signed: Option<SignedIn>,
}

/// Where a response stands that the portal did not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The journal: the hash of its first line.
    pub journal: Hash,
    /// The holder of its key.
    pub holder: Option<String>,
    /// The entry's number.
    pub n: u64,
}

impl Store {
    /// The machines beyond a license's limit, the last one first: at most 100.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn overruns(&self, license: &LicenseId) -> Result<Vec<Overrun>> {
        self.read(|c| {
            let Some(license) = license::find_license(c, license)? else { return Ok(Vec::new()) };
            let most = license.over_activations.min(MOST);
            if most == 0 {
                return Ok(Vec::new());
            }
            let row = |row: &mut Columns<'_>| Ok((row.text()?, row.time()?));
            let rows = list(c, NEWEST, (license.id.to_string(), seconds(most)), row)?;
            let overrun = |(id, since): (String, u64)| {
                let machine = activation::find_activation(c, &id)?;
                let signed = signed_in(c, &id)?;
                Ok(machine.map(|machine| Overrun { machine, since, signed }))
            };
            let found = rows.into_iter().map(overrun).collect::<Result<Vec<_>>>()?;
            Ok(found.into_iter().flatten().collect())
        })
    }

    /// Where the response of an activation stands, if it was another signer's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn signed_in(&self, activation: &countersign_core::Id) -> Result<Option<SignedIn>> {
        self.read(|c| signed_in(c, &activation.to_string()))
    }

    /// Licenses of which more is in use than is allowed: at most 100.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn licenses_over(&self) -> Result<Vec<License>> {
        self.read(|c| {
            let ids: Vec<LicenseId> = list(c, LICENSES, [], |row| row.parsed("license id"))?;
            let found = ids.iter().map(|id| license::find_license(c, id));
            Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }
}

fn signed_in(c: &Connection, activation: &str) -> Result<Option<SignedIn>> {
    let map = |row: &mut Columns<'_>| {
        Ok(SignedIn { journal: row.parsed("journal")?, holder: row.take()?, n: row.time()? })
    };
    find(c, SIGNED_IN, [activation], map)
}
