//! The records that a domain needs.

use crate::host::HostName;

/// What the portal's token stands at, in front of the domain: beside an alias there can be nothing else under the same name.
const PROOF: &str = "_countersign";

/// A record as it is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) value: String,
}

/// The record that leads to the portal.
pub(crate) fn pointer(domain: &str, target: &HostName) -> Record {
    let kind = match target {
        HostName::Name(_) => "CNAME",
        HostName::Address(address) if address.is_ipv4() => "A",
        HostName::Address(_) => "AAAA",
    };
    let value = match target {
        HostName::Name(name) => name.clone(),
        HostName::Address(address) => address.to_string(),
    };
    Record { name: domain.to_owned(), kind, value }
}

/// The record that says that the domain is this portal's.
pub(crate) fn proof(domain: &str, token: &str) -> Record {
    Record { name: proof_name(domain), kind: "TXT", value: proof_value(token) }
}

pub(super) fn proof_name(domain: &str) -> String {
    format!("{PROOF}.{domain}")
}

pub(super) fn proof_value(token: &str) -> String {
    format!("countersign={token}")
}
