//! Changing one's password with the old one, and resetting it by mail.

use countersign_core::{Hash, Id};
use countersign_store::{LinkPurpose, User};

use super::guard::{Attempt, Caller};
use super::{Refusal, Refused, Result};
use crate::app::App;
use crate::language::Language;
use crate::mail::{self, Mail, Notice};
use crate::password;

/// Whether this is the person's password: asked again for what a session that was left open must not do.
pub(crate) async fn confirm(app: &App, user: &User, password: String) -> Result<()> {
    let attempt = Attempt::confirm(app, user.id).await?;
    if !password::verify(app, password, user.password_hash.clone()).await? {
        return Err(Refusal::WrongPassword.into());
    }
    attempt.was_right(app).await
}

/// Changes the password; the other sessions end, the owner hears of it.
pub(crate) async fn change(
    app: &App,
    user: &User,
    session: Id,
    old: String,
    new: String,
    language: Language,
) -> Result<()> {
    if !password::is_acceptable(&new) {
        return Err(Refusal::UnfitPassword.into());
    }
    confirm(app, user, old).await?;
    let hash = password::hash(app, new).await?;
    if !app.store().change_password(user.id, hash, session, app.now()).await? {
        return Err(Refusal::NotFound.into());
    }
    let notice = Mail::Notice { user: user.id, what: Notice::PasswordChanged };
    mail::queue(app, notice, language).await?;
    Ok(())
}

/// Asks for a link to set a new password. What is done and said does not depend on whether the address has an account:
/// who that is finds out only the worker, later.
pub(crate) async fn ask_reset(
    app: &App,
    email: &str,
    caller: &Caller,
    language: Language,
) -> Result<()> {
    let email = mail::address(email).ok_or(Refusal::UnfitAddress)?;
    let _counted = Attempt::mail_from(app, caller).await?;
    match Attempt::mail_to(app, &email).await {
        Ok(_counted) => Ok(mail::queue(app, Mail::ResetPassword { email }, language).await?),
        // A mail is on its way, or was a moment ago: that is all there is to say.
        Err(Refused::Because(Refusal::Wait { .. })) => Ok(()),
        Err(other) => Err(other),
    }
}

/// Sets a new password by a mailed link: whose it is.
pub(crate) async fn reset(
    app: &App,
    secret: &str,
    new: String,
    language: Language,
) -> Result<User> {
    if !password::is_acceptable(&new) {
        return Err(Refusal::UnfitPassword.into());
    }
    let (token, purpose) = (Hash::of(secret), LinkPurpose::ResetPassword);
    if !app.store().link_works(&token, purpose, app.now()).await? {
        return Err(Refusal::DeadLink.into());
    }
    let hash = password::hash(app, new).await?;
    let set = app.store().set_password_by_link(token, purpose, hash, app.now()).await?;
    let user = app.store().user(set.ok_or(Refusal::DeadLink)?).await?;
    let user = user.ok_or(Refusal::DeadLink)?;
    // The guesses of others made the owner wait: the mailbox has proved who this is.
    app.store().throttle_clear(&format!("login:{}", Hash::of(&user.email))).await?;
    let notice = Mail::Notice { user: user.id, what: Notice::PasswordChanged };
    mail::queue(app, notice, language).await?;
    Ok(user)
}
