//! The name of a domain as a person types it, and as DNS has it.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use crate::host::HostName;
use crate::language::Say;

/// The longest name: the name of the record with the token is longer, and has to fit as well.
const LONGEST: usize = 240;
/// What nobody types into the field, in bytes: not even looked at.
const LONGEST_TYPED: usize = 1_000;
/// Names that lead to no portal for anybody else (RFC 6761, 7686).
const NOBODYS: [&str; 4] = ["localhost", "invalid", "onion", "arpa"];

/// The name in the form of DNS: `müller.example` becomes `xn--mller-kva.example`, and letters that only look like others show
/// what they are.
///
/// # Errors
/// When it is none, in words.
pub(crate) fn domain_name(typed: &str) -> Result<String, Say> {
    let typed = typed.trim();
    // Copied from the address of a browser, or from where records are made.
    let typed = typed.strip_prefix("https://").map_or(typed, |rest| rest.trim_end_matches('/'));
    let typed = typed.strip_suffix('.').unwrap_or(typed);
    if typed.is_empty() {
        return Err(Say::new("domain-empty"));
    }
    if typed.len() > LONGEST_TYPED {
        return Err(Say::new("domain-too-long"));
    }
    if typed.starts_with("*.") {
        return Err(Say::new("domain-wildcard"));
    }
    if typed.parse::<std::net::IpAddr>().is_ok() || typed.starts_with('[') {
        return Err(Say::new("domain-address"));
    }
    // In two steps, so that what is only too long is told so.
    let map = |length| {
        let ascii = Uts46::new().to_ascii(
            typed.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            length,
        );
        ascii.map(|name| name.into_owned())
    };
    map(DnsLength::Ignore).map_err(|_| Say::new("domain-unfit"))?;
    let name = map(DnsLength::Verify).map_err(|_| Say::new("domain-too-long"))?;
    if name.len() > LONGEST {
        return Err(Say::new("domain-too-long"));
    }
    match HostName::parse(&name) {
        Some(HostName::Name(name)) => public(name),
        _ => Err(Say::new("domain-address")),
    }
}

fn public(name: String) -> Result<String, Say> {
    let last = name.rsplit('.').next().unwrap_or_default();
    if !name.contains('.') || NOBODYS.contains(&last) {
        return Err(Say::new("domain-not-public").with("name", name));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn refused(typed: &str) -> String {
        Language::ENGLISH.say(&domain_name(typed).expect_err(typed))
    }

    #[test]
    fn names_are_taken_as_people_type_them_and_kept_as_dns_has_them() {
        for (typed, name) in [
            (" Licenses.ACME.example ", "licenses.acme.example"),
            ("licenses.acme.example.", "licenses.acme.example"),
            ("https://licenses.acme.example/", "licenses.acme.example"),
            ("m\u{fc}ller.example", "xn--mller-kva.example"),
            ("M\u{dc}LLER.example", "xn--mller-kva.example"),
            ("xn--mller-kva.example", "xn--mller-kva.example"),
            ("licenses\u{3002}acme.example", "licenses.acme.example"),
            ("a--b.example", "a--b.example"),
            ("licenses.corp.internal", "licenses.corp.internal"),
        ] {
            assert_eq!(domain_name(typed).unwrap(), name, "{typed}");
        }
    }

    #[test]
    fn attack_letters_that_look_like_others_are_shown_as_what_they_are() {
        // A Cyrillic a.
        let name = domain_name("\u{430}cme.example").unwrap();
        assert!(name.starts_with("xn--") && name.is_ascii(), "{name}");
    }

    #[test]
    fn attack_names_that_are_none() {
        for typed in [
            "licenses.acme.example\nevil.example",
            "licenses.acme.example\r\nHost: evil.example",
            "licenses.acme.example\0",
            "licenses acme.example",
            "licenses.acme.example..",
            "licenses..example",
            "-acme.example",
            "acme-.example",
            "a_b.example",
            "user@acme.example",
            "acme.example:8443",
            "acme.example/portal",
            "acme.example?x",
            "http://acme.example",
            "javascript:alert(1)",
            "<script>.example",
            "xn--\u{fc}.example",
            "xn--zzzzzz99999.example",
            "\u{202e}elpmaxe.acme",
        ] {
            refused(typed);
        }
        assert!(refused("*.acme.example").contains('*'));
        for address in
            ["127.0.0.1", "::1", "[::1]", "10.0.0.1", "127.1", "2130706433", "0x7f.0.0.1"]
        {
            refused(address);
        }
        for name in ["localhost", "portal", "x.localhost", "a.invalid", "1.0.0.127.in-addr.arpa"] {
            assert!(refused(name).contains(name), "{name}");
        }
    }

    #[test]
    fn attack_names_longer_than_dns_has() {
        let long = format!("{}example", "abcd.".repeat(60));
        assert!(long.len() > 300);
        let words = refused(&long);
        assert_eq!(words, refused(&format!("{}.example", "a".repeat(64))));
        assert_eq!(words, refused(&"\u{fc}".repeat(100_000)));
        assert_eq!(words, refused(&format!("{}example", "abcdefg.".repeat(30))));
        assert!(domain_name(&format!("{}.example", "a".repeat(63))).is_ok());
    }
}
