//! What was signed within the last day: for limits that a restart does not forget.

use std::collections::{BTreeMap, HashMap, VecDeque};

use countersign_core::{Hash, UnixSeconds};

/// How far back is known, in seconds.
const DAY: UnixSeconds = 86_400;
const MINUTE: UnixSeconds = 60;

/// The signatures of the last day before the newest one.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    /// In the order of the journal, which is that of time but for seconds.
    signed: VecDeque<(UnixSeconds, Hash)>,
    /// How many of them each request got.
    answers: HashMap<Hash, u64>,
    /// How many were signed in each minute.
    minutes: BTreeMap<u64, u64>,
    newest: UnixSeconds,
}

impl Recent {
    pub(crate) fn note(&mut self, at: UnixSeconds, request: Hash) {
        self.newest = self.newest.max(at);
        self.signed.push_back((at, request));
        *self.answers.entry(request).or_default() += 1;
        *self.minutes.entry(at / MINUTE).or_default() += 1;
        let oldest = self.newest.saturating_sub(DAY) / MINUTE;
        while self.minutes.first_key_value().is_some_and(|(minute, _)| *minute < oldest) {
            self.minutes.pop_first();
        }
        while let Some((at, request)) = self.signed.front().copied()
            && at.saturating_add(DAY) < self.newest
        {
            self.signed.pop_front();
            if let Some(count) = self.answers.get_mut(&request) {
                *count -= 1;
                if *count == 0 {
                    self.answers.remove(&request);
                }
            }
        }
    }

    /// How many were signed since then, rather too many than too few: whole minutes are counted.
    pub(crate) fn since(&self, from: UnixSeconds) -> u64 {
        self.minutes.range(from / MINUTE..).map(|(_, count)| count).sum()
    }

    /// How many answers a request got.
    pub(crate) fn answers(&self, request: &Hash) -> u64 {
        self.answers.get(request).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_known_and_no_more() {
        let (a, b) = (Hash::of("a"), Hash::of("b"));
        let mut recent = Recent::default();
        for (at, request) in [(1_000, a), (1_000, b), (2_000, a), (1_990, b), (5_000, a)] {
            recent.note(at, request);
        }
        assert_eq!((recent.answers(&a), recent.answers(&b)), (3, 2));
        assert_eq!((recent.since(0), recent.since(1_990), recent.since(2_041)), (5, 3, 1));
        recent.note(1_000 + DAY, a);
        assert_eq!((recent.answers(&a), recent.answers(&b)), (4, 2), "a day old is still known");
        recent.note(1_001 + DAY, b);
        assert_eq!((recent.answers(&a), recent.answers(&b)), (3, 2));
        recent.note(10 * DAY, b);
        assert_eq!((recent.answers(&a), recent.answers(&b)), (0, 1));
        assert_eq!(recent.since(0), 1);
    }
}
