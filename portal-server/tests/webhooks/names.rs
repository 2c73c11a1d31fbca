//! Rebinding: a name whose DNS server answers differently a moment later. A real server on a port of this machine, asked by a
//! real resolver.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use countersign_portal::webhook::Resolve;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use tokio::net::UdpSocket;

use crate::hook;
use crate::receiver::Receiver;
use crate::world::TestPortal;

const A: [u8; 2] = [0, 1];

/// A DNS server that answers each question for an IPv4 address with the next of these, and is never cached.
struct DnsServer {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl DnsServer {
    /// `answer` gives the addresses of the n-th question, from 0.
    async fn new(answer: impl Fn(usize) -> Vec<Ipv4Addr> + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) = (socket.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            let (mut buffer, mut known) = ([0; 512], Vec::<(Vec<u8>, Vec<u8>)>::new());
            loop {
                let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
                let question = buffer[..length].to_vec();
                // A question that is asked once more, since its answer was late, is the same.
                let before = known.iter().find(|(q, _)| *q == question).map(|(_, a)| a.clone());
                let answered = before.unwrap_or_else(|| {
                    let addresses = match kind(&question) {
                        A => answer(count.fetch_add(1, Ordering::SeqCst)),
                        _ => Vec::new(),
                    };
                    let answered = reply(&question, &addresses);
                    known.push((question, answered.clone()));
                    answered
                });
                socket.send_to(&answered, from).await.unwrap();
            }
        });
        Self { address, asked }
    }
}

/// Where the name of the question ends.
fn end_of_name(message: &[u8]) -> usize {
    let mut at = 12;
    while message[at] != 0 {
        at += 1 + usize::from(message[at]);
    }
    at + 1
}

fn kind(message: &[u8]) -> [u8; 2] {
    let end = end_of_name(message);
    [message[end], message[end + 1]]
}

fn reply(question: &[u8], addresses: &[Ipv4Addr]) -> Vec<u8> {
    let end = end_of_name(question) + 4;
    let mut reply = Vec::from(&question[..2]);
    // An authoritative answer without an error; one question, these answers.
    reply.extend([0x85, 0x80, 0, 1, 0, u8::try_from(addresses.len()).unwrap(), 0, 0, 0, 0]);
    reply.extend(&question[12..end]);
    for address in addresses {
        // The name of the question, of kind A in the internet, for no time at all.
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        reply.extend(address.octets());
    }
    reply
}

/// Asks that server, and keeps nothing.
struct Asking(TokioResolver);

#[async_trait]
impl Resolve for Asking {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = self.0.lookup_ip(format!("{name}.")).await.map_err(io::Error::other)?;
        Ok(found.iter().collect())
    }
}

fn asking(server: SocketAddr) -> Asking {
    let mut udp = ConnectionConfig::udp();
    udp.port = server.port();
    let server = NameServerConfig::new(server.ip(), true, vec![udp]);
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let provider = TokioRuntimeProvider::default();
    let mut builder = TokioResolver::builder_with_config(config, provider);
    builder.options_mut().cache_size = 0;
    Asking(builder.build().unwrap())
}

/// A portal that asks this server, and may reach the address 127.0.0.2 alone.
async fn portal(server: &DnsServer) -> TestPortal {
    let resolver = Arc::new(asking(server.address));
    TestPortal::with(|config| {
        config.resolver = resolver;
        config.webhooks_may_reach = vec!["127.0.0.2".parse().unwrap()];
    })
    .await
}

#[tokio::test]
async fn attack_a_name_that_is_rebound_between_the_look_and_the_connection() {
    let [good, inside] = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::LOCALHOST];
    let server = DnsServer::new(move |n| vec![if n % 2 == 0 { good } else { inside }]).await;
    let portal = portal(&server).await;
    let receiver = Receiver::at("127.0.0.2:0").await;
    let port = receiver.address.port();
    let trap = Receiver::at(&format!("127.0.0.1:{port}")).await;
    let admin = portal.admin().await;
    let url = format!("http://rebind.example:{port}/");
    let hook = hook(&admin, &url, &["license.created"]).await;
    portal.license(1, None).await;
    // Whoever asked once to look and once more to connect would be inside now.
    let got = receiver.has_got(1).await;
    assert_eq!(got[0].headers["host"], format!("rebind.example:{port}"));
    assert_eq!(portal.tried(&hook, 1).await.last_code, Some(204));
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);
    // The next one is inside from the beginning, and the one after that is not.
    portal.license(1, None).await;
    let tried = portal.tried(&hook, 1).await;
    assert_eq!((tried.last_error.as_deref(), tried.last_code), (Some("internal"), None));
    portal.clock.advance(tried.next_at.saturating_sub(portal.app.now()));
    assert_eq!(portal.tried(&hook, 2).await.last_code, Some(204));
    assert_eq!((receiver.connections(), trap.connections()), (2, 0));
    assert_eq!(server.asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn attack_an_internal_address_among_others_of_one_name() {
    let [good, inside] = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::LOCALHOST];
    let server = DnsServer::new(move |_| vec![good, inside]).await;
    let portal = portal(&server).await;
    let receiver = Receiver::at("127.0.0.2:0").await;
    let port = receiver.address.port();
    let trap = Receiver::at(&format!("127.0.0.1:{port}")).await;
    let admin = portal.admin().await;
    let url = format!("http://rebind.example:{port}/");
    let hook = hook(&admin, &url, &["license.created"]).await;
    portal.license(1, None).await;
    assert_eq!(portal.tried(&hook, 1).await.last_error.as_deref(), Some("internal"));
    assert_eq!((receiver.connections(), trap.connections()), (0, 0));
}
