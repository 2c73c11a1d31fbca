//! Which addresses belong to the internet at large. Everything else is somebody's own network, this machine, or a way around: a
//! webhook is not sent there, since whoever names its address would speak with what trusts this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is one of the internet's. What is not known to be is none.
pub fn is_global(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_global_v4(address),
        IpAddr::V6(address) => is_global_v6(address),
    }
}

/// By IANA's registry of special addresses, and the one address through which every machine at Azure reaches its host.
fn is_global_v4(address: Ipv4Addr) -> bool {
    let number = u32::from(address);
    let within = |(network, bits): &([u8; 4], u32)| {
        number >> (32 - bits) == u32::from(Ipv4Addr::from(*network)) >> (32 - bits)
    };
    !NOT_GLOBAL.iter().any(within)
}

const NOT_GLOBAL: [([u8; 4], u32); 18] = [
    ([0, 0, 0, 0], 8),        // this network
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10),    // behind a provider's NAT, and Alibaba's metadata
    ([127, 0, 0, 0], 8),      // this machine
    ([169, 254, 0, 0], 16),   // link-local, and most clouds' metadata
    ([172, 16, 0, 0], 12),    // private
    ([192, 0, 0, 0], 24),     // protocols, and Oracle's metadata
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 31, 196, 0], 24),  // AS112
    ([192, 52, 193, 0], 24),  // AMT
    ([192, 88, 99, 0], 24),   // relays of 6to4
    ([192, 168, 0, 0], 16),   // private
    ([192, 175, 48, 0], 24),  // AS112
    ([198, 18, 0, 0], 15),    // benchmarks
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 3),      // multicast, reserved, broadcast
    ([168, 63, 129, 16], 32), // Azure's host
];

/// Global unicast is 2000::/3; of that, what carries an IPv4 address within, protocols and documentation are left out. Loopback,
/// unique local, link-local, multicast and the prefix of NAT64 lie elsewhere.
fn is_global_v6(address: Ipv6Addr) -> bool {
    let number = u128::from(address);
    let within = |network: [u16; 8], bits: u32| {
        number >> (128 - bits) == u128::from(Ipv6Addr::from(network)) >> (128 - bits)
    };
    let special = [
        ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // protocols, Teredo and benchmarks among them
        ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation
        ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4
        ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112
        ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation
    ];
    within([0x2000, 0, 0, 0, 0, 0, 0, 0], 3)
        && !special.iter().any(|(network, bits)| within(*network, *bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn global(address: &str) -> bool {
        is_global(address.parse().unwrap())
    }

    #[test]
    fn attack_every_kind_of_address_that_is_not_the_internets_is_refused() {
        for address in [
            // This machine, nothing, everybody.
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "0.1.2.3",
            "255.255.255.255",
            "::",
            "::1",
            // Private, link-local, a provider's NAT.
            "10.0.0.1",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            // Metadata of clouds: AWS, Google and Azure, AWS by IPv6, Alibaba, Oracle, Azure's host.
            "169.254.169.254",
            "169.254.170.2",
            "fd00:ec2::254",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            // Multicast, reserved, protocols, documentation, benchmarks.
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "ff02::1",
            "ff0e::1",
            "192.0.0.1",
            "192.0.2.1",
            "198.51.100.7",
            "203.0.113.7",
            "198.18.0.1",
            "198.19.255.255",
            "192.88.99.1",
            "2001:db8::1",
            "3fff::1",
            "3fff:fff::1",
            "2001:2::1",
            "100::1",
            // IPv4 within IPv6: mapped, compatible, translated, 6to4, Teredo, NAT64 of both kinds.
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2001:0:4136:e378::1",
            "2001::1",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::7f00:1",
            // Beyond global unicast.
            "5f00::1",
            "4000::1",
            "1fff::1",
            "8000::1",
        ] {
            assert!(!global(address), "{address}");
        }
    }

    #[test]
    fn what_lies_just_beside_them_is_the_internets() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "203.0.114.0",
            "223.255.255.255",
            "168.63.129.17",
            "::ffff:8.8.8.8",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
            "3ffe::1",
        ] {
            assert!(global(address), "{address}");
        }
    }
}
