//! Passwords. A new one ends what the old one opened: sessions, tokens, links, a change of address that waits.

use crate::engine::Connection;
use countersign_core::{Hash, Id, UnixSeconds};

use crate::error::Result;
use crate::job::{self, NewJob};
use crate::link::{self, LinkPurpose};
use crate::user::{self, UserStatus};
use crate::{Store, api_token, audit, known_device, run, session};

// Who was invited by an organization has no address yet: they accept the invitation first.
const SET: &str = "UPDATE app_user SET password_hash = ?2, status = 'active', email_pending = NULL \
    WHERE id = ?1 AND deactivated_at IS NULL \
    AND (status = 'active' OR (status = 'invited' AND email_pending IS NULL))";

/// Links that a new password makes worthless. Not the one that undoes a change of the address: it protects the owner.
const ENDED: [LinkPurpose; 4] = [
    LinkPurpose::SetPassword,
    LinkPurpose::ResetPassword,
    LinkPurpose::ConfirmEmail,
    LinkPurpose::SecondFactor,
];

impl Store {
    /// Sets the password; an invited user becomes active. `false` when they may not log in: they stay as they are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_password(
        &self,
        user: Id,
        password_hash: &str,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let (password_hash, actor) = (password_hash.to_owned(), actor.to_owned());
        self.write(move |c| set_password(c, user, &password_hash, None, &actor, now)).await
    }

    /// Changes the password for somebody who is logged in: this session goes on, the others and all tokens end. `notice`, a mail to the
    /// owner, is queued with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_password(
        &self,
        user: Id,
        password_hash: String,
        session: Id,
        notice: NewJob,
        now: UnixSeconds,
    ) -> Result<bool> {
        let by = session::by(user);
        self.write(move |c| {
            let set = set_password(c, user, &password_hash, Some(session), &by, now)?;
            if set {
                job::enqueue(c, &notice, now)?;
            }
            Ok(set)
        })
        .await
    }

    /// Uses the link to set the password of the user it was made for: who that is, or `None` when it does not work. Who had
    /// been in before hears of it: `notice` makes the mail, which is queued with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_password_by_link(
        &self,
        token: Hash,
        purpose: LinkPurpose,
        password_hash: String,
        notice: impl Fn(Id) -> NewJob + Send + 'static,
        now: UnixSeconds,
    ) -> Result<Option<Id>> {
        let actor = match purpose {
            LinkPurpose::SetPassword => "set-password-link",
            LinkPurpose::ResetPassword => "reset-password-link",
            _ => return Ok(None),
        };
        self.write(move |c| {
            let Some(user) = link::use_link(c, &token, purpose, now)?.and_then(|link| link.user)
            else {
                return Ok(None);
            };
            let before = user::find_user(c, user)?.map(|user| user.status);
            if !set_password(c, user, &password_hash, None, actor, now)? {
                return Ok(None);
            }
            if before != Some(UserStatus::Invited) {
                job::enqueue(c, &notice(user), now)?;
            }
            Ok(Some(user))
        })
        .await
    }
}

/// Ends all sessions, or all but `keep`.
fn set_password(
    c: &Connection,
    user: Id,
    hash: &str,
    keep: Option<Id>,
    actor: &str,
    now: UnixSeconds,
) -> Result<bool> {
    let set = run(c, SET, (user.to_string(), hash))? == 1;
    if set {
        // Whoever was logged in with the old password is not any more.
        match keep {
            Some(keep) => {
                session::delete_others(c, user, keep)?;
            }
            None => session::delete_all(c, user)?,
        }
        api_token::revoke_all(c, user, actor, now)?;
        link::drop_links(c, user, &ENDED)?;
        known_device::forget_of_user(c, user)?;
        audit::record_of_user(c, user, now, actor, "user.set-password", "")?;
    }
    Ok(set)
}
