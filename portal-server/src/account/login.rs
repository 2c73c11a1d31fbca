//! Logging in: the password, then the second factor where it is on. A wrong name and a wrong password look the same, cost
//! the same, and slow the guesser down, not the owner's own browser.

use countersign_core::Hash;
use countersign_store::{LinkPurpose, TwoFactor, User};

use super::guard::{Attempt, Caller};
use super::{Refusal, Result, SECOND_FACTOR_SECONDS, two_factor};
use crate::app::App;
use crate::language::Language;
use crate::mail::Notice;

/// How a right password goes on.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each login, for a moment")]
pub(crate) enum Entry {
    /// In.
    Open(User),
    /// The second factor is asked for; this secret stands for the password that was right.
    SecondFactor { secret: String },
}

/// Checks a password.
pub(crate) async fn enter(
    app: &App,
    email: &str,
    password: String,
    caller: &Caller,
) -> Result<Entry> {
    let email = email.trim().to_lowercase();
    let attempt = Attempt::login(app, &email, caller).await?;
    let user = app.store().user_by_email(&email).await?;
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let (attempt, right) = attempt.password(app, password, hash).await?;
    let Some(user) = user.filter(|user| right && user.may_log_in()) else {
        return Err(Refusal::WrongPassword.into());
    };
    // Only who knows the password hears of it.
    if let Some(provider) = app.store().only_by_provider(&user).await? {
        attempt.was_no_guess(app).await?;
        return Err(Refusal::OnlySingleSignOn { provider: provider.name }.into());
    }
    if user.two_factor == TwoFactor::Off {
        attempt.was_right(app).await?;
        return Ok(Entry::Open(user));
    }
    attempt.was_no_guess(app).await?;
    Ok(Entry::SecondFactor { secret: ask_second_factor(app, &user).await? })
}

/// Has somebody asked for the second factor; the secret stands for what was right already.
pub(crate) async fn ask_second_factor(app: &App, user: &User) -> countersign_store::Result<String> {
    let (secret, hash) = app.secret();
    let until = app.now() + SECOND_FACTOR_SECONDS;
    app.store().create_link(hash, LinkPurpose::SecondFactor, Some(user.id), until).await?;
    Ok(secret)
}

/// Checks the second factor of a login under way.
pub(crate) async fn pass(
    app: &App,
    secret: &str,
    code: &str,
    caller: &Caller,
    language: Language,
) -> Result<User> {
    let token = Hash::of(secret);
    let link = app.store().link(&token, LinkPurpose::SecondFactor, app.now()).await?;
    let waiting = match link.and_then(|link| link.user) {
        Some(user) => app.store().user(user).await?.filter(User::may_log_in),
        None => None,
    };
    let Some(user) = waiting else { return Err(Refusal::DeadLink.into()) };
    let attempt = Attempt::second_factor(app, user.id, &user.email, caller).await?;
    let looked = two_factor::factor(app, &user, code).await;
    let (attempt, factor) = two_factor::counted(app, attempt, looked).await?;
    let Some(factor) = factor else { return Err(Refusal::WrongCode.into()) };
    let on_paper = matches!(factor, countersign_store::Factor::RecoveryCode(_));
    let notice = on_paper.then(|| Notice::RecoveryCodeUsed.job(user.id, language, app.now()));
    if app.store().pass_second_factor(token, factor, notice, app.now()).await?.is_none() {
        return Err(Refusal::WrongCode.into());
    }
    attempt.was_right(app).await?;
    app.mailroom().wake();
    Ok(user)
}
