//! Every request that the portal itself makes to an identity provider goes through [`Http::fetch`]: HTTPS, to addresses that it
//! may go to, without following redirects, within a time and a size.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use tokio::time::timeout;
use tower::Service;

use super::reach::{Reach, may_go_to};

/// From the connection to the last byte.
const WITHIN: Duration = Duration::from_secs(10);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The most bytes of an answer. The largest that are around, with dozens of keys and chains of certificates, have some 50 KB.
const MOST_BYTES: usize = 256 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotFetched(String);

/// The client.
pub(crate) struct Http {
    reach: Vec<Reach>,
    /// Made when it is first needed: it reads whom the system trusts.
    client: OnceLock<Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>>,
}

impl Http {
    pub(crate) fn new(reach: Vec<Reach>) -> Self {
        Self { reach, client: OnceLock::new() }
    }

    /// Whether this is an address to which the portal talks without HTTPS: one on this machine that the operator allows.
    pub(crate) fn takes_in_the_open(&self, uri: &Uri) -> bool {
        let address = host_of(uri).and_then(|host| host.parse::<IpAddr>().ok());
        uri.scheme_str() == Some("http")
            && address.is_some_and(|ip| ip.is_loopback() && may_go_to(&self.reach, "", ip))
    }

    /// The one way out.
    pub(crate) async fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, NotFetched> {
        let uri = request.uri();
        let host = host_of(uri).unwrap_or_default();
        if uri.scheme_str() != Some("https") && !self.takes_in_the_open(uri) {
            return Err(NotFetched(format!("{uri} is not HTTPS")));
        }
        // What is an address already is not asked of the resolver.
        if let Ok(address) = host.parse::<IpAddr>()
            && !may_go_to(&self.reach, &host, address)
        {
            return Err(inner(&host));
        }
        let asked = timeout(WITHIN, self.ask(request)).await;
        asked.map_err(|_| {
            NotFetched(format!("{host} did not answer within {} s", WITHIN.as_secs()))
        })?
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, NotFetched> {
        let host = host_of(request.uri()).unwrap_or_default();
        let answer = self.client()?.request(request.map(|body| Full::new(body.into()))).await;
        let answer = answer.map_err(|error| NotFetched(format!("{host}: {}", root_of(&error))))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MOST_BYTES).collect().await;
        let body = body.map_err(|_| {
            NotFetched(format!("{host} broke off, or sent more than {} KiB", MOST_BYTES / 1024))
        })?;
        Ok(Response::from_parts(parts, body.to_bytes().to_vec()))
    }

    fn client(
        &self,
    ) -> Result<&Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>, NotFetched> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let mut tcp = HttpConnector::new_with_resolver(Resolver { reach: self.reach.clone() });
        tcp.set_connect_timeout(Some(CONNECT_WITHIN));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let roots = HttpsConnectorBuilder::new().with_native_roots();
        let roots = roots
            .map_err(|error| NotFetched(format!("no certificates are trusted here: {error}")))?;
        let connector = roots.https_or_http().enable_http1().wrap_connector(tcp);
        Ok(self.client.get_or_init(|| Client::builder(TokioExecutor::new()).build(connector)))
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = NotFetched;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NotFetched>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.fetch(request))
    }
}

/// Names lead to addresses that the portal may go to, or nowhere. What was looked up is what is connected to: a name that leads
/// elsewhere a moment later gains nothing.
#[derive(Clone)]
struct Resolver {
    reach: Vec<Reach>,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.reach.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<_> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            // One inner address among public ones is a trick, or a fault that somebody should know of.
            if found.iter().any(|address| !may_go_to(&reach, &host, address.ip())) {
                return Err(io::Error::other(inner(&host)));
            }
            Ok(found.into_iter())
        })
    }
}

fn inner(host: &str) -> NotFetched {
    NotFetched(format!(
        "{host} is an address inside the portal's own network; whoever runs the portal can allow it with --sso-may-reach"
    ))
}

fn host_of(uri: &Uri) -> Option<String> {
    uri.host().map(|host| host.trim_matches(['[', ']']).to_owned())
}

/// What stands at the bottom of an error is what happened.
fn root_of(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(reach: &[&str], uri: &str) -> String {
        let reach = reach.iter().map(|text| text.parse().unwrap()).collect();
        let mut request = HttpRequest::new(Vec::new());
        *request.uri_mut() = uri.parse().unwrap();
        Http::new(reach).fetch(request).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn attack_an_issuer_inside_the_portals_own_network_is_not_asked() {
        for uri in [
            "https://127.0.0.1:1/",
            "https://[::1]:1/",
            "https://169.254.169.254/latest",
            "https://10.0.0.1/",
            "https://[::ffff:127.0.0.1]:1/",
            "https://localhost:1/",
        ] {
            let said = refused(&[], uri).await;
            assert!(said.contains("inside the portal's own network"), "{uri}: {said}");
        }
    }

    #[tokio::test]
    async fn nothing_is_asked_in_the_open_but_on_this_machine_where_the_operator_allows_it() {
        for (reach, uri) in [
            (&[][..], "http://127.0.0.1:1/"),
            (&["10.0.0.0/8"], "http://10.0.0.1/"),
            (&["localhost"], "http://localhost:1/"),
            (&["127.0.0.1"], "ftp://127.0.0.1/"),
        ] {
            assert!(refused(reach, uri).await.contains("is not HTTPS"), "{uri}");
        }
        // Nobody listens there, but it was tried.
        let said = refused(&["127.0.0.1"], "http://127.0.0.1:1/").await;
        assert!(!said.contains("HTTPS") && !said.contains("own network"), "{said}");
    }
}
