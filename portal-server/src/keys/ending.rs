//! When the portal can sign no more, and when it is time to say so.

use countersign_core::UnixSeconds;
use countersign_store::KeyNotice;

use super::Keys;

const DAY: u64 = 86_400;
/// The first warning comes six weeks before the end: longer than a holiday of whoever keeps the root, so that it need not be
/// fetched in haste.
const WARNED_BEFORE: u64 = 42 * DAY;
/// Of a short delegation at most this part is warned about: who renews every month must not read warnings all the time.
const PART: u64 = 3;
/// Further warnings, this long before the end; the last one when it has come.
const STEPS: [u64; 5] = [14 * DAY, 7 * DAY, 3 * DAY, DAY, 0];

/// How near the end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// The end.
    pub(crate) until: UnixSeconds,
    /// Seconds until then; 0 when it has come.
    pub(crate) left: u64,
    /// The warning that is due, in seconds before the end; `None` while there is none.
    pub(crate) step: Option<u64>,
}

/// How near the end of the keys in use is.
pub(crate) fn ending(keys: &Keys, now: UnixSeconds) -> Ending {
    let delegation = &keys.papers.delegation;
    let length = delegation.not_after.saturating_sub(delegation.not_before);
    Ending::of(keys.until(), length, now)
}

impl Ending {
    fn of(until: UnixSeconds, length: u64, now: UnixSeconds) -> Self {
        let left = until.saturating_sub(now);
        let first = WARNED_BEFORE.min(length / PART);
        let later = STEPS.into_iter().filter(|step| *step < first);
        let step = [first].into_iter().chain(later).filter(|step| left <= *step).min();
        Self { until, left, step }
    }

    /// Whole days until the end.
    pub(crate) fn days(&self) -> u64 {
        self.left / DAY
    }

    /// Whether it has come.
    pub(crate) fn is_over(&self) -> bool {
        self.left == 0
    }

    /// The warning that is due, as the database notes it.
    pub(crate) fn notice(&self, keys: &Keys) -> Option<KeyNotice> {
        let signing_key = keys.signing.kid().to_string();
        self.step.map(|step| KeyNotice { signing_key, until: self.until, step })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_come_weeks_before_the_end_and_more_often_towards_it() {
        let step = |days: u64| Ending::of(1000 * DAY, 732 * DAY, (1000 - days) * DAY).step;
        let steps = [43, 42, 15, 14, 7, 6, 3, 2, 1, 0].map(step);
        let days = |days: u64| Some(days * DAY);
        let expected = [
            None,
            days(42),
            days(42),
            days(14),
            days(7),
            days(7),
            days(3),
            days(3),
            days(1),
            days(0),
        ];
        assert_eq!(steps, expected);
        let over = Ending::of(1000 * DAY, 732 * DAY, 1001 * DAY);
        assert_eq!((over.step, over.left, over.is_over()), (Some(0), 0, true));
        let last_second = Ending::of(1000 * DAY, 732 * DAY, 1000 * DAY - 1);
        assert_eq!((last_second.step, last_second.is_over()), (Some(DAY), false));
    }

    #[test]
    fn a_short_delegation_is_warned_about_in_its_last_third() {
        let step = |hours: u64| Ending::of(30 * DAY, 30 * DAY, 30 * DAY - hours * 3600).step;
        assert_eq!(step(241), None);
        assert_eq!([240, 169, 168, 72].map(step), [10, 10, 7, 3].map(|days| Some(days * DAY)));
        let hour = |left: u64| Ending::of(3600, 3600, 3600 - left).step;
        assert_eq!([1201, 1200, 1, 0].map(hour), [None, Some(1200), Some(1200), Some(0)]);
    }
}
