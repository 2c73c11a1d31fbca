//! A grant that somebody else signed, taken into its license's count.

use countersign_core::Id;
use countersign_core::UnixSeconds;
use countersign_core::response::{Granted, Response};

use super::holder::{end_twin, hand_over, revive, supersede, superseded};
use super::receipt::forget_later;
use crate::activation::{self, Activation, ActivationState};
use crate::engine::Connection;
use crate::error::Result;
use crate::journal_entry::{self, Verdict};
use crate::license::{self, License};
use crate::row::{optional_seconds, seconds};
use crate::webhook_event::{self, Topic};
use crate::{audit, fingerprint, run, seat};

const INSERT: &str = "INSERT INTO activation (id, license_id, seat, device_key, fingerprint, device_name, \
    device_name_folded, state, created_at, expires_at, import_by, ended_at, door, request_id, request_hash, granted_at) \
    VALUES (?1, ?2, ?1, ?3, ?4, NULL, '', ?5, ?6, ?7, ?8, ?9, ?12, ?10, ?11, ?6)";
const BEGUN: &str =
    "UPDATE activation SET created_at = ?2 WHERE id = ?1 AND door = 'journal' AND created_at > ?2";
const PROLONG: &str = "UPDATE activation SET granted_at = ?2, expires_at = ?3, import_by = ?4, request_id = ?5, \
    request_hash = ?6 WHERE id = ?1 AND granted_at < ?2";
// The portal's own answer to the request before, kept as a response for the activation: which requests it answered counts (rule 2).
const KEEP_ANSWER: &str = "INSERT INTO renewal (activation_id, request_hash, revision, issued_at, import_by, token) \
    SELECT a.id, a.request_hash, 0, w.created_at, a.import_by, w.token FROM activation a \
    JOIN answer w ON w.request_hash = a.request_hash AND (w.activation_id = a.id OR w.activation_id IS NULL) \
    WHERE a.id = ?1 AND NOT EXISTS (SELECT 1 FROM journal_entry e \
        WHERE e.request_hash = a.request_hash AND e.token = w.token AND e.verdict = 'counted') \
    ON CONFLICT (activation_id, request_hash, revision, issued_at) DO NOTHING";
const FIRST: &str = "UPDATE license SET first_activated_at = ?2, revision = revision + 1, \
    expires_at = CASE WHEN validity = 'from-first-activation' \
        AND (expires_at IS NULL OR expires_at = first_activated_at + validity_seconds) \
        THEN ?2 + validity_seconds ELSE expires_at END \
    WHERE id = ?1 AND (first_activated_at IS NULL OR first_activated_at > ?2)";

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
        false => activation::ended_scope(grant.license),
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
