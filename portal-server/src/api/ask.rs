//! `GET /caddy/ask?domain=NAME`: whether a reverse proxy may have a certificate made for a name (Caddy's `on_demand_tls`). For
//! the proxy alone; whoever asks through it learns nothing.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};

use crate::app::App;
use crate::host::{self, HostName};

/// What proxies add: a request with one of these came through the proxy, from somebody else.
const FROM_ELSEWHERE: [&str; 3] = ["x-forwarded-for", "forwarded", "via"];

/// Everything is unknown here: what is known was answered before.
pub(crate) fn ask() -> MethodRouter<App> {
    get(async || StatusCode::NOT_FOUND)
}

/// Names of this portal are answered before they could be counted: a flood of made-up names, all of which come from the one
/// proxy, does not keep the true one from its certificate.
pub(crate) fn known_first(app: &App, methods: MethodRouter<App>) -> MethodRouter<App> {
    methods.layer(from_fn_with_state(app.clone(), answer))
}

async fn answer(State(app): State<App>, request: Request, next: Next) -> Response {
    if FROM_ELSEWHERE.iter().any(|name| request.headers().contains_key(*name)) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match asked_name(&request) {
        Some(name) if host::is_public_name(&app, &name) => StatusCode::OK.into_response(),
        _ => next.run(request).await,
    }
}

/// The one name that is asked about.
fn asked_name(request: &Request) -> Option<HostName> {
    let query = request.uri().query()?;
    let mut names = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == "domain");
    let (name, further) = (names.next(), names.next());
    name.filter(|_| further.is_none()).and_then(|(_, name)| HostName::parse(&name))
}
