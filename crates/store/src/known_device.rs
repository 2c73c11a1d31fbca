//! Browsers that somebody has logged in with before. Guesses from elsewhere do not slow these down, so nobody can lock
//! the owner of an account out by guessing. Only the hash of a token is stored.

use countersign_core::{Hash, Id, UnixSeconds};

use crate::error::Result;
use crate::row::seconds;
use crate::{Store, find, run};

const INSERT: &str =
    "INSERT INTO known_device (token_hash, user_id, expires_at) VALUES (?1, ?2, ?3)";
const FIND: &str = "SELECT 1 FROM known_device d JOIN app_user u ON u.id = d.user_id \
    WHERE d.token_hash = ?1 AND u.email = ?2 AND d.expires_at > ?3";
const FORGET: &str = "DELETE FROM known_device WHERE expires_at <= ?1";
const FORGET_OF_USER: &str = "DELETE FROM known_device WHERE user_id = ?1";

impl Store {
    /// Notes that this browser has logged in as this user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remember_device(
        &self,
        token: Hash,
        user: Id,
        until: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<()> {
        self.write(move |c| {
            run(c, FORGET, [seconds(now)])?;
            run(c, INSERT, (token.to_string(), user.to_string(), seconds(until))).map(|_| ())
        })
        .await
    }

    /// Whether this browser has logged in before as the user with this address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_known_device(
        &self,
        token: &Hash,
        email: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let values = (token.to_string(), crate::user::normal_email(email), seconds(now));
        Ok(self.read(|c| find(c, FIND, &values, |_| Ok(())))?.is_some())
    }
}

/// A new password: every browser starts anew.
pub(crate) fn forget_of_user(c: &crate::engine::Connection, user: Id) -> Result<()> {
    run(c, FORGET_OF_USER, [user.to_string()]).map(|_| ())
}
