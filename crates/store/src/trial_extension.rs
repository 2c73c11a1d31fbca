//! Extending a trial, and the fresh response that tells its machine: the answer to its latest request once more.

use crate::engine::Connection;
use countersign_core::{Hash, Id, UnixSeconds};

use crate::answer::{self, Answer};
use crate::error::Result;
use crate::product::{self, Product};
use crate::role::Permission;
use crate::row::{Columns, seconds};
use crate::trial::{self, Trial};
use crate::user::{self, User};
use crate::webhook_event::Topic;
use crate::{Store, audit, find, list, run};

const EXTEND: &str = "UPDATE trial SET expires_at = ?3, extensions = extensions + 1, extended_days = extended_days + ?4 \
    WHERE id = ?1 AND expires_at = ?2 AND extensions = ?5";
const LATEST: &str = "SELECT token, issued_at FROM trial_renewal WHERE trial_id = ?1 AND request_hash = ?2 \
    ORDER BY issued_at DESC LIMIT 1";
const INSERT: &str = "INSERT INTO trial_renewal (trial_id, request_hash, issued_at, token) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (trial_id, request_hash, issued_at) DO NOTHING";
const REQUESTS: &str = "SELECT request_id, request_hash, asked_at, app_version FROM trial_request WHERE trial_id = ?1 \
    ORDER BY asked_at DESC, request_hash LIMIT 20";

const DAY: u64 = 86_400;

/// The most days by which anybody extends a trial at once.
pub const MOST_EXTENSION_DAYS: u64 = 3_650;

/// How far one trial may be extended, unless an admin goes beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtensionLimits {
    /// How often.
    pub times: u64,
    /// By how many days in all.
    pub days: u64,
}

impl ExtensionLimits {
    /// How often, and by how many days, this trial can be extended within them; `None`: not at all.
    pub fn left(&self, trial: &Trial) -> Option<Self> {
        let left = Self {
            times: self.times.saturating_sub(trial.extensions),
            days: self.days.saturating_sub(trial.extended_days),
        };
        (left.times > 0 && left.days > 0).then_some(left)
    }
}

/// Why somebody may not extend a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MayNotExtend {
    /// It is none of theirs.
    NotStaff,
    /// The limits allow so many days, if any.
    Beyond {
        /// How many are left.
        days_left: u64,
    },
}

/// Whether somebody means to go beyond the limits, as admins may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeyondLimits {
    /// No: within them.
    NotMeant,
    /// Yes.
    Meant,
}

/// Whether this person may extend this trial by so many days: the one place that decides it.
///
/// # Errors
/// When they may not.
pub fn may_extend(
    user: &User,
    trial: &Trial,
    days: u64,
    limits: &ExtensionLimits,
    beyond: BeyondLimits,
) -> std::result::Result<(), MayNotExtend> {
    let within = limits.left(trial).map_or(0, |left| left.days).min(MOST_EXTENSION_DAYS);
    let most = match beyond {
        _ if !user.may(Permission::ExtendTrials) => return Err(MayNotExtend::NotStaff),
        BeyondLimits::Meant if user.role.is_admin() => MOST_EXTENSION_DAYS,
        BeyondLimits::Meant | BeyondLimits::NotMeant => within,
    };
    if (1..=most).contains(&days) { Ok(()) } else { Err(MayNotExtend::Beyond { days_left: most }) }
}

/// A longer trial for one machine.
#[derive(Debug, Clone)]
pub struct ExtendTrial {
    /// Which.
    pub trial: Id,
    /// Its end as it was when somebody decided this: who comes second decides anew.
    pub seen_end: UnixSeconds,
    /// By how many days, from its end, or from now if it has ended.
    pub days: u64,
    /// The limits that the vendor set,
    pub limits: ExtensionLimits,
    /// and whether they are meant to be passed.
    pub beyond: BeyondLimits,
    /// Who. Whether they may is looked at again when it is stored.
    pub by: Id,
    /// Who, in the audit log: themselves, or a token of theirs.
    pub actor: String,
    /// The time.
    pub now: UnixSeconds,
}

/// How an extension ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialExtended {
    /// The trial as it is now.
    Done(Box<Trial>),
    /// There is no such trial, or not for them.
    Unknown,
    /// Its end is another one than they saw.
    Changed(Box<Trial>),
    /// The machine had another trial since.
    Superseded,
    /// They may extend it by no more than so many days.
    Beyond {
        /// How many.
        days_left: u64,
    },
}

/// A response that was signed for a trial as it is known.
#[derive(Debug, Clone)]
pub struct RenewTrial {
    /// The product as it was when the response was signed.
    pub terms: Product,
    /// The trial as it was.
    pub trial: Trial,
    /// The request that it answers once more.
    pub request_hash: Hash,
    /// The signed response.
    pub response: String,
    /// When it was signed.
    pub issued_at: UnixSeconds,
    /// Who asked for it.
    pub by: Id,
    /// Who, in the audit log: themselves, or a token of theirs.
    pub actor: String,
    /// The time.
    pub now: UnixSeconds,
}

/// How a renewal of a trial ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialRenewed {
    /// The response is stored and may be handed out.
    Done,
    /// There is no such trial for them (any more).
    Unknown,
    /// Something changed since it was read: read and sign again.
    Stale,
}

/// A request that a trial answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialRequest {
    /// Its id.
    pub id: Id,
    /// Its hash.
    pub hash: Hash,
    /// When it was answered.
    pub asked_at: UnixSeconds,
    /// The version of the app that made it.
    pub app_version: Option<String>,
}

impl Store {
    /// Extends a trial.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn extend_trial(&self, extend: ExtendTrial) -> Result<TrialExtended> {
        self.write_once(move |c| extend_in(c, &extend)).await
    }

    /// Stores a fresh response for a trial's latest request; everything is decided again by what the database holds now.
    ///
    /// # Errors
    /// When the database fails: nothing is stored then.
    pub async fn renew_trial(&self, renew: RenewTrial) -> Result<TrialRenewed> {
        self.write_once(move |c| renew_in(c, &renew)).await
    }

    /// The response that a trial's machine got last: one that was signed anew, or what its latest request got.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest_trial_response(&self, trial: &Trial) -> Result<Option<Answer>> {
        let Some((_, hash)) = trial.request else { return Ok(None) };
        let device_name = trial.device_name.clone();
        self.read(|c| {
            let values = (trial.id.to_string(), hash.to_string());
            let map = |row: &mut Columns<'_>| {
                Ok(Answer {
                    token: row.text()?,
                    created_at: row.time()?,
                    device_name: device_name.clone(),
                })
            };
            match find(c, LATEST, values, map)? {
                Some(renewed) => Ok(Some(renewed)),
                None => answer::find_answer(c, &hash),
            }
        })
    }

    /// The latest requests that a trial answers, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trial_requests(&self, trial: &Id) -> Result<Vec<TrialRequest>> {
        let map = |row: &mut Columns<'_>| {
            Ok(TrialRequest {
                id: row.parsed("request id")?,
                hash: row.parsed("request hash")?,
                asked_at: row.time()?,
                app_version: row.take()?,
            })
        };
        self.read(|c| list(c, REQUESTS, [trial.to_string()], map))
    }

    /// Whether the machine had another trial after this one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_trial_superseded(&self, trial: &Trial) -> Result<bool> {
        self.read(|c| trial::is_superseded(c, trial))
    }
}

fn extend_in(c: &Connection, extend: &ExtendTrial) -> Result<TrialExtended> {
    let ExtendTrial { days, now, .. } = *extend;
    let id = extend.trial.to_string();
    let (Some(user), Some(before)) = (user::find_user(c, extend.by)?, trial::find_trial(c, &id)?)
    else {
        return Ok(TrialExtended::Unknown);
    };
    match may_extend(&user, &before, days, &extend.limits, extend.beyond) {
        Ok(()) => {}
        Err(MayNotExtend::NotStaff) => return Ok(TrialExtended::Unknown),
        Err(MayNotExtend::Beyond { days_left }) => return Ok(TrialExtended::Beyond { days_left }),
    }
    if before.expires_at != extend.seen_end {
        return Ok(TrialExtended::Changed(Box::new(before)));
    }
    if trial::is_superseded(c, &before)? {
        return Ok(TrialExtended::Superseded);
    }
    let end = before.expires_at.max(now).saturating_add(days * DAY);
    let guard =
        (seconds(before.expires_at), seconds(end), seconds(days), seconds(before.extensions));
    let changed = run(c, EXTEND, (&id, guard.0, guard.1, guard.2, guard.3))?;
    let Some(after) = trial::find_trial(c, &id)? else { return Ok(TrialExtended::Unknown) };
    if changed == 0 {
        return Ok(TrialExtended::Changed(Box::new(after)));
    }
    let detail = days.to_string();
    audit::record(c, now, &extend.actor, "trial.extend", &id, &detail)?;
    let once = format!("{id}:{}", after.extensions);
    trial::tell(c, Topic::TrialExtended, &extend.trial, &once, now)?;
    Ok(TrialExtended::Done(Box::new(after)))
}

fn renew_in(c: &Connection, renew: &RenewTrial) -> Result<TrialRenewed> {
    let id = renew.trial.id.to_string();
    let user = user::find_user(c, renew.by)?;
    if !user.is_some_and(|user| user.may(Permission::ExtendTrials)) {
        return Ok(TrialRenewed::Unknown);
    }
    let Some(trial) = trial::find_trial(c, &id)? else { return Ok(TrialRenewed::Unknown) };
    let is_same = trial.expires_at == renew.trial.expires_at
        && trial.request.is_some_and(|(_, hash)| hash == renew.request_hash)
        && trial.is_running(renew.now)
        && product::find_product(c, &trial.product)?.as_ref() == Some(&renew.terms);
    if !is_same {
        return Ok(TrialRenewed::Stale);
    }
    let hash = renew.request_hash.to_string();
    if run(c, INSERT, (&id, &hash, seconds(renew.issued_at), &renew.response))? == 0 {
        // Somebody else asked in the same second: what they got is read next.
        return Ok(TrialRenewed::Stale);
    }
    audit::record(c, renew.now, &renew.actor, "trial.renew", &id, trial.product.as_str())?;
    Ok(TrialRenewed::Done)
}

#[cfg(test)]
mod tests {
    use countersign_core::fingerprint::Fingerprint;
    use countersign_core::{Hash, SigningKey};

    use super::*;
    use crate::role::Role;
    use crate::user::UserStatus;

    fn trial(extensions: u64, extended_days: u64) -> Trial {
        let product: countersign_core::ProductId = "acme-cad".parse().unwrap();
        let fingerprint = Fingerprint::of_raw(&product, [("board", "b".to_owned())]).unwrap();
        let mut rng = getrandom::rand_core::UnwrapErr(getrandom::SysRng);
        Trial {
            id: Id::from([7; 16]),
            product,
            device_key: SigningKey::generate(&mut rng).public_key().thumbprint(),
            fingerprint,
            device_name: None,
            platform: None,
            app_version: None,
            created_at: 0,
            expires_at: 1,
            after: None,
            request: Some((Id::from([1; 16]), Hash::of("r"))),
            extensions,
            extended_days,
            other_end: None,
            converted_at: None,
        }
    }

    #[test]
    fn the_limits_count_times_and_days() {
        let limits = ExtensionLimits { times: 2, days: 14 };
        assert_eq!(limits.left(&trial(0, 0)), Some(limits));
        assert_eq!(limits.left(&trial(1, 10)), Some(ExtensionLimits { times: 1, days: 4 }));
        for used_up in [trial(2, 3), trial(1, 14), trial(9, 99)] {
            assert_eq!(limits.left(&used_up), None);
        }
        assert_eq!(ExtensionLimits { times: 0, days: 9 }.left(&trial(0, 0)), None);
    }

    #[test]
    fn staff_extend_within_the_limits_and_only_admins_who_mean_it_beyond() {
        let limits = ExtensionLimits { times: 2, days: 14 };
        let user = |role, status| User {
            status,
            ..User::invited(Id::from([2; 16]), "a@acme.example", role, 0)
        };
        let ask =
            |user: &User, days, beyond| may_extend(user, &trial(1, 10), days, &limits, beyond);
        let (within, meant) = (BeyondLimits::NotMeant, BeyondLimits::Meant);
        let beyond = |days_left| Err(MayNotExtend::Beyond { days_left });
        for role in [Role::Owner, Role::Admin, Role::Support] {
            let one = user(role, UserStatus::Active);
            assert_eq!(ask(&one, 4, within), Ok(()), "{role:?}");
            assert_eq!(ask(&one, 5, within), beyond(4), "{role:?}");
            for status in [UserStatus::Suspended, UserStatus::Invited] {
                let nobody = Err(MayNotExtend::NotStaff);
                assert_eq!(ask(&user(role, status), 1, meant), nobody, "{role:?} {status:?}");
            }
        }
        for role in [Role::Owner, Role::Admin] {
            let admin = user(role, UserStatus::Active);
            assert_eq!(ask(&admin, MOST_EXTENSION_DAYS, meant), Ok(()));
            assert_eq!(ask(&admin, 0, meant), beyond(MOST_EXTENSION_DAYS));
            assert_eq!(ask(&admin, u64::MAX, meant), beyond(MOST_EXTENSION_DAYS));
        }
        let support = user(Role::Support, UserStatus::Active);
        assert_eq!(ask(&support, 4, meant), Ok(()));
        assert_eq!(ask(&support, 5, meant), beyond(4), "they may not go beyond, whatever they say");
        for role in [Role::ReadOnly, Role::ResellerAdmin, Role::Customer] {
            let other = user(role, UserStatus::Active);
            assert_eq!(ask(&other, 1, within), Err(MayNotExtend::NotStaff), "{role:?}");
        }
    }
}
