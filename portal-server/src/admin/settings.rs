//! `countersign-portal admin settings …`

use clap::Subcommand;
use countersign_core::trial::MOST_WORK_BITS;
use countersign_store::MOST_EXTENSION_DAYS;
use serde_json::{Value, json};

use super::ACTOR;
use crate::app::App;
use crate::settings::{
    LONGEST_COOL_DOWN, MOST_EXTENSIONS, MOST_RELEASES, MOST_TRIALS, Settings, parse_origins,
};

/// `admin settings …`
#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// Print the settings.
    Show,
    /// Turn the two-person rule off without a second person, as whoever runs this host can: where only one admin is left, say.
    EndTwoPeople,
    /// Change what is given; the rest stays.
    Set {
        /// The longest time in days within which any response may be installed.
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..=3650))]
        response_validity_cap_days: Option<u64>,
        /// How many seats of one license its owner may release without proof within 365 days.
        #[arg(long, value_parser = clap::value_parser!(u64).range(..=MOST_RELEASES))]
        releases_per_year: Option<u64>,
        /// Seconds from one such release of a license to the next.
        #[arg(long, value_parser = clap::value_parser!(u64).range(..=LONGEST_COOL_DOWN))]
        release_cool_down_seconds: Option<u64>,
        /// An origin whose trial page may post here; may be given more than once and replaces those that are set.
        #[arg(long)]
        trial_origin: Option<Vec<String>>,
        /// How much work whoever is not logged in does before a trial starts, in bits; 0 for none. A phone does 18 in a second or two.
        #[arg(long, value_parser = clap::value_parser!(u32).range(..=i64::from(MOST_WORK_BITS)))]
        trial_work_bits: Option<u32>,
        /// How many trials of all products together may start in a day of UTC; 0 for any number.
        #[arg(long, value_parser = clap::value_parser!(u64).range(..=MOST_TRIALS))]
        trials_per_day: Option<u64>,
        /// How often one trial may be extended, unless an admin means to go beyond.
        #[arg(long, value_parser = clap::value_parser!(u64).range(..=MOST_EXTENSIONS))]
        trial_extensions: Option<u64>,
        /// By how many days one trial may be extended in all, unless an admin means to go beyond.
        #[arg(long, value_parser = clap::value_parser!(u64).range(..=MOST_EXTENSION_DAYS))]
        trial_extension_days: Option<u64>,
    },
}

pub(super) async fn run(app: &App, command: SettingsCommand) -> anyhow::Result<Value> {
    if matches!(command, SettingsCommand::EndTwoPeople) {
        app.store().end_two_people(ACTOR, app.now()).await?;
    }
    let mut settings = Settings::clone(&*app.settings().await?);
    if let SettingsCommand::Set {
        response_validity_cap_days,
        releases_per_year,
        release_cool_down_seconds,
        trial_origin,
        trial_work_bits,
        trials_per_day,
        trial_extensions,
        trial_extension_days,
    } = command
    {
        let replace = |old: &mut u64, new: Option<u64>| *old = new.unwrap_or(*old);
        replace(&mut settings.response_validity_cap_days, response_validity_cap_days);
        replace(&mut settings.releases_per_year, releases_per_year);
        replace(&mut settings.release_cool_down_seconds, release_cool_down_seconds);
        replace(&mut settings.trial_extensions, trial_extensions);
        replace(&mut settings.trial_extension_days, trial_extension_days);
        if let Some(origins) = trial_origin {
            settings.trial_origins = parse_origins(origins.iter().map(String::as_str))?;
        }
        settings.trial_work_bits = trial_work_bits.unwrap_or(settings.trial_work_bits);
        if let Some(most) = trials_per_day {
            settings.trials_per_day = Some(most).filter(|most| *most > 0);
        }
        app.save_settings(&settings, ACTOR).await?;
    }
    Ok(json!({
        "response_validity_cap_days": settings.response_validity_cap_days,
        "releases_per_year": settings.releases_per_year,
        "release_cool_down_seconds": settings.release_cool_down_seconds,
        "trial_origins": settings.trial_origins,
        "trial_work_bits": settings.trial_work_bits,
        "trials_per_day": settings.trials_per_day,
        "trial_extensions": settings.trial_extensions,
        "trial_extension_days": settings.trial_extension_days,
        "two_people": app.store().needs_two_people().await?,
    }))
}
