//! API errors: RFC 9457 problems with our codes.

use std::num::NonZeroU32;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use countersign_core::UnixSeconds;
use countersign_store::{NextTrial, StoreError, TokenScope};
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
    /// Why a token did not do, for `WWW-Authenticate`.
    challenge: Option<Challenge>,
}

const HOW_TO_SEND: &str = "POST {\"request\": \"<file or token>\"} as application/json, or the file itself as text/plain.";

const HOW_TO_SEND_A_TOKEN: &str = "Send Authorization: Bearer cst_…, once; a token in the address or in a cookie is not looked at. Tokens are made on the page \
     API tokens.";
/// How to come in, and why it was not in this way (RFC 6750).
#[derive(Debug, Clone, Copy)]
enum Challenge {
    NoToken,
    InvalidToken,
    Scope(TokenScope),
}

impl Challenge {
    fn header(self) -> String {
        let realm = "Bearer realm=\"countersign\"";
        match self {
            Self::NoToken => realm.to_owned(),
            Self::InvalidToken => format!("{realm}, error=\"invalid_token\""),
            Self::Scope(scope) => {
                format!("{realm}, error=\"insufficient_scope\", scope=\"{}\"", scope.as_str())
            }
        }
    }
}

impl Problem {
    /// What it is sent as.
    pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        title: &str,
        detail: &str,
        advice: &str,
    ) -> Self {
        let (title, detail, advice) = (title.to_owned(), detail.to_owned(), advice.to_owned());
        Self {
            status,
            code,
            title,
            detail,
            advice,
            more: Vec::new(),
            retry_after: None,
            challenge: None,
        }
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

    /// What was pushed is no part of a journal.
    pub(crate) fn journal_unreadable(why: &str) -> Self {
        let fact = format!("what was sent is no part of a journal: {why}");
        let advice = "Nothing of it was taken in. Check the journal: countersign journal verify; send its first line, and entries \
            that follow one another, as its lines.";
        let (status, title) = (StatusCode::UNPROCESSABLE_ENTITY, "No part of a journal");
        Self::new(status, "journal-unreadable", title, &fact, advice)
    }

    /// What came before it is not known.
    pub(crate) fn journal_does_not_follow() -> Self {
        let fact =
            "the first entry that was sent does not follow from what is known of this journal";
        let advice = "Nothing of it was taken in. Ask with GET how far the journal is known and send what follows, or all of it.";
        let title = "Something is missing before it";
        Self::new(StatusCode::CONFLICT, "journal-does-not-follow", title, fact, advice)
    }

    /// More than is taken at a time.
    pub(crate) fn journal_too_large() -> Self {
        let fact = "a part of a journal has at most 4 MiB and 1,000 entries";
        let advice =
            "Nothing of it was taken in. Send less at a time; what follows goes on after it.";
        let title = "Too large";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "journal-too-large", title, fact, advice)
    }

    /// The request does not say which host it is for, or says it twice.
    pub(crate) fn unclear_host() -> Self {
        let (title, fact) = ("No host", "the request names no host, or more than one");
        let advice = "Send one Host header, with the name of the portal.";
        Self::new(StatusCode::BAD_REQUEST, "unclear-host", title, fact, advice)
    }

    /// It is for a host that is none of this portal's.
    pub(crate) fn unknown_host() -> Self {
        let (title, fact) =
            ("Another host", "this portal is not reached by the name that the request is for");
        let advice = "Use the address that the portal was started with (--public-url), or a domain that its vendor has verified. A \
            proxy in between passes the Host header on as it got it.";
        Self::new(StatusCode::MISDIRECTED_REQUEST, "unknown-host", title, fact, advice)
    }

    pub(crate) fn bad_json() -> Self {
        let title = "The body is not readable";
        let fact = "the body is not a JSON object with a string \"request\"";
        Self::new(StatusCode::BAD_REQUEST, "bad-json", title, fact, HOW_TO_SEND)
    }

    /// As `bad_json`, where more may be sent.
    pub(crate) fn bad_support_json() -> Self {
        let title = "The body is not readable";
        let fact = "the body is not a JSON object with a string \"request\" and, if it is needed, a string \"license\"";
        let advice = "POST {\"request\": \"<file or token>\", \"license\": \"<id or key>\"} as application/json.";
        Self::new(StatusCode::BAD_REQUEST, "bad-json", title, fact, advice)
    }

    pub(crate) fn unsupported_media() -> Self {
        let (title, fact) =
            ("Another type of body", "the type of the body is not one that is read");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(status, "unsupported-media-type", title, fact, HOW_TO_SEND)
    }

    pub(crate) fn not_found() -> Self {
        let fact = "there is nothing under this address, or nothing that is for you";
        let advice = "GET /api/v1/openapi.json says which addresses there are: machines' requests go to /api/v1/activations, \
            /api/v1/deactivations or /api/v1/trials.";
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", fact, advice)
    }

    pub(crate) fn wrong_method() -> Self {
        let fact = "this address does not take that method";
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let advice = "The header Allow names those that it takes, and GET /api/v1/openapi.json what for; a request of a machine is sent by POST.";
        Self::new(status, "method-not-allowed", "Another method", fact, advice)
    }

    /// `wait_seconds` are whole ones: less than a second comes as 0.
    pub(crate) fn rate_limited(wait_seconds: u64) -> Self {
        let wait_seconds = wait_seconds.max(1);
        let unit = if wait_seconds == 1 { "second" } else { "seconds" };
        let advice = format!(
            "Nothing was used up. Wait {wait_seconds} {unit} and send the same request again."
        );
        let detail = "too many requests came from your address";
        let (status, title) = (StatusCode::TOO_MANY_REQUESTS, "Too many requests");
        let mut problem = Self::new(status, "rate-limited", title, detail, &advice);
        problem.retry_after = whole(wait_seconds);
        problem
    }

    /// A token has made all the requests that it may make in a minute.
    pub(crate) fn token_limited(wait_seconds: u64) -> Self {
        let detail = "this token has made as many requests as it may make in a minute".to_owned();
        Self { detail, ..Self::rate_limited(wait_seconds) }
    }

    /// With another detail.
    pub(crate) fn saying(self, detail: &str) -> Self {
        Self { detail: detail.to_owned(), ..self }
    }

    /// With a further member.
    pub(crate) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.more.push((name, value));
        self
    }

    /// So many are asking at this moment that further ones are not even queued.
    pub(crate) fn busy() -> Self {
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "Busy",
            "more is asked of the portal at this moment than it answers at a time",
            "Nothing was used up. Wait a few seconds and send the same request again.",
        );
        problem.retry_after = whole(3);
        problem
    }

    /// The request has no token, or not in the one place where it is looked for.
    pub(crate) fn token_needed() -> Self {
        let fact = "this address is for programs with a token, and the request has none in its Authorization header";
        let challenge = Challenge::NoToken;
        Self::no_token("token-needed", "A token is needed", fact, HOW_TO_SEND_A_TOKEN, challenge)
    }

    /// There is no such token.
    pub(crate) fn token_unknown() -> Self {
        let fact = "the portal does not know this token";
        let advice = "Nothing was used up. Check that the whole token is sent, from cst_ on, and to the portal that made it; \
            make a new one on the page API tokens.";
        Self::no_token("token-unknown", "Unknown token", fact, advice, Challenge::InvalidToken)
    }

    /// Its time is over.
    pub(crate) fn token_expired(at: UnixSeconds) -> Self {
        let fact = format!("the token ended on {}", Language::ENGLISH.date_time(at));
        let advice = "Nothing was used up. Make a new one on the page API tokens.";
        Self::no_token(
            "token-expired",
            "The token has ended",
            &fact,
            advice,
            Challenge::InvalidToken,
        )
    }

    /// Somebody ended it.
    pub(crate) fn token_revoked() -> Self {
        let fact = "the token was revoked: by its owner, or because the owner has a new password or may not log in any more";
        let advice =
            "Nothing was used up. Whoever may log in makes a new one on the page API tokens.";
        Self::no_token(
            "token-revoked",
            "The token was revoked",
            fact,
            advice,
            Challenge::InvalidToken,
        )
    }

    /// Its owner may not log in at the moment.
    pub(crate) fn token_suspended() -> Self {
        let fact = "the owner of the token may not log in at the moment";
        let advice = "Nothing was used up. The token works again when its owner may log in again.";
        Self::no_token(
            "token-suspended",
            "The token does not work now",
            fact,
            advice,
            Challenge::InvalidToken,
        )
    }

    /// The token is for other things.
    pub(crate) fn insufficient_scope(scope: TokenScope) -> Self {
        let name = scope.as_str();
        let fact = format!("the token does not have the scope {name}");
        let advice = format!(
            "Nothing was used up. Use a token with the scope {name}; a token's scopes stay as they were made."
        );
        let (status, title) = (StatusCode::FORBIDDEN, "The token is for other things");
        let mut problem = Self::new(status, "insufficient-scope", title, &fact, &advice);
        problem.challenge = Some(Challenge::Scope(scope));
        problem.more.push(("scope", json!(scope.as_str())));
        problem
    }

    fn no_token(
        code: &'static str,
        title: &str,
        fact: &str,
        advice: &str,
        challenge: Challenge,
    ) -> Self {
        let mut problem = Self::new(StatusCode::UNAUTHORIZED, code, title, fact, advice);
        problem.challenge = Some(challenge);
        problem
    }

    /// The members, with the id of the request where it is known.
    pub(crate) fn body(&self, request_id: Option<&str>) -> Value {
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
        if let Some(id) = request_id {
            body["request_id"] = json!(id);
        }
        body
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
        match &refusal {
            Refusal::Store(StoreError::DoneBefore) => return Self::key_in_use(),
            Refusal::Store(StoreError::NeedsSecondPerson) => return Self::second_person_needed(),
            _ => {}
        }
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
            Refusal::TrialAlreadyUsed { from, until, next } => {
                problem.more.extend([("started_at", json!(from)), ("expires_at", json!(until))]);
                match next {
                    NextTrial::From(at) => problem.more.push(("again_at", json!(at))),
                    NextTrial::After(version) => {
                        problem.more.push(("again_after_major_version", json!(version)));
                    }
                    NextTrial::Never => {}
                }
            }
            Refusal::ExtensionLimit(days) => problem.more.push(("days_left", json!(days))),
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
        let content_type = [(header::CONTENT_TYPE, Self::CONTENT_TYPE)];
        let response = (self.status, content_type, self.body(None).to_string()).into_response();
        let mut response = with_wait(response, self.retry_after);
        let challenge = self.challenge.map(Challenge::header);
        let challenge = challenge.and_then(|c| HeaderValue::try_from(c).ok());
        response.headers_mut().extend(challenge.map(|c| (header::WWW_AUTHENTICATE, c)));
        // For layers that say it in another shape.
        response.extensions_mut().insert(self);
        response
    }
}
