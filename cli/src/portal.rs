//! The portal, as a program with a token speaks to it. The token goes to the portal that was named and to nobody else.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request, Uri};

use crate::fail::Failure;
use crate::files;

/// A part of a journal is verified and stored before the answer comes.
const PATIENCE: Duration = Duration::from_secs(120);
const LARGEST: u64 = 4 * 1024 * 1024;
/// How often a portal that is busy is asked once more.
const TRIES: u32 = 5;
/// The longest that it is waited for, whatever it asks for.
const LONGEST_WAIT: u64 = 30;

/// Who speaks to the portal.
#[derive(Debug, Args)]
#[command(next_help_heading = "Portal")]
pub(crate) struct Token {
    /// A file whose first line is a token from the portal's page API tokens [default: the variable COUNTERSIGN_TOKEN].
    #[arg(long, value_name = "FILE", requires = "portal")]
    pub(crate) token_file: Option<PathBuf>,
    /// Speak without encryption to a portal on another machine, although whoever listens can take the token.
    #[arg(long, requires = "portal")]
    pub(crate) insecure_http: bool,
}

/// What a program wants there, for its messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose {
    /// The scope that its token needs.
    pub(crate) scope: &'static str,
    /// What state things are in when it does not work: a sentence.
    pub(crate) state: &'static str,
    /// What to do then: a sentence.
    pub(crate) way_out: &'static str,
}

pub(crate) struct Portal {
    agent: Agent,
    url: String,
    token: String,
    purpose: Purpose,
}

impl Portal {
    pub(crate) fn open(url: &str, token: &Token, purpose: Purpose) -> Result<Self, Failure> {
        let url = url.trim_end_matches('/').to_owned();
        check_address(&url, token.insecure_http, purpose)?;
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")));
        Ok(Self { agent: config.build().into(), url, token: read(token, purpose)?, purpose })
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, Failure> {
        self.ask(Method::GET, path, "application/json", &[])?
    }

    pub(crate) fn push(&self, path: &str, lines: &[u8]) -> Result<Value, Failure> {
        self.ask(Method::POST, path, "application/jsonl", lines)?
    }

    /// The inner error is what the portal says of what was sent; the outer one concerns everything that is sent there.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Result<Value, Failure>, Failure> {
        self.ask(Method::POST, path, "application/json", body.to_string().as_bytes())
    }

    fn ask(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: &[u8],
    ) -> Result<Result<Value, Failure>, Failure> {
        let url = format!("{}{path}", self.url);
        for turn in 1.. {
            let request = Request::builder()
                .method(method.clone())
                .uri(&url)
                .header("authorization", format!("Bearer {}", self.token))
                .header("content-type", kind)
                .body(body)
                .with_context(|| format!("{url} is no address"))?;
            let answer = self.agent.run(request);
            let mut answer = answer.map_err(|error| self.unreachable(&error.to_string()))?;
            let status = answer.status().as_u16();
            let wait = answer.headers().get("retry-after").and_then(|v| v.to_str().ok());
            let wait = wait.and_then(|seconds| seconds.parse::<u64>().ok());
            let bytes = answer.body_mut().with_config().limit(LARGEST).read_to_vec();
            let bytes = bytes.map_err(|error| self.unreachable(&error.to_string()))?;
            if matches!((status, wait), (429 | 503, Some(0..=LONGEST_WAIT))) && turn < TRIES {
                std::thread::sleep(Duration::from_secs(wait.unwrap_or(1).max(1)));
                continue;
            }
            let body: Option<Value> = serde_json::from_slice(&bytes).ok();
            return match body {
                Some(body) if (200..300).contains(&status) => Ok(Ok(body)),
                Some(problem) if concerns_all(status) => Err(said(&problem, status)),
                Some(problem) => Ok(Err(said(&problem, status))),
                None => {
                    Err(self.unreachable(&format!("it answers {status}, and not as a portal does")))
                }
            };
        }
        unreachable!("the last turn returns")
    }

    fn unreachable(&self, why: &str) -> Failure {
        let fact = format!("the portal {} does not answer: {why}", self.url);
        let Purpose { state, way_out, .. } = self.purpose;
        Failure::refused("portal-unreachable", fact, format!("{state} {way_out}"))
    }
}

/// Neither the token nor the portal will do better with the next thing that is sent.
fn concerns_all(status: u16) -> bool {
    matches!(status, 401 | 403 | 429 | 500..)
}

/// What the portal itself says is wrong.
fn said(problem: &Value, status: u16) -> Failure {
    let text = |name: &str| problem[name].as_str().map(str::to_owned);
    let fact = text("detail").unwrap_or_else(|| format!("the portal refused with status {status}"));
    let advice = text("advice").unwrap_or_else(|| "Ask whoever runs the portal.".to_owned());
    Failure::refused(&text("code").unwrap_or_else(|| "portal-refused".to_owned()), fact, advice)
}

fn check_address(url: &str, insecure: bool, purpose: Purpose) -> Result<(), Failure> {
    let refused = |fact: String, advice: &str| {
        let advice = format!("{} {advice}", purpose.state);
        Err(Failure::refused("portal-address", fact, advice))
    };
    let uri: Option<Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    match uri.as_ref().and_then(Uri::scheme_str) {
        Some("https") => Ok(()),
        Some("http") if insecure || is_here(host) => Ok(()),
        Some("http") => refused(
            format!("{url} is not encrypted: whoever listens on the way can take the token"),
            "Give the portal's https address, or say --insecure-http if the way there is safe.",
        ),
        _ => refused(
            format!("{url} is no address of a portal"),
            "Give it as https://portal.example with --portal.",
        ),
    }
}

/// Whether it is this very machine.
fn is_here(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn read(token: &Token, purpose: Purpose) -> Result<String, Failure> {
    let text = match (&token.token_file, std::env::var("COUNTERSIGN_TOKEN")) {
        (Some(file), _) => String::from_utf8(files::read_input(file)?).unwrap_or_default(),
        (None, Ok(token)) => token,
        (None, Err(_)) => String::new(),
    };
    let token = text.lines().next().unwrap_or_default().trim().to_owned();
    if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(token);
    }
    let Purpose { scope, state, .. } = purpose;
    Err(Failure::refused(
        "token-needed",
        "there is no token for the portal",
        format!(
            "{state} Make one with the scope {scope} on the portal's page API tokens, and give it with --token-file or in \
             COUNTERSIGN_TOKEN."
        ),
    ))
}
