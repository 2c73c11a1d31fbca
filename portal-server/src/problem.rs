//! API errors: RFC 9457 problems with our codes.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::desk::Refusal;
use crate::language::Language;

/// An `application/problem+json` answer: `type`, `title`, `status`, `detail`, and beside the RFC's members `code` (stable)
/// and `advice` (what to do next).
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    title: String,
    detail: String,
    advice: String,
    more: Vec<(&'static str, Value)>,
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
        Self { status, code, title, detail, advice, more: Vec::new() }
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
        let fact = "this address takes POST and nothing else";
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
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate-limited",
            "Too many requests",
            detail,
            &advice,
        );
        let mut response = problem.into_response();
        response.headers_mut().insert(header::RETRY_AFTER, wait_seconds.into());
        response
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
            _ => {}
        }
        problem
    }
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
        for (name, value) in self.more {
            body[name] = value;
        }
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        (self.status, content_type, body.to_string()).into_response()
    }
}
