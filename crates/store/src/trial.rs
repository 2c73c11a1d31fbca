//! Trials of a machine: when one starts, which one it has, and what other signers gave it.

use std::collections::BTreeMap;

use crate::engine::Connection;
use countersign_core::fingerprint::{Fingerprint, Strategy};
use countersign_core::request::Device;
use countersign_core::response::{Granted, Response};
use countersign_core::{Hash, Id, ProductId, Thumbprint, UnixSeconds};

use crate::answer::{self, Answer};
use crate::error::{Result, StoreError};
use crate::job::{self, NewJob};
use crate::journal_entry::Verdict;
use crate::product::{self, Product};
use crate::row::{Columns, seconds};
use crate::throttle::{self, Throttle};
use crate::trial_policy::NextTrial;
use crate::webhook_event::{self, Topic};
use crate::{Store, activate, activation, audit, find, fingerprint, list, run, user};

const FIND: &str = "SELECT id, product_id, device_key, fingerprint, device_name, platform, app_version, created_at, \
    expires_at, after_id, request_id, request_hash, extensions, extended_days, other_end, \
    (SELECT c.at FROM trial_conversion c WHERE c.trial_id = trial.id) FROM trial WHERE id = ?1";
const OF_DEVICE: &str = "SELECT id FROM trial WHERE device_key = ?1 AND product_id = ?2";
const NEXT_OF: &str = "SELECT id FROM trial WHERE after_id = ?1";
const INSERT: &str = "INSERT INTO trial (id, product_id, device_key, fingerprint, device_name, device_name_folded, platform, \
    app_version, created_at, expires_at, after_id, request_id, request_hash) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
const NOTE_REQUEST: &str = "INSERT INTO trial_request (request_hash, request_id, trial_id, asked_at, app_version) \
    VALUES (?1, ?2, ?3, ?4, ?5)";
const ANSWER_LATER: &str =
    "UPDATE trial SET request_id = ?2, request_hash = ?3 WHERE id = ?1 AND expires_at = ?4";
const NOTE_OTHER: &str =
    "UPDATE trial SET other_end = ?2 WHERE id = ?1 AND (other_end IS NULL OR other_end < ?2)";

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
    /// Of which product.
    pub product: ProductId,
    /// The device key.
    pub device_key: Thumbprint,
    /// The machine, hashed.
    pub fingerprint: Fingerprint,
    /// The machine's name.
    pub device_name: Option<String>,
    /// Its platform.
    pub platform: Option<String>,
    /// The version of the app that asked.
    pub app_version: Option<String>,
    /// When it began.
    pub created_at: UnixSeconds,
    /// When it ends.
    pub expires_at: UnixSeconds,
    /// The trial that the machine had before.
    pub after: Option<Id>,
    /// The latest request that it answers, with its hash.
    pub request: Option<(Id, Hash)>,
    /// How often it was extended.
    pub extensions: u64,
    /// By how many days in all.
    pub extended_days: u64,
    /// The latest end of a further trial that another signer gave the machine.
    pub other_end: Option<UnixSeconds>,
    /// When the machine activated a license of the product.
    pub converted_at: Option<UnixSeconds>,
}

impl Trial {
    /// Whether it runs.
    pub fn is_running(&self, now: UnixSeconds) -> bool {
        self.expires_at > now
    }

    /// When the last of what is known of it ends, whoever signed it.
    pub(crate) fn last_end(&self) -> UnixSeconds {
        self.expires_at.max(self.other_end.unwrap_or(0))
    }
}

/// A signed trial response, to be stored.
#[derive(Debug, Clone)]
pub struct StartTrial {
    /// The product as it was when the response was signed: it says what a trial is.
    pub terms: Product,
    /// The response's id: fresh, or that of the extended trial that it says once more.
    pub trial: Id,
    /// The device key.
    pub device_key: Thumbprint,
    /// The machine.
    pub device: Device,
    /// Id of the request.
    pub request_id: Id,
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

/// What a machine that asks for a trial gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialPlan {
    /// A trial: its first one, or the one after this one.
    Start(Option<Id>),
    /// The trial that it has, which was extended, once more.
    Again(Box<Trial>),
    /// None.
    Used(Box<UsedTrial>),
}

/// The trial that a machine has had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedTrial {
    /// Its latest.
    pub trial: Trial,
    /// When there is another.
    pub next: NextTrial,
}

/// How the start of a trial ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialStarted {
    /// The response is stored and may be handed out.
    Done,
    /// This request was answered before: hand out that answer.
    Repeated(Answer),
    /// This machine has had its trial.
    AlreadyUsed(Box<UsedTrial>),
    /// The product or the machine's trial changed since it was read: read and sign again.
    Stale,
    /// This machine asked too often and waits until then.
    TooOften(UnixSeconds),
    /// As many trials as may be have started today.
    CapReached,
}

impl Store {
    /// What this machine would get. Nothing is stored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trial_plan(
        &self,
        terms: &Product,
        device_key: &Thumbprint,
        device: &Device,
        now: UnixSeconds,
    ) -> Result<TrialPlan> {
        self.read(|c| plan(c, terms, device_key, device, now))
    }

    /// The latest trial that this machine has had of a product.
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
        self.read(|c| Ok(of_machine(c, product, strategy, device_key, machine)?.pop()))
    }

    /// A trial by its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trial(&self, id: &Id) -> Result<Option<Trial>> {
        self.read(|c| find_trial(c, &id.to_string()))
    }

    /// How many trials have started today, where the cap was reached and the vendor's admins know it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trials_of_full_day(&self, now: UnixSeconds) -> Result<Option<u64>> {
        self.read(|c| find(c, TOLD, [seconds(now / DAY)], |row| row.time()))
    }

    /// Stores a signed trial response, if the machine may have it by what the database holds now.
    ///
    /// # Errors
    /// When the database fails: nothing is stored then.
    pub async fn start_trial(&self, start: StartTrial) -> Result<TrialStarted> {
        self.write(move |c| start_in(c, &start)).await
    }
}

pub(crate) fn find_trial(c: &Connection, id: &str) -> Result<Option<Trial>> {
    find(c, FIND, [id], map)
}

/// Whether the machine had another trial after this one.
pub(crate) fn is_superseded(c: &Connection, trial: &Trial) -> Result<bool> {
    Ok(find(c, NEXT_OF, [trial.id.to_string()], |_| Ok(()))?.is_some())
}

/// Where the components of machines are kept that had a trial.
pub(crate) fn scope(product: impl std::fmt::Display) -> String {
    format!("trial:{product}")
}

/// The one place that decides who gets a trial.
fn plan(
    c: &Connection,
    terms: &Product,
    device_key: &Thumbprint,
    device: &Device,
    now: UnixSeconds,
) -> Result<TrialPlan> {
    let (policy, machine) = (&terms.trial, &device.fingerprint);
    let had = of_machine(c, &terms.id, policy.strategy, device_key, machine)?;
    let Some(last) = had.last() else { return Ok(TrialPlan::Start(None)) };
    let Some(next) = policy.next(&had, device.app_version.as_deref(), now) else {
        return Ok(TrialPlan::Start(Some(last.id)));
    };
    let is_this = |trial: &Trial| {
        trial.device_key == *device_key
            && activate::recognises(policy.strategy, &trial.fingerprint, machine)
    };
    Ok(if last.extensions > 0 && last.is_running(now) && is_this(last) {
        TrialPlan::Again(Box::new(last.clone()))
    } else {
        TrialPlan::Used(Box::new(UsedTrial { trial: last.clone(), next }))
    })
}

/// All trials of a machine, the latest last: those of its device key, those of a machine of the same parts, and those that came
/// before and after them, so that a machine whose parts are others today is still the one that it was.
fn of_machine(
    c: &Connection,
    product: &ProductId,
    strategy: Strategy,
    device_key: &Thumbprint,
    machine: &Fingerprint,
) -> Result<Vec<Trial>> {
    let id = |row: &mut Columns<'_>| row.text();
    let mut open = list(c, OF_DEVICE, (device_key.to_string(), product.as_str()), id)?;
    for candidate in fingerprint::candidates(c, &scope(product), machine, strategy)? {
        let found = find_trial(c, &candidate)?.filter(|trial| trial.product == *product);
        if found.is_some_and(|trial| activate::recognises(strategy, &trial.fingerprint, machine)) {
            open.push(candidate);
        }
    }
    let mut found: BTreeMap<String, Trial> = BTreeMap::new();
    while let Some(one) = open.pop() {
        if found.contains_key(&one) {
            continue;
        }
        let Some(trial) = find_trial(c, &one)? else { continue };
        open.extend(find(c, NEXT_OF, [&one], id)?);
        open.extend(trial.after.map(|before| before.to_string()));
        found.insert(one, trial);
    }
    let mut all: Vec<Trial> = found.into_values().collect();
    all.sort_by_key(|trial| (trial.created_at, trial.id.to_string()));
    // Two machines that have become one: what follows must be the end of a line, where only one can follow.
    let before: Vec<Id> = all.iter().filter_map(|trial| trial.after).collect();
    if let Some(end) = all.iter().rposition(|trial| !before.contains(&trial.id)) {
        let last = all.remove(end);
        all.push(last);
    }
    Ok(all)
}

/// The last trial of the product that this machine has had, by the product's strategy.
pub(crate) fn last_of_machine(
    c: &Connection,
    product: &ProductId,
    device_key: &Thumbprint,
    machine: &Fingerprint,
) -> Result<Option<Trial>> {
    let Some(product) = product::find_product(c, product)? else { return Ok(None) };
    Ok(of_machine(c, &product.id, product.trial.strategy, device_key, machine)?.pop())
}

fn start_in(c: &Connection, start: &StartTrial) -> Result<TrialStarted> {
    if let Some(answer) = answer::find_answer(c, &start.request_hash)? {
        return Ok(TrialStarted::Repeated(answer));
    }
    let terms = &start.terms;
    if product::find_product(c, &terms.id)?.as_ref() != Some(terms) {
        return Ok(TrialStarted::Stale);
    }
    if let Some(policy) = start.limits.per_machine {
        let machine = Hash::of(start.device.fingerprint.to_json().to_string());
        let subject = format!("{}:{machine}", scope(&terms.id));
        if let Some(until) = throttle::take(c, &[(subject, policy)], start.now)? {
            return Ok(TrialStarted::TooOften(until));
        }
    }
    match plan(c, terms, &start.device_key, &start.device, start.now)? {
        TrialPlan::Used(used) => Ok(TrialStarted::AlreadyUsed(used)),
        TrialPlan::Again(trial) if trial.id == start.trial => say_again(c, start, &trial),
        // Signed as something else than what it is now: sign again.
        TrialPlan::Again(_) => Ok(TrialStarted::Stale),
        TrialPlan::Start(after) => start_new(c, start, after),
    }
}

fn start_new(c: &Connection, start: &StartTrial, after: Option<Id>) -> Result<TrialStarted> {
    let id = start.trial.to_string();
    if find_trial(c, &id)?.is_some() {
        return Ok(TrialStarted::Stale);
    }
    let most = start.limits.per_day.map_or(i64::MAX, seconds);
    if run(c, COUNT, (seconds(start.now / DAY), most))? == 0 {
        tell_admins(c, start)?;
        return Ok(TrialStarted::CapReached);
    }
    let (device, product) = (&start.device, &start.terms.id);
    let values = crate::engine::params::params![
        id,
        product.as_str(),
        start.device_key.to_string(),
        device.fingerprint.to_json().to_string(),
        device.name,
        activation::folded(device.name.as_deref()),
        device.platform,
        device.app_version,
        seconds(start.now),
        seconds(start.expires_at),
        after.map(|before| before.to_string()),
        start.request_id.to_string(),
        start.request_hash.to_string(),
    ];
    run(c, INSERT, values)?;
    index(c, product, &device.fingerprint, &id, after)?;
    answered(c, start, "trial.start")?;
    tell(c, Topic::TrialStarted, &start.trial, &id, start.now)?;
    Ok(TrialStarted::Done)
}

/// Where the machine is found by its parts. Of trials of the same parts the last one is enough: it leads to the others.
fn index(
    c: &Connection,
    product: &ProductId,
    machine: &Fingerprint,
    id: &str,
    after: Option<Id>,
) -> Result<()> {
    let before = match after {
        Some(before) => find_trial(c, &before.to_string())?,
        None => None,
    };
    if let Some(before) = before.filter(|before| before.fingerprint == *machine) {
        fingerprint::delete(c, &scope(product), machine, &before.id.to_string())?;
    }
    fingerprint::insert(c, &scope(product), machine, id)
}

/// The trial was extended, and its machine asks anew: it is told the end that there is now.
fn say_again(c: &Connection, start: &StartTrial, trial: &Trial) -> Result<TrialStarted> {
    let id = trial.id.to_string();
    let request = (start.request_id.to_string(), start.request_hash.to_string());
    if run(c, ANSWER_LATER, (id, request.0, request.1, seconds(start.expires_at)))? == 0 {
        return Ok(TrialStarted::Stale);
    }
    answered(c, start, "trial.renew")?;
    Ok(TrialStarted::Done)
}

fn answered(c: &Connection, start: &StartTrial, action: &str) -> Result<()> {
    let (device, id, now) = (&start.device, start.trial.to_string(), start.now);
    let request = (start.request_hash.to_string(), start.request_id.to_string());
    run(c, NOTE_REQUEST, (request.0, request.1, &id, seconds(now), &device.app_version))?;
    let name = device.name.as_deref();
    answer::insert_answer(c, &start.request_hash, &start.response, None, name, now)?;
    let actor = match start.by_user {
        Some(user) => crate::session::by(user),
        None => format!("device:{}", start.device_key),
    };
    audit::record(c, now, &actor, action, &id, start.terms.id.as_str())
}

/// A trial that another signer gave: the machine has had its trial, if it had none that is known. Of a further one its end is
/// noted.
pub(crate) fn merge(
    c: &Connection,
    response: &Response,
    granted: &Granted,
    now: UnixSeconds,
) -> Result<Verdict> {
    let Some(product) = product::find_product(c, &response.product)? else {
        return Ok(Verdict::UnknownProduct);
    };
    let (machine, strategy) = (&granted.binding.fingerprint, product.trial.strategy);
    let end = seconds(granted.grant.expires_at.unwrap_or(i64::MAX.unsigned_abs()));
    if let Some(known) = of_machine(c, &product.id, strategy, &response.device, machine)?.last() {
        run(c, NOTE_OTHER, (known.id.to_string(), end))?;
        return Ok(Verdict::TrialAgain);
    }
    let id = response.id.to_string();
    if find_trial(c, &id)?.is_some() {
        return Ok(Verdict::TrialAgain);
    }
    let none: Option<&str> = None;
    let values = crate::engine::params::params![
        id,
        product.id.as_str(),
        response.device.to_string(),
        machine.to_json().to_string(),
        none,
        "",
        none,
        none,
        seconds(response.issued_at),
        end,
        none,
        response.request.id.to_string(),
        response.request.hash.to_string(),
    ];
    run(c, INSERT, values)?;
    fingerprint::insert(c, &scope(&product.id), machine, &id)?;
    tell(c, Topic::TrialStarted, &response.id, &id, now)?;
    Ok(Verdict::Trial)
}

/// Tells webhooks of a trial, as it is in this transaction.
pub(crate) fn tell(
    c: &Connection,
    topic: Topic,
    trial: &Id,
    once: &str,
    now: UnixSeconds,
) -> Result<()> {
    let data = || {
        let trial = find_trial(c, &trial.to_string())?.ok_or(StoreError::Malformed("trial"))?;
        Ok(serde_json::json!({"trial": {
            "id": trial.id.to_string(),
            "product": trial.product.as_str(),
            "machine": trial.device_name,
            "platform": trial.platform,
            "app_version": trial.app_version,
            "created_at": trial.created_at,
            "expires_at": trial.expires_at,
        }}))
    };
    webhook_event::tell(c, topic, once, now, data).map(|_| ())
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
        product: row.parsed("product id")?,
        device_key: row.parsed("device key")?,
        fingerprint: row.fingerprint()?,
        device_name: row.take()?,
        platform: row.take()?,
        app_version: row.take()?,
        created_at: row.time()?,
        expires_at: row.time()?,
        after: row.optional("trial id")?,
        request: request(row)?,
        extensions: row.time()?,
        extended_days: row.time()?,
        other_end: row.optional_time()?,
        converted_at: row.optional_time()?,
    })
}

fn request(row: &mut Columns<'_>) -> Result<Option<(Id, Hash)>> {
    match (row.optional("request id")?, row.optional("request hash")?) {
        (Some(id), Some(hash)) => Ok(Some((id, hash))),
        (None, None) => Ok(None),
        _ => Err(StoreError::Malformed("request of a trial")),
    }
}
