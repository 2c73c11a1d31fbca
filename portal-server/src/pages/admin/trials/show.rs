//! `/admin/trials/{id}`: one machine's trial, its requests, its response once more, and a longer one.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_store::{AuditQuery, BeyondLimits, ExtensionLimits, MOST_EXTENSION_DAYS, Trial};
use serde::Deserialize;

use super::TrialView;
use crate::access::{Permission, Visitor};
use crate::app::App;
use crate::desk::{self, Answered, Extension, Freshness, Refusal};
use crate::download;
use crate::pages::admin::audit::{LogLine, lines};
use crate::pages::admin::{actor, optional_number};
use crate::pages::responses::{QR_LARGEST, qr_code};
use crate::pages::{ErrorPage, Frame, page};

/// Lines of the audit log that are shown.
const LINES: u32 = 20;

#[derive(Template)]
#[template(path = "admin/trial.html")]
struct TrialPage {
    frame: Frame,
    trial: TrialView,
    platform: String,
    device_key: String,
    before: Option<String>,
    other_end: Option<String>,
    requests: Vec<RequestView>,
    news: News,
    response: Option<Answered>,
    has_qr: bool,
    seen_end: u64,
    may_extend: MayExtend,
    may_go_beyond: bool,
    lines: Vec<LogLine>,
}

struct RequestView {
    id: String,
    when: String,
    app_version: String,
}

/// What a fresh response would be worth, in words.
enum News {
    /// There can be none: the message that says why.
    None(&'static str),
    /// The machine has what there is.
    Current,
    /// It would say this, or the same once more: the message that says so.
    Fresh(&'static str, Vec<String>),
}

enum MayExtend {
    /// The machine had another trial since.
    Superseded,
    /// So often and by so many days, without going beyond the limits.
    Within(ExtensionLimits),
    /// Only beyond them.
    Beyond,
}

impl TrialPage {
    fn is_superseded(&self) -> bool {
        matches!(self.may_extend, MayExtend::Superseded)
    }
}

/// One trial.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (trial, language) = (find(&app, &id).await?, visitor.language);
    let response = latest(&app, &trial).await?;
    let requests = app.store().trial_requests(&trial.id).await?.into_iter();
    let requests = requests.map(|request| RequestView {
        id: request.id.to_string(),
        when: language.date_time(request.asked_at),
        app_version: request.app_version.unwrap_or_default(),
    });
    let products = app.store().products().await?;
    Ok(page(&TrialPage {
        frame: Frame::new(&app, &visitor),
        trial: TrialView::of(&trial, &products, app.now(), language),
        platform: trial.platform.clone().unwrap_or_default(),
        device_key: trial.device_key.to_string(),
        before: trial.after.map(|before| before.to_string()),
        other_end: trial.other_end.map(|end| language.date_time(end)),
        requests: requests.collect(),
        news: news(&app, &trial, &visitor).await?,
        has_qr: response.as_ref().is_some_and(|answered| answered.token.len() <= QR_LARGEST),
        response,
        seen_end: trial.expires_at,
        may_extend: may_extend(&app, &trial).await?,
        may_go_beyond: visitor.user()?.role.is_admin(),
        lines: log(&app, &trial, &visitor).await?,
    }))
}

async fn news(app: &App, trial: &Trial, visitor: &Visitor) -> Result<News, ErrorPage> {
    if !trial.is_running(app.now()) {
        return Ok(News::None("trial-response-ended"));
    }
    if trial.request.is_none() {
        return Ok(News::None("trial-response-no-request"));
    }
    let freshness = desk::freshness_of_trial(app, trial).await;
    Ok(match freshness.map_err(|refusal| ErrorPage::internal(&refusal))? {
        Freshness::Current => News::Current,
        Freshness::Late => News::Fresh("trial-response-late", Vec::new()),
        Freshness::Unknown => News::Fresh("trial-response-unknown", Vec::new()),
        Freshness::Older(changes) => {
            let words = changes.iter().map(|change| change.words(&visitor.language));
            News::Fresh("trial-response-older", words.collect())
        }
    })
}

async fn may_extend(app: &App, trial: &Trial) -> Result<MayExtend, ErrorPage> {
    if app.store().is_trial_superseded(trial).await? {
        return Ok(MayExtend::Superseded);
    }
    let limits = app.settings().await?.extension_limits();
    Ok(limits.left(trial).map_or(MayExtend::Beyond, MayExtend::Within))
}

/// What the audit log says of it, for those who may see that.
async fn log(app: &App, trial: &Trial, visitor: &Visitor) -> Result<Vec<LogLine>, ErrorPage> {
    if !visitor.may(Permission::SeeAudit) {
        return Ok(Vec::new());
    }
    let subject = Some(trial.id.to_string());
    let query = AuditQuery { subject, most: LINES, ..AuditQuery::default() };
    let found = app.store().audit_page(&query).await?;
    Ok(lines(app, visitor.language, &found.items).await?)
}

#[derive(Deserialize)]
pub(crate) struct ExtendForm {
    days: String,
    #[serde(default)]
    seen_end: String,
    /// The limits are meant to be passed.
    #[serde(default)]
    beyond: String,
}

/// A longer trial. Its machine gets a fresh response where its request is known.
pub(crate) async fn extend(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<ExtendForm>,
) -> Result<Response, ErrorPage> {
    let (user, before) = (visitor.user()?, find(&app, &id).await?);
    let days = optional_number(&form.days)?.filter(|days| (1..=MOST_EXTENSION_DAYS).contains(days));
    let days = days.ok_or_else(|| ErrorPage::bad_input("extension-days-range"))?;
    let seen_end = form.seen_end.parse();
    let seen_end = seen_end.map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?;
    let beyond = match form.beyond.as_str() {
        "" => BeyondLimits::NotMeant,
        _ => BeyondLimits::Meant,
    };
    let wanted = Extension { trial: before.id, seen_end, days, beyond };
    desk::extend_trial(&app, &user, &actor(&user), wanted).await.map_err(refused)?;
    // Where that does not go now, the trial is longer all the same, and the page says what is to be done.
    if let Err(error) = desk::renew_trial(&app, &user, &actor(&user), &before.id).await {
        tracing::info!(%error, "an extended trial has no fresh response yet");
    }
    Ok(Redirect::to(&format!("/admin/trials/{}#response", before.id)).into_response())
}

/// A fresh response.
pub(crate) async fn renew(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (user, trial) = (visitor.user()?, find(&app, &id).await?);
    desk::renew_trial(&app, &user, &actor(&user), &trial.id).await.map_err(refused)?;
    Ok(Redirect::to(&format!("/admin/trials/{}#response", trial.id)).into_response())
}

/// `/admin/trials/{id}/response`: what the machine got last, as a file.
pub(crate) async fn response(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let answered = latest(&app, &find(&app, &id).await?).await?;
    let answered = answered.ok_or_else(ErrorPage::not_found)?;
    Ok(download::attachment(&answered.file_name(), answered.file()))
}

/// `/admin/trials/{id}/qr.svg`: the same as a picture.
pub(crate) async fn qr(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let answered = latest(&app, &find(&app, &id).await?).await?;
    qr_code(&answered.ok_or_else(ErrorPage::not_found)?)
}

async fn find(app: &App, id: &str) -> Result<Trial, ErrorPage> {
    let id = id.parse().map_err(|_| ErrorPage::not_found())?;
    app.store().trial(&id).await?.ok_or_else(ErrorPage::not_found)
}

async fn latest(app: &App, trial: &Trial) -> Result<Option<Answered>, ErrorPage> {
    let found = desk::latest_of_trial(app, trial).await;
    found.map_err(|refusal| ErrorPage::internal(&refusal))
}

fn refused(refusal: Refusal) -> ErrorPage {
    match refusal {
        Refusal::Store(error) => error.into(),
        refusal => ErrorPage::of_refusal(&refusal),
    }
}
