//! The two-person rule: what it holds back, what is proposed instead, and how a second admin decides. The rule is looked at
//! inside the transactions that it is about, so that no door goes round it.

mod act;

use crate::engine::Connection;
use countersign_core::{Id, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::job::{self, NewJob};
use crate::license::{self, License, LicenseChange, NewLicense, Validity};
use crate::release::{self, Release, ReleaseOutcome, ReleasePolicy};
use crate::role::Permission;
use crate::row::{Columns, seconds};
use crate::{Store, audit, creation, find, list, product, release_terms, run, user};

pub use act::Act;

const RULE: &str = "SELECT value FROM setting WHERE name = 'two_people'";
const SET_RULE: &str = "INSERT INTO setting (name, value) VALUES ('two_people', ?1) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";
const ADMINS: &str = "SELECT u.id FROM app_user u LEFT JOIN organization o ON o.id = u.organization_id \
    WHERE u.role = 'admin' AND u.status = 'active' AND u.deactivated_at IS NULL \
    AND COALESCE(o.status, 'active') = 'active' ORDER BY u.id";
const MAKE: &str = "INSERT INTO proposal (id, kind, payload, proposed_by, proposed_at, expires_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const FIND: &str = "SELECT id, kind, payload, proposed_by, proposed_at, expires_at, state, decided_by, decided_at \
    FROM proposal WHERE id = ?1";
const WAITING: &str = "SELECT id, kind, payload, proposed_by, proposed_at, expires_at, state, decided_by, decided_at \
    FROM proposal WHERE state = 'waiting' AND expires_at > ?1 ORDER BY proposed_at, id LIMIT ?2";
const DECIDED: &str = "SELECT id, kind, payload, proposed_by, proposed_at, expires_at, state, decided_by, decided_at \
    FROM proposal WHERE decided_at IS NOT NULL ORDER BY decided_at DESC, id LIMIT ?1";
const COUNT: &str = "SELECT COUNT(*) FROM proposal WHERE state = 'waiting' AND expires_at > ?1";
const DECIDE: &str = "UPDATE proposal SET state = ?2, decided_by = ?3, decided_at = ?4 \
    WHERE id = ?1 AND state = 'waiting'";
const USER: &str = "SELECT 1 FROM app_user WHERE id = ?1 AND status <> 'suspended'";
pub(crate) const ORGANIZATION: &str = "SELECT 1 FROM organization WHERE id = ?1";

/// How long a proposal waits.
const WAITS: u64 = 7 * 86_400;
/// An end that is further away is as good as none.
const FAR_AWAY: u64 = 3650 * 86_400;
/// So many proposals wait at most: a page shows all of them.
const MOST: u32 = 100;

/// Something that an admin wants to do.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Its id.
    pub id: Id,
    /// What would be done.
    pub act: Act,
    /// Who wants it.
    pub by: Id,
    /// Since when.
    pub at: UnixSeconds,
    /// Nothing comes of it after this time.
    pub expires_at: UnixSeconds,
    /// What became of it.
    pub state: ProposalState,
    /// By whom,
    pub decided_by: Option<Id>,
    /// and when.
    pub decided_at: Option<UnixSeconds>,
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalState {
    /// Nothing yet.
    Waiting,
    /// It was done.
    Approved,
    /// It was refused, or taken back.
    Refused,
    /// It could not be done any more: what it was about had changed.
    Stale,
}

impl ProposalState {
    /// As text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Stale => "stale",
        }
    }
}

impl std::str::FromStr for ProposalState {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Waiting, Self::Approved, Self::Refused, Self::Stale];
        let found = all.into_iter().find(|state| state.as_str() == text);
        found.ok_or(StoreError::Malformed("state of a proposal"))
    }
}

/// How proposing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proposed {
    /// It waits for somebody else.
    Done,
    /// Who asks may not do such a thing, with anybody's approval.
    NotAdmin,
    /// There is nobody else who could approve it.
    NobodyElse,
    /// Too many wait already.
    TooMany,
}

/// How a decision ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It is done, or refused.
    Done,
    /// Who asks is no active admin of the vendor.
    NotAdmin,
    /// Nobody approves their own proposal.
    OwnProposal,
    /// There is none, or it was decided, or its time is over.
    Over,
    /// What it was about has changed since, or who proposed it may not any more: nothing was done, and never will be.
    Stale,
}

impl Store {
    /// Whether some acts need a second person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn needs_two_people(&self) -> Result<bool> {
        self.read(is_on)
    }

    /// Turns the rule on, if there are two admins. Turning it off is an [`Act`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_two_people(&self, by: Id, now: UnixSeconds) -> Result<Proposed> {
        self.write(move |c| {
            let admins = admins(c)?;
            if !admins.contains(&by) {
                return Ok(Proposed::NotAdmin);
            }
            if admins.len() < 2 {
                return Ok(Proposed::NobodyElse);
            }
            set_rule(c, true, &actor(by), now)?;
            Ok(Proposed::Done)
        })
        .await
    }

    /// Ends the rule without a second person: for whoever runs the portal's host, who can do anything anyway.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_two_people(&self, actor: &str, now: UnixSeconds) -> Result<()> {
        let actor = actor.to_owned();
        self.write(move |c| set_rule(c, false, &actor, now)).await
    }

    /// Proposes an act; every other admin gets the mail that `tell` makes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn propose(
        &self,
        id: Id,
        act: Act,
        by: Id,
        tell: impl Fn(Id) -> NewJob + Send + 'static,
        now: UnixSeconds,
    ) -> Result<Proposed> {
        self.write(move |c| {
            if !may_propose(c, &act, by)? {
                return Ok(Proposed::NotAdmin);
            }
            let others: Vec<Id> = admins(c)?.into_iter().filter(|admin| *admin != by).collect();
            if others.is_empty() {
                return Ok(Proposed::NobodyElse);
            }
            let waiting: i64 = find(c, COUNT, [seconds(now)], |row| row.take())?.unwrap_or(0);
            if waiting >= i64::from(MOST) {
                return Ok(Proposed::TooMany);
            }
            let (name, kind, until) = (id.to_string(), act.kind(), seconds(now + WAITS));
            run(c, MAKE, (&name, kind, act.payload(), by.to_string(), seconds(now), until))?;
            for other in others {
                job::enqueue(c, &tell(other), now)?;
            }
            audit::record(c, now, &actor(by), "proposal.make", &name, kind)?;
            Ok(Proposed::Done)
        })
        .await
    }

    /// Does what was proposed, in the proposer's name, if `by` is another admin and nothing has changed since.
    ///
    /// # Errors
    /// When the database fails: nothing is done then.
    pub async fn approve_proposal(&self, id: Id, by: Id, now: UnixSeconds) -> Result<Decided> {
        self.write(move |c| {
            if !admins(c)?.contains(&by) {
                return Ok(Decided::NotAdmin);
            }
            let Some(proposal) = open(c, id, now)? else { return Ok(Decided::Over) };
            if proposal.by == by {
                return Ok(Decided::OwnProposal);
            }
            let may = may_propose(c, &proposal.act, proposal.by)?;
            let done = may && carry_out(c, &proposal, now)?;
            let state = if done { ProposalState::Approved } else { ProposalState::Stale };
            decide(c, &proposal, state, by, now)?;
            Ok(if done { Decided::Done } else { Decided::Stale })
        })
        .await
    }

    /// Refuses it; who proposed it takes it back so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refuse_proposal(&self, id: Id, by: Id, now: UnixSeconds) -> Result<Decided> {
        self.write(move |c| {
            let (proposal, is_admin) = (open(c, id, now)?, admins(c)?.contains(&by));
            let is_own = proposal.as_ref().is_some_and(|proposal| proposal.by == by);
            if !is_admin && !is_own {
                return Ok(Decided::NotAdmin);
            }
            let Some(proposal) = proposal else { return Ok(Decided::Over) };
            decide(c, &proposal, ProposalState::Refused, by, now)?;
            Ok(Decided::Done)
        })
        .await
    }

    /// One.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn proposal(&self, id: Id) -> Result<Option<Proposal>> {
        self.read(|c| find(c, FIND, [id.to_string()], map))
    }

    /// Those that wait, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn proposals_waiting(&self, now: UnixSeconds) -> Result<Vec<Proposal>> {
        self.read(|c| list(c, WAITING, (seconds(now), MOST), map))
    }

    /// Those that were decided last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn proposals_decided(&self, most: u32) -> Result<Vec<Proposal>> {
        self.read(|c| list(c, DECIDED, [most], map))
    }
}

/// Whether the rule holds back a license with this validity.
pub fn is_far_away(validity: &Validity, now: UnixSeconds) -> bool {
    match validity {
        Validity::Perpetual => true,
        Validity::Fixed(end) => is_far(*end, now),
        Validity::FromCreation(length) | Validity::FromFirstActivation(length) => {
            *length > FAR_AWAY
        }
    }
}

/// Whether the rule holds back this end of a license.
pub fn is_far(end: UnixSeconds, now: UnixSeconds) -> bool {
    end > now.saturating_add(FAR_AWAY)
}

/// Refuses to create what needs a second person.
pub(crate) fn check_new(c: &Connection, new: &NewLicense, now: UnixSeconds) -> Result<()> {
    if is_far_away(&new.validity, now) && is_on(c)? {
        return Err(StoreError::NeedsSecondPerson);
    }
    Ok(())
}

/// Whether a change of a license needs a second person.
pub(crate) fn holds_back(c: &Connection, license: &License, now: UnixSeconds) -> Result<bool> {
    let Some(current) = license::find_license(c, &license.id)? else { return Ok(false) };
    let goes_far = match license.expires_at {
        end if end == current.expires_at => false,
        Some(end) => is_far(end, now),
        None => true,
    };
    Ok(goes_far && is_on(c)?)
}

/// Whether the rule is on.
pub(crate) fn is_on(c: &Connection) -> Result<bool> {
    Ok(find(c, RULE, [], |row| row.text())?.is_some_and(|value| value == "on"))
}

fn set_rule(c: &Connection, on: bool, actor: &str, now: UnixSeconds) -> Result<()> {
    let (value, action) = if on { ("on", "two-people.on") } else { ("off", "two-people.off") };
    run(c, SET_RULE, [value])?;
    audit::record(c, now, actor, action, "", "")
}

fn admins(c: &Connection) -> Result<Vec<Id>> {
    list(c, ADMINS, [], |row| row.parsed("user id"))
}

fn actor(user: Id) -> String {
    format!("user:{user}")
}

/// Whether somebody may propose this: what support may do within its limits, it may propose.
fn may_propose(c: &Connection, act: &Act, by: Id) -> Result<bool> {
    let needed = match act {
        Act::ReleaseSeat { .. } => Permission::ReleaseSeats,
        Act::CreateLicense { .. } | Act::CreateLicenses(_) | Act::ExtendLicense { .. } => {
            Permission::ManageLicenses
        }
        Act::EndRule => Permission::Approve,
    };
    Ok(user::find_user(c, by)?.is_some_and(|by| by.may(needed)))
}

/// The proposal, if it still waits.
fn open(c: &Connection, id: Id, now: UnixSeconds) -> Result<Option<Proposal>> {
    let found = find(c, FIND, [id.to_string()], map)?;
    Ok(found.filter(|p| p.state == ProposalState::Waiting && now < p.expires_at))
}

/// Whether it could be done.
fn carry_out(c: &Connection, proposal: &Proposal, now: UnixSeconds) -> Result<bool> {
    let actor = actor(proposal.by);
    match &proposal.act {
        Act::CreateLicense { new, limits } => {
            let product = product::find_product(c, &new.product)?;
            if product.is_none_or(|product| product.archived) || !are_there(c, new)? {
                return Ok(false);
            }
            let id = license::create(c, new, &actor, now)?;
            release_terms::set_new_limits(c, &id, limits, &actor, now)?;
            Ok(true)
        }
        Act::CreateLicenses(many) => {
            let can = creation::can_create(c, many, now)?
                && are_there(c, &many.new)?
                && !many.keys.is_empty();
            if can {
                creation::create(c, many, &actor, now)?;
            }
            Ok(can)
        }
        Act::ExtendLicense { license, revision, expires_at } => {
            let Some(current) = license::find_license(c, license)? else { return Ok(false) };
            if current.revision != *revision {
                return Ok(false);
            }
            let changed = License { expires_at: Some(*expires_at), ..current };
            Ok(license::change(c, &changed, &actor, now)? == LicenseChange::Done)
        }
        Act::ReleaseSeat { license, activation, reason } => {
            let release = Release {
                license: *license,
                activation: *activation,
                by: proposal.by,
                reason: reason.clone(),
                // The vendor's own admins are held to none, and support to its own.
                policy: ReleasePolicy { per_year: 0, cool_down: 0 },
                now,
            };
            Ok(release::release_in(c, &release)? == ReleaseOutcome::Done)
        }
        Act::EndRule => set_rule(c, false, &actor, now).map(|()| true),
    }
}

/// Whether whom a license is for are still there.
fn are_there(c: &Connection, new: &NewLicense) -> Result<bool> {
    let is_there = |sql: &'static str, id: Option<Id>| match id {
        Some(id) => Ok(find(c, sql, [id.to_string()], |row| row.take::<i64>())?.is_some()),
        None => Ok::<_, StoreError>(true),
    };
    Ok(is_there(USER, new.owner)? && is_there(ORGANIZATION, new.organization)?)
}

fn decide(
    c: &Connection,
    proposal: &Proposal,
    state: ProposalState,
    by: Id,
    now: UnixSeconds,
) -> Result<()> {
    let id = proposal.id.to_string();
    if run(c, DECIDE, (&id, state.as_str(), by.to_string(), seconds(now)))? != 1 {
        return Err(StoreError::Malformed("state of a proposal"));
    }
    let action = match state {
        ProposalState::Approved => "proposal.approve",
        ProposalState::Stale => "proposal.stale",
        _ => "proposal.refuse",
    };
    audit::record(c, now, &actor(by), action, &id, proposal.act.kind())
}

fn map(row: &mut Columns<'_>) -> Result<Proposal> {
    let (id, kind, payload) = (row.parsed("proposal id")?, row.text()?, row.text()?);
    Ok(Proposal {
        id,
        act: Act::read(&kind, &payload)?,
        by: row.parsed("user id")?,
        at: row.time()?,
        expires_at: row.time()?,
        state: row.parsed("state of a proposal")?,
        decided_by: row.optional("user id")?,
        decided_at: row.optional_time()?,
    })
}
