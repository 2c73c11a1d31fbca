//! How many requests a token may make: so many in a minute, counted by each process. What is left is said with every answer
//! (draft-ietf-httpapi-ratelimit-headers-10), so that a program can pace itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use countersign_core::{Id, UnixSeconds};

/// Seconds that requests are counted for.
const WINDOW: u64 = 60;
/// Tokens that are known at a time before those are forgotten whose minute is over.
const MANY: usize = 1000;

/// What each token has asked for in its present minute.
#[derive(Debug, Default)]
pub(crate) struct TokenLimits {
    windows: Mutex<HashMap<Id, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    since: UnixSeconds,
    requests: u64,
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
    /// Counts a request; where the token stands.
    pub(crate) fn take(&self, token: Id, most: u64, now: UnixSeconds) -> Quota {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |window: &Window| now >= window.since + WINDOW || now < window.since;
        if windows.len() >= MANY {
            windows.retain(|_, window| !is_over(window));
        }
        let window = windows.entry(token).or_insert(Window { since: now, requests: 0 });
        if is_over(window) {
            *window = Window { since: now, requests: 0 };
        }
        window.requests = window.requests.saturating_add(1);
        Quota {
            most,
            left: most.saturating_sub(window.requests),
            reset: window.since + WINDOW - now,
            is_within: window.requests <= most,
        }
    }
}

impl Quota {
    /// Says it.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let Self { most, left, reset, .. } = self;
        let policy = format!("\"token\";q={most};w={WINDOW}");
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

    #[test]
    fn a_token_has_its_requests_of_a_minute_and_no_others() {
        let (limits, one, other) = (TokenLimits::default(), Id::from([1; 16]), Id::from([2; 16]));
        let take = |token, now| limits.take(token, 2, now);
        assert_eq!(take(one, 100), Quota { most: 2, left: 1, reset: 60, is_within: true });
        assert_eq!(take(one, 159), Quota { most: 2, left: 0, reset: 1, is_within: true });
        assert!(!take(one, 159).is_within);
        assert!(take(other, 159).is_within);
        assert!(take(one, 160).is_within);
    }

    #[test]
    fn attack_so_many_tokens_that_the_table_would_fill_the_memory() {
        let limits = TokenLimits::default();
        for n in 0..20_000_u64 {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&n.to_be_bytes());
            limits.take(Id::from(id), 2, n);
        }
        assert!(limits.windows.lock().unwrap().len() <= MANY);
    }
}
