//! A vendor's portal, as a program with a token speaks to it. The token goes to the address that was named and nowhere else.

pub(crate) mod args;
mod token;

use std::io::Read as _;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use ureq::http::{Method, Request, Response, StatusCode, Uri, header};
use ureq::tls::{Certificate, TlsConfig};
use ureq::{Agent, Body};

use self::args::{Named, ToPortal};
use crate::fail::Failure;

/// More than any answer has: a response file, a policy.
const LARGEST: u64 = 4 * 1024 * 1024;
/// How often a portal that asks for patience is asked again.
const TRIES: u32 = 6;
/// The longest that it is waited between two tries, in seconds, whatever the portal says.
const LONGEST_WAIT: u64 = 60;

/// A portal and the token for it.
pub(crate) struct Portal {
    agent: Agent,
    /// Without a slash at its end.
    url: String,
    token: String,
}

/// Why the portal gave nothing.
pub(crate) enum Refused {
    /// It refuses this one thing.
    This(Failure),
    /// There is no use in asking it for anything else now.
    All(Failure),
}

impl Portal {
    /// As the options and the environment say. Nothing is asked yet.
    ///
    /// # Errors
    /// When the address or the token is none to be used.
    pub(crate) fn open(named: &Named, options: &ToPortal) -> Result<Self, Failure> {
        let url = address(&named.url, options)?;
        let token = token::read(options)?;
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(options.timeout)))
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(TlsConfig::builder().root_certs(system_roots()?.into()).build())
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")));
        Ok(Self { agent: config.build().into(), url, token })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Posts JSON, and reads JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        let answer =
            self.ask(Method::POST, path, "application/json", body.to_string().as_bytes())?;
        serde_json::from_slice(&answer).map_err(|_| self.no_json())
    }

    /// Posts lines of JSON, and reads JSON.
    pub(crate) fn post_lines(&self, path: &str, lines: &[u8]) -> Result<Value, Refused> {
        let answer = self.ask(Method::POST, path, "application/jsonl", lines)?;
        serde_json::from_slice(&answer).map_err(|_| self.no_json())
    }

    /// Reads a text.
    pub(crate) fn get(&self, path: &str) -> Result<String, Refused> {
        let answer = self.ask(Method::GET, path, "application/json", &[])?;
        String::from_utf8(answer).map_err(|_| self.no_portal("its answer is no text"))
    }

    /// Asks, and asks again where the portal says that it is only too early.
    fn ask(&self, method: Method, path: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>, Refused> {
        for again in 0.. {
            let (status, wait, answer) = self.ask_once(&method, path, kind, body)?;
            if status.is_success() {
                return Ok(answer);
            }
            let refused = self.refusal(status, &answer);
            match refused {
                Refused::All(_) if is_too_early(status) && again + 1 < TRIES => {
                    let wait = wait.unwrap_or(1 << again).clamp(1, LONGEST_WAIT);
                    std::thread::sleep(Duration::from_secs(wait));
                }
                refused => return Err(refused),
            }
        }
        unreachable!("the last try returns")
    }

    fn ask_once(
        &self,
        method: &Method,
        path: &str,
        kind: &str,
        body: &[u8],
    ) -> Result<(StatusCode, Option<u64>, Vec<u8>), Refused> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, kind)
            .body(body)
            .map_err(|error| self.no_portal(&error.to_string()))?;
        let answer = self.agent.run(request).map_err(|error| self.silent(&error.to_string()))?;
        let status = answer.status();
        if status.is_redirection() {
            return Err(self.elsewhere(&answer));
        }
        let wait = answer.headers().get(header::RETRY_AFTER);
        let wait = wait.and_then(|wait| wait.to_str().ok()?.trim().parse().ok());
        let mut bytes = Vec::new();
        let mut reader = answer.into_body().into_reader().take(LARGEST + 1);
        reader.read_to_end(&mut bytes).map_err(|error| self.silent(&error.to_string()))?;
        if bytes.len() as u64 > LARGEST {
            return Err(self.no_portal(&format!("its answer has more than {LARGEST} bytes")));
        }
        Ok((status, wait, bytes))
    }

    /// What a refusal says itself.
    fn refusal(&self, status: StatusCode, answer: &[u8]) -> Refused {
        let problem: Option<Value> = serde_json::from_slice(answer).ok();
        let text = |name: &str| problem.as_ref()?[name].as_str().map(str::to_owned);
        let (Some(code), Some(fact)) = (text("code"), text("detail")) else {
            return self.no_portal(&format!("it answers with status {}", status.as_u16()));
        };
        let advice = text("advice").unwrap_or_default();
        let concerns_all = status == StatusCode::UNAUTHORIZED
            || status == StatusCode::METHOD_NOT_ALLOWED
            || matches!(
                &*code,
                "insufficient-scope" | "not-found" | "rate-limited" | "busy" | "unavailable"
            );
        let failure = Failure::refused(&code, fact, advice);
        if concerns_all { Refused::All(failure) } else { Refused::This(failure) }
    }

    /// It sends elsewhere. The token was not sent there.
    fn elsewhere(&self, answer: &Response<Body>) -> Refused {
        let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        let to: String = to.unwrap_or("?").chars().filter(|c| !c.is_control()).take(200).collect();
        self.no_portal(&format!("it sends elsewhere, to {to}, where the token was not sent"))
    }

    fn silent(&self, why: &str) -> Refused {
        let fact = format!("the portal {} does not answer: {why}", self.url);
        let advice = "Check the address and the network, and run the same command again.";
        Refused::All(Failure::refused("portal-unreachable", fact, advice))
    }

    /// What came is not what a portal says.
    pub(crate) fn no_json(&self) -> Refused {
        self.no_portal("its answer is not one of a portal")
    }

    fn no_portal(&self, why: &str) -> Refused {
        let fact = format!("{} is no portal that can be worked with: {why}", self.url);
        let advice = "Check the address: it is the one at which the pages of the portal are.";
        Refused::All(Failure::refused("portal-unreachable", fact, advice))
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::This(failure) | Refused::All(failure) => failure,
        }
    }
}

fn is_too_early(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

/// The address without a slash at its end, if a token may be sent there.
fn address(url: &str, options: &ToPortal) -> anyhow::Result<String> {
    let url = url.trim().trim_end_matches('/');
    let nothing = "Nothing was sent. Give it as https://portal.acme.example";
    let uri: Uri = url.parse().with_context(|| format!("{url} is no address. {nothing}"))?;
    let host = uri.host().unwrap_or_default();
    ensure!(
        !host.is_empty() && uri.query().is_none(),
        "{url} is no address of a portal. {nothing}"
    );
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    ensure!(!has_user, "the address of a portal has no user in it. {nothing}");
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_this_machine(host) || options.insecure_http => {}
        Some("http") => bail!(
            "{url} is not encrypted: whoever is in between would read the token. Nothing was sent. Give the address with \
             https://, or say --insecure-http if the network is yours"
        ),
        _ => bail!("{url} is no address of a portal. {nothing}"),
    }
    Ok(url.to_owned())
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<std::net::IpAddr> = host.parse().ok();
    host.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
}

/// Whom the system trusts: a portal in a company stands under the company's own authority.
fn system_roots() -> anyhow::Result<Vec<Certificate<'static>>> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty()
        && let Some(error) = found.errors.first()
    {
        bail!("the certificates of the system cannot be read: {error}. Nothing was sent");
    }
    Ok(found.certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_nowhere_unencrypted_but_on_this_machine() {
        let may = |url: &str| address(url, &ToPortal::default()).ok();
        assert_eq!(
            may("https://portal.acme.example/").as_deref(),
            Some("https://portal.acme.example")
        );
        assert_eq!(
            may("https://acme.example/portal/").as_deref(),
            Some("https://acme.example/portal")
        );
        for url in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:8080"] {
            assert_eq!(may(url).as_deref(), Some(url));
        }
        for url in [
            "http://portal.acme.example",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "https://user:secret@portal.acme.example",
            "http://127.0.0.1@evil.example",
            "https://portal.acme.example/?a=b",
            "ftp://portal.acme.example",
            "portal.acme.example",
            "https://",
            "",
        ] {
            assert_eq!(may(url), None, "{url}");
        }
        let insecure = ToPortal { insecure_http: true, ..ToPortal::default() };
        assert!(address("http://portal.acme.example", &insecure).is_ok());
    }
}
