//! The portal, as a program with a token speaks to it.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request};

use super::super::args::Push;
use crate::fail::Failure;
use crate::files;

/// A part is verified and stored before the answer comes.
const PATIENCE: Duration = Duration::from_secs(120);
const LARGEST: u64 = 4 * 1024 * 1024;

pub(super) struct Portal {
    agent: Agent,
    url: String,
    token: String,
}

impl Portal {
    pub(super) fn of(options: &Push) -> Result<Self, Failure> {
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            // The token goes to the portal that was named and to nobody else.
            .max_redirects(0)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")));
        let url = options.portal.trim_end_matches('/').to_owned();
        if !url.starts_with("https://") && !url.starts_with("http://") {
            let fact = format!("{url} is no address of a portal");
            let advice = "Nothing was pushed. Give it as https://portal.example with --portal.";
            return Err(Failure::refused("portal-address", fact, advice));
        }
        Ok(Self { agent: config.build().into(), url, token: token(options)? })
    }

    /// What the portal knows of the journal with this first line, and the hash of entry `n` there.
    pub(super) fn known(&self, journal: &str, n: u64) -> Result<Value, Failure> {
        self.ask(Method::GET, &format!("/api/v1/journals/{journal}?n={n}"), Vec::new())
    }

    pub(super) fn push(&self, part: &[u8]) -> Result<Value, Failure> {
        self.ask(Method::POST, "/api/v1/journals", part.to_vec())
    }

    fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Value, Failure> {
        let url = format!("{}{path}", self.url);
        let request = Request::builder()
            .method(method)
            .uri(&url)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/jsonl")
            .body(body)
            .with_context(|| format!("{url} is no address"))?;
        let answer = self.agent.run(request).map_err(|error| self.unreachable(&error.to_string()));
        let mut answer = answer?;
        let status = answer.status();
        let bytes = answer.body_mut().with_config().limit(LARGEST).read_to_vec();
        let bytes = bytes.map_err(|error| self.unreachable(&error.to_string()))?;
        let body: Option<Value> = serde_json::from_slice(&bytes).ok();
        match body {
            Some(body) if status.is_success() => Ok(body),
            Some(problem) => Err(said(&problem, status.as_u16())),
            None => Err(self.unreachable(&format!("it answers {status}, and not as a portal"))),
        }
    }

    fn unreachable(&self, why: &str) -> Failure {
        Failure::refused(
            "portal-unreachable",
            format!("the portal {} does not answer: {why}", self.url),
            "The journal is as it was. Check the address and the network, and push again.",
        )
    }
}

/// What the portal itself says is wrong.
fn said(problem: &Value, status: u16) -> Failure {
    let text = |name: &str| problem[name].as_str().map(str::to_owned);
    let fact = text("detail").unwrap_or_else(|| format!("the portal refused with status {status}"));
    let advice = text("advice").unwrap_or_else(|| "Ask whoever runs the portal.".to_owned());
    Failure::refused(&text("code").unwrap_or_else(|| "portal-refused".to_owned()), fact, advice)
}

fn token(options: &Push) -> Result<String, Failure> {
    let text = match (&options.token_file, std::env::var("COUNTERSIGN_TOKEN")) {
        (Some(file), _) => String::from_utf8(files::read_input(file)?).unwrap_or_default(),
        (None, Ok(token)) => token,
        (None, Err(_)) => String::new(),
    };
    let token = text.lines().next().unwrap_or_default().trim().to_owned();
    let fits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        return Ok(token);
    }
    Err(Failure::refused(
        "token-needed",
        "there is no token for the portal",
        "Nothing was pushed. Make one with the scope journal:push on the portal's page API tokens, and give it with \
         --token-file or in COUNTERSIGN_TOKEN.",
    ))
}
