//! How many requests a token may make: so many in a minute, whichever nodes they come to. What is left is said with every answer
//! (draft-ietf-httpapi-ratelimit-headers-10), so that a program can pace itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use countersign_core::{Id, UnixSeconds};
use countersign_store::{Store, TOKEN_WINDOW, TokenShare, is_window_over};

/// Tokens that are known at a time before those are forgotten whose minute is over.
const MANY: usize = 1000;
/// A database that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// What each token has asked for in its present minute.
#[derive(Debug, Default)]
pub(crate) struct TokenLimits {
    windows: Mutex<HashMap<Id, Arc<tokio::sync::Mutex<Window>>>>,
}

/// A token's minute as this node knows it.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    since: UnixSeconds,
    /// What all nodes had taken when this one last asked.
    taken: u64,
    /// What this one has of that and did not use.
    held: u64,
    /// Whether this node counts for itself until the minute is over: the database takes no writes, or none at once.
    is_alone: bool,
}

/// Where a token stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    most: u64,
    left: u64,
    /// Seconds until there are all again.
    pub(crate) reset: u64,
    /// Whether this request is one of them.
    pub(crate) is_within: bool,
}

impl TokenLimits {
    /// Counts a request; where the token stands. `shared`: where the other nodes count, if there may be any.
    ///
    /// A database in trouble keeps nobody from what can be answered without writing to it: this node counts by itself then.
    pub(crate) async fn take(
        &self,
        shared: Option<&Store>,
        token: Id,
        most: u64,
        now: UnixSeconds,
    ) -> Quota {
        let window = self.window(token, now);
        // One request of a token asks the database, and the others wait for what it gets.
        let mut window = window.lock().await;
        if is_window_over(window.since, now) {
            *window = Window { since: now, ..Window::default() };
        }
        if window.held == 0 && window.taken < most {
            let share = match shared {
                Some(store) if !window.is_alone => share(store, token, most, now).await,
                _ => None,
            };
            window.receive(share);
        }
        let is_within = window.held > 0;
        window.held = window.held.saturating_sub(1);
        Quota {
            most,
            left: most.saturating_sub(window.taken).saturating_add(window.held),
            reset: window.since.saturating_add(TOKEN_WINDOW).saturating_sub(now).min(TOKEN_WINDOW),
            is_within,
        }
    }

    fn window(&self, token: Id, now: UnixSeconds) -> Arc<tokio::sync::Mutex<Window>> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MANY {
            // One that a request has in its hand is kept: it would be counted where nobody looks.
            windows.retain(|_, window| {
                Arc::get_mut(window).is_none_or(|it| !is_window_over(it.get_mut().since, now))
            });
        }
        Arc::clone(windows.entry(token).or_default())
    }
}

impl Window {
    /// Takes over what the database gave, or counts one request by itself.
    fn receive(&mut self, share: Option<TokenShare>) {
        match share {
            Some(TokenShare { since, taken, share }) => {
                (self.since, self.taken, self.held) = (since, taken, share);
            }
            None => {
                self.is_alone = true;
                (self.taken, self.held) = (self.taken.saturating_add(1), 1);
            }
        }
    }
}

async fn share(store: &Store, token: Id, most: u64, now: UnixSeconds) -> Option<TokenShare> {
    tokio::time::timeout(PATIENCE, store.take_token_share(token, most, now)).await.ok()?.ok()
}

impl Quota {
    /// Says it.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let Self { most, left, reset, .. } = self;
        let policy = format!("\"token\";q={most};w={TOKEN_WINDOW}");
        let said =
            [("ratelimit-policy", policy), ("ratelimit", format!("\"token\";r={left};t={reset}"))];
        for (name, value) in said {
            let value = HeaderValue::try_from(value).ok();
            headers.extend(value.map(|value| (HeaderName::from_static(name), value)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_has_its_requests_of_a_minute_and_no_others() {
        let (limits, one, other) = (TokenLimits::default(), Id::from([1; 16]), Id::from([2; 16]));
        let take = async |token, now| limits.take(None, token, 2, now).await;
        assert_eq!(take(one, 100).await, Quota { most: 2, left: 1, reset: 60, is_within: true });
        assert_eq!(take(one, 159).await, Quota { most: 2, left: 0, reset: 1, is_within: true });
        assert!(!take(one, 159).await.is_within);
        assert!(take(other, 159).await.is_within);
        assert!(take(one, 160).await.is_within);
    }

    #[test]
    fn what_the_database_gave_is_what_there_is() {
        let mut window = Window { since: 100, ..Window::default() };
        window.receive(Some(TokenShare { since: 90, taken: 12, share: 4 }));
        assert_eq!((window.since, window.taken, window.held), (90, 12, 4));
        window.receive(None);
        assert_eq!((window.taken, window.held, window.is_alone), (13, 1, true));
    }

    #[tokio::test]
    async fn attack_so_many_tokens_that_the_table_would_fill_the_memory() {
        let limits = TokenLimits::default();
        for n in 0..20_000_u64 {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&n.to_be_bytes());
            limits.take(None, Id::from(id), 2, 100 + n).await;
        }
        assert!(limits.windows.lock().unwrap().len() <= MANY);
    }
}
