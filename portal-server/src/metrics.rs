//! What is measured, in the text format of Prometheus. In a registry of the portal's own: no global one, so that several portals
//! in one process count for themselves. Every label is one of few words: nothing that a stranger sends makes a new series.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `http`, `lanes` | requests and their times; how full each kind of work is |
//! | `store` | queue, groups and times of the database |
//! | `standing` | keys, what waits, the disk, the build: as they are when somebody asks |
//! | `process` | the process, from /proc |

mod http;
mod lanes;
mod process;
mod register;
mod standing;
mod store;

use std::borrow::Cow;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use countersign_core::request::Ask;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use self::http::Http;
pub(crate) use self::lanes::LaneCounts;
use self::standing::Standing;
pub(crate) use self::store::StoreTimes;
use crate::app::App;
use crate::desk::{Answered, Door, Refusal};

/// What was asked, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: &'static str,
    /// `answered`, or the code of the refusal.
    code: Cow<'static, str>,
    /// Which way it came in.
    door: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Password {
    outcome: &'static str,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    answers: Family<Labels, Counter>,
    passwords: Family<Password, Counter>,
    http: Http,
    lanes: LaneCounts,
    store: StoreTimes,
}

impl Metrics {
    /// A request was answered or refused.
    pub(crate) fn answered(&self, ask: &Ask, door: &Door, outcome: &Result<Answered, Refusal>) {
        let kind = match ask {
            Ask::Activation { .. } => "activation",
            Ask::Trial { .. } => "trial",
            Ask::Deactivation { .. } => "deactivation",
        };
        let code = outcome.as_ref().map_or_else(Refusal::code, |_| "answered");
        let labels = Labels { kind, code: code.into(), door: door.name };
        self.answers.get_or_create(&labels).inc();
    }

    /// Something was brought that is no request.
    pub(crate) fn unreadable(&self, code: &'static str, door: &'static str) {
        let labels = Labels { kind: "unreadable", code: code.into(), door };
        self.answers.get_or_create(&labels).inc();
    }

    /// Somebody tried a password.
    pub(crate) fn password(&self, right: bool) {
        let outcome = if right { "right" } else { "wrong" };
        self.passwords.get_or_create(&Password { outcome }).inc();
    }

    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    pub(crate) fn lanes(&self) -> &LaneCounts {
        &self.lanes
    }

    /// Who is told by the store.
    pub(crate) fn store(&self) -> &StoreTimes {
        &self.store
    }

    /// All of it as text.
    fn text(&self, app: &App, standing: &Standing) -> Result<String, std::fmt::Error> {
        let mut all = Registry::default();
        process::register(&mut all);
        let registry = all.sub_registry_with_prefix("countersign");
        let answers = "Requests of machines by kind, what came of them, and where they came in";
        registry.register("answers", answers, self.answers.clone());
        registry.register("passwords", "Passwords that were tried", self.passwords.clone());
        self.http.register(registry);
        self.lanes.register(registry, app);
        self.store.register(registry);
        standing.register(registry, app);
        let mut text = String::new();
        encode(&mut text, &all)?;
        Ok(text)
    }
}

/// `/metrics` on the listener of its own.
pub(crate) async fn show(State(app): State<App>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let standing = Standing::of(&app).await;
    match app.metrics().text(&app, &standing) {
        Ok(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
