//! Which addresses the portal goes to when a page names an identity provider: none inside the network that it stands in, unless
//! the operator allows that. Networks, names and what is internal are what they are for webhooks.

use std::net::IpAddr;

use crate::webhook::address::is_global;
pub use crate::webhook::reach::Reach;

/// Whether the portal goes to this address, to which the host's name leads.
pub(crate) fn may_go_to(allowed: &[Reach], host: &str, address: IpAddr) -> bool {
    let allows = |reach: &Reach| reach.covers(address) || reach.names(host);
    is_global(address) || allowed.iter().any(allows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes(allowed: &[&str], host: &str, address: &str) -> bool {
        let allowed: Vec<Reach> = allowed.iter().map(|text| text.parse().unwrap()).collect();
        may_go_to(&allowed, host, address.parse().unwrap())
    }

    #[test]
    fn an_inner_address_of_a_provider_needs_the_operators_word() {
        for inner in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1"] {
            assert!(!goes(&[], "idp.example", inner), "{inner}");
        }
        assert!(goes(&[], "idp.example", "8.8.8.8"));
        assert!(goes(&["10.1.0.0/16"], "idp", "10.1.255.1"));
        assert!(!goes(&["10.1.0.0/16"], "idp", "10.2.0.1"));
        assert!(goes(&["idp.lab.example"], "IDP.lab.example", "10.9.9.9"));
        assert!(!goes(&["idp.lab.example"], "evil.lab.example", "10.9.9.9"));
    }
}
