//! A policy as it is written: TOML.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow, bail, ensure};
use countersign_core::fingerprint::Strategy;
use countersign_core::response::Entitlement;
use serde::Deserialize;

use super::{Length, Terms};
use crate::files;

/// More than any calendar of ours needs.
const MOST_DAYS: u64 = 36_525;

/// Takes a policy apart; what is wrong is said with its line.
pub(super) fn parse(text: &str) -> anyhow::Result<File> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
        anyhow!("line {line}: {}", error.message().replace('\n', ", "))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) vendor: Option<String>,
    #[serde(default)]
    pub(super) products: BTreeMap<String, TermsText>,
    #[serde(default)]
    pub(super) licenses: Vec<License>,
}

#[derive(Debug, Deserialize)]
pub(super) struct License {
    pub(super) key: String,
    // Unknown members are refused there: flattening and refusing do not go together in serde.
    #[serde(flatten)]
    pub(super) terms: TermsText,
}

/// Terms as they are written.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct TermsText {
    days: Option<u64>,
    until: Option<toml::Value>,
    perpetual: Option<bool>,
    import_days: Option<u64>,
    strategy: Option<String>,
    features: Option<BTreeMap<String, toml::Value>>,
    plan: Option<String>,
    holder: Option<String>,
    answers: Option<Vec<String>>,
    #[serde(flatten)]
    unknown: BTreeMap<String, toml::Value>,
}

impl TermsText {
    /// By themselves.
    pub(super) fn terms(&self) -> anyhow::Result<Terms> {
        self.over(Terms {
            length: None,
            import_days: 30,
            strategy: Strategy::Fuzzy,
            features: BTreeMap::new(),
            plan: None,
            holder: None,
            types: None,
        })
    }

    /// These terms where they say something, and `below` where they do not.
    pub(super) fn over(&self, below: Terms) -> anyhow::Result<Terms> {
        if let Some(name) = self.unknown.keys().next() {
            bail!("{name} is nothing that a policy says");
        }
        if let Some(kind) = self.answers.iter().flatten().find(|kind| !is_kind(kind)) {
            bail!("answers: {kind} is not activation, deactivation or trial");
        }
        let features = self.features.iter().flatten().map(|(name, value)| {
            let value = entitlement(value)
                .with_context(|| format!("the feature {name} is true, a whole number or a word"))?;
            Ok((name.clone(), value))
        });
        let features: BTreeMap<_, _> = features.collect::<anyhow::Result<_>>()?;
        Ok(Terms {
            length: self.length()?.or(below.length),
            import_days: self
                .import_days
                .map(|days| within(days, "import_days"))
                .transpose()?
                .unwrap_or(below.import_days),
            strategy: match &self.strategy {
                Some(name) => name.parse().context("strategy")?,
                None => below.strategy,
            },
            features: if self.features.is_some() { features } else { below.features },
            plan: self.plan.clone().or(below.plan),
            holder: self.holder.clone().or(below.holder),
            types: self.answers.clone().or(below.types),
        })
    }

    fn length(&self) -> anyhow::Result<Option<Length>> {
        Ok(match (self.days, &self.until, self.perpetual.unwrap_or(false)) {
            (None, None, false) => None,
            (Some(days), None, false) => Some(Length::Days(within(days, "days")?)),
            (None, Some(day), false) => {
                let text = match day {
                    toml::Value::Datetime(day) => day.to_string(),
                    toml::Value::String(day) => day.clone(),
                    _ => bail!("until is a day, written YYYY-MM-DD"),
                };
                Some(Length::Until(files::end_of_day("until", &text)?))
            }
            (None, None, true) => Some(Length::Perpetual),
            _ => bail!("days, until and perpetual exclude one another"),
        })
    }
}

fn is_kind(kind: &str) -> bool {
    matches!(kind, "activation" | "deactivation" | "trial")
}

fn within(days: u64, name: &str) -> anyhow::Result<u64> {
    ensure!((1..=MOST_DAYS).contains(&days), "{name} is a number of days from 1 to {MOST_DAYS}");
    Ok(days)
}

fn entitlement(value: &toml::Value) -> Option<Entitlement> {
    match value {
        toml::Value::Boolean(true) => Some(Entitlement::On),
        toml::Value::Integer(number) => Some(Entitlement::Integer(*number)),
        toml::Value::String(text) => Some(Entitlement::Text(text.clone())),
        _ => None,
    }
}
