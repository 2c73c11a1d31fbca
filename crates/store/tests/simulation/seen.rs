//! What came up in a run: a simulation that never refuses shows nothing.

use std::collections::BTreeMap;

/// How often which answer came.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen(BTreeMap<String, u64>);

impl Seen {
    /// Counts an answer by its name alone.
    pub(crate) fn note(&mut self, of: &str, answer: &impl std::fmt::Debug) {
        let answer = format!("{answer:?}");
        let name = answer.split(['(', '{', ' ']).next().unwrap_or_default();
        *self.0.entry(format!("{of}: {name}")).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(name, count)| *self.0.entry(name.clone()).or_default() += count);
    }

    pub(crate) fn assert_that_everything_came_up(&self) {
        let needed = [
            "activate: Done Repeated NotTheirs Suspended Revoked Expired SeatsUsedUp GroupSeatsUsedUp ReinstallsUsedUp Stale",
            "deactivate: Done Repeated Unknown OtherDevice Replaced UsedUp",
            "release: Done Unknown NotTheirs HoldsNoSeat YearUsedUp DayUsedUp TooSoon",
            "renew: Done Repeated NotTheirs Stale",
            "change: Done Stale BelowUse",
            "merge: Counted Receipt OtherActivation OtherDevice Trial TrialAgain",
            "trial: Trial Repeated Used",
            "extend: Some None",
            "link: Ok Err",
            "push: again DoesNotFollow",
            "license: over came-back revived",
        ];
        for line in needed {
            let (of, names) = line.split_once(": ").unwrap();
            for name in names.split(' ') {
                assert!(self.0.contains_key(&format!("{of}: {name}")), "{of} never came to {name}");
            }
        }
    }
}
