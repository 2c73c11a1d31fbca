//! Rate limits per address, for the doors that need no login.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use tower_governor::governor::{GovernorConfig, GovernorConfigBuilder};
use tower_governor::key_extractor::KeyExtractor;
use tower_governor::{GovernorError, GovernorLayer};

use crate::config::Config;
use crate::problem::Problem;

type NoHeaders = governor_middleware::NoOp;

mod governor_middleware {
    pub(super) type NoOp = ::governor::middleware::NoOpMiddleware<::governor::clock::QuantaInstant>;
}

/// The layer, if a limit is set: bursts of five seconds' worth are let through.
pub(crate) fn layer(config: &Config) -> Option<GovernorLayer<Client, NoHeaders, Body>> {
    let per_second = config.rate_limit?.max(1);
    let burst = u32::try_from(per_second.saturating_mul(5)).unwrap_or(u32::MAX);
    let client = Client { behind_proxy: config.behind_proxy };
    let limits: Option<GovernorConfig<Client, NoHeaders>> = GovernorConfigBuilder::default()
        .period(Duration::from_nanos(1_000_000_000 / per_second))
        .burst_size(burst)
        .key_extractor(client)
        .finish();
    let layer = GovernorLayer::new(Arc::new(limits?));
    Some(layer.error_handler(|error| match error {
        GovernorError::TooManyRequests { wait_time, .. } => Problem::rate_limited(wait_time),
        _ => Problem::rate_limited(1),
    }))
}

/// The address that a request counts for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client {
    behind_proxy: bool,
}

impl Client {
    pub(crate) fn new(config: &Config) -> Self {
        Self { behind_proxy: config.behind_proxy }
    }

    /// The peer; behind a proxy what that proxy, and nobody before it, put into `X-Forwarded-For`: the last entry.
    pub(crate) fn address<T>(self, request: &Request<T>) -> Option<IpAddr> {
        let forwarded = || {
            request
                .headers()
                .get_all("x-forwarded-for")
                .iter()
                .next_back()?
                .to_str()
                .ok()?
                .rsplit(',')
                .next()?
                .trim()
                .parse()
                .ok()
        };
        let peer = || request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        if self.behind_proxy { forwarded().or_else(peer) } else { peer() }
    }
}

impl KeyExtractor for Client {
    type Key = IpAddr;

    fn extract<T>(&self, request: &Request<T>) -> Result<IpAddr, GovernorError> {
        self.address(request).ok_or(GovernorError::UnableToExtractKey)
    }
}
