//! Activations as they are stored: which machine holds or held a seat of which license, since when, through whom.

use std::str::FromStr;

use crate::engine::Connection;
use countersign_core::fingerprint::Fingerprint;
use countersign_core::{Hash, Id, LicenseId, Thumbprint, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::row::{Columns, seconds};
use crate::{Store, ask, find, fingerprint, list, release, run};

const FIND: &str = "SELECT a.id, a.license_id, a.seat, a.device_key, a.fingerprint, a.device_name, a.platform, \
    a.app_version, a.state, a.created_at, a.expires_at, a.import_by, a.ended_at, a.door, a.by_user, \
    CASE WHEN b.name <> '' THEN b.name WHEN b.role = 'customer' THEN b.email END, a.group_id, a.request_id, \
    a.request_hash, a.granted_at, a.released_by, \
    CASE WHEN r.name <> '' THEN r.name WHEN r.role = 'customer' THEN r.email END, a.release_reason, a.came_back_at \
    FROM activation a LEFT JOIN app_user b ON b.id = a.by_user LEFT JOIN app_user r ON r.id = a.released_by \
    WHERE a.id = ?1";
const OF_DEVICE: &str = "SELECT id FROM activation \
    WHERE license_id = ?1 AND device_key = ?2 AND state IN ('active', 'returned')";
const END: &str = "UPDATE activation SET state = ?2, ended_at = ?3 WHERE id = ?1 AND state IN ('active', 'returned')";
const ENDED: &str = "SELECT id FROM activation WHERE state IN ('deactivated', 'replaced', 'released') AND id > ?1 ORDER BY id LIMIT 1000";

/// An activation as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Its id: the `jti` of its response.
    pub id: Id,
    /// Under which license.
    pub license: LicenseId,
    /// The first activation of the seat that it holds or held.
    pub seat: Id,
    /// The device key.
    pub device_key: Thumbprint,
    /// The machine, hashed.
    pub fingerprint: Fingerprint,
    /// The machine's name.
    pub device_name: Option<String>,
    /// Its platform.
    pub platform: Option<String>,
    /// The app's version.
    pub app_version: Option<String>,
    /// What became of it.
    pub state: ActivationState,
    /// When the seat was taken.
    pub created_at: UnixSeconds,
    /// When its newest response was signed.
    pub granted_at: UnixSeconds,
    /// When the grant ends.
    pub expires_at: Option<UnixSeconds>,
    /// When its latest response must be installed by.
    pub import_by: UnixSeconds,
    /// When it ended.
    pub ended_at: Option<UnixSeconds>,
    /// Which way its request came: `page`, `api`, `portal`.
    pub door: String,
    /// Who brought it, if they were logged in.
    pub by_user: Option<Id>,
    /// Their name, or a customer's address while they have none; `None` also when they are gone.
    pub by_name: Option<String>,
    /// The group whose seat it counts for.
    pub group: Option<Id>,
    /// The latest request that it answers; unknown for activations of older versions until their next request.
    pub request: Option<(Id, Hash)>,
    /// How its seat was released, if it was.
    pub release: Option<Released>,
}

/// How a seat was released without proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// Who did it.
    pub by: Id,
    /// Their name, as in [`Activation::by_name`].
    pub by_name: Option<String>,
    /// Why, in their words; may be empty.
    pub reason: String,
    /// When the machine was seen again: by a late proof or a new activation.
    pub came_back_at: Option<UnixSeconds>,
}

/// What became of an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationState {
    /// It holds its seat.
    Active,
    /// Given up beyond the license's deactivations: the seat stays with that machine.
    Returned,
    /// Given up; the seat is free.
    Deactivated,
    /// A newer installation on the same machine has the seat.
    Replaced,
    /// The machine is lost: its seat was freed without proof.
    Released,
}

impl ActivationState {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Active, Self::Returned, Self::Deactivated, Self::Replaced, Self::Released];

    /// As text, in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Returned => "returned",
            Self::Deactivated => "deactivated",
            Self::Replaced => "replaced",
            Self::Released => "released",
        }
    }

    /// Whether a seat is in use by it.
    pub fn holds_seat(self) -> bool {
        matches!(self, Self::Active | Self::Returned)
    }
}

impl FromStr for ActivationState {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or(StoreError::Malformed("activation state"))
    }
}

impl Store {
    /// The activation with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn activation(&self, id: &Id) -> Result<Option<Activation>> {
        self.read(|c| find_activation(c, &id.to_string()))
    }
}

pub(crate) fn find_activation(c: &Connection, id: &str) -> Result<Option<Activation>> {
    find(c, FIND, [id], map)
}

/// Says that [`of_device`] comes.
pub(crate) fn ask_of_device(
    c: &Connection,
    license: &LicenseId,
    device_key: &Thumbprint,
) -> Result<()> {
    ask(c, OF_DEVICE, (license.to_string(), device_key.to_string()))
}

/// The activation that holds a seat of the license for this device.
pub(crate) fn of_device(
    c: &Connection,
    license: &LicenseId,
    device_key: &Thumbprint,
) -> Result<Option<Activation>> {
    let values = (license.to_string(), device_key.to_string());
    match find(c, OF_DEVICE, values, |row| row.text())? {
        Some(id) => find_activation(c, &id),
        None => Ok(None),
    }
}

/// Ends an activation that holds a seat, and looks for its machine among the ended ones from now on. Whether it held one.
pub(crate) fn end(
    c: &Connection,
    activation: &Activation,
    state: ActivationState,
    at: UnixSeconds,
) -> Result<bool> {
    let id = activation.id.to_string();
    let ended = run(c, END, (&id, state.as_str(), seconds(at)))? == 1;
    if ended {
        note_end(c, activation)?;
    }
    Ok(ended)
}

/// The machine of an activation that holds no seat any more is found among the ended ones: what an older response of another
/// journal gave it counts no more.
pub(crate) fn note_end(c: &Connection, activation: &Activation) -> Result<()> {
    let (id, machine) = (activation.id.to_string(), &activation.fingerprint);
    fingerprint::delete(c, &activation.license.to_string(), machine, &id)?;
    fingerprint::insert(c, &ended_scope(activation.license), machine, &id)
}

/// Where the components of machines are kept that hold no seat any more.
pub(crate) fn ended_scope(license: impl std::fmt::Display) -> String {
    format!("ended:{license}")
}

/// Wherever components of a license's machines are kept.
pub(crate) fn scopes(license: &str) -> [String; 3] {
    [license.to_owned(), ended_scope(license), release::scope(license)]
}

/// Notes the machines of all that ended before this was noted.
pub(crate) fn note_ended(c: &Connection) -> Result<()> {
    let mut after = String::new();
    loop {
        let ids = list(c, ENDED, [&after], |row| row.text())?;
        let Some(last) = ids.last() else { return Ok(()) };
        after.clone_from(last);
        for id in &ids {
            if let Some(ended) = find_activation(c, id)? {
                fingerprint::insert(c, &ended_scope(ended.license), &ended.fingerprint, id)?;
            }
        }
    }
}

/// The name by which a machine is searched and sorted.
pub(crate) fn folded(device_name: Option<&str>) -> String {
    device_name.unwrap_or_default().trim().to_lowercase()
}

fn map(row: &mut Columns<'_>) -> Result<Activation> {
    let activation = Activation {
        id: row.parsed("activation id")?,
        license: row.parsed("license id")?,
        seat: row.parsed("activation id")?,
        device_key: row.parsed("device key")?,
        fingerprint: row.fingerprint()?,
        device_name: row.take()?,
        platform: row.take()?,
        app_version: row.take()?,
        state: row.parsed("activation state")?,
        created_at: row.time()?,
        expires_at: row.optional_time()?,
        import_by: row.time()?,
        ended_at: row.optional_time()?,
        door: row.text()?,
        by_user: row.optional("user id")?,
        by_name: row.take()?,
        group: row.optional("group id")?,
        request: row.optional("request id")?.zip(row.optional("request hash")?),
        granted_at: row.time()?,
        release: None,
    };
    let (by, by_name) = (row.optional("user id")?, row.take()?);
    let (reason, came_back_at) = (row.take::<Option<String>>()?, row.optional_time()?);
    let release =
        by.map(|by| Released { by, by_name, reason: reason.unwrap_or_default(), came_back_at });
    Ok(Activation { release, ..activation })
}
