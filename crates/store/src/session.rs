//! Sessions: only the hash of a token is stored, so that a copied database logs nobody in.

use countersign_core::{Hash, Id, UnixSeconds};
use rusqlite::Connection;

use crate::error::Result;
use crate::row::seconds;
use crate::user::{self, User};
use crate::{Store, find, run};

const INSERT: &str =
    "INSERT INTO session (token_hash, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)";
const FIND: &str = "SELECT u.id, u.email, u.name, u.password_hash, u.role, u.status, u.organization_id, u.created_at, \
    COALESCE(o.status, 'active') FROM session s JOIN app_user u ON u.id = s.user_id \
    LEFT JOIN organization o ON o.id = u.organization_id WHERE s.token_hash = ?1 AND s.expires_at > ?2";
const DELETE: &str = "DELETE FROM session WHERE token_hash = ?1";
const DELETE_ALL: &str = "DELETE FROM session WHERE user_id = ?1";
const DELETE_ENDED: &str = "DELETE FROM session WHERE expires_at <= ?1";

impl Store {
    /// Starts a session and forgets those that have ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_session(
        &self,
        token: Hash,
        user: Id,
        now: UnixSeconds,
        until: UnixSeconds,
    ) -> Result<()> {
        self.write(move |c| {
            run(c, DELETE_ENDED, [seconds(now)])?;
            run(c, INSERT, (token.to_string(), user.to_string(), seconds(now), seconds(until)))
                .map(|_| ())
        })
        .await
    }

    /// Whose session this is, if it has not ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_user(&self, token: &Hash, now: UnixSeconds) -> Result<Option<User>> {
        self.read(|c| find(c, FIND, (token.to_string(), seconds(now)), user::map))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_session(&self, token: Hash) -> Result<()> {
        self.write(move |c| run(c, DELETE, [token.to_string()]).map(|_| ())).await
    }
}

pub(crate) fn delete_all(c: &Connection, user: Id) -> Result<()> {
    run(c, DELETE_ALL, [user.to_string()]).map(|_| ())
}
