//! What stands around every request: the id by which it is found again (in the answer, on error pages, in every line of the
//! log), its span, and its measure.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::app::App;
use crate::problem::Problem;
use crate::traces;

/// Where it is asked for, and answered.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest that a proxy may give: one that is longer is not looked up by anybody.
const LONGEST: usize = 64;

/// The id of a request.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// What the proxy calls it, where there is one; what a stranger calls it is not taken over, or they could make two requests
    /// look like one.
    fn of(app: &App, headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER).and_then(|id| id.to_str().ok());
        let given = given.filter(|id| app.config().behind_proxy && is_plain(id));
        Self(given.map_or_else(|| app.random_id().to_string().into(), Into::into))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Nothing that would be read as something else in a log, a page or a query.
fn is_plain(id: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(plain)
}

/// Gives a request its id and everything that goes by it.
pub(crate) async fn accompany(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::of(&app, request.headers());
    let route =
        request.extensions().get::<MatchedPath>().map(|path| Arc::<str>::from(path.as_str()));
    let route = route.unwrap_or_else(|| "none".into());
    let (method, version) = (request.method().clone(), request.version());
    // At this level it is there whatever is logged: a line without it could not be found. Its route, not its address: who
    // reads a log must not get what a one-time link opens.
    let span = tracing::error_span!(
        "request", id = id.as_str(), method = %method, route = &*route,
        trace_id = Empty, otel.name = Empty, otel.kind = Empty, otel.status_code = Empty
    );
    if app.config().otlp.is_some() {
        let trusted = app.config().behind_proxy.then(|| request.headers());
        traces::begin(&span, method.as_str(), &route, trusted);
    }
    request.extensions_mut().insert(id.clone());
    let under_way = app.metrics().http().begin(&route, &method);
    let began = Instant::now();
    let answer = next.run(request).instrument(span.clone()).await;
    under_way.end(answer.status());
    let status = answer.status().as_u16();
    traces::end(&span, status);
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::debug!(target: "countersign_portal::access", status, ms, "answered"));
    let mut answer = in_problem(&id, answer);
    let value = HeaderValue::from_str(id.as_str()).ok();
    answer.headers_mut().extend(value.map(|id| (HEADER, id)));
    if app.draining().is_begun() && version < Version::HTTP_2 {
        // Whoever has a connection open takes their next request elsewhere, instead of to one that is closed just then.
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// A problem says the id, too.
fn in_problem(id: &RequestId, answer: Response) -> Response {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let is_one = kind.is_some_and(|kind| kind == Problem::CONTENT_TYPE);
    let Some(problem) = answer.extensions().get::<Problem>().filter(|_| is_one) else {
        return answer;
    };
    let body = problem.body(Some(id.as_str())).to_string();
    let (mut parts, _) = answer.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_an_id_that_writes_another_line_into_the_log() {
        for id in ["", "a b", "a\nb", "a\"b", "a{b}", "ä", "<b>", &"a".repeat(65)] {
            assert!(!is_plain(id), "{id}");
        }
        assert!(is_plain("0f8e-11.Az_9") && is_plain(&"a".repeat(64)));
    }
}
