//! How many requests a token makes at all nodes together. A node takes some of what is left at a time and counts those by itself,
//! so that few of its requests write.

use countersign_core::{Id, UnixSeconds};

use crate::engine::Connection;
use crate::engine::writer::Scope;
use crate::error::Result;
use crate::row::seconds;
use crate::{Store, find, run};

const FIND: &str = "SELECT since, taken FROM token_window WHERE token = ?1";
const SET: &str = "INSERT INTO token_window (token, since, taken) VALUES (?1, ?2, ?3) \
    ON CONFLICT (token) DO UPDATE SET since = excluded.since, taken = excluded.taken";

/// Seconds that the requests of a token are counted for.
pub const TOKEN_WINDOW: u64 = 60;
/// A node takes one of so many parts of what is left: 6,000 requests a minute take 200 writes, and what another node
/// has taken and not used when there are none left is at most this part.
const PARTS: u64 = 32;

/// Requests that a node took for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenShare {
    /// When the token's present minute began.
    pub since: UnixSeconds,
    /// What all nodes have taken in it, this share included.
    pub taken: u64,
    /// How many this node may answer; 0: there are none left.
    pub share: u64,
}

/// Whether a minute that began at `since` is over; clocks of nodes differ a little, and one that was put back far counts anew.
pub fn is_window_over(since: UnixSeconds, now: UnixSeconds) -> bool {
    now.abs_diff(since) >= TOKEN_WINDOW
}

impl Store {
    /// Takes some of the requests that a token has left of `most` in its minute, for this node alone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_token_share(
        &self,
        token: Id,
        most: u64,
        now: UnixSeconds,
    ) -> Result<TokenShare> {
        let key = format!("token-window {token}");
        self.write_in(Scope::Keys(&[&key]), move |c| take(c, token, most, now)).await
    }
}

fn take(c: &Connection, token: Id, most: u64, now: UnixSeconds) -> Result<TokenShare> {
    let token = token.to_string();
    let found = find(c, FIND, [&token], |row| Ok((row.time()?, row.time()?)))?;
    let (since, taken) =
        found.filter(|(since, _)| !is_window_over(*since, now)).unwrap_or((now, 0));
    let left = most.saturating_sub(taken);
    let share = (left / PARTS).max(1).min(left);
    let taken = taken.saturating_add(share);
    if share > 0 {
        run(c, SET, (&token, seconds(since), seconds(taken)))?;
    }
    Ok(TokenShare { since, taken, share })
}
