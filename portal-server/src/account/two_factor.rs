//! Turning the second factor on and off. The password is asked for: a session that was left open is not enough.

use countersign_core::Id;
use countersign_store::{Factor, TurnOn, TwoFactor, User};

use super::guard::Attempt;
use super::password::confirm;
use super::{Refusal, Refused, Result, recovery, totp};
use crate::app::App;
use crate::language::Language;
use crate::mail::Notice;
use crate::vault::Missing;

/// Makes a secret for the authenticator app; nothing is asked for at the login until its first code was right.
pub(crate) async fn offer(app: &App, user: &User, password: String) -> Result<()> {
    confirm(app, user, password).await?;
    let entropy = app.config().entropy.as_ref();
    let sealed = app.vault().seal(user.id, &totp::new_secret(app), entropy).map_err(no_key)?;
    app.store().offer_totp(user.id, sealed).await?;
    Ok(())
}

/// A secret, and the form that it is stored in.
pub(crate) struct Secret {
    pub(crate) clear: String,
    stored: String,
}

/// The secret that waits for its first code.
pub(crate) async fn offered(app: &App, user: &User) -> Result<Option<Secret>> {
    let stored = app.store().totp_secrets(user.id).await?.offered;
    stored.map(|stored| opened(app, user, stored)).transpose()
}

fn opened(app: &App, user: &User, stored: String) -> Result<Secret> {
    match app.vault().open_secret(user.id, &stored) {
        Ok(clear) => Ok(Secret { clear, stored }),
        Err(error) if error.is::<Missing>() => Err(Refusal::TwoFactorUnavailable.into()),
        Err(error) => Err(error.into()),
    }
}

fn no_key(_: Missing) -> Refused {
    Refusal::TwoFactorUnavailable.into()
}

/// Turns it on by the first code of the app; the recovery codes, to be shown once.
pub(crate) async fn turn_on(
    app: &App,
    user: &User,
    session: Id,
    code: &str,
    language: Language,
) -> Result<Vec<String>> {
    let secret = offered(app, user).await?.ok_or(Refusal::NotFound)?;
    let attempt = Attempt::confirm(app, user.id).await?;
    let step = totp::step(&secret.clear, code, app.now())?.ok_or(Refusal::WrongCode)?;
    let (codes, hashes) = recovery::new_codes(app, user.id);
    let now = app.now();
    let on = TurnOn {
        user: user.id,
        secret: secret.stored,
        step,
        codes: hashes,
        session,
        notice: Notice::TwoFactorOn.job(user.id, language, now),
    };
    if !app.store().turn_on_two_factor(on, now).await? {
        return Err(Refusal::NotFound.into());
    }
    app.mailroom().wake();
    attempt.was_right(app).await?;
    Ok(codes)
}

/// Turns it off: password and a code.
pub(crate) async fn turn_off(
    app: &App,
    user: &User,
    password: String,
    code: &str,
    language: Language,
) -> Result<()> {
    confirm(app, user, password).await?;
    use_code(app, user, code).await?;
    turn_off_for(app, user, &format!("user:{}", user.id), language).await
}

/// Turns it off for somebody who lost app and codes, in the name of whoever runs their organization or the portal. They hear
/// of it.
pub(crate) async fn turn_off_for(
    app: &App,
    user: &User,
    actor: &str,
    language: Language,
) -> Result<()> {
    let notice = Notice::TwoFactorOff.job(user.id, language, app.now());
    app.store().turn_off_two_factor(user.id, actor, notice, app.now()).await?;
    app.mailroom().wake();
    Ok(())
}

/// New recovery codes, to be shown once; the old ones are worth nothing.
pub(crate) async fn new_codes(
    app: &App,
    user: &User,
    password: String,
    code: &str,
    language: Language,
) -> Result<Vec<String>> {
    confirm(app, user, password).await?;
    use_code(app, user, code).await?;
    let (codes, hashes) = recovery::new_codes(app, user.id);
    let notice = Notice::NewRecoveryCodes.job(user.id, language, app.now());
    app.store().replace_recovery_codes(user.id, hashes, notice, app.now()).await?;
    app.mailroom().wake();
    Ok(codes)
}

/// Whether it is the person themselves: the password, and a code where a login takes one.
pub(crate) async fn confirm_person(
    app: &App,
    user: &User,
    password: String,
    code: &str,
) -> Result<()> {
    confirm(app, user, password).await?;
    match user.two_factor {
        TwoFactor::On => use_code(app, user, code).await,
        TwoFactor::Off => Ok(()),
    }
}

async fn use_code(app: &App, user: &User, code: &str) -> Result<()> {
    let attempt = Attempt::confirm(app, user.id).await?;
    let (attempt, factor) = counted(app, attempt, factor(app, user, code).await).await?;
    let factor = factor.ok_or(Refusal::WrongCode)?;
    if !app.store().use_factor(user.id, factor, app.now()).await? {
        return Err(Refusal::WrongCode.into());
    }
    attempt.was_right(app).await
}

/// The attempt with what came of it. Where the portal could not look, it was no guess.
pub(crate) async fn counted<T>(
    app: &App,
    attempt: Attempt,
    looked: Result<T>,
) -> Result<(Attempt, T)> {
    match looked {
        Ok(found) => Ok((attempt, found)),
        Err(failed) => {
            attempt.was_no_guess(app).await?;
            Err(failed)
        }
    }
}

/// What somebody typed as a factor, if it can be one: a code of the app that is right now, or a recovery code. The store
/// uses it up.
pub(crate) async fn factor(app: &App, user: &User, typed: &str) -> Result<Option<Factor>> {
    if user.two_factor == TwoFactor::Off {
        return Ok(None);
    }
    if let Some(hash) = recovery::hash(user.id, typed) {
        return Ok(Some(Factor::RecoveryCode(hash)));
    }
    let Some(stored) = app.store().totp_secrets(user.id).await?.active else { return Ok(None) };
    let secret = opened(app, user, stored)?;
    let step = totp::step(&secret.clear, typed, app.now())?;
    Ok(step.map(|step| Factor::Totp { secret: secret.stored, step }))
}
