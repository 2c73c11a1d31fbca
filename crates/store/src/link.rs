//! One-time links: to create the first admin, to set a password. Only the hash of a token is stored.

use countersign_core::{Hash, Id, UnixSeconds};
use rusqlite::Connection;

use crate::error::Result;
use crate::row::seconds;
use crate::user::{self, User};
use crate::{Store, find, run};

const INSERT: &str =
    "INSERT INTO one_time_link (token_hash, purpose, user_id, expires_at) VALUES (?1, ?2, ?3, ?4)";
const FIND: &str = "SELECT user_id FROM one_time_link WHERE token_hash = ?1 AND purpose = ?2 AND expires_at > ?3 \
    AND used_at IS NULL";
const USE: &str = "UPDATE one_time_link SET used_at = ?3 WHERE token_hash = ?1 AND purpose = ?2 AND expires_at > ?3 \
    AND used_at IS NULL RETURNING user_id";
const DROP_FIRST_ADMIN: &str = "DELETE FROM one_time_link WHERE purpose = 'first-admin'";
const DROP_OF_USER: &str = "DELETE FROM one_time_link WHERE user_id = ?1";

/// What a link lets its holder do, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Create the first admin.
    FirstAdmin,
    /// Set one's password.
    SetPassword,
}

impl LinkPurpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::FirstAdmin => "first-admin",
            Self::SetPassword => "set-password",
        }
    }
}

impl Store {
    /// Stores a link. It replaces the older ones for the first admin, or for the same user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_link(
        &self,
        token: Hash,
        purpose: LinkPurpose,
        user: Option<Id>,
        until: UnixSeconds,
    ) -> Result<()> {
        self.write(move |c| {
            if purpose == LinkPurpose::FirstAdmin {
                run(c, DROP_FIRST_ADMIN, [])?;
            }
            let user = user.map(|id| id.to_string());
            if let Some(user) = &user {
                run(c, DROP_OF_USER, [user])?;
            }
            run(c, INSERT, (token.to_string(), purpose.as_str(), user, seconds(until))).map(|_| ())
        })
        .await
    }

    /// Whether the link would work now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn link_works(
        &self,
        token: &Hash,
        purpose: LinkPurpose,
        now: UnixSeconds,
    ) -> Result<bool> {
        self.read(|c| link_works(c, token, purpose, now))
    }

    /// Uses the link to create the first admin. `false` when the link does not work, there is an admin already, or the
    /// e-mail address is taken: the link is not used up then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_first_admin(
        &self,
        token: Hash,
        admin: User,
        now: UnixSeconds,
    ) -> Result<bool> {
        self.write(move |c| {
            if user::has_admin(c)? || !link_works(c, &token, LinkPurpose::FirstAdmin, now)? {
                return Ok(false);
            }
            let created = user::insert_user(c, &admin, "first-admin-link", now)?;
            if created {
                use_link(c, &token, LinkPurpose::FirstAdmin, now)?;
            }
            Ok(created)
        })
        .await
    }

    /// Uses the link to set the password of the user it was made for. `false` when it does not work.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_password_by_link(
        &self,
        token: Hash,
        password_hash: String,
        now: UnixSeconds,
    ) -> Result<bool> {
        self.write(move |c| match use_link(c, &token, LinkPurpose::SetPassword, now)? {
            Some(Some(user)) => {
                user::set_password(c, user, &password_hash, "set-password-link", now)
            }
            _ => Ok(false),
        })
        .await
    }
}

fn link_works(
    c: &Connection,
    token: &Hash,
    purpose: LinkPurpose,
    now: UnixSeconds,
) -> Result<bool> {
    let values = (token.to_string(), purpose.as_str(), seconds(now));
    Ok(find(c, FIND, values, |_| Ok(()))?.is_some())
}

/// `None`: the link does not work. Otherwise the user that it was made for, if any.
fn use_link(
    c: &Connection,
    token: &Hash,
    purpose: LinkPurpose,
    now: UnixSeconds,
) -> Result<Option<Option<Id>>> {
    let values = (token.to_string(), purpose.as_str(), seconds(now));
    find(c, USE, values, |row| Ok(row.take::<Option<String>>()?.and_then(|id| id.parse().ok())))
}
