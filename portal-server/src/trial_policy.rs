//! The trial policy of a product as people type it, on its page and on the command line.

use clap::Args;
use countersign_core::UnixSeconds;
use countersign_core::fingerprint::Strategy;
use countersign_store::{Product, TrialAgain, TrialPolicy};
use serde_json::{Value, json};

use crate::admin::{LARGEST, number, parse_entitlements};
use crate::fields::Unfit;
use crate::language::{Say, When};
use crate::release::up_to;

/// What a product's trials are; what is not given stays.
#[derive(Debug, Args)]
pub struct TrialOptions {
    /// Length of a trial in days; 0 for none.
    #[arg(long, value_parser = number())]
    trial_days: Option<u64>,
    /// The day until which all trials run, YYYY-MM-DD; with --trial-days, too, what comes first counts. "none" for none.
    #[arg(long)]
    trial_until: Option<String>,
    /// When a machine that has had its trial may have another one.
    #[arg(long, value_parser = ["never", "after-days", "per-major-version"])]
    trial_again: Option<String>,
    /// Days after the last trial ended, for --trial-again after-days.
    #[arg(long, value_parser = number())]
    trial_again_days: Option<u64>,
    /// The newest major version of the app that there is, for --trial-again per-major-version. Raise it when the next one is out.
    #[arg(long, value_parser = number())]
    trial_newest_version: Option<u64>,
    /// exact, fuzzy or loose
    #[arg(long)]
    trial_strategy: Option<Strategy>,
    /// A feature of the trial: NAME, NAME=7 or NAME=word; may be given more than once and replaces those that are set.
    #[arg(long)]
    trial_entitlement: Option<Vec<String>>,
}

impl TrialOptions {
    /// This policy, as it is changed.
    ///
    /// # Errors
    /// With what does not go.
    pub(crate) fn over(
        &self,
        before: &TrialPolicy,
        now: UnixSeconds,
    ) -> anyhow::Result<TrialPolicy> {
        let mut trial = before.clone();
        if let Some(days) = self.trial_days {
            trial.days = Some(days).filter(|days| *days > 0);
        }
        match self.trial_until.as_deref() {
            None => {}
            Some("none") => trial.end = None,
            Some(day) => trial.end = end(day, trial.end, now)?,
        }
        trial.again = self.again(trial.again)?;
        if let Some(strategy) = self.trial_strategy {
            trial.strategy = strategy;
        }
        if let Some(features) = &self.trial_entitlement {
            trial.entitlements = parse_entitlements(features.iter().map(String::as_str))?;
        }
        Ok(trial)
    }

    fn again(&self, before: TrialAgain) -> Result<TrialAgain, Unfit> {
        let rule = self.trial_again.as_deref().unwrap_or(match before {
            // A number says which rule is meant.
            TrialAgain::Never if self.trial_again_days.is_some() => "after-days",
            TrialAgain::Never if self.trial_newest_version.is_some() => "per-major-version",
            other => other.as_str(),
        });
        let given = match rule {
            "after-days" => self.trial_again_days,
            _ => self.trial_newest_version,
        };
        again(rule, given.or_else(|| before.number().filter(|_| rule == before.as_str())))
    }
}

/// The end of a day that is typed, or nothing. One that has passed is refused, unless it is the one that was set before.
///
/// # Errors
/// When it is no day, or has passed.
pub(crate) fn end(
    typed: &str,
    before: Option<UnixSeconds>,
    now: UnixSeconds,
) -> Result<Option<UnixSeconds>, Unfit> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    if before.is_some_and(|before| up_to::day(before) == typed) {
        return Ok(before);
    }
    future(up_to::last_second(typed)?, before, now).map(Some)
}

/// An end for all trials. One that has passed is refused, unless it is the one that was set before.
///
/// # Errors
/// When it has passed.
pub(crate) fn future(
    end: UnixSeconds,
    before: Option<UnixSeconds>,
    now: UnixSeconds,
) -> Result<UnixSeconds, Unfit> {
    if end <= now && before != Some(end) {
        return Err(Unfit(Say::new("trial-end-past").with("end", When(end))));
    }
    Ok(end)
}

/// A rule with its number.
///
/// # Errors
/// When the number is missing.
pub(crate) fn again(rule: &str, number: Option<u64>) -> Result<TrialAgain, Unfit> {
    let number = number.filter(|number| *number <= LARGEST);
    TrialAgain::read(rule, number).map_err(|_| {
        Unfit(Say::new(match rule {
            "after-days" => "trial-again-days-needed",
            "per-major-version" => "trial-newest-needed",
            _ => "trial-again-unknown",
        }))
    })
}

/// A product's trials, for programs.
pub(crate) fn as_json(product: &Product) -> Value {
    let trial = &product.trial;
    json!({
        "days": trial.days,
        "until": trial.end.map(up_to::day),
        "again": trial.again.as_str(),
        "again_number": trial.again.number(),
        "strategy": trial.strategy.as_str(),
    })
}
