//! Up to where a license goes in releases, as people type it.

use countersign_core::release::VersionName;
use countersign_core::{UnixSeconds, file};
use countersign_store::is_highest_version;
use time::macros::format_description;

use crate::fields::Unfit;
use crate::language::Say;

const DAY: u64 = 86_400;

/// The last second of a day that is typed as `2027-12-31`, UTC.
///
/// # Errors
/// When it is no day since 1970.
pub(crate) fn last_second(day: &str) -> Result<UnixSeconds, Unfit> {
    let form = format_description!("[year]-[month]-[day]");
    let date = time::Date::parse(day, form).ok();
    let midnight =
        date.and_then(|date| date.midnight().assume_utc().unix_timestamp().try_into().ok());
    let midnight: Option<u64> = midnight;
    midnight.map(|midnight| midnight + DAY - 1).ok_or_else(|| unfit("day-unfit", day))
}

/// The day of a time, as [`last_second`] takes it.
pub(crate) fn day(time: UnixSeconds) -> String {
    file::date(time).chars().take(10).collect()
}

/// A version that can be a limit: `2.4.1`, or `2.x` for all of 2.
///
/// # Errors
/// When it has no place in the order of versions.
pub(crate) fn highest(version: &str) -> Result<VersionName, Unfit> {
    let parsed = version.parse().ok().filter(is_highest_version);
    parsed.ok_or_else(|| unfit("version-unfit", version))
}

fn unfit(key: &str, text: &str) -> Unfit {
    let shown: String = text.chars().take(60).collect();
    Unfit(Say::new(key).with("text", shown))
}
