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

use crate::engine::Connection;
use countersign_core::response::{Answer as Said, Granted, Response};
use countersign_core::{Hash, Id, UnixSeconds};

use crate::activation::{self, Activation, ActivationState};
use crate::error::Result;
use crate::journal::{self, JournalOpening};
use crate::journal_entry::{self, Verdict};
use crate::license::{self, License};
use crate::row::{Columns, optional_seconds, seconds};
use crate::webhook_event::{self, Topic};
use crate::{
    Store, activate, answer, audit, deactivation, find, fingerprint, list, release, run, seat,
    trial,
};

const INSERT: &str = "INSERT INTO activation (id, license_id, seat, device_key, fingerprint, device_name, \
    device_name_folded, state, created_at, expires_at, import_by, ended_at, door, request_id, request_hash, granted_at) \
    VALUES (?1, ?2, ?1, ?3, ?4, NULL, '', ?5, ?6, ?7, ?8, ?9, ?12, ?10, ?11, ?6)";
const REVIVE: &str = "UPDATE activation SET state = 'active', ended_at = NULL, group_id = NULL WHERE id = ?1 AND state = 'replaced'";
const BEGUN: &str =
    "UPDATE activation SET created_at = ?2 WHERE id = ?1 AND door = 'journal' AND created_at > ?2";
const PROLONG: &str = "UPDATE activation SET granted_at = ?2, expires_at = ?3, import_by = ?4, request_id = ?5, \
    request_hash = ?6 WHERE id = ?1 AND granted_at < ?2";
// The portal's own answer to the request before, kept as a response for the activation: which requests it answered counts (rule 2).
const KEEP_ANSWER: &str = "INSERT INTO renewal (activation_id, request_hash, revision, issued_at, import_by, token) \
    SELECT a.id, a.request_hash, 0, w.created_at, a.import_by, w.token FROM activation a \
    JOIN answer w ON w.request_hash = a.request_hash WHERE a.id = ?1 AND NOT EXISTS (SELECT 1 FROM journal_entry e \
        WHERE e.request_hash = a.request_hash AND e.token = w.token AND e.verdict = 'counted') \
    ON CONFLICT (activation_id, request_hash, revision, issued_at) DO NOTHING";
const NEWER_OF_DEVICE: &str = "SELECT MIN(created_at) FROM activation WHERE license_id = ?1 AND device_key = ?2 AND id <> ?3 \
    AND state IN ('deactivated', 'replaced', 'released') AND (granted_at, id) > (?4, ?3)";
const GIVEN_UP: &str = "UPDATE activation SET state = 'deactivated', ended_at = ?2 \
    WHERE id = ?1 AND state IN ('active', 'returned', 'replaced')";
const GIVEN_UP_EARLIER: &str =
    "UPDATE activation SET ended_at = ?2 WHERE id = ?1 AND state = 'deactivated' AND ended_at > ?2";
const SIGNED_IN_JOURNALS: &str = "SELECT signed_at, request_hash FROM journal_entry \
    WHERE response_id = ?1 AND verdict = 'counted' AND signed_at <= ?2 ORDER BY signed_at DESC LIMIT 1";
const SIGNED_WITHOUT_REQUEST: &str = "SELECT issued_at, request_hash FROM renewal \
    WHERE activation_id = ?1 AND issued_at <= ?2 ORDER BY issued_at DESC LIMIT 1";
const PORTALS_ANSWER: &str = "SELECT w.created_at, w.request_hash FROM activation a JOIN answer w ON w.request_hash = a.request_hash \
    WHERE a.id = ?1 AND NOT EXISTS (SELECT 1 FROM journal_entry e \
        WHERE e.request_hash = a.request_hash AND e.token = w.token AND e.verdict = 'counted')";
const KEPT_LATER: &str =
    "SELECT 1 FROM renewal WHERE activation_id = ?1 AND revision = 0 AND issued_at > ?2 LIMIT 1";
const FORGET_LATER: &str = "UPDATE activation SET granted_at = CASE WHEN created_at > ?2 THEN created_at ELSE ?2 END, \
    request_id = NULL, request_hash = ?3 WHERE id = ?1";
const REPLACED_OF_DEVICE: &str = "SELECT id FROM activation WHERE license_id = ?1 AND device_key = ?2 \
    AND state IN ('deactivated', 'replaced', 'released') AND state = 'replaced' ORDER BY granted_at DESC, id DESC";
const KNPORTALS_ANSWER: &str = "SELECT 1 FROM answer WHERE request_hash = ?1 AND token = ?2";
const KNOWN_RENEWAL: &str =
    "SELECT 1 FROM renewal WHERE activation_id = ?1 AND request_hash = ?2 AND token = ?3";
const KNOWN_RENEWAL_OF_TRIAL: &str =
    "SELECT 1 FROM trial_renewal WHERE trial_id = ?1 AND request_hash = ?2 AND token = ?3";
const LEARN: &str = "INSERT INTO answer (request_hash, token, device_name, created_at) VALUES (?1, ?2, NULL, ?3) \
    ON CONFLICT (request_hash) DO NOTHING";
const FIRST: &str = "UPDATE license SET first_activated_at = ?2, revision = revision + 1, \
    expires_at = CASE WHEN validity = 'from-first-activation' \
        AND (expires_at IS NULL OR expires_at = first_activated_at + validity_seconds) \
        THEN ?2 + validity_seconds ELSE expires_at END \
    WHERE id = ?1 AND (first_activated_at IS NULL OR first_activated_at > ?2)";

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
        let values = (entry.request.to_string(), &entry.token, seconds(entry.at));
        run(c, LEARN, values)?;
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
        Said::Deactivation { activation } => merge_receipt(c, response, activation, actor, now),
        Said::Trial(granted) => trial::merge(c, response, granted, now),
        Said::TimeReset => Ok(Verdict::Noted),
    }
}

/// Whether the portal has this very response: its own, or one that came before.
fn is_known(c: &Connection, entry: &NewEntry, response: &Response) -> Result<bool> {
    let request = entry.request.to_string();
    if find(c, KNPORTALS_ANSWER, (&request, &entry.token), |_| Ok(()))?.is_some() {
        return Ok(true);
    }
    let values = (response.id.to_string(), &request, &entry.token);
    let sql = match response.answer {
        Said::Trial(_) => KNOWN_RENEWAL_OF_TRIAL,
        _ => KNOWN_RENEWAL,
    };
    Ok(find(c, sql, values, |_| Ok(()))?.is_some())
}

/// Where a grant was learned of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The journal of another signer.
    Journal,
    /// Its machine brought it along (`recognise.rs`).
    Machine,
}

impl Origin {
    /// As the door of the activation.
    fn as_str(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Machine => "machine",
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Journal => "activation.merge",
            Self::Machine => "activation.recognise",
        }
    }
}

/// Takes a grant that somebody signed for the vendor into its license's count, beyond its limit where it is.
pub(crate) fn merge_grant(
    c: &Connection,
    response: &Response,
    granted: &Granted,
    origin: Origin,
    actor: &str,
    now: UnixSeconds,
) -> Result<Verdict> {
    let Some(named) = &granted.grant.license else { return Ok(Verdict::UnknownLicense) };
    let Some(license) = license::find_license(c, &named.id)? else {
        return Ok(Verdict::UnknownLicense);
    };
    if license.product != response.product {
        return Ok(Verdict::OtherProduct);
    }
    let at = response.issued_at;
    let known = activation::find_activation(c, &response.id.to_string())?;
    let is_other = |a: &Activation| a.license != license.id || a.device_key != response.device;
    if known.as_ref().is_some_and(is_other) {
        return Ok(Verdict::OtherActivation);
    }
    let grant = Activation {
        id: response.id,
        license: license.id,
        seat: response.id,
        device_key: response.device,
        fingerprint: granted.binding.fingerprint.clone(),
        device_name: None,
        platform: None,
        app_version: None,
        state: ActivationState::Active,
        created_at: at,
        granted_at: at,
        expires_at: granted.grant.expires_at,
        import_by: granted.import_by,
        ended_at: None,
        door: origin.as_str().to_owned(),
        by_user: None,
        by_name: None,
        group: None,
        request: Some((response.request.id, response.request.hash)),
        release: None,
    };
    let mut count = seat::Merged::default();
    let is_new = known.is_none();
    match known {
        Some(known) => again(c, &license, &known, grant, &mut count)?,
        None => add(c, &license, grant, &mut count)?,
    }
    seat::merge(c, &license.id, count)?;
    start(c, &license, at)?;
    if webhook_event::is_heard(c)? {
        tell(c, &license, &response.id, is_new, origin, now)?;
    }
    let (of, subject) = (license.organization, response.id.to_string());
    audit::record_in(c, of, now, actor, origin.action(), &subject, "")?;
    Ok(Verdict::Counted)
}

/// Tells webhooks of a machine that another signer activated, and of a license of which more is in use now than there is.
fn tell(
    c: &Connection,
    before: &License,
    activation: &Id,
    is_new: bool,
    origin: Origin,
    now: UnixSeconds,
) -> Result<()> {
    let once = activation.to_string();
    let holds = |a: Activation| a.state.holds_seat();
    if is_new && activation::find_activation(c, &once)?.is_some_and(holds) {
        let further = [
            ("how", origin.as_str().into()),
            ("door", origin.as_str().into()),
            webhook_event::by(None),
        ];
        let topic = Topic::ActivationCreated;
        webhook_event::tell_of_activation(c, topic, activation, &once, now, &further)?;
    }
    let after = license::find_license(c, &before.id)?;
    if let Some(after) = after.filter(|l| l.over_activations > 0 && before.over_activations == 0) {
        let data = || {
            let license = webhook_event::license_data(&after);
            Ok(serde_json::json!({"license": license, "over": after.over_activations}))
        };
        webhook_event::tell(c, Topic::OverrunFound, &once, now, data)?;
    }
    Ok(())
}

/// A grant that was not known.
fn add(
    c: &Connection,
    license: &License,
    mut grant: Activation,
    count: &mut seat::Merged,
) -> Result<()> {
    count.taken += 1;
    let receipt = journal_entry::receipt_for(c, &grant.id, &grant.device_key)?;
    let end = match receipt {
        Some(at) => Some((ActivationState::Deactivated, at)),
        None => superseded(c, license, &grant)?.map(|at| (ActivationState::Replaced, at)),
    };
    (grant.state, grant.ended_at) = match end {
        Some((state, at)) => (state, Some(at)),
        None => (ActivationState::Active, None),
    };
    count.given_up += u64::from(receipt.is_some());
    if receipt.is_some_and(|at| at < grant.granted_at) {
        // A further response, signed when it had been given up: what it was before is still to come.
        grant.request = None;
    }
    supersede(c, license, &grant, count)?;
    insert(c, &grant)?;
    if receipt.is_some() {
        end_twin(c, &grant, None, count)?;
    }
    let scope = match grant.state.holds_seat() {
        true => grant.license.to_string(),
        false => activation::ended_scope(&grant.license),
    };
    count.live += i64::from(grant.state.holds_seat());
    fingerprint::insert(c, &scope, &grant.fingerprint, &grant.id.to_string())
}

/// A further response of an activation that is known: of a signer that renews as the portal does.
fn again(
    c: &Connection,
    license: &License,
    known: &Activation,
    grant: Activation,
    count: &mut seat::Merged,
) -> Result<()> {
    let id = known.id.to_string();
    run(c, BEGUN, (&id, seconds(grant.granted_at)))?;
    let request = grant.request.map(|(_, hash)| hash);
    if let (ActivationState::Deactivated, Some(given_up)) = (known.state, known.ended_at) {
        let further = Some(&grant).filter(|grant| grant.granted_at <= given_up);
        if known.granted_at > given_up {
            return forget_later(c, known, given_up, further, count);
        }
        if further.is_none() {
            // Signed for something that had been given up: no machine installs it.
            return Ok(());
        }
    }
    if grant.granted_at > known.granted_at {
        prolong(c, license, known, grant, count)?;
    }
    let is_out = matches!(known.state, ActivationState::Deactivated | ActivationState::Released);
    if is_out { end_twin(c, known, request, count) } else { Ok(()) }
}

/// The newest response of an activation.
fn prolong(
    c: &Connection,
    license: &License,
    known: &Activation,
    grant: Activation,
    count: &mut seat::Merged,
) -> Result<()> {
    let id = known.id.to_string();
    let request = grant.request.map(|(id, hash)| (id.to_string(), hash.to_string()));
    let (request_id, request_hash) = request.unwrap_or_default();
    let (at, import_by) = (seconds(grant.granted_at), seconds(grant.import_by));
    let end = optional_seconds(grant.expires_at);
    run(c, KEEP_ANSWER, [&id])?;
    run(c, PROLONG, (&id, at, end, import_by, request_id, request_hash))?;
    // The machine stays as it is known: the same activation is the same device.
    let grant = Activation { fingerprint: known.fingerprint.clone(), ..grant };
    let was_replaced = known.state == ActivationState::Replaced;
    let is_superseded = superseded(c, license, &grant)?;
    supersede(c, license, &grant, count)?;
    match is_superseded {
        None if was_replaced => revive(c, known, count),
        Some(at) if known.state.holds_seat() => hand_over(c, known, at, count),
        _ => Ok(()),
    }
}

/// What had been superseded holds its seat again, of the license alone: its group's seat may be another machine's by now.
fn revive(c: &Connection, former: &Activation, count: &mut seat::Merged) -> Result<()> {
    let id = former.id.to_string();
    if run(c, REVIVE, [&id])? == 1 {
        let (machine, ended) = (&former.fingerprint, activation::ended_scope(&former.license));
        fingerprint::delete(c, &ended, machine, &id)?;
        fingerprint::insert(c, &former.license.to_string(), machine, &id)?;
        count.live += 1;
    }
    Ok(())
}

/// Whether a grant holds no seat by what is known, though nobody gave it up, and since when: rules 2 to 4.
fn superseded(
    c: &Connection,
    license: &License,
    grant: &Activation,
) -> Result<Option<UnixSeconds>> {
    let (id, at) = (grant.id.to_string(), seconds(grant.granted_at));
    if deactivation::given_up_for(c, grant)? {
        return Ok(Some(grant.granted_at));
    }
    let values = (license.id.to_string(), grant.device_key.to_string(), &id, at);
    let newer = find(c, NEWER_OF_DEVICE, values, |row| row.optional_time())?.flatten();
    let live = activation::of_device(c, &license.id, &grant.device_key)?;
    let live = live.filter(|live| is_newer(live, grant)).map(|live| live.created_at);
    if let Some(since) = newer.into_iter().chain(live).min() {
        return Ok(Some(since.max(grant.granted_at)));
    }
    for scope in [license.id.to_string(), activation::ended_scope(&license.id)] {
        let machine = &grant.fingerprint;
        for other in fingerprint::candidates_for(c, &scope, machine, license.strategy)? {
            let other = activation::find_activation(c, &other)?;
            let replaces = |other: &Activation| {
                other.license == license.id
                    && other.device_key != grant.device_key
                    && is_newer(other, grant)
                    && activate::recognises(license.strategy, machine, &other.fingerprint)
            };
            if let Some(other) = other.filter(replaces) {
                return Ok(Some(other.created_at.max(grant.granted_at)));
            }
        }
    }
    Ok(None)
}

/// Of two grants the one that counts.
fn is_newer(one: &Activation, other: &Activation) -> bool {
    let rank = |a: &Activation| (a.granted_at, a.id.to_string());
    one.id != other.id && rank(one) > rank(other)
}

/// Ends what holds a seat and what this grant is newer than: rules 3 and 4 seen from the other side.
fn supersede(
    c: &Connection,
    license: &License,
    grant: &Activation,
    count: &mut seat::Merged,
) -> Result<()> {
    let own = activation::of_device(c, &license.id, &grant.device_key)?;
    let mut older: Vec<Activation> = own.into_iter().collect();
    let (scope, machine) = (license.id.to_string(), &grant.fingerprint);
    for other in fingerprint::candidates(c, &scope, machine, license.strategy)? {
        let other = activation::find_activation(c, &other)?;
        let is_same = |other: &Activation| {
            other.license == license.id
                && other.device_key != grant.device_key
                && activate::recognises(license.strategy, &other.fingerprint, machine)
        };
        older.extend(other.filter(is_same));
    }
    for older in older.iter().filter(|older| is_newer(grant, older)) {
        hand_over(c, older, grant.created_at.max(older.granted_at), count)?;
    }
    Ok(())
}

/// What held a seat holds it no more: something newer has it, or nobody.
fn hand_over(
    c: &Connection,
    older: &Activation,
    at: UnixSeconds,
    count: &mut seat::Merged,
) -> Result<()> {
    if activation::end(c, older, ActivationState::Replaced, at)? {
        count.live -= 1;
        crate::group_seat::give_back(c, older.group, &older.license)?;
    }
    Ok(())
}

fn insert(c: &Connection, grant: &Activation) -> Result<()> {
    let (request_id, request_hash) = match &grant.request {
        Some((id, hash)) => (Some(id.to_string()), Some(hash.to_string())),
        None => (None, None),
    };
    let values = (
        grant.id.to_string(),
        grant.license.to_string(),
        grant.device_key.to_string(),
        grant.fingerprint.to_json().to_string(),
        grant.state.as_str(),
        seconds(grant.granted_at),
        optional_seconds(grant.expires_at),
        seconds(grant.import_by),
        optional_seconds(grant.ended_at),
        request_id,
        request_hash,
        &grant.door,
    );
    run(c, INSERT, values).map(|_| ())
}

/// The first activation of a license is the one that was signed first, whoever signed it.
fn start(c: &Connection, license: &License, at: UnixSeconds) -> Result<()> {
    if license.first_activated_at.is_none_or(|first| first > at) {
        run(c, FIRST, (license.id.to_string(), seconds(at)))?;
    }
    Ok(())
}

fn merge_receipt(
    c: &Connection,
    response: &Response,
    activation: &Id,
    actor: &str,
    now: UnixSeconds,
) -> Result<Verdict> {
    let Some(given_up) = activation::find_activation(c, &activation.to_string())? else {
        // It is remembered: the activation may stand in a journal that is still to come.
        return Ok(Verdict::Receipt);
    };
    if given_up.device_key != response.device {
        return Ok(Verdict::OtherDevice);
    }
    let mut count = seat::Merged::default();
    give_up(c, &given_up, response.issued_at, &mut count)?;
    seat::merge(c, &given_up.license, count)?;
    if count != seat::Merged::default() {
        let (of, subject) = (&given_up.license, activation.to_string());
        audit::record_of_license(c, of, now, actor, "activation.merge-receipt", &subject, "")?;
        let once = format!("{activation}:journal");
        let further = [("seat_freed", (count.live < 0).into()), webhook_event::by(None)];
        let topic = Topic::DeactivationCreated;
        webhook_event::tell_of_activation(c, topic, activation, &once, now, &further)?;
    }
    Ok(Verdict::Receipt)
}

fn give_up(
    c: &Connection,
    given_up: &Activation,
    at: UnixSeconds,
    count: &mut seat::Merged,
) -> Result<()> {
    let id = given_up.id.to_string();
    match given_up.state {
        ActivationState::Released => return release::late_proof(c, given_up, at),
        ActivationState::Deactivated => {
            run(c, GIVEN_UP_EARLIER, (&id, seconds(at)))?;
        }
        _ => {
            run(c, GIVEN_UP, (&id, seconds(at)))?;
            count.given_up += 1;
            if given_up.state.holds_seat() {
                count.live -= 1;
                activation::note_end(c, given_up)?;
                crate::group_seat::give_back(c, given_up.group, &given_up.license)?;
            }
        }
    }
    if given_up.granted_at > at {
        return forget_later(c, given_up, at, None, count);
    }
    end_twin(c, given_up, None, count)
}

/// What was signed for an activation after it had been given up at another desk, by the portal too, which did not know of it:
/// no machine installs that, and so it takes nothing from other grants. What counts is the latest that was signed before. Of requests
/// that the portal answered in turn it remembers the last one alone: where that was too late, there may have been others, and the
/// activation counts as signed when it was given up.
fn forget_later(
    c: &Connection,
    given_up: &Activation,
    at: UnixSeconds,
    further: Option<&Activation>,
    count: &mut seat::Merged,
) -> Result<()> {
    let (id, until) = (given_up.id.to_string(), seconds(at));
    let signed = |row: &mut Columns<'_>| Ok((row.time()?, row.parsed::<Hash>("request hash")?));
    let mut before = list(c, SIGNED_IN_JOURNALS, (&id, until), signed)?;
    before.extend(list(c, SIGNED_WITHOUT_REQUEST, (&id, until), signed)?);
    let own = find(c, PORTALS_ANSWER, [&id], signed)?;
    before.extend(own.filter(|(signed_at, _)| *signed_at <= at));
    let further = further.and_then(|g| Some((g.granted_at, g.request.map(|(_, hash)| hash)?)));
    before.extend(further);
    let last = before.into_iter().max_by_key(|(signed_at, _)| *signed_at);
    // An earlier receipt than the one that was known: it was too late by that one, too.
    let was_late = given_up.ended_at == Some(given_up.granted_at);
    let own_is_late = was_late
        || own.is_some_and(|(signed_at, _)| signed_at > at)
        || find(c, KEPT_LATER, (&id, until), |_| Ok(()))?.is_some();
    let granted_at = if own_is_late { at } else { last.map_or(0, |(signed_at, _)| signed_at) };
    let request = last.map(|(_, request)| request.to_string());
    run(c, FORGET_LATER, (&id, seconds(granted_at), request))?;
    end_twin(c, given_up, further.map(|(_, request)| request), count)?;
    come_back(c, given_up, count)
}

/// Grants of the same device or machine hold their seat again, if nothing else took it from them than what was forgotten.
fn come_back(c: &Connection, forgotten: &Activation, count: &mut seat::Merged) -> Result<()> {
    let Some(license) = license::find_license(c, &forgotten.license)? else { return Ok(()) };
    let values = (license.id.to_string(), forgotten.device_key.to_string());
    let mut ids = list(c, REPLACED_OF_DEVICE, values, |row| row.text())?;
    let (ended, machine) = (activation::ended_scope(&license.id), &forgotten.fingerprint);
    ids.extend(fingerprint::candidates(c, &ended, machine, license.strategy)?);
    let mut former = Vec::new();
    for id in ids {
        let is_former =
            |a: &Activation| a.license == license.id && a.state == ActivationState::Replaced;
        former.extend(activation::find_activation(c, &id)?.filter(is_former));
    }
    former.sort_by_key(|a| (a.granted_at, a.id.to_string()));
    for former in former.iter().rev() {
        if superseded(c, &license, former)?.is_none() {
            revive(c, former, count)?;
        }
    }
    Ok(())
}

/// Another answer to the same request holds the machine's seat: it goes with the one that was given up. `also` is a request that
/// this one is found to have answered just now.
fn end_twin(
    c: &Connection,
    given_up: &Activation,
    also: Option<Hash>,
    count: &mut seat::Merged,
) -> Result<()> {
    let live = activation::of_device(c, &given_up.license, &given_up.device_key)?;
    let Some(live) = live.filter(|live| live.id != given_up.id) else { return Ok(()) };
    let answers_it = also.is_some() && live.request.map(|(_, hash)| hash) == also;
    match answers_it || deactivation::given_up_for(c, &live)? {
        true => hand_over(c, &live, live.granted_at, count),
        false => Ok(()),
    }
}
