//! The JSON API for programs: a request in, the response or a problem out. Public: the request proves itself.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use countersign_core::request::VerifiedRequest;
use countersign_core::{TokenType, file};
use serde_json::json;

use crate::app::App;
use crate::desk::{self, Answered, Door, Refusal, TrialAsk};
use crate::download;
use crate::problem::Problem;

/// `POST` a request of one kind: as `text/plain` (file or token) or JSON `{"request": "…"}`. The answer is JSON; with
/// `Accept: text/plain` it is the response file itself.
pub(crate) fn answer(kind: TokenType) -> MethodRouter<App> {
    let handler =
        move |State(app): State<App>,
              uri: Uri,
              headers: HeaderMap,
              body: Result<Bytes, axum::extract::rejection::BytesRejection>| async move {
            let body = body.map_err(|_| Problem::too_large())?;
            let _place = match kind {
                TokenType::TrialRequest => {
                    Some(app.trial_lane().enter().await.ok_or_else(Problem::busy)?)
                }
                _ => None,
            };
            let request = read_body(&headers, &body, kind)?;
            let ask = TrialAsk { work: work(&uri), ..TrialAsk::default() };
            let answered = answer_asked(&app, &request, &ask).await?;
            let wants_file =
                headers.get(header::ACCEPT).is_some_and(|accept| accept == "text/plain");
            Ok::<_, Problem>(if wants_file {
                download::attachment(&answered.file_name(), answered.file())
            } else {
                answer_json(&answered)
            })
        };
    // JSON escapes nothing in a file but line breaks: a little more than the file itself.
    post(handler).layer(DefaultBodyLimit::max(2 * file::MAX_FILE))
}

/// Answers a request of a program; `ask` is for trials.
pub(crate) async fn answer_asked(
    app: &App,
    request: &VerifiedRequest,
    ask: &TrialAsk,
) -> Result<Answered, Problem> {
    Ok(desk::answer_asked(app, request, &Door::anonymous("api"), ask).await?)
}

/// The nonce that proves work: `?work=NONCE`.
pub(crate) fn work(uri: &Uri) -> Option<String> {
    let mut pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.find(|(name, _)| name == "work").map(|(_, nonce)| nonce.into_owned())
}

fn read_body(
    headers: &HeaderMap,
    body: &[u8],
    kind: TokenType,
) -> Result<VerifiedRequest, Problem> {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let text;
    let bytes = if content_type.to_ascii_lowercase().starts_with("application/json") {
        text = request_member(body)?;
        text.as_bytes()
    } else {
        body
    };
    understand(bytes, kind)
}

/// A request of this kind, or what is wrong with it.
pub(crate) fn understand(bytes: &[u8], kind: TokenType) -> Result<VerifiedRequest, Problem> {
    let wrong_door = |found: TokenType| {
        Problem::from(Refusal::WrongDoor {
            found: found.with_article(),
            wanted: kind.with_article(),
        })
    };
    match desk::understand(bytes) {
        Ok((_, request)) if request.claims().token_type() == kind => Ok(request),
        Ok((_, request)) => Err(wrong_door(request.claims().token_type())),
        Err(refusal) => match desk::kind_of(bytes) {
            Some(found) if found != kind => Err(wrong_door(found)),
            _ => Err(refusal.into()),
        },
    }
}

fn request_member(body: &[u8]) -> Result<String, Problem> {
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let member = json.as_ref().and_then(|json| json.get("request")?.as_str());
    member.map(str::to_owned).ok_or_else(|| {
        let advice = "Send {\"request\": \"<file or token>\"}, or the file itself as text/plain.";
        let detail = "the body is not a JSON object with a string \"request\"";
        Problem::new(
            StatusCode::BAD_REQUEST,
            "bad-json",
            "The body is not readable",
            detail,
            advice,
        )
    })
}

fn answer_json(answered: &Answered) -> Response {
    let response = &answered.response;
    let granted = response.granted();
    let body = json!({
        "type": response.token_type().as_str(),
        "id": response.id.to_string(),
        "request_id": response.request.id.to_string(),
        "product": response.product.as_str(),
        "device_name": answered.device_name,
        "file_name": answered.file_name(),
        "file": answered.file(),
        "token": answered.token,
        "issued_at": response.issued_at,
        "import_by": granted.map(|g| g.import_by),
        "expires_at": granted.and_then(|g| g.grant.expires_at),
    });
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// Whether the process runs.
pub(crate) fn healthz() -> MethodRouter<App> {
    get(|| async { "ok\n" })
}

/// Whether the portal can answer requests: its database answers and its delegation is valid.
pub(crate) fn readyz() -> MethodRouter<App> {
    get(|State(app): State<App>| async move {
        let database = app.store().ping().await.is_ok();
        let signing_until = app.keys().signer.delegation().map(|d| d.not_after);
        let signing = signing_until.is_none_or(|end| end > app.now());
        let status =
            if database && signing { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let body =
            json!({"database": database, "signing": signing, "signing_key_until": signing_until});
        (status, [(header::CONTENT_TYPE, "application/json")], body.to_string())
    })
}
