//! The trial policy of a product: how long its trials run, and when a machine may have another one.

use countersign_core::fingerprint::Strategy;
use countersign_core::{MAX_TIME, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::row::{Entitlements, seconds};
use crate::trial::Trial;
use crate::version::major;

const DAY: u64 = 86_400;

/// What a product's trials are. Without days and without an end there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialPolicy {
    /// How many days one runs.
    pub days: Option<u64>,
    /// Until when all of them run. Where there are days, too, what comes first counts.
    pub end: Option<UnixSeconds>,
    /// When a machine may have another one.
    pub again: TrialAgain,
    /// How a trial is bound to its machine, and how a machine that had one is recognised.
    pub strategy: Strategy,
    /// Features of a trial.
    pub entitlements: Entitlements,
}

/// When a machine that has had its trial may have another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialAgain {
    /// Never.
    Never,
    /// So many days after the last one ended, at least 1.
    AfterDays(u64),
    /// Once for each major version of the app.
    PerMajorVersion {
        /// The newest one that there is. Machines name their version themselves: a later one counts as this one.
        newest: u64,
        /// Since when that is so, where it is known. The store keeps it: what is saved here does not count.
        since: Option<UnixSeconds>,
    },
}

/// When a trial that starts now would end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialEnd {
    /// There are no trials.
    NoTrials,
    /// There were, until then.
    Over(UnixSeconds),
    /// Then.
    At(UnixSeconds),
}

/// When a machine that has had its trial may have the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextTrial {
    /// Never.
    Never,
    /// From then on.
    From(UnixSeconds),
    /// With a major version of the app later than this one.
    After(u64),
}

impl TrialPolicy {
    /// No trials; were there any, their machines would be recognised fuzzily.
    pub fn none() -> Self {
        Self {
            days: None,
            end: None,
            again: TrialAgain::Never,
            strategy: Strategy::Fuzzy,
            entitlements: Entitlements::new(),
        }
    }

    /// When a trial that starts now ends.
    pub fn end_from(&self, now: UnixSeconds) -> TrialEnd {
        let by_days = self.days.map(|days| now.saturating_add(days.saturating_mul(DAY)));
        match (by_days, self.end) {
            (_, Some(end)) if end <= now => TrialEnd::Over(end),
            (Some(by_days), end) => TrialEnd::At(end.map_or(by_days, |end| end.min(by_days))),
            (None, Some(end)) => TrialEnd::At(end),
            (None, None) => TrialEnd::NoTrials,
        }
    }

    /// How many days a trial that starts now has, the last one perhaps in part.
    pub fn days_from(&self, now: UnixSeconds) -> Option<u64> {
        match self.end_from(now) {
            TrialEnd::At(end) => Some((end - now).div_ceil(DAY)),
            TrialEnd::NoTrials | TrialEnd::Over(_) => None,
        }
    }

    /// When a machine that had these trials and names this version may have another; `None`: now.
    pub(crate) fn next(
        &self,
        had: &[Trial],
        app_version: Option<&str>,
        now: UnixSeconds,
    ) -> Option<NextTrial> {
        match self.again {
            TrialAgain::Never => Some(NextTrial::Never),
            TrialAgain::AfterDays(days) => {
                let ended = had.iter().map(Trial::last_end).max().unwrap_or(0);
                let from = ended.saturating_add(days.saturating_mul(DAY));
                match now < from {
                    false => None,
                    // Another signer gave it a trial without an end.
                    true if from > MAX_TIME => Some(NextTrial::Never),
                    true => Some(NextTrial::From(from)),
                }
            }
            TrialAgain::PerMajorVersion { newest, since } => {
                let had = had.iter().map(|trial| version_of(trial, newest, since)).max();
                let named = app_version.and_then(major).map(|named| named.min(newest));
                // A request that names none is of no new version.
                let is_new = named.is_some_and(|named| had < Some(named));
                (!is_new).then_some(NextTrial::After(had.unwrap_or(newest)))
            }
        }
    }
}

/// The major version that a trial counts for. One that names none counts for the newest that there was then.
fn version_of(trial: &Trial, newest: u64, since: Option<UnixSeconds>) -> u64 {
    match trial.app_version.as_deref().and_then(major) {
        Some(named) => named.min(newest),
        None if since.is_some_and(|since| trial.created_at < since) => newest.saturating_sub(1),
        None => newest,
    }
}

impl TrialAgain {
    /// As stored and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::AfterDays(_) => "after-days",
            Self::PerMajorVersion { .. } => "per-major-version",
        }
    }

    /// The days, or the newest major version.
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Never => None,
            Self::AfterDays(number) | Self::PerMajorVersion { newest: number, .. } => Some(number),
        }
    }

    /// The reverse of both.
    ///
    /// # Errors
    /// When there is no such rule.
    pub fn read(name: &str, number: Option<u64>) -> Result<Self> {
        match (name, number) {
            ("never", _) => Ok(Self::Never),
            ("after-days", Some(days)) if days > 0 => Ok(Self::AfterDays(days)),
            ("per-major-version", Some(newest)) => {
                Ok(Self::PerMajorVersion { newest, since: None })
            }
            _ => Err(StoreError::Malformed("trial rule")),
        }
    }

    /// As it is saved over what there was: when the newest version was raised, that is since now.
    pub(crate) fn over(self, before: Option<Self>, now: UnixSeconds) -> Self {
        let Self::PerMajorVersion { newest, .. } = self else { return self };
        let since = match before {
            Some(Self::PerMajorVersion { newest: old, since }) if old == newest => since,
            Some(Self::PerMajorVersion { newest: old, .. }) if old < newest => Some(now),
            _ => None,
        };
        Self::PerMajorVersion { newest, since }
    }

    pub(crate) fn since(self) -> Option<i64> {
        match self {
            Self::PerMajorVersion { since, .. } => since.map(seconds),
            Self::Never | Self::AfterDays(_) => None,
        }
    }
}
