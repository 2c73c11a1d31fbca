//! The second factor: a secret shared with an authenticator app, and recovery codes for when it is lost. A code works
//! once: the time step that it was for is noted, recovery codes are marked as used. Checking a code is the caller's part.

use crate::engine::Connection;
use countersign_core::{Hash, Id, UnixSeconds};

use crate::error::Result;
use crate::job::{self, NewJob};
use crate::link::{self, LinkPurpose};
use crate::row::{Columns, seconds};
use crate::{Store, audit, find, list, run, session, setting, staff, user};

const OFFER: &str = "UPDATE app_user SET totp_pending = ?2 WHERE id = ?1";
const SECRETS: &str = "SELECT totp_secret, totp_pending FROM app_user WHERE id = ?1";
const TURN_ON: &str = "UPDATE app_user SET totp_secret = totp_pending, totp_pending = NULL, totp_last_step = ?3 \
    WHERE id = ?1 AND totp_pending = ?2";
const TURN_OFF: &str = "UPDATE app_user SET totp_secret = NULL, totp_pending = NULL, totp_last_step = NULL \
    WHERE id = ?1 AND totp_secret IS NOT NULL";
const USE_STEP: &str = "UPDATE app_user SET totp_last_step = ?3 WHERE id = ?1 AND totp_secret = ?2 \
    AND (totp_last_step IS NULL OR totp_last_step < ?3)";
const ALL: &str = "SELECT id, totp_secret FROM app_user WHERE totp_secret IS NOT NULL \
    UNION ALL SELECT id, totp_pending FROM app_user WHERE totp_pending IS NOT NULL";
const REPLACE: &str = "UPDATE app_user SET totp_secret = CASE WHEN totp_secret = ?2 THEN ?3 ELSE totp_secret END, \
    totp_pending = CASE WHEN totp_pending = ?2 THEN ?3 ELSE totp_pending END WHERE id = ?1";
const WITH_FACTOR: &str = "SELECT id FROM app_user WHERE totp_secret IS NOT NULL";
const FORGET_OFFERS: &str =
    "UPDATE app_user SET totp_pending = NULL WHERE totp_pending IS NOT NULL";
const INSERT_CODE: &str =
    "INSERT INTO recovery_code (user_id, code_hash) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const USE_CODE: &str = "UPDATE recovery_code SET used_at = ?3 WHERE user_id = ?1 AND code_hash = ?2 AND used_at IS NULL";
const CODES_LEFT: &str =
    "SELECT COUNT(*) FROM recovery_code WHERE user_id = ?1 AND used_at IS NULL";
const DELETE_CODES: &str = "DELETE FROM recovery_code WHERE user_id = ?1";

/// The secrets of a user's second factor, in the caller's form.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecrets {
    /// The one in use.
    pub active: Option<String>,
    /// The one that is offered and waits for its first code.
    pub offered: Option<String>,
}

impl std::fmt::Debug for TotpSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TotpSecrets({}, {})", self.active.is_some(), self.offered.is_some())
    }
}

/// What a person gave as second factor, checked by the caller as far as it can be.
#[derive(Clone, PartialEq, Eq)]
pub enum Factor {
    /// A code of the authenticator app: the secret that it was made with and the time step that it is for.
    Totp {
        /// As [`TotpSecrets::active`].
        secret: String,
        /// The step.
        step: u64,
    },
    /// Hash of a recovery code.
    RecoveryCode(Hash),
}

impl std::fmt::Debug for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Totp { .. } => "Totp",
            Self::RecoveryCode(_) => "RecoveryCode",
        })
    }
}

/// A second factor to be turned on.
#[derive(Debug, Clone)]
pub struct TurnOn {
    /// Whose.
    pub user: Id,
    /// As [`TotpSecrets::offered`]; its first code was right.
    pub secret: String,
    /// The step that the code was for.
    pub step: u64,
    /// Hashes of the recovery codes.
    pub codes: Vec<Hash>,
    /// The session that goes on; the user's others end.
    pub session: Id,
    /// A mail to the owner.
    pub notice: NewJob,
}

impl Store {
    /// Notes a secret that waits for its first code; an earlier offer is forgotten.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn offer_totp(&self, user: Id, secret: String) -> Result<()> {
        self.write(move |c| run(c, OFFER, (user.to_string(), &secret)).map(|_| ())).await
    }

    /// The user's secrets.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn totp_secrets(&self, user: Id) -> Result<TotpSecrets> {
        let both =
            |row: &mut Columns<'_>| Ok(TotpSecrets { active: row.take()?, offered: row.take()? });
        let found = self.read(|c| find(c, SECRETS, [user.to_string()], both))?;
        Ok(found.unwrap_or(TotpSecrets { active: None, offered: None }))
    }

    /// The secrets of all users, in use or offered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_totp_secrets(&self) -> Result<Vec<(Id, String)>> {
        self.read(|c| list(c, ALL, [], |row| Ok((row.parsed("user id")?, row.text()?))))
    }

    /// Puts another form of a secret in its place, if it is still there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replace_totp_secret(&self, user: Id, before: String, after: String) -> Result<()> {
        self.write(move |c| run(c, REPLACE, (user.to_string(), &before, &after)).map(|_| ())).await
    }

    /// Turns the second factor off for everybody, because their secrets are lost, and forgets the setting that says so, both
    /// or neither. `notice` makes the mail to each of them. How many they were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn turn_off_two_factor_for_all(
        &self,
        forget_setting: &'static str,
        notice: impl Fn(Id) -> NewJob + Send + 'static,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<usize> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let users: Vec<Id> = list(c, WITH_FACTOR, [], |row| row.parsed("user id"))?;
            for user in &users {
                turn_off(c, *user, &notice(*user), &actor, now)?;
            }
            run(c, FORGET_OFFERS, [])?;
            setting::forget(c, forget_setting, &actor, now)?;
            Ok(users.len())
        })
        .await
    }

    /// Turns the second factor on with the secret that was offered, gives it its recovery codes, ends the user's other
    /// sessions and queues the mail to the owner. `false` when another secret is offered by now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn turn_on_two_factor(&self, on: TurnOn, now: UnixSeconds) -> Result<bool> {
        self.write(move |c| {
            let user = on.user;
            if run(c, TURN_ON, (user.to_string(), &on.secret, seconds(on.step)))? != 1 {
                return Ok(false);
            }
            replace_codes(c, user, &on.codes)?;
            session::delete_others(c, user, on.session)?;
            link::drop_links(c, user, &[LinkPurpose::SecondFactor])?;
            job::enqueue(c, &on.notice, now)?;
            let by = session::by(user);
            audit::record_of_user(c, user, now, &by, "user.two-factor-on", "")?;
            Ok(true)
        })
        .await
    }

    /// Turns the second factor off; `notice`, a mail to the owner, is queued with it. `false` when it was not on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn turn_off_two_factor(
        &self,
        user: Id,
        actor: &str,
        notice: NewJob,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write(move |c| {
            // Whoever could do that to an owner, and reads a mailbox, could become one.
            match user::find_user(c, user)? {
                Some(found) if staff::may_change(c, &actor, &found)? => {}
                _ => return Ok(false),
            }
            turn_off(c, user, &notice, &actor, now)
        })
        .await
    }

    /// Gives the user new recovery codes; the old ones are worth nothing. `notice`, a mail to the owner, is queued with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replace_recovery_codes(
        &self,
        user: Id,
        codes: Vec<Hash>,
        notice: NewJob,
        now: UnixSeconds,
    ) -> Result<()> {
        self.write(move |c| {
            replace_codes(c, user, &codes)?;
            job::enqueue(c, &notice, now)?;
            let by = session::by(user);
            audit::record_of_user(c, user, now, &by, "user.new-recovery-codes", "")
        })
        .await
    }

    /// Recovery codes that the user has left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recovery_codes_left(&self, user: Id) -> Result<u64> {
        Ok(self.read(|c| find(c, CODES_LEFT, [user.to_string()], |row| row.time()))?.unwrap_or(0))
    }

    /// Uses a factor up for somebody who is logged in. `false` when it was used before or is none of theirs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_factor(&self, user: Id, factor: Factor, now: UnixSeconds) -> Result<bool> {
        self.write(move |c| use_factor(c, user, &factor, now)).await
    }

    /// Uses a factor and the link of the login that waits for it up, both or neither: whose login that is. `notice`, a mail to
    /// the owner, is queued with it where there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pass_second_factor(
        &self,
        token: Hash,
        factor: Factor,
        notice: Option<NewJob>,
        now: UnixSeconds,
    ) -> Result<Option<Id>> {
        self.write(move |c| {
            let link = link::find_link(c, &token, LinkPurpose::SecondFactor, now)?;
            let Some(user) = link.and_then(|link| link.user) else { return Ok(None) };
            if !use_factor(c, user, &factor, now)? {
                return Ok(None);
            }
            link::use_link(c, &token, LinkPurpose::SecondFactor, now)?;
            if let Some(notice) = &notice {
                job::enqueue(c, notice, now)?;
            }
            Ok(Some(user))
        })
        .await
    }
}

fn turn_off(
    c: &Connection,
    user: Id,
    notice: &NewJob,
    actor: &str,
    now: UnixSeconds,
) -> Result<bool> {
    if run(c, TURN_OFF, [user.to_string()])? != 1 {
        return Ok(false);
    }
    run(c, DELETE_CODES, [user.to_string()])?;
    job::enqueue(c, notice, now)?;
    audit::record_of_user(c, user, now, actor, "user.two-factor-off", "")?;
    Ok(true)
}

fn use_factor(c: &Connection, user: Id, factor: &Factor, now: UnixSeconds) -> Result<bool> {
    match factor {
        Factor::Totp { secret, step } => {
            Ok(run(c, USE_STEP, (user.to_string(), secret, seconds(*step)))? == 1)
        }
        Factor::RecoveryCode(hash) => {
            let used = run(c, USE_CODE, (user.to_string(), hash.to_string(), seconds(now)))? == 1;
            if used {
                let by = session::by(user);
                audit::record_of_user(c, user, now, &by, "user.use-recovery-code", "")?;
            }
            Ok(used)
        }
    }
}

fn replace_codes(c: &Connection, user: Id, codes: &[Hash]) -> Result<()> {
    run(c, DELETE_CODES, [user.to_string()])?;
    for code in codes {
        run(c, INSERT_CODE, (user.to_string(), code.to_string()))?;
    }
    Ok(())
}
