//! What happens and is told to webhooks: written down in the transaction that does it, for whoever wants to hear of it then.
//! Where nobody does, that costs one look into an index. There is no flag in memory that could be behind: with several
//! nodes, a webhook that was there when something happened hears of it.

use std::str::FromStr;

use crate::engine::Connection;
use countersign_core::{Hash, Id, LicenseId, UnixSeconds};
use serde_json::{Value, json};

use crate::activation::{self, Activation};
use crate::error::{Result, StoreError};
use crate::license::{self, License};
use crate::license_term::key_end;
use crate::row::seconds;
use crate::{Store, find, list, run};

const ANY: &str = "SELECT 1 FROM webhook_topic LIMIT 1";
const WANTED: &str = "SELECT 1 FROM webhook_topic WHERE topic = ?1 LIMIT 1";
const INSERT: &str = "INSERT INTO webhook_event (id, once, topic, payload, created_at) VALUES (?1, ?2, ?3, ?4, ?5) \
    ON CONFLICT DO NOTHING";
const TO_ALL: &str = "INSERT INTO webhook_delivery (webhook_id, event_id, status, next_at, created_at, kept_from) \
    SELECT webhook_id, ?1, 'waiting', ?2, ?2, ?2 FROM webhook_topic WHERE topic = ?3";
const TO_ONE: &str = "INSERT INTO webhook_delivery (webhook_id, event_id, status, next_at, created_at, kept_from) \
    VALUES (?3, ?1, 'waiting', ?2, ?2, ?2)";
// Those of which this step was not told yet.
const ENDING: &str = "SELECT l.id FROM license l WHERE COALESCE(l.expires_at, 9007199254740991) > ?1 \
    AND COALESCE(l.expires_at, 9007199254740991) <= ?2 AND l.status = 'active' AND NOT EXISTS ( \
        SELECT 1 FROM webhook_event e WHERE e.once = 'license.ending:' || l.id || ':' || l.expires_at || ':' || ?3) \
    ORDER BY COALESCE(l.expires_at, 9007199254740991) LIMIT 200";

const DAY: u64 = 86_400;
/// How many days before its end a license is told of.
const ENDING_DAYS: [u64; 3] = [30, 7, 1];

/// What a webhook can hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// A machine has a seat.
    ActivationCreated,
    /// A machine that has one got a new response.
    ActivationRenewed,
    /// A seat was freed without proof.
    ActivationReleased,
    /// A machine gave its activation up, with proof.
    DeactivationCreated,
    /// A trial began.
    TrialStarted,
    /// A trial was extended.
    TrialExtended,
    /// There is a new license.
    LicenseCreated,
    /// A license was changed.
    LicenseChanged,
    /// A license does not count for now.
    LicenseSuspended,
    /// A license was withdrawn.
    LicenseRevoked,
    /// The last seat of a license was taken.
    LicenseLimitReached,
    /// A license ends in so many days.
    LicenseEnding,
    /// More machines hold a seat of a license than it has.
    OverrunFound,
    /// The portal's signing key ends in so many days.
    SigningKeyEnding,
    /// Somebody wants to see whether it arrives. Nobody chooses this one.
    Test,
}

impl Topic {
    /// Those that can be chosen, in the order in which they are shown.
    pub const ALL: [Self; 14] = [
        Self::ActivationCreated,
        Self::ActivationRenewed,
        Self::ActivationReleased,
        Self::DeactivationCreated,
        Self::TrialStarted,
        Self::TrialExtended,
        Self::LicenseCreated,
        Self::LicenseChanged,
        Self::LicenseSuspended,
        Self::LicenseRevoked,
        Self::LicenseLimitReached,
        Self::LicenseEnding,
        Self::OverrunFound,
        Self::SigningKeyEnding,
    ];

    /// As text, in the database, in forms and in what is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ActivationCreated => "activation.created",
            Self::ActivationRenewed => "activation.renewed",
            Self::ActivationReleased => "activation.released",
            Self::DeactivationCreated => "deactivation.created",
            Self::TrialStarted => "trial.started",
            Self::TrialExtended => "trial.extended",
            Self::LicenseCreated => "license.created",
            Self::LicenseChanged => "license.changed",
            Self::LicenseSuspended => "license.suspended",
            Self::LicenseRevoked => "license.revoked",
            Self::LicenseLimitReached => "license.limit_reached",
            Self::LicenseEnding => "license.ending",
            Self::OverrunFound => "overrun.found",
            Self::SigningKeyEnding => "signing_key.ending",
            Self::Test => "webhook.test",
        }
    }
}

impl FromStr for Topic {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|topic| topic.as_str() == text);
        found.ok_or(StoreError::Malformed("topic of a webhook"))
    }
}

impl Store {
    /// Tells of licenses that end in 30 days, in 7, in one: of each once for each of these, whatever number of processes does
    /// this. How many were told of now: some hundreds at most, so that it is asked again until there are none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tell_of_ending_licenses(&self, now: UnixSeconds) -> Result<u64> {
        let mut told = 0;
        for (at, days) in ENDING_DAYS.into_iter().enumerate() {
            let nearer = ENDING_DAYS.get(at + 1).copied().unwrap_or(0);
            let (after, until) = (now + nearer * DAY, now + days * DAY);
            let values = (seconds(after), seconds(until), days.to_string());
            let found = self.read(|c| match wants(c, Topic::LicenseEnding)? {
                true => list(c, ENDING, &values, |row| row.parsed::<LicenseId>("license id")),
                false => Ok(Vec::new()),
            })?;
            if !found.is_empty() {
                told +=
                    self.write(move |c| tell_ending(c, &found, days, (after, until), now)).await?;
            }
        }
        Ok(told)
    }
}

fn tell_ending(
    c: &Connection,
    licenses: &[LicenseId],
    days: u64,
    (after, until): (UnixSeconds, UnixSeconds),
    now: UnixSeconds,
) -> Result<u64> {
    let mut told = 0;
    for id in licenses {
        let Some(license) = license::find_license(c, id)? else { continue };
        let ends = license.expires_at.filter(|end| *end > after && *end <= until);
        let (Some(end), license::LicenseStatus::Active) = (ends, license.status) else { continue };
        let once = format!("{id}:{end}:{days}");
        let data = || Ok(json!({"license": license_data(&license), "ends_at": end, "days": days}));
        told += u64::from(tell(c, Topic::LicenseEnding, &once, now, data)?);
    }
    Ok(told)
}

/// Whether anybody hears of anything.
pub(crate) fn is_heard(c: &Connection) -> Result<bool> {
    Ok(find(c, ANY, [], |_| Ok(()))?.is_some())
}

fn wants(c: &Connection, topic: Topic) -> Result<bool> {
    Ok(find(c, WANTED, [topic.as_str()], |_| Ok(()))?.is_some())
}

/// Tells whoever wants to hear of it what happened, in the transaction that does it. `once` names what it is about: the same is
/// told once. `data` is made only where somebody wants it. Whether it was told now.
pub(crate) fn tell(
    c: &Connection,
    topic: Topic,
    once: &str,
    now: UnixSeconds,
    data: impl FnOnce() -> Result<Value>,
) -> Result<bool> {
    if !wants(c, topic)? {
        return Ok(false);
    }
    let Some(id) = insert(c, topic, once, now, data()?)? else { return Ok(false) };
    run(c, TO_ALL, (id, seconds(now), topic.as_str()))?;
    Ok(true)
}

/// Something for one webhook alone, to see whether it arrives.
pub(crate) fn tell_one(c: &Connection, webhook: Id, once: Id, now: UnixSeconds) -> Result<()> {
    let data = json!({"webhook": webhook.to_string()});
    if let Some(id) = insert(c, Topic::Test, &once.to_string(), now, data)? {
        run(c, TO_ONE, (id, seconds(now), webhook.to_string()))?;
    }
    Ok(())
}

fn insert(
    c: &Connection,
    topic: Topic,
    once: &str,
    now: UnixSeconds,
    data: Value,
) -> Result<Option<String>> {
    let once = format!("{}:{once}", topic.as_str());
    let id = event_id(&once);
    let payload =
        json!({"id": id, "type": topic.as_str(), "created_at": now, "data": data}).to_string();
    let made = run(c, INSERT, (&id, once, topic.as_str(), payload, seconds(now)))? == 1;
    Ok(made.then_some(id))
}

fn event_id(once: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Hash::of(once).as_bytes()[..16]);
    format!("evt_{}", Id::from(bytes))
}

/// What is told of a license: of its key the last characters, by which people know it.
pub(crate) fn license_data(license: &License) -> Value {
    json!({
        "id": license.id.to_string(),
        "key_end": key_end(&license.key),
        "product": license.product.as_str(),
        "plan": license.plan,
        "holder": license.holder,
        "status": license.status.as_str(),
        "owner": license.owner.map(|id| id.to_string()),
        "organization": license.organization.map(|id| id.to_string()),
        "allowed_activations": license.allowed_activations,
        "activations": license.seats_in_use(),
        "expires_at": license.expires_at,
    })
}

/// What is told of a machine that has or had a seat: neither its fingerprint nor its key.
pub(crate) fn activation_data(activation: &Activation) -> Value {
    json!({
        "id": activation.id.to_string(),
        "machine": activation.device_name,
        "platform": activation.platform,
        "app_version": activation.app_version,
        "created_at": activation.created_at,
        "expires_at": activation.expires_at,
    })
}

/// Tells of an activation with its license, as they are in this transaction.
pub(crate) fn tell_of_activation(
    c: &Connection,
    topic: Topic,
    activation: &Id,
    once: &str,
    now: UnixSeconds,
    further: &[(&str, Value)],
) -> Result<()> {
    let data = || {
        let Some(activation) = activation::find_activation(c, &activation.to_string())? else {
            return Err(StoreError::Malformed("activation"));
        };
        let license = license::find_license(c, &activation.license)?;
        let mut data = json!({
            "activation": activation_data(&activation),
            "license": license.as_ref().map(license_data),
        });
        for (name, value) in further {
            data[*name] = value.clone();
        }
        Ok(data)
    };
    tell(c, topic, once, now, data).map(|_| ())
}

/// What a person's id is told as.
pub(crate) fn by(user: Option<Id>) -> (&'static str, Value) {
    ("by", user.map(|user| user.to_string()).into())
}
