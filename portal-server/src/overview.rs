//! The numbers that a vendor looks at each morning. Days are those of UTC. What is counted comes from `daily_count`, so a page
//! reads some thousand rows whatever number of activations there is; what is to be seen coming is read through indexes, and
//! kept for some seconds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_core::UnixSeconds;
use countersign_store::{CountKind, DailyCount, License, Result};

use crate::app::App;

/// Seconds of a day.
pub const DAY: u64 = 86_400;
/// Weeks of which the ends of licenses are told.
pub const WEEKS: u64 = 13;
/// How old what is to be seen coming may be, in seconds.
const FRESH_SECONDS: u64 = 15;

/// Over how many days the numbers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// A month.
    Days30,
    /// A quarter.
    Days90,
}

impl Span {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Days30, Self::Days90];

    /// The one with so many days; otherwise the shorter one.
    pub fn of(days: &str) -> Self {
        if days == "90" { Self::Days90 } else { Self::Days30 }
    }

    /// How many days.
    pub fn days(self) -> u64 {
        match self {
            Self::Days30 => 30,
            Self::Days90 => 90,
        }
    }
}

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Machines that took a seat, those that support desks answered among them.
    Activations,
    /// Seats that were given back, or released without the machine.
    Deactivations,
    /// Trials that began.
    Trials,
    /// Trials of the day whose machine got a license later.
    Converted,
    /// Licenses that were created.
    Licenses,
    /// Requests that were refused.
    Refused,
}

impl Figure {
    /// Those of the table.
    pub const OF_TABLE: [Self; 5] =
        [Self::Activations, Self::Deactivations, Self::Trials, Self::Licenses, Self::Refused];

    /// Its name: words for it begin so.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activations => "activations",
            Self::Deactivations => "deactivations",
            Self::Trials => "trials",
            Self::Converted => "converted",
            Self::Licenses => "licenses",
            Self::Refused => "refused",
        }
    }

    fn kinds(self) -> &'static [CountKind] {
        match self {
            Self::Activations => &[CountKind::Activation, CountKind::Merged],
            Self::Deactivations => &[CountKind::Deactivation, CountKind::Release],
            Self::Trials => &[CountKind::Trial],
            Self::Converted => &[CountKind::TrialConverted],
            Self::Licenses => &[CountKind::License],
            Self::Refused => &[CountKind::Refused],
        }
    }
}

/// A number with that of the same time before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// In this period.
    pub now: u64,
    /// In the one before, which was as long.
    pub before: u64,
}

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The day that is under way, counted since 1970.
    pub today: u64,
    counts: BTreeMap<(u64, CountKind), u64>,
    refused: BTreeMap<(u64, String), u64>,
}

impl Numbers {
    /// Sorted for a day that is under way.
    pub fn of(today: u64, counts: impl IntoIterator<Item = DailyCount>) -> Self {
        let mut numbers = Self { today, ..Self::default() };
        for DailyCount { day, kind, detail, count } in counts {
            *numbers.counts.entry((day, kind)).or_default() += count;
            if kind == CountKind::Refused {
                *numbers.refused.entry((day, detail)).or_default() += count;
            }
        }
        numbers
    }

    /// Of one day.
    pub fn on(&self, figure: Figure, day: u64) -> u64 {
        let of = |kind: &CountKind| self.counts.get(&(day, *kind)).copied().unwrap_or(0);
        figure.kinds().iter().map(of).sum()
    }

    /// The last so many days, today among them, oldest first.
    pub fn days(&self, days: u64) -> impl Iterator<Item = u64> + use<> {
        let next = self.today + 1;
        next.saturating_sub(days)..next
    }

    /// Of the last so many days, today among them, with as many before.
    pub fn change(&self, figure: Figure, days: u64) -> Change {
        let sum = |from: u64, until: u64| (from..until).map(|day| self.on(figure, day)).sum();
        let next = self.today + 1;
        let first = next.saturating_sub(days);
        Change { now: sum(first, next), before: sum(first.saturating_sub(days), first) }
    }

    /// Refused requests of the last 30 days by code, the most first, each with how many of them were in the last 7.
    pub fn refused_by_code(&self) -> Vec<(String, u64, u64)> {
        let mut codes: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        let next = self.today + 1;
        for ((day, code), count) in &self.refused {
            if *day < next && *day + 30 >= next {
                let sums = codes.entry(code).or_default();
                sums.0 += count;
                sums.1 += if *day + 7 >= next { *count } else { 0 };
            }
        }
        let mut all: Vec<_> =
            codes.into_iter().map(|(code, (month, week))| (code.to_owned(), month, week)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all
    }
}

/// What is to be seen coming.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlook {
    /// The time from which the weeks count.
    pub at: UnixSeconds,
    /// Licenses that end in each of the next weeks.
    pub ending: Vec<u64>,
    /// Licenses of several machines without a free seat.
    pub full: Vec<License>,
}

/// The outlook as it was a moment ago.
#[derive(Debug, Default)]
pub(crate) struct OutlookAtHand(Mutex<Option<Arc<Outlook>>>);

impl OutlookAtHand {
    async fn get(&self, app: &App) -> Result<Arc<Outlook>> {
        let now = app.now();
        let at_hand = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(outlook) = at_hand.filter(|outlook| now.abs_diff(outlook.at) < FRESH_SECONDS) {
            return Ok(outlook);
        }
        let store = app.store();
        let outlook = Arc::new(Outlook {
            at: now,
            ending: store.ending_by_week(WEEKS, now).await?,
            full: store.full_licenses().await?,
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&outlook));
        Ok(outlook)
    }
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// What was counted.
    pub numbers: Numbers,
    /// What is to be seen coming.
    pub outlook: Arc<Outlook>,
    /// Entries of the audit log that are not counted yet: some seconds' worth, or all that there was before an upgrade.
    pub uncounted: u64,
}

/// The numbers as they are now.
///
/// # Errors
/// When the database fails.
pub async fn look(app: &App) -> Result<Overview> {
    let today = app.now() / DAY;
    let first = (today + 1).saturating_sub(2 * Span::Days90.days());
    let counts = app.store().daily_counts(first, today + 1).await?;
    Ok(Overview {
        numbers: Numbers::of(today, counts),
        outlook: app.outlook().get(app).await?,
        uncounted: app.store().uncounted().await?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(day: u64, kind: CountKind, detail: &str, count: u64) -> DailyCount {
        DailyCount { day, kind, detail: detail.to_owned(), count }
    }

    #[test]
    fn a_period_has_today_in_it_and_is_compared_with_one_as_long() {
        let days = (1..=40).map(|back| count(100 - back + 1, CountKind::Trial, "", back));
        let numbers = Numbers::of(100, days);
        assert_eq!(numbers.change(Figure::Trials, 1), Change { now: 1, before: 2 });
        let week: u64 = (1..=7).sum();
        assert_eq!(numbers.change(Figure::Trials, 7), Change { now: week, before: (8..=14).sum() });
        assert_eq!(numbers.days(3).collect::<Vec<_>>(), [98, 99, 100]);
    }

    #[test]
    fn refusals_are_told_by_their_reason_the_most_frequent_first() {
        let numbers = Numbers::of(
            100,
            [
                count(100, CountKind::Refused, "a", 1),
                count(94, CountKind::Refused, "a", 2),
                count(93, CountKind::Refused, "b", 9),
                count(71, CountKind::Refused, "a", 3),
                count(70, CountKind::Refused, "c", 100),
            ],
        );
        let all = numbers.refused_by_code();
        assert_eq!(all, [("b".into(), 9, 0), ("a".into(), 6, 3)]);
        assert_eq!(numbers.on(Figure::Refused, 93), 9);
    }

    #[test]
    fn the_first_days_since_1970_have_no_days_before_them() {
        let numbers = Numbers::of(3, [count(0, CountKind::License, "", 5)]);
        assert_eq!(numbers.change(Figure::Licenses, 30), Change { now: 5, before: 0 });
        assert_eq!(numbers.days(30).count(), 4);
    }
}
