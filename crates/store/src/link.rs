//! One-time links, mostly by mail. Only the hash of a token is stored. What a link does stands with the noun that it
//! changes; here is how links are made, looked at and used up.

use crate::engine::Connection;
use countersign_core::{Hash, Id, UnixSeconds};

use crate::error::Result;
use crate::row::{Columns, seconds};
use crate::user::{self, User, UserChange};
use crate::{Store, audit, find, run, staff};

const INSERT: &str = "INSERT INTO one_time_link (token_hash, purpose, user_id, detail, expires_at) \
    VALUES (?1, ?2, ?3, ?4, ?5)";
const FIND: &str = "SELECT seq, user_id, detail FROM one_time_link \
    WHERE token_hash = ?1 AND purpose = ?2 AND expires_at > ?3 AND used_at IS NULL";
const USE: &str = "UPDATE one_time_link SET used_at = ?3 WHERE token_hash = ?1 AND purpose = ?2 AND expires_at > ?3 \
    AND used_at IS NULL RETURNING seq, user_id, detail";
const DROP_FIRST_ADMIN: &str = "DELETE FROM one_time_link WHERE purpose = 'first-admin'";
const DROP_OF_USER: &str =
    "DELETE FROM one_time_link WHERE user_id = ?1 AND used_at IS NULL AND purpose = ?2";
const DELETE_OF_USER: &str = "DELETE FROM one_time_link WHERE user_id = ?1";
const DROP_YOUNGER: &str =
    "DELETE FROM one_time_link WHERE user_id = ?1 AND purpose = ?2 AND seq > ?3";

/// What a link lets its holder do, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Create the first admin.
    FirstAdmin,
    /// Set one's password, by a link that the vendor handed over.
    SetPassword,
    /// Accept an invitation.
    Invite,
    /// Set one's password, by a link that was mailed.
    ResetPassword,
    /// Confirm a new e-mail address.
    ConfirmEmail,
    /// Undo a change of the e-mail address.
    RevertEmail,
    /// Give the second factor: the password was right a moment ago.
    SecondFactor,
}

impl LinkPurpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::FirstAdmin => "first-admin",
            Self::SetPassword => "set-password",
            Self::Invite => "invite",
            Self::ResetPassword => "reset-password",
            Self::ConfirmEmail => "confirm-email",
            Self::RevertEmail => "revert-email",
            Self::SecondFactor => "second-factor",
        }
    }
}

/// What a link holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The order in which links were made.
    pub(crate) seq: i64,
    /// Whom it is for.
    pub user: Option<Id>,
    /// What it is about, e.g. the address that it confirms.
    pub detail: Option<String>,
}

impl Store {
    /// Stores a link. One for the first admin, or one for a password that is handed over, replaces the older ones.
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
        self.create_link_about(token, purpose, user, None, until).await
    }

    /// Stores a link to set a password, which somebody hands over to the user: it is written down. Older ones are worth
    /// nothing. `false` when there is no such user, or none whom the actor may change.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_password_link(
        &self,
        token: Hash,
        user: Id,
        until: UnixSeconds,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write(move |c| {
            // A link to an owner's password would make an owner of whoever holds it.
            match user::find_user(c, user)? {
                Some(found) if staff::may_change(c, &actor, &found)? => {}
                _ => return Ok(false),
            }
            let purpose = LinkPurpose::SetPassword;
            drop_links(c, user, &[purpose])?;
            let (token, id) = (token.to_string(), Some(user.to_string()));
            run(c, INSERT, (token, purpose.as_str(), id, None::<String>, seconds(until)))?;
            audit::record_of_user(c, user, now, &actor, "user.password-link", "")?;
            Ok(true)
        })
        .await
    }

    /// Stores a link that is about something, e.g. an address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_link_about(
        &self,
        token: Hash,
        purpose: LinkPurpose,
        user: Option<Id>,
        detail: Option<String>,
        until: UnixSeconds,
    ) -> Result<()> {
        self.write(move |c| {
            if purpose == LinkPurpose::FirstAdmin {
                run(c, DROP_FIRST_ADMIN, [])?;
            }
            if purpose == LinkPurpose::SetPassword
                && let Some(user) = user
            {
                drop_links(c, user, &[purpose])?;
            }
            let user = user.map(|id| id.to_string());
            let values = (token.to_string(), purpose.as_str(), user, &detail, seconds(until));
            run(c, INSERT, values).map(|_| ())
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
        Ok(self.link(token, purpose, now).await?.is_some())
    }

    /// The link, if it would work now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn link(
        &self,
        token: &Hash,
        purpose: LinkPurpose,
        now: UnixSeconds,
    ) -> Result<Option<Link>> {
        self.read(|c| find_link(c, token, purpose, now))
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
            if user::has_admin(c)? || find_link(c, &token, LinkPurpose::FirstAdmin, now)?.is_none()
            {
                return Ok(false);
            }
            let created = user::insert_user(c, &admin, "first-admin-link", now)?;
            if created != UserChange::Done {
                return Ok(false);
            }
            use_link(c, &token, LinkPurpose::FirstAdmin, now)?;
            Ok(true)
        })
        .await
    }
}

/// The link, if it would work now.
pub(crate) fn find_link(
    c: &Connection,
    token: &Hash,
    purpose: LinkPurpose,
    now: UnixSeconds,
) -> Result<Option<Link>> {
    find(c, FIND, (token.to_string(), purpose.as_str(), seconds(now)), map)
}

/// Uses the link up. `None`: it does not work.
pub(crate) fn use_link(
    c: &Connection,
    token: &Hash,
    purpose: LinkPurpose,
    now: UnixSeconds,
) -> Result<Option<Link>> {
    find(c, USE, (token.to_string(), purpose.as_str(), seconds(now)), map)
}

/// Makes the user's unused links for these purposes worthless.
pub(crate) fn drop_links(c: &Connection, user: Id, purposes: &[LinkPurpose]) -> Result<()> {
    for purpose in purposes {
        run(c, DROP_OF_USER, (user.to_string(), purpose.as_str()))?;
    }
    Ok(())
}

/// Makes the user's links for this purpose that were made after `link` worthless.
pub(crate) fn drop_younger(
    c: &Connection,
    user: Id,
    purpose: LinkPurpose,
    link: &Link,
) -> Result<()> {
    run(c, DROP_YOUNGER, (user.to_string(), purpose.as_str(), link.seq)).map(|_| ())
}

/// Forgets all links of somebody who goes.
pub(crate) fn delete_of_user(c: &Connection, user: Id) -> Result<()> {
    run(c, DELETE_OF_USER, [user.to_string()]).map(|_| ())
}

fn map(row: &mut Columns<'_>) -> Result<Link> {
    Ok(Link {
        seq: row.take()?,
        user: row.take::<Option<String>>()?.and_then(|id| id.parse().ok()),
        detail: row.take()?,
    })
}
