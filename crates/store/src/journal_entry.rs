//! The entries of journals: everything that ever came, with what became of it, and what is missing between them.

use std::str::FromStr;

use crate::engine::Connection;
use countersign_core::response::Answer as Said;
use countersign_core::{Hash, Id, LicenseId, Thumbprint, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::journal::JournalOpening;
use crate::merge::NewEntry;
use crate::page::{self, Cursor, Key, Page};
use crate::row::{Columns, optional_seconds, seconds};
use crate::{Store, find, list, run};

const INSERT: &str = "INSERT INTO journal_entry (journal, n, hash, prev, signed_at, kind, request_hash, response_id, \
    license_id, product_id, device_key, activation_id, delegation, grant_number, expires_at, import_by, token, verdict, why, \
    merged_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)";
const KNOWN: &str =
    "SELECT verdict, why FROM journal_entry WHERE journal = ?1 AND n = ?2 AND hash = ?3";
const HASH_AT: &str =
    "SELECT hash FROM journal_entry WHERE journal = ?1 AND n = ?2 ORDER BY hash LIMIT 1";
const RECEIPT: &str = "SELECT MIN(signed_at) FROM journal_entry WHERE activation_id = ?1 AND device_key = ?2 AND verdict = 'receipt'";
const OF_JOURNAL: &str = "SELECT n, hash FROM journal_entry WHERE journal = ?1 AND (n, hash) < (?2, ?3) \
    ORDER BY n DESC, hash DESC LIMIT 101";
const OF_JOURNAL_IN_VERDICT: &str = "SELECT n, hash FROM journal_entry WHERE journal = ?1 AND verdict = ?4 \
    AND (n, hash) < (?2, ?3) ORDER BY n DESC, hash DESC LIMIT 101";
const FIND: &str = "SELECT e.journal, e.n, e.hash, e.signed_at, e.kind, e.request_hash, e.response_id, e.license_id, \
    e.product_id, e.device_key, e.activation_id, e.grant_number, e.expires_at, e.verdict, e.why, e.merged_at, \
    a.state, a.device_name, \
    (SELECT COUNT(*) FROM journal_entry o WHERE o.request_hash = e.request_hash AND o.token <> e.token), \
    (SELECT COUNT(*) FROM answer w WHERE w.request_hash = e.request_hash AND w.token <> e.token) \
    FROM journal_entry e LEFT JOIN activation a ON a.id = COALESCE(e.activation_id, e.response_id) \
    WHERE e.journal = ?1 AND e.n = ?2 AND e.hash = ?3";
const VERDICTS: &str = "SELECT verdict, COUNT(*) FROM journal_entry WHERE journal = ?1 GROUP BY verdict ORDER BY verdict";
const DELEGATIONS: &str = "SELECT DISTINCT delegation FROM journal_entry WHERE journal = ?1 AND grant_number IS NOT NULL \
    ORDER BY delegation LIMIT 100";
// A gap begins after each number whose successor is nowhere, in no journal.
const GAPS: &str = "SELECT g.last + 1, (SELECT MIN(x.grant_number) FROM journal_entry x \
        WHERE x.delegation = ?1 AND x.grant_number > g.last) - 1 FROM ( \
        SELECT 0 AS last UNION SELECT grant_number FROM journal_entry WHERE delegation = ?1 AND grant_number IS NOT NULL) g \
    WHERE NOT EXISTS (SELECT 1 FROM journal_entry y WHERE y.delegation = ?1 AND y.grant_number = g.last + 1) \
    AND g.last < (SELECT MAX(m.grant_number) FROM journal_entry m WHERE m.delegation = ?1) ORDER BY 1 LIMIT 50";
const TWICE: &str = "SELECT grant_number, COUNT(DISTINCT token) FROM journal_entry WHERE delegation = ?1 \
    AND grant_number IS NOT NULL GROUP BY grant_number HAVING COUNT(DISTINCT token) > 1 ORDER BY grant_number LIMIT 50";

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// A grant that counts for its license, whether or not its machine has a newer one.
    Counted,
    /// The receipt of an activation that was given up; also of one that is not known yet.
    Receipt,
    /// A trial: its machine has had it now.
    Trial,
    /// A further trial of a machine that had one.
    TrialAgain,
    /// A time reset: nothing is counted for it.
    Noted,
    /// The portal has this very response already: its own, or from another journal.
    Known,
    /// Its license is none of the portal's.
    UnknownLicense,
    /// Its product is none of the portal's.
    UnknownProduct,
    /// Its license is one of another product.
    OtherProduct,
    /// Its id is that of another machine's activation.
    OtherActivation,
    /// A receipt for a machine that does not have this activation.
    OtherDevice,
    /// Its response is not what its line says, or nobody signed it who may.
    NotVerified,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Counted,
        Self::Receipt,
        Self::Trial,
        Self::TrialAgain,
        Self::Noted,
        Self::Known,
        Self::UnknownLicense,
        Self::UnknownProduct,
        Self::OtherProduct,
        Self::OtherActivation,
        Self::OtherDevice,
        Self::NotVerified,
    ];

    /// As text, in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Receipt => "receipt",
            Self::Trial => "trial",
            Self::TrialAgain => "trial-again",
            Self::Noted => "noted",
            Self::Known => "known",
            Self::UnknownLicense => "unknown-license",
            Self::UnknownProduct => "unknown-product",
            Self::OtherProduct => "other-product",
            Self::OtherActivation => "other-activation",
            Self::OtherDevice => "other-device",
            Self::NotVerified => "not-verified",
        }
    }

    /// Whether it is the answer that its request gets from now on, if it has none.
    pub(crate) fn is_believed(self) -> bool {
        matches!(self, Self::Counted | Self::Receipt | Self::Trial)
    }

    /// Whether the vendor should look at it.
    pub fn is_odd(self) -> bool {
        !matches!(self, Self::Counted | Self::Receipt | Self::Trial | Self::Noted | Self::Known)
    }
}

impl FromStr for Verdict {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|verdict| verdict.as_str() == text);
        found.ok_or(StoreError::Malformed("verdict"))
    }
}

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Which journal: the hash of its first line.
    pub journal: Hash,
    /// Its number.
    pub n: u64,
    /// SHA-256 of its line.
    pub hash: Hash,
    /// When it was signed.
    pub signed_at: UnixSeconds,
    /// What was signed: `activation`, `trial`, `deactivation`, `time-reset`, `release`, or `unread`.
    pub kind: String,
    /// SHA-256 of the request.
    pub request: Hash,
    /// The response's id.
    pub response: Option<Id>,
    /// The license that it names.
    pub license: Option<LicenseId>,
    /// Its product.
    pub product: Option<String>,
    /// The device key.
    pub device: Option<Thumbprint>,
    /// The activation that a receipt is for.
    pub activation: Option<Id>,
    /// Its number under its delegation.
    pub number: Option<u64>,
    /// When the grant ends.
    pub expires_at: Option<UnixSeconds>,
    /// What became of it,
    pub verdict: Verdict,
    /// and why, where that needs words.
    pub why: String,
    /// When it came.
    pub merged_at: UnixSeconds,
    /// What became of its activation since.
    pub state: Option<crate::ActivationState>,
    /// The machine's name, where a request of it was here.
    pub device_name: Option<String>,
    /// Its request was also answered otherwise.
    pub is_duplicate: bool,
}

/// What is odd with the numbers of the grants under a delegation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// The delegation's hash.
    pub delegation: String,
    /// Numbers that are in no journal, first and last of each run: at most 50 runs.
    pub gaps: Vec<(u64, u64)>,
    /// Numbers that two grants have, with how many: somebody has a copy of the key. At most 50.
    pub twice: Vec<(u64, u64)>,
}

impl Store {
    /// The hash of an entry that is known, 0 being the first line: of a forked journal the lesser one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn journal_hash_at(&self, journal: &Hash, n: u64) -> Result<Option<Hash>> {
        if n == 0 {
            return Ok(Some(*journal));
        }
        let values = (journal.to_string(), seconds(n));
        self.read(|c| find(c, HASH_AT, &values, |row| row.parsed("hash")))
    }

    /// Entries of a journal, the newest first, of one verdict alone if that is given.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn journal_entries(
        &self,
        journal: &Hash,
        verdict: Option<Verdict>,
        after: Option<Cursor>,
        most: usize,
    ) -> Result<Page<JournalEntry>> {
        let id = journal.to_string();
        self.read(|c| {
            let most = page::wanted(most);
            let start = after.as_ref().and_then(Cursor::number).unwrap_or(i64::MAX);
            let last = after.as_ref().map_or("~", |after| after.id.as_str());
            let place = |row: &mut Columns<'_>| {
                let n = row.take()?;
                Ok(Cursor { id: row.text()?, key: Key::Number(n) })
            };
            let mut places = match verdict {
                None => crate::first(c, OF_JOURNAL, (&id, start, last), most + 1, place)?,
                Some(verdict) => {
                    let values = (&id, start, last, verdict.as_str());
                    crate::first(c, OF_JOURNAL_IN_VERDICT, values, most + 1, place)?
                }
            };
            let more = places.len() > most;
            places.truncate(most);
            let next = places.last().cloned().filter(|_| more);
            let items = places.iter().map(|at| find(c, FIND, (&id, at.number(), &at.id), map));
            let items = items.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
            Ok(Page { items, next })
        })
    }

    /// How many entries of a journal came to which verdict.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn journal_verdicts(&self, journal: &Hash) -> Result<Vec<(Verdict, u64)>> {
        let id = journal.to_string();
        self.read(|c| list(c, VERDICTS, [&id], |row| Ok((row.parsed("verdict")?, row.time()?))))
    }

    /// Numbers that are missing or used twice, for each delegation that counts grants and that entries of this journal were
    /// signed under. All journals that are known are looked at.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn journal_numbers(&self, journal: &Hash) -> Result<Vec<Numbers>> {
        let id = journal.to_string();
        self.read(|c| {
            let two = |row: &mut Columns<'_>| Ok((row.time()?, row.time()?));
            let mut found = Vec::new();
            for delegation in list(c, DELEGATIONS, [&id], |row| row.text())? {
                let gaps = list(c, GAPS, [&delegation], two)?;
                let twice = list(c, TWICE, [&delegation], two)?;
                found.push(Numbers { delegation, gaps, twice });
            }
            Ok(found)
        })
    }
}

/// Whether this line is the first one of the journal, or an entry that is known.
pub(crate) fn knows(c: &Connection, opening: &JournalOpening, n: u64, hash: &Hash) -> Result<bool> {
    if n == 0 {
        return Ok(*hash == opening.hash);
    }
    let values = (opening.hash.to_string(), seconds(n), hash.to_string());
    Ok(find(c, KNOWN, values, |_| Ok(()))?.is_some())
}

/// What became of an entry that came before.
pub(crate) fn known(
    c: &Connection,
    opening: &JournalOpening,
    entry: &NewEntry,
) -> Result<Option<(Verdict, String)>> {
    let values = (opening.hash.to_string(), seconds(entry.n), entry.hash.to_string());
    find(c, KNOWN, values, |row| Ok((row.parsed("verdict")?, row.text()?)))
}

/// When the first receipt for this activation was signed that this device got.
pub(crate) fn receipt_for(
    c: &Connection,
    activation: &Id,
    device: &Thumbprint,
) -> Result<Option<UnixSeconds>> {
    let values = (activation.to_string(), device.to_string());
    Ok(find(c, RECEIPT, values, |row| row.optional_time())?.flatten())
}

pub(crate) fn insert(
    c: &Connection,
    opening: &JournalOpening,
    entry: &NewEntry,
    verdict: Verdict,
    why: &str,
    now: UnixSeconds,
) -> Result<()> {
    let response = entry.response.as_ref().ok().and_then(Option::as_ref);
    let granted = response.and_then(|response| response.granted());
    let license = granted.and_then(|granted| granted.grant.license.as_ref());
    let (kind, given_up) = match response.map(|response| &response.answer) {
        None if entry.response.is_ok() => ("release", None),
        None => ("unread", None),
        Some(Said::Activation(_)) => ("activation", None),
        Some(Said::Trial(_)) => ("trial", None),
        Some(Said::Deactivation { activation }) => ("deactivation", Some(activation.to_string())),
        Some(Said::TimeReset) => ("time-reset", None),
    };
    let values = crate::engine::params::params![
        opening.hash.to_string(),
        seconds(entry.n),
        entry.hash.to_string(),
        entry.prev.to_string(),
        seconds(entry.at),
        kind,
        entry.request.to_string(),
        response.map(|response| response.id.to_string()),
        license.map(|license| license.id.to_string()),
        response.map(|response| response.product.as_str()),
        response.map(|response| response.device.to_string()),
        given_up,
        entry.delegation.map(|delegation| delegation.to_string()),
        optional_seconds(entry.number),
        optional_seconds(granted.and_then(|granted| granted.grant.expires_at)),
        optional_seconds(granted.map(|granted| granted.import_by)),
        entry.token,
        verdict.as_str(),
        why,
        seconds(now),
    ];
    run(c, INSERT, values).map(|_| ())
}

fn map(row: &mut Columns<'_>) -> Result<JournalEntry> {
    let mut entry = JournalEntry {
        journal: row.parsed("journal")?,
        n: row.time()?,
        hash: row.parsed("hash")?,
        signed_at: row.time()?,
        kind: row.text()?,
        request: row.parsed("hash")?,
        response: row.optional("response id")?,
        license: row.optional("license id")?,
        product: row.take()?,
        device: row.optional("device key")?,
        activation: row.optional("activation id")?,
        number: row.optional_time()?,
        expires_at: row.optional_time()?,
        verdict: row.parsed("verdict")?,
        why: row.text()?,
        merged_at: row.time()?,
        state: row.optional("activation state")?,
        device_name: row.take()?,
        is_duplicate: false,
    };
    let (elsewhere, answered) = (row.time()?, row.time()?);
    entry.is_duplicate = elsewhere + answered > 0;
    Ok(entry)
}
