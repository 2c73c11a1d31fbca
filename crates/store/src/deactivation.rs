//! Deactivations: a machine has given its activation up, and proves it. A proof is recorded whatever the limit says.

use countersign_core::{Hash, Id, LicenseId, Thumbprint, UnixSeconds};
use rusqlite::Connection;

use crate::activation::{self, Activation, ActivationState};
use crate::answer::{self, Answer};
use crate::error::Result;
use crate::row::seconds;
use crate::{Store, audit, fingerprint, group_seat, receipt, release, run};

const FREE_SEAT: &str = "UPDATE license SET live_activations = live_activations - 1, \
    total_deactivations = total_deactivations + 1, revision = revision + 1 \
    WHERE id = ?1 AND (allowed_deactivations IS NULL OR total_deactivations < allowed_deactivations) \
    RETURNING live_activations";
const ALLOWED: &str = "SELECT COALESCE(allowed_deactivations, 0) FROM license WHERE id = ?1";
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
            let mut outcome = judge(&activation, device_key);
            let license = crate::license::find_license(c, &activation.license)?;
            let left = license.as_ref().and_then(crate::License::deactivations_left);
            if outcome == Deactivated::Done && activation.state.holds_seat() && left == Some(0) {
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
        self.write(move |c| deactivate_in(c, &deactivate)).await
    }
}

/// Whether this device may give this activation up.
fn judge(activation: &Activation, device_key: &Thumbprint) -> Deactivated {
    if activation.device_key != *device_key {
        return Deactivated::OtherDevice;
    }
    if activation.state == ActivationState::Replaced {
        Deactivated::Replaced
    } else {
        Deactivated::Done
    }
}

fn deactivate_in(c: &Connection, deactivate: &Deactivate) -> Result<Deactivated> {
    if let Some(answer) = answer::find_answer(c, &deactivate.request_hash)? {
        return Ok(Deactivated::Repeated(answer));
    }
    let Some(activation) = activation::find_activation(c, &deactivate.activation.to_string())?
    else {
        return Ok(Deactivated::Unknown);
    };
    match judge(&activation, &deactivate.device_key) {
        Deactivated::Done => {}
        refused => return Ok(refused),
    }
    let (id, license, now) =
        (activation.id.to_string(), activation.license.to_string(), seconds(deactivate.now));
    if activation.state == ActivationState::Released {
        // Its seat is free already: the proof is worth a receipt and nothing more.
        release::late_proof(c, &activation, deactivate.now)?;
        record(c, deactivate, &activation.license, "activation.proof-after-release")?;
    }
    if activation.state.holds_seat() {
        let freed = crate::find(c, FREE_SEAT, [&license], |row| row.time())?;
        if freed.is_none() {
            if run(c, MARK_RETURNED, (&id, now))? == 1 {
                record(c, deactivate, &activation.license, "activation.returned")?;
            }
            let allowed = crate::find(c, ALLOWED, [&license], |row| row.time())?.unwrap_or(0);
            return Ok(Deactivated::UsedUp { allowed });
        }
        run(c, activation::END, (&id, "deactivated", now))?;
        group_seat::give_back(c, activation.group, &activation.license)?;
        fingerprint::delete(c, &license, &activation.fingerprint, &id)?;
        record(c, deactivate, &activation.license, "activation.deactivate")?;
    }
    let device_name = activation.device_name.as_deref();
    answer::insert_answer(
        c,
        &deactivate.request_hash,
        &deactivate.receipt,
        device_name,
        deactivate.now,
    )?;
    receipt::insert(c, &id, &deactivate.request_hash)?;
    Ok(Deactivated::Done)
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
