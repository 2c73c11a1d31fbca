//! What was given up elsewhere, and what that leaves of what was signed for it.

use countersign_core::response::Response;
use countersign_core::{Hash, Id, UnixSeconds};

use super::holder::{come_back, end_twin};
use crate::activation::{self, Activation, ActivationState};
use crate::engine::Connection;
use crate::error::Result;
use crate::journal_entry::Verdict;
use crate::row::{Columns, seconds};
use crate::webhook_event::{self, Topic};
use crate::{audit, find, list, release, run, seat};

const GIVEN_UP: &str = "UPDATE activation SET state = 'deactivated', ended_at = ?2 \
    WHERE id = ?1 AND state IN ('active', 'returned', 'replaced')";
const GIVEN_UP_EARLIER: &str =
    "UPDATE activation SET ended_at = ?2 WHERE id = ?1 AND state = 'deactivated' AND ended_at > ?2";
const SIGNED_IN_JOURNALS: &str = "SELECT signed_at, request_hash FROM journal_entry \
    WHERE response_id = ?1 AND verdict = 'counted' AND signed_at <= ?2 ORDER BY signed_at DESC LIMIT 1";
const SIGNED_WITHOUT_REQUEST: &str = "SELECT issued_at, request_hash FROM renewal \
    WHERE activation_id = ?1 AND issued_at <= ?2 ORDER BY issued_at DESC LIMIT 1";
const PORTALS_ANSWER: &str = "SELECT w.created_at, w.request_hash FROM activation a \
    JOIN answer w ON w.request_hash = a.request_hash AND (w.activation_id = a.id OR w.activation_id IS NULL) \
    WHERE a.id = ?1 AND NOT EXISTS (SELECT 1 FROM journal_entry e \
        WHERE e.request_hash = a.request_hash AND e.token = w.token AND e.verdict = 'counted')";
const KEPT_LATER: &str =
    "SELECT 1 FROM renewal WHERE activation_id = ?1 AND revision = 0 AND issued_at > ?2 LIMIT 1";
const FORGET_LATER: &str = "UPDATE activation SET granted_at = CASE WHEN created_at > ?2 THEN created_at ELSE ?2 END, \
    request_id = NULL, request_hash = ?3 WHERE id = ?1";

pub(super) fn merge_receipt(
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
pub(super) fn forget_later(
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
    let was_late = given_up.state == ActivationState::Deactivated
        && given_up.ended_at == Some(given_up.granted_at);
    let own_is_late = was_late
        || own.is_some_and(|(signed_at, _)| signed_at > at)
        || find(c, KEPT_LATER, (&id, until), |_| Ok(()))?.is_some();
    let granted_at = if own_is_late { at } else { last.map_or(0, |(signed_at, _)| signed_at) };
    let request = last.map(|(_, request)| request.to_string());
    run(c, FORGET_LATER, (&id, seconds(granted_at), request))?;
    end_twin(c, given_up, further.map(|(_, request)| request), count)?;
    come_back(c, given_up, count)
}
