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
    let (attempt, right) = attempt.password(app, password, user.password_hash.clone()).await?;
    if !right {
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
    let notice = Notice::PasswordChanged.job(user.id, language, app.now());
    if !app.store().change_password(user.id, hash, session, notice, app.now()).await? {
        return Err(Refusal::NotFound.into());
    }
    app.mailroom().wake();
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
    let user = set_by_link(app, secret, LinkPurpose::ResetPassword, new, language).await?;
    // The guesses of others made the owner wait: the mailbox has proved who this is.
    app.store().throttle_clear(&format!("login:{}", Hash::of(&user.email))).await?;
    Ok(user)
}

/// Sets a new password by a link of this purpose: whose it is. Who had one before hears of it.
pub(crate) async fn set_by_link(
    app: &App,
    secret: &str,
    purpose: LinkPurpose,
    new: String,
    language: Language,
) -> Result<User> {
    let (token, now) = (Hash::of(secret), app.now());
    if !app.store().link_works(&token, purpose, now).await? {
        return Err(Refusal::DeadLink.into());
    }
    let hash = password::hash(app, new).await?;
    let notice = move |user| Notice::PasswordChanged.job(user, language, now);
    let set = app.store().set_password_by_link(token, purpose, hash, notice, app.now()).await?;
    app.mailroom().wake();
    let user = app.store().user(set.ok_or(Refusal::DeadLink)?).await?;
    Ok(user.ok_or(Refusal::DeadLink)?)
}
