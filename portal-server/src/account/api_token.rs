//! Tokens of programs. Making one takes the password, and a code where a login does: a session that was left open is not
//! enough, and its owner hears of it. The token itself is shown once and kept nowhere.

use std::collections::BTreeSet;

use countersign_core::{Id, UnixSeconds};
use countersign_store::{NewApiToken, TokenCreated, TokenScope, User};

use super::two_factor::confirm_person;
use super::{Refusal, Result};
use crate::access::token::{may_hold, new_token};
use crate::app::App;
use crate::fields::{Field, Unfit};
use crate::language::{Language, Say};
use crate::mail::Notice;

/// Days that a token works, where nothing else is said.
pub(crate) const DEFAULT_DAYS: u64 = 90;
/// The most days that a token works.
pub(crate) const MOST_DAYS: u64 = 366;
/// Seconds before its end from which on it is warned of.
pub(crate) const WARN_SECONDS: u64 = 14 * DAY;
const DAY: u64 = 86_400;

/// What a token is to be.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    name: String,
    scopes: BTreeSet<TokenScope>,
    days: u64,
}

impl Wanted {
    /// As it was typed.
    pub(crate) fn of(
        name: &str,
        scopes: impl Iterator<Item = impl AsRef<str>>,
        days: Option<u64>,
    ) -> std::result::Result<Self, Unfit> {
        let name = Field::TokenName.check(name)?.to_owned();
        if name.is_empty() {
            return Err(Say::new("token-name-needed").into());
        }
        let unknown = |_| Unfit(Say::new("token-scope-unknown"));
        let scopes: BTreeSet<TokenScope> = scopes
            .map(|s| s.as_ref().parse().map_err(unknown))
            .collect::<std::result::Result<_, _>>()?;
        if scopes.is_empty() {
            return Err(Say::new("token-scope-needed").into());
        }
        let days = days.unwrap_or(DEFAULT_DAYS);
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(Say::new("token-days-range").with("most", MOST_DAYS).into());
        }
        Ok(Self { name, scopes, days })
    }
}

/// A token that was made.
pub(crate) struct Made {
    /// The token itself: it is nowhere else.
    pub(crate) token: String,
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) scopes: BTreeSet<TokenScope>,
    pub(crate) until: UnixSeconds,
}

/// Makes one for somebody who has shown who they are.
pub(crate) async fn make_own(
    app: &App,
    user: &User,
    wanted: Wanted,
    (password, code): (String, &str),
    language: Language,
) -> Result<Made> {
    confirm_person(app, user, password, code).await?;
    make(app, user, wanted, &format!("user:{}", user.id), language).await
}

/// Makes one, in the name of whoever may.
pub(crate) async fn make(
    app: &App,
    user: &User,
    Wanted { name, scopes, days }: Wanted,
    actor: &str,
    language: Language,
) -> Result<Made> {
    if !scopes.iter().all(|scope| may_hold(user, *scope)) {
        return Err(Refusal::NoTokens.into());
    }
    let ((token, hash), now) = (new_token(app), app.now());
    let new = NewApiToken {
        id: app.random_id(),
        token: hash,
        user: user.id,
        name,
        scopes,
        until: now + days * DAY,
        notice: Notice::TokenMade.job(user.id, language, now),
    };
    let made = Made {
        token,
        id: new.id,
        name: new.name.clone(),
        scopes: new.scopes.clone(),
        until: new.until,
    };
    match app.store().create_api_token(new, actor, now).await? {
        TokenCreated::Done => {
            app.mailroom().wake();
            Ok(made)
        }
        TokenCreated::UnknownUser => Err(Refusal::NoTokens.into()),
        TokenCreated::TooMany { allowed } => Err(Refusal::TooManyTokens { allowed }.into()),
    }
}
