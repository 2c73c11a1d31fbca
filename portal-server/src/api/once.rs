//! `Idempotency-Key`: a write with a key is done once, however often it is sent. The same again gets the answer of then;
//! something else under the same key is refused. A key is a token's own and is remembered for a day.

use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use countersign_core::{Hash, Id, UnixSeconds};
use countersign_store::Once;

use super::operation::json;
use crate::app::App;
use crate::desk::Refusal;
use crate::problem::Problem;

/// The header's name.
pub(super) const HEADER: &str = "idempotency-key";
/// The longest key, in characters.
const LONGEST: usize = 255;

/// A write that is done once.
#[derive(Debug, Clone)]
pub(super) struct Keyed {
    token: Id,
    key: Hash,
    request: Hash,
}

impl Keyed {
    /// The key that a request brings, if it brings one.
    pub(super) fn of(parts: &Parts, body: &[u8], token: Id) -> Result<Option<Self>, Problem> {
        let mut given = parts.headers.get_all(HEADER).iter();
        let Some(first) = given.next() else { return Ok(None) };
        let text = first.to_str().ok().filter(|_| given.next().is_none());
        let key = text.and_then(key_of).ok_or_else(Problem::bad_key)?;
        let mut asked = format!("{} {}\n", parts.method, parts.uri).into_bytes();
        let if_match = parts.headers.get(header::IF_MATCH).map_or(&b""[..], |tag| tag.as_bytes());
        asked.extend_from_slice(if_match);
        asked.push(b'\n');
        asked.extend_from_slice(body);
        Ok(Some(Self { token, key: Hash::of(key), request: Hash::of(asked) }))
    }

    /// What the store writes along with what is done.
    pub(super) fn once(&self, subject: String, now: UnixSeconds) -> Once {
        Once { token: self.token, key: self.key, request: self.request, subject, now }
    }

    /// The answer of then, if it was done before.
    pub(super) async fn answered(&self, app: &App) -> Result<Option<Response>, Problem> {
        let found = app.store().done_before(self.token, &self.key, app.now()).await;
        let Some(before) = found.map_err(Refusal::Store)? else { return Ok(None) };
        if before.request != self.request {
            return Err(Problem::key_reused());
        }
        let Some((status, body)) = before.answer else {
            return Err(Problem::done_before(&before.subject));
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let mut response = json(status, body);
        if let (StatusCode::CREATED, Ok(location)) = (status, before.subject.parse()) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        Ok(Some(response))
    }

    /// Keeps the answer. Where that fails, what was done is done, and who asks again is told where to look.
    pub(super) async fn note(self, app: &App, status: StatusCode, body: &str) {
        let noted =
            app.store().note_answer(self.token, self.key, status.as_u16(), body.to_owned()).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "the answer to a write with a key was not kept");
        }
    }
}

/// A key as the draft writes it, in quotes, or as most programs send it, without.
fn key_of(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = text.strip_prefix('"').map_or(Some(text), |rest| rest.strip_suffix('"'))?;
    let fits = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
    ((1..=LONGEST).contains(&inner.len()) && inner.chars().all(fits)).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_with_quotes_and_without_and_nothing_else_is_one() {
        assert_eq!(key_of("\"8e03978e\""), Some("8e03978e"));
        assert_eq!(key_of(" 8e03978e "), Some("8e03978e"));
        for none in ["", "\"\"", "\"a", "a b", "a\"b", "ä", &"x".repeat(256)] {
            assert_eq!(key_of(none), None, "{none}");
        }
    }
}
