//! What is out there: a page on a web server, and the portal that it asks.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request, StatusCode};

const PATIENCE: Duration = Duration::from_secs(10);
const LARGEST: u64 = 4 * 1024 * 1024;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The header by which a server lets a page of another origin in.
    pub(crate) allows: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

pub(crate) struct Web(Agent);

impl Web {
    pub(crate) fn new() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")));
        Self(config.build().into())
    }

    pub(crate) fn get(&self, url: &str) -> anyhow::Result<Answer> {
        self.ask(Method::GET, url, &[])
    }

    /// What a browser asks before it lets a page of `origin` post JSON there.
    pub(crate) fn preflight(&self, url: &str, origin: &str) -> anyhow::Result<Answer> {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ];
        self.ask(Method::OPTIONS, url, &headers)
    }

    fn ask(&self, method: Method, url: &str, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let request = Request::builder().method(method).uri(url);
        let request = headers.iter().fold(request, |r, (name, value)| r.header(*name, *value));
        let request = request.body(()).with_context(|| format!("{url} is no address"))?;
        let mut answer = self.0.run(request).with_context(|| format!("{url} does not answer"))?;
        let allows = answer.headers().get("access-control-allow-origin");
        let allows = allows.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = answer.body_mut().with_config().limit(LARGEST).read_to_vec();
        let body = body.with_context(|| format!("the answer of {url} cannot be read"))?;
        Ok(Answer { status: answer.status(), allows, body })
    }
}

/// Scheme and host of an address: what a browser calls its origin. Known ports are left out.
pub(crate) fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let host = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
    let known = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let host = host.strip_suffix(known).unwrap_or(&host);
    (!host.is_empty()).then(|| format!("{scheme}://{host}"))
}

/// The folder of a page's address, with a slash at its end.
pub(crate) fn folder(url: &str) -> String {
    let url = url.split(['#', '?']).next().unwrap_or_default();
    let path_begins = url.find("://").map_or(0, |at| at + 3);
    match url[path_begins..].rfind('/') {
        Some(at) => {
            let (folder, last) = url.split_at(path_begins + at + 1);
            // What has no dot is a folder whose slash was left out.
            if last.is_empty() || last.contains('.') {
                folder.to_owned()
            } else {
                format!("{url}/")
            }
        }
        None => format!("{url}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_and_folders_of_addresses() {
        for (url, expected) in [
            ("https://Acme.github.io/trial/", Some("https://acme.github.io")),
            ("https://a.example:443/x", Some("https://a.example")),
            ("http://127.0.0.1:8000", Some("http://127.0.0.1:8000")),
            ("ftp://a.example", None),
            ("trial-page", None),
        ] {
            assert_eq!(origin(url).as_deref(), expected, "{url}");
        }
        for (url, expected) in [
            ("https://a.example", "https://a.example/"),
            ("https://a.example/trial", "https://a.example/trial/"),
            ("https://a.example/trial/", "https://a.example/trial/"),
            ("https://a.example/trial/index.html#x", "https://a.example/trial/"),
        ] {
            assert_eq!(folder(url), expected, "{url}");
        }
    }
}
