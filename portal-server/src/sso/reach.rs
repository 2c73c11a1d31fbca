//! Which addresses the portal goes to when a page names a host: none inside the network that it stands in, unless the operator
//! allows that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// What the operator allows: a network, or a host by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Addresses that begin with so many bits of this one.
    Network(IpAddr, u8),
    /// This host, wherever its name leads.
    Host(String),
}

/// What is no network and no name of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is neither a network such as 10.1.0.0/16 nor an address nor the name of a host")]
pub struct NoReach;

impl FromStr for Reach {
    type Err = NoReach;

    fn from_str(text: &str) -> Result<Self, NoReach> {
        let text = text.trim().trim_matches(['[', ']']);
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(address, bits(address)));
        }
        if let Some((address, length)) = text.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_| NoReach)?;
            let length = length.parse().ok().filter(|length| *length <= bits(address));
            return Ok(Self::Network(address, length.ok_or(NoReach)?));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let is_name = !text.is_empty() && text.len() <= 253 && text.chars().all(plain);
        if is_name { Ok(Self::Host(text.to_ascii_lowercase())) } else { Err(NoReach) }
    }
}

impl Reach {
    fn covers(&self, host: &str, address: IpAddr) -> bool {
        match self {
            Self::Host(name) => name.eq_ignore_ascii_case(host),
            Self::Network(network, length) => match (network, address) {
                (IpAddr::V4(network), IpAddr::V4(address)) => {
                    same(network.to_bits().into(), address.to_bits().into(), 32 - length)
                }
                (IpAddr::V6(network), IpAddr::V6(address)) => {
                    same(network.to_bits(), address.to_bits(), 128 - length)
                }
                _ => false,
            },
        }
    }
}

/// Whether the portal goes to this address, to which the host's name leads.
pub(crate) fn may_go_to(allowed: &[Reach], host: &str, address: IpAddr) -> bool {
    let address = address.to_canonical();
    is_public(address) || allowed.iter().any(|reach| reach.covers(host, address))
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn same(network: u128, address: u128, without: u8) -> bool {
    let shift = u32::from(without);
    network.checked_shr(shift).unwrap_or(0) == address.checked_shr(shift).unwrap_or(0)
}

/// Whether an address is one of the public network. What stands for another address is judged by that.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let special = a == 0
        || v4.is_loopback()
        || v4.is_private()
        || v4.is_link_local()
        || v4.is_documentation()
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 224;
    !special
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match (a, b) {
        // Translated to IPv4, by NAT64 or 6to4.
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => is_public_v4(v4(g, h)),
        (0x2002, _) => is_public_v4(v4(b, c)),
        // Teredo, and what documents use.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, _) => false,
        // Everything public is in here: no loopback, no local network, no multicast.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes(allowed: &[&str], host: &str, address: &str) -> bool {
        let allowed: Vec<Reach> = allowed.iter().map(|text| text.parse().unwrap()).collect();
        may_go_to(&allowed, host, address.parse().unwrap())
    }

    #[test]
    fn attack_every_spelling_of_an_inner_address_is_refused() {
        for inner in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
        ] {
            assert!(!goes(&[], "idp.example", inner), "{inner}");
        }
        for public in
            ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808"]
        {
            assert!(goes(&[], "idp.example", public), "{public}");
        }
    }

    #[test]
    fn the_operator_allows_a_network_an_address_or_a_name() {
        assert!(
            goes(&["10.1.0.0/16"], "idp", "10.1.255.1")
                && !goes(&["10.1.0.0/16"], "idp", "10.2.0.1")
        );
        assert!(
            goes(&["127.0.0.1"], "idp", "127.0.0.1") && !goes(&["127.0.0.1"], "idp", "127.0.0.2")
        );
        assert!(goes(&["10.0.0.0/8"], "idp", "::ffff:10.0.0.1"), "it is the same address");
        assert!(goes(&["idp.lab.example"], "IDP.lab.example", "10.9.9.9"));
        assert!(!goes(&["idp.lab.example"], "evil.lab.example", "10.9.9.9"));
        assert!(goes(&["fd00::/8"], "idp", "fd12::1") && !goes(&["0.0.0.0/0"], "idp", "::1"));
        assert!(goes(&["0.0.0.0/0"], "idp", "127.0.0.1") && goes(&["::/0"], "idp", "::1"));
        for wrong in ["", "10.0.0.0/33", "a/8", "http://idp", "idp:8080", "x y"] {
            assert_eq!(wrong.parse::<Reach>(), Err(NoReach), "{wrong}");
        }
    }
}
