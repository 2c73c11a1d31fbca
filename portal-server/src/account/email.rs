//! Changing the e-mail address: the new mailbox confirms it, the old one can undo it.

use countersign_core::Hash;
use countersign_store::{EmailChange, LinkPurpose, User};

use super::guard::Attempt;
use super::password::confirm as confirm_password;
use super::{RESET_SECONDS, Refusal, Result};
use crate::app::App;
use crate::language::Language;
use crate::mail::{self, Mail};

/// Asks the new mailbox. Whether the address has an account of its own is told there, not here.
pub(crate) async fn ask(
    app: &App,
    user: &User,
    password: String,
    email: &str,
    language: Language,
) -> Result<()> {
    let email = mail::address(email).ok_or(Refusal::UnfitAddress)?;
    if email == user.email {
        return Err(Refusal::SameAddress.into());
    }
    confirm_password(app, user, password).await?;
    let _counted = Attempt::mail_of(app, user.id).await?;
    let mail = Mail::ConfirmEmail { user: user.id }.job(language, app.now());
    if !app.store().ask_email_change(user.id, &email, mail, app.now()).await? {
        return Err(Refusal::NotFound.into());
    }
    app.mailroom().wake();
    Ok(())
}

/// Takes the new address: its mailbox has confirmed it.
pub(crate) async fn confirm(app: &App, secret: &str, language: Language) -> Result<()> {
    let now = app.now();
    let notice =
        move |user, old: &str| Mail::EmailChanged { user, old: old.to_owned() }.job(language, now);
    match app.store().confirm_email(Hash::of(secret), notice, now).await? {
        EmailChange::Done(_) => {
            app.mailroom().wake();
            Ok(())
        }
        EmailChange::DeadLink => Err(Refusal::DeadLink.into()),
        EmailChange::Taken => Err(Refusal::AddressTaken.into()),
    }
}

/// Undoes a change; the secret of a link to set a new password, which the owner needs now.
pub(crate) async fn revert(app: &App, secret: &str) -> Result<String> {
    match app.store().revert_email(Hash::of(secret), app.now()).await? {
        EmailChange::Done(user) => {
            let (secret, hash) = app.secret();
            let (purpose, until) = (LinkPurpose::ResetPassword, app.now() + RESET_SECONDS);
            app.store().create_link(hash, purpose, Some(user), until).await?;
            Ok(secret)
        }
        EmailChange::DeadLink => Err(Refusal::DeadLink.into()),
        EmailChange::Taken => Err(Refusal::AddressTaken.into()),
    }
}
