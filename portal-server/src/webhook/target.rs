//! Where a webhook is sent to: its address, understood once, in one spelling. Numbers in disguise (`0x7f.1`, `2130706433`) are
//! addresses here as they are to a browser.

use std::net::IpAddr;

use url::{Host, Position, Url};

use super::address::is_global;
use super::reach::Reach;
use crate::fields::Field;
use crate::language::Say;

/// The port of HTTPS; below the others are mail servers and the like, which nobody needs to hear from a portal.
const HTTPS: u16 = 443;
const FIRST_FREE: u16 = 1024;

/// An address that may be sent to, as far as it says so itself.
#[derive(Debug, Clone)]
pub(super) struct Target {
    url: Url,
    pub(super) place: Place,
    pub(super) port: u16,
    pub(super) is_https: bool,
}

/// Whom to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Whatever address this name has then.
    Name(String),
    /// This one.
    Address(IpAddr),
}

impl Target {
    /// The target that this text is.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str, reaches: &[Reach]) -> Result<Self, Say> {
        let text = Field::WebhookUrl.check(text).map_err(|unfit| unfit.0)?;
        let malformed = || Say::new("webhook-url-malformed");
        if !text.is_ascii() || text.contains(|c: char| c.is_whitespace() || c == '\\') {
            return Err(malformed());
        }
        let url = Url::parse(text).map_err(|_| malformed())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Say::new("webhook-url-credentials"));
        }
        if url.fragment().is_some() {
            return Err(malformed());
        }
        let is_https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Say::new("webhook-url-https")),
        };
        let place = match url.host().ok_or_else(malformed)? {
            Host::Domain(name) => Place::Name(name.trim_end_matches('.').to_owned()),
            Host::Ipv4(address) => Place::Address(address.into()),
            Host::Ipv6(address) => Place::Address(address.into()),
        };
        let port = url.port_or_known_default().filter(|port| *port > 0).ok_or_else(malformed)?;
        let target = Self { url, place, port, is_https };
        target.check(reaches)?;
        Ok(target)
    }

    fn check(&self, reaches: &[Reach]) -> Result<(), Say> {
        match &self.place {
            Place::Name(name) if name.is_empty() => return Err(Say::new("webhook-url-malformed")),
            Place::Address(address) if allow(reaches, None, *address).is_none() => {
                return Err(Say::new("webhook-url-internal"));
            }
            _ => {}
        }
        // A name may turn out to be of a network that is allowed: then it is decided when its address is known.
        let may_be_internal = !reaches.is_empty();
        if !self.is_https && !may_be_internal {
            return Err(Say::new("webhook-url-https"));
        }
        if !may_be_internal && !is_free(self.port) {
            return Err(Say::new("webhook-url-port"));
        }
        Ok(())
    }

    /// Whether it may be sent to this address of its host, in this way.
    ///
    /// # Errors
    /// Why not, in a word.
    pub(super) fn may_connect(
        &self,
        address: IpAddr,
        reaches: &[Reach],
    ) -> Result<(), &'static str> {
        let name = match &self.place {
            Place::Name(name) => Some(name.as_str()),
            Place::Address(_) => None,
        };
        match allow(reaches, name, address) {
            None => Err("internal"),
            Some(Allowed::ByOperator) => Ok(()),
            Some(Allowed::Internet) if !self.is_https => Err("plain"),
            Some(Allowed::Internet) if !is_free(self.port) => Err("port"),
            Some(Allowed::Internet) => Ok(()),
        }
    }

    /// The address in its one spelling.
    pub(super) fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Path and query.
    pub(super) fn path(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }

    /// What the header `Host` says.
    pub(super) fn host_header(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }
}

fn is_free(port: u16) -> bool {
    port == HTTPS || port >= FIRST_FREE
}

/// Why an address may be connected to.
enum Allowed {
    Internet,
    ByOperator,
}

fn allow(reaches: &[Reach], name: Option<&str>, address: IpAddr) -> Option<Allowed> {
    let named = |reach: &Reach| name.is_some_and(|name| reach.names(name));
    if reaches.iter().any(|reach| reach.covers(address) || named(reach)) {
        return Some(Allowed::ByOperator);
    }
    is_global(address).then_some(Allowed::Internet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn refused(text: &str, reaches: &[&str]) -> String {
        let reaches: Vec<Reach> = reaches.iter().map(|reach| reach.parse().unwrap()).collect();
        match Target::parse(text, &reaches) {
            Ok(target) => panic!("{text} is taken as {}", target.as_str()),
            Err(say) => Language::ENGLISH.say(&say),
        }
    }

    #[test]
    fn attack_an_internal_address_in_any_spelling_is_no_target() {
        for host in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "0x7f.1",
            "2130706433",
            "0x7f000001",
            "017700000001",
            "127.0.0.1.",
            "0",
            "0.0.0.0",
            "10.1",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:127.0.0.1]",
            "[::127.0.0.1]",
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "192.168.1.1",
            "100.64.0.1",
            "%31%32%37.0.0.1",
        ] {
            let said = refused(&format!("https://{host}/hook"), &[]);
            assert!(said.contains("internal network"), "{host}: {said}");
        }
        let said = refused("https://127.0.0.1/", &["10.0.0.0/8", "erp.lan"]);
        assert!(said.contains("internal network"), "{said}");
    }

    #[test]
    fn attack_what_is_no_plain_address_of_a_host_is_no_target() {
        for (url, words) in [
            ("https://jane:secret@hooks.example/", "password"),
            ("https://jane@hooks.example/", "password"),
            ("https://hooks.example@127.0.0.1/", "password"),
            ("http://hooks.example/", "https://"),
            ("ftp://hooks.example/", "https://"),
            ("file:///etc/passwd", "https://"),
            ("gopher://hooks.example/", "https://"),
            ("https://hooks.example:25/", "port"),
            ("https://hooks.example:22/", "port"),
            ("https://hooks.example:0/", "no address"),
            ("https://hooks.example/#a", "no address"),
            ("https://[fe80::1%25eth0]/", "no address"),
            ("https://[fe80::1%eth0]/", "no address"),
            ("https://hooks.example\\@127.0.0.1/", "no address"),
            ("https://hooks.example/a b", "no address"),
            ("https://h\u{f6}oks.example/", "no address"),
            ("https:///", "no address"),
            ("https://./", "no address"),
            ("https://256.256.256.256/", "no address"),
            ("https://hooks.example:99999/", "no address"),
            ("hooks.example/", "no address"),
            ("", "no address"),
            ("https://hooks.example/\r\nX: y", "line"),
        ] {
            let said = refused(url, &[]);
            assert!(said.contains(words), "{url}: {said}");
        }
        let long = format!("https://hooks.example/{}", "a".repeat(1000));
        assert!(refused(&long, &[]).contains("at most"));
    }

    #[test]
    fn what_a_name_turns_out_to_be_decides_in_the_end() {
        let reaches = ["10.0.0.0/8".parse().unwrap(), "erp.lan".parse().unwrap()];
        let may = |url: &str, address: &str| {
            let target = Target::parse(url, &reaches).unwrap();
            target.may_connect(address.parse().unwrap(), &reaches)
        };
        assert_eq!(may("https://hooks.example/", "8.8.8.8"), Ok(()));
        assert_eq!(may("https://hooks.example/", "127.0.0.1"), Err("internal"));
        assert_eq!(may("https://hooks.example/", "::ffff:127.0.0.1"), Err("internal"));
        assert_eq!(may("http://hooks.example/", "10.0.0.7"), Ok(()));
        assert_eq!(may("http://hooks.example/", "8.8.8.8"), Err("plain"));
        assert_eq!(may("https://hooks.example:25/", "10.0.0.7"), Ok(()));
        assert_eq!(may("https://hooks.example:25/", "8.8.8.8"), Err("port"));
        assert_eq!(may("http://erp.lan/", "192.168.1.1"), Ok(()));
        assert_eq!(may("http://10.0.0.7/", "10.0.0.7"), Ok(()));
    }

    #[test]
    fn an_address_is_stored_in_its_one_spelling() {
        let target = Target::parse(" HTTPS://Hooks.Example:443/a?b=c ", &[]).unwrap();
        assert_eq!(target.as_str(), "https://hooks.example/a?b=c");
        assert_eq!(
            (target.path(), target.host_header(), target.port),
            ("/a?b=c", "hooks.example", 443)
        );
        let target = Target::parse("https://[2606:4700::1111]:8443", &[]).unwrap();
        assert_eq!((target.path(), target.host_header()), ("/", "[2606:4700::1111]:8443"));
    }
}
