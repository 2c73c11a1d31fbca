//! Answers that a browser saves as a file.

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// `content` to be saved as `name`, which [`countersign_core::file::safe_name`] made: letters, digits, `.`, `_` and `-`;
/// beyond ASCII it goes into the extended form (RFC 6266).
pub(crate) fn attachment(name: &str, content: String) -> Response {
    attachment_of("application/octet-stream", name, content)
}

/// As [`attachment`], with a media type of its own.
pub(crate) fn attachment_of(kind: &str, name: &str, content: impl Into<Body>) -> Response {
    let headers =
        [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition(name))];
    (headers, content.into()).into_response()
}

/// The header that makes a browser save an answer as `name`.
pub(crate) fn disposition(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let extended: String = name
        .bytes()
        .map(|b| if b.is_ascii_graphic() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}")
}
