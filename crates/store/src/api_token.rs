//! Tokens by which programs act for a user, each within its scopes. Only the hash of a token is stored, so that a copied
//! database gives none away. A token ends with what its user could be locked out by: see [`revoke_all`].

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::engine::Connection;
use crate::engine::writer::Scope;
use countersign_core::{Hash, Id, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::job::{self, NewJob};
use crate::row::{Columns, seconds};
use crate::user::{self, User};
use crate::{Store, audit, find, list, run};

const INSERT: &str = "INSERT INTO api_token (id, token_hash, user_id, name, scopes, created_at, expires_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const COUNT_LIVE: &str =
    "SELECT COUNT(*) FROM api_token WHERE user_id = ?1 AND revoked_at IS NULL AND expires_at > ?2";
const FIND: &str = "SELECT u.id, u.email, u.email_pending, u.name, u.first_name, u.last_name, u.language, \
    u.password_hash, COALESCE(u.staff_role, u.role), u.organization_role, CASE WHEN u.status = 'suspended' THEN 'suspended' \
    WHEN u.deactivated_at IS NOT NULL THEN 'deactivated' ELSE u.status END, u.organization_id, u.reseller_id, u.created_at, \
    COALESCE(o.status, 'active'), CASE WHEN u.totp_secret IS NULL THEN 0 ELSE 1 END, \
    t.id, t.user_id, t.name, t.scopes, t.created_at, t.expires_at, t.last_used_at, t.revoked_at \
    FROM api_token t JOIN app_user u ON u.id = t.user_id \
    LEFT JOIN organization o ON o.id = u.organization_id WHERE t.token_hash = ?1";
const OF_USER: &str = "SELECT id, user_id, name, scopes, created_at, expires_at, last_used_at, revoked_at \
    FROM api_token WHERE user_id = ?1 \
    ORDER BY CASE WHEN revoked_at IS NULL AND expires_at > ?2 THEN 0 ELSE 1 END, created_at DESC, id LIMIT 200";
const LIVE: &str = "SELECT id, user_id, name, scopes, created_at, expires_at, last_used_at, revoked_at \
    FROM api_token WHERE revoked_at IS NULL AND expires_at > ?1 ORDER BY created_at DESC, id LIMIT 1000";
const USED: &str = "UPDATE api_token SET last_used_at = ?2 WHERE id = ?1 \
    AND (last_used_at IS NULL OR last_used_at <= ?2 - 60)";
const REVOKE: &str =
    "UPDATE api_token SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL RETURNING user_id";
const OWNER: &str = "SELECT user_id FROM api_token WHERE id = ?1";
const REVOKE_OWN: &str =
    "UPDATE api_token SET revoked_at = ?3 WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL";
const REVOKE_ALL: &str = "UPDATE api_token SET revoked_at = ?2 WHERE user_id = ?1 AND revoked_at IS NULL AND expires_at > ?2";

/// Tokens of one user that work at a time.
pub const MOST_TOKENS: u64 = 50;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenScope {
    /// Answer requests of machines, under the limits of licenses.
    AnswerRequests,
    /// Read what is granted: products, and terms of licenses without their keys.
    ReadPolicy,
    /// Read license keys.
    ReadLicenseKeys,
    /// Hand in the journals of offline signers.
    PushJournal,
    /// Read products.
    ReadProducts,
    /// Create and change products.
    WriteProducts,
    /// Read plans.
    ReadPlans,
    /// Create, change and archive plans.
    WritePlans,
    /// Read licenses without their keys.
    ReadLicenses,
    /// Create and change licenses.
    WriteLicenses,
    /// Read users and organizations.
    ReadCustomers,
    /// Create and change customers and organizations.
    WriteCustomers,
    /// Read which machines hold seats.
    ReadActivations,
    /// Free the seats of lost machines.
    ReleaseActivations,
    /// Read which machines have trials.
    ReadTrials,
    /// Extend trials, within the limits of whose token it is.
    ExtendTrials,
    /// Read releases and what is known of their files.
    ReadReleases,
    /// Create, describe, publish and archive releases.
    WriteReleases,
    /// Read the vendor's settings.
    ReadSettings,
    /// Change the vendor's settings.
    WriteSettings,
    /// Read the numbers of the overview.
    ReadOverview,
    /// Read the audit log.
    ReadAudit,
    /// Read webhooks and their deliveries.
    ReadWebhooks,
    /// Make, change and delete webhooks, and send to them.
    WriteWebhooks,
    /// Set and remove the vendor's own domain.
    WriteDomain,
    /// Read identity providers.
    ReadSignOn,
    /// Set up who logs people in.
    WriteSignOn,
}

impl TokenScope {
    /// Every one, in the order in which they are shown.
    pub const ALL: [Self; 27] = [
        Self::AnswerRequests,
        Self::ReadPolicy,
        Self::ReadLicenseKeys,
        Self::PushJournal,
        Self::ReadProducts,
        Self::WriteProducts,
        Self::ReadPlans,
        Self::WritePlans,
        Self::ReadLicenses,
        Self::WriteLicenses,
        Self::ReadCustomers,
        Self::WriteCustomers,
        Self::ReadActivations,
        Self::ReleaseActivations,
        Self::ReadTrials,
        Self::ExtendTrials,
        Self::ReadReleases,
        Self::WriteReleases,
        Self::ReadSettings,
        Self::WriteSettings,
        Self::ReadOverview,
        Self::ReadAudit,
        Self::ReadWebhooks,
        Self::WriteWebhooks,
        Self::WriteDomain,
        Self::ReadSignOn,
        Self::WriteSignOn,
    ];

    /// As text, in the database, in forms and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AnswerRequests => "requests:answer",
            Self::ReadPolicy => "policy:read",
            Self::ReadLicenseKeys => "license-keys:read",
            Self::PushJournal => "journal:push",
            Self::ReadProducts => "products:read",
            Self::WriteProducts => "products:write",
            Self::ReadPlans => "plans:read",
            Self::WritePlans => "plans:write",
            Self::ReadLicenses => "licenses:read",
            Self::WriteLicenses => "licenses:write",
            Self::ReadCustomers => "customers:read",
            Self::WriteCustomers => "customers:write",
            Self::ReadActivations => "activations:read",
            Self::ReleaseActivations => "activations:release",
            Self::ReadTrials => "trials:read",
            Self::ExtendTrials => "trials:extend",
            Self::ReadReleases => "releases:read",
            Self::WriteReleases => "releases:write",
            Self::ReadSettings => "settings:read",
            Self::WriteSettings => "settings:write",
            Self::ReadOverview => "overview:read",
            Self::ReadAudit => "audit:read",
            Self::ReadWebhooks => "webhooks:read",
            Self::WriteWebhooks => "webhooks:write",
            Self::WriteDomain => "domain:write",
            Self::ReadSignOn => "sign-on:read",
            Self::WriteSignOn => "sign-on:write",
        }
    }

    /// What it lets a program do, in English.
    pub fn describe(self) -> &'static str {
        match self {
            Self::AnswerRequests => "Answer requests of machines, under the limits of licenses.",
            Self::ReadPolicy => {
                "Read what is granted: products, and terms of licenses without their keys."
            }
            Self::ReadLicenseKeys => "Read license keys.",
            Self::PushJournal => "Hand in the journals of offline signers.",
            Self::ReadProducts => "Read products.",
            Self::WriteProducts => "Create and change products.",
            Self::ReadPlans => "Read plans.",
            Self::WritePlans => "Create, change and archive plans.",
            Self::ReadLicenses => "Read licenses without their keys.",
            Self::WriteLicenses => "Create and change licenses.",
            Self::ReadCustomers => "Read users and organizations.",
            Self::WriteCustomers => "Create and change customers and organizations.",
            Self::ReadActivations => "Read which machines hold seats.",
            Self::ReleaseActivations => "Free the seats of lost machines.",
            Self::ReadTrials => "Read which machines have trials.",
            Self::ExtendTrials => "Extend trials, within the limits of whose token it is.",
            Self::ReadReleases => "Read releases and what is known of their files.",
            Self::WriteReleases => "Create, describe, publish and archive releases.",
            Self::ReadSettings => "Read the vendor's settings.",
            Self::WriteSettings => "Change the vendor's settings.",
            Self::ReadOverview => "Read the numbers of the overview.",
            Self::ReadAudit => "Read the audit log.",
            Self::ReadWebhooks => {
                "Read webhooks, of their addresses the host alone, and their deliveries."
            }
            Self::WriteWebhooks => "Make, change and delete webhooks, and send to them.",
            Self::WriteDomain => "Set, use and remove the vendor's own domain.",
            Self::ReadSignOn => "Read identity providers. For owners.",
            Self::WriteSignOn => {
                "Set up identity providers: who logs people in, the vendor's own among them. For owners."
            }
        }
    }
}

impl FromStr for TokenScope {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or(StoreError::Malformed("token scope"))
    }
}

/// A token, without what would let somebody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its public id.
    pub id: Id,
    /// For whom it acts.
    pub user: Id,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<TokenScope>,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// When it ends by itself.
    pub expires_at: UnixSeconds,
    /// When it was last used, to the minute.
    pub last_used_at: Option<UnixSeconds>,
    /// When it was ended.
    pub revoked_at: Option<UnixSeconds>,
}

/// Whether a token works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStanding {
    /// It does.
    Live,
    /// Its time is over.
    Expired,
    /// It was ended: by its owner, or with what ended its owner's sessions.
    Revoked,
}

impl ApiToken {
    /// Whether it works at this time.
    pub fn standing(&self, now: UnixSeconds) -> TokenStanding {
        if self.revoked_at.is_some() {
            TokenStanding::Revoked
        } else if self.expires_at <= now {
            TokenStanding::Expired
        } else {
            TokenStanding::Live
        }
    }
}

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewApiToken {
    /// Its public id.
    pub id: Id,
    /// Hash of the token.
    pub token: Hash,
    /// For whom it acts.
    pub user: Id,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<TokenScope>,
    /// When it ends by itself.
    pub until: UnixSeconds,
    /// The mail by which its owner hears of it.
    pub notice: NewJob,
}

/// How making a token ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenCreated {
    /// It works.
    Done,
    /// There is no such user, or they may not log in.
    UnknownUser,
    /// The user has as many that work as they may have.
    TooMany {
        /// How many.
        allowed: u64,
    },
}

impl Store {
    /// Stores a token; it is written down.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_api_token(
        &self,
        new: NewApiToken,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<TokenCreated> {
        let actor = actor.to_owned();
        self.write(move |c| create(c, &new, &actor, now)).await
    }

    /// The token of this hash, ended ones too, and for whom it acts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn api_token(&self, token: &Hash) -> Result<Option<(User, ApiToken)>> {
        let both = |row: &mut Columns<'_>| Ok((user::map(row)?, map(row)?));
        self.read(|c| find(c, FIND, [token.to_string()], both))
    }

    /// The tokens of a user: those that work, then those that have ended, each the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn api_tokens_of(&self, user: Id, now: UnixSeconds) -> Result<Vec<ApiToken>> {
        self.read(|c| list(c, OF_USER, (user.to_string(), seconds(now)), map))
    }

    /// The tokens of everybody that work, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn live_api_tokens(&self, now: UnixSeconds) -> Result<Vec<ApiToken>> {
        self.read(|c| list(c, LIVE, [seconds(now)], map))
    }

    /// Notes that a token is in use, once a minute at most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn api_token_used(&self, id: Id, now: UnixSeconds) -> Result<()> {
        let key = id.to_string();
        let used = move |c: &Connection| run(c, USED, (id.to_string(), seconds(now))).map(|_| ());
        self.write_in(Scope::Keys(&[&key]), used).await
    }

    /// Ends a token of this user. `false` when they have none of this id that was not ended before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_own_api_token(&self, user: Id, id: Id, now: UnixSeconds) -> Result<bool> {
        self.write(move |c| {
            let values = (id.to_string(), user.to_string(), seconds(now));
            let ended = run(c, REVOKE_OWN, values)? == 1;
            if ended {
                let by = crate::session::by(user);
                audit::record(c, now, &by, "token.revoke", &id.to_string(), "")?;
            }
            Ok(ended)
        })
        .await
    }

    /// Ends anybody's token. `false` when there is none of this id that was not ended before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_api_token(&self, id: Id, actor: &str, now: UnixSeconds) -> Result<bool> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let of = find(c, REVOKE, (id.to_string(), seconds(now)), |row| row.text())?;
            if of.is_some() {
                audit::record(c, now, &actor, "token.revoke", &id.to_string(), "")?;
            }
            Ok(of.is_some())
        })
        .await
    }
}

fn create(
    c: &Connection,
    new: &NewApiToken,
    actor: &str,
    now: UnixSeconds,
) -> Result<TokenCreated> {
    if !user::find_user(c, new.user)?.is_some_and(|user| user.may_log_in()) {
        return Ok(TokenCreated::UnknownUser);
    }
    let (id, user) = (new.id.to_string(), new.user.to_string());
    let live = find(c, COUNT_LIVE, (&user, seconds(now)), |row| row.time())?.unwrap_or(0);
    if live >= MOST_TOKENS {
        return Ok(TokenCreated::TooMany { allowed: MOST_TOKENS });
    }
    let (token, scopes) = (new.token.to_string(), scopes_text(&new.scopes));
    let times = (seconds(now), seconds(new.until));
    run(c, INSERT, (&id, token, user, &new.name, &scopes, times.0, times.1))?;
    let detail = format!("{}: {scopes}", new.name);
    audit::record(c, now, actor, "token.create", &id, &detail)?;
    job::enqueue(c, &new.notice, now)?;
    Ok(TokenCreated::Done)
}

/// For whom the token with this id acts.
pub(crate) fn owner(c: &Connection, id: &str) -> Result<Option<Id>> {
    find(c, OWNER, [id], |row| row.parsed("user id"))
}

/// Ends all tokens of a user who may not log in any more, or whose password is another one now: whoever knew the old one may
/// have made them. A user who comes back makes new ones.
pub(crate) fn revoke_all(c: &Connection, user: Id, actor: &str, now: UnixSeconds) -> Result<()> {
    let ended = run(c, REVOKE_ALL, (user.to_string(), seconds(now)))?;
    if ended > 0 {
        audit::record_of_user(c, user, now, actor, "user.end-tokens", &ended.to_string())?;
    }
    Ok(())
}

fn scopes_text(scopes: &BTreeSet<TokenScope>) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

fn map(row: &mut Columns<'_>) -> Result<ApiToken> {
    Ok(ApiToken {
        id: row.parsed("token id")?,
        user: row.parsed("user id")?,
        name: row.text()?,
        scopes: row.text()?.split(' ').filter_map(|word| word.parse().ok()).collect(),
        created_at: row.time()?,
        expires_at: row.time()?,
        last_used_at: row.optional_time()?,
        revoked_at: row.optional_time()?,
    })
}
