//! When a delivery that did not arrive is tried again: soon at first, then ever later, for somewhat more than three days. A
//! receiver may ask for more time (`Retry-After`), not for less, and not for so much that nothing is ever told.

use std::time::UNIX_EPOCH;

use countersign_core::UnixSeconds;
use rand_core::Rng as _;

use crate::clock::Rng;

/// Seconds before each further try.
const WAITS: [u64; 11] =
    [10, 60, 300, 1800, 2 * HOUR, 6 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 18 * HOUR, 18 * HOUR];
const HOUR: u64 = 3600;
/// The longest time that a receiver may ask for at once, in seconds.
const LONGEST_ASKED: u64 = 6 * HOUR;
/// A webhook to which nothing got through for so long is disabled.
pub(super) const GIVEN_UP_AFTER: u64 = 3 * 86_400;

/// Seconds to wait after this many tries, a tenth more or less: what failed together does not come again together. `None`: it is
/// given up.
pub(super) fn wait(tries: u32, rng: &mut Rng<'_>) -> Option<u64> {
    let wait = *WAITS.get(usize::try_from(tries.max(1) - 1).ok()?)?;
    let tenth = wait / 10;
    Some(wait - tenth + rng.next_u64() % (2 * tenth + 1))
}

/// Seconds that a receiver wants to be left alone for: it says seconds, or a date. `None` where it says neither.
pub(super) fn asked(retry_after: &str, now: UnixSeconds) -> Option<u64> {
    let text = retry_after.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => u64::MAX,
        Err(_) => {
            let at = httpdate::parse_http_date(text).ok()?;
            at.duration_since(UNIX_EPOCH).ok()?.as_secs().saturating_sub(now)
        }
    };
    Some(seconds.min(LONGEST_ASKED))
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

    #[test]
    fn attack_a_receiver_that_asks_to_be_left_alone_for_ever_or_in_words_that_are_none() {
        let now = 784_111_777; // Sun, 06 Nov 1994 08:49:37 GMT
        assert_eq!(asked(" 120 ", now), Some(120));
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(60));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:00 GMT", now), Some(0));
        for ever in ["99999999999", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            assert_eq!(asked(ever, now), Some(LONGEST_ASKED), "{ever}");
        }
        for none in ["", "-1", "soon", "1.5", "12 34", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(asked(none, now), None, "{none}");
        }
    }
}
