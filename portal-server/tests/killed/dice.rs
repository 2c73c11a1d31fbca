//! Chance that can be repeated: the same seed throws the same numbers.

use std::time::Duration;

/// SplitMix64: a few lines that are the same on every machine and in every year.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice of their own for one part of a run, so that the parts do not depend on each other's pace.
    pub(crate) fn part(&self, number: usize) -> Self {
        let number = u64::try_from(number).unwrap() + 1;
        Self(Self(self.0 ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93)).next())
    }

    /// One of 0 to `sides` - 1.
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        let sides = u64::try_from(sides).unwrap();
        usize::try_from(self.next() % sides).unwrap()
    }

    pub(crate) fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    pub(crate) fn milliseconds(&mut self, less_than: usize) -> Duration {
        Duration::from_millis(u64::try_from(self.below(less_than)).unwrap())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
