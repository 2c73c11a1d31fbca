//! Requests. Labels are routes as `router.rs` has them, known methods and classes of answers: nobody who asks for something
//! else makes a new series.

use std::sync::Arc;
use std::time::Instant;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    route: Arc<str>,
    method: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Came {
    route: Arc<str>,
    method: &'static str,
    status: &'static str,
}

/// Counts and times of requests.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    requests: Family<Came, Counter>,
    seconds: Family<Asked, Histogram, fn() -> Histogram>,
    under_way: Gauge,
}

/// A request that is not answered yet.
pub(crate) struct UnderWay {
    http: Http,
    asked: Asked,
    since: Instant,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| {
                Histogram::new([0.005, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0])
            }),
            under_way: Gauge::default(),
        }
    }
}

impl Http {
    /// A request to this route has come.
    pub(crate) fn begin(&self, route: &Arc<str>, method: &Method) -> UnderWay {
        self.under_way.inc();
        let asked = Asked { route: Arc::clone(route), method: known(method) };
        UnderWay { http: self.clone(), asked, since: Instant::now() }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        let requests = "Requests by route, method and class of the answer";
        registry.register("http_requests", requests, self.requests.clone());
        let seconds = "Seconds until the answer began";
        registry.register("http_request_duration_seconds", seconds, self.seconds.clone());
        let under_way = "Requests that are not answered yet";
        registry.register("http_requests_under_way", under_way, self.under_way.clone());
    }
}

impl UnderWay {
    /// It was answered.
    pub(crate) fn end(self, status: StatusCode) {
        let Asked { route, method } = self.asked.clone();
        let came = Came { route, method, status: class(status) };
        self.http.requests.get_or_create(&came).inc();
        self.http.seconds.get_or_create(&self.asked).observe(self.since.elapsed().as_secs_f64());
    }
}

/// Also where whoever asked has gone.
impl Drop for UnderWay {
    fn drop(&mut self) {
        self.http.under_way.dec();
    }
}

fn known(method: &Method) -> &'static str {
    let known = ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| method == known).unwrap_or("other")
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
