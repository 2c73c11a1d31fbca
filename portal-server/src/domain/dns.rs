//! What DNS says of a domain. Names and records are compared, and that is all: nothing is connected to, so an answer with an
//! address inside the operator's network leads nowhere.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use countersign_store::{DomainCheck, Finding, SeenRecord};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use super::records::{proof_name, proof_value};
use crate::host::HostName;

/// How long one server may take, how often it is asked, and how long all of it may take.
const ANSWER: Duration = Duration::from_secs(3);
const TRIES: usize = 2;
const ALL: Duration = Duration::from_secs(25);
/// Names in a chain. What is longer leads nobody to a portal.
const LONGEST_CHAIN: usize = 8;
/// Other values of a record that are shown.
const MOST_SHOWN: usize = 4;

/// Asks for both records of the domain. `target` is where its name has to lead.
pub(crate) async fn check(
    server: Option<SocketAddr>,
    name: &str,
    token: &str,
    target: &HostName,
) -> DomainCheck {
    let silent = |why: &dyn std::fmt::Display| {
        let seen = SeenRecord { finding: Finding::Silent, seen: printable(&why.to_string()) };
        DomainCheck { pointer: seen.clone(), proof: seen }
    };
    let dns = match Dns::new(server) {
        Ok(dns) => dns,
        Err(error) => return silent(&error),
    };
    let both = async { tokio::join!(dns.pointer(name, target), dns.proof(name, token)) };
    match tokio::time::timeout(ALL, both).await {
        Ok((pointer, proof)) => DomainCheck { pointer, proof },
        Err(_) => silent(&""),
    }
}

/// A resolver for one check: it remembers nothing of the last one, and reads the system's configuration as it is now.
struct Dns {
    resolver: TokioResolver,
}

/// Why there are no records.
type Why = SeenRecord;

impl Dns {
    fn new(server: Option<SocketAddr>) -> Result<Self, NetError> {
        let mut builder = match server {
            Some(server) => {
                let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
                let connections = connections.map(|mut connection| {
                    connection.port = server.port();
                    connection
                });
                let server = NameServerConfig::new(server.ip(), true, connections.into());
                let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
            None => TokioResolver::builder_tokio()?,
        };
        let options = builder.options_mut();
        options.timeout = ANSWER;
        options.attempts = TRIES;
        options.use_hosts_file = ResolveHosts::Never;
        Ok(Self { resolver: builder.build()? })
    }

    /// Whether the name leads to the target: by names, or by having no other addresses than it (a domain's apex can have no
    /// CNAME).
    async fn pointer(&self, name: &str, target: &HostName) -> SeenRecord {
        let (last, first) = match self.chain(name, target).await {
            Ok(Chain::Reaches) => return SeenRecord::plain(Finding::Right),
            Ok(Chain::Ends { last, first }) => (last, first),
            Err(why) => return why,
        };
        let found = match self.addresses(&last).await {
            Ok(found) => found,
            Err(why) if first.is_none() => return why,
            Err(_) => BTreeSet::new(),
        };
        let wanted = match target {
            HostName::Address(address) => BTreeSet::from([*address]),
            HostName::Name(target) => self.addresses(target).await.unwrap_or_default(),
        };
        if !found.is_empty() && found.is_subset(&wanted) {
            return SeenRecord::plain(Finding::Right);
        }
        let addresses = || found.iter().take(MOST_SHOWN).map(IpAddr::to_string).collect::<Vec<_>>();
        let seen = first.unwrap_or_else(|| addresses().join(", "));
        SeenRecord { finding: Finding::Elsewhere, seen }
    }

    /// Follows aliases one by one, until one is the target or there is none any more.
    async fn chain(&self, name: &str, target: &HostName) -> Result<Chain, Why> {
        let (mut at, mut first, mut met) = (name.to_owned(), None, BTreeSet::new());
        for _ in 0..LONGEST_CHAIN {
            met.insert(at.clone());
            let Some(next) = self.alias(&at).await.or_else(|why| match why.finding {
                // The rest of the way is looked at by addresses.
                Finding::NoName if first.is_some() => Ok(None),
                _ => Err(why),
            })?
            else {
                return Ok(Chain::Ends { last: at, first });
            };
            if HostName::parse(&next).as_ref() == Some(target) {
                return Ok(Chain::Reaches);
            }
            first.get_or_insert_with(|| printable(&next));
            if met.contains(&next) {
                return Err(SeenRecord { finding: Finding::Loop, seen: printable(&next) });
            }
            at = next;
        }
        Err(SeenRecord { finding: Finding::Loop, seen: printable(&at) })
    }

    async fn alias(&self, name: &str) -> Result<Option<String>, Why> {
        let found = self.records(name, RecordType::CNAME).await;
        let found = match found {
            Err(why) if why.finding == Finding::NoRecord => return Ok(None),
            found => found?,
        };
        Ok(found.into_iter().find_map(|(owner, data)| match data {
            RData::CNAME(alias) if plain(&owner) == name => Some(plain(&alias.0)),
            _ => None,
        }))
    }

    /// Addresses of both kinds; a kind that there is none of is none.
    async fn addresses(&self, name: &str) -> Result<BTreeSet<IpAddr>, Why> {
        let (v4, v6) =
            tokio::join!(self.records(name, RecordType::A), self.records(name, RecordType::AAAA));
        let both = match (v4, v6) {
            (Err(why), Err(_)) => return Err(why),
            (v4, v6) => v4.into_iter().chain(v6).flatten(),
        };
        let address = |data: RData| match data {
            RData::A(a) => Some(IpAddr::V4(a.0)),
            RData::AAAA(aaaa) => Some(IpAddr::V6(aaaa.0)),
            _ => None,
        };
        Ok(both.filter_map(|(_, data)| address(data)).collect())
    }

    /// Whether the token of this portal stands in the domain's DNS: whoever only points a name here, or forgot one that still
    /// does, has not said that it is this portal's.
    async fn proof(&self, name: &str, token: &str) -> SeenRecord {
        let found = match self.records(&proof_name(name), RecordType::TXT).await {
            Ok(found) => found,
            Err(why) => return why,
        };
        let mut others = Vec::new();
        for (_, data) in found {
            let RData::TXT(text) = data else { continue };
            let text = String::from_utf8_lossy(&text.txt_data.concat()).into_owned();
            if text.trim() == proof_value(token) {
                return SeenRecord::plain(Finding::Right);
            }
            others.push(printable(&text));
        }
        others.truncate(MOST_SHOWN);
        SeenRecord { finding: Finding::Elsewhere, seen: others.join(", ") }
    }

    async fn records(&self, name: &str, kind: RecordType) -> Result<Vec<(Name, RData)>, Why> {
        let mut name = Name::from_ascii(name).map_err(|error| why(&error.into()))?;
        name.set_fqdn(true);
        let found = self.resolver.lookup(name, kind).await.map_err(|error| why(&error))?;
        let records = found.answers().iter();
        let records: Vec<_> =
            records.map(|record| (record.name.clone(), record.data.clone())).collect();
        Ok(records)
    }
}

/// Where a name leads by aliases.
enum Chain {
    /// To the target.
    Reaches,
    /// To a name without a further one; `first` is the first alias, if there was one.
    Ends { last: String, first: Option<String> },
}

fn why(error: &NetError) -> Why {
    let said =
        |finding, code: ResponseCode| SeenRecord { finding, seen: printable(&code.to_string()) };
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => SeenRecord::plain(Finding::NoName),
            ResponseCode::NoError => SeenRecord::plain(Finding::NoRecord),
            code => said(Finding::Failed, code),
        },
        NetError::Dns(DnsError::ResponseCode(code)) => said(Finding::Failed, *code),
        error => SeenRecord { finding: Finding::Silent, seen: printable(&error.to_string()) },
    }
}

/// As the portal writes names: small, without the dot at the end.
fn plain(name: &Name) -> String {
    let name = name.to_lowercase().to_ascii();
    name.strip_suffix('.').map(str::to_owned).unwrap_or(name)
}

/// What others wrote into DNS, on one line and not for long.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(100).collect()
}
