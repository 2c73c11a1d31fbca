//! `/admin/settings`

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{ErrorPage, actor, detail, optional_number};
use crate::access::Visitor;
use crate::app::App;
use crate::pages::{Frame, page};
use crate::settings::{Settings, parse_origins};

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct SettingsPage {
    frame: Frame,
    cap_days: u64,
    origins: String,
    operator_origins: Vec<String>,
}

pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let settings = app.settings().await?;
    Ok(page(&SettingsPage {
        frame: Frame::new(&app, &visitor),
        cap_days: settings.response_validity_cap_days,
        origins: settings.trial_origins.join("\n"),
        operator_origins: app.config().trial_origins.clone(),
    }))
}

#[derive(Deserialize)]
pub(crate) struct SettingsForm {
    cap_days: String,
    #[serde(default)]
    origins: String,
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
    let settings = Settings { response_validity_cap_days, trial_origins };
    app.save_settings(&settings, &actor(&admin)).await?;
    Ok(Redirect::to("/admin/settings").into_response())
}
