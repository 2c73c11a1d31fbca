//! A receiver on a port of this machine, which behaves as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::until;

/// How it answers.
#[derive(Debug, Clone)]
pub(crate) enum How {
    /// With this status and an empty body.
    Status(u16),
    /// With these bytes, and then it hangs up.
    Bytes(Vec<u8>),
    /// With these bytes, and then the same again and again.
    Endless(&'static str, Vec<u8>),
    /// With these bytes, and then nothing.
    Stuck(&'static str),
}

/// What it got.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// Whether one of its signatures is by this secret.
    pub(crate) fn is_signed_by(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let at = &self.headers["webhook-timestamp"];
        mac.update(format!("{}.{at}.{}", self.id(), self.body).as_bytes());
        let expected = format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()));
        self.headers["webhook-signature"].split(' ').any(|one| one == expected)
    }
}

#[derive(Default)]
struct State {
    got: Mutex<Vec<Got>>,
    next: Mutex<VecDeque<How>>,
    otherwise: Mutex<Option<How>>,
    connections: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

/// A running receiver; it answers 204 where nothing else is said.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

impl Receiver {
    pub(crate) async fn new() -> Self {
        Self::at("127.0.0.1:0").await
    }

    pub(crate) async fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let receiver = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        let state = Arc::clone(&receiver.state);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(socket, Arc::clone(&state)));
            }
        });
        receiver
    }

    /// One that is served by [`Self::serve`] alone.
    pub(crate) fn elsewhere(address: SocketAddr) -> Self {
        Self { address, state: Arc::default() }
    }

    /// Serves one connection.
    pub(crate) async fn serve(&self, stream: impl Stream) {
        serve(stream, Arc::clone(&self.state)).await;
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// What the next requests are answered with, one after the other.
    pub(crate) fn next(&self, answers: impl IntoIterator<Item = How>) {
        self.state.next.lock().unwrap().extend(answers);
    }

    /// What everything else is answered with.
    pub(crate) fn always(&self, how: How) {
        *self.state.otherwise.lock().unwrap() = Some(how);
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.state.got.lock().unwrap().clone()
    }

    /// The types of what it got, sorted.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<String> = self.got().iter().map(Got::kind).collect();
        kinds.sort();
        kinds
    }

    /// How many connections there ever were.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// How many there were at a time.
    pub(crate) fn most_open(&self) -> usize {
        self.state.most_open.load(Ordering::SeqCst)
    }

    /// Waits until it has got so many.
    pub(crate) async fn has_got(&self, count: usize) -> Vec<Got> {
        until("a receiver got all", async || self.got().len() >= count).await;
        let got = self.got();
        assert_eq!(got.len(), count, "{got:#?}");
        got
    }
}

/// Something to read from and to write to.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

async fn serve(mut stream: impl Stream, state: Arc<State>) {
    state.connections.fetch_add(1, Ordering::SeqCst);
    let open = state.open.fetch_add(1, Ordering::SeqCst) + 1;
    state.most_open.fetch_max(open, Ordering::SeqCst);
    if let Some(got) = read(&mut stream).await {
        state.got.lock().unwrap().push(got);
        let next = state.next.lock().unwrap().pop_front();
        let otherwise = state.otherwise.lock().unwrap().clone();
        answer(&mut stream, next.or(otherwise).unwrap_or(How::Status(204))).await;
    }
    state.open.fetch_sub(1, Ordering::SeqCst);
}

async fn read(stream: &mut impl Stream) -> Option<Got> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let line = lines.next()?.to_owned();
            let header = |line: &str| {
                line.split_once(": ").map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned()))
            };
            let headers: BTreeMap<String, String> = lines.filter_map(header).collect();
            if body.len() >= headers.get("content-length")?.parse().ok()? {
                return Some(Got { line, headers, body: body.to_owned() });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

async fn answer(stream: &mut impl Stream, how: How) {
    // Who asked may have hung up by now.
    let _ = match how {
        How::Status(code) => {
            let head = format!("HTTP/1.1 {code} X\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).await
        }
        How::Bytes(bytes) => stream.write_all(&bytes).await,
        How::Stuck(bytes) => {
            let _ = stream.write_all(bytes.as_bytes()).await;
            let _ = stream.flush().await;
            // Until the other side has enough.
            stream.read_u8().await.map(drop)
        }
        How::Endless(head, again) => {
            let mut written = stream.write_all(head.as_bytes()).await;
            while written.is_ok() {
                written = stream.write_all(&again).await;
                tokio::task::yield_now().await;
            }
            written
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.shutdown()).await;
}
