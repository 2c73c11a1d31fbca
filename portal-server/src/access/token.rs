//! Programs that act for somebody: `Authorization: Bearer cst_…`, and nothing else. No cookie counts here, so no page of
//! another site can make a browser speak; a token in an address would be read in logs, and is not looked at.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use countersign_core::{Hash, Id, UnixSeconds};
use countersign_store::{ApiToken, Permission, Throttle, TokenScope, TokenStanding, User};

use crate::account::guard;
use crate::app::App;
use crate::desk::Refusal;
use crate::lanes::{self, Who, Work};
use crate::limits::tokens::Quota;
use crate::problem::Problem;

/// What every token begins with: to be found where it should not be, by programs that look for secrets.
pub const PREFIX: &str = "cst_";

/// Tokens that do not exist, from one network. Nobody guesses 256 bits: this bounds what somebody who tries costs. Whoever has
/// a token that works is let through all the same, so nobody is locked out by a neighbour.
const WRONG_FROM: Throttle =
    Throttle { free: 20, first_wait: 5, longest_wait: 3600, forget_after: 86_400 };
/// How often it is noted that a token is in use.
const USED_SECONDS: u64 = 60;

/// For whom a program acts, and by which token. Put there by [`enforce`].
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    /// Whose token it is: somebody who may log in now.
    pub(crate) user: User,
    /// The token.
    pub(crate) token: ApiToken,
}

impl Holder {
    /// Whether the token has this scope too.
    pub(crate) fn has(&self, scope: TokenScope) -> bool {
        self.token.scopes.contains(&scope) && may_hold(&self.user, scope)
    }
}

impl FromRequestParts<App> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        // A route that does not go through `Access::Token` has no holder and answers nobody.
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::token_needed)
    }
}

/// Whether this user may have tokens of this scope: asked when one is made and whenever one is used, by what they are then.
pub(crate) fn may_hold(user: &User, scope: TokenScope) -> bool {
    user.may(match scope {
        TokenScope::ReadPolicy
        | TokenScope::ReadProducts
        | TokenScope::ReadPlans
        | TokenScope::ReadLicenses
        | TokenScope::ReadCustomers
        | TokenScope::ReadActivations
        | TokenScope::ReadTrials
        | TokenScope::ReadOverview
        | TokenScope::ReadReleases => Permission::SeeAll,
        TokenScope::ReadLicenseKeys => Permission::SeeLicenseKeys,
        TokenScope::AnswerRequests | TokenScope::PushJournal => Permission::AnswerRequests,
        TokenScope::WriteProducts | TokenScope::WritePlans => Permission::ManageProducts,
        TokenScope::WriteLicenses => Permission::ManageLicenses,
        TokenScope::WriteCustomers => Permission::ManageCustomers,
        TokenScope::ExtendTrials => Permission::ExtendTrials,
        TokenScope::ReleaseActivations => Permission::ReleaseSeats,
        TokenScope::WriteReleases => Permission::ManageReleases,
        TokenScope::ReadSettings | TokenScope::ReadWebhooks => Permission::SeeSettings,
        TokenScope::WriteSettings | TokenScope::WriteWebhooks | TokenScope::WriteDomain => {
            Permission::ManageSettings
        }
        TokenScope::ReadSignOn | TokenScope::WriteSignOn => Permission::ManageSignOn,
        TokenScope::ReadAudit => Permission::SeeAudit,
    })
}

/// A new token and the hash that is stored of it.
pub(crate) fn new_token(app: &App) -> (String, Hash) {
    let (secret, _) = app.secret();
    let token = format!("{PREFIX}{secret}");
    let hash = Hash::of(&token);
    (token, hash)
}

/// Lets a request through if its token has the scope of the route.
pub(crate) async fn enforce(
    State((app, scope)): State<(App, TokenScope)>,
    mut request: Request,
    next: Next,
) -> Response {
    let network = guard::network_of(&app, &request);
    match holder(&app, bearer(request.headers()), &network, scope).await {
        Ok(holder) => {
            note_use(&app, &holder.token);
            let quota = counted(&app, holder.token.id).await;
            let mut answer = match quota {
                Some(quota) if !quota.is_within => {
                    Problem::token_limited(quota.reset).into_response()
                }
                _ => {
                    request.extensions_mut().insert(holder);
                    in_lane(&app, request, next).await
                }
            };
            if let Some(quota) = quota {
                quota.write(answer.headers_mut());
            }
            answer
        }
        Err(refused) => refused.into_response(),
    }
}

/// Where the token stands after this request; `None` where there is no limit.
async fn counted(app: &App, token: Id) -> Option<Quota> {
    let most = app.config().token_rate_limit?;
    let shared = app.is_shared().then(|| app.store());
    Some(app.token_limits().take(shared, token, most, app.now()).await)
}

/// Answers it when there is room for it.
async fn in_lane(app: &App, request: Request, next: Next) -> Response {
    let Some(request) = lanes::arrived(request).await else {
        return Problem::broken_body().into_response();
    };
    let Some(_place) = app.lane(Work::of(&request, Who::Program)).enter().await else {
        return Problem::busy().into_response();
    };
    next.run(request).await
}

async fn holder(
    app: &App,
    token: Option<Hash>,
    network: &str,
    scope: TokenScope,
) -> Result<Holder, Problem> {
    let token = token.ok_or_else(Problem::token_needed)?;
    // Found by its hash: how long that takes tells nothing of the token.
    let found = app.store().api_token(&token).await.map_err(Refusal::Store)?;
    let Some((user, token)) = found else { return Err(wrong(app, network).await) };
    Err(match token.standing(app.now()) {
        TokenStanding::Expired => Problem::token_expired(token.expires_at),
        TokenStanding::Revoked => Problem::token_revoked(),
        // With the organization of its user, e.g., until that is reinstated.
        TokenStanding::Live if !user.may_log_in() => Problem::token_suspended(),
        TokenStanding::Live => {
            let holder = Holder { user, token };
            if holder.has(scope) {
                return Ok(holder);
            }
            Problem::insufficient_scope(scope)
        }
    })
}

/// The hash of the one token of the one header.
fn bearer(headers: &HeaderMap) -> Option<Hash> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (only, None) = (all.next()?, all.next()) else { return None };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| Hash::of(token.trim()))
}

/// There is no such token: counted for where it came from.
async fn wrong(app: &App, network: &str) -> Problem {
    let subject = format!("token-from:{network}");
    let now = app.now();
    // Read first: a flood that waits already writes nothing.
    let until = match app.store().throttled_until(&subject, now).await {
        Ok(None) => app.store().throttle_take(vec![(subject, WRONG_FROM)], now).await,
        waits => waits,
    };
    match until {
        Ok(Some(until)) => Problem::rate_limited(until.saturating_sub(now)),
        Ok(None) => Problem::token_unknown(),
        Err(error) => Refusal::Store(error).into(),
    }
}

/// When this process last noted that a token is in use.
#[derive(Default)]
pub(crate) struct LastUses(Mutex<HashMap<Id, UnixSeconds>>);

impl LastUses {
    /// Whether it is to be noted now; it counts as noted then.
    fn is_due(&self, token: Id, now: UnixSeconds) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.retain(|_, at| now < *at + USED_SECONDS);
        let is_due = !noted.contains_key(&token);
        noted.entry(token).or_insert(now);
        is_due
    }
}

/// Beside the answer, not before it; where it cannot be noted (a full disk), the answer goes out all the same.
fn note_use(app: &App, token: &ApiToken) {
    let (id, now) = (token.id, app.now());
    if app.last_uses().is_due(id, now) {
        let store = app.store().clone();
        tokio::spawn(async move { drop(store.api_token_used(id, now).await) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_in_one_header_is_read_and_nothing_else() {
        let read = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::AUTHORIZATION, line.parse().unwrap());
            }
            bearer(&headers)
        };
        assert_eq!(read(&["Bearer cst_a"]), Some(Hash::of("cst_a")));
        assert_eq!(read(&["bearer  cst_a"]), Some(Hash::of("cst_a")));
        for none in [&[][..], &["cst_a"], &["Basic cst_a"], &["Bearer cst_a", "Bearer cst_b"]] {
            assert_eq!(read(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_use_is_noted_once_a_minute_for_each_token() {
        let (uses, one, other) = (LastUses::default(), Id::from([1; 16]), Id::from([2; 16]));
        assert!(uses.is_due(one, 100) && uses.is_due(other, 130));
        assert!(!uses.is_due(one, 100) && !uses.is_due(one, 159));
        assert!(uses.is_due(one, 160) && !uses.is_due(other, 160));
        assert!(uses.is_due(other, 190));
    }
}
