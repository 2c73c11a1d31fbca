//! What happened on each day, as numbers.

use std::str::FromStr;

use crate::engine::Connection;
use countersign_core::UnixSeconds;

use crate::error::{Result, StoreError};
use crate::row::{Columns, seconds};
use crate::{Store, list, run};

const ADD: &str = "INSERT INTO daily_count (day, kind, detail, count) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (day, kind, detail) DO UPDATE SET count = daily_count.count + excluded.count";
const OF_DAYS: &str = "SELECT day, kind, detail, count FROM daily_count WHERE day >= ?1 AND day < ?2 ORDER BY day, kind, detail";

const DAY: u64 = 86_400;

/// How often something happened on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyCount {
    /// The day, counted since 1970, in UTC.
    pub day: u64,
    /// What happened.
    pub kind: CountKind,
    /// The code of a refusal; empty for everything else.
    pub detail: String,
    /// How often.
    pub count: u64,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CountKind {
    /// A machine took a further seat.
    Activation,
    /// A grant that a support desk had signed was taken in.
    Merged,
    /// A machine that had a seat got a fresh response: renewed, or reinstalled.
    Renewal,
    /// A machine gave its seat back.
    Deactivation,
    /// A seat was released without the machine.
    Release,
    /// A trial began.
    Trial,
    /// Of the trials that began on the day: those whose machine got a license of the product later.
    TrialConverted,
    /// A license was created.
    License,
    /// A request was refused, with the code as detail.
    Refused,
}

impl CountKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Activation,
        Self::Merged,
        Self::Renewal,
        Self::Deactivation,
        Self::Release,
        Self::Trial,
        Self::TrialConverted,
        Self::License,
        Self::Refused,
    ];

    /// As text, in the database and in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Merged => "merged",
            Self::Renewal => "renewal",
            Self::Deactivation => "deactivation",
            Self::Release => "release",
            Self::Trial => "trial",
            Self::TrialConverted => "trial-converted",
            Self::License => "license",
            Self::Refused => "refused",
        }
    }

    /// What an action of the audit log counts as.
    pub(crate) fn of_action(action: &str) -> Option<Self> {
        Some(match action {
            "activation.create" | "activation.after-release" => Self::Activation,
            "activation.merge" | "activation.recognise" => Self::Merged,
            "activation.renew" | "activation.reinstall" | "activation.again" => Self::Renewal,
            "activation.deactivate" | "activation.merge-receipt" => Self::Deactivation,
            "activation.release" => Self::Release,
            "trial.start" => Self::Trial,
            "license.create" => Self::License,
            _ => return None,
        })
    }
}

impl FromStr for CountKind {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or(StoreError::Malformed("kind of a count"))
    }
}

/// The day of a time.
pub(crate) fn day(at: UnixSeconds) -> u64 {
    at / DAY
}

impl Store {
    /// What was counted on the days from the first one up to, and without, the second one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn daily_counts(&self, from: u64, until: u64) -> Result<Vec<DailyCount>> {
        self.read(|c| list(c, OF_DAYS, (seconds(from), seconds(until)), map))
    }

    /// Adds to what was counted.
    ///
    /// # Errors
    /// When the database fails: nothing is added then.
    pub async fn add_daily_counts(&self, counts: Vec<DailyCount>) -> Result<()> {
        self.write(move |c| counts.iter().try_for_each(|count| add(c, count))).await
    }
}

pub(crate) fn add(c: &Connection, count: &DailyCount) -> Result<()> {
    let DailyCount { day, kind, detail, count } = count;
    run(c, ADD, (seconds(*day), kind.as_str(), detail, seconds(*count))).map(drop)
}

fn map(row: &mut Columns<'_>) -> Result<DailyCount> {
    Ok(DailyCount {
        day: row.time()?,
        kind: row.parsed("kind of a count")?,
        detail: row.text()?,
        count: row.time()?,
    })
}
