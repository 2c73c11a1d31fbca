//! `/licenses/{id}/machines/{activation}/release`: a lost machine's seat is freed without proof; first what that means.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_store::{Access, Act};
use serde::Deserialize;

use super::machine::{Found, Ids, found};
use super::machines::MachineView;
use super::{LicenseView, to_be_said, view};
use crate::access::Visitor;
use crate::app::App;
use crate::approval;
use crate::desk::{self, Refusal, Releasing};
use crate::fields::Field;
use crate::language::Language;
use crate::pages::activate::why::Why;
use crate::pages::{ErrorPage, Frame, page_with};

#[derive(Template)]
#[template(path = "release_seat.html")]
struct ReleasePage {
    frame: Frame,
    license: LicenseView,
    machine: MachineView,
    /// How many are left, and how long the next one has to wait; not for the vendor, who is held to neither.
    rules: Vec<String>,
    why: Option<Why>,
}

#[derive(Deserialize)]
pub(crate) struct ReleaseForm {
    #[serde(default)]
    reason: String,
}

/// What a release means, and the button; or why there is none.
pub(crate) async fn confirm(
    State(app): State<App>,
    visitor: Visitor,
    Path(ids): Path<Ids>,
) -> Result<Response, ErrorPage> {
    let (found, releasing) = asked(&app, &visitor, &ids, String::new()).await?;
    let refusal = desk::release_preview(&app, &releasing).await.err();
    show(&app, &visitor, found, refusal).await
}

/// Frees the seat.
pub(crate) async fn release(
    State(app): State<App>,
    visitor: Visitor,
    Path(ids): Path<Ids>,
    Form(form): Form<ReleaseForm>,
) -> Result<Response, ErrorPage> {
    let (found, releasing) = asked(&app, &visitor, &ids, form.reason).await?;
    if needs_second_person(&app, &found).await? {
        return propose(&app, &visitor, found, &releasing).await;
    }
    match desk::release(&app, &releasing).await {
        Ok(activation) => {
            let (license, id) = (activation.license, activation.id);
            Ok(Redirect::to(&format!("/licenses/{license}/machines/{id}")).into_response())
        }
        Err(refusal) => show(&app, &visitor, found, Some(refusal)).await,
    }
}

async fn needs_second_person(app: &App, found: &Found) -> Result<bool, ErrorPage> {
    let is_staff = matches!(found.access, Access::Vendor | Access::Support);
    Ok(is_staff && app.store().needs_two_people().await?)
}

/// What could be done now is proposed to the other admins.
async fn propose(
    app: &App,
    visitor: &Visitor,
    found: Found,
    releasing: &Releasing,
) -> Result<Response, ErrorPage> {
    if let Err(refusal) = desk::release_preview(app, releasing).await {
        return show(app, visitor, found, Some(refusal)).await;
    }
    let act = Act::ReleaseSeat {
        license: found.license.id,
        activation: releasing.activation,
        reason: releasing.reason.clone(),
    };
    approval::propose(app, &releasing.user, act, visitor.language).await?;
    Ok(Redirect::to("/admin/approvals").into_response())
}

async fn asked(
    app: &App,
    visitor: &Visitor,
    ids: &Ids,
    reason: String,
) -> Result<(Found, Releasing), ErrorPage> {
    let user = visitor.user()?;
    let found = found(app, &user, ids).await?;
    if !found.access.acts() {
        return Err(ErrorPage::forbidden());
    }
    if !found.access.manages() {
        return Err(ErrorPage::of_refusal(&Refusal::ReleaseNotYours));
    }
    let reason = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let reason = Field::ReleaseReason.check(&reason)?.to_owned();
    let activation = found.activation.id;
    Ok((found, Releasing { user, activation, reason }))
}

async fn show(
    app: &App,
    visitor: &Visitor,
    found: Found,
    refusal: Option<Refusal>,
) -> Result<Response, ErrorPage> {
    let refusal = refusal.map(to_be_said).transpose()?;
    let status = refusal.as_ref().map_or(StatusCode::OK, Refusal::status);
    let language = visitor.language;
    let template = ReleasePage {
        frame: Frame::new(app, visitor),
        license: view(app, &found.license, language).await?,
        machine: MachineView::new(&found.activation, language),
        rules: rules(app, &found, language).await?,
        why: refusal.as_ref().map(Why::from),
    };
    Ok(page_with(status, &template))
}

async fn rules(app: &App, found: &Found, language: Language) -> Result<Vec<String>, ErrorPage> {
    let needs_two = needs_second_person(app, found).await?.then(|| language.t("release-needs-two"));
    match (&found.access, needs_two) {
        (Access::Vendor, needs_two) => {
            return Ok(vec![needs_two.unwrap_or_else(|| language.t("release-by-vendor"))]);
        }
        (Access::Support, needs_two) => {
            let settings = app.settings().await?;
            let (year, day) =
                (settings.support_releases_per_year, settings.support_releases_per_day);
            let limits = language.t2("release-by-support", "year", year, "day", day);
            return Ok([needs_two, Some(limits)].into_iter().flatten().collect());
        }
        _ => {}
    }
    let settings = app.settings().await?;
    let (used, _) = app.store().releases_within_year(&found.license.id, app.now()).await?;
    let (allowed, hours) = (settings.releases_per_year, settings.release_cool_down_hours());
    let left = allowed.saturating_sub(used);
    let quota = language.t2("release-left", "left", left, "allowed", allowed);
    let cool_down = (hours > 0).then(|| language.t1("release-cool-down", "hours", hours));
    Ok([Some(quota), cool_down].into_iter().flatten().collect())
}
