//! The HTTP client under a bucket. object_store's own would bring a second crypto library into the portal.

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Bytes, HttpBody as Body};
use axum::http::Uri;
use axum::http::uri::Scheme;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector as TcpConnector};
use hyper_util::rt::TokioExecutor;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};
use tokio::time::{Instant, Sleep, sleep, timeout};

use super::place::is_loopback_http;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the bucket may take to begin an answer, and to go on with one.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes the client of a bucket.
#[derive(Debug, Clone, Copy)]
pub(super) enum Connector {
    /// HTTPS; plain HTTP for nothing but the keys of a role, which come from a link-local address.
    Https,
    /// HTTP, to this machine; needs no certificates.
    Loopback,
}

/// Where machines and containers learn the keys of their role; there is no HTTPS.
fn is_link_local(uri: &Uri) -> bool {
    match uri.host().map(|host| host.trim_matches(['[', ']']).parse()) {
        Some(Ok(IpAddr::V4(address))) => address.is_link_local(),
        Some(Ok(IpAddr::V6(address))) => address.segments()[..2] == [0xfd00, 0xec2],
        _ => false,
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let mut tcp = TcpConnector::new();
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.set_nodelay(true);
        if matches!(self, Self::Loopback) {
            return Ok(client(*self, tcp));
        }
        tcp.enforce_http(false);
        let roots = HttpsConnectorBuilder::new().with_native_roots().map_err(|source| {
            object_store::Error::Generic { store: "S3", source: Box::new(source) }
        })?;
        Ok(client(*self, roots.https_or_http().enable_http1().wrap_connector(tcp)))
    }
}

fn client(how: Connector, connect: impl Connect + Clone + Send + Sync + 'static) -> HttpClient {
    HttpClient::new(Service { how, client: Client::builder(TokioExecutor::new()).build(connect) })
}

struct Service<C> {
    how: Connector,
    client: Client<C, HttpRequestBody>,
}

impl<C> fmt::Debug for Service<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service")
    }
}

#[async_trait]
impl<C: Connect + Clone + Send + Sync + 'static> HttpService for Service<C> {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let uri = request.uri();
        let is_safe = match self.how {
            Connector::Https => uri.scheme() == Some(&Scheme::HTTPS) || is_link_local(uri),
            Connector::Loopback => is_loopback_http(&uri.to_string()) || is_link_local(uri),
        };
        if !is_safe {
            let refused = std::io::Error::other("plain HTTP would leave this machine");
            return Err(HttpError::new(HttpErrorKind::Unknown, refused));
        }
        let answer = timeout(PATIENCE, self.client.request(request)).await;
        let answer = answer.map_err(|late| HttpError::new(HttpErrorKind::Timeout, late))?;
        let answer = answer.map_err(|error| {
            let connecting = error.is_connect();
            let kind = if connecting { HttpErrorKind::Connect } else { HttpErrorKind::Request };
            HttpError::new(kind, error)
        })?;
        // What breaks half-way is fetched again from there on by object_store.
        let interrupted = |error| HttpError::new(HttpErrorKind::Interrupted, error);
        let (parts, body) = answer.into_parts();
        let body = Patient {
            body: body.map_err(interrupted),
            deadline: Box::pin(sleep(PATIENCE)),
            waiting: false,
        };
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body)))
    }
}

/// A body that ends with an error when nothing comes for too long while somebody waits for it.
struct Patient<B> {
    body: B,
    deadline: Pin<Box<Sleep>>,
    /// Whether somebody waits since the deadline was set; time in which nobody asked does not count.
    waiting: bool,
}

impl<B: Body<Data = Bytes, Error = HttpError> + Unpin> Body for Patient<B> {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.waiting = false;
            return Poll::Ready(frame);
        }
        if !self.waiting {
            self.waiting = true;
            self.deadline.as_mut().reset(Instant::now() + PATIENCE);
        }
        self.deadline.as_mut().poll(context).map(|()| {
            let late = std::io::Error::from(std::io::ErrorKind::TimedOut);
            Some(Err(HttpError::new(HttpErrorKind::Timeout, late)))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_leaves_this_machine_in_the_open() {
        for (how, uri) in [
            (Connector::Https, "http://s3.example/a"),
            (Connector::Https, "http://127.0.0.1:1/a"),
            (Connector::Loopback, "http://s3.example/a"),
            (Connector::Loopback, "http://10.0.0.1/a"),
        ] {
            let client = how.connect(&ClientOptions::new()).unwrap();
            let mut request = HttpRequest::new(HttpRequestBody::empty());
            *request.uri_mut() = uri.parse().unwrap();
            let error = client.execute(request).await.unwrap_err();
            assert!(error.to_string().contains("would leave this machine"), "{uri}: {error}");
        }
        let link_local = |uri: &str| is_link_local(&uri.parse().unwrap());
        assert!(
            link_local("http://169.254.169.254/latest") && link_local("http://[fd00:ec2::23]/v1")
        );
        assert!(
            !link_local("http://169.254.169.254.evil.example/") && !link_local("http://8.8.8.8/")
        );
    }
}
