//! What the vendor sets, in the database: read there again every few seconds, so that a change reaches every process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::bail;
use countersign_core::UnixSeconds;
use countersign_core::trial::MOST_WORK_BITS;
use countersign_store::{
    ExtensionLimits, Result, SUPPORT_RELEASES_PER_DAY, SUPPORT_RELEASES_PER_YEAR, Store,
};

use crate::fields::Field;

const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;
/// More releases than this are no quota, a longer cool-down than a year is none.
pub(crate) const MOST_RELEASES: u64 = 1000;
pub(crate) const LONGEST_COOL_DOWN: u64 = 365 * DAY;
/// More trials a day than this are no cap.
pub(crate) const MOST_TRIALS: u64 = 1_000_000;
/// More extensions of one trial than this are no limit.
pub(crate) const MOST_EXTENSIONS: u64 = 1_000;
/// The most origins of trial pages: each of their requests is compared with all of them.
const MOST_ORIGINS: usize = 100;
/// How old what is at hand may be.
const FRESH_SECONDS: u64 = 2;

const RESPONSE_VALIDITY_CAP: &str = "response_validity_cap_days";
const RELEASES_PER_YEAR: &str = "releases_per_year";
const RELEASE_COOL_DOWN: &str = "release_cool_down_seconds";
const STAFF_SECOND_FACTOR: &str = "staff_second_factor";
const TRIAL_ORIGINS: &str = "trial_origins";
const TRIAL_WORK_BITS: &str = "trial_work_bits";
const TRIALS_PER_DAY: &str = "trials_per_day";
const TRIAL_EXTENSIONS: &str = "trial_extensions";
const TRIAL_EXTENSION_DAYS: &str = "trial_extension_days";

/// The vendor's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The longest time in days within which any response may be installed, whatever a license says.
    pub response_validity_cap_days: u64,
    /// How many seats of one license its owner may release without proof within 365 days.
    pub releases_per_year: u64,
    /// Seconds from one such release of a license to the next.
    pub release_cool_down_seconds: u64,
    /// How many seats of one license may be released within 365 days so that support releases one more.
    pub support_releases_per_year: u64,
    /// How many seats one person of support releases within 24 hours.
    pub support_releases_per_day: u64,
    /// Whether the vendor's people and resellers set a second factor up before anything else.
    pub staff_second_factor: bool,
    /// Origins of trial pages that may post here, e.g. `https://acme.github.io`; `*` is every page there is.
    pub trial_origins: Vec<String>,
    /// How much work whoever is not logged in does before a trial starts, in leading zero bits of a hash; 0: none.
    pub trial_work_bits: u32,
    /// How many trials of all products together may start in a day of UTC; `None`: any number.
    pub trials_per_day: Option<u64>,
    /// How often one trial may be extended, unless an admin means to go beyond.
    pub trial_extensions: u64,
    /// By how many days in all.
    pub trial_extension_days: u64,
}

impl Settings {
    fn from_stored(stored: &BTreeMap<String, String>) -> Self {
        let number = |name: &str| stored.get(name).and_then(|number| number.parse::<u64>().ok());
        let origins = stored.get(TRIAL_ORIGINS).map(String::as_str).unwrap_or_default();
        Self {
            response_validity_cap_days: number(RESPONSE_VALIDITY_CAP).unwrap_or(365),
            releases_per_year: number(RELEASES_PER_YEAR).unwrap_or(2),
            release_cool_down_seconds: number(RELEASE_COOL_DOWN).unwrap_or(DAY),
            support_releases_per_year: number(SUPPORT_RELEASES_PER_YEAR.0)
                .unwrap_or(SUPPORT_RELEASES_PER_YEAR.1),
            support_releases_per_day: number(SUPPORT_RELEASES_PER_DAY.0)
                .unwrap_or(SUPPORT_RELEASES_PER_DAY.1),
            staff_second_factor: stored.get(STAFF_SECOND_FACTOR).is_some_and(|rule| rule == "on"),
            trial_origins: origins.lines().map(str::to_owned).collect(),
            trial_work_bits: number(TRIAL_WORK_BITS)
                .and_then(|bits| u32::try_from(bits).ok())
                .map_or(0, |bits| bits.min(MOST_WORK_BITS)),
            trials_per_day: number(TRIALS_PER_DAY),
            trial_extensions: number(TRIAL_EXTENSIONS).unwrap_or(1),
            trial_extension_days: number(TRIAL_EXTENSION_DAYS).unwrap_or(14),
        }
    }

    /// Stores them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save(&self, store: &Store, actor: &str, now: UnixSeconds) -> Result<()> {
        let values = [
            (RESPONSE_VALIDITY_CAP, self.response_validity_cap_days.to_string()),
            (RELEASES_PER_YEAR, self.releases_per_year.to_string()),
            (RELEASE_COOL_DOWN, self.release_cool_down_seconds.to_string()),
            (SUPPORT_RELEASES_PER_YEAR.0, self.support_releases_per_year.to_string()),
            (SUPPORT_RELEASES_PER_DAY.0, self.support_releases_per_day.to_string()),
            (STAFF_SECOND_FACTOR, if self.staff_second_factor { "on" } else { "off" }.to_owned()),
            (TRIAL_ORIGINS, self.trial_origins.join("\n")),
            (TRIAL_WORK_BITS, self.trial_work_bits.to_string()),
            (TRIALS_PER_DAY, self.trials_per_day.map_or(String::new(), |most| most.to_string())),
            (TRIAL_EXTENSIONS, self.trial_extensions.to_string()),
            (TRIAL_EXTENSION_DAYS, self.trial_extension_days.to_string()),
        ];
        let values = values.map(|(name, value)| (name.to_owned(), value));
        store.set_settings(values.into(), actor, now).await
    }

    /// Seconds within which a response must be installed, when `asked` is what a license says.
    pub fn response_validity(&self, asked: u64) -> u64 {
        asked.min(self.response_validity_cap_days.max(1) * DAY)
    }

    /// How far one trial may be extended, unless an admin means to go beyond.
    pub fn extension_limits(&self) -> ExtensionLimits {
        ExtensionLimits { times: self.trial_extensions, days: self.trial_extension_days }
    }

    /// The cool-down of releases, as forms take it.
    pub fn release_cool_down_hours(&self) -> u64 {
        self.release_cool_down_seconds.div_ceil(HOUR)
    }

    /// Whether a page of this origin may post trial requests.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.trial_origins.iter().any(|allowed| allowed == "*" || allowed == origin)
    }
}

/// Origins as they are typed, one a line: `scheme://host[:port]`, or `*`.
///
/// # Errors
/// When a line is none, is too long, or there are too many.
pub fn parse_origins<'a>(lines: impl Iterator<Item = &'a str>) -> anyhow::Result<Vec<String>> {
    let mut origins = Vec::new();
    for line in lines.map(|line| line.trim().trim_end_matches('/')).filter(|l| !l.is_empty()) {
        let host = line.strip_prefix("https://").or_else(|| line.strip_prefix("http://"));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if line != "*" && !host.is_some_and(|host| !host.is_empty() && host.chars().all(plain)) {
            bail!("an origin is written https://host, without a path, not {line:?}");
        }
        origins.push(Field::TrialOrigin.check(line)?.to_ascii_lowercase());
        if origins.len() > MOST_ORIGINS {
            bail!("at most {MOST_ORIGINS} origins can be set");
        }
    }
    Ok(origins)
}

/// The settings as they were at most [`FRESH_SECONDS`] ago.
#[derive(Debug, Default)]
pub(crate) struct SettingsAtHand {
    read: Mutex<Option<(UnixSeconds, Arc<Settings>)>>,
}

impl SettingsAtHand {
    pub(crate) async fn get(&self, store: &Store, now: UnixSeconds) -> Result<Arc<Settings>> {
        let at_hand = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, settings)) = at_hand
            && now.abs_diff(at) < FRESH_SECONDS
        {
            return Ok(settings);
        }
        let settings = Arc::new(Settings::from_stored(&store.settings().await?));
        let read = Some((now, Arc::clone(&settings)));
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(settings)
    }

    /// Reads them anew the next time.
    pub(crate) fn forget(&self) {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_have_no_path_and_no_surprises() {
        let lines = "https://acme.github.io/\n\n http://127.0.0.1:8000 \nHTTPS://x";
        assert!(parse_origins(lines.lines()).is_err(), "an upper-case scheme is no origin");
        let origins =
            parse_origins("https://Acme.github.io/\n\n http://[::1]:80 ".lines()).unwrap();
        assert_eq!(origins, ["https://acme.github.io", "http://[::1]:80"]);
        for wrong in ["acme.github.io", "https://", "https://a/b", "https://a b", "null", "ftp://a"]
        {
            assert!(parse_origins([wrong].into_iter()).is_err(), "{wrong}");
        }
    }
}
