//! Numbers that were passed over: each is missing until an entry with it turns up somewhere else.

use std::collections::BTreeMap;

/// Ranges of numbers, each with the line before which it is missing.
#[derive(Debug, Default)]
pub(crate) struct Gaps(BTreeMap<u64, Gap>);

#[derive(Debug, Clone, Copy)]
struct Gap {
    last: u64,
    line: u64,
}

impl Gaps {
    /// `first` to `last` are missing before this line.
    pub(crate) fn open(&mut self, first: u64, last: u64, line: u64) {
        self.0.insert(first, Gap { last, line });
    }

    /// Whether the number was missing; it is not any more.
    pub(crate) fn fill(&mut self, n: u64) -> bool {
        let Some((&first, &gap)) = self.0.range(..=n).next_back().filter(|(_, g)| g.last >= n)
        else {
            return false;
        };
        self.0.remove(&first);
        if first < n {
            self.0.insert(first, Gap { last: n - 1, line: gap.line });
        }
        if n < gap.last {
            self.0.insert(n + 1, gap);
        }
        true
    }

    /// Whether the number is missing.
    pub(crate) fn has(&self, n: u64) -> bool {
        self.0.range(..=n).next_back().is_some_and(|(_, gap)| gap.last >= n)
    }

    /// First, last, and the line before which they are missing.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u64, u64, u64)> {
        self.0.iter().map(|(first, gap)| (*first, gap.last, gap.line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_filled_from_any_side() {
        let mut gaps = Gaps::default();
        gaps.open(3, 6, 3);
        assert!(gaps.has(3) && gaps.has(6) && !gaps.has(2) && !gaps.has(7));
        assert!(gaps.fill(4) && !gaps.fill(4) && !gaps.fill(9));
        assert_eq!(gaps.all().collect::<Vec<_>>(), [(3, 3, 3), (5, 6, 3)]);
        assert!(gaps.fill(6) && gaps.fill(5) && gaps.fill(3));
        assert_eq!(gaps.all().count(), 0);
    }
}
