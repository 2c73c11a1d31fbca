//! Changing one's e-mail address: asked for by the owner, confirmed from the new mailbox, undone from the old one.

use crate::engine::Connection;
use countersign_core::{Hash, Id, UnixSeconds};

use crate::error::Result;
use crate::job::{self, NewJob};
use crate::link::{self, LinkPurpose};
use crate::{Store, api_token, audit, known_device, run, session, user, user_term};

const ASK: &str = "UPDATE app_user SET email_pending = ?2 WHERE id = ?1 AND status = 'active' AND deactivated_at IS NULL";
const CONFIRM: &str =
    "UPDATE app_user SET email = ?2, email_pending = NULL WHERE id = ?1 AND email_pending = ?2";
// Whoever changed the address knows the password: it is worth nothing from now on.
const REVERT: &str =
    "UPDATE app_user SET email = ?2, email_pending = NULL, password_hash = NULL WHERE id = ?1";

/// How confirming or undoing a change of the address ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailChange {
    /// It is done, for this user.
    Done(Id),
    /// The link does not work, or is about another address than the one that waits.
    DeadLink,
    /// Somebody else has this address by now.
    Taken,
}

impl Store {
    /// Notes the address that the user wants; `mail`, which asks the new mailbox, is queued with it. What waited before
    /// is forgotten. `false` when they may not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_email_change(
        &self,
        user: Id,
        email: &str,
        mail: NewJob,
        now: UnixSeconds,
    ) -> Result<bool> {
        let email = user::normal_email(email);
        self.write(move |c| {
            link::drop_links(c, user, &[LinkPurpose::ConfirmEmail])?;
            if run(c, ASK, (user.to_string(), &email))? != 1 {
                return Ok(false);
            }
            job::enqueue(c, &mail, now)?;
            audit::record_of_user(c, user, now, &session::by(user), "user.ask-email-change", "")?;
            Ok(true)
        })
        .await
    }

    /// Confirms the address that waits. `notice` makes the mail to the old address, which is queued with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn confirm_email(
        &self,
        token: Hash,
        notice: impl Fn(Id, &str) -> NewJob + Send + 'static,
        now: UnixSeconds,
    ) -> Result<EmailChange> {
        self.write(move |c| confirm(c, &token, &notice, now)).await
    }

    /// Undoes a change from the old mailbox: the address is as it was, every session ends, and the password is worth
    /// nothing until the owner sets a new one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revert_email(&self, token: Hash, now: UnixSeconds) -> Result<EmailChange> {
        self.write(move |c| revert(c, &token, now)).await
    }
}

fn confirm(
    c: &Connection,
    token: &Hash,
    notice: &impl Fn(Id, &str) -> NewJob,
    now: UnixSeconds,
) -> Result<EmailChange> {
    let link = link::find_link(c, token, LinkPurpose::ConfirmEmail, now)?;
    let Some((id, email)) = link.and_then(|link| Some((link.user?, link.detail?))) else {
        return Ok(EmailChange::DeadLink);
    };
    let Some(before) = user::find_user(c, id)?.filter(crate::User::may_log_in) else {
        return Ok(EmailChange::DeadLink);
    };
    if user::find_by_email(c, &email)?.is_some() {
        return Ok(EmailChange::Taken);
    }
    if run(c, CONFIRM, (id.to_string(), &email))? != 1 {
        return Ok(EmailChange::DeadLink);
    }
    user_term::renew(c, id)?;
    link::use_link(c, token, LinkPurpose::ConfirmEmail, now)?;
    // What was mailed to the old address must not open the account any more.
    link::drop_links(c, id, &[LinkPurpose::ResetPassword, LinkPurpose::ConfirmEmail])?;
    job::enqueue(c, &notice(id, &before.email), now)?;
    audit::record_of_user(c, id, now, &session::by(id), "user.confirm-email", "")?;
    Ok(EmailChange::Done(id))
}

fn revert(c: &Connection, token: &Hash, now: UnixSeconds) -> Result<EmailChange> {
    let link = link::find_link(c, token, LinkPurpose::RevertEmail, now)?;
    let Some(((id, email), link)) =
        link.and_then(|link| Some(((link.user?, link.detail.clone()?), link)))
    else {
        return Ok(EmailChange::DeadLink);
    };
    if user::find_by_email(c, &email)?.is_some_and(|other| other.id != id) {
        return Ok(EmailChange::Taken);
    }
    run(c, REVERT, (id.to_string(), &email))?;
    user_term::renew(c, id)?;
    link::use_link(c, token, LinkPurpose::RevertEmail, now)?;
    session::delete_all(c, id)?;
    api_token::revoke_all(c, id, "revert-email-link", now)?;
    known_device::forget_of_user(c, id)?;
    let ended = [
        LinkPurpose::SetPassword,
        LinkPurpose::ResetPassword,
        LinkPurpose::ConfirmEmail,
        LinkPurpose::SecondFactor,
    ];
    link::drop_links(c, id, &ended)?;
    // Later changes were made by whoever made this one: their way back leads to the wrong mailbox.
    link::drop_younger(c, id, LinkPurpose::RevertEmail, &link)?;
    audit::record_of_user(c, id, now, "revert-email-link", "user.revert-email", "")?;
    Ok(EmailChange::Done(id))
}
