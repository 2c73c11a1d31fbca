//! Releasing the seat of a machine that is lost or dead: without proof, therefore within a quota and after a cool-down, and
//! not forgotten: if the machine comes back, it is recognised.

use crate::engine::Connection;
use countersign_core::fingerprint::Fingerprint;
use countersign_core::request::Device;
use countersign_core::{Id, LicenseId, Thumbprint, UnixSeconds};

use crate::access::{self, Access};
use crate::activation::{self, Activation, ActivationState};
use crate::error::Result;
use crate::license::{self, License};
use crate::row::{Columns, seconds};
use crate::{
    Store, activate, audit, find, fingerprint, group_seat, list, proposal, run, seat, setting,
    webhook_event,
};

/// The setting of how many seats of one license may be released within 365 days so that support releases one more, and what holds
/// where it is not set.
pub const SUPPORT_RELEASES_PER_YEAR: (&str, u64) = ("support_releases_per_year", 5);
/// The setting of how many seats one person of support releases within 24 hours, and what holds where it is not set.
pub const SUPPORT_RELEASES_PER_DAY: (&str, u64) = ("support_releases_per_day", 20);

const DAY: u64 = 86_400;
const YEAR: u64 = 365 * DAY;
const LONGEST_REASON: usize = 200;

const WITHIN: &str = "SELECT COUNT(*), COALESCE(MIN(ended_at), 0), COALESCE(MAX(ended_at), 0) FROM activation \
    WHERE license_id = ?1 AND state = 'released' AND ended_at > ?2";
const BY_PERSON: &str = "SELECT COUNT(*), COALESCE(MIN(ended_at), 0) FROM activation \
    WHERE released_by = ?1 AND state = 'released' AND ended_at > ?2";
const END: &str = "UPDATE activation SET state = 'released', ended_at = ?2, released_by = ?3, release_reason = ?4 \
    WHERE id = ?1 AND state IN ('active', 'returned')";
const COUNT: &str = "UPDATE license SET total_releases = total_releases + 1 WHERE id = ?1";
const OF_DEVICE: &str = "SELECT id FROM activation WHERE license_id = ?1 AND state = 'released' AND device_key = ?2 \
    AND came_back_at IS NULL ORDER BY ended_at DESC LIMIT 1";
const CAME_BACK: &str =
    "UPDATE activation SET came_back_at = ?2 WHERE id = ?1 AND came_back_at IS NULL";

/// A seat to be released.
#[derive(Debug, Clone)]
pub struct Release {
    /// Of which license; an activation of another one does not exist.
    pub license: LicenseId,
    /// The activation of the lost machine.
    pub activation: Id,
    /// Who releases it. Whether they may is looked at again when it is done.
    pub by: Id,
    /// Why, in their words: cut to 200 characters.
    pub reason: String,
    /// What the vendor allows others. Its own admins are held to nothing, and support to limits of its own.
    pub policy: ReleasePolicy,
    /// The time.
    pub now: UnixSeconds,
}

/// How often seats of a license may be released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleasePolicy {
    /// Releases of one license within 365 days.
    pub per_year: u64,
    /// Seconds from one release of a license to the next.
    pub cool_down: u64,
}

/// How a release ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseOutcome {
    /// The seat is free.
    Done,
    /// There is no such activation of this license, or not for this person.
    Unknown,
    /// The license is not theirs to manage: they use it through a group.
    NotTheirs,
    /// The two-person rule holds the vendor's admins back.
    NeedsSecondPerson,
    /// It holds no seat (any more).
    HoldsNoSeat(ActivationState),
    /// The license has no release left this year.
    QuotaUsedUp {
        /// How many there are.
        allowed: u64,
        /// When there is one again; `None`: never, as none are allowed.
        again_at: Option<UnixSeconds>,
    },
    /// Who helps for the vendor has released as many as one person may in a day.
    DayUsedUp {
        /// How many there are.
        allowed: u64,
        /// When there is one again; `None`: never, as none are allowed.
        again_at: Option<UnixSeconds>,
    },
    /// The last release was too short a time ago.
    TooSoon {
        /// When the next one may be.
        again_at: UnixSeconds,
    },
}

impl Store {
    /// Frees the seat of a machine that is lost. It counts as no deactivation.
    ///
    /// # Errors
    /// When the database fails: nothing is stored then.
    pub async fn release_seat(&self, release: Release) -> Result<ReleaseOutcome> {
        self.write_once(move |c| {
            let access = access::access_now(c, release.by, &release.license)?;
            let is_staff = matches!(access, Some(Access::Vendor | Access::Support));
            if is_staff && proposal::is_on(c)? {
                return Ok(ReleaseOutcome::NeedsSecondPerson);
            }
            release_in(c, &release)
        })
        .await
    }

    /// What [`Store::release_seat`] would do. Nothing is stored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_plan(&self, release: &Release) -> Result<ReleaseOutcome> {
        self.read(|c| Ok(plan(c, release)?.err().unwrap_or(ReleaseOutcome::Done)))
    }

    /// How many seats of the license were released in the 365 days before `now`, and when the last one was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn releases_within_year(
        &self,
        license: &LicenseId,
        now: UnixSeconds,
    ) -> Result<(u64, Option<UnixSeconds>)> {
        let values = (license.to_string(), seconds(now.saturating_sub(YEAR)));
        let count = |row: &mut Columns<'_>| {
            let (count, _oldest, latest) = (row.time()?, row.time()?, row.time()?);
            Ok((count, Some(latest).filter(|_| count > 0)))
        };
        Ok(self.read(|c| find(c, WITHIN, &values, count))?.unwrap_or_default())
    }

    /// The activation whose seat was released because this machine was lost, if it has not been seen since.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn released_before(
        &self,
        license: &LicenseId,
        device_key: &Thumbprint,
        machine: &Fingerprint,
    ) -> Result<Option<Activation>> {
        self.read(|c| match license::find_license(c, license)? {
            Some(license) if license.total_releases > 0 => {
                recognise(c, &license, device_key, machine)
            }
            _ => Ok(None),
        })
    }
}

fn plan(
    c: &Connection,
    release: &Release,
) -> Result<std::result::Result<Activation, ReleaseOutcome>> {
    let activation = activation::find_activation(c, &release.activation.to_string())?;
    let Some(activation) = activation.filter(|a| a.license == release.license) else {
        return Ok(Err(ReleaseOutcome::Unknown));
    };
    let Some(access) = access::access_now(c, release.by, &release.license)? else {
        return Ok(Err(ReleaseOutcome::Unknown));
    };
    if !access.manages() {
        return Ok(Err(ReleaseOutcome::NotTheirs));
    }
    if !activation.state.holds_seat() {
        return Ok(Err(ReleaseOutcome::HoldsNoSeat(activation.state)));
    }
    if access == Access::Vendor {
        return Ok(Ok(activation));
    }
    let ReleasePolicy { per_year, cool_down } = match access {
        Access::Support => {
            if let Some(refused) = support_day(c, release)? {
                return Ok(Err(refused));
            }
            ReleasePolicy { per_year: limit(c, SUPPORT_RELEASES_PER_YEAR)?, cool_down: 0 }
        }
        _ => release.policy,
    };
    let values = (release.license.to_string(), seconds(release.now.saturating_sub(YEAR)));
    let within = find(c, WITHIN, values, |row| Ok((row.time()?, row.time()?, row.time()?)))?;
    let (count, oldest, latest) = within.unwrap_or_default();
    if count >= per_year {
        // One is free again when enough of those that count have left the year; the oldest one, as a rule.
        let again_at = (per_year > 0).then_some(oldest + YEAR);
        return Ok(Err(ReleaseOutcome::QuotaUsedUp { allowed: per_year, again_at }));
    }
    if count > 0 && latest + cool_down > release.now {
        return Ok(Err(ReleaseOutcome::TooSoon { again_at: latest + cool_down }));
    }
    Ok(Ok(activation))
}

/// The limits of support are the portal's own and not the caller's: no door goes round them.
fn limit(c: &Connection, (name, unless_set): (&str, u64)) -> Result<u64> {
    Ok(setting::value(c, name)?.and_then(|value| value.parse().ok()).unwrap_or(unless_set))
}

/// Whether somebody of support has released as many seats as one person may in a day.
fn support_day(c: &Connection, release: &Release) -> Result<Option<ReleaseOutcome>> {
    let allowed = limit(c, SUPPORT_RELEASES_PER_DAY)?;
    let values = (release.by.to_string(), seconds(release.now.saturating_sub(DAY)));
    let found = find(c, BY_PERSON, values, |row| Ok((row.time()?, row.time()?)))?;
    let (count, oldest) = found.unwrap_or_default();
    let again_at = (allowed > 0).then_some(oldest + DAY);
    Ok((count >= allowed).then_some(ReleaseOutcome::DayUsedUp { allowed, again_at }))
}

pub(crate) fn release_in(c: &Connection, release: &Release) -> Result<ReleaseOutcome> {
    let activation = match plan(c, release)? {
        Ok(activation) => activation,
        Err(refused) => return Ok(refused),
    };
    let (id, license) = (activation.id.to_string(), activation.license.to_string());
    let reason: String = release.reason.trim().chars().take(LONGEST_REASON).collect();
    run(c, END, (&id, seconds(release.now), release.by.to_string(), &reason))?;
    run(c, COUNT, [&license])?;
    seat::give_back(c, &activation.license)?;
    group_seat::give_back(c, activation.group, &activation.license)?;
    // The machine is looked for among the released ones from now on.
    activation::note_end(c, &activation)?;
    fingerprint::insert(c, &scope(activation.license), &activation.fingerprint, &id)?;
    let actor = format!("user:{}", release.by);
    let (of, action) = (&activation.license, "activation.release");
    audit::record_of_license(c, of, release.now, &actor, action, &id, &reason)?;
    let further = [("reason", reason.into()), webhook_event::by(Some(release.by))];
    let topic = webhook_event::Topic::ActivationReleased;
    webhook_event::tell_of_activation(c, topic, &activation.id, &id, release.now, &further)?;
    Ok(ReleaseOutcome::Done)
}

/// A machine of this license gets a new seat: if it is one whose seat was released, that is noted.
pub(crate) fn came_back(
    c: &Connection,
    license: &License,
    device_key: &Thumbprint,
    device: &Device,
    now: UnixSeconds,
) -> Result<Option<Id>> {
    let Some(former) = recognise(c, license, device_key, &device.fingerprint)? else {
        return Ok(None);
    };
    seen_again(c, &former, now)?;
    Ok(Some(former.id))
}

/// A machine gives up the activation whose seat was released: it is seen again, nothing else changes.
pub(crate) fn late_proof(c: &Connection, activation: &Activation, now: UnixSeconds) -> Result<()> {
    seen_again(c, activation, now)
}

fn seen_again(c: &Connection, former: &Activation, now: UnixSeconds) -> Result<()> {
    let id = former.id.to_string();
    run(c, CAME_BACK, (&id, seconds(now)))?;
    fingerprint::delete(c, &scope(former.license), &former.fingerprint, &id)
}

/// By its key, or by its fingerprint when it was reinstalled in the meantime.
pub(crate) fn recognise(
    c: &Connection,
    license: &License,
    device_key: &Thumbprint,
    machine: &Fingerprint,
) -> Result<Option<Activation>> {
    let values = (license.id.to_string(), device_key.to_string());
    let mut ids = list(c, OF_DEVICE, values, |row| row.text())?;
    ids.extend(fingerprint::candidates(c, &scope(license.id), machine, license.strategy)?);
    for id in ids {
        let is_it = |a: &Activation| {
            let is_out = a.license == license.id && a.state == ActivationState::Released;
            let is_same = || activate::recognises(license.strategy, &a.fingerprint, machine);
            is_out && (a.device_key == *device_key || is_same())
        };
        if let Some(found) = activation::find_activation(c, &id)?.filter(is_it) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Where the components of released machines are kept, apart from those that hold a seat.
pub(crate) fn scope(license: impl std::fmt::Display) -> String {
    format!("released:{license}")
}
