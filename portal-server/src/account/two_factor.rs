//! Turning the second factor on and off. The password is asked for: a session that was left open is not enough.

use countersign_core::Id;
use countersign_store::{Factor, TwoFactor, User};

use super::guard::Attempt;
use super::password::confirm;
use super::{Refusal, Refused, Result, recovery, totp};
use crate::app::App;
use crate::language::Language;
use crate::mail::Notice;

/// Makes a secret for the authenticator app; nothing is asked for at the login until its first code was right.
pub(crate) async fn offer(app: &App, user: &User, password: String) -> Result<()> {
    confirm(app, user, password).await?;
    app.store().offer_totp(user.id, totp::new_secret(app)).await?;
    Ok(())
}

/// The secret that waits for its first code.
pub(crate) async fn offered(app: &App, user: &User) -> Result<Option<String>> {
    Ok(app.store().totp_secrets(user.id).await?.offered)
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
    let step = totp::step(&secret, code, app.now())?.ok_or(Refusal::WrongCode)?;
    let (codes, hashes) = recovery::new_codes(app, user.id);
    let (store, now) = (app.store(), app.now());
    let notice = Notice::TwoFactorOn.job(user.id, language, now);
    if !store.turn_on_two_factor(user.id, secret, step, hashes, session, notice, now).await? {
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

async fn use_code(app: &App, user: &User, code: &str) -> Result<()> {
    let attempt = Attempt::confirm(app, user.id).await?;
    let factor = factor(app, user, code).await?.ok_or(Refusal::WrongCode)?;
    if !app.store().use_factor(user.id, factor, app.now()).await? {
        return Err(Refusal::WrongCode.into());
    }
    attempt.was_right(app).await
}

/// What somebody typed as a factor, if it can be one: a code of the app that is right now, or a recovery code. The store
/// uses it up.
pub(crate) async fn factor(
    app: &App,
    user: &User,
    typed: &str,
) -> std::result::Result<Option<Factor>, Refused> {
    if user.two_factor == TwoFactor::Off {
        return Ok(None);
    }
    if let Some(hash) = recovery::hash(user.id, typed) {
        return Ok(Some(Factor::RecoveryCode(hash)));
    }
    let Some(secret) = app.store().totp_secrets(user.id).await?.active else { return Ok(None) };
    let step = totp::step(&secret, typed, app.now())?;
    Ok(step.map(|step| Factor::Totp { secret, step }))
}
