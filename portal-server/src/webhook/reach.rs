//! What the operator allows webhooks to reach beyond the internet: networks, and hosts by their names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An internal place that webhooks may be sent to, without HTTPS as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Addresses of a network.
    Network {
        /// Its first address.
        first: IpAddr,
        /// How many bits its addresses have in common.
        bits: u8,
    },
    /// Whatever addresses this name has.
    Host(String),
}

impl Reach {
    /// Whether it is an address of this network.
    pub fn covers(&self, address: IpAddr) -> bool {
        let Self::Network { first, bits } = self else { return false };
        match (first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let number =
                    |address: Ipv4Addr| u32::from(address).checked_shr(32 - u32::from(*bits));
                number(*first) == number(address)
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let number =
                    |address: Ipv6Addr| u128::from(address).checked_shr(128 - u32::from(*bits));
                number(*first) == number(address)
            }
            _ => false,
        }
    }

    /// Whether it is this name.
    pub fn names(&self, host: &str) -> bool {
        matches!(self, Self::Host(name) if name.eq_ignore_ascii_case(host.trim_end_matches('.')))
    }
}

impl FromStr for Reach {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((first, bits)) = text.split_once('/') {
            return network(first, bits).ok_or_else(|| {
                format!("{text:?} is no network: written ADDRESS/BITS, e.g. 10.0.0.0/8, without bits beyond those")
            });
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            return Ok(Self::Network { first: address, bits });
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        // A name that ends in a number would be read as an address.
        let last = text.rsplit('.').next().unwrap_or_default();
        let is_name = last.starts_with(|c: char| c.is_ascii_alphabetic());
        if text.len() > 253 || !text.chars().all(plain) || !is_name {
            return Err(format!(
                "{text:?} is neither a network, an address nor the name of a host"
            ));
        }
        Ok(Self::Host(text.to_ascii_lowercase()))
    }
}

fn network(first: &str, bits: &str) -> Option<Reach> {
    let (first, bits) = (first.parse::<IpAddr>().ok()?, bits.parse::<u8>().ok()?);
    let rest_is_zero = match first {
        IpAddr::V4(first) => {
            bits <= 32 && u32::from(first).checked_shl(bits.into()).unwrap_or(0) == 0
        }
        IpAddr::V6(first) => {
            bits <= 128 && u128::from(first).checked_shl(bits.into()).unwrap_or(0) == 0
        }
    };
    rest_is_zero.then_some(Reach::Network { first, bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(text: &str) -> Reach {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_covers_its_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.168.7.0/24", "192.168.7.255", "192.168.8.0"),
            ("127.0.0.2", "127.0.0.2", "127.0.0.1"),
            ("0.0.0.0/0", "169.254.169.254", "::1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("fd00::/8", "fdff::1", "fc00::1"),
            ("::1", "::1", "::2"),
            ("::/0", "fe80::1", "10.0.0.1"),
        ] {
            let reach = reach(network);
            assert!(reach.covers(inside.parse().unwrap()), "{network} {inside}");
            assert!(!reach.covers(outside.parse().unwrap()), "{network} {outside}");
        }
    }

    #[test]
    fn a_host_is_its_name_and_no_name_below_it() {
        let erp = reach("erp.lan");
        assert!(erp.names("erp.lan") && erp.names("ERP.lan") && erp.names("erp.lan."));
        assert!(!erp.names("x.erp.lan") && !erp.names("lan") && !erp.names("erp.lan.evil.example"));
        assert!(!erp.covers("10.0.0.1".parse().unwrap()) && !reach("10.0.0.1").names("10.0.0.1"));
    }

    #[test]
    fn what_is_none_is_refused_with_words() {
        for wrong in [
            "",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "fd00::/129",
            "fd00::1/8",
            "10.0.0.0/-1",
            "10/8",
            "/8",
            "10.0.0.0/",
            "127.1",
            "0x7f.0.0.1",
            "2130706433",
            "a b",
            "http://erp.lan",
            "erp.lan:80",
            "*.lan",
            "[::1]",
            "fe80::1%eth0",
        ] {
            let refused = wrong.parse::<Reach>().unwrap_err();
            assert!(
                refused.contains("is no network") || refused.contains("is neither"),
                "{refused}"
            );
        }
    }
}
