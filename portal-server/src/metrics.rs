//! What is measured, in the text format of Prometheus. In a registry of the portal's own: no global one, so that several portals
//! in one process count for themselves.

use std::borrow::Cow;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use countersign_core::request::Ask;
use countersign_store::WebhooksWaiting;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::app::App;
use crate::desk::{Answered, Refusal};
use crate::keys::ending::ending;

/// What was asked, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: &'static str,
    /// `answered`, or the code of the refusal.
    code: Cow<'static, str>,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    answers: Family<Labels, Counter>,
}

impl Metrics {
    /// A request was answered or refused.
    pub(crate) fn answered(&self, ask: &Ask, outcome: &Result<Answered, Refusal>) {
        let kind = match ask {
            Ask::Activation { .. } => "activation",
            Ask::Trial { .. } => "trial",
            Ask::Deactivation { .. } => "deactivation",
        };
        let code = outcome.as_ref().map_or_else(Refusal::code, |_| "answered");
        self.answers.get_or_create(&Labels { kind, code: code.into() }).inc();
    }

    /// All of it as text.
    fn text(&self, app: &App, webhooks: WebhooksWaiting) -> Result<String, std::fmt::Error> {
        let end = ending(&app.keys(), app.now());
        let mut registry = Registry::with_prefix("countersign");
        let mut gauge = |name: &str, help: &str, value: u64| {
            let gauge: Gauge = Gauge::default();
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
            registry.register(name, help, gauge);
        };
        let until = "When the delegation of the signing key, or its root, ends: seconds since 1970";
        gauge("signing_key_not_after_seconds", until, end.until);
        gauge("signing_key_ended", "1 once nothing more can be signed", end.is_over().into());
        gauge("signing_key_warning", "1 while a warning is due", end.step.is_some().into());
        let unused = "1 while the files in the keys folder cannot be used, and earlier ones are";
        gauge("keys_folder_unused", unused, app.ring().trouble().is_some().into());
        let waiting = "Deliveries of webhooks that have not arrived yet";
        gauge("webhook_deliveries_waiting", waiting, webhooks.waiting);
        let failing = "Those of them that failed at least once";
        gauge("webhook_deliveries_failing", failing, webhooks.failing);
        let disabled = "Webhooks that the portal gave up";
        gauge("webhooks_disabled", disabled, webhooks.disabled);
        registry.register(
            "answers",
            "Requests by kind and what came of them",
            self.answers.clone(),
        );
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// `/metrics` on the listener of its own.
pub(crate) async fn show(State(app): State<App>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    // Where the database does not answer, the rest is measured all the same.
    let webhooks = app.store().webhooks_waiting().await.unwrap_or_default();
    match app.metrics().text(&app, webhooks) {
        Ok(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
