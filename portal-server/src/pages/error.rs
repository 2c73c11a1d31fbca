//! A page that says what happened, what state things are in, and what to do next.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use countersign_store::StoreError;

use super::{Frame, page_with};
use crate::bundle::unread::TooMuch;
use crate::desk::{DISK_SECONDS, Refusal};
use crate::fields::Unfit;
use crate::language::Say;
use crate::licensing::Trouble;
use crate::password;

/// What went wrong. It becomes a page where the visitor's language is known (`access.rs`).
#[derive(Debug, Clone)]
pub(crate) struct ErrorPage(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    title: Say,
    fact: Say,
    advice: Say,
    /// Seconds.
    retry_after: Option<u64>,
}

#[derive(Template)]
#[template(path = "error.html")]
struct Shown {
    frame: Frame,
    title: String,
    fact: String,
    advice: String,
}

/// When somebody who was sent away may try again.
const BUSY_SECONDS: u64 = 3;

impl ErrorPage {
    fn new(status: StatusCode, title: &str, fact: impl Into<Say>, advice: &str) -> Self {
        let (title, fact, advice) = (Say::new(title), fact.into(), Say::new(advice));
        Self(Box::new(Parts { status, title, fact, advice, retry_after: None }))
    }

    pub(crate) fn forbidden() -> Self {
        let status = StatusCode::FORBIDDEN;
        Self::new(status, "error-forbidden-title", "error-forbidden", "error-forbidden-advice")
    }

    pub(crate) fn not_found() -> Self {
        let status = StatusCode::NOT_FOUND;
        Self::new(status, "error-not-found-title", "error-not-found", "error-not-found-advice")
    }

    pub(crate) fn foreign_form() -> Self {
        let status = StatusCode::FORBIDDEN;
        Self::new(status, "error-foreign-title", "error-foreign", "error-foreign-advice")
    }

    /// What a person typed does not work; `fact` is the key of the sentence that says why.
    pub(crate) fn bad_input(fact: impl Into<Say>) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::new(status, "error-input-title", fact, "error-input-advice")
    }

    /// What the rules refuse.
    pub(crate) fn refused(status: StatusCode, fact: Say) -> Self {
        Self::new(status, "error-input-title", fact, "error-nothing-changed")
    }

    /// More was brought than is taken at once.
    pub(crate) fn too_much(much: &TooMuch) -> Self {
        Self::upload(much.fact())
    }

    /// What the desk refuses.
    pub(crate) fn of_refusal(refusal: &Refusal) -> Self {
        let (title, fact, advice) = (refusal.title(), refusal.fact(), refusal.advice());
        let (status, retry_after) = (refusal.status(), refusal.retry_after());
        Self(Box::new(Parts { status, title, fact, advice, retry_after }))
    }

    pub(crate) fn upload(fact: impl Into<Say>) -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(status, "error-upload-title", fact, "error-upload-advice")
    }

    /// A file does not have the part that was asked for.
    pub(crate) fn no_such_part() -> Self {
        let status = StatusCode::RANGE_NOT_SATISFIABLE;
        Self::new(status, "error-part-title", "error-part", "error-download-advice")
    }

    /// A file is not what a download began with.
    pub(crate) fn changed_meanwhile() -> Self {
        let status = StatusCode::PRECONDITION_FAILED;
        Self::new(status, "error-changed-title", "error-changed", "error-download-advice")
    }

    /// A large upload is kept no longer, or it is somebody else's.
    pub(crate) fn batch_gone() -> Self {
        let status = StatusCode::NOT_FOUND;
        Self::new(status, "batch-gone-title", "batch-gone", "batch-gone-advice")
    }

    /// A table that was looked at, or keys that were made, are shown no longer, or they are somebody else's.
    pub(crate) fn kept_gone() -> Self {
        let status = StatusCode::NOT_FOUND;
        Self::new(status, "batch-gone-title", "kept-gone", "kept-gone-advice")
    }

    /// What a layer or extractor refused, by its status alone.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::PAYLOAD_TOO_LARGE => Self::upload("error-upload-broken"),
            StatusCode::TOO_MANY_REQUESTS => {
                Self::new(status, "error-rate-title", "error-rate", "error-rate-advice")
            }
            _ => {
                let fact = "error-form-incomplete";
                Self::new(status, "error-input-title", fact, "error-input-advice")
            }
        }
    }

    pub(crate) fn store(error: StoreError) -> Self {
        match error {
            StoreError::NeedsSecondPerson => Self::bad_input("approval-needed"),
            error => Self::internal(&error),
        }
    }

    /// More is asked of the portal at this moment than it answers at a time.
    pub(crate) fn busy() -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut page = Self::new(status, "error-busy-title", "error-busy", "error-busy-advice");
        page.0.retry_after = Some(BUSY_SECONDS);
        page
    }

    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a page could not be answered");
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut page =
            Self::new(status, "error-internal-title", "error-internal", "error-internal-advice");
        page.0.retry_after = Some(DISK_SECONDS);
        page
    }

    /// A file could not be stored: the disk or the bucket, the log says what.
    pub(crate) fn not_stored() -> Self {
        let (status, title) = (StatusCode::SERVICE_UNAVAILABLE, "error-upload-title");
        Self::new(status, title, "release-not-stored", "release-not-stored-advice")
    }

    /// The page, in the frame's language.
    pub(crate) fn render(self, frame: Frame) -> Response {
        let Parts { status, title, fact, advice, retry_after } = *self.0;
        let [title, fact, advice] = [title, fact, advice].map(|say| frame.say(say));
        let mut response = page_with(status, &Shown { frame, title, fact, advice });
        response.headers_mut().extend(retry_after.map(|s| (header::RETRY_AFTER, s.into())));
        response
    }
}

/// Not words yet: `access.rs` takes the page out and renders it.
impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What somebody typed is too long, or not of its form.
impl From<Unfit> for ErrorPage {
    fn from(Unfit(say): Unfit) -> Self {
        Self::bad_input(say)
    }
}

impl From<Trouble> for ErrorPage {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(say) => Self::bad_input(say),
            Trouble::Missing => Self::not_found(),
            Trouble::Forbidden => Self::forbidden(),
            Trouble::Held => Self::bad_input("approval-needed"),
            Trouble::Store(error) => Self::store(error),
        }
    }
}

impl From<StoreError> for ErrorPage {
    fn from(error: StoreError) -> Self {
        Self::store(error)
    }
}

impl From<anyhow::Error> for ErrorPage {
    fn from(error: anyhow::Error) -> Self {
        if error.is::<password::Busy>() {
            return Self::busy();
        }
        Self::internal(&error)
    }
}
