//! The host of the vendor's own at which the portal is reached: wanted, verified by DNS, in use. What a check by DNS changes is
//! decided here, inside the transaction: by how things are when it is noted, not by how they were when it began.

use std::str::FromStr;

use crate::engine::Connection;
use countersign_core::{Id, UnixSeconds};

use crate::error::Result;
use crate::job::{self, NewJob};
use crate::row::{Columns, optional_seconds, seconds};
use crate::{Store, audit, find, run, user};

const FIND: &str = "SELECT name, token, state, set_at, check_at, checked_at, pointer, pointer_seen, proof, proof_seen, failing_since, warned_at \
    FROM domain WHERE place = 'portal'";
const SET: &str = "INSERT INTO domain (place, name, token, state, set_at, check_at, pointer, pointer_seen, proof, proof_seen) \
    VALUES ('portal', ?1, ?2, 'asked', ?3, ?3, 'unknown', '', 'unknown', '') ON CONFLICT (place) DO UPDATE SET name = excluded.name, \
    token = excluded.token, state = excluded.state, set_at = excluded.set_at, check_at = excluded.check_at, claimed_at = NULL, \
    checked_at = NULL, pointer = excluded.pointer, pointer_seen = '', proof = excluded.proof, proof_seen = '', failing_since = NULL, \
    warned_at = NULL";
const REMOVE: &str = "DELETE FROM domain WHERE place = 'portal'";
// Of several nodes, and of several clicks, one asks.
const CLAIM: &str = "UPDATE domain SET claimed_at = ?1 WHERE place = 'portal' AND (claimed_at IS NULL OR claimed_at <= ?2)";
const CLAIM_DUE: &str = "UPDATE domain SET claimed_at = ?1 WHERE place = 'portal' AND check_at <= ?1 AND (claimed_at IS NULL OR claimed_at <= ?2)";
const NOTE: &str = "UPDATE domain SET state = ?1, token = ?2, set_at = ?3, check_at = ?4, checked_at = ?5, pointer = ?6, pointer_seen = ?7, \
    proof = ?8, proof_seen = ?9, failing_since = ?10, warned_at = ?11 WHERE place = 'portal'";
const USE: &str = "UPDATE domain SET state = 'used' WHERE place = 'portal' AND name = ?1 AND state = 'verified' AND failing_since IS NULL";
const LEAVE: &str =
    "UPDATE domain SET state = 'verified' WHERE place = 'portal' AND name = ?1 AND state = 'used'";

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
/// From one check to the next within the first hour after a domain was set, and within the first days. After that, by hand.
const SOON: u64 = 120;
const LATER: u64 = 1_200;
/// How long records that are not there yet are looked for.
const LOOKED_FOR: u64 = 3 * DAY;
/// Records that are gone for so long are warned about, and links lead to the operator's host again.
const WARN_AFTER: u64 = HOUR;
/// For so long the host is still answered for.
const GRACE: u64 = 7 * DAY;
/// Seconds between two checks by hand, and after which a check that was begun is taken for lost.
const PAUSE: u64 = 5;
const LOST: u64 = 60;
/// The longest answer of DNS that is kept, in characters.
const LONGEST_SEEN: usize = 200;

macro_rules! words {
    ($kind:ident: $($value:ident $word:literal),*) => {
        impl $kind {
            /// Its name in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }
        }
        impl FromStr for $kind {
            type Err = ();
            fn from_str(text: &str) -> std::result::Result<Self, ()> {
                match text { $($word => Ok(Self::$value),)* _ => Err(()) }
            }
        }
    };
}

/// How far a domain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainState {
    /// Wanted: its records are looked for, nothing is answered under it.
    Asked,
    /// Its records were found: the portal answers under it.
    Verified,
    /// Links in mails and files begin with it, too.
    Used,
}
words!(DomainState: Asked "asked", Verified "verified", Used "used");

/// What was found of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Nobody has looked yet.
    Unknown,
    /// It is as it has to be.
    Right,
    /// The name does not exist (`NXDOMAIN`).
    NoName,
    /// The name exists, without such a record.
    NoRecord,
    /// It says something else.
    Elsewhere,
    /// Names that lead to each other.
    Loop,
    /// The servers of the domain, or between, fail (`SERVFAIL`, `REFUSED`).
    Failed,
    /// Nobody answered: that says nothing about the record.
    Silent,
}
words!(Finding: Unknown "unknown", Right "right", NoName "no-name", NoRecord "no-record", Elsewhere "elsewhere", Loop "loop",
    Failed "failed", Silent "silent");

/// A record as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRecord {
    /// Whether it is right.
    pub finding: Finding,
    /// What it says, if that is not what it has to say.
    pub seen: String,
}

impl SeenRecord {
    /// A finding without more to say.
    pub fn plain(finding: Finding) -> Self {
        Self { finding, seen: String::new() }
    }
}

/// What DNS says of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainCheck {
    /// The record that leads to the portal.
    pub pointer: SeenRecord,
    /// The record with the token.
    pub proof: SeenRecord,
}

impl DomainCheck {
    fn both(&self) -> [Finding; 2] {
        [self.pointer.finding, self.proof.finding]
    }

    /// Both records are right.
    pub fn is_right(&self) -> bool {
        self.both() == [Finding::Right; 2]
    }

    /// Nobody answered about one, and the other is not wrong.
    fn says_nothing(&self) -> bool {
        let unsaid = |finding: &Finding| matches!(finding, Finding::Silent | Finding::Unknown);
        !self.is_right() && self.both().iter().all(|f| *f == Finding::Right || unsaid(f))
    }
}

/// The vendor's own domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The name as DNS has it, in lower case.
    pub name: String,
    /// What its TXT record has to say: made anew each time that a domain is set. No secret: everybody can read it in DNS.
    pub token: String,
    /// How far it is.
    pub state: DomainState,
    /// When it was set, or began to be looked for again.
    pub set_at: UnixSeconds,
    /// When it is looked for next; `None`: only by hand.
    pub check_at: Option<UnixSeconds>,
    /// When DNS was asked last.
    pub checked_at: Option<UnixSeconds>,
    /// What it said.
    pub check: DomainCheck,
    /// Since when records that were there are not.
    pub failing_since: Option<UnixSeconds>,
    /// When that was told.
    pub warned_at: Option<UnixSeconds>,
}

impl Domain {
    /// Whether the portal answers under it.
    pub fn is_answered(&self) -> bool {
        self.state != DomainState::Asked
    }

    /// Whether links in mails and files begin with it. Not while its records are known to be gone: whom the name belongs to by
    /// then would read what links open.
    pub fn is_in_links(&self) -> bool {
        self.state == DomainState::Used && self.warned_at.is_none()
    }
}

/// What is told about a domain whose records are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainNotice {
    /// The name.
    pub name: String,
    /// When the portal ends answering under it; `None`: it has.
    pub until: Option<UnixSeconds>,
}

/// A mail about a domain to one of the vendor's admins.
pub type DomainMail = fn(admin: Id, notice: &DomainNotice, now: UnixSeconds) -> NewJob;

impl Store {
    /// The vendor's own domain, if one is set.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn domain(&self) -> Result<Option<Domain>> {
        self.read(|c| find(c, FIND, [], map))
    }

    /// Sets a domain, to be verified. The one before ends at once; the same name again changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_domain(
        &self,
        name: &str,
        token: &str,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<()> {
        let (name, token, actor) = (name.to_owned(), token.to_owned(), actor.to_owned());
        self.write_once(move |c| {
            if find(c, FIND, [], map)?.is_some_and(|before| before.name == name) {
                return Ok(());
            }
            run(c, SET, (&name, &token, seconds(now)))?;
            audit::record(c, now, &actor, "domain.set", &format!("domain:{name}"), "")
        })
        .await
    }

    /// Ends the domain; `false` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_domain(&self, actor: &str, now: UnixSeconds) -> Result<bool> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            let Some(domain) = find(c, FIND, [], map)? else { return Ok(false) };
            run(c, REMOVE, [])?;
            let subject = format!("domain:{}", domain.name);
            audit::record(c, now, &actor, "domain.remove", &subject, "")?;
            Ok(true)
        })
        .await
    }

    /// The domain, for whoever may ask DNS about it now: one of several nodes or clicks. `is_due`: only if its time has come.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_domain_check(
        &self,
        is_due: bool,
        now: UnixSeconds,
    ) -> Result<Option<Domain>> {
        let before = move |pause: u64| [seconds(now), seconds(now.saturating_sub(pause))];
        self.write(move |c| {
            let claimed = match is_due {
                true => run(c, CLAIM_DUE, before(LOST))?,
                false => run(c, CLAIM, before(PAUSE))?,
            };
            if claimed == 0 { Ok(None) } else { find(c, FIND, [], map) }
        })
        .await
    }

    /// Notes what DNS said of the domain that was asked about. `fresh` is the token from here on if the domain ends by that; `mail`
    /// tells the admins. The domain as it is now; `None` when it is another one meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_domain_check(
        &self,
        asked: &Domain,
        check: DomainCheck,
        fresh: String,
        mail: DomainMail,
        now: UnixSeconds,
    ) -> Result<Option<Domain>> {
        let (name, token) = (asked.name.clone(), asked.token.clone());
        self.write(move |c| {
            let is_same = |d: &Domain| d.name == name && d.token == token;
            let Some(before) = find(c, FIND, [], map)?.filter(is_same) else { return Ok(None) };
            let (after, events) = judged(before, check.clone(), &fresh, now);
            save(c, &after)?;
            let subject = format!("domain:{}", after.name);
            for event in events {
                audit::record(c, now, "portal", event.action(), &subject, &findings(&after))?;
                let until = match event {
                    Event::Failing => after.failing_since.map(|since| since + GRACE),
                    Event::Ended => None,
                    Event::Verified | Event::WellAgain => continue,
                };
                let notice = DomainNotice { name: after.name.clone(), until };
                for admin in user::active_admins(c)? {
                    job::enqueue(c, &mail(admin, &notice, now), now)?;
                }
            }
            Ok(Some(after))
        })
        .await
    }

    /// Lets links begin with the domain, or no longer; `false` when it is not as far, or another one meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_domain(
        &self,
        name: &str,
        is_used: bool,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let (name, actor) = (name.to_owned(), actor.to_owned());
        let (sql, action) = if is_used { (USE, "domain.use") } else { (LEAVE, "domain.leave") };
        self.write_once(move |c| {
            let changed = run(c, sql, [&name])? == 1;
            if changed {
                audit::record(c, now, &actor, action, &format!("domain:{name}"), "")?;
            }
            Ok(changed)
        })
        .await
    }
}

/// What a check changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Verified,
    Failing,
    WellAgain,
    Ended,
}

impl Event {
    fn action(self) -> &'static str {
        match self {
            Self::Verified => "domain.verified",
            Self::Failing => "domain.failing",
            Self::WellAgain => "domain.well-again",
            Self::Ended => "domain.ended",
        }
    }
}

/// The domain after a check, and what to tell of it.
fn judged(
    before: Domain,
    check: DomainCheck,
    fresh: &str,
    now: UnixSeconds,
) -> (Domain, Vec<Event>) {
    let (is_right, says_nothing) = (check.is_right(), check.says_nothing());
    let mut after = Domain { checked_at: Some(now), check, ..before };
    let mut events = Vec::new();
    match after.state {
        DomainState::Asked if is_right => {
            (after.state, after.check_at) = (DomainState::Verified, Some(now + DAY));
            events.push(Event::Verified);
        }
        DomainState::Asked => after.check_at = next_look(after.set_at, now),
        _ if is_right => {
            after.check_at = Some(now + DAY);
            after.failing_since = None;
            if after.warned_at.take().is_some() {
                events.push(Event::WellAgain);
            }
        }
        _ if says_nothing => after.check_at = Some(now + HOUR),
        _ => {
            let since = *after.failing_since.get_or_insert(now);
            after.check_at = Some(now + HOUR);
            if now >= since + GRACE {
                after.state = DomainState::Asked;
                // Who has the name by now, and read the old one in DNS, does not have it back.
                after.token = fresh.to_owned();
                (after.set_at, after.check_at) = (now, Some(now + SOON));
                (after.failing_since, after.warned_at) = (None, None);
                events.push(Event::Ended);
            } else if now >= since + WARN_AFTER && after.warned_at.is_none() {
                after.warned_at = Some(now);
                events.push(Event::Failing);
            }
        }
    }
    (after, events)
}

/// When records that are not there yet are looked for again.
fn next_look(set_at: UnixSeconds, now: UnixSeconds) -> Option<UnixSeconds> {
    match now.saturating_sub(set_at) {
        age if age < HOUR => Some(now + SOON),
        age if age < LOOKED_FOR => Some(now + LATER),
        _ => None,
    }
}

fn findings(domain: &Domain) -> String {
    let [pointer, proof] = domain.check.both();
    format!("pointer {}, proof {}", pointer.as_str(), proof.as_str())
}

fn save(c: &Connection, domain: &Domain) -> Result<()> {
    let Domain { state, token, set_at, check_at, checked_at, check, .. } = domain;
    let cut = |seen: &SeenRecord| seen.seen.chars().take(LONGEST_SEEN).collect::<String>();
    let values = (
        state.as_str(),
        token,
        seconds(*set_at),
        optional_seconds(*check_at),
        optional_seconds(*checked_at),
        check.pointer.finding.as_str(),
        cut(&check.pointer),
        check.proof.finding.as_str(),
        cut(&check.proof),
        optional_seconds(domain.failing_since),
        optional_seconds(domain.warned_at),
    );
    run(c, NOTE, values).map(|_| ())
}

fn map(row: &mut Columns<'_>) -> Result<Domain> {
    Ok(Domain {
        name: row.text()?,
        token: row.text()?,
        state: row.parsed("state of a domain")?,
        set_at: row.time()?,
        check_at: row.optional_time()?,
        checked_at: row.optional_time()?,
        check: DomainCheck { pointer: seen(row)?, proof: seen(row)? },
        failing_since: row.optional_time()?,
        warned_at: row.optional_time()?,
    })
}

fn seen(row: &mut Columns<'_>) -> Result<SeenRecord> {
    Ok(SeenRecord { finding: row.parsed("finding of a record")?, seen: row.text()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000;

    fn check(pointer: Finding, proof: Finding) -> DomainCheck {
        DomainCheck { pointer: SeenRecord::plain(pointer), proof: SeenRecord::plain(proof) }
    }

    fn domain(state: DomainState) -> Domain {
        Domain {
            name: "licenses.acme.example".into(),
            token: "old".into(),
            state,
            set_at: NOW,
            check_at: Some(NOW),
            checked_at: None,
            check: check(Finding::Unknown, Finding::Unknown),
            failing_since: None,
            warned_at: None,
        }
    }

    #[test]
    fn a_domain_needs_both_records() {
        for (pointer, proof) in [
            (Finding::Right, Finding::NoName),
            (Finding::NoRecord, Finding::Right),
            (Finding::Right, Finding::Silent),
            (Finding::Right, Finding::Unknown),
        ] {
            let (after, events) =
                judged(domain(DomainState::Asked), check(pointer, proof), "new", NOW);
            assert!(!after.is_answered() && events.is_empty(), "{pointer:?} {proof:?}");
        }
        let right = check(Finding::Right, Finding::Right);
        let (after, events) = judged(domain(DomainState::Asked), right, "new", NOW);
        assert!(after.is_answered() && !after.is_in_links());
        assert_eq!((events, after.check_at), (vec![Event::Verified], Some(NOW + DAY)));
    }

    #[test]
    fn what_is_not_there_yet_is_looked_for_less_and_less_and_then_by_hand_alone() {
        let missing = || check(Finding::NoName, Finding::NoName);
        let mut looked = domain(DomainState::Asked);
        let mut count = 0;
        while let Some(at) = looked.check_at {
            looked = judged(looked, missing(), "new", at).0;
            count += 1;
            assert!(count < 400, "without an end");
        }
        assert!(count > 100, "{count}");
        assert_eq!(next_look(NOW, NOW + LOOKED_FOR), None);
    }

    #[test]
    fn records_that_vanish_are_warned_about_and_end_the_domain_after_a_week() {
        let gone = || check(Finding::NoRecord, Finding::Right);
        let (first, events) = judged(domain(DomainState::Used), gone(), "new", NOW);
        assert!(events.is_empty() && first.is_in_links(), "one answer alone ends nothing");
        let (second, events) = judged(first, gone(), "new", NOW + HOUR);
        assert_eq!(events, [Event::Failing]);
        assert!(second.is_answered() && !second.is_in_links());
        let (third, events) = judged(second.clone(), gone(), "new", NOW + 2 * HOUR);
        assert!(events.is_empty() && third.is_answered(), "it is said once");
        let right = check(Finding::Right, Finding::Right);
        let (again, events) = judged(third.clone(), right, "new", NOW + 3 * HOUR);
        assert_eq!(events, [Event::WellAgain]);
        assert!(again.is_in_links() && again.failing_since.is_none());
        let (ended, events) = judged(third, gone(), "new", NOW + GRACE);
        assert_eq!(events, [Event::Ended]);
        assert!(!ended.is_answered());
        assert_eq!(ended.token, "new", "what stands in DNS is worth nothing any more");
    }

    #[test]
    fn a_resolver_that_does_not_answer_ends_nothing() {
        let mut used = domain(DomainState::Used);
        for hour in 0..24 * 30 {
            let silent = check(Finding::Silent, Finding::Right);
            let (after, events) = judged(used, silent, "new", NOW + hour * HOUR);
            assert!(events.is_empty() && after.is_in_links());
            used = after;
        }
    }
}
