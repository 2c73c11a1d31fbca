//! Browsers that were sent to an identity provider and have not come back yet. In the database, because another node may see
//! them come back. The secrets of state and cookie are stored as hashes; nonce and verifier are worth nothing without both.

use countersign_core::{Hash, Id, UnixSeconds};

use crate::error::Result;
use crate::row::{Columns, seconds};
use crate::{Store, find, run};

const INSERT: &str = "INSERT INTO sso_attempt (state_hash, provider_id, browser_hash, nonce, verifier, next_path, tried_by, \
    network, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const TAKE: &str = "DELETE FROM sso_attempt WHERE state_hash = ?1 AND browser_hash = ?2 AND expires_at > ?3 \
    RETURNING provider_id, nonce, verifier, next_path, tried_by, network";
const FORGET: &str = "DELETE FROM sso_attempt WHERE expires_at <= ?1";
const FORGET_OF_NETWORK: &str = "DELETE FROM sso_attempt WHERE state_hash IN (SELECT state_hash FROM sso_attempt \
    WHERE network = ?1 ORDER BY created_at DESC, state_hash LIMIT 1000 OFFSET ?2)";

/// How many of one network wait at most: a flood pushes out itself.
const MOST_OF_NETWORK: u32 = 500;

/// A browser that is on its way.
#[derive(Clone, PartialEq, Eq)]
pub struct SsoAttempt {
    /// Where it was sent.
    pub provider: Id,
    /// What the ID token must say.
    pub nonce: String,
    /// What proves to the provider that the code is asked for by whoever began (PKCE).
    pub verifier: String,
    /// The path to go on at.
    pub next: String,
    /// Who only tries it out; `None`: somebody logs in.
    pub tried_by: Option<Id>,
    /// Where it comes from.
    pub network: String,
}

impl std::fmt::Debug for SsoAttempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SsoAttempt({})", self.provider)
    }
}

impl Store {
    /// Notes that a browser was sent to a provider, and forgets those who did not come back in time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_sso(
        &self,
        state: Hash,
        browser: Hash,
        attempt: SsoAttempt,
        until: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<()> {
        self.write(move |c| {
            run(c, FORGET, [seconds(now)])?;
            run(c, FORGET_OF_NETWORK, (&attempt.network, MOST_OF_NETWORK - 1))?;
            let values = (
                state.to_string(),
                attempt.provider.to_string(),
                browser.to_string(),
                &attempt.nonce,
                &attempt.verifier,
                &attempt.next,
                attempt.tried_by.map(|id| id.to_string()),
                &attempt.network,
                seconds(now),
                seconds(until),
            );
            run(c, INSERT, values).map(|_| ())
        })
        .await
    }

    /// Takes the attempt with this state, once, if it is this browser's and in time. What another browser brings is left to
    /// the one that began.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_sso(
        &self,
        state: Hash,
        browser: Hash,
        now: UnixSeconds,
    ) -> Result<Option<SsoAttempt>> {
        let map = |row: &mut Columns<'_>| {
            Ok(SsoAttempt {
                provider: row.parsed("provider id")?,
                nonce: row.text()?,
                verifier: row.text()?,
                next: row.text()?,
                tried_by: row.optional("user id")?,
                network: row.text()?,
            })
        };
        self.write(move |c| {
            find(c, TAKE, (state.to_string(), browser.to_string(), seconds(now)), map)
        })
        .await
    }
}
