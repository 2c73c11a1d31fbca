//! When a delivery that did not arrive is tried again: soon at first, then ever later, for somewhat more than three days.

use rand_core::Rng as _;

use crate::clock::Rng;

/// Seconds before each further try.
const WAITS: [u64; 11] =
    [10, 60, 300, 1800, 2 * HOUR, 6 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 18 * HOUR, 18 * HOUR];
const HOUR: u64 = 3600;
/// A webhook to which nothing got through for so long is disabled.
pub(super) const GIVEN_UP_AFTER: u64 = 3 * 86_400;

/// Seconds to wait after this many tries, a tenth more or less: what failed together does not come again together. `None`: it is
/// given up.
pub(super) fn wait(tries: u32, rng: &mut Rng<'_>) -> Option<u64> {
    let wait = *WAITS.get(usize::try_from(tries.max(1) - 1).ok()?)?;
    let tenth = wait / 10;
    Some(wait - tenth + rng.next_u64() % (2 * tenth + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Entropy;

    struct Always(u8);

    impl Entropy for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn a_delivery_is_tried_for_three_days_whatever_the_dice_say() {
        assert!(WAITS.map(|wait| wait - wait / 10).iter().sum::<u64>() > GIVEN_UP_AFTER);
        assert!(WAITS.map(|wait| wait + wait / 10).iter().sum::<u64>() < 4 * 86_400);
        for dice in [0, 1, 77, 255] {
            for (n, about) in (1..).zip(WAITS) {
                let wait = wait(n, &mut Rng(&Always(dice))).unwrap();
                assert!(wait.abs_diff(about) <= about / 10, "{n}: {wait}");
            }
            assert_eq!(wait(12, &mut Rng(&Always(dice))), None);
        }
        assert!(wait(0, &mut Rng(&Always(3))).is_some());
    }
}
