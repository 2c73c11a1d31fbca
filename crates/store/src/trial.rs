//! Trials: one per machine and product.

use countersign_core::fingerprint::{Fingerprint, Strategy};
use countersign_core::request::Device;
use countersign_core::response::{Granted, Response};
use countersign_core::{Hash, Id, ProductId, Thumbprint, UnixSeconds};
use rusqlite::Connection;

use crate::answer::{self, Answer};
use crate::error::Result;
use crate::job::{self, NewJob};
use crate::journal_entry::Verdict;
use crate::row::{Columns, seconds};
use crate::throttle::{self, Throttle};
use crate::{Store, activate, audit, find, fingerprint, product, run, user};

const FIND: &str = "SELECT id, device_key, fingerprint, created_at, expires_at FROM trial WHERE id = ?1 AND product_id = ?2";
const OF_DEVICE: &str = "SELECT id, device_key, fingerprint, created_at, expires_at FROM trial \
    WHERE product_id = ?1 AND device_key = ?2";
const INSERT: &str = "INSERT INTO trial (id, product_id, device_key, fingerprint, device_name, platform, app_version, \
    created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

// Also where nothing is capped: a cap that is set during a day knows of what came before it.
const COUNT: &str = "INSERT INTO trial_day (day, started) VALUES (?1, 1) \
    ON CONFLICT (day) DO UPDATE SET started = trial_day.started + 1 WHERE trial_day.started < ?2";
const NOTICE: &str = "UPDATE trial_day SET noticed_at = ?2 WHERE day = ?1 AND noticed_at IS NULL";
const TOLD: &str = "SELECT started FROM trial_day WHERE day = ?1 AND noticed_at IS NOT NULL";

const DAY: u64 = 86_400;

/// A trial as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Its id: the `jti` of its response.
    pub id: Id,
    /// The device key.
    pub device_key: Thumbprint,
    /// The machine, hashed.
    pub fingerprint: Fingerprint,
    /// When it began.
    pub created_at: UnixSeconds,
    /// When it ends.
    pub expires_at: UnixSeconds,
}

/// A signed trial response, to be stored.
#[derive(Debug, Clone)]
pub struct StartTrial {
    /// The response's id.
    pub trial: Id,
    /// The product.
    pub product: ProductId,
    /// How the machine is recognised.
    pub strategy: Strategy,
    /// The device key.
    pub device_key: Thumbprint,
    /// The machine.
    pub device: Device,
    /// Hash of the request.
    pub request_hash: Hash,
    /// The signed response.
    pub response: String,
    /// When the trial ends.
    pub expires_at: UnixSeconds,
    /// What holds a flood back.
    pub limits: TrialLimits,
    /// Who brought the request, if they were logged in.
    pub by_user: Option<Id>,
    /// The time.
    pub now: UnixSeconds,
}

/// How many trials may be asked for. Requests that were answered before count nowhere.
#[derive(Debug, Clone, Default)]
pub struct TrialLimits {
    /// How many may start in a day of UTC, of all products together, at least 1; `None`: any number.
    pub per_day: Option<u64>,
    /// How often one machine may ask, whatever the answer; `None`: as often as it likes.
    pub per_machine: Option<Throttle>,
    /// The letter to one of the vendor's admins when the first trial of a day is refused for `per_day`.
    pub notice: Option<fn(admin: Id, per_day: u64, now: UnixSeconds) -> NewJob>,
}

/// How the start of a trial ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialStarted {
    /// The response is stored and may be handed out.
    Done,
    /// This request was answered before: hand out that answer.
    Repeated(Answer),
    /// This machine has had its trial.
    AlreadyUsed(Trial),
    /// This machine asked too often and waits until then.
    TooOften(UnixSeconds),
    /// As many trials as may be have started today.
    CapReached,
}

impl Store {
    /// The trial that this machine has had already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trial_of(
        &self,
        product: &ProductId,
        strategy: Strategy,
        device_key: &Thumbprint,
        machine: &Fingerprint,
    ) -> Result<Option<Trial>> {
        self.read(|c| earlier(c, product, strategy, device_key, machine))
    }

    /// How many trials have started today, where the cap was reached and the vendor's admins know it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trials_of_full_day(&self, now: UnixSeconds) -> Result<Option<u64>> {
        self.read(|c| find(c, TOLD, [seconds(now / DAY)], |row| row.time()))
    }

    /// Stores a signed trial response, unless the machine had one.
    ///
    /// # Errors
    /// When the database fails: nothing is stored then.
    pub async fn start_trial(&self, start: StartTrial) -> Result<TrialStarted> {
        self.write(move |c| start_in(c, &start)).await
    }
}

fn scope(product: &ProductId) -> String {
    format!("trial:{product}")
}

fn earlier(
    c: &Connection,
    product: &ProductId,
    strategy: Strategy,
    device_key: &Thumbprint,
    machine: &Fingerprint,
) -> Result<Option<Trial>> {
    let own = find(c, OF_DEVICE, (product.as_str(), device_key.to_string()), map)?;
    if own.is_some() {
        return Ok(own);
    }
    for id in fingerprint::candidates(c, &scope(product), machine, strategy)? {
        let candidate = find(c, FIND, (&id, product.as_str()), map)?;
        if let Some(found) =
            candidate.filter(|t| activate::recognises(strategy, &t.fingerprint, machine))
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The trial of the product that this machine has had, by the product's strategy.
pub(crate) fn of_machine(
    c: &Connection,
    product: &ProductId,
    device_key: &Thumbprint,
    machine: &Fingerprint,
) -> Result<Option<Trial>> {
    match product::find_product(c, product)? {
        Some(product) => earlier(c, &product.id, product.trial_strategy, device_key, machine),
        None => Ok(None),
    }
}

fn start_in(c: &Connection, start: &StartTrial) -> Result<TrialStarted> {
    if let Some(answer) = answer::find_answer(c, &start.request_hash)? {
        return Ok(TrialStarted::Repeated(answer));
    }
    let (device, machine) = (&start.device, &start.device.fingerprint);
    if let Some(policy) = start.limits.per_machine {
        let machine = Hash::of(machine.to_json().to_string());
        let subject = format!("{}:{machine}", scope(&start.product));
        if let Some(until) = throttle::take(c, &[(subject, policy)], start.now)? {
            return Ok(TrialStarted::TooOften(until));
        }
    }
    if let Some(used) = earlier(c, &start.product, start.strategy, &start.device_key, machine)? {
        return Ok(TrialStarted::AlreadyUsed(used));
    }
    let most = start.limits.per_day.map_or(i64::MAX, seconds);
    if run(c, COUNT, (seconds(start.now / DAY), most))? == 0 {
        tell_admins(c, start)?;
        return Ok(TrialStarted::CapReached);
    }
    let id = start.trial.to_string();
    let values = (
        &id,
        start.product.as_str(),
        start.device_key.to_string(),
        machine.to_json().to_string(),
        &device.name,
        &device.platform,
        &device.app_version,
        seconds(start.now),
        seconds(start.expires_at),
    );
    run(c, INSERT, values)?;
    fingerprint::insert(c, &scope(&start.product), machine, &id)?;
    answer::insert_answer(
        c,
        &start.request_hash,
        &start.response,
        device.name.as_deref(),
        start.now,
    )?;
    let actor = match start.by_user {
        Some(user) => crate::session::by(user),
        None => format!("device:{}", start.device_key),
    };
    audit::record(c, start.now, &actor, "trial.start", &id, start.product.as_str())?;
    Ok(TrialStarted::Done)
}

/// A trial that another signer gave: the machine has had its trial, if it had none that is known.
pub(crate) fn merge(c: &Connection, response: &Response, granted: &Granted) -> Result<Verdict> {
    let Some(product) = product::find_product(c, &response.product)? else {
        return Ok(Verdict::UnknownProduct);
    };
    let (machine, at) = (&granted.binding.fingerprint, seconds(response.issued_at));
    if earlier(c, &product.id, product.trial_strategy, &response.device, machine)?.is_some() {
        return Ok(Verdict::TrialAgain);
    }
    let id = response.id.to_string();
    if find(c, FIND, (&id, product.id.as_str()), map)?.is_some() {
        return Ok(Verdict::TrialAgain);
    }
    let (none, end): (Option<&str>, _) = (None, granted.grant.expires_at);
    let values = (
        &id,
        product.id.as_str(),
        response.device.to_string(),
        machine.to_json().to_string(),
        none,
        none,
        none,
        at,
        seconds(end.unwrap_or(i64::MAX.unsigned_abs())),
    );
    run(c, INSERT, values)?;
    fingerprint::insert(c, &scope(&product.id), machine, &id)?;
    Ok(Verdict::Trial)
}

/// Once a day, in the transaction that finds the cap reached.
fn tell_admins(c: &Connection, start: &StartTrial) -> Result<()> {
    let now = start.now;
    let first = run(c, NOTICE, (seconds(now / DAY), seconds(now)))? == 1;
    let (Some(notice), Some(per_day)) =
        (start.limits.notice.filter(|_| first), start.limits.per_day)
    else {
        return Ok(());
    };
    for admin in user::active_admins(c)? {
        job::enqueue(c, &notice(admin, per_day, now), now)?;
    }
    audit::record(c, now, "portal", "trial.cap", &per_day.to_string(), "")
}

fn map(row: &mut Columns<'_>) -> Result<Trial> {
    Ok(Trial {
        id: row.parsed("trial id")?,
        device_key: row.parsed("device key")?,
        fingerprint: row.fingerprint()?,
        created_at: row.time()?,
        expires_at: row.time()?,
    })
}
