//! Merging: what other signers have signed, taken into the portal's count.
//!
//! What became of a license's machines follows from the set of what was signed, not from the order in which it came. A grant
//! *holds its seat* unless
//! 1. its seat was released, or a receipt says that it was given up;
//! 2. its machine gave up another answer to the same request;
//! 3. its machine has a newer grant (by time of signing, then by id);
//! 4. another device has a newer grant, and is the same machine by the license's strategy: a reinstallation.
//!
//! Each is a matter of one or two facts, and none of them ever ends. So a new fact is compared with those that are known, and
//! it does not matter which of two came first.

mod grant;
mod holder;
mod receipt;

use countersign_core::response::{Answer as Said, Response};
use countersign_core::{Hash, UnixSeconds};

pub(crate) use grant::{Origin, merge_grant};

use crate::engine::Connection;
use crate::error::Result;
use crate::journal::{self, JournalOpening};
use crate::journal_entry::{self, Verdict};
use crate::{Store, answer, find, trial};

const IS_ANSWER: &str = "SELECT 1 FROM answer WHERE request_hash = ?1 AND token = ?2";
const KNOWN_RENEWAL: &str =
    "SELECT 1 FROM renewal WHERE activation_id = ?1 AND request_hash = ?2 AND token = ?3";
const KNOWN_RENEWAL_OF_TRIAL: &str =
    "SELECT 1 FROM trial_renewal WHERE trial_id = ?1 AND request_hash = ?2 AND token = ?3";

/// An entry of a journal as it came, with what its response says where that could be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Its number.
    pub n: u64,
    /// SHA-256 of its line.
    pub hash: Hash,
    /// SHA-256 of the line before it.
    pub prev: Hash,
    /// When it was signed, as its line says.
    pub at: UnixSeconds,
    /// SHA-256 of the request.
    pub request: Hash,
    /// The response token.
    pub token: String,
    /// What the response says, or nothing where a release was signed; or in words why it is not believed.
    pub response: std::result::Result<Option<Response>, String>,
    /// The delegation that it was signed under.
    pub delegation: Option<Hash>,
    /// Its number under that delegation.
    pub number: Option<u64>,
    /// The holder of that delegation.
    pub holder: Option<String>,
}

/// How a part of a journal was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// It is stored.
    Done(Vec<MergedEntry>),
    /// Its first entry follows from none that is known: nothing was stored.
    DoesNotFollow,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedEntry {
    /// Its number.
    pub n: u64,
    /// Whether it came for the first time.
    pub is_new: bool,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, where that needs words.
    pub why: String,
    /// The license that it counts for.
    pub license: Option<countersign_core::LicenseId>,
    /// The same request had been answered otherwise, by the portal or in another journal.
    pub is_duplicate: bool,
}

impl Store {
    /// Takes entries of a journal in that follow one another. Those that are known change nothing.
    ///
    /// # Errors
    /// When the database fails: nothing is stored then.
    pub async fn merge_journal(
        &self,
        opening: JournalOpening,
        entries: Vec<NewEntry>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<Merged> {
        let actor = actor.to_owned();
        self.write(move |c| merge_in(c, &opening, &entries, &actor, now)).await
    }
}

fn merge_in(
    c: &Connection,
    opening: &JournalOpening,
    entries: &[NewEntry],
    actor: &str,
    now: UnixSeconds,
) -> Result<Merged> {
    journal::open(c, opening, actor, now)?;
    let mut before = None;
    for entry in entries {
        let follows = match before {
            None => journal_entry::knows(c, opening, entry.n.wrapping_sub(1), &entry.prev)?,
            Some((n, hash)) => entry.n == n + 1 && entry.prev == hash,
        };
        if !follows {
            return Ok(Merged::DoesNotFollow);
        }
        before = Some((entry.n, entry.hash));
    }
    let mut done = Vec::with_capacity(entries.len());
    let mut more = 0;
    for entry in entries {
        let merged = take_in(c, opening, entry, actor, now)?;
        more += u64::from(merged.is_new);
        done.push(merged);
    }
    if more > 0 {
        journal::pushed(c, opening, entries, more, actor, now)?;
    }
    Ok(Merged::Done(done))
}

fn take_in(
    c: &Connection,
    opening: &JournalOpening,
    entry: &NewEntry,
    actor: &str,
    now: UnixSeconds,
) -> Result<MergedEntry> {
    if let Some((verdict, why)) = journal_entry::known(c, opening, entry)? {
        let (n, license) = (entry.n, license_of(entry));
        return Ok(MergedEntry { n, is_new: false, verdict, why, license, is_duplicate: false });
    }
    let is_duplicate =
        answer::find_answer(c, &entry.request)?.is_some_and(|answer| answer.token != entry.token);
    let (verdict, why) = match &entry.response {
        Ok(Some(response)) => (judge(c, entry, response, actor, now)?, String::new()),
        Ok(None) => (Verdict::Noted, String::new()),
        Err(why) => (Verdict::NotVerified, why.clone()),
    };
    journal_entry::insert(c, opening, entry, verdict, &why, now)?;
    if verdict.is_believed() {
        let granted = entry.response.as_ref().ok().and_then(Option::as_ref);
        let granted = granted.filter(|r| matches!(r.answer, Said::Activation(_)));
        let activation = granted.map(|response| &response.id);
        answer::learn_answer(c, &entry.request, &entry.token, activation, None, entry.at)?;
    }
    let (n, license) = (entry.n, license_of(entry));
    Ok(MergedEntry { n, is_new: true, verdict, why, license, is_duplicate })
}

fn license_of(entry: &NewEntry) -> Option<countersign_core::LicenseId> {
    let granted = entry.response.as_ref().ok()?.as_ref()?.granted()?;
    granted.grant.license.as_ref().map(|license| license.id)
}

/// What becomes of a response that is believed, and it done.
fn judge(
    c: &Connection,
    entry: &NewEntry,
    response: &Response,
    actor: &str,
    now: UnixSeconds,
) -> Result<Verdict> {
    if is_known(c, entry, response)? {
        return Ok(Verdict::Known);
    }
    match &response.answer {
        Said::Activation(granted) => merge_grant(c, response, granted, Origin::Journal, actor, now),
        Said::Deactivation { activation } => {
            receipt::merge_receipt(c, response, activation, actor, now)
        }
        Said::Trial(granted) => trial::merge(c, response, granted, now),
        Said::TimeReset => Ok(Verdict::Noted),
    }
}

/// Whether the portal has this very response: its own, or one that came before.
fn is_known(c: &Connection, entry: &NewEntry, response: &Response) -> Result<bool> {
    let request = entry.request.to_string();
    if find(c, IS_ANSWER, (&request, &entry.token), |_| Ok(()))?.is_some() {
        return Ok(true);
    }
    let values = (response.id.to_string(), &request, &entry.token);
    let sql = match response.answer {
        Said::Trial(_) => KNOWN_RENEWAL_OF_TRIAL,
        _ => KNOWN_RENEWAL,
    };
    Ok(find(c, sql, values, |_| Ok(()))?.is_some())
}
