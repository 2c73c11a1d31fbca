//! Sessions: only the hash of a token is stored, so that a copied database logs nobody in.

use crate::engine::Connection;
use crate::engine::writer::Scope;
use countersign_core::{Hash, Id, UnixSeconds};

use crate::error::Result;
use crate::identity_provider::FactorAskedBy;
use crate::row::{Columns, seconds};
use crate::user::{self, User};
use crate::{Store, audit, find, list, run};

const INSERT: &str = "INSERT INTO session (token_hash, id, user_id, user_agent, address, created_at, last_seen_at, \
    expires_at, factor_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8)";
const FIND: &str = "SELECT u.id, u.email, u.email_pending, u.name, u.first_name, u.last_name, u.language, \
    u.password_hash, COALESCE(u.staff_role, u.role), u.organization_role, CASE WHEN u.status = 'suspended' THEN 'suspended' \
    WHEN u.deactivated_at IS NOT NULL THEN 'deactivated' ELSE u.status END, u.organization_id, u.reseller_id, u.created_at, \
    COALESCE(o.status, 'active'), CASE WHEN u.totp_secret IS NULL THEN 0 ELSE 1 END, \
    s.id, s.user_agent, s.address, s.created_at, s.last_seen_at, s.expires_at, s.factor_by \
    FROM session s JOIN app_user u ON u.id = s.user_id \
    LEFT JOIN organization o ON o.id = u.organization_id WHERE s.token_hash = ?1 AND s.expires_at > ?2";
const OF_USER: &str = "SELECT id, user_agent, address, created_at, last_seen_at, expires_at, factor_by FROM session \
    WHERE user_id = ?1 AND expires_at > ?2 ORDER BY last_seen_at DESC, id LIMIT 200";
const SEEN: &str = "UPDATE session SET last_seen_at = ?2, address = ?3 WHERE token_hash = ?1 AND last_seen_at < ?2";
const LAST_SEEN: &str = "UPDATE app_user SET last_seen_at = ?2 WHERE id = (SELECT user_id FROM session WHERE token_hash = ?1)";
const DELETE: &str = "DELETE FROM session WHERE token_hash = ?1";
const DELETE_ONE: &str = "DELETE FROM session WHERE user_id = ?1 AND id = ?2";
const DELETE_OTHERS: &str = "DELETE FROM session WHERE user_id = ?1 AND id <> ?2";
const DELETE_ALL: &str = "DELETE FROM session WHERE user_id = ?1";
const DELETE_ENDED: &str = "DELETE FROM session WHERE expires_at <= ?1";

/// How much of what a browser says about itself is kept.
const USER_AGENT_CHARS: usize = 200;

/// A session to be started.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Hash of the token in the cookie.
    pub token: Hash,
    /// Its public id: to tell sessions apart and to end them.
    pub id: Id,
    /// Whose it is.
    pub user: Id,
    /// What the browser says about itself; cut to 200 characters.
    pub user_agent: String,
    /// Where it comes from.
    pub address: String,
    /// When it ends, whatever happens.
    pub until: UnixSeconds,
}

/// A session, without what would log somebody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its public id.
    pub id: Id,
    /// What the browser says about itself.
    pub user_agent: String,
    /// Where it was last seen.
    pub address: String,
    /// When it began.
    pub created_at: UnixSeconds,
    /// When it was last seen, to some minutes.
    pub last_seen_at: UnixSeconds,
    /// When it ends.
    pub expires_at: UnixSeconds,
    /// Who vouches for its second factor, if there was one: the portal, where the account has one on, or the provider that let
    /// them in.
    pub factor: FactorAskedBy,
}

impl Store {
    /// Starts a session and forgets those that have ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_session(&self, new: NewSession, now: UnixSeconds) -> Result<()> {
        self.create_session_with(new, FactorAskedBy::Portal, now).await
    }

    /// As [`Store::create_session`], with who vouches for its second factor.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_session_with(
        &self,
        new: NewSession,
        factor: FactorAskedBy,
        now: UnixSeconds,
    ) -> Result<()> {
        let key = new.token.to_string();
        self.write_in(Scope::Keys(&[&key]), move |c| {
            run(c, DELETE_ENDED, [seconds(now)])?;
            let user_agent: String = new.user_agent.chars().take(USER_AGENT_CHARS).collect();
            let values = (
                new.token.to_string(),
                new.id.to_string(),
                new.user.to_string(),
                user_agent,
                &new.address,
                seconds(now),
                seconds(new.until),
                factor.as_str(),
            );
            run(c, INSERT, values)?;
            run(c, LAST_SEEN, (new.token.to_string(), seconds(now))).map(|_| ())
        })
        .await
    }

    /// Whose session this is, if it has not ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_user(
        &self,
        token: &Hash,
        now: UnixSeconds,
    ) -> Result<Option<(User, Session)>> {
        let both = |row: &mut Columns<'_>| Ok((user::map(row)?, map(row)?));
        self.read(|c| find(c, FIND, (token.to_string(), seconds(now)), both))
    }

    /// Notes that the session is in use. To be called every few minutes at most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_seen(&self, token: Hash, address: &str, now: UnixSeconds) -> Result<()> {
        let (token, now, address) = (token.to_string(), seconds(now), address.to_owned());
        let key = token.clone();
        self.write_in(Scope::Keys(&[&key]), move |c| {
            run(c, SEEN, (&token, now, &address))?;
            run(c, LAST_SEEN, (&token, now)).map(|_| ())
        })
        .await
    }

    /// The sessions of a user, the one that was seen last first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions_of(&self, user: Id, now: UnixSeconds) -> Result<Vec<Session>> {
        self.read(|c| list(c, OF_USER, (user.to_string(), seconds(now)), map))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_session(&self, token: Hash) -> Result<()> {
        self.write(move |c| run(c, DELETE, [token.to_string()]).map(|_| ())).await
    }

    /// Ends one session of this user. `false` when they have none with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(&self, user: Id, session: Id, now: UnixSeconds) -> Result<bool> {
        self.write(move |c| {
            let ended = run(c, DELETE_ONE, (user.to_string(), session.to_string()))? == 1;
            if ended {
                audit::record_of_user(c, user, now, &by(user), "user.end-session", "")?;
            }
            Ok(ended)
        })
        .await
    }

    /// Ends all sessions of this user but one; how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_other_sessions(&self, user: Id, keep: Id, now: UnixSeconds) -> Result<usize> {
        self.write(move |c| {
            let ended = delete_others(c, user, keep)?;
            let detail = ended.to_string();
            audit::record_of_user(c, user, now, &by(user), "user.end-other-sessions", &detail)?;
            Ok(ended)
        })
        .await
    }
}

/// The user themselves, as an actor.
pub(crate) fn by(user: Id) -> String {
    format!("user:{user}")
}

pub(crate) fn delete_others(c: &Connection, user: Id, keep: Id) -> Result<usize> {
    run(c, DELETE_OTHERS, (user.to_string(), keep.to_string()))
}

pub(crate) fn delete_all(c: &Connection, user: Id) -> Result<()> {
    run(c, DELETE_ALL, [user.to_string()]).map(|_| ())
}

fn map(row: &mut Columns<'_>) -> Result<Session> {
    Ok(Session {
        id: row.parsed("session id")?,
        user_agent: row.text()?,
        address: row.text()?,
        created_at: row.time()?,
        last_seen_at: row.time()?,
        expires_at: row.time()?,
        factor: row.parsed("who asks for a second factor")?,
    })
}
