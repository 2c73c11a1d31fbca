//! API errors: RFC 9457 problems with our codes.

use std::num::NonZeroU32;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::desk::Refusal;
use crate::language::Language;

/// An `application/problem+json` answer: `type`, `title`, `status`, `detail`, and beside the RFC's members `code` (stable)
/// and `advice` (what to do next).
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    title: String,
    detail: String,
    advice: String,
    more: Vec<(&'static str, Value)>,
    /// Seconds.
    retry_after: Option<NonZeroU32>,
}

const HOW_TO_SEND: &str = "POST {\"request\": \"<file or token>\"} as application/json, or the file itself as text/plain.";

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        title: &str,
        detail: &str,
        advice: &str,
    ) -> Self {
        let (title, detail, advice) = (title.to_owned(), detail.to_owned(), advice.to_owned());
        Self { status, code, title, detail, advice, more: Vec::new(), retry_after: None }
    }

    pub(crate) fn too_large() -> Self {
        let advice = "Send the request file itself, one at a time.";
        let fact = "a request has at most 64 KiB";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-long", "Too large", fact, advice)
    }

    /// The body ended early, or stood still for too long.
    pub(crate) fn broken_body() -> Self {
        let title = "The body did not arrive";
        let fact = "the connection broke, or stood still, before the whole body was here";
        let advice = "Nothing was used up. Send the same request again.";
        Self::new(StatusCode::BAD_REQUEST, "broken-body", title, fact, advice)
    }

    pub(crate) fn bad_json() -> Self {
        let title = "The body is not readable";
        let fact = "the body is not a JSON object with a string \"request\"";
        Self::new(StatusCode::BAD_REQUEST, "bad-json", title, fact, HOW_TO_SEND)
    }

    pub(crate) fn unsupported_media() -> Self {
        let (title, fact) =
            ("Another type of body", "the type of the body is not one that is read");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(status, "unsupported-media-type", title, fact, HOW_TO_SEND)
    }

    pub(crate) fn not_found() -> Self {
        let fact = "there is nothing under this address";
        let advice = "POST to /api/v1/activations, /api/v1/deactivations or /api/v1/trials.";
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", fact, advice)
    }

    pub(crate) fn wrong_method() -> Self {
        let fact = "this address does not take that method";
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, "method-not-allowed", "Another method", fact, HOW_TO_SEND)
    }

    /// `wait_seconds` are whole ones: less than a second comes as 0.
    pub(crate) fn rate_limited(wait_seconds: u64) -> Response {
        let wait_seconds = wait_seconds.max(1);
        let unit = if wait_seconds == 1 { "second" } else { "seconds" };
        let advice = format!(
            "Nothing was used up. Wait {wait_seconds} {unit} and send the same request again."
        );
        let detail = "too many requests came from your address";
        let (status, title) = (StatusCode::TOO_MANY_REQUESTS, "Too many requests");
        let mut problem = Self::new(status, "rate-limited", title, detail, &advice);
        problem.retry_after = whole(wait_seconds);
        problem.into_response()
    }

    /// So many are asking at this moment that further ones are not even queued.
    pub(crate) fn busy() -> Self {
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "Busy",
            "more trials are asked for at this moment than are answered at a time",
            "Nothing was used up. Wait a few seconds and send the same request again.",
        );
        problem.retry_after = whole(3);
        problem
    }

    /// The shape that older trial pages read: `{"message", "code"}`, under the same status.
    pub(crate) fn into_legacy(self) -> Response {
        let message = format!("{} {}", self.detail, self.advice);
        let body = json!({"message": message.trim(), "code": self.code}).to_string();
        let content_type = [(header::CONTENT_TYPE, "application/json")];
        with_wait((self.status, content_type, body).into_response(), self.retry_after)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        if refusal.status().is_server_error() {
            tracing::error!(code = refusal.code(), error = ?refusal, "a request could not be answered");
        }
        let [title, detail, advice] =
            [refusal.title(), refusal.fact(), refusal.advice()].map(|s| Language::ENGLISH.say(&s));
        let mut problem = Self::new(refusal.status(), refusal.code(), &title, &detail, &advice);
        match &refusal {
            Refusal::SeatsUsedUp { allowed, holders } => {
                problem.more.push(("allowed_activations", json!(allowed)));
                if !holders.is_empty() {
                    problem.more.push(("holders", json!(holders)));
                }
            }
            Refusal::TrialAlreadyUsed { from, until } => {
                problem.more.extend([("started_at", json!(from)), ("expires_at", json!(until))]);
            }
            Refusal::WorkRequired(bits) => problem.more.push(("bits", json!(bits))),
            _ => {}
        }
        problem.retry_after = refusal.retry_after().and_then(whole);
        problem
    }
}

fn whole(seconds: u64) -> Option<NonZeroU32> {
    NonZeroU32::new(u32::try_from(seconds).unwrap_or(u32::MAX))
}

fn with_wait(mut response: Response, seconds: Option<NonZeroU32>) -> Response {
    let headers = response.headers_mut();
    headers.extend(seconds.map(|seconds| (header::RETRY_AFTER, seconds.get().into())));
    response
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": format!("urn:countersign:problem:{}", self.code),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
            "advice": self.advice,
        });
        for (name, value) in &self.more {
            body[*name] = value.clone();
        }
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        let response = (self.status, content_type, body.to_string()).into_response();
        let mut response = with_wait(response, self.retry_after);
        // For layers that say it in another shape.
        response.extensions_mut().insert(self);
        response
    }
}
