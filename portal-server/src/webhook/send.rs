//! One POST. The name is made addresses once, all of them are looked at, and the connection goes to exactly one of those: who
//! answers for the name differently a moment later (rebinding) is not asked again. Nothing is followed, no proxy is asked, and
//! what comes back is read as little as possible.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::reach::Reach;
use super::resolve::Resolve;
use super::target::{Place, Target};
use crate::config::Config;

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// From the name to the head of the answer.
const WHOLE_WITHIN: Duration = Duration::from_secs(15);
/// What an answer says further is only for people who look into it.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// The most that is kept of an answer.
const ANSWER_BYTES: usize = 1024;
/// The most that its head may take.
const HEAD_BYTES: usize = 16 * 1024;
/// Addresses of one name that are tried.
const MOST_ADDRESSES: usize = 2;
const USER_AGENT: &str = concat!("Countersign-Portal/", env!("CARGO_PKG_VERSION"));

/// What is sent.
pub(super) struct Message<'a> {
    pub(super) id: &'a str,
    pub(super) at: u64,
    /// One signature, or two with a space between them.
    pub(super) signatures: String,
    pub(super) body: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: u16,
    /// Its beginning, as text.
    pub(super) text: String,
    /// When it wants to be asked again, as it says it (`Retry-After`).
    pub(super) retry_after: Option<String>,
}

/// Why nothing came back: in a word, which pages put into a sentence, and in the words of what failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: &'static str,
    pub(super) words: String,
}

impl Failure {
    pub(super) fn new(error: &'static str, words: impl ToString) -> Self {
        Self { error, words: words.to_string() }
    }
}

/// What sends.
pub(super) struct Sender {
    resolver: Arc<dyn Resolve>,
    reaches: Vec<Reach>,
    /// Read once: whom the system trusts.
    tls: OnceLock<Arc<ClientConfig>>,
}

impl Sender {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            resolver: Arc::clone(&config.resolver),
            reaches: config.webhooks_may_reach.clone(),
            tls: OnceLock::new(),
        }
    }

    /// Sends it.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn post(&self, url: &str, message: Message<'_>) -> Result<Answer, Failure> {
        let target = Target::parse(url, &self.reaches)
            .map_err(|_| Failure::new("address", "what is allowed has changed"))?;
        let head = timeout(WHOLE_WITHIN, self.head(&target, message)).await;
        let (Head { code, retry_after }, body, driver) =
            head.map_err(|_| Failure::new("late", ""))??;
        let text = beginning(body).await;
        drop(driver);
        Ok(Answer { code, text, retry_after })
    }

    async fn head(
        &self,
        target: &Target,
        message: Message<'_>,
    ) -> Result<(Head, Incoming, Driver), Failure> {
        let tcp = self.connect(target).await?;
        if !target.is_https {
            return ask(tcp, target, message).await;
        }
        let name = match &target.place {
            Place::Name(name) => ServerName::try_from(name.clone()),
            Place::Address(address) => Ok(ServerName::from(*address)),
        };
        let name = name.map_err(|error| Failure::new("tls", error))?;
        let tls = TlsConnector::from(self.tls().await?);
        let tls = tls.connect(name, tcp).await.map_err(|error| Failure::new("tls", error))?;
        ask(tls, target, message).await
    }

    /// A connection to an address that was looked at.
    async fn connect(&self, target: &Target) -> Result<TcpStream, Failure> {
        let addresses = match &target.place {
            Place::Address(address) => vec![*address],
            Place::Name(name) => {
                let found = self.resolver.addresses(name).await;
                found.map_err(|error| Failure::new("name", error))?
            }
        };
        // Who mixes an internal address with others does so on purpose.
        for address in &addresses {
            let may = target.may_connect(*address, &self.reaches);
            may.map_err(|error| Failure::new(error, address))?;
        }
        let mut failed = Failure::new("name", "it has no address");
        for address in addresses.into_iter().map(|a| a.to_canonical()).take(MOST_ADDRESSES) {
            match connect_to(address, target.port).await {
                Ok(tcp) => return Ok(tcp),
                Err(error) => failed = Failure::new("connection", error),
            }
        }
        Err(failed)
    }

    async fn tls(&self) -> Result<Arc<ClientConfig>, Failure> {
        if let Some(known) = self.tls.get() {
            return Ok(Arc::clone(known));
        }
        let made = tokio::task::spawn_blocking(trusting_the_system).await;
        let made = made.map_err(io::Error::other).and_then(|made| made);
        let made = made.map_err(|error| Failure::new("tls", error))?;
        Ok(Arc::clone(self.tls.get_or_init(|| made)))
    }
}

async fn connect_to(address: IpAddr, port: u16) -> io::Result<TcpStream> {
    let connecting = TcpStream::connect(SocketAddr::new(address, port));
    let tcp = timeout(CONNECT_WITHIN, connecting).await.map_err(io::Error::from)??;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

fn trusting_the_system() -> io::Result<Arc<ClientConfig>> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
        return Err(io::Error::other(format!("the system trusts no certificate{why}")));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// What is read of an answer's head.
struct Head {
    code: u16,
    retry_after: Option<String>,
}

/// What moves the bytes of a connection; it ends with this.
struct Driver(tokio::task::JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    target: &Target,
    message: Message<'_>,
) -> Result<(Head, Incoming, Driver), Failure> {
    let broken = |error: hyper::Error| Failure::new("answer", error);
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let driver = Driver(tokio::spawn(async move {
        let _ = connection.await;
    }));
    let request = Request::post(target.path())
        .header(header::HOST, target.host_header())
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "*/*")
        .header(header::CONNECTION, "close")
        .header("webhook-id", message.id)
        .header("webhook-timestamp", message.at)
        .header("webhook-signature", message.signatures)
        .body(Full::new(Bytes::from(message.body)))
        .map_err(|error| Failure::new("address", error))?;
    let answer = sender.send_request(request).await.map_err(broken)?;
    let retry_after = answer.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let head = Head { code: answer.status().as_u16(), retry_after };
    Ok((head, answer.into_body(), driver))
}

/// The first bytes of a body, as far as they come soon.
async fn beginning(mut body: Incoming) -> String {
    let mut kept = Vec::new();
    let reading = async {
        while kept.len() < ANSWER_BYTES
            && let Some(Ok(frame)) = body.frame().await
        {
            if let Some(data) = frame.data_ref() {
                let rest = ANSWER_BYTES - kept.len();
                kept.extend_from_slice(&data[..data.len().min(rest)]);
            }
        }
    };
    let _ = timeout(ANSWER_WITHIN, reading).await;
    readable(&kept)
}

/// Text that is shown: what could not be is left out.
fn readable(bytes: &[u8]) -> String {
    let keep = |c: &char| matches!(c, '\n' | '\t') || !c.is_control();
    String::from_utf8_lossy(bytes).chars().filter(keep).collect()
}
