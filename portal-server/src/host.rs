//! The host that a request is sent to. The portal answers under the operator's address and the vendor's verified domain, and to
//! nobody else: a page that another name leads here (DNS rebinding), a cache that keeps pages under a name that somebody made
//! up, a proxy that passes on whatever it gets, all meet the same refusal. What a request says of hosts goes into no page, no
//! mail and no link; headers of proxies about hosts (`X-Forwarded-Host`, `Forwarded`) are not read at all.

mod name;
mod public_url;

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub(crate) use self::name::HostName;
pub(crate) use self::public_url::{PublicUrl, of_config};
use crate::access;
use crate::app::App;
use crate::language::Language;
use crate::pages::page_with;
use crate::problem::Problem;

/// Seconds between two lines in the log about refused hosts: whoever sends them fills no disk.
const SAY_AGAIN: u64 = 60;

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// It names no host, several, or something that is none.
    Unclear,
    /// It is for another host.
    Unknown,
}

/// Lets a request through if its host is one of this portal's. Handlers find it as an extension.
pub(crate) async fn enforce(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let refused = match asked_for(&request) {
        None => Refused::Unclear,
        Some(host) if is_ours(&app, &host) => {
            request.extensions_mut().insert(host);
            return next.run(request).await;
        }
        Some(host) => {
            say(&app, &host);
            Refused::Unknown
        }
    };
    refusal(refused, &request)
}

/// As [`enforce`], for the listener of the metrics: whoever measures asks by an address, a name of their own network, or one that the
/// operator names. A web page that leads its own name here (DNS rebinding) reads nothing through somebody's browser.
pub(crate) async fn enforce_measured(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    match asked_for(&request) {
        Some(host) if is_measured(&app, &host) => next.run(request).await,
        _ => (StatusCode::MISDIRECTED_REQUEST, NOT_MEASURED).into_response(),
    }
}

const NOT_MEASURED: &str = "The metrics are not answered under this host. Ask by an address, or start the portal with \
    --metrics-host and this name.\n";

fn is_measured(app: &App, host: &HostName) -> bool {
    let HostName::Name(name) = host else { return true };
    // No name of the internet has one part alone.
    let is_inner = !name.contains('.');
    let is_named = app.config().metrics_hosts.iter().any(|known| known.eq_ignore_ascii_case(name));
    is_inner || is_named || app.public_url().is_some_and(|url| url.host() == host)
}

/// Whether the portal answers under this host.
pub(crate) fn is_ours(app: &App, host: &HostName) -> bool {
    match app.public_url() {
        Some(url) => *url.host() == *host || is_domain(app, host),
        None => is_here(host, app.listening_at().map(|address| address.ip())),
    }
}

/// The same page under the host that links begin with, where `host` is the other one: what comes back from elsewhere comes back
/// there, and needs the cookies of there.
pub(crate) fn at_home(app: &App, host: &HostName, page: &Uri) -> Option<String> {
    let url = app.public_url()?;
    let domain = app.domain().filter(|domain| domain.is_in_links());
    let is_home = domain
        .map_or_else(|| url.host() == host, |domain| *host == HostName::Name(domain.name.clone()));
    let page = page.path_and_query().map_or("/", |page| page.as_str());
    (!is_home).then(|| format!("{}{page}", app.base_url()))
}

/// Whether it is a name that a certificate may be had for: the operator's, or the vendor's verified one.
pub(crate) fn is_public_name(app: &App, host: &HostName) -> bool {
    let is_name = matches!(host, HostName::Name(_));
    is_name && app.public_url().is_some() && is_ours(app, host)
}

fn is_domain(app: &App, host: &HostName) -> bool {
    let HostName::Name(name) = host else { return false };
    app.domain().is_some_and(|domain| domain.is_answered() && domain.name == *name)
}

/// While it is tried out: this machine, or the address that the portal listens on. Where it listens on all of them, any: no name
/// leads to an address that somebody typed.
fn is_here(host: &HostName, listening: Option<IpAddr>) -> bool {
    match host {
        HostName::Name(name) => name == "localhost",
        HostName::Address(address) => {
            let bound = |ip: IpAddr| ip.to_canonical() == *address || ip.is_unspecified();
            address.is_loopback() || listening.is_some_and(bound)
        }
    }
}

/// The host, if the request says exactly one. The address in a request's first line is HTTP/2's way to say it, and a proxy's; where
/// there is a header as well, both have to agree.
fn asked_for<B>(request: &axum::http::Request<B>) -> Option<HostName> {
    let mut headers = request.headers().get_all(header::HOST).iter();
    let (header, further) = (headers.next(), headers.next());
    if further.is_some() {
        return None;
    }
    let header = header.map(|value| value.to_str().ok().and_then(HostName::with_port));
    let target = request.uri().authority().map(|a| HostName::with_port(a.as_str()));
    match (target, header) {
        (None, Some(header)) => header.map(|(host, _)| host),
        (Some(target), None) if request.version() >= Version::HTTP_2 => {
            target.map(|(host, _)| host)
        }
        (Some(target), Some(header)) if target == header => target.map(|(host, _)| host),
        _ => None,
    }
}

/// Whoever runs the portal hears of it, now and then.
fn say(app: &App, host: &HostName) {
    static SAID: AtomicU64 = AtomicU64::new(0);
    let (now, said) = (app.now(), SAID.load(Ordering::Relaxed));
    if now.abs_diff(said) < SAY_AGAIN
        || SAID.compare_exchange(said, now, Ordering::Relaxed, Ordering::Relaxed).is_err()
    {
        return;
    }
    tracing::warn!(
        %host,
        "a request for a host that is none of this portal's was refused. If people are to reach it by this name, start it with \
         --public-url, or set the name on the page Settings, Domain; if it comes from a proxy of yours, let it pass the host on \
         as it got it"
    );
}

#[derive(Template)]
#[template(path = "misdirected.html")]
struct MisdirectedPage {
    language: Language,
    title: String,
    fact: String,
    advice: String,
}

/// For people a page without anything of the vendor's on it; for programs a problem.
fn refusal(refused: Refused, request: &Request) -> Response {
    let path = request.uri().path();
    if ["/api", "/v3/"].iter().any(|start| path.starts_with(start)) {
        return match refused {
            Refused::Unclear => Problem::unclear_host(),
            Refused::Unknown => Problem::unknown_host(),
        }
        .into_response();
    }
    let language = access::language(None, request.headers());
    let (status, fact) = match refused {
        Refused::Unclear => (StatusCode::BAD_REQUEST, language.t("host-unclear")),
        Refused::Unknown => (StatusCode::MISDIRECTED_REQUEST, language.t("host-unknown")),
    };
    let (title, advice) = (language.t("host-title"), language.t("host-advice"));
    page_with(status, &MisdirectedPage { language, title, fact, advice })
}

#[cfg(test)]
mod tests {
    use axum::http;

    use super::*;

    fn of(version: Version, target: &str, hosts: &[&str]) -> Option<String> {
        let mut request = http::Request::builder().version(version).uri(target);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        asked_for(&request.body(()).unwrap()).map(|host| host.to_string())
    }

    #[test]
    fn a_request_has_one_host_and_says_it_without_contradiction() {
        let one = Some("acme.example".to_owned());
        assert_eq!(of(Version::HTTP_11, "/", &["acme.example"]), one);
        assert_eq!(of(Version::HTTP_11, "/", &["ACME.example:443"]), one);
        assert_eq!(of(Version::HTTP_11, "http://acme.example/", &["acme.example"]), one);
        assert_eq!(of(Version::HTTP_2, "http://acme.example/", &[]), one);
        assert_eq!(of(Version::HTTP_11, "/", &[]), None);
        assert_eq!(of(Version::HTTP_11, "http://acme.example/", &[]), None);
        assert_eq!(of(Version::HTTP_11, "/", &["acme.example", "acme.example"]), None);
        assert_eq!(of(Version::HTTP_11, "http://acme.example/", &["evil.example"]), None);
        assert_eq!(of(Version::HTTP_11, "http://acme.example/", &["acme.example:8080"]), None);
        assert_eq!(of(Version::HTTP_2, "http://acme.example/", &["evil.example"]), None);
    }

    #[test]
    fn while_it_is_tried_out_no_name_but_localhost_leads_here() {
        let here = |host: &str, bound: &str| {
            is_here(&HostName::parse(host).unwrap(), Some(bound.parse().unwrap()))
        };
        for host in ["localhost", "127.0.0.1", "[::1]", "127.9.9.9"] {
            assert!(here(host, "127.0.0.1"), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "192.0.2.7", "x.localhost"] {
            assert!(!here(host, "127.0.0.1"), "{host}");
        }
        assert!(here("192.0.2.7", "192.0.2.7") && !here("192.0.2.8", "192.0.2.7"));
        assert!(here("192.0.2.7", "0.0.0.0") && !here("evil.example", "0.0.0.0"));
    }
}
