//! Deactivations: a machine has given its activation up, and proves it. A proof is recorded whatever the limit says.

use crate::engine::Connection;
use crate::engine::writer::Scope;
use countersign_core::{Hash, Id, LicenseId, Thumbprint, UnixSeconds};

use crate::activation::{self, Activation, ActivationState};
use crate::answer::{self, Answer};
use crate::error::Result;
use crate::row::seconds;
use crate::{Store, audit, find, group_seat, receipt, release, run, seat, webhook_event};

const PROVEN: &str = "UPDATE activation SET state = 'deactivated', ended_at = ?2 WHERE id = ?1 AND state = 'replaced'";
// An activation may have answered several requests: the last one stands in its row, others where they were signed. What was signed
// after it had been given up is no answer that anybody has.
const GIVEN_UP_FOR: &str = "SELECT 1 FROM activation a WHERE a.license_id = ?1 AND a.device_key = ?2 \
    AND a.state IN ('deactivated', 'replaced', 'released') AND a.state <> 'replaced' AND (a.request_hash = ?3 \
    OR EXISTS (SELECT 1 FROM journal_entry e WHERE e.response_id = a.id AND e.request_hash = ?3 AND e.verdict = 'counted' \
        AND (a.state = 'released' OR e.signed_at <= a.ended_at)) \
    OR EXISTS (SELECT 1 FROM renewal n WHERE n.activation_id = a.id AND n.request_hash = ?3 \
        AND (a.state = 'released' OR n.issued_at <= a.ended_at))) LIMIT 1";
const MARK_RETURNED: &str =
    "UPDATE activation SET state = 'returned', ended_at = ?2 WHERE id = ?1 AND state = 'active'";

/// A signed receipt, to be stored with the seat that it frees.
#[derive(Debug, Clone)]
pub struct Deactivate {
    /// The activation that was given up.
    pub activation: Id,
    /// The device key that signed the proof.
    pub device_key: Thumbprint,
    /// Hash of the request.
    pub request_hash: Hash,
    /// The signed receipt.
    pub receipt: String,
    /// Who brought it, if they were logged in.
    pub by_user: Option<Id>,
    /// The time.
    pub now: UnixSeconds,
}

/// How a deactivation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deactivated {
    /// The seat is free and the receipt may be handed out. Also when another proof or a release had freed it before.
    Done,
    /// This request was answered before: hand out that answer.
    Repeated(Answer),
    /// There is no such activation.
    Unknown,
    /// Another device signed the proof.
    OtherDevice,
    /// A newer installation on the same machine holds the seat.
    Replaced,
    /// The proof is recorded, but the license has no deactivation left: the seat stays with that machine.
    UsedUp {
        /// How many the license has.
        allowed: u64,
    },
}

impl Store {
    /// What [`Store::deactivate`] would do. Nothing is stored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deactivation_plan(
        &self,
        id: &Id,
        device_key: &Thumbprint,
    ) -> Result<(Deactivated, Option<Activation>)> {
        self.read(|c| {
            let Some(activation) = activation::find_activation(c, &id.to_string())? else {
                return Ok((Deactivated::Unknown, None));
            };
            let (mut outcome, holds) = match judge(c, &activation, device_key)? {
                Judged::Own => (Deactivated::Done, activation.state.holds_seat()),
                Judged::Twin(_) => (Deactivated::Done, true),
                Judged::Spent => (Deactivated::Done, false),
                Judged::Refused(refused) => (refused, false),
            };
            let license = crate::license::find_license(c, &activation.license)?;
            let left = license.as_ref().and_then(crate::License::deactivations_left);
            if holds && left == Some(0) {
                let allowed = license.and_then(|l| l.allowed_deactivations).unwrap_or(0);
                outcome = Deactivated::UsedUp { allowed };
            }
            Ok((outcome, Some(activation)))
        })
    }

    /// Frees the seat and stores the receipt, or records the proof beyond the limit.
    ///
    /// # Errors
    /// When the database fails: nothing is stored then.
    pub async fn deactivate(&self, deactivate: Deactivate) -> Result<Deactivated> {
        // An activation stays with its license.
        let of =
            self.read(|c| activation::find_activation(c, &deactivate.activation.to_string()))?;
        let of = of.map(|activation| activation.license.to_string()).unwrap_or_default();
        self.write_in(Scope::Keys(&[&of]), move |c| deactivate_in(c, &deactivate)).await
    }
}

/// What of a device's activations a proof is about.
enum Judged {
    /// The activation itself.
    Own,
    /// The device got two answers to the request of this activation, and the other one holds the seat.
    Twin(Box<Activation>),
    /// The device has given up another answer to the same request: there is no seat any more.
    Spent,
    /// It may not.
    Refused(Deactivated),
}

/// Whether this device may give this activation up.
fn judge(c: &Connection, activation: &Activation, device_key: &Thumbprint) -> Result<Judged> {
    if activation.device_key != *device_key {
        return Ok(Judged::Refused(Deactivated::OtherDevice));
    }
    if activation.state != ActivationState::Replaced {
        return Ok(Judged::Own);
    }
    let request = activation.request.map(|(_, hash)| hash);
    let live = activation::of_device(c, &activation.license, device_key)?;
    let is_twin = |a: &Activation| request.is_some() && a.request.map(|(_, hash)| hash) == request;
    if let Some(twin) = live.filter(is_twin) {
        return Ok(Judged::Twin(Box::new(twin)));
    }
    Ok(match given_up_for(c, activation)? {
        true => Judged::Spent,
        false => Judged::Refused(Deactivated::Replaced),
    })
}

/// Whether the device has given up an answer to this activation's request.
pub(crate) fn given_up_for(c: &Connection, activation: &Activation) -> Result<bool> {
    let Some((_, request)) = activation.request else { return Ok(false) };
    let Activation { license, device_key, .. } = activation;
    let values = (license.to_string(), device_key.to_string(), request.to_string());
    Ok(find(c, GIVEN_UP_FOR, values, |_| Ok(()))?.is_some())
}

fn deactivate_in(c: &Connection, deactivate: &Deactivate) -> Result<Deactivated> {
    if let Some(answer) = answer::find_answer(c, &deactivate.request_hash)? {
        return Ok(Deactivated::Repeated(answer));
    }
    let Some(activation) = activation::find_activation(c, &deactivate.activation.to_string())?
    else {
        return Ok(Deactivated::Unknown);
    };
    let holder = match judge(c, &activation, &deactivate.device_key)? {
        Judged::Own => Some(activation.clone()).filter(|a| a.state.holds_seat()),
        Judged::Twin(twin) => Some(*twin),
        Judged::Spent => None,
        Judged::Refused(refused) => return Ok(refused),
    };
    let id = activation.id.to_string();
    if activation.state == ActivationState::Released {
        // Its seat is free already: the proof is worth a receipt and nothing more.
        release::late_proof(c, &activation, deactivate.now)?;
        record(c, deactivate, &activation.license, "activation.proof-after-release")?;
    }
    if let Some(holder) = holder
        && let Err(allowed) = free(c, deactivate, &activation, &holder)?
    {
        return Ok(Deactivated::UsedUp { allowed });
    }
    let device_name = activation.device_name.as_deref();
    answer::insert_answer(
        c,
        &deactivate.request_hash,
        &deactivate.receipt,
        None,
        device_name,
        deactivate.now,
    )?;
    receipt::insert(c, &id, &deactivate.request_hash)?;
    Ok(Deactivated::Done)
}

/// Frees the seat that `holder` holds for the machine that gave `activation` up; how many deactivations there are, where none
/// is left.
fn free(
    c: &Connection,
    deactivate: &Deactivate,
    activation: &Activation,
    holder: &Activation,
) -> Result<std::result::Result<(), u64>> {
    let now = deactivate.now;
    if let Err(allowed) = seat::give_up(c, &activation.license)? {
        if run(c, MARK_RETURNED, (holder.id.to_string(), seconds(now)))? == 1 {
            record(c, deactivate, &activation.license, "activation.returned")?;
            tell(c, deactivate, false)?;
        }
        return Ok(Err(allowed));
    }
    if holder.id == activation.id {
        activation::end(c, holder, ActivationState::Deactivated, now)?;
    } else {
        activation::end(c, holder, ActivationState::Replaced, now)?;
        run(c, PROVEN, (activation.id.to_string(), seconds(now)))?;
    }
    group_seat::give_back(c, holder.group, &holder.license)?;
    record(c, deactivate, &activation.license, "activation.deactivate")?;
    tell(c, deactivate, true)?;
    Ok(Ok(()))
}

/// Tells webhooks: whether the seat is free, or stays with the machine.
fn tell(c: &Connection, deactivate: &Deactivate, seat_freed: bool) -> Result<()> {
    let (id, now) = (&deactivate.activation, deactivate.now);
    let once = format!("{id}:{}", if seat_freed { "freed" } else { "kept" });
    let further = [("seat_freed", seat_freed.into()), webhook_event::by(deactivate.by_user)];
    let topic = webhook_event::Topic::DeactivationCreated;
    webhook_event::tell_of_activation(c, topic, id, &once, now, &further)
}

fn record(
    c: &Connection,
    deactivate: &Deactivate,
    license: &LicenseId,
    action: &str,
) -> Result<()> {
    let actor = match deactivate.by_user {
        Some(user) => format!("user:{user}"),
        None => format!("device:{}", deactivate.device_key),
    };
    let subject = deactivate.activation.to_string();
    audit::record_of_license(c, license, deactivate.now, &actor, action, &subject, "")
}
