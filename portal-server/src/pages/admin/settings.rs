//! `/admin/settings`

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::trial::MOST_WORK_BITS;
use countersign_store::MOST_EXTENSION_DAYS;
use serde::Deserialize;

use super::{ErrorPage, actor, detail, optional_number};
use crate::access::Visitor;
use crate::app::App;
use crate::pages::{Frame, page};
use crate::settings::{
    LONGEST_COOL_DOWN, MOST_EXTENSIONS, MOST_RELEASES, MOST_TRIALS, Settings, parse_origins,
};

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct SettingsPage {
    frame: Frame,
    cap_days: u64,
    releases_per_year: u64,
    cool_down_hours: u64,
    support_per_year: u64,
    support_per_day: u64,
    staff_second_factor: bool,
    origins: String,
    operator_origins: Vec<String>,
    work_bits: u32,
    trials_per_day: Option<u64>,
    trial_extensions: u64,
    trial_extension_days: u64,
}

pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let settings = app.settings().await?;
    Ok(page(&SettingsPage {
        frame: Frame::new(&app, &visitor),
        cap_days: settings.response_validity_cap_days,
        releases_per_year: settings.releases_per_year,
        cool_down_hours: settings.release_cool_down_hours(),
        support_per_year: settings.support_releases_per_year,
        support_per_day: settings.support_releases_per_day,
        staff_second_factor: settings.staff_second_factor,
        origins: settings.trial_origins.join("\n"),
        operator_origins: app.config().trial_origins.clone(),
        work_bits: settings.trial_work_bits,
        trials_per_day: settings.trials_per_day,
        trial_extensions: settings.trial_extensions,
        trial_extension_days: settings.trial_extension_days,
    }))
}

#[derive(Deserialize)]
pub(crate) struct SettingsForm {
    cap_days: String,
    #[serde(default)]
    releases_per_year: String,
    #[serde(default)]
    cool_down_hours: String,
    #[serde(default)]
    support_per_year: String,
    #[serde(default)]
    support_per_day: String,
    /// `on` or `off`; not there to leave it.
    staff_second_factor: Option<String>,
    #[serde(default)]
    origins: String,
    #[serde(default)]
    work_bits: String,
    /// Empty for no cap; not there to leave it.
    trials_per_day: Option<String>,
    #[serde(default)]
    trial_extensions: String,
    #[serde(default)]
    trial_extension_days: String,
}

pub(crate) async fn save(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<SettingsForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let cap = optional_number(&form.cap_days)?;
    let response_validity_cap_days = cap
        .filter(|days| (1..=3650).contains(days))
        .ok_or_else(|| ErrorPage::bad_input("cap-days-range"))?;
    let trial_origins = parse_origins(form.origins.lines()).map_err(|e| detail(&e))?;
    // What is not given stays.
    let before = app.settings().await?;
    let releases_per_year = optional_number(&form.releases_per_year)?
        .or(Some(before.releases_per_year))
        .filter(|count| *count <= MOST_RELEASES)
        .ok_or_else(|| ErrorPage::bad_input("releases-per-year-range"))?;
    let release_cool_down_seconds = optional_number(&form.cool_down_hours)?
        .map_or(Some(before.release_cool_down_seconds), |hours| hours.checked_mul(3600))
        .filter(|seconds| *seconds <= LONGEST_COOL_DOWN)
        .ok_or_else(|| ErrorPage::bad_input("cool-down-range"))?;
    let support_limit = |typed: &str, before: u64| {
        let limit = optional_number(typed)?.or(Some(before));
        let limit = limit.filter(|limit| *limit <= MOST_RELEASES);
        limit.ok_or_else(|| ErrorPage::bad_input("support-releases-range"))
    };
    let support_releases_per_year =
        support_limit(&form.support_per_year, before.support_releases_per_year)?;
    let support_releases_per_day =
        support_limit(&form.support_per_day, before.support_releases_per_day)?;
    let staff_second_factor = match form.staff_second_factor.as_deref() {
        None => before.staff_second_factor,
        Some("on") => true,
        Some("off") => false,
        Some(_) => return Err(ErrorPage::bad_input("error-form-incomplete")),
    };
    let trial_work_bits = optional_number(&form.work_bits)?
        .map_or(Some(before.trial_work_bits), |bits| u32::try_from(bits).ok())
        .filter(|bits| *bits <= MOST_WORK_BITS)
        .ok_or_else(|| ErrorPage::bad_input("trial-work-range"))?;
    let trials_per_day = match form.trials_per_day.as_deref().map(optional_number).transpose()? {
        None => before.trials_per_day,
        Some(most) if most.is_none_or(|most| (1..=MOST_TRIALS).contains(&most)) => most,
        Some(_) => return Err(ErrorPage::bad_input("trials-per-day-range")),
    };
    let trial_extensions = optional_number(&form.trial_extensions)?
        .or(Some(before.trial_extensions))
        .filter(|times| *times <= MOST_EXTENSIONS)
        .ok_or_else(|| ErrorPage::bad_input("trial-extensions-range"))?;
    let trial_extension_days = optional_number(&form.trial_extension_days)?
        .or(Some(before.trial_extension_days))
        .filter(|days| *days <= MOST_EXTENSION_DAYS)
        .ok_or_else(|| ErrorPage::bad_input("trial-extension-days-range"))?;
    let settings = Settings {
        response_validity_cap_days,
        releases_per_year,
        release_cool_down_seconds,
        support_releases_per_year,
        support_releases_per_day,
        staff_second_factor,
        trial_origins,
        trial_work_bits,
        trials_per_day,
        trial_extensions,
        trial_extension_days,
    };
    app.save_settings(&settings, &actor(&admin)).await?;
    Ok(Redirect::to("/admin/settings").into_response())
}
