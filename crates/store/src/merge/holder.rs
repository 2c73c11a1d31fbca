//! Which of a machine's grants holds its seat: rules 2 to 4.

use countersign_core::{Hash, UnixSeconds};

use crate::activation::{self, Activation, ActivationState};
use crate::engine::Connection;
use crate::error::Result;
use crate::license::{self, License};
use crate::row::seconds;
use crate::{activate, deactivation, find, fingerprint, list, run, seat};

const REVIVE: &str = "UPDATE activation SET state = 'active', ended_at = NULL, group_id = NULL WHERE id = ?1 AND state = 'replaced'";
const NEWER_OF_DEVICE: &str = "SELECT MIN(created_at) FROM activation WHERE license_id = ?1 AND device_key = ?2 AND id <> ?3 \
    AND state IN ('deactivated', 'replaced', 'released') AND (granted_at, id) > (?4, ?3)";
const REPLACED_OF_DEVICE: &str = "SELECT id FROM activation WHERE license_id = ?1 AND device_key = ?2 \
    AND state IN ('deactivated', 'replaced', 'released') AND state = 'replaced' ORDER BY granted_at DESC, id DESC";

/// What had been superseded holds its seat again, of the license alone: its group's seat may be another machine's by now.
pub(super) fn revive(c: &Connection, former: &Activation, count: &mut seat::Merged) -> Result<()> {
    let id = former.id.to_string();
    if run(c, REVIVE, [&id])? == 1 {
        let (machine, ended) = (&former.fingerprint, activation::ended_scope(former.license));
        fingerprint::delete(c, &ended, machine, &id)?;
        fingerprint::insert(c, &former.license.to_string(), machine, &id)?;
        count.live += 1;
    }
    Ok(())
}

/// Whether a grant holds no seat by what is known, though nobody gave it up, and since when: rules 2 to 4.
pub(super) fn superseded(
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
    for scope in [license.id.to_string(), activation::ended_scope(license.id)] {
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
pub(super) fn supersede(
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
pub(super) fn hand_over(
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

/// Grants of the same device or machine hold their seat again, if nothing else took it from them than what was forgotten.
pub(super) fn come_back(
    c: &Connection,
    forgotten: &Activation,
    count: &mut seat::Merged,
) -> Result<()> {
    let Some(license) = license::find_license(c, &forgotten.license)? else { return Ok(()) };
    let values = (license.id.to_string(), forgotten.device_key.to_string());
    let mut ids = list(c, REPLACED_OF_DEVICE, values, |row| row.text())?;
    let (ended, machine) = (activation::ended_scope(license.id), &forgotten.fingerprint);
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
pub(super) fn end_twin(
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
