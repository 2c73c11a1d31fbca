//! The address that the operator says people use (`--public-url`).

use std::fmt;

use anyhow::{Context as _, bail};
use idna::AsciiDenyList;

use super::HostName;

/// `https://host[:port]`, and nothing after it: the portal has its pages at the root of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    scheme: &'static str,
    host: HostName,
    port: Option<u16>,
}

impl PublicUrl {
    /// Reads it. A name in letters of any language becomes what DNS has.
    ///
    /// # Errors
    /// When it is not an address that a portal can have.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let read = || {
            let text = text.trim();
            let (scheme, rest) = text.split_once("://")?;
            let scheme = ["https", "http"].into_iter().find(|s| s.eq_ignore_ascii_case(scheme))?;
            let rest = rest.strip_suffix('/').unwrap_or(rest);
            let rest = match rest.is_ascii() {
                true => rest.to_owned(),
                false => idna::domain_to_ascii_cow(rest.as_bytes(), AsciiDenyList::EMPTY)
                    .ok()?
                    .into_owned(),
            };
            let (host, port) = HostName::with_port(&rest)?;
            let default = if scheme == "https" { 443 } else { 80 };
            Some(Self { scheme, host, port: port.filter(|port| *port != default) })
        };
        let Some(url) = read() else {
            bail!(
                "--public-url is the address that people use, https://host or https://host:port without a path, not {text:?}"
            );
        };
        Ok(url)
    }

    /// Its host.
    pub(crate) fn host(&self) -> &HostName {
        &self.host
    }

    /// The same with another host: what proxies and ports are in front of the portal does not depend on its name.
    pub(crate) fn at(&self, name: &str) -> String {
        Self { host: HostName::Name(name.to_owned()), ..self.clone() }.to_string()
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// The operator's address, if there is one.
///
/// # Errors
/// As [`PublicUrl::parse`].
pub(crate) fn of_config(public_url: Option<&String>) -> anyhow::Result<Option<PublicUrl>> {
    public_url.map(|url| PublicUrl::parse(url).context("the portal was not started")).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_scheme_host_and_port() {
        for (text, url) in [
            ("https://Portal.acme.example/", "https://portal.acme.example"),
            ("https://portal.acme.example:443", "https://portal.acme.example"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://m\u{fc}ller.example", "https://xn--mller-kva.example"),
            ("http://portal:8080", "http://portal:8080"),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().to_string(), url);
        }
        let url = PublicUrl::parse("https://portal.operator.example:8443").unwrap();
        assert_eq!(url.at("licenses.acme.example"), "https://licenses.acme.example:8443");
        for wrong in [
            "portal.acme.example",
            "ftp://a.example",
            "https://",
            "https://a/b",
            "https://u@a",
            "https://a?b",
        ] {
            assert!(PublicUrl::parse(wrong).is_err(), "{wrong}");
        }
    }
}
