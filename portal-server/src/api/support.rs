//! The support desk's API: requests of any kind, answered in the name of a token's owner, under the limits of the licenses as
//! at every other door. The same request gets the same bytes.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use countersign_core::request::VerifiedRequest;
use countersign_core::{LicenseId, file};
use schemars::JsonSchema;
use serde::Deserialize;

use super::answers::{PreviewOutcome, PreviewRefusal, RequestPreview};
use super::{answer_json, unread};
use crate::access::token::Holder;
use crate::app::App;
use crate::desk::{
    self, Chosen, Door, Effect, Outcome, Preview, Refusal, SeatKind, license_of_key,
};
use crate::download;
use crate::language::Language;
use crate::problem::Problem;

/// The name of the door, as it is noted with a seat.
const DOOR: &str = "support";

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RequestOfLicense")]
pub(super) struct Sent {
    /// The request file or its token.
    request: String,
    /// Id or key of the license for an activation request that names none.
    license: Option<String>,
}

/// `POST /api/v1/requests`: answers it.
pub(crate) fn answer() -> MethodRouter<App> {
    let handler = async |State(app): State<App>,
                         holder: Holder,
                         headers: HeaderMap,
                         body: Result<Bytes, BytesRejection>| {
        let (request, door) = read(&app, holder, body).await?;
        let answered = desk::answer(&app, &request, &door).await?;
        let wants_file = headers.get(header::ACCEPT).is_some_and(|accept| accept == "text/plain");
        Ok::<_, Problem>(if wants_file {
            download::attachment(&answered.file_name(), answered.file())
        } else {
            answer_json(&answered)
        })
    };
    limited(post(handler))
}

/// `POST /api/v1/requests/preview`: what that would do. Nothing is used up.
pub(crate) fn preview() -> MethodRouter<App> {
    let handler =
        async |State(app): State<App>, holder: Holder, body: Result<Bytes, BytesRejection>| {
            let (request, door) = read(&app, holder, body).await?;
            let preview = desk::preview(&app, &request, &door).await?;
            Ok::<Response, Problem>(Json(shown(&request, &preview)).into_response())
        };
    limited(post(handler))
}

fn limited(methods: MethodRouter<App>) -> MethodRouter<App> {
    let methods = methods.fallback(async || Problem::wrong_method());
    methods.layer(DefaultBodyLimit::max(2 * file::MAX_FILE))
}

async fn read(
    app: &App,
    holder: Holder,
    body: Result<Bytes, BytesRejection>,
) -> Result<(VerifiedRequest, Door), Problem> {
    let body = body.map_err(|refused| unread(&refused))?;
    let sent: Sent = serde_json::from_slice(&body).map_err(|_| Problem::bad_support_json())?;
    let (_, request) = desk::understand(sent.request.as_bytes())?;
    let license = match sent.license.as_deref() {
        Some(typed) => Some(Chosen::OnItsPage(license(app, &holder, typed).await?)),
        None => None,
    };
    Ok((request, Door { name: DOOR, user: Some(holder.user), license }))
}

/// The license that was named, if the token's owner may act for it.
async fn license(app: &App, holder: &Holder, typed: &str) -> Result<LicenseId, Refusal> {
    let id = match typed.parse() {
        Ok(id) => id,
        Err(_) => license_of_key(app, typed).await?,
    };
    let access = app.store().access_to(&holder.user, &id).await?;
    access.map(|_| id).ok_or(Refusal::UnknownLicense)
}

fn shown(request: &VerifiedRequest, preview: &Preview) -> RequestPreview {
    RequestPreview {
        kind: preview.kind.as_str().to_owned(),
        request_id: request.claims().id.to_string(),
        request_hash: request.hash().to_string(),
        product: request.claims().product.to_string(),
        product_name: preview.product.clone(),
        device_name: preview.machine.clone(),
        platform: preview.platform.clone(),
        made_at: preview.made_at,
        outcome: preview.outcome.as_ref().ok().map(outcome_shown),
        refusal: preview.outcome.as_ref().err().map(refusal_shown),
    }
}

fn outcome_shown(outcome: &Outcome) -> PreviewOutcome {
    let terms = outcome.terms.as_ref();
    PreviewOutcome {
        effect: effect_name(outcome.effect).to_owned(),
        seat: seat_name(outcome.effect).map(str::to_owned),
        words: outcome.words(&Language::ENGLISH),
        license: terms.and_then(|terms| terms.license).map(|id| id.to_string()),
        plan: terms.and_then(|terms| terms.plan.clone()),
        holder: terms.and_then(|terms| terms.holder.clone()),
        expires_at: terms.and_then(|terms| terms.expires_at),
        import_by: terms.map(|terms| terms.import_by),
        seats_used: outcome.seats.map(|seats| seats.used),
        seats_allowed: outcome.seats.and_then(|seats| seats.allowed),
    }
}

fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Again => "again",
        Effect::Activate(..) => "activate",
        Effect::StartTrial(_) => "trial",
        Effect::LongerTrial(_) => "longer-trial",
        Effect::FreeSeat => "free-seat",
        Effect::ReceiptOnly => "receipt-only",
    }
}

fn seat_name(effect: Effect) -> Option<&'static str> {
    let Effect::Activate(seat, _) = effect else { return None };
    Some(match seat {
        SeatKind::New => "new",
        SeatKind::Renewal => "renewal",
        SeatKind::Kept => "kept",
        SeatKind::Reinstall => "reinstall",
        SeatKind::Recognised => "recognised",
    })
}

fn refusal_shown(refusal: &Refusal) -> PreviewRefusal {
    let [title, detail, advice] =
        [refusal.title(), refusal.fact(), refusal.advice()].map(|say| Language::ENGLISH.say(&say));
    PreviewRefusal {
        code: refusal.code().to_owned(),
        status: refusal.status().as_u16(),
        title,
        detail,
        advice,
        holders: refusal.holders().to_vec(),
    }
}
