//! `GET /api/v1/policy`: what is granted, as `countersign sign --policy` reads it, for a desk without a network. With
//! `?licenses=true` the terms of the active licenses come along, with their keys: offline nothing else tells who has a license.
//! So that takes a scope of its own.

use std::fmt::Write as _;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use countersign_core::response::Entitlement;
use countersign_core::{ProductId, UnixSeconds};
use countersign_store::{
    Entitlements, License, LicenseFilter, LicenseQuery, LicenseScope, Product, TokenScope, TrialEnd,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::access::token::Holder;
use crate::app::App;
use crate::desk::Refusal;
use crate::language::Language;
use crate::problem::Problem;
use crate::release::up_to;
use crate::settings::Settings;

const DAY: u64 = 86_400;
/// Days within which the response of a trial is installed.
const TRIAL_IMPORT_DAYS: u64 = 14;
/// More than this nobody looks through, and no desk needs.
const MOST_LICENSES: usize = 10_000;
/// The most of one page of licenses.
const A_PAGE: usize = 100;

/// What is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Asked {
    /// The active licenses with their keys, too.
    #[serde(default)]
    licenses: bool,
    /// Only this product.
    product: Option<String>,
}

/// The route.
pub(crate) fn policy() -> MethodRouter<App> {
    get(answer).fallback(async || Problem::wrong_method())
}

async fn answer(
    State(app): State<App>,
    holder: Holder,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.map_err(|error| Problem::bad_query(&error.body_text()))?;
    let product = asked.product.as_deref().map(str::parse::<ProductId>).transpose();
    let product = product.map_err(|_| Problem::not_found())?;
    let needed = TokenScope::ReadLicenseKeys;
    if asked.licenses && !holder.has(needed) {
        return Err(Problem::insufficient_scope(needed));
    }
    let (now, settings) = (app.now(), app.settings().await.map_err(Refusal::from)?);
    let mut text = heading(&app, now, asked.licenses);
    let products = app.store().products().await.map_err(Refusal::from)?;
    for of in products.iter().filter(|of| product.as_ref().is_none_or(|only| of.id == *only)) {
        write_product(&mut text, of, now, &settings);
    }
    if asked.licenses {
        let scope = LicenseScope::vendor(&holder.user);
        let scope = scope.ok_or_else(|| Problem::insufficient_scope(needed))?;
        for license in licenses(&app, scope, product, now).await? {
            write_license(&mut text, &license, now, &settings);
        }
    }
    Ok(([(header::CONTENT_TYPE, "application/toml")], text).into_response())
}

async fn licenses(
    app: &App,
    scope: LicenseScope,
    product: Option<ProductId>,
    now: UnixSeconds,
) -> Result<Vec<License>, Problem> {
    let filter = Some(LicenseFilter::Active);
    let mut query = LicenseQuery { filter, product, most: A_PAGE, ..LicenseQuery::of(scope, now) };
    let mut licenses = Vec::new();
    loop {
        let page = app.store().license_page(&query).await.map_err(Refusal::from)?.page;
        licenses.extend(page.items);
        if licenses.len() > MOST_LICENSES {
            return Err(too_many());
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(licenses),
        }
    }
}

fn too_many() -> Problem {
    let fact = format!(
        "there are more than {MOST_LICENSES} active licenses, which is more than a policy holds"
    );
    let advice = "Ask for those of one product: ?licenses=true&product=ID.";
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Problem::new(status, "too-many-licenses", "Too many licenses", &fact, advice)
}

fn heading(app: &App, now: UnixSeconds, has_keys: bool) -> String {
    let keys = if has_keys {
        "\n# It has license keys in it: keep it where nobody else reads it."
    } else {
        ""
    };
    format!(
        "# As the portal had it on {}. What is signed by it the portal counts when the journal is pushed.{keys}\nvendor = {}\n",
        Language::ENGLISH.date_time(now),
        quoted(app.vendor())
    )
}

/// Its trials, and receipts. Licenses say themselves what they grant.
fn write_product(text: &mut String, product: &Product, now: UnixSeconds, settings: &Settings) {
    let import = TRIAL_IMPORT_DAYS.min(settings.response_validity_cap_days).max(1);
    let _ = write!(text, "\n[products.{}]\nimport_days = {import}\n", quoted(product.id.as_str()));
    match trial_length(product, now) {
        Some(length) => {
            let _ = writeln!(text, "answers = [\"trial\", \"deactivation\"]\n{length}");
            let _ = writeln!(text, "strategy = {}", quoted(&product.trial.strategy.to_string()));
            let _ = writeln!(text, "features = {}", features(&product.trial.entitlements));
        }
        None => text.push_str("answers = [\"deactivation\"]\n"),
    }
}

/// A policy knows days or an end, not both: what comes first today.
fn trial_length(product: &Product, now: UnixSeconds) -> Option<String> {
    let trial = &product.trial;
    match (trial.end_from(now), trial.end) {
        _ if product.archived => None,
        (TrialEnd::At(end), Some(last)) if end == last => {
            Some(format!("until = {}", up_to::day(last)))
        }
        (TrialEnd::At(_), _) => trial.days.map(|days| format!("days = {days}")),
        (TrialEnd::NoTrials | TrialEnd::Over(_), _) => None,
    }
}

/// A license that ends today is left out: a policy knows whole days, and none of them may go beyond the license.
fn write_license(text: &mut String, license: &License, now: UnixSeconds, settings: &Settings) {
    let length = match (license.grant_end(now), license.expires_at) {
        (None, _) => "perpetual = true".to_owned(),
        (Some(end), Some(_)) => match last_day(end).filter(|_| end / DAY > now / DAY) {
            Some(day) => format!("until = {day}"),
            None => return,
        },
        // It begins with the first machine.
        (Some(end), None) => format!("days = {}", ((end - now) / DAY).max(1)),
    };
    let import = settings.response_validity(license.response_validity) / DAY;
    let _ = write!(
        text,
        "\n[[licenses]]\nkey = {}\nanswers = [\"activation\"]\n{length}\nimport_days = {}\nstrategy = {}\nfeatures = {}\n",
        quoted(&license.key.grouped()),
        import.max(1),
        quoted(&license.strategy.to_string()),
        features(&license.entitlements),
    );
    for (name, value) in [("plan", &license.plan), ("holder", &license.holder)] {
        if let Some(value) = value {
            let _ = writeln!(text, "{name} = {}", quoted(value));
        }
    }
}

/// The last day whose end is not after this time.
fn last_day(end: UnixSeconds) -> Option<time::Date> {
    let seconds = i64::try_from((end / DAY).checked_sub(1)? * DAY).ok()?;
    time::OffsetDateTime::from_unix_timestamp(seconds).ok().map(time::OffsetDateTime::date)
}

fn features(entitlements: &Entitlements) -> String {
    let feature = |(name, value): (&String, &Entitlement)| {
        let value = match value {
            Entitlement::On => "true".to_owned(),
            Entitlement::Integer(number) => number.to_string(),
            Entitlement::Text(text) => quoted(text),
        };
        format!("{} = {value}", quoted(name))
    };
    let all: Vec<_> = entitlements.iter().map(feature).collect();
    if all.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", all.join(", ")) }
}

/// A string in TOML: what JSON escapes TOML escapes in the same way, and one character more.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_day_ends_no_later_than_the_license() {
        let day = |end| last_day(end).map(|day| day.to_string());
        assert_eq!(day(10 * DAY).as_deref(), Some("1970-01-10"));
        assert_eq!(day(10 * DAY + DAY - 1).as_deref(), Some("1970-01-10"));
        assert_eq!(day(DAY - 1), None);
    }

    #[test]
    fn attack_a_holder_who_writes_policy_into_their_name() {
        assert_eq!(quoted("a\"\nperpetual = true"), r#""a\"\nperpetual = true""#);
        assert_eq!(quoted("\u{7f}\\"), r#""\u007F\\""#);
    }
}
