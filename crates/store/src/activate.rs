//! Activating: a machine takes a seat, keeps it, renews it, or takes over its own after a reinstallation.

use crate::engine::Connection;
use crate::engine::writer::Scope;
use countersign_core::fingerprint::{Fingerprint, Strategy};
use countersign_core::{Hash, Id, LicenseId, Thumbprint, UnixSeconds};

use crate::activation::{self, Activation, ActivationState};
use crate::answer::{self, Answer};
use crate::error::{Result, StoreError};
use crate::license::{self, License, LicenseStatus, Validity};
use crate::row::{Columns, optional_seconds, seconds};
use crate::webhook_event::{self, Topic};
use crate::{
    Store, access, ask, audit, find, fingerprint, group_seat, product, put, release, seat,
};

const YEAR: u64 = 365 * 86_400;

const INSERT: &str = "INSERT INTO activation (id, license_id, seat, device_key, fingerprint, device_name, \
    device_name_folded, platform, app_version, state, reinstall, created_at, expires_at, import_by, door, by_user, \
    group_id, request_id, request_hash, granted_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'active', ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?11)";
const START_VALIDITY: &str = "UPDATE license SET first_activated_at = ?2, expires_at = ?3, revision = revision + 1 \
    WHERE id = ?1 AND first_activated_at IS NULL";
const NOTE_FIRST: &str =
    "UPDATE license SET first_activated_at = ?2 WHERE id = ?1 AND first_activated_at IS NULL";
// Whether any webhook hears of anything comes along: a statement of its own would cost every activation more.
const CURRENT: &str = "SELECT revision, live_activations, first_activated_at, total_releases, \
    CASE WHEN EXISTS (SELECT 1 FROM webhook_topic) THEN 1 ELSE 0 END, \
    CASE WHEN EXISTS (SELECT 1 FROM activation a WHERE a.id = ?2) THEN 1 ELSE 0 END FROM license WHERE id = ?1";
const RENEW: &str = "UPDATE activation SET fingerprint = ?2, device_name = ?3, device_name_folded = ?4, platform = ?5, \
    app_version = ?6, expires_at = ?7, import_by = ?8, request_id = ?9, request_hash = ?10, granted_at = ?11 \
    WHERE id = ?1 AND state = 'active'";
const REINSTALLS: &str =
    "SELECT COUNT(*) FROM activation WHERE seat = ?1 AND reinstall = 1 AND created_at > ?2";

/// A response that was signed, to be stored with the seat that it gives.
#[derive(Debug, Clone)]
pub struct Activate {
    /// The license as it was when the response was signed: its revision says whether it still is.
    pub terms: License,
    /// The response's id: fresh, or that of the activation it renews.
    pub activation: Id,
    /// Id of the request.
    pub request_id: Id,
    /// Hash of the request.
    pub request_hash: Hash,
    /// The device key.
    pub device_key: Thumbprint,
    /// The machine.
    pub device: countersign_core::request::Device,
    /// The signed response.
    pub response: String,
    /// End of the grant.
    pub expires_at: Option<UnixSeconds>,
    /// Import deadline.
    pub import_by: UnixSeconds,
    /// Which way it came: `page`, `api`, `portal`.
    pub door: &'static str,
    /// Who brought it, if they were logged in.
    pub by_user: Option<Id>,
    /// By what right.
    pub right: Right,
    /// The time.
    pub now: UnixSeconds,
}

/// By what right a machine is activated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Whoever brings the request knows the license's key: the request proves it, or it was typed.
    Key,
    /// The person who brings it has access to the license, which is looked at again when the seat is taken.
    Access,
}

/// How an activation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activated {
    /// The response is stored and may be handed out.
    Done,
    /// This request was answered before: hand out that answer.
    Repeated(Answer),
    /// The license changed since it was read, or the device's seat did: read and sign again.
    Stale,
    /// Nothing was stored.
    Refused(ActivationRefusal),
}

/// Why a machine cannot be activated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivationRefusal {
    /// There is no such license.
    UnknownLicense,
    /// The vendor suspended it.
    Suspended,
    /// The vendor revoked it.
    Revoked,
    /// It has ended.
    Expired {
        /// When.
        at: UnixSeconds,
    },
    /// All seats are taken.
    SeatsUsedUp {
        /// How many there are.
        allowed: u64,
    },
    /// The license has seats left, but none of the person's groups may take one.
    GroupSeatsUsedUp {
        /// How many the groups may take together.
        allowed: u64,
    },
    /// The machine was reinstalled too often within a year.
    ReinstallsUsedUp {
        /// How often is allowed.
        allowed: u64,
    },
}

/// The seat that a machine would get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seat {
    /// It has one: the response renews this activation.
    Renewal(Activation),
    /// It gave its own up, but that seat stayed with it.
    Kept(Activation),
    /// A reinstallation: it takes over from this activation.
    Reinstall(Activation),
    /// A further one.
    New,
}

impl Store {
    /// Which seat the machine would get, or why none. `groups` are those through which alone the person at the door has access:
    /// a new seat would be taken from one of them. Nothing is stored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn activation_plan(
        &self,
        license: &LicenseId,
        device_key: &Thumbprint,
        machine: &Fingerprint,
        groups: &[Id],
        now: UnixSeconds,
    ) -> Result<std::result::Result<Seat, ActivationRefusal>> {
        self.read(|c| match license::find_license(c, license)? {
            Some(license) => {
                let live = license.live_activations;
                plan(c, &license, live, device_key, machine, groups, now)
            }
            None => Ok(Err(ActivationRefusal::UnknownLicense)),
        })
    }

    /// Stores a signed response with its seat; everything is decided again by what the database holds now.
    ///
    /// # Errors
    /// When the database fails: nothing is stored then.
    pub async fn activate(&self, activate: Activate) -> Result<Activated> {
        let license = activate.terms.id;
        let (of, request) = (license.to_string(), activate.request_hash.to_string());
        let scope = Scope::Keys(&[&of, &request]);
        let activated = self.write_in(scope, move |c| activate_in(c, &activate)).await?;
        if activated == Activated::Stale {
            self.forget_terms(&license);
        }
        Ok(activated)
    }
}

/// The one place that decides who gets a seat. `live` seats of the license are in use now.
fn plan(
    c: &Connection,
    license: &License,
    live: u64,
    device_key: &Thumbprint,
    machine: &Fingerprint,
    groups: &[Id],
    now: UnixSeconds,
) -> Result<std::result::Result<Seat, ActivationRefusal>> {
    match license.status {
        LicenseStatus::Active => {}
        LicenseStatus::Suspended => return Ok(Err(ActivationRefusal::Suspended)),
        LicenseStatus::Revoked => return Ok(Err(ActivationRefusal::Revoked)),
    }
    if let Some(at) = license.expires_at.filter(|end| *end <= now) {
        return Ok(Err(ActivationRefusal::Expired { at }));
    }
    if let Some(own) = activation::of_device(c, &license.id, device_key)? {
        return Ok(Ok(if own.state == ActivationState::Active {
            Seat::Renewal(own)
        } else {
            Seat::Kept(own)
        }));
    }
    if let Some(former) = same_machine(c, license, machine)? {
        if former.state == ActivationState::Returned {
            return Ok(Ok(Seat::Kept(former)));
        }
        let allowed =
            product::find_product(c, &license.product)?.map_or(0, |p| p.reinstall_allowance);
        let since = seconds(now.saturating_sub(YEAR));
        let made: u64 =
            find(c, REINSTALLS, (former.seat.to_string(), since), |row| row.time())?.unwrap_or(0);
        if made >= allowed {
            return Ok(Err(ActivationRefusal::ReinstallsUsedUp { allowed }));
        }
        return Ok(Ok(Seat::Reinstall(former)));
    }
    match license.allowed_activations {
        Some(allowed) if live >= allowed => Ok(Err(ActivationRefusal::SeatsUsedUp { allowed })),
        _ => Ok(match group_seat::used_up(c, groups, &license.id)? {
            Some(allowed) => Err(ActivationRefusal::GroupSeatsUsedUp { allowed }),
            None => Ok(Seat::New),
        }),
    }
}

/// The machine under another device key: it was reinstalled.
pub(crate) fn same_machine(
    c: &Connection,
    license: &License,
    machine: &Fingerprint,
) -> Result<Option<Activation>> {
    for id in fingerprint::candidates(c, &license.id.to_string(), machine, license.strategy)? {
        let candidate = activation::find_activation(c, &id)?;
        let matches = |a: &Activation| {
            a.license == license.id
                && a.state.holds_seat()
                && recognises(license.strategy, &a.fingerprint, machine)
        };
        if let Some(found) = candidate.filter(matches) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn activate_in(c: &Connection, activate: &Activate) -> Result<Activated> {
    ask_all(c, activate)?;
    if let Some(answer) = answer::find_answer(c, &activate.request_hash)? {
        return Ok(Activated::Repeated(answer));
    }
    let license = &activate.terms;
    let Some(current) = find(c, CURRENT, of_current(activate), map_current)? else {
        return Ok(Activated::Refused(ActivationRefusal::UnknownLicense));
    };
    // With the same revision everything else of the license is as it was read.
    if current.revision != license.revision {
        return Ok(Activated::Stale);
    }
    let Some(groups) = groups_now(c, activate)? else {
        return Ok(Activated::Refused(ActivationRefusal::UnknownLicense));
    };
    let (key, machine) = (&activate.device_key, &activate.device.fingerprint);
    let seat = match plan(c, license, current.live, key, machine, &groups, activate.now)? {
        Ok(seat) => seat,
        Err(refusal) => return Ok(Activated::Refused(refusal)),
    };
    let how = how(&seat);
    match seat {
        Seat::Renewal(own) if own.id == activate.activation => renew(c, activate, &own)?,
        // Signed as something else than what it is now: sign again.
        Seat::Renewal(_) => return Ok(Activated::Stale),
        _ if current.is_signed_as_renewal => return Ok(Activated::Stale),
        Seat::Kept(former) => take_over(c, activate, &former, false)?,
        Seat::Reinstall(former) => take_over(c, activate, &former, true)?,
        Seat::New => {
            let group = group_seat::take(c, &groups, activate.by_user, &license.id)?;
            if group.is_none() && !groups.is_empty() {
                let refusal = ActivationRefusal::GroupSeatsUsedUp { allowed: 0 };
                return Ok(Activated::Refused(refusal));
            }
            take_new(c, activate, &current, group)?;
        }
    }
    if current.is_heard {
        tell(c, activate, how, current.live)?;
    }
    let device_name = activate.device.name.as_deref();
    answer::insert_answer(
        c,
        &activate.request_hash,
        &activate.response,
        Some(&activate.activation),
        device_name,
        activate.now,
    )?;
    Ok(Activated::Done)
}

/// What is going to be asked of most activations, in one round trip.
fn ask_all(c: &Connection, activate: &Activate) -> Result<()> {
    if !c.asks_ahead() {
        return Ok(());
    }
    let (license, machine) = (&activate.terms.id, &activate.device.fingerprint);
    answer::ask_answer(c, &activate.request_hash)?;
    ask(c, CURRENT, of_current(activate))?;
    activation::ask_of_device(c, license, &activate.device_key)?;
    fingerprint::ask_candidates(c, &license.to_string(), machine)
}

fn of_current(activate: &Activate) -> (String, String) {
    (activate.terms.id.to_string(), activate.activation.to_string())
}

/// The groups from which alone a new seat may be taken now; empty: the license's own seats. `None`: the person has lost the
/// access that was their right.
fn groups_now(c: &Connection, activate: &Activate) -> Result<Option<Vec<Id>>> {
    let access = match activate.by_user {
        Some(user) => access::access_now(c, user, &activate.terms.id)?,
        None => None,
    };
    Ok(match (access.filter(access::Access::acts), activate.right) {
        (Some(access), _) => Some(access.groups()),
        (None, Right::Key) => Some(Vec::new()),
        (None, Right::Access) => None,
    })
}

/// What of a license changes with its activations.
struct Current {
    revision: i64,
    live: u64,
    first_activated_at: Option<UnixSeconds>,
    releases: u64,
    /// Whether any webhook hears of anything.
    is_heard: bool,
    /// The response names an activation that there is: whatever became of it since, no other one has its id.
    is_signed_as_renewal: bool,
}

fn map_current(row: &mut Columns<'_>) -> Result<Current> {
    Ok(Current {
        revision: row.take()?,
        live: row.time()?,
        first_activated_at: row.optional_time()?,
        releases: row.time()?,
        is_heard: row.take()?,
        is_signed_as_renewal: row.take()?,
    })
}

/// How a seat is told of: in a word.
fn how(seat: &Seat) -> &'static str {
    match seat {
        Seat::Renewal(_) => "renewed",
        Seat::Kept(_) => "again",
        Seat::Reinstall(_) => "reinstall",
        Seat::New => "new",
    }
}

/// Tells webhooks, where `live` seats were in use before.
fn tell(c: &Connection, activate: &Activate, how: &'static str, live: u64) -> Result<()> {
    let (id, license, now) = (&activate.activation, &activate.terms, activate.now);
    if how == "renewed" {
        let once = format!("{id}:{}", activate.request_hash);
        let by = [webhook_event::by(activate.by_user)];
        return webhook_event::tell_of_activation(c, Topic::ActivationRenewed, id, &once, now, &by);
    }
    let further =
        [("how", how.into()), ("door", activate.door.into()), webhook_event::by(activate.by_user)];
    let (topic, once) = (Topic::ActivationCreated, id.to_string());
    webhook_event::tell_of_activation(c, topic, id, &once, now, &further)?;
    if how == "new" && license.allowed_activations == Some(live + 1) {
        let topic = Topic::LicenseLimitReached;
        webhook_event::tell_of_activation(c, topic, id, &once, now, &[])?;
    }
    Ok(())
}

fn renew(c: &Connection, activate: &Activate, own: &Activation) -> Result<()> {
    let (device, id) = (&activate.device, own.id.to_string());
    let values = (
        &id,
        device.fingerprint.to_json().to_string(),
        &device.name,
        activation::folded(device.name.as_deref()),
        &device.platform,
        &device.app_version,
        optional_seconds(activate.expires_at),
        seconds(activate.import_by),
        activate.request_id.to_string(),
        activate.request_hash.to_string(),
        seconds(activate.now.max(own.granted_at)),
    );
    put(c, RENEW, values)?;
    if own.fingerprint != device.fingerprint {
        let scope = own.license.to_string();
        fingerprint::delete(c, &scope, &own.fingerprint, &id)?;
        fingerprint::insert(c, &scope, &device.fingerprint, &id)?;
    }
    record(c, activate, "activation.renew", "")
}

fn take_over(
    c: &Connection,
    activate: &Activate,
    former: &Activation,
    reinstall: bool,
) -> Result<()> {
    let former_id = former.id.to_string();
    if !activation::end(c, former, ActivationState::Replaced, activate.now)? {
        // The plan was made from this very row in this transaction: a seat never has two holders.
        return Err(StoreError::Malformed("holder of a seat"));
    }
    insert(c, activate, former.seat, reinstall, former.group)?;
    record(
        c,
        activate,
        if reinstall { "activation.reinstall" } else { "activation.again" },
        &former_id,
    )
}

fn take_new(
    c: &Connection,
    activate: &Activate,
    current: &Current,
    group: Option<Id>,
) -> Result<()> {
    let license = &activate.terms;
    let id = license.id.to_string();
    // The plan was made from this very row in this transaction.
    seat::take_free(c, &license.id)?;
    if current.first_activated_at.is_none() {
        let now = seconds(activate.now);
        match license.validity {
            Validity::FromFirstActivation(_) => {
                put(c, START_VALIDITY, (&id, now, optional_seconds(activate.expires_at)))?;
            }
            _ => put(c, NOTE_FIRST, (&id, now))?,
        }
    }
    insert(c, activate, activate.activation, false, group)?;
    let former = match current.releases {
        0 => None,
        _ => release::came_back(c, license, &activate.device_key, &activate.device, activate.now)?,
    };
    match former {
        Some(former) => record(c, activate, "activation.after-release", &former.to_string()),
        None => record(c, activate, "activation.create", ""),
    }
}

fn insert(
    c: &Connection,
    activate: &Activate,
    seat: Id,
    reinstall: bool,
    group: Option<Id>,
) -> Result<()> {
    let (device, id, license) =
        (&activate.device, activate.activation.to_string(), activate.terms.id.to_string());
    let values = crate::engine::params::params![
        id,
        license,
        seat.to_string(),
        activate.device_key.to_string(),
        device.fingerprint.to_json().to_string(),
        device.name,
        activation::folded(device.name.as_deref()),
        device.platform,
        device.app_version,
        reinstall,
        seconds(activate.now),
        optional_seconds(activate.expires_at),
        seconds(activate.import_by),
        activate.door,
        activate.by_user.map(|user| user.to_string()),
        group.map(|group| group.to_string()),
        activate.request_id.to_string(),
        activate.request_hash.to_string(),
    ];
    put(c, INSERT, values)?;
    fingerprint::insert(c, &license, &device.fingerprint, &id)
}

fn record(c: &Connection, activate: &Activate, action: &str, detail: &str) -> Result<()> {
    let actor = match activate.by_user {
        Some(user) => format!("user:{user}"),
        None => format!("device:{}", activate.device_key),
    };
    let (of, subject) = (activate.terms.organization, activate.activation.to_string());
    audit::record_in(c, of, activate.now, &actor, action, &subject, detail)
}

/// How a machine with this strategy would be recognised; used by trials as well.
pub(crate) fn recognises(strategy: Strategy, bound: &Fingerprint, now: &Fingerprint) -> bool {
    strategy.compare(bound, now).matches
}
