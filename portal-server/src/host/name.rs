//! A host in one form only: small letters, no port, addresses as numbers. What could be read in two ways is none.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest name that DNS has.
const LONGEST: usize = 253;
/// The longest part between two dots.
const LONGEST_LABEL: usize = 63;

/// Who a request is sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostName {
    /// A name of DNS, in lower case.
    Name(String),
    /// An address; an IPv4 address is one, however it is written.
    Address(IpAddr),
}

impl HostName {
    /// `host`, `host:port`, `[v6]` or `[v6]:port`, as requests say it. Not with a dot at the end: browsers take that for another
    /// host, with cookies of its own.
    pub(crate) fn with_port(text: &str) -> Option<(Self, Option<u16>)> {
        let (host, port) = match text.strip_prefix('[') {
            Some(_) => {
                let end = text.find(']')? + 1;
                text.split_at(end)
            }
            None => text.find(':').map_or((text, ""), |colon| text.split_at(colon)),
        };
        let port = match port.strip_prefix(':') {
            Some(digits) => Some(port_of(digits)?),
            None if port.is_empty() => None,
            None => return None,
        };
        Some((Self::parse(host)?, port))
    }

    /// A host without a port.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(IpAddr::V6(address).to_canonical()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        let is_plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
        let is_label =
            |label: &str| (1..=LONGEST_LABEL).contains(&label.len()) && label.bytes().all(is_plain);
        // `127.1`, `0x7f.1`, `2130706433`: browsers and resolvers make addresses of these.
        let is_number = text.rsplit('.').next().is_some_and(is_number);
        let is_name = text.len() <= LONGEST && text.split('.').all(is_label) && !is_number;
        is_name.then(|| Self::Name(text.to_ascii_lowercase()))
    }
}

fn port_of(digits: &str) -> Option<u16> {
    let is_plain = (1..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| is_plain)
}

/// Whether a last label makes the name an address.
pub(crate) fn is_number(label: &str) -> bool {
    let hex = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    hex.is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
        || label.bytes().all(|b| b.is_ascii_digit())
}

/// As it stands in an address of the web.
impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_written_in_one_way() {
        for (text, host, port) in [
            ("Portal.ACME.example", "portal.acme.example", None),
            ("portal.acme.example:443", "portal.acme.example", Some(443)),
            ("xn--mller-kva.example", "xn--mller-kva.example", None),
            ("127.0.0.1:8080", "127.0.0.1", Some(8080)),
            ("[::1]:8080", "[::1]", Some(8080)),
            ("[0:0:0:0:0:0:0:1]", "[::1]", None),
            ("[::ffff:127.0.0.1]", "127.0.0.1", None),
            ("localhost", "localhost", None),
        ] {
            let (found, found_port) = HostName::with_port(text).unwrap();
            assert_eq!((found.to_string().as_str(), found_port), (host, port), "{text}");
        }
    }

    #[test]
    fn attack_hosts_that_two_programs_read_in_two_ways() {
        for text in [
            "",
            ":80",
            "acme.example:",
            "acme.example:x",
            "acme.example:99999",
            "acme.example:+80",
            "acme.example:80:80",
            "acme.example.",
            ".acme.example",
            "acme..example",
            "user@acme.example",
            "acme.example@evil.example",
            "acme.example/evil.example",
            "acme.example evil.example",
            "acme.example,evil.example",
            "acme.example#",
            "acme.example?",
            "acme.example\\evil",
            "acme%2eexample",
            "acme.example\t",
            "*.acme.example",
            "m\u{fc}ller.example",
            "[::1",
            "::1",
            "[::1]x",
            "[fe80::1%25eth0]",
            "[127.0.0.1]",
            "127.1",
            "0x7f.0.0.1",
            "0x7f000001",
            "2130706433",
            "127.0.0.01",
            "1.2.3.4.5",
        ] {
            assert_eq!(HostName::with_port(text), None, "{text:?}");
        }
        let (label, longer) = ("a".repeat(63), "a".repeat(64));
        assert!(HostName::parse(&format!("{label}.example")).is_some());
        assert!(HostName::parse(&format!("{longer}.example")).is_none());
        assert!(HostName::parse(&format!("{}example", "a.".repeat(150))).is_none());
    }
}
