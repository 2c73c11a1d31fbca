//! `/api/v1/settings`: what holds for the whole portal.

use countersign_core::trial::MOST_WORK_BITS;
use countersign_store::MOST_EXTENSION_DAYS;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::operation::{Answer, Call, Described, Nothing, Operation};
use super::types::Change;
use crate::app::App;
use crate::desk::Refusal;
use crate::problem::Problem;
use crate::settings::{
    LONGEST_COOL_DOWN, MOST_EXTENSIONS, MOST_RELEASES, MOST_TRIALS, Settings, parse_origins,
};

/// The vendor's settings.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Settings")]
pub(crate) struct Shown {
    /// The longest time in days within which any response may be installed.
    response_validity_cap_days: u64,
    /// How many seats of one license its owner may release without proof within 365 days.
    releases_per_year: u64,
    /// Seconds from one such release of a license to the next.
    release_cool_down_seconds: u64,
    /// How many seats of one license may be released within 365 days so that support releases one more.
    support_releases_per_year: u64,
    /// How many seats one person of support releases within 24 hours.
    support_releases_per_day: u64,
    /// Origins of trial pages that may post here.
    trial_origins: Vec<String>,
    /// How much work whoever is not logged in does before a trial starts, in bits; 0: none.
    trial_work_bits: u32,
    /// How many trials of all products together may start in a day of UTC; null: any number.
    trials_per_day: Option<u64>,
    /// Whether the vendor's people and resellers set a second factor up before anything else.
    staff_second_factor: bool,
    /// How often one trial may be extended, unless an admin means to go beyond.
    trial_extensions: u64,
    /// By how many days in all.
    trial_extension_days: u64,
}

impl From<&Settings> for Shown {
    fn from(settings: &Settings) -> Self {
        Self {
            response_validity_cap_days: settings.response_validity_cap_days,
            releases_per_year: settings.releases_per_year,
            release_cool_down_seconds: settings.release_cool_down_seconds,
            support_releases_per_year: settings.support_releases_per_year,
            support_releases_per_day: settings.support_releases_per_day,
            trial_origins: settings.trial_origins.clone(),
            trial_work_bits: settings.trial_work_bits,
            trials_per_day: settings.trials_per_day,
            staff_second_factor: settings.staff_second_factor,
            trial_extensions: settings.trial_extensions,
            trial_extension_days: settings.trial_extension_days,
        }
    }
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call| shown(call.app()).await;
    Described::get("getSettings", "Show the settings").run(run)
}

async fn shown(app: &App) -> Result<Answer<Shown>, Problem> {
    let settings = app.settings().await.map_err(Refusal::Store)?;
    Ok(Answer::shown(Shown::from(&*settings)))
}

/// What is to be changed of the settings: a member that is left out stays, null empties it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SettingsChange")]
pub(crate) struct Wanted {
    /// The longest time in days within which any response may be installed.
    #[schemars(range(min = 1, max = 3650))]
    response_validity_cap_days: Option<u64>,
    /// How many seats of one license its owner may release without proof within 365 days.
    #[schemars(range(max = 1000))]
    releases_per_year: Option<u64>,
    /// Seconds from one such release of a license to the next.
    #[schemars(range(max = 31_536_000))]
    release_cool_down_seconds: Option<u64>,
    /// How many seats of one license may be released within 365 days so that support releases one more.
    #[schemars(range(max = 1000))]
    support_releases_per_year: Option<u64>,
    /// How many seats one person of support releases within 24 hours.
    #[schemars(range(max = 1000))]
    support_releases_per_day: Option<u64>,
    /// Origins of trial pages that may post here, all of them.
    #[schemars(length(max = 100))]
    trial_origins: Option<Vec<String>>,
    /// How much work whoever is not logged in does before a trial starts, in bits; 0: none.
    #[schemars(range(max = 26))]
    trial_work_bits: Option<u32>,
    /// How many trials of all products together may start in a day of UTC; null: any number.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_000_000))]
    trials_per_day: Change<u64>,
    /// Whether the vendor's people and resellers set a second factor up before anything else.
    staff_second_factor: Option<bool>,
    /// How often one trial may be extended, unless an admin means to go beyond.
    #[schemars(range(max = 1000))]
    trial_extensions: Option<u64>,
    /// By how many days in all.
    #[schemars(range(max = 3650))]
    trial_extension_days: Option<u64>,
}

/// `PATCH`
pub(crate) fn change() -> Operation {
    Described::patch("changeSettings", "Change the settings")
        .refuses(&[(422, "unfit-value")])
        .example(|| json!({"releases_per_year": 3}))
        .run(changed)
}

async fn changed(call: Call<Nothing, Nothing, Wanted>) -> Result<Answer<Shown>, Problem> {
    let (app, wanted) = (call.app(), call.body.clone());
    let mut settings = Settings::clone(&*app.settings().await.map_err(Refusal::Store)?);
    apply(&mut settings, wanted)?;
    call.writing("/api/v1/settings")
        .save_settings(&settings, &call.actor())
        .await
        .map_err(Refusal::Store)?;
    shown(app).await
}

fn apply(settings: &mut Settings, wanted: Wanted) -> Result<(), Problem> {
    let within =
        |value: &mut u64, new: Option<u64>, range: std::ops::RangeInclusive<u64>, key: &str| {
            *value = new.unwrap_or(*value);
            if range.contains(value) { Ok(()) } else { Err(Problem::unfit(key)) }
        };
    let cap = wanted.response_validity_cap_days;
    within(&mut settings.response_validity_cap_days, cap, 1..=3650, "cap-days-range")?;
    let releases = wanted.releases_per_year;
    within(
        &mut settings.releases_per_year,
        releases,
        0..=MOST_RELEASES,
        "releases-per-year-range",
    )?;
    let cool_down = wanted.release_cool_down_seconds;
    within(
        &mut settings.release_cool_down_seconds,
        cool_down,
        0..=LONGEST_COOL_DOWN,
        "cool-down-range",
    )?;
    let (per_year, per_day) = (wanted.support_releases_per_year, wanted.support_releases_per_day);
    let (range, key) = (0..=MOST_RELEASES, "support-releases-range");
    within(&mut settings.support_releases_per_year, per_year, range.clone(), key)?;
    within(&mut settings.support_releases_per_day, per_day, range, key)?;
    settings.trial_work_bits = wanted.trial_work_bits.unwrap_or(settings.trial_work_bits);
    if settings.trial_work_bits > MOST_WORK_BITS {
        return Err(Problem::unfit("trial-work-range"));
    }
    settings.trials_per_day = wanted.trials_per_day.over(settings.trials_per_day, |most| most);
    if settings.trials_per_day.is_some_and(|most| !(1..=MOST_TRIALS).contains(&most)) {
        return Err(Problem::unfit("trials-per-day-range"));
    }
    settings.staff_second_factor =
        wanted.staff_second_factor.unwrap_or(settings.staff_second_factor);
    let (times, days) = (wanted.trial_extensions, wanted.trial_extension_days);
    let (range, key) = (0..=MOST_EXTENSIONS, "trial-extensions-range");
    within(&mut settings.trial_extensions, times, range, key)?;
    let (range, key) = (0..=MOST_EXTENSION_DAYS, "trial-extension-days-range");
    within(&mut settings.trial_extension_days, days, range, key)?;
    if let Some(origins) = wanted.trial_origins {
        settings.trial_origins = parse_origins(origins.iter().map(String::as_str))
            .map_err(|error| Problem::unfit_words(&error))?;
    }
    Ok(())
}
