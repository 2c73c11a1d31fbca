//! Rate limits per address, for the doors that need no login.

pub(crate) mod tokens;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once, OnceLock};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::IntoResponse as _;
use tower_governor::governor::{GovernorConfig, GovernorConfigBuilder, SharedRateLimiter};
use tower_governor::key_extractor::KeyExtractor;
use tower_governor::{GovernorError, GovernorLayer};

use crate::config::Config;
use crate::problem::Problem;

type NoHeaders = governor_middleware::NoOp;

mod governor_middleware {
    pub(super) type NoOp = ::governor::middleware::NoOpMiddleware<::governor::clock::QuantaInstant>;
}

/// The layer, if a limit is set: bursts of five seconds' worth are let through.
pub(crate) fn layer(config: &Config) -> Option<GovernorLayer<Counted, NoHeaders, Body>> {
    let layer = GovernorLayer::new(Arc::new(limits(config)?.0));
    Some(layer.error_handler(|error| match error {
        GovernorError::TooManyRequests { wait_time, .. } => {
            Problem::rate_limited(wait_time).into_response()
        }
        _ => Problem::rate_limited(1).into_response(),
    }))
}

fn limits(config: &Config) -> Option<(GovernorConfig<Counted, NoHeaders>, Counted)> {
    let per_second = config.rate_limit?.max(1);
    let burst = u32::try_from(per_second.saturating_mul(5)).unwrap_or(u32::MAX);
    let counted = Counted { client: Client::new(config), table: Arc::default() };
    let limits: GovernorConfig<Counted, NoHeaders> = GovernorConfigBuilder::default()
        .period(Duration::from_nanos(1_000_000_000 / per_second))
        .burst_size(burst)
        .key_extractor(counted.clone())
        .finish()?;
    let _ = counted.table.limiter.set(Arc::clone(limits.limiter()));
    Some((limits, counted))
}

/// Whom a request is counted for. After every so many requests those who have their whole burst again are forgotten: the
/// table never holds more callers than came in the last seconds, and so many.
#[derive(Clone)]
pub(crate) struct Counted {
    client: Client,
    table: Arc<Table>,
}

#[derive(Default)]
struct Table {
    requests: AtomicU64,
    limiter: OnceLock<SharedRateLimiter<IpAddr, governor_middleware::NoOp>>,
}

/// Requests between two looks through the table.
const FORGET_EVERY: u64 = 1024;

impl KeyExtractor for Counted {
    type Key = IpAddr;

    fn extract<T>(&self, request: &Request<T>) -> Result<IpAddr, GovernorError> {
        let requests = self.table.requests.fetch_add(1, Ordering::Relaxed);
        if requests % FORGET_EVERY == FORGET_EVERY - 1
            && let Some(limiter) = self.table.limiter.get()
        {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        let address = self.client.address(request);
        address.map(network).ok_or(GovernorError::UnableToExtractKey)
    }
}

/// Who counts as one: an address, or the network that somebody with an IPv6 address has to themselves.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
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
        if self.behind_proxy {
            return forwarded().or_else(peer);
        }
        if request.headers().contains_key("x-forwarded-for") {
            warn_of_proxy();
        }
        peer()
    }
}

/// Said once: every request would count for the proxy, and one guesser would make everybody wait.
fn warn_of_proxy() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        tracing::warn!(
            "requests carry X-Forwarded-For, and the portal does not run with --behind-proxy: if a proxy of yours sends them, \
             all limits count for its address, as if everybody were one person. Start the portal with --behind-proxy then; \
             leave it off where people reach the portal directly, for they could write what they like into that header"
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(from: IpAddr) -> Request<()> {
        let mut request = Request::new(());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(from, 1)));
        request
    }

    #[test]
    fn whoever_has_a_network_of_addresses_is_still_one() {
        let name = |text: &str| network(text.parse().unwrap());
        assert_eq!(name("2001:db8:1:2:3::4"), name("2001:db8:1:2:ffff::1"));
        assert_ne!(name("2001:db8:1:2::1"), name("2001:db8:1:3::1"));
        assert_eq!(name("::ffff:192.0.2.7"), name("192.0.2.7"));
        assert_ne!(name("192.0.2.7"), name("192.0.2.8"));
    }

    #[test]
    fn attack_so_many_addresses_that_the_table_would_fill_the_memory() {
        // Everybody has their whole burst again at once, so that only the bound of the table is tested.
        let config = Config { rate_limit: Some(1_000_000_000), ..Config::new("data".into()) };
        let (limits, counted) = limits(&config).unwrap();
        let mut most = 0;
        for n in 0..20_000_u32 {
            let from = Ipv6Addr::from_bits((0x2001_0db8 << 96) | (u128::from(n) << 64));
            let key = counted.extract(&request(from.into())).unwrap();
            assert!(limits.limiter().check_key(&key).is_ok());
            most = most.max(limits.limiter().len());
        }
        assert!((100..=2 * FORGET_EVERY as usize).contains(&most), "{most}");
    }
}
