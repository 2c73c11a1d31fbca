//! Traces, for an operator who runs a collector: each request is a span, under the trace that a proxy in front has begun, and
//! goes out as OTLP over HTTP, in batches, from a thread of its own. Nothing here sends anything unless a collector is named.
//!
//! Sampling and the size of batches are the SDK's: `OTEL_TRACES_SAMPLER`, `OTEL_BSP_…`, and `OTEL_EXPORTER_OTLP_HEADERS` for
//! what the collector wants to see.

use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::{HeaderMap, Request, Response};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{SpanId, TraceContextExt as _, TraceId, TracerProvider as _};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{IdGenerator, SdkTracerProvider};
use tracing::Span;
use tracing::field::display;
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::clock::{Entropy as _, SystemEntropy};

/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read of it.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// The way to a collector.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// To the collector at this address, e.g. `http://127.0.0.1:4318`: what is sent goes to `/v1/traces` below it.
    ///
    /// # Errors
    /// When it is no such address.
    pub fn to(collector: &str) -> anyhow::Result<Self> {
        let url = url::Url::parse(collector).context("the collector's address is none")?;
        if !["http", "https"].contains(&url.scheme()) {
            anyhow::bail!(
                "the collector is reached by http:// or https://, not by {}",
                url.scheme()
            );
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Post(agent()))
            .with_timeout(PATIENCE)
            .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
            .build()
            .context("no traces can be sent there")?;
        let resource = Resource::builder()
            .with_service_name("countersign-portal")
            .with_attribute(opentelemetry::KeyValue::new(
                "service.version",
                env!("CARGO_PKG_VERSION"),
            ))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_id_generator(Ids)
            .with_resource(resource)
            .build();
        Ok(Self(provider))
    }

    /// The layer that makes them of spans.
    pub fn layer<S>(&self) -> OpenTelemetryLayer<S, opentelemetry_sdk::trace::SdkTracer>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    {
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer("countersign-portal"));
        // Which file and thread it was says nothing to whoever reads a trace.
        layer.with_location(false).with_threads(false).with_target(false)
    }

    /// Sends what is left.
    pub async fn end(self) {
        let ended =
            tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(PATIENCE)).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "the last traces did not reach their collector");
        }
    }
}

/// Names the span of a request, under the trace that `trusted` headers name.
pub(crate) fn begin(span: &Span, method: &str, route: &str, trusted: Option<&HeaderMap>) {
    if let Some(headers) = trusted {
        let parent = TraceContextPropagator::new().extract(&Headers(headers));
        // Where nothing is traced there is nothing to put under it.
        let _ = span.set_parent(parent);
    }
    span.record("otel.name", display(format_args!("{method} {route}")));
    span.record("otel.kind", "server");
    span.set_attribute("http.request.method", method.to_owned());
    span.set_attribute("http.route", route.to_owned());
    let trace = span.context().span().span_context().trace_id();
    span.record("trace_id", display(trace));
}

/// Notes how it ended.
pub(crate) fn end(span: &Span, status: u16) {
    span.set_attribute("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.set_status(opentelemetry::trace::Status::error(""));
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

/// Ids of traces, from the system's randomness.
#[derive(Debug)]
struct Ids;

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        let mut bytes = [0; 16];
        SystemEntropy.fill(&mut bytes);
        TraceId::from_bytes(bytes)
    }

    fn new_span_id(&self) -> SpanId {
        let mut bytes = [0; 8];
        SystemEntropy.fill(&mut bytes);
        SpanId::from_bytes(bytes)
    }
}

/// The client: one that waits, on the thread of the batches, which has nothing else to do.
#[derive(Debug)]
struct Post(ureq::Agent);

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE));
    config.http_status_as_error(false).max_redirects(0).build().into()
}

#[async_trait]
impl HttpClient for Post {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let (parts, mut answer) =
            self.0.run(Request::from_parts(parts, body.to_vec()))?.into_parts();
        let body = answer.with_config().limit(LONGEST_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(parts, body.into()))
    }
}
