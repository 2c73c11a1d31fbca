//! Every URL, with who may use it. There is no other way to add a route.

mod api;
mod pages;
mod table;

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::access::Access;
use crate::api::document::Entry;
use crate::api::{ask, healthz, readyz};
use crate::app::App;
use crate::{host, metrics, request_id};
use table::Table;

pub use table::Route;

/// Every URL of the portal: for tests that go through all of them.
pub fn routes(app: &App) -> Vec<Route> {
    [machines(app).routes, api::routes(app).routes, pages::routes(app).routes].concat()
}

/// What is asked under whatever address a machine next door has of the portal: load balancers and proxies go by numbers. No
/// answer here says anything of anybody.
fn machines(app: &App) -> Table<'_> {
    Table::new(app)
        .route("/healthz", Access::Api, healthz())
        .route("/readyz", Access::Api, readyz())
        .limited_with("/caddy/ask", Access::Api, ask::ask(), |m| ask::known_first(app, m))
}

/// What programs can do, as the document says it.
pub(crate) fn documented(app: &App) -> Vec<Entry> {
    api::routes(app).documented
}

/// What the listener for metrics answers: it has nothing else, and is for nobody but who measures.
pub(crate) fn metrics(app: &App) -> Router {
    let table = Table::new(app).route("/metrics", Access::Api, get(metrics::show));
    table
        .router
        .layer(from_fn_with_state(app.clone(), host::enforce_measured))
        .with_state(app.clone())
}

/// All of it, with what stands around every route.
pub(crate) fn router(app: &App) -> Router {
    let (machines, api, pages) = (machines(app), api::routes(app), pages::routes(app));
    let not_found = pages.guarded(Access::Public, any(crate::pages::not_found));
    let pages = pages.router.fallback(not_found).layer(compression());
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    api.router
        .merge(pages)
        .layer(from_fn_with_state(app.clone(), host::enforce))
        .merge(machines.router)
        .with_state(app.clone())
        .layer(CatchPanicLayer::new())
        .layer(header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(header(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(RequestBodyTimeoutLayer::new(BODY_GOES_ON_WITHIN))
        .layer(from_fn_with_state(app.clone(), request_id::accompany))
}

/// Files are handed out as they are: packed they would have another length, and no part of them could be asked for.
fn compression() -> CompressionLayer<impl Predicate> {
    let not_files = NotForContentType::new("application/octet-stream");
    CompressionLayer::new().compress_when(DefaultPredicate::new().and(not_files))
}

/// How long an upload may stand still.
const BODY_GOES_ON_WITHIN: Duration = Duration::from_secs(20);

/// Nothing from elsewhere, nothing inline, no frames: text that somebody smuggled into a page cannot run.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Trial pages live on other origins: those that the vendor or the operator named may post, without credentials.
fn trial_origins(app: &App) -> CorsLayer {
    let app = app.clone();
    let allow = AllowOrigin::async_predicate(move |origin, _| async move {
        let named = app.config().trial_origins.iter().any(|o| o == "*" || origin == o.as_str());
        // A database that does not answer allows nothing more than the operator does.
        let in_settings = async || {
            let origin = origin.to_str().ok()?;
            Some(app.settings().await.ok()?.allows_origin(origin))
        };
        named || in_settings().await.unwrap_or(false)
    });
    CorsLayer::new()
        .allow_origin(allow)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE])
        .expose_headers([header::RETRY_AFTER])
}
