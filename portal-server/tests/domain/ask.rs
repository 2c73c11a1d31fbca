//! What Caddy asks before it has a certificate made.

use countersign_store::DomainState;

use crate::world::TestPortal;
use crate::{DOMAIN, OPERATOR, portal_with};

impl TestPortal {
    /// As the proxy asks: by the portal's own address.
    async fn ask(&self, domain: &str) -> u16 {
        let address = self.url.strip_prefix("http://").unwrap();
        let answer = self.at(address).get(&format!("/caddy/ask?domain={domain}")).await;
        assert!(answer.text.is_empty() || answer.status == 429, "{}", answer.text);
        answer.status.as_u16()
    }
}

#[tokio::test]
async fn only_the_operators_host_and_a_verified_domain_may_have_a_certificate() {
    for (state, expected) in
        [(DomainState::Asked, 404), (DomainState::Verified, 200), (DomainState::Used, 200)]
    {
        let portal = portal_with(|_| ()).await;
        portal.has_domain(state).await;
        assert_eq!(portal.ask(DOMAIN).await, expected, "{state:?}");
        assert_eq!(portal.ask("LICENSES.acme.example").await, expected);
        assert_eq!(portal.ask(OPERATOR).await, 200);
        for other in [
            "evil.example",
            "www.licenses.acme.example",
            "acme.example",
            "",
            "localhost",
            "127.0.0.1",
            "%5B::1%5D",
            "*.acme.example",
            "licenses.acme.example.",
            "licenses.acme.example%00",
            "licenses.acme.example%0d%0ax",
            "licenses.acme.example&domain=evil.example",
            "evil.example&domain=licenses.acme.example",
        ] {
            assert_eq!(portal.ask(other).await, 404, "{other}");
        }
    }
}

#[tokio::test]
async fn attack_a_thousand_names_do_not_keep_the_true_one_from_its_certificate() {
    let portal = portal_with(|config| config.rate_limit = Some(1)).await;
    portal.has_domain(DomainState::Used).await;
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for n in 0..1000 {
        *statuses.entry(portal.ask(&format!("a{n}.evil.example")).await).or_default() += 1;
    }
    assert!(statuses.keys().all(|status| [404, 429].contains(status)), "{statuses:?}");
    assert!(statuses[&429] > 500, "{statuses:?}");
    // All of them came from the one proxy.
    assert_eq!(portal.ask(DOMAIN).await, 200);
    assert_eq!(portal.ask(OPERATOR).await, 200);
}

#[tokio::test]
async fn attack_whoever_asks_through_the_proxy_learns_nothing() {
    let portal = portal_with(|config| config.behind_proxy = true).await;
    portal.has_domain(DomainState::Used).await;
    for (name, value) in
        [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9"), ("via", "1.1 proxy")]
    {
        let visitor = portal.at(OPERATOR);
        let path = format!("/caddy/ask?domain={DOMAIN}");
        visitor.send(visitor.request("GET", &path).header(name, value)).await.is(404);
    }
}
